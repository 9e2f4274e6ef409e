//! A call as people try it: with curl.

use super::{members, string};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

/// What can't stand in a path as it is.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'/').add(b'<').add(b'>').add(b'?').add(b'`');

/// The call of an operation with its examples.
pub(super) fn example(document: &Value, method: &str, path: &str, operation: &Value, parameters: &[&Value]) -> String {
    let base = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
    let mut lines = vec![format!("curl {}'{base}{}{}'", verb(method), place(path, parameters), query(parameters))];
    lines.extend(credential(operation));
    lines.extend(body(operation));
    lines.join(" \\\n  ")
}

fn verb(method: &str) -> String {
    if method == "get" { String::new() } else { format!("-X {} ", method.to_ascii_uppercase()) }
}

fn place(path: &str, parameters: &[&Value]) -> String {
    parameters.iter().filter(|parameter| string(parameter, "in") == "path").fold(path.to_owned(), |path, parameter| {
        let value = parameter.get("example").map(plain).unwrap_or_default();
        path.replace(&format!("{{{}}}", string(parameter, "name")), &utf8_percent_encode(&value, ENCODED).to_string())
    })
}

/// What must be in the query.
fn query(parameters: &[&Value]) -> String {
    let pairs = parameters.iter().filter(|parameter| string(parameter, "in") == "query").filter_map(|parameter| {
        let value = plain(parameter.get("example")?);
        Some(format!("{}={}", string(parameter, "name"), utf8_percent_encode(&value, ENCODED)))
    });
    let pairs = pairs.collect::<Vec<_>>().join("&");
    if pairs.is_empty() { pairs } else { format!("?{pairs}") }
}

fn credential(operation: &Value) -> Option<String> {
    let first = members(operation.get("security")?.as_array()?.iter().find(|one| members(Some(one)).next().is_some())).next()?;
    match first.0.as_str() {
        "ApiKeyAuth" => Some("-H 'X-API-Key: lmk_…'".to_owned()),
        "BearerAuth" => Some("-H 'Authorization: Bearer …'".to_owned()),
        "ClientAuth" => Some("-u 'CLIENT_ID:CLIENT_SECRET'".to_owned()),
        _ => None,
    }
}

fn body(operation: &Value) -> Vec<String> {
    let content = operation.pointer("/requestBody/content");
    let form = content.and_then(|content| content.get("application/x-www-form-urlencoded"));
    let json = content.and_then(|content| content.get("application/json"));
    let is_client = operation.pointer("/security/0/ClientAuth").is_some();
    match (form.filter(|_| is_client || json.is_none()), json.and_then(|media| media.get("example"))) {
        (Some(form), _) => members(form.get("example"))
            .filter(|(name, _)| !is_client || !name.starts_with("client_"))
            .map(|(name, value)| format!("--data-urlencode {}", quoted(&format!("{name}={}", plain(value)))))
            .collect(),
        (None, Some(example)) => {
            vec!["-H 'Content-Type: application/json'".to_owned(), format!("-d {}", quoted(&example.to_string()))]
        }
        (None, None) => members(content)
            .take(1)
            .flat_map(|(media, _)| [format!("-H 'Content-Type: {media}'"), "--data-binary @FILE".to_owned()])
            .collect(),
    }
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_call_carries_place_credential_and_body() {
        let document = json!({ "servers": [{ "url": "https://id.example.com" }] });
        let path = json!({ "name": "who", "in": "path", "example": "a/b" });
        let query = json!({ "name": "q", "in": "query", "example": 1 });
        let operation = json!({
            "security": [{ "ApiKeyAuth": [] }],
            "requestBody": { "content": { "application/json": { "example": { "name": "it's" } } } }
        });
        assert_eq!(
            example(&document, "post", "/users/{who}", &operation, &[&path, &query]),
            "curl -X POST 'https://id.example.com/users/a%2Fb?q=1' \\\n  -H 'X-API-Key: lmk_…' \\\n  \
             -H 'Content-Type: application/json' \\\n  -d '{\"name\":\"it'\\''s\"}'"
        );
    }

    #[test]
    fn a_client_sends_a_form_and_its_secret_apart() {
        let document = json!({ "servers": [{ "url": "" }] });
        let form = json!({ "example": { "client_id": "x", "grant_type": "client_credentials" } });
        let operation = json!({
            "security": [{ "ClientAuth": [] }, {}],
            "requestBody": { "content": { "application/json": form, "application/x-www-form-urlencoded": form } }
        });
        assert_eq!(
            example(&document, "post", "/token", &operation, &[]),
            "curl -X POST '/token' \\\n  -u 'CLIENT_ID:CLIENT_SECRET' \\\n  --data-urlencode 'grant_type=client_credentials'"
        );
    }
}
