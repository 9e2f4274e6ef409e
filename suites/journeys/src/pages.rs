//! Pages by their ids, and the person who fills them in.

use lumoauth::notes::Login;
use testkit::{Answered, Browser, TestApp};

/// Whether a page has an element of this id.
pub fn has_id(page: &Answered, id: &str) -> bool {
    page.text().contains(&format!(" id=\"{id}\""))
}

/// Insist on an element of this id.
pub fn expect_id(page: Answered, id: &str) -> Answered {
    assert!(has_id(&page, id), "no #{id} on a page of status {}:\n{}", page.status, page.text());
    page
}

/// Send the form of this id. `filled` holds what was typed, and the name and value of the button that was pressed.
pub async fn press(browser: &mut Browser<'_>, page: &Answered, form: &str, filled: &[(&str, &str)]) -> Answered {
    browser.submit(page, form_index(page, form), filled).await
}

/// Where the form of this id stands among the forms of its page.
fn form_index(page: &Answered, form: &str) -> usize {
    let text = page.text();
    let mut tags = text.split("<form").skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
    let id = format!(" id=\"{form}\"");
    tags.position(|tag| tag.contains(&id))
        .unwrap_or_else(|| panic!("no form #{form} on a page of status {}:\n{text}", page.status))
}

/// The value of a hidden or prefilled field on a page.
pub fn field(page: &Answered, name: &str) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(&format!(" name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name} in\n{text}"));
    let (_, rest) = rest.split_once(" value=\"").unwrap_or_else(|| panic!("{name} has no value in\n{text}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// A page of the organization: `/orgs/acme-corp/account`.
pub fn at(app: &TestApp, page: &str) -> String {
    format!("/orgs/{}/{page}", app.notes.org)
}

/// Try to sign in at the sign-in page, outside of any application.
pub async fn try_sign_in(app: &TestApp, browser: &mut Browser<'_>, email: &str, password: &str) -> Answered {
    let page = browser.open(&at(app, "signin")).await.expect(200);
    press(browser, &page, "sign-in-form", &[("identifier", email), ("password", password)]).await
}

/// Sign in and end up at the account.
pub async fn sign_in(app: &TestApp, browser: &mut Browser<'_>, login: &Login) -> Answered {
    let answered = try_sign_in(app, browser, &login.email, &login.password).await.expect(303);
    let page = browser.follow(answered).await.expect(200);
    expect_id(page, "sign-out-form")
}

/// Whether a browser is signed in: its account page opens without a detour.
pub async fn is_signed_in(app: &TestApp, browser: &mut Browser<'_>) -> bool {
    let answered = browser.open(&at(app, "account")).await;
    match answered.status {
        200 => true,
        303 => {
            assert!(answered.location().contains("/signin"), "{}", answered.location());
            false
        }
        other => panic!("the account page answers {other}:\n{}", answered.text()),
    }
}
