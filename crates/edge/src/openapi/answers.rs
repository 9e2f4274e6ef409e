//! What comes back: the answer if all goes well, and every refusal the operation can give.

use super::example::Examples;
use super::with;
use crate::render::fault_body;
use flow::{Entry, Method, ReplyDoc, Route, Source, Surface};
use kernel::{Access, Denial, Fault, FaultKind};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A refusal that many operations share: its kind, its name among the components, and what it means.
const SHARED: &[(FaultKind, &str, &str, &str)] = &[
    (FaultKind::Invalid, "Invalid", "invalid_request", "The request can't be understood, or a field of it needs attention."),
    (FaultKind::Unauthenticated, "Unauthenticated", "unauthorized", "The caller did not prove who they are."),
    (FaultKind::Forbidden, "Forbidden", "forbidden", "The caller may not do this."),
    (FaultKind::NotFound, "NotFound", "not_found", "There is no such organization, or no such thing in it."),
    (FaultKind::TooLarge, "TooLarge", "invalid_request", "The body is larger than this server takes."),
    (
        FaultKind::UnsupportedMediaType,
        "UnsupportedMediaType",
        "invalid_request",
        "The body is of a media type that isn't taken here.",
    ),
    (FaultKind::TooMany, "TooMany", "rate_limit_exceeded", "Too many requests; `Retry-After` says when to try again."),
    (FaultKind::Internal, "Trouble", "server_error", "Our fault, or not now."),
];

/// Responses by status. Those that many operations share are references.
pub(super) fn responses(entry: &Entry, route: Route, reply: ReplyDoc, examples: &Examples<'_>) -> Value {
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for doc in std::iter::once(reply).chain((entry.other_replies)()) {
        let response = responses.entry(doc.status.to_string()).or_insert_with(|| success(doc.status));
        add_content(response, doc, examples);
    }
    for kind in refusals(entry, route) {
        let own: Vec<&Denial> = entry.denials.iter().filter(|denial| denial.kind == kind).collect();
        responses.insert(status_of(kind), refusal(entry.surface, kind, &own));
    }
    if (entry.parameters)().iter().any(|parameter| parameter.source == Source::Query) {
        responses.insert("414".to_owned(), json!({ "$ref": "#/components/responses/UriTooLong" }));
    }
    json!(responses)
}

fn success(status: u16) -> Value {
    let description = match status {
        201 => "It was created.",
        202 => "It was taken, and will be done.",
        204 => "It was done; there is nothing to say.",
        302 | 303 => "It goes on at `Location`.",
        _ => "It worked.",
    };
    let headers = matches!(status, 302 | 303)
        .then(|| json!({ "Location": { "description": "Where it goes on.", "schema": { "type": "string", "format": "uri-reference" } } }));
    with(json!({ "description": description }), "headers", headers)
}

fn add_content(response: &mut Value, doc: ReplyDoc, examples: &Examples<'_>) {
    let Some(media_type) = doc.content_type else { return };
    let media = match doc.schema {
        Some(schema) => {
            let example = examples.of(&schema, "");
            json!({ "schema": schema, "example": example })
        }
        None => json!({ "schema": { "type": "string" } }),
    };
    let Some(response) = response.as_object_mut() else { return };
    if let Some(content) = response.entry("content").or_insert_with(|| json!({})).as_object_mut() {
        content.insert(media_type.to_owned(), media);
    }
}

/// Which kinds of refusals an operation can give, in the order of their statuses.
fn refusals(entry: &Entry, route: Route) -> Vec<FaultKind> {
    let takes_body = route.method != Method::Get;
    let (proves, forbids) = match entry.access {
        Access::Public(_) | Access::Browser | Access::Session | Access::Operator => (false, false),
        Access::Client | Access::Token | Access::Registered => (true, false),
        Access::TokenOrKey | Access::Permission(_) | Access::Console(_) | Access::Registration(_) => (true, true),
    };
    let always = [
        (FaultKind::Invalid, true),
        (FaultKind::Unauthenticated, proves),
        (FaultKind::Forbidden, forbids),
        (FaultKind::NotFound, route.path.contains('{')),
        (FaultKind::Conflict, false),
        (FaultKind::Gone, false),
        (FaultKind::TooLarge, takes_body),
        (FaultKind::UnsupportedMediaType, takes_body),
        (FaultKind::Unprocessable, false),
        (FaultKind::TooMany, true),
        (FaultKind::Internal, true),
    ];
    let own = |kind| entry.denials.iter().any(|denial| denial.kind == kind);
    always.into_iter().filter(|(kind, goes_without_saying)| *goes_without_saying || own(*kind)).map(|(kind, _)| kind).collect()
}

/// What is ours is one answer for all statuses from 500 on.
fn status_of(kind: FaultKind) -> String {
    match kind {
        FaultKind::Internal | FaultKind::Unavailable => "5XX".to_owned(),
        kind => crate::render::status(kind).to_string(),
    }
}

fn refusal(surface: Surface, kind: FaultKind, own: &[&Denial]) -> Value {
    let shared = SHARED.iter().find(|(known, ..)| *known == kind);
    if let (Some((_, name, ..)), []) = (shared, own) {
        return json!({ "$ref": format!("#/components/responses/{}{name}", prefix(surface)) });
    }
    let general = shared.map(|(_, _, code, meaning)| Denial::new(kind, code, meaning));
    let lines = own.iter().map(|denial| format!("`{}`: {}", denial.code, denial.hint));
    let text = general.iter().map(|denial| denial.hint.to_owned()).chain(lines).collect::<Vec<_>>().join("\n\n");
    let named: Map<String, Value> = general
        .iter()
        .chain(own.iter().copied())
        .map(|denial| (denial.code.to_owned(), json!({ "value": body(surface, denial) })))
        .collect();
    described(surface, &text, json!({ "examples": named }))
}

/// The refusals that are shared, for each way of saying no.
pub(super) fn shared() -> Map<String, Value> {
    let too_long = json!({ "description": "Path and query together are longer than 64 KiB. It is said before anything is read, without a body." });
    let mut responses = Map::from_iter([("UriTooLong".to_owned(), too_long)]);
    for surface in [Surface::Api, Surface::OAuth, Surface::Page] {
        for (kind, name, code, meaning) in SHARED {
            let example = body(surface, &Denial::new(*kind, code, meaning));
            let response = described(surface, meaning, json!({ "example": example }));
            let headers = match kind {
                FaultKind::TooMany => Some(
                    json!({ "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 0 } } }),
                ),
                FaultKind::Unauthenticated if surface != Surface::Page => {
                    Some(json!({ "WWW-Authenticate": { "description": "What to present.", "schema": { "type": "string" } } }))
                }
                _ => None,
            };
            responses.insert(format!("{}{name}", prefix(surface)), with(response, "headers", headers));
        }
    }
    responses
}

fn described(surface: Surface, description: &str, examples: Value) -> Value {
    let content = match surface {
        Surface::Page => json!({ "text/html": { "schema": { "type": "string" } } }),
        Surface::Api | Surface::OAuth => {
            let schema = json!({ "$ref": format!("#/components/schemas/{}Error", prefix(surface)) });
            let mut media = Map::from_iter([("schema".to_owned(), schema)]);
            if let Value::Object(examples) = examples {
                media.extend(examples);
            }
            json!({ "application/json": media })
        }
    };
    json!({ "description": description, "content": content })
}

/// The very bytes that are sent.
fn body(surface: Surface, denial: &Denial) -> Value {
    let mut fault = Fault::from(*denial);
    fault.retry_after = (denial.kind == FaultKind::TooMany).then_some(7);
    fault_body(surface, &fault)
}

fn prefix(surface: Surface) -> &'static str {
    match surface {
        Surface::Api => "Api",
        Surface::OAuth => "OAuth",
        Surface::Page => "Page",
    }
}

/// The shapes of refusals.
pub(super) fn error_schemas() -> Map<String, Value> {
    let text = json!({ "type": "string" });
    let api = json!({
        "description": "Why a request was refused.",
        "type": "object",
        "required": ["error", "message", "status"],
        "properties": {
            "error": { "type": "string", "description": "A stable code." },
            "message": { "type": "string", "description": "What happened and what to do, for people." },
            "status": { "type": "integer", "description": "The HTTP status once more.", "minimum": 400, "maximum": 599 },
            "code": { "type": "string", "description": "The code in capitals, on authorization routes." },
            "details": { "type": "object", "description": "What is wrong, by field; or the scopes that were missing." },
            "error_description": { "type": "string", "description": "The message once more, where waiting helps." },
            "retry_after": { "type": "integer", "description": "Seconds to wait." }
        },
        "additionalProperties": false
    });
    let oauth = json!({
        "description": "Why a request was refused (RFC 6749 §5.2).",
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": { "type": "string", "description": "A registered code." },
            "error_description": text,
            "retry_after": { "type": "integer", "description": "Seconds to wait." }
        },
        "additionalProperties": false
    });
    Map::from_iter([("ApiError".to_owned(), api), ("OAuthError".to_owned(), oauth)])
}
