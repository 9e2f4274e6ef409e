//! The only place where answers and faults become bytes.

mod api;
mod form_page;
mod oauth;
mod page;

use crate::headers;
use axum::body::Body as HttpBody;
use axum::response::Response;
use flow::{Answer, Body, Cookie, Entry, Incoming, Reach, Surface};
pub(crate) use form_page::Pages;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use kernel::{Access, Demand, Fault, FaultKind};
use std::fmt::Write;

/// How a request wants to be answered.
pub(crate) struct Look {
    surface: Surface,
    request_id: String,
    is_shared: bool,
    is_secure: bool,
    base_url: String,
    path: String,
    query: String,
    /// The page of this organization that the form stands on.
    form_page: Option<String>,
    org: Option<String>,
    accept_language: Option<String>,
    scheme: Option<String>,
    wants_client: bool,
}

impl Look {
    pub(crate) fn of(entry: &Entry, incoming: &Incoming, pages: &Pages, base_url: &str) -> Self {
        let scheme = incoming.header("authorization").and_then(|value| value.split(' ').next()).map(str::to_owned);
        Self {
            surface: entry.surface,
            request_id: incoming.request_id.clone(),
            is_shared: entry.surface != Surface::Page,
            is_secure: incoming.peer.is_secure || base_url.starts_with("https://"),
            base_url: base_url.to_owned(),
            path: incoming.path.clone(),
            query: incoming.query.clone(),
            form_page: if entry.surface == Surface::Page { pages.with_the_form(incoming, base_url) } else { None },
            org: incoming.path_param("org").map(str::to_owned),
            accept_language: incoming.header("accept-language").map(str::to_owned),
            scheme,
            wants_client: entry.access == Access::Client,
        }
    }

    /// For a path that leads nowhere.
    pub(crate) fn of_path(path: &str, headers: &HeaderMap, base_url: &str) -> Self {
        let is_api = path.contains("/api/") || path.contains("/.well-known/");
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let wants_page = !is_api && text("accept").is_some_and(|accept| accept.contains("text/html"));
        let accept_language = text("accept-language").map(str::to_owned);
        let surface = if wants_page { Surface::Page } else { Surface::Api };
        Self {
            surface,
            base_url: base_url.to_owned(),
            path: path.to_owned(),
            accept_language,
            is_shared: is_api,
            ..Self::plain("")
        }
    }

    pub(crate) fn plain(request_id: &str) -> Self {
        Self {
            surface: Surface::Api,
            request_id: request_id.to_owned(),
            is_shared: false,
            is_secure: false,
            base_url: String::new(),
            path: String::new(),
            query: String::new(),
            form_page: None,
            org: None,
            accept_language: None,
            scheme: None,
            wants_client: false,
        }
    }
}

/// The status of each meaning.
pub(crate) fn status(kind: FaultKind) -> u16 {
    match kind {
        FaultKind::Invalid => 400,
        FaultKind::Unauthenticated => 401,
        FaultKind::Forbidden => 403,
        FaultKind::NotFound => 404,
        FaultKind::MethodNotAllowed => 405,
        FaultKind::Conflict => 409,
        FaultKind::Gone => 410,
        FaultKind::TooLarge => 413,
        FaultKind::UnsupportedMediaType => 415,
        FaultKind::Misdirected => 421,
        FaultKind::Unprocessable => 422,
        FaultKind::TooMany => 429,
        FaultKind::Internal => 500,
        FaultKind::Unavailable => 503,
    }
}

pub(crate) fn render_fault(look: &Look, fault: &Fault) -> Response {
    let mut answer = match look.surface {
        Surface::Api => api::fault(look, fault),
        Surface::OAuth => oauth::fault(look, fault),
        Surface::Page => page::fault(look, fault),
    };
    if let Some(seconds) = fault.retry_after {
        answer = answer.header("retry-after", seconds.to_string());
    }
    if let Some(Demand::Nonce(nonce)) = fault.demand.as_deref() {
        answer = answer.header("dpop-nonce", nonce.clone());
    }
    render_answer(look, answer)
}

/// What a fault says on a surface, for documents; null where that is a page.
pub(crate) fn fault_body(surface: Surface, fault: &Fault) -> serde_json::Value {
    let look = Look::plain("");
    let answer = match surface {
        Surface::Api => api::fault(&look, fault),
        Surface::OAuth => oauth::fault(&look, fault),
        Surface::Page => return serde_json::Value::Null,
    };
    match answer.body {
        Body::Json(text) => serde_json::from_str(&text).unwrap_or_default(),
        _ => serde_json::Value::Null,
    }
}

pub(crate) fn render_answer(look: &Look, answer: Answer) -> Response {
    let (content_type, body) = match answer.body {
        Body::Empty => (None, HttpBody::empty()),
        Body::Json(text) => (Some("application/json"), HttpBody::from(text)),
        Body::Html(text) => (Some("text/html; charset=utf-8"), HttpBody::from(text)),
        Body::Bytes(content_type, bytes) => (Some(content_type), HttpBody::from(bytes)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in answer.headers {
        add(headers, HeaderName::from_static(name), &value);
    }
    for cookie in &answer.cookies {
        add(headers, SET_COOKIE, &cookie_line(cookie, look.is_secure));
    }
    if !look.request_id.is_empty() {
        add(headers, HeaderName::from_static("x-request-id"), &look.request_id);
    }
    if look.is_shared {
        headers::share(headers);
    }
    response
}

/// A value that can't stand in a header is left out: no answer can be split by what somebody put into a name.
fn add(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) if name == RETRY_AFTER => {
            headers.insert(name, value);
        }
        Ok(value) => {
            headers.append(name, value);
        }
        Err(_) => tracing::error!(%name, "a header value was not valid"),
    }
}

fn cookie_line(cookie: &Cookie, is_secure: bool) -> String {
    let reach = match (cookie.reach, is_secure) {
        (Reach::Server, _) => "HttpOnly; SameSite=Lax",
        (Reach::Frames, true) => "SameSite=None",
        // Browsers take `None` only over TLS. Without it, pages of the same site see the cookie in a frame.
        (Reach::Frames, false) => "SameSite=Lax",
    };
    let mut line = format!("{}={}; Path={}; {reach}", cookie.name, cookie.value.expose(), cookie.path);
    if is_secure {
        line.push_str("; Secure");
    }
    match cookie.max_age {
        _ if cookie.value.expose().is_empty() => line.push_str("; Max-Age=0"),
        Some(age) => drop(write!(line, "; Max-Age={}", age.as_secs())),
        None => {}
    }
    line
}

/// The table of meanings and how each surface shows them, for `docs/generated/errors.md`.
pub fn errors_markdown() -> String {
    const KINDS: [FaultKind; 14] = [
        FaultKind::Invalid,
        FaultKind::Unauthenticated,
        FaultKind::Forbidden,
        FaultKind::NotFound,
        FaultKind::MethodNotAllowed,
        FaultKind::Conflict,
        FaultKind::Gone,
        FaultKind::TooLarge,
        FaultKind::UnsupportedMediaType,
        FaultKind::Misdirected,
        FaultKind::Unprocessable,
        FaultKind::TooMany,
        FaultKind::Internal,
        FaultKind::Unavailable,
    ];
    let mut text = String::from(
        "# Errors\n\nHow each kind of fault looks on each surface.\n\n| kind | status | API | OAuth | page |\n|---|---|---|---|---|\n",
    );
    for kind in KINDS {
        let fault = Fault::new(kind, "code", "hint");
        let look = Look::plain("");
        let shown = |answer: Answer| match answer.body {
            Body::Json(json) => format!("`{}` `{json}`", answer.status),
            Body::Html(_) => format!("`{}` page", answer.status),
            _ => format!("`{}`", answer.status),
        };
        let _ = writeln!(
            text,
            "| {kind:?} | {} | {} | {} | {} |",
            status(kind),
            shown(api::fault(&look, &fault)),
            shown(oauth::fault(&look, &fault)),
            shown(page::fault(&look, &fault))
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Secret;

    #[test]
    fn scripts_read_no_cookie_but_those_meant_for_frames() {
        let line = |reach, is_secure| {
            let cookie = Cookie { name: "n", value: Secret::new("v"), path: "/orgs/a".to_owned(), max_age: None, reach };
            cookie_line(&cookie, is_secure)
        };
        assert_eq!(line(Reach::Server, true), "n=v; Path=/orgs/a; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(line(Reach::Server, false), "n=v; Path=/orgs/a; HttpOnly; SameSite=Lax");
        assert_eq!(line(Reach::Frames, true), "n=v; Path=/orgs/a; SameSite=None; Secure");
        assert_eq!(line(Reach::Frames, false), "n=v; Path=/orgs/a; SameSite=Lax");
    }
}
