//! Backchannel authentication beyond the conformance plan: plain clients, push, hints, mails, and whose requests are whose.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod asking;
mod codes;
mod deciding;
mod floods;
mod pushing;

use lumoauth::notes::Login;
use oauth::ClientMetadata;
use oauth::client::DeliveryMode;
use oauth::grant::CIBA;
use suite_journeys::ciba::{NOTIFICATION_TOKEN, open_as};
use suite_journeys::pages::{at, expect_id, press};
use suite_journeys::rp::Rp;
use suite_journeys::tokens::Client;
use testkit::{Answered, Browser, TestApp};

/// A client with a secret that sends plain requests.
async fn plain(app: &TestApp, id: &str, mode: DeliveryMode) -> Rp {
    changed(app, id, mode, |_| ()).await
}

/// The same after `change`.
async fn changed(app: &TestApp, id: &str, mode: DeliveryMode, change: impl FnOnce(&mut ClientMetadata)) -> Rp {
    Rp::start(app, id, |metadata, address| {
        metadata.grant_types.push(CIBA.to_owned());
        metadata.backchannel_token_delivery_mode = Some(mode);
        metadata.backchannel_client_notification_endpoint = Some(format!("{address}/notify"));
        change(metadata);
    })
    .await
}

const CODE: &str = "47 rote Äpfel";

/// A client that must send the person's code.
async fn coded(app: &TestApp) -> Client {
    changed(app, "client_coded", DeliveryMode::Poll, |metadata| metadata.backchannel_user_code_parameter = true).await.client
}

/// Set a code on the page for it.
async fn set_code(app: &TestApp, browser: &mut Browser<'_>, login: &Login, current: &str, code: &str) -> Answered {
    let page = expect_id(open_as(app, browser, login, &at(app, "account/approval-code")).await.expect(200), "code-form");
    press(browser, &page, "code-form", &[("current_password", current), ("approval_code", code)]).await
}

async fn ask(app: &TestApp, client: &Client, more: &[(&str, &str)]) -> Answered {
    let usual = [
        ("scope", "openid email"),
        ("login_hint", app.notes.user.email.as_str()),
        ("client_notification_token", NOTIFICATION_TOKEN),
    ];
    let kept: Vec<(&str, &str)> = usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).collect();
    let form = [&kept[..], more].concat();
    let form: Vec<(&str, &str)> = form.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    client.post(app, "/oauth/bc-authorize", &form).await
}

async fn poll(app: &TestApp, client: &Client, id: &str) -> Answered {
    client.post(app, "/oauth/token", &[("grant_type", CIBA), ("auth_req_id", id)]).await
}
