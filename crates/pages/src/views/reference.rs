//! The API reference: every operation on one page, so that a browser's own search finds everything.

use crate::{Shell, document::document};
use askama::Template;

/// The whole reference. It speaks English, as names and descriptions of the API do.
#[derive(Clone, Template)]
#[template(path = "reference.html")]
pub struct Reference {
    pub shell: Shell,
    pub version: String,
    /// Where the same is for programs.
    pub document_url: String,
    /// What holds for all operations, a sentence or two each.
    pub introduction: Vec<String>,
    /// How callers prove who they are: name and explanation.
    pub credentials: Vec<(String, String)>,
    /// What every operation may refuse.
    pub errors: Vec<ReferenceAnswer>,
    pub groups: Vec<ReferenceGroup>,
}
document!(Reference);

/// Operations that belong together.
#[derive(Clone, Debug)]
pub struct ReferenceGroup {
    /// Its name, which is its anchor too.
    pub name: String,
    pub lead: Option<String>,
    pub operations: Vec<ReferenceOperation>,
}

/// One operation at one place.
#[derive(Clone, Debug)]
pub struct ReferenceOperation {
    /// Its name for programs, which is its anchor too.
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    /// Who may call, and what the log keeps. Words between backquotes are code.
    pub description: String,
    /// What stands in the path and the query.
    pub parameters: Vec<ReferenceField>,
    /// Media types of the body, and its fields.
    pub body: Option<(Vec<String>, Vec<ReferenceField>)>,
    /// A call that could be made.
    pub call: String,
    pub answers: Vec<ReferenceAnswer>,
    /// Refusals of its own.
    pub errors: Vec<ReferenceAnswer>,
    /// Statuses it shares with others.
    pub shared_errors: Vec<String>,
}

impl ReferenceOperation {
    /// The class of its method's badge.
    fn tone(&self) -> &'static str {
        match self.method.as_str() {
            "GET" => "reads",
            "DELETE" => "removes",
            _ => "writes",
        }
    }
    /// The path where it may be broken: after each slash.
    fn steps(&self) -> impl Iterator<Item = &str> {
        self.path.split_inclusive('/')
    }
}

/// A value that is sent.
#[derive(Clone, Debug)]
pub struct ReferenceField {
    pub name: String,
    /// `path`, `query` or `body`.
    pub place: &'static str,
    /// What it can be: `string, at most 200 characters`.
    pub kind: String,
    pub is_required: bool,
    pub description: String,
}

/// A status that may come back.
#[derive(Clone, Debug)]
pub struct ReferenceAnswer {
    pub status: String,
    pub media: Vec<String>,
    /// Lines; words between backquotes are code.
    pub lines: Vec<String>,
    pub example: Option<String>,
}

/// A stretch of prose.
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    pub(crate) is_code: bool,
}

/// Prose cut at its backquotes.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    text.split('`')
        .enumerate()
        .map(|(at, text)| Piece { text, is_code: at % 2 == 1 })
        .filter(|piece| !piece.text.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_between_backquotes_are_code() {
        let cut: Vec<(&str, bool)> = pieces("Needs `users.read`.").into_iter().map(|piece| (piece.text, piece.is_code)).collect();
        assert_eq!(cut, [("Needs ", false), ("users.read", true), (".", false)]);
    }
}
