//! The person decides: signed in, about what is theirs, with time to do it.

use super::{ask, plain, poll};
use kernel::Timestamp;
use oauth::client::DeliveryMode;
use std::sync::Arc;
use std::time::Duration;
use store::{OneOrg, args, org_sql};
use suite_journeys::admin::call;
use suite_journeys::ciba::{auth_req_id, decide, first_request, open_as};
use suite_journeys::device::{Device, question, television};
use suite_journeys::organizations::own;
use suite_journeys::pages::{at, has_id, press};
use suite_journeys::record::latest;
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims};
use suite_journeys::{at_once, mail};
use testkit::{TestApp, databases};

#[tokio::test]
async fn whoever_approves_has_signed_in_as_strongly_as_the_client_wants() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    let id = auth_req_id(ask(&app, &client, &[("acr_values", "phrh phr")]).await);
    let mut browser = app.browser();
    let page = first_request(&app, &mut browser, &app.notes.user).await;
    assert!(has_id(&page, "problem") && !has_id(&page, "allow") && has_id(&page, "deny"));
    let forged = press(&mut browser, &page, "approval-form", &[("decision", "allow")]).await.expect(403);
    assert!(has_id(&forged, "problem"));
    latest(&app, "backchannel_requests.sign_in_too_weak").await;
    expect_error(poll(&app, &client, &id).await, 400, "authorization_pending");
    press(&mut browser, &page, "approval-form", &[("decision", "deny")]).await.expect(303);
    expect_error(poll(&app, &client, &id).await, 400, "access_denied");
    let id = auth_req_id(ask(&app, &client, &[("acr_values", "phr urn:lumoauth:acr:1fa")]).await);
    decide(&app, &mut browser, &app.notes.user, "allow").await;
    let tokens = Tokens::of(poll(&app, &client, &id).await);
    assert_eq!(id_token_claims(&app, tokens.id()).await["acr"], "urn:lumoauth:acr:1fa");
}

#[tokio::test]
async fn an_approval_and_the_end_of_its_session_never_miss_each_other() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
        ask(&app, &client, &[]).await.expect(200);
        let mut browser = app.browser();
        let page = first_request(&app, &mut browser, &app.notes.user).await;
        app.clock.advance(Duration::from_secs(10));
        press(&mut browser, &page, "approval-form", &[("decision", "allow")]).await.expect(303);
        assert_eq!(seen_at(&app).await, app.services.clock.now(), "whoever ends the session writes the row that this wrote");
        let tv = television(&app, "client_tv", |_| ()).await;
        let device = Device::asking(&app, &tv, &[("scope", "openid")]).await;
        let page = question(&app, &mut browser, &app.notes.user, device.user_code()).await;
        app.clock.advance(Duration::from_secs(10));
        press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await.expect(303);
        assert_eq!(seen_at(&app).await, app.services.clock.now());
    }
}

/// When the latest session was used.
async fn seen_at(app: &TestApp) -> Timestamp {
    let read = app.services.store.read(OneOrg::new(own(app).await), |mut tx| async move {
        let sql = org_sql!("SELECT MAX(seen_at) AS a FROM sessions WHERE org_id = :org");
        let found = tx.fetch_one::<(Timestamp,)>(sql, args! {}).await;
        (tx, found)
    });
    read.await.unwrap().unwrap().0
}

#[tokio::test]
async fn attack_18_a_hundred_polls_at_once_get_exactly_one_set_of_tokens() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
        let id = auth_req_id(ask(&app, &client, &[]).await);
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        let polls = at_once((0..100).map(|_| {
            let (app, client, id) = (app.clone(), client.clone(), id.clone());
            async move { poll(&app, &client, &id).await }
        }));
        let good = polls.await.into_iter().filter(|answered| answered.status == 200).count();
        assert_eq!(good, 1, "{database:?}");
    }
}

#[tokio::test]
async fn nobody_sees_or_decides_what_waits_for_somebody_else() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    let id = auth_req_id(ask(&app, &client, &[]).await);
    let path = at(&app, &format!("account/requests/{}", id.split('.').next().unwrap()));
    let mut stranger = app.browser();
    let list = open_as(&app, &mut stranger, &app.notes.admin, &at(&app, "account/requests")).await.expect(200);
    assert!(!has_id(&list, "look-1"));
    let shown = open_as(&app, &mut stranger, &app.notes.admin, &path).await.expect(200);
    assert!(!has_id(&shown, "approval-form") && has_id(&shown, "outcome"));
    let account = stranger.open(&at(&app, "account")).await.expect(200);
    let csrf = suite_journeys::pages::field(&account, "csrf");
    let forged = [("csrf".to_owned(), csrf), ("decision".to_owned(), "allow".to_owned())];
    stranger.post(&path, &forged).await.expect(404);
    let own = first_request(&app, &mut app.browser(), &app.notes.user).await;
    let mut other_browser = app.browser();
    open_as(&app, &mut other_browser, &app.notes.user, &at(&app, "account")).await;
    press(&mut other_browser, &own, "approval-form", &[("decision", "allow")]).await.expect(403);
    expect_error(poll(&app, &client, &id).await, 400, "authorization_pending");
}

#[tokio::test]
async fn a_mail_tells_who_asks_and_its_link_opens_nothing_without_signing_in() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    let id = auth_req_id(ask(&app, &client, &[("binding_message", "W4SCT-47")]).await);
    let mails = mail::to(&app, &app.notes.user.email).await;
    let letter = mails.last().unwrap();
    assert!(letter.text_body.contains("The client_poll application") && letter.text_body.contains("W4SCT-47"));
    assert!(!letter.text_body.contains(&id), "the handle is the client's");
    let link = letter.links().into_iter().find(|link| link.contains("/account/requests/")).unwrap();
    let mut browser = app.browser();
    let opened = browser.open(&link).await;
    assert!(opened.location().contains("/signin?continue="));
    let page = open_as(&app, &mut browser, &app.notes.user, &link).await;
    assert!(has_id(&page, "approval-form") && page.text().contains("W4SCT-47"));
    let sent = press(&mut browser, &page, "approval-form", &[("decision", "allow")]).await;
    assert!(has_id(&browser.follow(sent).await, "outcome"));
    let again = press(&mut browser, &page, "approval-form", &[("decision", "deny")]).await;
    assert_eq!(again.status, 404, "a decision stands");
    Tokens::of(poll(&app, &client, &id).await);
    latest(&app, "backchannel_requests.approved").await;
}

#[tokio::test]
async fn who_may_not_sign_in_is_not_asked_and_what_they_approved_is_void() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    let id = auth_req_id(ask(&app, &client, &[]).await);
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    call(&app, "POST", &format!("/admin/users/{}/block", app.notes.user.email), None).await.expect(200);
    expect_error(poll(&app, &client, &id).await, 400, "invalid_grant");
    expect_error(ask(&app, &client, &[]).await, 400, "unknown_user_id");
}
