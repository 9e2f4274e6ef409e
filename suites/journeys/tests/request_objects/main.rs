//! Request objects: the signed variants of the FAPI 2.0 plans and the modules of the OpenID Connect plans, by their names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod encrypted;
mod plan;
mod signed;

use oauth::client::AssertionAudience;
use serde_json::Value;
use suite_journeys::fapi::register;
use suite_journeys::keys::Prover;
use suite_journeys::pages::has_id;
use testkit::{Answered, TestApp};

fn is_page(answered: &Answered, code: &str) -> bool {
    answered.status == 400
        && answered.header("location").is_empty()
        && has_id(answered, "error")
        && answered.text().contains(code)
}

/// A client that may send objects but need not, and is under no stricter rule.
async fn free(app: &TestApp) -> Prover {
    register(app, "client_free", |metadata| {
        metadata.assertion_audience = AssertionAudience::default();
        metadata.require_pushed_authorization_requests = false;
        metadata.requires_pkce = false;
    })
    .await
}

fn without(claims: &mut Value, name: &str) {
    claims.as_object_mut().unwrap().remove(name).unwrap();
}
