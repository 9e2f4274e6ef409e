//! What comes back, and what a test looks for in it.

use flow::{Answer, Body};
use kernel::Fault;
use serde_json::Value;

/// What came back: an answer, or a fault as `edge` would be given it.
#[derive(Debug)]
pub struct Reached {
    pub status: u16,
    pub code: &'static str,
    pub json: Value,
    /// A page, or whatever else is neither JSON nor nothing.
    pub html: String,
    pub headers: Vec<(&'static str, String)>,
    pub cookies: Vec<(String, String)>,
}

impl Reached {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
    pub fn location(&self) -> String {
        self.header("location").unwrap_or_else(|| panic!("no redirect: {self:?}")).to_owned()
    }
    /// Status and code, to compare with what is expected.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.code)
    }
}

pub(super) fn reached(outcome: Result<Answer, Fault>) -> Reached {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(fault) => {
            let status = match fault.kind {
                kernel::FaultKind::Invalid => 400,
                kernel::FaultKind::Unauthenticated => 401,
                kernel::FaultKind::Forbidden => 403,
                kernel::FaultKind::NotFound => 404,
                kernel::FaultKind::Conflict => 409,
                kernel::FaultKind::UnsupportedMediaType => 415,
                kernel::FaultKind::Unprocessable => 422,
                kernel::FaultKind::Internal => 500,
                _ => 503,
            };
            let (json, html) = (serde_json::json!({ "fields": fault.fields }), format!("{fault:?}"));
            return Reached { status, code: fault.code, json, html, headers: Vec::new(), cookies: Vec::new() };
        }
    };
    let mut headers = answer.headers;
    let (json, html) = match answer.body {
        Body::Json(text) => (serde_json::from_str(&text).unwrap(), String::new()),
        Body::Html(text) => (Value::Null, text),
        Body::Bytes(media_type, bytes) => {
            headers.push(("content-type", media_type.to_owned()));
            (Value::Null, String::from_utf8(bytes).unwrap_or_default())
        }
        Body::Empty => (Value::Null, String::new()),
    };
    let cookies = answer.cookies.iter().map(|cookie| (cookie.name.to_owned(), cookie.value.expose().to_owned())).collect();
    Reached { status: answer.status, code: "", json, html, headers, cookies }
}

pub fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}")).to_owned()
}

/// A parameter of the query or fragment.
pub fn param(uri: &str, name: &str) -> Option<String> {
    let query = uri.split_once(['?', '#'])?.1.replace('#', "&");
    url::form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// The value of a hidden field.
pub fn hidden(html: &str, name: &str) -> String {
    let at = html.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name} in {html}"));
    let value = html[at..].split_once("value=\"").unwrap().1;
    value.split_once('"').unwrap().0.to_owned()
}

/// The claims of a token, unverified.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&jose::encoding::decode_base64url(payload).unwrap()).unwrap()
}
