//! Attacks on tokens that must fail: forged headers, tokens of somebody else, broken and oversized requests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

mod assertions;
mod bound;
mod forged;
mod requests;

use testkit::TestApp;

async fn get_with(app: &TestApp, path: &str, token: &str) -> u16 {
    app.get(&app.api(path)).bearer(token).send().await.status
}
