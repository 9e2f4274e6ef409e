//! One request: from HTTP to a value, through the runner, and back.

use crate::body::BodyBudget;
use crate::listen::ConnectionPeer;
use crate::render::{Look, Pages, render_answer, render_fault};
use crate::{EdgeSettings, Metrics, headers, proxy};
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use flow::{Entry, Incoming, Services, Surface};
use http::request::Parts;
use kernel::{Fault, FaultKind, JobId};
use std::sync::Arc;

/// What every request handler can see.
pub struct App {
    /// What the server is made of.
    pub services: Arc<Services>,
    /// How requests are treated.
    pub settings: EdgeSettings,
    /// What is counted.
    pub metrics: Metrics,
    /// The OpenAPI document.
    pub openapi: Bytes,
    /// The API reference, and the policy it is served with.
    pub reference: (Bytes, &'static str),
    pub(crate) pages: Pages,
    pub(crate) bodies: BodyBudget,
}

/// Before any route: the host must be ours. After: the headers every answer has.
pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let secure = proxy::peer_of(&app.settings.proxies, &request).is_secure;
    let mut response = if app.settings.hosts.answers_for(&request) {
        next.run(request).await
    } else {
        let hint = "This server does not answer for that host name.";
        render_fault(&Look::plain(""), &Fault::new(FaultKind::Misdirected, "misdirected_request", hint))
    };
    headers::secure(response.headers_mut(), secure);
    response
}

/// Serve one endpoint.
pub(crate) async fn dispatch(app: &App, entry: &Entry, params: &RawPathParams, request: Request) -> Response {
    let started = app.services.clock.now();
    let (parts, body) = request.into_parts();
    let mut incoming = describe(app, &parts, params);
    let look = Look::of(entry, &incoming, &app.pages, &app.services.base_url);
    let admission = entry.admit(&app.services, &incoming).await;
    let budget = admission.as_ref().map_or_else(|_| app.services.limiter.spent(entry.limit), |left| *left);
    let outcome = match admission {
        Ok(_) => match app.bodies.read(&app.settings, &parts, body).await {
            Ok(taken) => {
                incoming.body = taken.bytes;
                let served = entry.serve(&app.services, Arc::new(incoming)).await;
                drop(taken.place);
                served
            }
            Err(fault) => {
                entry.refuse(&app.services, Arc::new(incoming), &fault).await;
                Err(fault)
            }
        },
        Err(fault) => Err(fault),
    };
    let mut response = match outcome {
        Ok(answer) => render_answer(&look, answer),
        Err(fault) => render_fault(&look, &fault),
    };
    if let Some(budget) = budget.filter(|_| entry.surface != Surface::Page) {
        headers::budget(response.headers_mut(), budget, started);
    }
    app.metrics.count(entry.id, response.status().as_u16(), app.services.clock.now().since(started));
    response
}

/// A request without its body.
pub(crate) fn describe(app: &App, parts: &Parts, params: &RawPathParams) -> Incoming {
    let peer = parts.extensions.get::<ConnectionPeer>();
    Incoming {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        path_params: params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts
            .headers
            .iter()
            .filter_map(|(name, value)| value.to_str().ok().map(|value| (name.as_str().to_owned(), value.to_owned())))
            .collect(),
        body: Vec::new(),
        peer: proxy::peer(&app.settings.proxies, peer, &parts.headers),
        request_id: JobId::new(app.services.clock.now(), &*app.services.rng).to_string(),
    }
}
