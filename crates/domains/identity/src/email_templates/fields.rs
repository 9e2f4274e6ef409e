//! What requests about templates hold.

use super::kind::MailKind;
use flow::Field;
use kernel::Fault;
use serde_json::{Value, json};

/// Longest body, in characters.
const LONGEST: usize = 100_000;

/// The type of a mail, as the path names it. An unknown one is not found.
#[derive(Clone, Debug)]
pub struct KindName(String);

impl KindName {
    /// The kind.
    ///
    /// # Errors
    /// 404 `email_templates.not_found`.
    pub(super) fn kind(&self) -> Result<MailKind, Fault> {
        MailKind::parse(&self.0).ok_or_else(|| not_found("There is no such mail."))
    }
}

pub(super) fn not_found(hint: &'static str) -> Fault {
    Fault::not_found("email_templates.not_found", hint)
}

impl Field for KindName {
    fn schema() -> Value {
        json!({ "type": "string", "enum": MailKind::ALL.map(MailKind::as_str) })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

/// The language a template is for; left out, it is for every language that has none of its own.
#[derive(Clone, Copy, Debug)]
pub struct ForLanguage(pub(super) &'static str);

impl Field for ForLanguage {
    fn schema() -> Value {
        json!({ "type": "string", "enum": pages::Words::languages().collect::<Vec<_>>() })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let known = pages::Words::languages().find(|tag| *tag == text);
        known.map(Self).ok_or_else(|| format!("must be one of {}", pages::Words::languages().collect::<Vec<_>>().join(", ")))
    }
    fn absent() -> Option<Self> {
        Some(Self(""))
    }
}

/// One line of at most 200 characters.
#[derive(Clone, Debug)]
pub struct Subject(pub(super) String);

impl Field for Subject {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": 200 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if !(1..=200).contains(&text.chars().count()) || text.chars().any(char::is_control) {
            return Err("must be one line of 1 to 200 characters".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

/// HTML of at most 100,000 characters.
#[derive(Clone, Debug)]
pub struct Body(pub(super) String);

impl Field for Body {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": LONGEST })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let text = text.replace("\r\n", "\n");
        if !(1..=LONGEST).contains(&text.chars().count()) || text.trim().is_empty() {
            return Err(format!("must have 1 to {LONGEST} characters"));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err("must not contain control characters".to_owned());
        }
        Ok(Self(text))
    }
}
