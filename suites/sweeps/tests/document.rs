//! The OpenAPI document says everything there is to say, and nothing that isn't so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use flow::Surface;
use serde_json::Value;
use std::collections::BTreeSet;
use suite_sweeps::entries;
use suite_sweeps::schema::{Schemas, check, walk};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn document() -> Value {
    edge::openapi_document(&lumoauth::assemble::catalogue(true), "https://id.example.com")
}

/// Every operation, with the method and path it stands under.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &'static str), document: &'_ Value| document["paths"][path][item].is_object();
    paths
        .iter()
        .flat_map(|(path, item)| METHODS.iter().map(move |method| (path, item, *method)))
        .filter(|(path, _, method)| of_path((*path, *method), document))
        .map(|(path, item, method)| (format!("{method} {path}"), &item[method]))
        .collect()
}

#[test]
fn every_operation_for_programs_is_described_at_each_of_its_places() {
    let document = document();
    for entry in entries() {
        for route in &entry.routes {
            let described = &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
            let is_wanted = entry.surface != Surface::Page || route.path.contains("/api/v1/");
            assert_eq!(described.is_object(), is_wanted, "{} {}", route.method.as_str(), route.path);
            if is_wanted {
                assert_eq!(described["summary"], entry.summary, "{}", entry.id);
            }
        }
    }
}

#[test]
fn operations_have_names_of_their_own() {
    let document = document();
    let operations = operations(&document);
    let ids: BTreeSet<&str> = operations.iter().map(|(_, operation)| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len());
    assert!(ids.iter().all(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric())), "{ids:?}");
}

#[test]
fn operations_of_the_published_api_have_its_names() {
    let document = document();
    let id = |method: &str, path: &str| document["paths"][path][method]["operationId"].as_str().unwrap_or("none").to_owned();
    for (method, path, name) in [
        ("get", "/orgs/{org}/api/v1/admin/users", "listUsers"),
        ("put", "/orgs/{org}/api/v1/admin/users/{userId}", "updateUser"),
        ("patch", "/orgs/{org}/api/v1/admin/users/{userId}", "patchUser"),
        ("get", "/orgs/{org}/api/v1/oauth/authorize", "authorize"),
        ("post", "/orgs/{org}/api/v1/oauth/token", "token"),
        ("get", "/orgs/{org}/api/v1/me", "getMe"),
    ] {
        assert_eq!(id(method, path), name, "{method} {path}");
    }
}

#[test]
fn what_every_operation_must_have_is_there() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    for (place, operation) in operations(&document) {
        for member in ["summary", "description"] {
            assert!(!operation[member].as_str().unwrap_or_default().is_empty(), "{place}: {member}");
        }
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{place}");
        for requirement in operation["security"].as_array().unwrap() {
            assert!(requirement.as_object().unwrap().keys().all(|scheme| schemes.contains_key(scheme)), "{place}");
        }
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2') || status.starts_with('3')), "{place}");
        assert!(["400", "429", "5XX"].iter().all(|status| responses.contains_key(*status)), "{place}");
        for (status, response) in responses {
            assert!(response["$ref"].is_string() || response["description"].is_string(), "{place}: {status}");
        }
        let named: BTreeSet<&str> = place.split(['{', '}']).skip(1).step_by(2).collect();
        let listed: BTreeSet<&str> =
            parameters(&document, operation).filter(|p| p["in"] == "path").map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(named, listed, "{place}: parameters of the path");
        let all: Vec<&Value> = parameters(&document, operation).collect();
        let different: BTreeSet<String> = all.iter().map(|p| format!("{} {}", p["in"], p["name"])).collect();
        assert_eq!(different.len(), all.len(), "{place}: a parameter stands twice");
    }
}

fn parameters<'a>(document: &'a Value, operation: &'a Value) -> impl Iterator<Item = &'a Value> {
    operation["parameters"].as_array().unwrap().iter().map(|parameter| match parameter["$ref"].as_str() {
        Some(target) => document.pointer(target.trim_start_matches('#')).unwrap(),
        None => parameter,
    })
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = 0;
    walk(&document, "", &mut |place, value| {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            references += 1;
            assert!(document.pointer(target.strip_prefix('#').unwrap()).is_some(), "{place}: {target}");
        }
    });
    assert!(references > 100, "{references}");
}

#[test]
fn every_schema_is_one_that_validators_understand() {
    let document = document();
    walk(&document, "", &mut |place, value| {
        if let Some(schema) = value.get("schema") {
            check(schema).unwrap_or_else(|problem| panic!("{place}: {problem}"));
        }
    });
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        check(schema).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
}

#[test]
fn every_example_is_one_of_its_schema() {
    let document = document();
    let schemas = Schemas::of(&document);
    let mut examples = 0;
    let mut wrong = Vec::new();
    walk(&document, "", &mut |place, value| {
        let Some(schema) = value.get("schema") else { return };
        let several =
            value.get("examples").and_then(Value::as_object).into_iter().flatten().map(|(_, example)| &example["value"]);
        for example in value.get("example").into_iter().chain(several) {
            examples += 1;
            if let Err(problem) = schemas.validate(example, schema) {
                wrong.push(format!("{place}: {problem}"));
            }
        }
    });
    assert!(examples > 200, "{examples}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bodies_and_answers_come_with_examples() {
    let document = document();
    for (place, operation) in operations(&document) {
        let answers = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
        let contents = answers.map(|(_, answer)| &answer["content"]).chain([&operation["requestBody"]["content"]]);
        for (media, content) in contents.filter_map(Value::as_object).flatten() {
            let is_described = content["schema"].get("$ref").is_some() || content["schema"].get("properties").is_some();
            assert!(!is_described || content.get("example").is_some(), "{place}: {media}");
        }
    }
}

#[test]
fn the_document_is_the_same_each_time() {
    assert_eq!(document().to_string(), document().to_string());
}
