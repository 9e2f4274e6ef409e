//! The OpenAPI document as a page for people.

mod call;
mod kind;

use pages::{Brand, Reference, ReferenceAnswer, ReferenceField, ReferenceGroup, ReferenceOperation, Shell, Words};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Methods in the order in which a reader expects them.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page.
pub(crate) fn page(document: &Value) -> Reference {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let shell = Shell::new(Words::choose(Some("en"), None), Brand::named("LumoAuth"));
    let schemes = members(document.pointer("/components/securitySchemes"));
    Reference {
        shell,
        version: text("/info/version"),
        document_url: "/openapi.json".to_owned(),
        introduction: vec![text("/info/description")],
        credentials: schemes.map(|(name, scheme)| (name.clone(), string(scheme, "description"))).collect(),
        errors: shared_errors(document),
        groups: groups(document),
    }
}

/// The refusals of the JSON API that operations refer to, each once.
fn shared_errors(document: &Value) -> Vec<ReferenceAnswer> {
    let operations = members(document.get("paths")).flat_map(|(_, item)| METHODS.iter().filter_map(|method| item.get(*method)));
    let mut found: BTreeMap<&String, ReferenceAnswer> = BTreeMap::new();
    for (status, response) in operations.flat_map(|operation| members(operation.get("responses"))) {
        let target = response.get("$ref").and_then(Value::as_str).unwrap_or_default();
        if target.starts_with("#/components/responses/Api") {
            let example = |response: &Value| pretty(response.pointer("/content/application~1json/example")?);
            let response = Reader { document }.resolve(response);
            found.entry(status).or_insert_with(|| ReferenceAnswer { example: example(response), ..answer(status, response) });
        }
    }
    found.into_values().collect()
}

fn groups(document: &Value) -> Vec<ReferenceGroup> {
    let tags = document.get("tags").and_then(Value::as_array).into_iter().flatten();
    let operations: Vec<(&str, ReferenceOperation)> = operations(document);
    tags.map(|tag| {
        let name = string(tag, "name");
        let of_tag = operations.iter().filter(|(of, _)| *of == name).map(|(_, operation)| operation.clone());
        let lead = tag.get("description").and_then(Value::as_str).map(str::to_owned);
        ReferenceGroup { lead, operations: of_tag.collect(), name }
    })
    .collect()
}

/// Every operation with its tag.
fn operations(document: &Value) -> Vec<(&str, ReferenceOperation)> {
    let places = members(document.get("paths")).flat_map(|(path, item)| METHODS.iter().map(move |method| (path, item, *method)));
    places
        .filter_map(|(path, item, method)| {
            let operation = item.get(method)?;
            Some((operation.pointer("/tags/0")?.as_str()?, Reader { document }.operation(method, path, operation)))
        })
        .collect()
}

/// Reads parts of a document that may be references into it.
#[derive(Clone, Copy)]
struct Reader<'a> {
    document: &'a Value,
}

impl<'a> Reader<'a> {
    fn resolve(self, value: &'a Value) -> &'a Value {
        let target = value.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        target.and_then(|target| self.document.pointer(target)).unwrap_or(value)
    }

    fn operation(self, method: &str, path: &str, operation: &'a Value) -> ReferenceOperation {
        let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let parameters: Vec<&Value> = parameters.map(|parameter| self.resolve(parameter)).collect();
        let shared = |response: &Value| response.get("$ref").is_some();
        let (shared, own): (Vec<_>, Vec<_>) = members(operation.get("responses")).partition(|(_, response)| shared(response));
        let own = own.into_iter().map(|(status, response)| answer(status, response));
        let (answers, errors) = own.partition(|answer| answer.status.starts_with(['2', '3']));
        ReferenceOperation {
            id: string(operation, "operationId"),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            summary: string(operation, "summary"),
            description: string(operation, "description"),
            call: call::example(self.document, method, path, operation, &parameters),
            parameters: parameters
                .into_iter()
                .map(|parameter| self.parameter(parameter))
                .filter(|field| field.name != "org")
                .collect(),
            body: operation.get("requestBody").map(|body| self.body(body)),
            answers,
            errors,
            shared_errors: shared.into_iter().map(|(status, _)| status.clone()).collect(),
        }
    }

    fn parameter(self, parameter: &Value) -> ReferenceField {
        let schema = parameter.get("schema").unwrap_or(&Value::Null);
        ReferenceField {
            name: string(parameter, "name"),
            place: if parameter.get("in").and_then(Value::as_str) == Some("path") { "path" } else { "query" },
            kind: kind::words(self.document, schema),
            is_required: parameter.get("required") == Some(&Value::Bool(true)),
            description: string(parameter, "description"),
        }
    }

    fn body(self, body: &'a Value) -> (Vec<String>, Vec<ReferenceField>) {
        let content: Vec<(&String, &Value)> = members(body.get("content")).collect();
        let schema = content.first().and_then(|(_, media)| media.get("schema"));
        let required = schema.and_then(|schema| schema.get("required")).and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|known| known.as_str() == Some(name)));
        let field = |(name, schema): (&String, &Value)| ReferenceField {
            name: name.clone(),
            place: "body",
            kind: kind::words(self.document, schema),
            is_required: is_required(name),
            description: string(schema, "description"),
        };
        let mut fields: Vec<ReferenceField> = members(schema.and_then(|schema| schema.get("properties"))).map(field).collect();
        fields.sort_by_key(|field| !field.is_required);
        (content.into_iter().map(|(name, _)| name.clone()).collect(), fields)
    }
}

fn answer(status: &str, response: &Value) -> ReferenceAnswer {
    let is_error = status.starts_with(['4', '5']);
    let content: Vec<(&String, &Value)> = members(response.get("content")).collect();
    let example = content.iter().find_map(|(_, media)| media.get("example")).filter(|_| !is_error);
    ReferenceAnswer {
        status: status.to_owned(),
        media: content.iter().filter(|_| !is_error).map(|(name, _)| (*name).clone()).collect(),
        lines: string(response, "description").split("\n\n").map(str::to_owned).collect(),
        example: example.and_then(pretty),
    }
}

fn pretty(value: &Value) -> Option<String> {
    serde_json::to_string_pretty(value).ok()
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn string(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}
