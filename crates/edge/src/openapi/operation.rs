//! One operation at one of its places.

use super::answers::responses;
use super::example::Examples;
use super::names::Name;
use super::with;
use flow::{Entry, Method, Parameter, ReplyDoc, Route, Source, Surface};
use kernel::{Access, EventKind};
use serde_json::{Map, Value, json};

/// What the document says about it. `schemas` is what references point to.
pub(super) fn describe(entry: &Entry, route: Route, name: &Name, reply: ReplyDoc, schemas: &Map<String, Value>) -> Value {
    let parameters = (entry.parameters)();
    let sent = Examples::sent(schemas);
    let operation = json!({
        "operationId": name.operation_id,
        "tags": [name.tag],
        "summary": entry.summary,
        "description": description(entry),
        "parameters": path_and_query(route, &parameters, &sent),
        "responses": responses(entry, route, reply, &Examples::answered(schemas)),
        "security": security(entry.access)
    });
    with(operation, "requestBody", body(entry, route, &parameters, &sent))
}

/// Who may call, and what the log will say.
fn description(entry: &Entry) -> String {
    let who = match entry.access {
        Access::Public(reason) => format!("For anyone: {reason}."),
        Access::Browser => "For browsers; a session counts where there is one.".to_owned(),
        Access::Session => "For a signed-in person's browser.".to_owned(),
        Access::Client => "For clients, authenticated the way they are registered for.".to_owned(),
        Access::Token => "For the bearer of an access token.".to_owned(),
        Access::TokenOrKey => "For the bearer of an access token, or an API key.".to_owned(),
        Access::Permission(permission) | Access::Console(permission) => format!(
            "Needs the permission `{}`. A token or API key needs the scope `{}`, `admin:{}` or `admin`.",
            permission.slug,
            permission.scope,
            if permission.writes { "write" } else { "read" }
        ),
        Access::Registration(permission) => format!(
            "For whoever the organization's policy lets register: anyone, the bearer of an initial access token, or who holds `{}`.",
            permission.slug
        ),
        Access::Registered => "For a registered client, with its registration access token.".to_owned(),
        Access::Operator => "For the operator.".to_owned(),
    };
    let events: Vec<String> = entry.events.iter().map(|EventKind { name, .. }| format!("`{name}`")).collect();
    if events.is_empty() { who } else { format!("{who} The log keeps {}.", events.join(" or ")) }
}

fn path_and_query(route: Route, parameters: &[Parameter], examples: &Examples<'_>) -> Value {
    let in_path = route.path.split(['{', '}']).skip(1).step_by(2).map(|name| {
        if name == "org" {
            return json!({ "$ref": "#/components/parameters/Org" });
        }
        let declared = parameters.iter().find(|p| p.source == Source::Path && p.name == name);
        let (description, schema) = declared.map_or_else(
            || ("Which one.".to_owned(), json!({ "type": "string", "minLength": 1 })),
            |declared| (sentence(declared.description), declared.schema.clone()),
        );
        let example = examples.of(&schema, name);
        json!({ "name": name, "in": "path", "required": true, "description": description, "schema": schema, "example": example })
    });
    let in_query = parameters.iter().filter(|p| p.source == Source::Query).map(|p| {
        let parameter = json!({
            "name": p.name, "in": "query", "required": p.is_required, "description": sentence(p.description), "schema": p.schema
        });
        with(parameter, "example", p.is_required.then(|| examples.of(&p.schema, p.name)))
    });
    in_path.chain(in_query).collect()
}

fn body(entry: &Entry, route: Route, parameters: &[Parameter], examples: &Examples<'_>) -> Option<Value> {
    let fields: Vec<&Parameter> = parameters.iter().filter(|p| p.source == Source::Body).collect();
    let raw = (entry.raw_bodies)();
    if route.method == Method::Get || fields.is_empty() && raw.is_empty() {
        return None;
    }
    if fields.is_empty() {
        let content: Map<String, Value> = raw.iter().map(|media| ((*media).to_owned(), json!({ "schema": {} }))).collect();
        return Some(json!({ "required": true, "content": content }));
    }
    let required: Vec<&str> = fields.iter().filter(|p| p.is_required).map(|p| p.name).collect();
    let is_required = !required.is_empty();
    let schema = object(&fields, &required, entry.surface == Surface::Api);
    let example = examples.of_fields(&fields);
    let media = json!({ "schema": schema, "example": example });
    let content: Map<String, Value> =
        media_types(entry, &fields).iter().map(|name| ((*name).to_owned(), media.clone())).collect();
    Some(json!({ "required": is_required, "content": content }))
}

/// The fields of a body. Only OAuth ignores what it doesn't know (RFC 6749 §3.1).
fn object(fields: &[&Parameter], required: &[&str], is_closed: bool) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|p| (p.name.to_owned(), with(p.schema.clone(), "description", Some(sentence(p.description).into()))))
        .collect();
    let schema = json!({ "type": "object", "properties": properties });
    let schema = with(schema, "required", (!required.is_empty()).then(|| required.into()));
    with(schema, "additionalProperties", is_closed.then_some(false.into()))
}

/// How a body may be written. A form is for what can be said in single lines.
fn media_types(entry: &Entry, fields: &[&Parameter]) -> &'static [&'static str] {
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    let is_flat =
        fields.iter().all(|p| matches!(p.schema.get("type").and_then(Value::as_str), Some("string" | "integer" | "boolean")));
    match (entry.surface, entry.access) {
        (_, Access::Registration(_) | Access::Registered) | (Surface::OAuth, Access::Browser) => &[JSON],
        (Surface::Page, _) => &[FORM],
        (Surface::OAuth, _) => &[FORM, JSON],
        (Surface::Api, _) if is_flat => &[JSON, FORM],
        (Surface::Api, _) => &[JSON],
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Public(_) | Access::Browser | Access::Operator => json!([]),
        Access::Session | Access::Console(_) => json!([{ "SessionCookie": [] }]),
        Access::Client => json!([{ "ClientAuth": [] }, {}]),
        Access::Registration(permission) => {
            json!([{}, { "BearerAuth": [] }, { "ApiKeyAuth": [permission.scope] }])
        }
        Access::Token | Access::Registered => json!([{ "BearerAuth": [] }]),
        Access::TokenOrKey => json!([{ "ApiKeyAuth": [] }, { "BearerAuth": [] }]),
        Access::Permission(permission) => json!([
            { "ApiKeyAuth": [permission.scope] }, { "BearerAuth": [permission.scope] }, { "SessionCookie": [] }
        ]),
    }
}

/// Documentation lines as one text.
fn sentence(lines: &str) -> String {
    lines.split_whitespace().collect::<Vec<_>>().join(" ")
}
