//! OAuth scopes (RFC 6749 §3.3).

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// A set of scope tokens. It keeps no duplicates; order is alphabetical, so equal sets look equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Parse space-separated scope tokens; `None` if a character is outside RFC 6749 §3.3.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| matches!(c, '\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E');
        text.split(' ')
            .filter(|token| !token.is_empty())
            .map(|token| token.chars().all(allowed).then(|| token.to_owned()))
            .collect::<Option<_>>()
            .map(Self)
    }
    /// Whether the scope is in the set.
    pub fn has(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }
    /// Whether every scope here is also in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }
    /// The scopes in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }
    /// The scopes in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }
    /// Without one scope.
    #[must_use]
    pub fn without(mut self, scope: &str) -> Self {
        self.0.remove(scope);
        self
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The scope tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
impl From<String> for Scopes {
    fn from(text: String) -> Self {
        text.split_whitespace().collect()
    }
}
impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}
impl From<Scopes> for serde_json::Value {
    fn from(scopes: Scopes) -> Self {
        Self::String(scopes.to_string())
    }
}
impl<'a> FromIterator<&'a str> for Scopes {
    fn from_iter<I: IntoIterator<Item = &'a str>>(tokens: I) -> Self {
        Self(tokens.into_iter().map(str::to_owned).collect())
    }
}
impl FromIterator<String> for Scopes {
    fn from_iter<I: IntoIterator<Item = String>>(tokens: I) -> Self {
        Self(tokens.into_iter().collect())
    }
}
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set_of_printable_tokens() {
        assert_eq!(Scopes::parse("b a  b").unwrap().to_string(), "a b");
        assert_eq!(Scopes::parse("quote\""), None);
        assert_eq!(Scopes::parse("line\nbreak"), None);
    }
}
