//! What people do on the pages around sign-in.

use crate::admin::{call, user_id};
use crate::mail;
use crate::pages::{at, expect_id, press};
use lumoauth::notes::Login;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;
use testkit::{Answered, Browser, TestApp};

/// Register at the page; ends at "check your inbox".
pub async fn register(app: &TestApp, browser: &mut Browser<'_>, login: &Login) -> Answered {
    app.clock.advance(Duration::from_secs(1));
    let page = browser.open(&at(app, "register")).await.expect(200);
    let filled = [
        ("email", login.email.as_str()),
        ("password", login.password.as_str()),
        ("given_name", "Rosa"),
        ("family_name", "Registered"),
    ];
    let sent = press(browser, &page, "register-form", &filled).await;
    expect_id(browser.follow(sent).await, "check-mail")
}

/// Open a mailed link and press the button that confirms the address.
pub async fn confirm(browser: &mut Browser<'_>, link: &str) -> Answered {
    let page = expect_id(browser.open(link).await.expect(200), "confirm-form");
    let sent = press(browser, &page, "confirm-form", &[]).await;
    browser.follow(sent).await
}

/// Ask for a new password by mail; ends at "check your inbox".
pub async fn forget(app: &TestApp, browser: &mut Browser<'_>, email: &str) -> Answered {
    app.clock.advance(Duration::from_secs(1));
    let page = browser.open(&at(app, "forgot-password")).await.expect(200);
    let sent = press(browser, &page, "forgot-form", &[("email", email)]).await;
    expect_id(browser.follow(sent).await, "check-mail")
}

/// The link of the latest mail to somebody.
pub async fn latest_link(app: &TestApp, email: &str) -> String {
    let mails = mail::to(app, email).await;
    let latest = mails.iter().rev().find(|mail| mail.text_body.contains("token="));
    latest.unwrap_or_else(|| panic!("no link for {email} in {mails:#?}")).link()
}

/// Choose a new password at the page a link leads to.
pub async fn choose_password(browser: &mut Browser<'_>, link: &str, password: &str) -> Answered {
    let page = expect_id(browser.open(link).await.expect(200), "reset-form");
    press(browser, &page, "reset-form", &[("password", password)]).await
}

/// Change the password on the account page.
pub async fn change_password(app: &TestApp, browser: &mut Browser<'_>, current: &str, new: &str) -> Answered {
    let page = expect_id(browser.open(&at(app, "account/password")).await.expect(200), "change-form");
    press(browser, &page, "change-form", &[("current_password", current), ("password", new)]).await
}

/// Everything about the demo user that people can have, as an administrator writes it.
pub static ABOUT_DEMO_USER: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "name": "Demo User", "givenName": "Demo", "familyName": "User", "middleName": "Middle", "nickname": "Demi",
        "username": "demo.user", "profile": "https://example.com/demo", "picture": "https://example.com/p.png",
        "website": "https://demo.example/", "gender": "non-binary", "birthdate": "0000-12-10", "zoneinfo": "Europe/Zurich",
        "locale": "de-CH", "phoneNumber": "+41445551234", "phoneNumberVerified": true,
        "address": { "street_address": "Bahnhofstrasse 1", "locality": "Zürich", "country": "CH" }
    })
});

/// Fill all that in; returns the demo user's id.
pub async fn complete_profile(app: &TestApp) -> String {
    let user = user_id(app, &app.notes.user.email).await;
    call(app, "PATCH", &format!("/admin/users/{user}"), Some(&ABOUT_DEMO_USER)).await.expect(200);
    user
}
