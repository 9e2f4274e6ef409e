//! Client registration: what may be said of a client, and which of it is taken.
//!
//! RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration 1.0, and the members that RP-Initiated, Front-Channel and
//! Back-Channel Logout 1.0, RFC 8705, RFC 9101, RFC 9126, RFC 9396, RFC 9449, RFC 9701 and JARM registered. [`MEMBERS`] is the one
//! list of them, for registration by protocol and for the admin API; [`check`] has the rules they obey together. Members nobody
//! here knows are ignored (RFC 7591 §2). Language-tagged members (`client_name#de`, §2.2) are kept for the five members people
//! see. Software statements (§2.3) count where the organization trusts their issuer.
//! Not supported: `none` as an algorithm, and secrets as keys of signatures and encryption.

mod check;
mod kinds;
mod language;
mod members;
mod statement;

pub use check::{GRANT_TYPES, SIGNING_ALGORITHMS, check};
pub use members::{MEMBERS, Member};
pub use statement::{StatementError, issuer_of, verify_statement, with_statement};

use crate::client::{AuthMethod, ClientType};
use crate::grant::{AUTHORIZATION_CODE, IMPLICIT};
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, ResponseType};
use kernel::Fault;
use serde_json::{Map, Value};

/// This room.
pub const ROOM: Room = Room {
    name: "registration",
    title: "OAuth 2.0 and OpenID Connect Dynamic Client Registration, and its Management Protocol",
    source: "RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration 1.0",
    status: Status::Final,
    support: "initial access tokens, software statements, language-tagged members, read, update and delete",
    visits: &[
        (Endpoint::Registration, Stage::Parse),
        (Endpoint::Registration, Stage::Authenticate),
        (Endpoint::Registration, Stage::Check),
        (Endpoint::Registration, Stage::Settle),
        (Endpoint::Registration, Stage::Respond),
    ],
    metadata,
};

/// What is wrong with a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its registered name.
    pub member: &'static str,
    /// What is wrong with it, for whoever registers.
    pub message: String,
}

impl Problem {
    /// With this member.
    pub fn new(member: &'static str, message: impl Into<String>) -> Self {
        Self { member, message: message.into() }
    }
}

/// The refusal of a registration (RFC 7591 §3.2.2): the code of the first problem, and all of them in words.
pub fn refusal(problems: &[Problem]) -> Fault {
    let is_about_redirects = problems.first().is_some_and(|problem| problem.member == "redirect_uris");
    let code = if is_about_redirects { "invalid_redirect_uri" } else { "invalid_client_metadata" };
    let words: Vec<String> = problems.iter().map(|problem| format!("{} {}", problem.member, problem.message)).collect();
    Fault::invalid(code, words.join("; "))
}

/// Take everything a registration request says; what it leaves out gets its default (RFC 7592 §2.2 for updates).
pub fn read(document: &Map<String, Value>, metadata: &mut ClientMetadata) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in MEMBERS {
        let value = document.get(member.name).unwrap_or(&Value::Null);
        if let Err(message) = member.set(metadata, value) {
            problems.push(Problem::new(member.name, message));
        }
    }
    language::read(document, metadata, &mut problems);
    let is_said = |name| document.get(name).is_some_and(|value| !value.is_null());
    settle_flows(metadata, is_said("grant_types"), is_said("response_types"));
    let is_public = metadata.token_endpoint_auth_method == AuthMethod::None;
    metadata.client_type = if is_public { ClientType::Public } else { ClientType::Confidential };
    problems
}

/// What is registered, as answers show it (RFC 7591 §3.2.1): members that are always there, and all others that aren't as they are
/// by default.
pub fn show(metadata: &ClientMetadata) -> Map<String, Value> {
    const ALWAYS: [&str; 7] = [
        "client_name",
        "redirect_uris",
        "response_types",
        "grant_types",
        "application_type",
        "token_endpoint_auth_method",
        "scope",
    ];
    let shown = MEMBERS.iter().filter(|member| ALWAYS.contains(&member.name) || !member.is_default(metadata));
    let mut document: Map<String, Value> = shown.map(|member| (member.name.to_owned(), member.show(metadata))).collect();
    if metadata.client_name.is_empty() {
        document.insert("client_name".to_owned(), Value::Null);
    }
    document.extend(metadata.localized.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))));
    document
}

/// Write response types in one spelling, and where grants or response types were left unsaid let them follow what was said of
/// the others (RFC 7591 §2.1).
pub fn settle_flows(metadata: &mut ClientMetadata, grants_said: bool, types_said: bool) {
    for text in &mut metadata.response_types {
        if let Some(known) = ResponseType::parse(text) {
            known.as_str().clone_into(text);
        }
    }
    let needs =
        |text: &String, grant: &str| ResponseType::parse(text).is_some_and(|known| check::grants_of(known).contains(&grant));
    let flows = [(AUTHORIZATION_CODE, &["code"][..]), (IMPLICIT, &["id_token", "id_token token"])];
    for (grant, responses) in flows {
        let has_grant = metadata.may_use_grant(grant);
        let is_needed = metadata.response_types.iter().any(|text| needs(text, grant));
        match (types_said, grants_said) {
            (true, false) if is_needed && !has_grant => metadata.grant_types.push(grant.to_owned()),
            (true, false) if !is_needed => metadata.grant_types.retain(|known| known != grant),
            (false, _) if !has_grant => metadata.response_types.retain(|text| !needs(text, grant)),
            (false, _) if !is_needed => metadata.response_types.extend(responses.iter().map(|&known| known.to_owned())),
            _ => {}
        }
    }
}

/// Whether a sector's document lists every redirect URI (OpenID Connect Dynamic Client Registration §5).
///
/// # Errors
/// What is wrong with it.
pub fn check_sector(document: &[u8], redirect_uris: &[String]) -> Result<(), Problem> {
    let listed = jose::json::parse_strict(document).ok().and_then(|value| serde_json::from_value::<Vec<String>>(value).ok());
    let refuse = |message| Problem::new("sector_identifier_uri", message);
    let listed = listed.ok_or_else(|| refuse("must lead to a JSON list of redirect URIs"))?;
    let is_whole = redirect_uris.iter().all(|uri| listed.contains(uri));
    if is_whole { Ok(()) } else { Err(refuse("must lead to a list that holds every redirect URI")) }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    if facts.takes_registrations {
        document.set("registration_endpoint", facts.issuer.endpoint("connect/register"));
    }
}

#[cfg(test)]
mod tests;
