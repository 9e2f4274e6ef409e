//! What isn't an operation: health, metrics, the OpenAPI document, static files, and the two fallbacks. None of it touches
//! anyone's data.

use crate::App;
use crate::headers;
use crate::render::{Look, render_fault};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode, header};
use kernel::{Fault, FaultKind};
use std::sync::Arc;

/// The process runs.
pub(crate) async fn live() -> Response {
    text(StatusCode::OK, "text/plain; charset=utf-8", "ok\n")
}

/// The database answers.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.services.store.ping().await {
        Ok(()) => text(StatusCode::OK, "text/plain; charset=utf-8", "ready\n"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            text(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", "the database does not answer\n")
        }
    }
}

/// For Prometheus.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    text(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", app.metrics.text())
}

/// The OpenAPI document.
pub(crate) async fn openapi(State(app): State<Arc<App>>) -> Response {
    let mut response = text(StatusCode::OK, "application/json", app.openapi.clone());
    headers::share(response.headers_mut());
    response
}

/// The OpenAPI document as a page.
pub(crate) async fn reference(State(app): State<Arc<App>>) -> Response {
    let (html, policy) = &app.reference;
    let mut response = text(StatusCode::OK, "text/html; charset=utf-8", html.clone());
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(policy));
    response
}

/// Files the pages refer to; their names change with their content.
pub(crate) async fn asset(State(app): State<Arc<App>>, request: Request) -> Response {
    match pages::asset(request.uri().path()) {
        Some(asset) => {
            let mut response = text(StatusCode::OK, asset.content_type, asset.bytes.into_owned());
            let for_a_year = header::HeaderValue::from_static("public, max-age=31536000, immutable");
            response.headers_mut().insert(header::CACHE_CONTROL, for_a_year);
            response
        }
        None => not_found(State(app), request).await,
    }
}

/// Browsers ask for it whatever the page says.
pub(crate) async fn favicon() -> Response {
    let mark = pages::assets().iter().find(|asset| asset.content_type == "image/svg+xml");
    mark.map_or_else(
        || text(StatusCode::NOT_FOUND, "text/plain", ""),
        |mark| text(StatusCode::OK, mark.content_type, mark.bytes.to_vec()),
    )
}

/// No such path. Preflight requests for shared endpoints come here too when the path has no OPTIONS of its own.
pub(crate) async fn not_found(State(app): State<Arc<App>>, request: Request) -> Response {
    let fault = Fault::not_found("not_found", "There is nothing at this address.");
    render_fault(&Look::of_path(request.uri().path(), request.headers(), &app.services.base_url), &fault)
}

/// The path exists, the method doesn't; or it is a preflight request.
pub(crate) async fn method_not_allowed(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    if request.method() == Method::OPTIONS && (path.contains("/api/v1/") || path.contains("/.well-known/")) {
        let mut response = text(StatusCode::NO_CONTENT, "text/plain", "");
        headers::preflight(response.headers_mut());
        return response;
    }
    let fault = Fault::new(FaultKind::MethodNotAllowed, "invalid_request", "This address does not take that method.");
    render_fault(&Look::of_path(path, request.headers(), &app.services.base_url), &fault)
}

fn text(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}
