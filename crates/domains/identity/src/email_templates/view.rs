//! Templates as the API shows them.

use super::kind::MailKind;
use super::rows::TemplateRow;
use crate::settings::Settings;
use pages::{Brand, Words};
use schemars::JsonSchema;
use serde::Serialize;
use store::Org;

/// A template: the organization's own, or the built-in one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateView {
    /// Which mail it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whether the organization wrote it.
    is_custom: bool,
    /// The language it is for; missing if it is for every language that has none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// The subject, with placeholders.
    subject: String,
    /// Whether it is used; otherwise the built-in one is.
    is_active: bool,
    /// When it was made; null for a built-in one.
    created_at: Option<String>,
    /// When it last changed; null for a built-in one.
    updated_at: Option<String>,
    /// What it can say.
    variables: Vec<&'static str>,
    /// The HTML, with placeholders; for a single template only.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_html: Option<String>,
}

impl TemplateView {
    /// One of the organization's own.
    pub(super) fn own(kind: MailKind, row: TemplateRow) -> Self {
        Self {
            kind: kind.as_str(),
            is_custom: true,
            language: Some(row.language).filter(|language| !language.is_empty()),
            subject: row.subject,
            is_active: row.is_active,
            created_at: Some(row.created_at.to_iso()),
            updated_at: Some(row.updated_at.to_iso()),
            variables: names(kind),
            body_html: Some(row.body_html),
        }
    }
    /// A built-in one, in this language or else in the organization's.
    pub(super) fn built_in(kind: MailKind, org: &Org, language: &str) -> Self {
        let (subject, body) = built_in(kind, org, language);
        Self {
            kind: kind.as_str(),
            is_custom: false,
            language: Some(language.to_owned()).filter(|language| !language.is_empty()),
            subject,
            is_active: true,
            created_at: None,
            updated_at: None,
            variables: names(kind),
            body_html: Some(body),
        }
    }
    /// The same in a list.
    #[must_use]
    pub(super) fn without_body(self) -> Self {
        Self { body_html: None, ..self }
    }
}

/// Subject and HTML of the built-in mail, in this language or else in the organization's.
pub(super) fn built_in(kind: MailKind, org: &Org, language: &str) -> (String, String) {
    kind.built_in(words(org, language), &brand(org))
}

fn names(kind: MailKind) -> Vec<&'static str> {
    kind.variables().iter().map(|variable| variable.name).collect()
}

fn words(org: &Org, language: &str) -> &'static Words {
    Settings::of(org).general.words(Some(language), None)
}

fn brand(org: &Org) -> Brand {
    Settings::of(org).brand(org)
}
