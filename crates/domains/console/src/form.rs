//! Forms and buttons, from what the operations behind them take.

mod fields;
mod secrets;
mod sent;
mod setting;

use crate::action::Act;
use crate::ask::is;
#[cfg(test)]
pub(crate) use fields::choices;
use fields::{Leaf, kind, leaf, leaves, member, shown};
use flow::{Operation, Parse};
use kernel::Fault;
use pages::{Action, AreaWords, ConsoleWords, Entry, EntryForm, EntryKind, Problem};
use secrets::without_secrets;
pub(crate) use sent::{all_of, as_json};
use serde_json::Value;
use signin::page::Page;

/// Before the name of a field, the value it had when the form was shown: what didn't change isn't sent on.
const BEFORE: &str = "before.";

/// What a form asks for.
pub struct Asking {
    title: String,
    hint: Option<String>,
    /// *Save*, where nothing else is said.
    button: Option<&'static str>,
    /// Name and label. `policy.min_length` is a member of a member.
    fields: Vec<(String, String)>,
    /// Where the fields are settings, what is said about them.
    area: Option<&'static AreaWords>,
    /// What a field can be ticked for, where it is a list of known values: value and label.
    ticked: Vec<(&'static str, Vec<(String, String)>)>,
    only_changes: bool,
    is_danger: bool,
}

impl Asking {
    /// A form that asks for these fields of the operation's: name and label.
    pub(crate) fn of(title: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|(name, label)| ((*name).to_owned(), (*label).to_owned())).collect();
        Self {
            title: title.into(),
            hint: None,
            button: None,
            fields,
            area: None,
            ticked: Vec::new(),
            only_changes: false,
            is_danger: false,
        }
    }
    /// A form that asks for these settings of a part of a section.
    pub(crate) fn of_settings(area: &'static AreaWords, part: &str, names: &[String]) -> Self {
        let said = |name: &str| area.label(name).unwrap_or_default().to_owned();
        let fields = names.iter().map(|name| (name.clone(), said(name))).collect();
        Self { fields, area: Some(area), ..Self::of(said(part), &[]) }.with_changes_only()
    }
    /// With a sentence on how it is filled in.
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
    /// With another button than *Save*.
    pub(crate) fn with_button(self, button: &'static str) -> Self {
        Self { button: Some(button), ..self }
    }
    /// With boxes to tick for a field: value and label of each.
    pub(crate) fn with_boxes(mut self, field: &'static str, boxes: Vec<(String, String)>) -> Self {
        self.ticked.push((field, boxes));
        self
    }
    /// With only the fields that were changed sent on.
    pub(crate) fn with_changes_only(self) -> Self {
        Self { only_changes: true, ..self }
    }
    /// For something that can't be undone.
    pub(crate) fn with_danger(self) -> Self {
        Self { is_danger: true, ..self }
    }

    fn boxes(&self, field: &str) -> Option<&Vec<(String, String)>> {
        self.ticked.iter().find(|(known, _)| *known == field).map(|(_, boxes)| boxes)
    }
}

/// The form of an operation, with what is known.
pub(crate) fn form_of<A: Act>(page: &Page, path: &str, known: &Value, asking: &Asking) -> EntryForm {
    let leaves = leaves(&<A::Operation as Operation>::Input::parameters());
    let mut form = empty::<A>(page, path, asking);
    for (name, label) in &asking.fields {
        let Some(leaf) = leaf(&leaves, name) else { continue };
        let entry = entry(page, leaf, label, &shown(&leaf.schema, member(known, name)), asking);
        if asking.only_changes {
            form.form.hidden.push((format!("{BEFORE}{name}"), entry.value.clone()));
        }
        form.fields.push(entry);
    }
    form
}

/// The same form as it was sent, with what is wrong.
pub(crate) fn form_again<A: Act>(
    page: &Page,
    path: &str,
    sent: &[(String, String)],
    fault: &Fault,
    asking: &Asking,
) -> EntryForm {
    let leaves = leaves(&<A::Operation as Operation>::Input::parameters());
    let mut form = empty::<A>(page, path, asking);
    for (name, label) in &asking.fields {
        let typed = all_of(sent, name).or_else(|| asking.boxes(name).map(|_| String::new()));
        let (Some(leaf), Some(typed)) = (leaf(&leaves, name), typed) else { continue };
        let typed = &without_secrets(&leaf.schema, &typed);
        let part = format!("{name}.");
        let problems = fault.fields.iter().filter(|(field, _)| field == name || field.starts_with(&part));
        let problems: Vec<&str> = problems.map(|(_, message)| message.as_str()).collect();
        form.fields.push(Entry { problem: sentence(&problems), ..entry(page, leaf, label, typed, asking) });
    }
    let parameters = <A::Operation as Operation>::Input::parameters();
    let is_query = |name: &str| parameters.iter().any(|known| known.name == name && known.source == flow::Source::Query);
    form.form.hidden = sent.iter().filter(|(name, _)| name.starts_with(BEFORE) || is_query(name)).cloned().collect();
    let is_said =
        |field: &str| form.fields.iter().any(|entry| field == entry.name || field.starts_with(&format!("{}.", entry.name)));
    let others = fault.fields.iter().filter(|(field, _)| !is_said(field)).map(|(field, message)| format!("{field} {message}."));
    let others: Vec<String> = others.collect();
    let said = match (fault.fields.is_empty(), others.is_empty()) {
        (true, _) => fault.hint.to_string(),
        (false, false) => others.join(" "),
        (false, true) => words(page).frame.nothing_saved.to_owned(),
    };
    form.form = form.form.with_problem(Problem::Said(said));
    form
}

/// Every field the operation takes, by name, but for those that are only shown and those that take nothing.
pub(crate) fn fields_of<A: Act>() -> Vec<(String, Value)> {
    let leaves = leaves(&<A::Operation as Operation>::Input::parameters());
    let takes = |schema: &Value| !is(schema, "readOnly") && schema["type"] != "null";
    leaves.into_iter().filter(|leaf| takes(&leaf.schema)).map(|leaf| (leaf.name, leaf.schema)).collect()
}

fn empty<A: Act>(page: &Page, path: &str, asking: &Asking) -> EntryForm {
    EntryForm {
        id: short_id::<A>(),
        title: asking.title.clone(),
        hint: asking.hint.clone(),
        form: page.form(path),
        fields: Vec::new(),
        button: asking.button.unwrap_or(words(page).frame.save).to_owned(),
        is_danger: asking.is_danger,
    }
}

fn words(page: &Page) -> &'static ConsoleWords {
    &page.words().console
}

fn entry(page: &Page, leaf: &Leaf, label: &str, value: &str, asking: &Asking) -> Entry {
    let (kind, value) = match asking.boxes(&leaf.name) {
        Some(boxes) => (EntryKind::Several(boxes.clone()), value.to_owned()),
        None => kind(words(page), &leaf.schema, leaf.is_required, value),
    };
    let (kind, hint) = match asking.area {
        Some(area) => (setting::in_words(kind, area, &leaf.name), setting::help(words(page), area, leaf)),
        // What the API says about its fields, it says in English.
        None if page.words().tag == "en" && leaf.schema.get("const").is_none() => {
            (kind, leaf.description.trim().replace('`', ""))
        }
        None => (kind, String::new()),
    };
    Entry {
        name: leaf.name.clone(),
        label: label.to_owned(),
        hint: Some(hint).filter(|hint| !hint.is_empty()),
        is_required: leaf.is_required,
        kind,
        value,
        problem: None,
    }
}

/// Messages such as `must not be empty` as a sentence.
fn sentence(messages: &[&str]) -> Option<String> {
    let message = messages.join("; ");
    let mut letters = message.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// A button that does what the operation does without asking for anything.
pub(crate) fn button<A: Act>(page: &Page, path: &str, label: &str, name: &str) -> Action {
    Action {
        id: short_id::<A>(),
        label: label.to_owned(),
        name: format!("{label}: {name}"),
        form: page.form(path),
        is_danger: false,
    }
}

/// `create-user` of `console.create_user`.
fn short_id<A: Act>() -> String {
    A::ID.rsplit('.').next().unwrap_or_default().replace('_', "-")
}

/// The page that forms belong to.
pub(crate) fn page_of<M: flow::Mode>(cx: &flow::Cx<flow::OneOrg, M>) -> Page {
    Page::of(cx)
}
