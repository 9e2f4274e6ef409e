//! The modules of the OpenID Connect basic and config certification plans, each by its name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

mod answers;
mod claims;
mod discovery;
mod objects;
mod tokens;
mod wishes;

use serde_json::{Map, Value};
use suite_journeys::code::{Ask, authorize};
use suite_journeys::tokens::{Client, Tokens, id_token_claims};
use testkit::{Browser, TestApp};

/// The claims of the verified ID token that a whole flow of this browser leads to.
async fn sign_in_for_claims(app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> Map<String, Value> {
    let code = authorize(app, browser, &app.notes.user, ask).await.code();
    let tokens = Tokens::of(Client::web(app).redeem(app, &code).await);
    id_token_claims(app, tokens.id()).await
}
