//! What people do on the pages around sign-in.

use crate::mail;
use crate::pages::{at, expect_id, press};
use lumoauth::notes::Login;
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
