//! The OpenAPI 3.1 document, made from the catalogue.

mod answers;
mod example;
mod names;
mod operation;
mod tags;

use flow::{Catalogue, Entry, ReplyDoc, Route, Surface};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The document. What is only for people, their pages, is no part of it; the pages of the protocols are.
pub fn document(catalogue: &Catalogue, base_url: &str) -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let described: Vec<(&Entry, ReplyDoc)> = catalogue
        .entries()
        .iter()
        .filter(|entry| entry.routes.iter().any(|route| is_described(entry, *route)))
        .map(|entry| (entry, (entry.reply)(&mut generator)))
        .collect();
    let mut schemas = generator.take_definitions(true);
    schemas.extend(answers::error_schemas());

    let mut paths: Map<String, Value> = Map::new();
    let mut used: Vec<String> = Vec::new();
    for (entry, reply) in &described {
        for (index, route) in entry.routes.iter().enumerate().filter(|(_, route)| is_described(entry, **route)) {
            let name = names::of(catalogue.entries(), entry, index, *route);
            let operation = operation::describe(entry, *route, &name, reply.clone(), &schemas);
            let path = paths.remove(route.path).unwrap_or_else(|| json!({}));
            paths.insert(route.path.to_owned(), with(path, &route.method.as_str().to_ascii_lowercase(), Some(operation)));
            if !used.contains(&name.tag) {
                used.push(name.tag);
            }
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [{ "url": base_url }],
        "tags": tags(used),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": answers::shared(),
            "parameters": { "Org": organization() },
            "securitySchemes": security_schemes()
        }
    })
}

/// Operations for programs; pages only where a protocol or the published API puts them.
fn is_described(entry: &Entry, route: Route) -> bool {
    entry.surface != Surface::Page || route.path.contains("/api/v1/")
}

fn tags(mut used: Vec<String>) -> Value {
    used.sort_by_key(|tag| tags::place(tag));
    used.iter().map(|tag| with(json!({ "name": tag }), "description", tags::meaning(tag).map(Value::from))).collect()
}

fn info() -> Value {
    json!({
        "title": "LumoAuth",
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        "summary": "Identity for people, programs and AI agents.",
        "description": "Everything an organization has is below `/orgs/{org}`, where `org` is its slug. \
            Bodies are JSON, or forms where nothing in them is nested. Fields nobody knows are refused by name, except where OAuth \
            says to ignore them. Lists come in pages: `page` and `limit` go in, `meta` comes back. \
            Times are ISO 8601, in UTC; OAuth has seconds since 1970. \
            Every answer says in `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` what is left of the caller's \
            budget, and names the request in `X-Request-Id`."
    })
}

fn organization() -> Value {
    json!({
        "name": "org", "in": "path", "required": true, "description": "The organization's slug.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 63 }, "example": "acme"
    })
}

fn security_schemes() -> Value {
    json!({
        "ApiKeyAuth": {
            "type": "apiKey", "in": "header", "name": "X-API-Key",
            "description": "An API key of the organization. It acts for the person who made it, as far as its scopes reach."
        },
        "BearerAuth": {
            "type": "http", "scheme": "bearer",
            "description": "An access token (RFC 6750); one that is bound to a key comes as `DPoP` with its proof (RFC 9449)."
        },
        "ClientAuth": {
            "type": "http", "scheme": "basic",
            "description": "A client's id and secret (RFC 6749 §2.3.1). Clients authenticate the way they are registered for: also in \
                the form, with a signed assertion (RFC 7523), with a certificate (RFC 8705), or, public ones, not at all."
        },
        "SessionCookie": {
            "type": "apiKey", "in": "cookie", "name": "lumoauth_session",
            "description": "The session of a signed-in person. What changes something needs the header `X-CSRF-Token` as well."
        }
    })
}

/// An object with one more member, if there is a value for it.
fn with(mut object: Value, name: &str, value: Option<Value>) -> Value {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(name.to_owned(), value);
    }
    object
}
