//! What the kinds of events mean, in a sentence.

use flow::Catalogue;
use kernel::EventKind;
use std::collections::HashMap;

/// The sentence of every kind of event the server can record. Put it among the rooms when the server is assembled; without it
/// entries are described by their names alone.
#[derive(Clone, Debug, Default)]
pub struct Summaries(HashMap<&'static str, &'static str>);

impl Summaries {
    /// Of all endpoints.
    pub fn of(catalogue: &Catalogue) -> Self {
        let kinds = catalogue.entries().iter().flat_map(|entry| entry.events.iter().copied());
        let kinds = kinds.chain([&flow::REFUSED, &flow::FAILED]);
        Self(kinds.map(|kind: &EventKind| (kind.name, kind.summary.trim())).collect())
    }
    /// What an event of this name means.
    pub(crate) fn message(&self, name: &str) -> String {
        self.0.get(name).map_or_else(|| Self::words(name), |summary| (*summary).to_owned())
    }
    /// The name as words: `users.login_failed` becomes "Users: login failed".
    pub(crate) fn words(name: &str) -> String {
        let words = name.replace('.', ": ").replace('_', " ");
        let mut letters = words.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_nobody_explained_is_described_by_its_name() {
        let known = Summaries(HashMap::from([("users.blocked", "A user was blocked.")]));
        assert_eq!(known.message("users.blocked"), "A user was blocked.");
        assert_eq!(known.message("users.login_failed"), "Users: login failed");
        assert_eq!(known.message(""), "");
    }

    #[test]
    fn the_sentences_are_those_of_the_endpoints() {
        let known = Summaries::of(&crate::mount(Catalogue::default()));
        assert_eq!(known.message("audit_logs.exported"), "Entries of the audit log were exported.");
    }
}
