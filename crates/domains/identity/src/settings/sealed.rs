//! Secrets among the settings: sealed at rest for their organization and their place, and never shown again.

use super::setting::{Setting, Taking};
use flow::Services;
use jose::encoding::{base64url, decode_base64url};
use jose::seal::MasterKeys;
use kernel::{Fault, OrgId, Rng, Secret};
use serde_json::{Value, json};
use std::fmt;

/// Longest secret, in bytes.
const LONGEST: usize = 4096;

/// What it takes to seal an organization's secrets.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    keys: &'a MasterKeys,
    rng: &'a dyn Rng,
    org: &'a OrgId,
    section: &'static str,
}

impl<'a> Sealing<'a> {
    /// For a section of an organization's settings.
    pub fn of(services: &'a Services, org: &'a OrgId, section: &'static str) -> Self {
        Self { keys: &services.master_keys, rng: &*services.rng, org, section }
    }
    pub(super) fn seal(&self, place: &str, plain: &str) -> String {
        base64url(self.keys.seal(&context(self.org, &format!("{}.{place}", self.section)), plain.as_bytes(), self.rng))
    }
}

fn context(org: &OrgId, place: &str) -> String {
    format!("setting {org} {place}")
}

/// That a secret is set, and no more.
pub(super) fn redacted_schema() -> Value {
    let yes = json!({ "type": "boolean", "const": true });
    json!({ "type": "object", "required": ["configured", "redacted"], "properties": { "configured": yes, "redacted": yes } })
}

/// A secret that was set. It is shown as set, and that way of showing it, sent back, leaves it as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(String);

impl SealedSecret {
    /// The secret itself; `place` is the section and the member it belongs to: `email.smtp_password`.
    ///
    /// # Errors
    /// Only our own failures: it was sealed for another place, or under a master key that isn't here.
    pub fn open(&self, services: &Services, org: &OrgId, place: &str) -> Result<Secret, Fault> {
        let envelope = decode_base64url(&self.0).map_err(Fault::internal)?;
        let plain = services.master_keys.open(&context(org, place), &envelope).map_err(Fault::internal)?;
        std::str::from_utf8(&plain).map(Secret::new).map_err(Fault::internal)
    }
    fn shown() -> Value {
        json!({ "configured": true, "redacted": true })
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret")
    }
}

impl Setting for SealedSecret {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": LONGEST, "format": "password" })
    }
    fn shown_schema() -> Value {
        redacted_schema()
    }
    fn take(sent: &Value, before: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        if *sent == Self::shown() {
            let rehearsed = (!taking.is_for_good()).then(|| Self(String::new()));
            return before.cloned().or(rehearsed).or_else(|| taking.refuse("is not set yet: send the secret itself"));
        }
        match sent.as_str() {
            Some(plain) if (1..=LONGEST).contains(&plain.len()) && !plain.chars().any(|c| c.is_control() && c != '\n') => {
                Some(Self(taking.seal(plain)))
            }
            Some(_) => taking.refuse(format!("must have 1 to {LONGEST} bytes and no control characters")),
            None => taking.refuse("must be text, or what is shown for it to leave it as it is"),
        }
    }
    fn store(&self) -> Value {
        json!(self.0)
    }
    fn load(stored: &Value) -> Option<Self> {
        stored.as_str().map(|envelope| Self(envelope.to_owned()))
    }
    fn show(&self) -> Value {
        Self::shown()
    }
}
