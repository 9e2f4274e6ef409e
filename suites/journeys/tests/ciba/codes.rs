//! The code of a person, which clients send before anybody is asked.

use super::{CODE, ask, changed, coded, set_code};
use oauth::ClientMetadata;
use oauth::client::DeliveryMode;
use suite_journeys::pages::{has_id, try_sign_in};
use suite_journeys::record::{entries, latest};
use suite_journeys::tokens::expect_error;
use testkit::{TestApp, databases};

#[tokio::test]
async fn attack_50_guesses_at_user_codes_lock_the_person_for_that_client_and_a_right_one_forgives_none() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = coded(&app).await;
        let login = &app.notes.user;
        set_code(&app, &mut app.browser(), login, &login.password, CODE).await.expect(303);
        let send = async |login: &str, code: &str| ask(&app, &client, &[("login_hint", login), ("user_code", code)]).await;
        for _ in 0..4 {
            expect_error(send(&login.email, "123456").await, 400, "invalid_user_code");
        }
        send(&login.email, CODE).await.expect(200);
        expect_error(send(&login.email, "123456").await, 400, "invalid_user_code");
        let locked = send(&login.email, CODE).await.expect(429);
        assert!(!locked.header("retry-after").is_empty());
        for _ in 0..5 {
            expect_error(send("nobody@acme.example", CODE).await, 400, "invalid_user_code");
        }
        assert_eq!(send("nobody@acme.example", CODE).await.expect(429).json()["error"], locked.json()["error"]);
        let refusals = entries(&app, "backchannel_requests.code_refused").await;
        assert!(refusals.iter().any(|entry| entry.to_string().contains("locked")));
    }
}

#[tokio::test]
async fn wrong_user_codes_at_one_client_shut_no_other_door() {
    let app = TestApp::start().await;
    let needs_code = |metadata: &mut ClientMetadata| metadata.backchannel_user_code_parameter = true;
    let (client, other) = (coded(&app).await, changed(&app, "client_other", DeliveryMode::Poll, needs_code).await.client);
    let login = &app.notes.user;
    set_code(&app, &mut app.browser(), login, &login.password, CODE).await.expect(303);
    for guess in 0..25 {
        let stranger = format!("guess-{guess}@acme.example");
        expect_error(ask(&app, &client, &[("login_hint", &stranger), ("user_code", "123456")]).await, 400, "invalid_user_code");
    }
    ask(&app, &client, &[("user_code", CODE)]).await.expect(200);
    for _ in 0..5 {
        expect_error(ask(&app, &client, &[("user_code", "123456")]).await, 400, "invalid_user_code");
    }
    ask(&app, &client, &[("user_code", CODE)]).await.expect(429);
    ask(&app, &other, &[("user_code", CODE)]).await.expect(200);
    assert_eq!(try_sign_in(&app, &mut app.browser(), &login.email, &login.password).await.status, 303);
}

#[tokio::test]
async fn wrong_passwords_keep_nobody_from_being_asked_by_whom_they_gave_their_code() {
    let app = TestApp::start().await;
    let (client, login) = (coded(&app).await, &app.notes.user);
    set_code(&app, &mut app.browser(), login, &login.password, CODE).await.expect(303);
    for _ in 0..5 {
        try_sign_in(&app, &mut app.browser(), &login.email, "not the password").await;
    }
    assert_eq!(try_sign_in(&app, &mut app.browser(), &login.email, &login.password).await.status, 429);
    ask(&app, &client, &[("user_code", CODE)]).await.expect(200);
}

#[tokio::test]
async fn a_code_is_set_with_the_password_and_is_not_the_password() {
    let app = TestApp::start().await;
    let login = &app.notes.user;
    let mut browser = app.browser();
    for (current, code, status) in [
        ("wrong", CODE, 401),
        ("", CODE, 400),
        (login.password.as_str(), "", 400),
        (&login.password, "12345", 400),
        (&login.password, &login.password, 400),
        (&login.password, "seven\u{7}bells", 400),
        (&login.password, &"x".repeat(65), 400),
    ] {
        let page = set_code(&app, &mut browser, login, current, code).await.expect(status);
        assert!(has_id(&page, "problem") && !has_id(&page, "remove-form"), "{code}");
        latest(&app, "users.approval_code_refused").await;
    }
    let client = coded(&app).await;
    expect_error(ask(&app, &client, &[("user_code", &login.password)]).await, 400, "invalid_user_code");
    set_code(&app, &mut browser, login, &login.password, "123456").await.expect(303);
    set_code(&app, &mut browser, login, &login.password, "654321").await.expect(303);
    expect_error(ask(&app, &client, &[("user_code", "123456")]).await, 400, "invalid_user_code");
    ask(&app, &client, &[("user_code", "654321")]).await.expect(200);
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert_eq!(document["backchannel_user_code_parameter_supported"], true);
}
