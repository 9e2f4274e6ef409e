//! From the catalogue to routes.

use crate::body::BodyBudget;
use crate::dispatch::{App, dispatch};
use crate::render::Pages;
use crate::{Hosts, Metrics, TrustedProxies, openapi, reference, system};
use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::routing::{MethodFilter, MethodRouter, get, on};
use flow::{Catalogue, Entry, Method, Services};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How the edge treats requests, whatever they ask.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// Which hosts this server answers for.
    pub hosts: Hosts,
    /// Whose forwarding headers count.
    pub proxies: TrustedProxies,
    /// Largest body taken, in bytes.
    pub max_body: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
}

/// What a server answers, and where.
pub struct Routers {
    /// For everybody.
    pub public: Router,
    /// For whoever watches over the server: counters and health. It asks nobody who they are, so it is for addresses that strangers don't
    /// reach.
    pub watching: Router,
}

/// All routes for everybody.
pub fn router(catalogue: Catalogue, services: Arc<Services>, settings: EdgeSettings) -> Router {
    routers(catalogue, services, settings).public
}

/// All routes of the server.
pub fn routers(catalogue: Catalogue, services: Arc<Services>, settings: EdgeSettings) -> Routers {
    let document = openapi::document(&catalogue, &services.base_url);
    let reference = reference::page(&document);
    let reference = (reference.html().into(), reference.policy());
    let openapi = document.to_string().into();
    let metrics = Metrics::new(&catalogue);
    let pages = Pages::of(&catalogue);
    let app = Arc::new(App { services, settings, metrics, openapi, reference, pages, bodies: BodyBudget::default() });
    let mut routes: BTreeMap<&'static str, MethodRouter<Arc<App>>> = BTreeMap::new();
    for entry in catalogue.into_entries() {
        let entry = Arc::new(entry);
        for route in entry.routes.clone() {
            let methods = routes.remove(route.path).unwrap_or_default();
            routes.insert(route.path, methods.merge(handler(entry.clone(), route.method)));
        }
    }
    let watching = Router::new()
        .route("/metrics", get(system::metrics))
        .route("/health/live", get(system::live))
        .route("/health/ready", get(system::ready))
        .with_state(app.clone());
    let public = routes
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods))
        .route("/health/live", get(system::live))
        .route("/health/ready", get(system::ready))
        .route("/openapi.json", get(system::openapi))
        .route("/docs", get(system::reference))
        .route("/assets/{file}", get(system::asset))
        .route("/favicon.ico", get(system::favicon))
        .method_not_allowed_fallback(system::method_not_allowed)
        .fallback(system::not_found)
        .layer(axum::middleware::from_fn_with_state(app.clone(), crate::dispatch::guard))
        .with_state(app);
    Routers { public, watching }
}

fn handler(entry: Arc<Entry>, method: Method) -> MethodRouter<Arc<App>> {
    let filter = match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    };
    on(filter, move |State(app): State<Arc<App>>, params: RawPathParams, request: Request| async move {
        dispatch(&app, &entry, &params, request).await
    })
}
