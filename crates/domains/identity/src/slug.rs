//! How roles, groups and permissions are called in requests. A slug never looks like an id, so that nobody can name something in
//! such a way that it is taken for something else.

use flow::Field;
use kernel::Fault;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The slug of a role or group: `sales-team`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainSlug(String);

/// The slug of a permission: `invoices.approve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DottedSlug(String);

const MAX: usize = 100;

macro_rules! slugs {
    ($($name:ident $inner:literal $problem:literal;)*) => {$(
        impl $name {
            /// Parse it.
            pub fn parse(text: &str) -> Option<Self> {
                is_slug(text, $inner).then(|| Self(text.to_owned()))
            }
            /// Made from a name for people; `None` if the name holds no letter or digit of ASCII, or too many.
            pub fn of_name(name: &str) -> Option<Self> {
                Self::parse(&folded(name, $inner))
            }
            /// The slug.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// The slug.
            pub fn into_string(self) -> String {
                self.0
            }
        }
        impl Field for $name {
            fn schema() -> Value {
                json!({ "type": "string", "minLength": 1, "maxLength": MAX, "description": $problem })
            }
            fn from_text(text: &str) -> Result<Self, String> {
                Self::parse(text).ok_or_else(|| $problem.to_owned())
            }
        }
    )*};
}

slugs! {
    PlainSlug "-_." "must be lower-case letters and digits, with inner - _ and . only, and not look like an id";
    DottedSlug "-_.:" "must be lower-case letters and digits, with inner - _ . and : only, and not look like an id";
}

fn is_slug(text: &str, inner: &str) -> bool {
    let is_outer = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=MAX).contains(&text.len())
        && text.chars().all(|c| is_outer(c) || inner.contains(c))
        && text.starts_with(is_outer)
        && text.ends_with(is_outer)
        && !looks_like_an_id(text)
}

/// A number, or what a UUID looks like (RFC 9562 §4).
fn looks_like_an_id(text: &str) -> bool {
    let is_uuid = text.len() == 36
        && text.char_indices().all(|(at, c)| if matches!(at, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() });
    is_uuid || text.chars().all(|c| c.is_ascii_digit())
}

/// In lower case and without accents, with a hyphen in place of whatever a slug may not hold.
fn folded(name: &str, inner: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.nfkd().filter(|c| !is_combining_mark(*c)).map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() || inner.contains(c) {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches(|c| inner.contains(c)).to_owned()
}

/// What callers are told who gave a name that no slug can be made from.
pub fn no_slug() -> Fault {
    Fault::fields(vec![("slug".to_owned(), "is required, for it can't be made from this name".to_owned())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_never_looks_like_an_id() {
        for good in ["a", "sales-team", "tenant_admin", "v1.2", "2024-interns", &"x".repeat(100)] {
            assert!(PlainSlug::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a-",
            "Sales",
            "a b",
            "a/b",
            "a:b",
            "ä",
            "а",
            "42",
            "01999999-0000-7000-8000-000000000000",
            &"x".repeat(101),
        ] {
            assert!(PlainSlug::parse(bad).is_none(), "{bad}");
        }
        assert!(DottedSlug::parse("documents:read").is_some() && DottedSlug::parse("billing.invoices.approve").is_some());
        assert!(DottedSlug::parse("7").is_none() && DottedSlug::parse("documents:*").is_none());
    }

    #[test]
    fn a_name_for_people_becomes_a_slug_where_it_can() {
        let plain = |name| PlainSlug::of_name(name).map(PlainSlug::into_string);
        assert_eq!(plain("Sales & Marketing (EU)").as_deref(), Some("sales-marketing-eu"));
        assert_eq!(plain(" --Ops-- ").as_deref(), Some("ops"));
        assert_eq!(plain("Équipe"), Some("equipe".to_owned()));
        for nothing in ["管理者", "!!!", "2024"] {
            assert_eq!(plain(nothing), None, "{nothing}");
        }
        assert_eq!(DottedSlug::of_name("documents.read").unwrap().as_str(), "documents.read");
    }
}
