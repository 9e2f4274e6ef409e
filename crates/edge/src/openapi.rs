//! The OpenAPI 3.1 document, made from the catalogue.

use flow::{Catalogue, Entry, Parameter, Route, Source, Surface};
use kernel::Access;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The document.
pub fn document(catalogue: &Catalogue, base_url: &str) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for entry in catalogue.entries().iter().filter(|entry| entry.surface != Surface::Page) {
        for (index, route) in entry.routes.iter().enumerate() {
            let operation = operation(entry, *route, index, &mut generator);
            let path = paths.remove(route.path).unwrap_or_else(|| json!({}));
            paths.insert(route.path.to_owned(), with(path, &route.method.as_str().to_ascii_lowercase(), Some(operation)));
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("ApiError".to_owned(), api_error());
    schemas.insert("OAuthError".to_owned(), oauth_error());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "LumoAuth",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "summary": "Identity for people, programs and AI agents."
        },
        "servers": [{ "url": base_url }],
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": security_schemes() }
    })
}

fn operation(entry: &Entry, route: Route, index: usize, generator: &mut SchemaGenerator) -> Value {
    let parameters = (entry.parameters)();
    let reply = (entry.reply)(generator);
    let answer = match (reply.content_type, reply.schema) {
        (Some(media), Some(schema)) => json!({ "description": entry.summary, "content": { media: { "schema": schema } } }),
        (Some(media), None) => json!({ "description": entry.summary, "content": { media: {} } }),
        (None, _) => json!({ "description": entry.summary }),
    };
    let operation = json!({
        "operationId": if index == 0 { entry.id.to_owned() } else { format!("{}.{}", entry.id, index + 1) },
        "summary": entry.summary,
        "tags": [entry.id.split('.').next().unwrap_or_default()],
        "parameters": path_and_query(route, &parameters),
        "responses": { reply.status.to_string(): answer, "default": refusal(entry) },
        "security": security(entry.access)
    });
    with(operation, "requestBody", body(entry, &parameters))
}

fn path_and_query(route: Route, parameters: &[Parameter]) -> Value {
    let in_path = route.path.split(['{', '}']).skip(1).step_by(2).map(|name| {
        let declared = parameters.iter().find(|p| p.source == Source::Path && p.name == name);
        json!({ "name": name, "in": "path", "required": true,
                "description": declared.map_or("The organization's slug.", |p| p.description.trim()),
                "schema": declared.map_or_else(|| json!({ "type": "string" }), |p| p.schema.clone()) })
    });
    let in_query = parameters.iter().filter(|p| p.source == Source::Query).map(
        |p| json!({ "name": p.name, "in": "query", "required": p.is_required, "description": p.description.trim(), "schema": p.schema }),
    );
    in_path.chain(in_query).collect()
}

fn body(entry: &Entry, parameters: &[Parameter]) -> Option<Value> {
    let fields: Vec<&Parameter> = parameters.iter().filter(|p| p.source == Source::Body).collect();
    if fields.is_empty() {
        return None;
    }
    let properties: Map<String, Value> = fields
        .iter()
        .map(|p| (p.name.to_owned(), with(p.schema.clone(), "description", Some(p.description.trim().into()))))
        .collect();
    let required: Vec<&str> = fields.iter().filter(|p| p.is_required).map(|p| p.name).collect();
    let is_required = !required.is_empty();
    let schema = with(json!({ "type": "object", "properties": properties }), "required", is_required.then(|| required.into()));
    let is_form = entry.surface == Surface::OAuth && !matches!(entry.access, Access::Registration(_) | Access::Registered);
    let media = if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
    Some(json!({ "required": is_required, "content": { media: { "schema": schema } } }))
}

/// An object with one more member, if there is a value for it.
fn with(mut object: Value, name: &str, value: Option<Value>) -> Value {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(name.to_owned(), value);
    }
    object
}

fn refusal(entry: &Entry) -> Value {
    let schema = if entry.surface == Surface::OAuth { "OAuthError" } else { "ApiError" };
    json!({ "description": "The request was refused.",
            "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } } })
}

fn security(access: Access) -> Value {
    match access {
        Access::Public(_) | Access::Browser | Access::Session | Access::Console(_) | Access::Operator => json!([]),
        Access::Client => json!([{ "ClientAuth": [] }]),
        Access::Registration(_) => json!([{}, { "ApiKeyAuth": [] }, { "BearerAuth": [] }]),
        Access::Token | Access::Registered => json!([{ "BearerAuth": [] }]),
        Access::TokenOrKey | Access::Permission(_) => json!([{ "ApiKeyAuth": [] }, { "BearerAuth": [] }]),
    }
}

fn security_schemes() -> Value {
    json!({
        "ApiKeyAuth": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
        "BearerAuth": { "type": "http", "scheme": "bearer" },
        "ClientAuth": { "type": "http", "scheme": "basic" }
    })
}

fn api_error() -> Value {
    json!({
        "type": "object",
        "required": ["error", "message", "status"],
        "properties": {
            "error": { "type": "string" }, "message": { "type": "string" }, "status": { "type": "integer" },
            "code": { "type": "string" }, "details": { "type": "object" }
        }
    })
}

fn oauth_error() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": { "type": "string" }, "error_description": { "type": "string" } }
    })
}
