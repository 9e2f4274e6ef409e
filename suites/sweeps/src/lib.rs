//! Every rule as a loop over the catalogue: what holds for one endpoint holds for all, today's and tomorrow's.
//!
//! Lists of exceptions stand beside the rule they weaken, each with its reason, and may only shrink.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "tests stop at the first surprise"
)]

pub mod schema;

use flow::{Catalogue, Entry, Method, Parameter, Route, Source, Surface};
use kernel::Access;
use serde_json::{Map, Value, json};
use testkit::{Answered, Sending, TestApp};

/// The catalogue the development server mounts.
pub fn entries() -> Vec<Entry> {
    let catalogue: Catalogue = lumoauth::assemble::catalogue(true);
    catalogue.into_entries()
}

/// A path with every placeholder filled: the organization's slug, and `filler` elsewhere.
pub fn path(route: Route, org: &str, filler: &str) -> String {
    route
        .path
        .split('/')
        .map(|part| {
            if part == "{org}" {
                org
            } else if part.starts_with('{') {
                filler
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// A request that an endpoint would take, going by what it says of itself.
pub fn plausible<'a>(app: &'a TestApp, entry: &Entry, route: Route, org: &str, filler: &str) -> Sending<'a> {
    with_body(app, entry, route, org, filler, &body(&(entry.parameters)(), sample))
}

/// A request with this body, in the media type of the endpoint's surface.
pub fn with_body<'a>(
    app: &'a TestApp,
    entry: &Entry,
    route: Route,
    org: &str,
    filler: &str,
    body: &Map<String, Value>,
) -> Sending<'a> {
    let sending = app.request(route.method.as_str(), &path(route, org, filler));
    if route.method == Method::Get {
        return sending;
    }
    if entry.surface == Surface::Api || matches!(entry.access, Access::Registration(_) | Access::Registered) {
        return sending.json(&Value::Object(body.clone()));
    }
    let pairs: Vec<(String, String)> = body
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    sending.form(&pairs)
}

/// The body fields, each with the value `of` makes.
pub fn body(parameters: &[Parameter], of: impl Fn(&Parameter) -> Value) -> Map<String, Value> {
    parameters.iter().filter(|p| p.source == Source::Body).map(|p| (p.name.to_owned(), of(p))).collect()
}

/// A value that fits a parameter's schema.
pub fn sample(parameter: &Parameter) -> Value {
    sample_of(&parameter.schema)
}

fn sample_of(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("boolean") => json!(true),
        Some("integer") => json!(1),
        Some("array") => json!([sample_of(&schema["items"])]),
        Some("object") => json!({}),
        _ if schema["format"] == "email" => json!("someone@example.com"),
        _ if schema["format"] == "date-time" => json!("2026-11-23T00:00:00Z"),
        _ => json!("x".repeat(usize::try_from(schema["minLength"].as_u64().unwrap_or(1)).unwrap().max(1))),
    }
}

/// Fail with everything needed to understand it.
pub fn complain(entry: &Entry, route: Route, what: &str, answered: &Answered) -> String {
    format!(
        "{} ({} {}): {what}; got {} {}",
        entry.id,
        route.method.as_str(),
        route.path,
        answered.status,
        answered.text().chars().take(300).collect::<String>()
    )
}
