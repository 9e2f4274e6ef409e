//! What a form says about settings.

use super::fields::{Leaf, choices, is_list_of_lines, plain};
use pages::{AreaWords, ConsoleWords, EntryKind, said_with};

/// The same field with its choices in words.
pub(super) fn in_words(kind: EntryKind, area: &AreaWords, name: &str) -> EntryKind {
    let EntryKind::Choice(choices) = kind else { return kind };
    let said = |value: String, label| {
        let label = area.choice(name, &value).map_or(label, str::to_owned);
        (value, label)
    };
    EntryKind::Choice(choices.into_iter().map(|(value, label)| said(value, label)).collect())
}

/// Its bounds, what it means, and how it is written.
pub(super) fn help(words: &ConsoleWords, area: &AreaWords, leaf: &Leaf) -> String {
    let schema = plain(&leaf.schema);
    let mut said = Vec::new();
    if let (Some(least), Some(most)) = (schema["minimum"].as_u64(), schema["maximum"].as_u64()) {
        said.push(said_with(words.settings.range, &[&least.to_string(), &most.to_string()]));
    }
    said.extend(area.help(&leaf.name).map(str::to_owned));
    if is_list_of_lines(schema) {
        let possible = choices(&schema["items"]).join(", ");
        if !possible.is_empty() {
            said.push(said_with(words.settings.possible, &[&possible]));
        }
        said.push(words.things.lines.to_owned());
    }
    said.join(" ")
}
