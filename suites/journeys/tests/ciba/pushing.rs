//! Tokens and refusals that are pushed to the client.

use super::{ask, plain, poll};
use jose::alg::Algorithm;
use oauth::client::DeliveryMode;
use oauth::grant::CIBA;
use serde_json::{Value, json};
use std::time::Duration;
use suite_journeys::admin::call;
use suite_journeys::ciba::{NOTIFICATION_TOKEN, auth_req_id, decide, first_request};
use suite_journeys::holder::Holder;
use suite_journeys::organizations::{own, set_settings};
use suite_journeys::pages::press;
use suite_journeys::record::entries;
use suite_journeys::rp::Rp;
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims, is_alive, part, userinfo};
use testkit::{TestApp, databases};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn pushed_tokens_are_tied_to_each_other_and_to_the_request() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = plain(&app, "client_push", DeliveryMode::Push).await;
        let answered = ask(&app, &rp.client, &[("scope", "openid email offline_access")]).await.expect(200);
        assert!(answered.json().get("interval").is_none());
        let id = auth_req_id(answered);
        expect_error(poll(&app, &rp.client, &id).await, 400, "unauthorized_client");
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        let told = rp.requests();
        let [(head, body)] = &told[..] else { panic!("{told:?}") };
        assert!(head.to_lowercase().contains(&format!("authorization: bearer {NOTIFICATION_TOKEN}")));
        assert!(head.to_lowercase().contains("content-type: application/json"));
        let tokens = Tokens(serde_json::from_str(body).unwrap());
        assert_eq!((&tokens.0["auth_req_id"], &tokens.0["token_type"]), (&json!(id), &json!("Bearer")));
        let claims = id_token_claims(&app, tokens.id()).await;
        assert_eq!(claims["urn:openid:params:jwt:claim:auth_req_id"], json!(id));
        assert_eq!(claims["at_hash"], Algorithm::RS256.half_hash(tokens.access()));
        assert_eq!(claims["urn:openid:params:jwt:claim:rt_hash"], Algorithm::RS256.half_hash(tokens.refresh()));
        assert!(is_alive(&app, tokens.access()).await);
        Tokens::of(rp.client.refresh(&app, tokens.refresh()).await);
        assert_eq!(entries(&app, "backchannel_tokens.made").await.len(), 1);
    }
}

#[tokio::test]
async fn a_push_that_does_not_arrive_is_made_anew_and_what_was_lost_is_worthless() {
    let app = TestApp::start().await;
    let rp = plain(&app, "client_push", DeliveryMode::Push).await;
    rp.answer(503);
    ask(&app, &rp.client, &[]).await.expect(200);
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    let lost = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
    assert_eq!(userinfo(&app, lost.access()).await.status, 401);
    expect_error(rp.client.refresh(&app, lost.refresh()).await, 400, "invalid_grant");
    rp.answer(204);
    app.clock.advance(Duration::from_secs(30));
    app.work().await;
    let arrived = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
    assert!(is_alive(&app, arrived.access()).await);
    // Whoever refuses is not asked again, and has no tokens either.
    rp.answer(403);
    ask(&app, &rp.client, &[]).await.expect(200);
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    let refused = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
    assert_eq!(userinfo(&app, refused.access()).await.status, 401);
    app.clock.advance(Duration::from_mins(1));
    app.work().await;
    assert!(rp.requests().is_empty());
}

#[tokio::test]
async fn a_push_of_which_nobody_knows_whether_it_arrived_is_made_anew() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = plain(&app, "client_push", DeliveryMode::Push).await;
        let id = auth_req_id(ask(&app, &rp.client, &[]).await);
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        let first = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
        assert!(is_alive(&app, first.access()).await);
        // The job is done once more, as after a crash between sending and noting it down.
        let request = id.split('.').next().unwrap();
        let job: op::backchannel::Notify =
            serde_json::from_value(json!({ "request": request, "client": "client_push" })).unwrap();
        flow::Job::perform(job, &app.services, &own(&app).await).await.unwrap();
        let second = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
        assert!(is_alive(&app, second.access()).await && !is_alive(&app, first.access()).await, "{database:?}");
        assert_eq!(entries(&app, "backchannel_tokens.voided").await.len(), 1);
    }
}

#[tokio::test]
async fn a_client_that_never_asks_is_told_that_nobody_decided_in_time() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = plain(&app, "client_push", DeliveryMode::Push).await;
        let decided = auth_req_id(ask(&app, &rp.client, &[]).await);
        decide(&app, &mut app.browser(), &app.notes.user, "deny").await;
        assert!(rp.heard()[0].contains(&decided));
        let late = auth_req_id(ask(&app, &rp.client, &[("requested_expiry", "200")]).await);
        app.clock.advance(Duration::from_secs(199));
        app.work().await;
        assert!(rp.heard().is_empty(), "{database:?}: what was decided is told once, and the other still waits");
        app.clock.advance(Duration::from_secs(1));
        app.work().await;
        let heard = rp.heard();
        let [body] = &heard[..] else { panic!("{heard:?}") };
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["error"], &body["auth_req_id"]), (&json!("expired_token"), &json!(late)), "CIBA Core §12");
    }
}

/// Approve the first request that waits, and leave undone what follows.
async fn approve(app: &TestApp) {
    decide_only(app, "allow").await;
}

async fn decide_only(app: &TestApp, decision: &str) {
    let mut browser = app.browser();
    let page = first_request(app, &mut browser, &app.notes.user).await;
    press(&mut browser, &page, "approval-form", &[("decision", decision)]).await.expect(303);
}

/// Ask with a key the tokens are to be bound to.
async fn ask_bound(app: &TestApp, rp: &Rp, holder: &Holder) {
    let proof = holder.proof(app, "POST", &app.api("/oauth/bc-authorize"), None);
    let form =
        [("scope", "openid"), ("login_hint", app.notes.user.email.as_str()), ("client_notification_token", NOTIFICATION_TOKEN)];
    let secret = rp.client.secret.clone().unwrap();
    let sending = app.post(&app.api("/oauth/bc-authorize")).basic(&rp.client.id, &secret).header("dpop", &proof).form(&form);
    sending.send().await.expect(200);
}

#[tokio::test]
async fn attack_27_nothing_is_pushed_once_the_rules_forbid_pushing() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = plain(&app, "client_push", DeliveryMode::Push).await;
        ask_bound(&app, &rp, &Holder::default()).await;
        approve(&app).await;
        // Plain requests may still be made under this profile, and the tokens are bound; only pushed they must not be.
        let stricter = json!({ "fapi_profile": "fapi2_security" });
        call(&app, "PATCH", "/admin/settings/oauth", Some(&stricter)).await.expect(200);
        app.work().await;
        assert!(rp.requests().is_empty(), "{database:?}");
        assert!(entries(&app, "backchannel_tokens.made").await.is_empty(), "{database:?}");
    }
}

#[tokio::test]
async fn the_end_of_a_request_is_told_when_it_came_and_nothing_else_after_it() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = plain(&app, "client_push", DeliveryMode::Push).await;
        let id = auth_req_id(ask(&app, &rp.client, &[("requested_expiry", "200")]).await);
        let told = json!({ "request": id.split('.').next().unwrap(), "client": "client_push", "is_end": true });
        let early: op::backchannel::Notify = serde_json::from_value(told).unwrap();
        flow::Job::perform(early, &app.services, &own(&app).await).await.unwrap();
        assert!(rp.requests().is_empty(), "{database:?}: it still waits for its person");
        decide_only(&app, "deny").await;
        app.clock.advance(Duration::from_secs(200));
        app.work().await;
        assert!(rp.requests().is_empty(), "{database:?}: what was decided was not told in time");
    }
}

#[tokio::test]
async fn attack_27_nothing_is_pushed_of_what_was_ended_after_it_was_approved() {
    for database in databases() {
        for what in ["blocked", "void", "disabled", "unregistered", "judged", "late", "off"] {
            let app = TestApp::start_on(database).await;
            let rp = plain(&app, "client_push", DeliveryMode::Push).await;
            ask(&app, &rp.client, &[]).await.expect(200);
            approve(&app).await;
            app.clock.advance(Duration::from_secs(1));
            let user = format!("/admin/users/{}", app.notes.user.email);
            match what {
                "blocked" => drop(call(&app, "POST", &format!("{user}/block"), None).await.expect(200)),
                "void" => {
                    let body = json!({ "password": "a whole new password 9" });
                    call(&app, "PUT", &format!("{user}/password"), Some(&body)).await.expect(200);
                }
                "disabled" => drop(call(&app, "POST", "/admin/clients/client_push/disable", None).await.expect(200)),
                "judged" => {
                    let stricter = json!({ "fapi_profile": "fapi2_message_signing" });
                    call(&app, "PATCH", "/admin/settings/oauth", Some(&stricter)).await.expect(200);
                }
                "late" => app.clock.advance(Duration::from_mins(3)),
                "unregistered" => {
                    let body = json!({ "grantTypes": ["authorization_code"] });
                    call(&app, "PATCH", "/admin/clients/client_push", Some(&body)).await.expect(200);
                }
                _ => set_settings(&app, &json!({ "oauth": { "backchannel_authentication_enabled": false } })).await,
            }
            app.work().await;
            assert!(rp.requests().is_empty(), "{database:?} {what}");
            assert!(entries(&app, "backchannel_tokens.made").await.is_empty(), "{database:?} {what}");
        }
    }
}

#[tokio::test]
async fn tokens_that_were_revoked_on_their_way_are_not_made_anew() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/notify", listener.local_addr().unwrap());
        let rp = Rp::start(&app, "client_push", |metadata, _| {
            metadata.grant_types.push(CIBA.to_owned());
            metadata.backchannel_token_delivery_mode = Some(DeliveryMode::Push);
            metadata.backchannel_client_notification_endpoint = Some(address);
        })
        .await;
        ask(&app, &rp.client, &[("scope", "openid offline_access")]).await.expect(200);
        approve(&app).await;
        let meanwhile = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let body = body_of(&mut stream).await;
            rp.client.revoke(&app, body["refresh_token"].as_str().unwrap()).await.expect(200);
            stream.write_all(b"HTTP/1.1 503 Said\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        };
        tokio::join!(meanwhile, app.work());
        drop(listener);
        app.clock.advance(Duration::from_secs(30));
        app.work().await;
        assert_eq!(entries(&app, "backchannel_tokens.made").await.len(), 1, "{database:?}");
    }
}

async fn body_of(stream: &mut TcpStream) -> Value {
    let mut request = Vec::new();
    loop {
        stream.read_buf(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some(read) = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()) {
            return read;
        }
    }
}

#[tokio::test]
async fn a_refusal_is_pushed_by_its_name() {
    let app = TestApp::start().await;
    let rp = plain(&app, "client_push", DeliveryMode::Push).await;
    let id = auth_req_id(ask(&app, &rp.client, &[]).await);
    decide(&app, &mut app.browser(), &app.notes.user, "deny").await;
    let body: Value = serde_json::from_str(&rp.requests()[0].1).unwrap();
    assert_eq!((&body["error"], &body["auth_req_id"]), (&json!("access_denied"), &json!(id)));
}

#[tokio::test]
async fn pushed_tokens_are_bound_to_the_key_shown_with_the_request() {
    let app = TestApp::start().await;
    let rp = plain(&app, "client_push", DeliveryMode::Push).await;
    let holder = Holder::default();
    ask_bound(&app, &rp, &holder).await;
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    let tokens = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
    assert_eq!((&tokens.0["token_type"], &part(tokens.access(), 1)["cnf"]["jkt"]), (&json!("DPoP"), &json!(holder.jkt())));
}
