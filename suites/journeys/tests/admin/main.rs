//! Administration over the API: published shapes, refusals that change nothing, calls that can be repeated.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

mod calls;
mod clients;
mod permissions;
mod users;

use serde_json::Value;
use suite_journeys::admin::call;
use testkit::{Answered, TestApp};

async fn send(app: &TestApp, method: &str, path: &str, body: &Value) -> Answered {
    call(app, method, path, Some(body)).await
}
