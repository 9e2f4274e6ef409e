//! Text with `{{ placeholders }}` in it. There is nothing else to it: no conditions, no loops, no code.

use super::kind::{MailKind, Variable};
use std::collections::BTreeMap;

/// Text and placeholders, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(&'static str),
}

/// What placeholders stand for this time.
pub type Values = BTreeMap<&'static str, String>;

impl Phrase {
    /// Parse it for a kind of mail.
    ///
    /// # Errors
    /// What is wrong, for the caller.
    pub(super) fn parse(kind: MailKind, text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, after) = after.split_once("}}").ok_or("has a {{ without its }}")?;
            parts.push(Part::Literal(literal(before)?));
            parts.push(Part::Variable(find(kind, inside)?.name));
            rest = after;
        }
        parts.push(Part::Literal(literal(rest)?));
        parts.retain(|part| !matches!(part, Part::Literal(text) if text.is_empty()));
        Ok(Self(parts))
    }
    /// The variables it names.
    pub(super) fn variables(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|part| if let Part::Variable(name) = part { Some(*name) } else { None })
    }
    /// The one variable it consists of.
    pub(super) fn only_variable(&self) -> Option<&'static str> {
        if let [Part::Variable(name)] = self.0.as_slice() { Some(name) } else { None }
    }
    /// The text, with literals and values as they should be written.
    pub(super) fn render(&self, values: &Values, literal: fn(&str) -> String, value: fn(&str) -> String) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Literal(text) => literal(text),
                Part::Variable(name) => value(values.get(name).map_or("", String::as_str)),
            })
            .collect()
    }
}

fn literal(text: &str) -> Result<String, String> {
    match ["}}", "{%", "%}", "{#", "#}"].into_iter().find(|mark| text.contains(mark)) {
        Some(mark) => Err(format!("has a {mark}, which stands for nothing here: there are only {{{{ placeholders }}}}")),
        None => Ok(text.to_owned()),
    }
}

fn find(kind: MailKind, inside: &str) -> Result<&'static Variable, String> {
    let name = inside.trim();
    kind.variables().iter().find(|variable| variable.name == name).ok_or_else(|| {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        let known: Vec<&str> = kind.variables().iter().map(|variable| variable.name).collect();
        format!("names {shown}, which this mail doesn't know; it knows {}", known.join(", "))
    })
}
