//! The device authorization grant, from the device's first request to its tokens (RFC 8628).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use oauth::grant::{AUTHORIZATION_CODE, DEVICE_CODE, REFRESH_TOKEN};
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::at_once;
use suite_journeys::certificates::Identity;
use suite_journeys::device::{Device, decide, question, television};
use suite_journeys::holder::{Holder, confidential};
use suite_journeys::organizations::{another, set_settings};
use suite_journeys::pages::{at, expect_id, field, has_id, press, sign_in, try_sign_in};
use suite_journeys::record::{entries, latest};
use suite_journeys::tokens::{Client, Tokens, expect_error, id_token_claims, is_alive, part, userinfo};
use testkit::{TestApp, databases};

const SCOPE: [(&str, &str); 1] = [("scope", "openid email offline_access")];

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_device_gets_tokens_once_its_person_has_granted_them_elsewhere() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let tv = television(&app, "client_tv", |_| ()).await;
        let answered = tv.post(&app, "/oauth/device_authorization", &SCOPE).await.expect(200);
        assert_eq!(answered.header("cache-control"), "no-store");
        let device = Device { client: tv.clone(), begun: answered.json() };
        assert_eq!((&device.begun["expires_in"], &device.begun["interval"]), (&json!(600), &json!(5)));
        let (page, code) = (device.text("verification_uri"), device.user_code());
        assert_eq!(page, format!("{}/api/v1/oauth/device", app.notes.issuer));
        assert_eq!(device.text("verification_uri_complete"), format!("{page}?user_code={code}"));
        assert!(code.len() == 9 && code.chars().all(|c| "BCDFGHJKLMNPQRSTVWXZ-".contains(c)), "{code}");
        expect_error(device.poll(&app).await, 400, "authorization_pending");

        let mut phone = app.browser();
        decide(&app, &mut phone, &app.notes.user, &code.to_lowercase().replace('-', " "), "allow").await;
        let tokens = Tokens::of(device.poll(&app).await);
        assert!(is_alive(&app, tokens.access()).await);
        let claims = id_token_claims(&app, tokens.id()).await;
        assert_eq!((&claims["aud"], &claims["acr"]), (&json!("client_tv"), &json!("urn:lumoauth:acr:1fa")));
        assert!(!claims.contains_key("sid"), "the device is in no session");
        Tokens::of(tv.refresh(&app, tokens.refresh()).await);
        expect_error(device.poll(&app).await, 400, "invalid_grant");
        assert!(is_alive(&app, tokens.access()).await, "asking once more takes nothing away");

        let approved = latest(&app, "device_authorizations.approved").await;
        assert!(approved.to_string().contains("127.0.0.1") || approved.to_string().contains("0.0.0.0"), "{approved}");
    }
}

#[tokio::test]
async fn a_device_that_asks_too_often_is_slowed_down_by_five_seconds_each_time() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let tv = television(&app, "client_tv", |_| ()).await;
        let device = Device::asking(&app, &tv, &SCOPE).await;
        for (pause, expected) in [
            (0, "authorization_pending"),
            (1, "slow_down"),
            (5, "slow_down"),
            (15, "authorization_pending"),
            (15, "authorization_pending"),
            (10, "slow_down"),
        ] {
            app.clock.advance(seconds(pause));
            expect_error(device.poll(&app).await, 400, expected);
        }
        let app = Arc::new(app);
        let hammering = at_once((0..40).map(|_| {
            let (app, device) = (app.clone(), device.clone());
            async move { device.poll(&app).await }
        }));
        for answered in hammering.await {
            expect_error(answered, 400, "slow_down");
        }
        // 0, 0, 1, 6, 21, 36, 46 seconds after the beginning: all within its first minute.
        assert_eq!(entries(&app, "tokens.pending").await.len(), 1, "{database:?}");
        app.clock.advance(seconds(61));
        expect_error(device.poll(&app).await, 400, "authorization_pending");
        assert_eq!(entries(&app, "tokens.pending").await.len(), 2, "and one of each further minute");
        assert!(entries(&app, "requests.refused").await.is_empty());
    }
}

#[tokio::test]
async fn attack_18_a_hundred_polls_at_once_get_exactly_one_set_of_tokens() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let tv = television(&app, "client_tv", |_| ()).await;
        let device = Device::asking(&app, &tv, &SCOPE).await;
        decide(&app, &mut app.browser(), &app.notes.user, device.user_code(), "allow").await;
        let polls = at_once((0..100).map(|_| {
            let (app, device) = (app.clone(), device.clone());
            async move { device.poll(&app).await }
        }));
        let (good, bad): (Vec<_>, Vec<_>) = polls.await.into_iter().partition(|answered| answered.status == 200);
        assert_eq!((good.len(), bad.len()), (1, 99), "{database:?}");
        for answered in bad {
            expect_error(answered, 400, "invalid_grant");
        }
        assert!(is_alive(&app, Tokens(good[0].json()).access()).await);
    }
}

#[tokio::test]
async fn a_device_is_told_that_its_person_refused_or_did_not_come() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let tv = television(&app, "client_tv", |_| ()).await;
        let (refused, late) = (Device::asking(&app, &tv, &SCOPE).await, Device::asking(&app, &tv, &SCOPE).await);
        let mut phone = app.browser();
        decide(&app, &mut phone, &app.notes.user, refused.user_code(), "deny").await;
        expect_error(refused.poll(&app).await, 400, "access_denied");
        let again = question(&app, &mut phone, &app.notes.user, refused.user_code()).await;
        assert!(again.status == 400 && has_id(&again, "problem"), "a decision stands");
        app.clock.advance(seconds(601));
        expect_error(late.poll(&app).await, 400, "expired_token");
        let page = question(&app, &mut phone, &app.notes.user, late.user_code()).await.expect(400);
        assert!(!has_id(&page, "allow"));
        assert_eq!(entries(&app, "device_authorizations.denied").await.len(), 1);
    }
}

#[tokio::test]
async fn a_code_is_nobody_elses_to_redeem() {
    let app = TestApp::start().await;
    let tv = television(&app, "client_tv", |_| ()).await;
    let device = Device::asking(&app, &tv, &SCOPE).await;
    let other = Device { client: television(&app, "client_radio", |_| ()).await, ..device.clone() };
    decide(&app, &mut app.browser(), &app.notes.user, device.user_code(), "allow").await;
    expect_error(other.poll(&app).await, 400, "invalid_grant");
    let without = Device { client: Client::spa(&app), ..device.clone() };
    expect_error(without.poll(&app).await, 400, "unauthorized_client");
    let id = device.text("device_code").split('.').next().unwrap().to_owned();
    for handle in ["", "x", &id, &format!("{id}."), &format!("{id}.{}", "a".repeat(43)), device.user_code()] {
        let form = [("grant_type", DEVICE_CODE), ("device_code", handle)];
        let answered = tv.post(&app, "/oauth/token", &form).await;
        assert!(["invalid_grant", "invalid_request"].contains(&answered.json()["error"].as_str().unwrap()), "{handle}");
    }
    let globex = another(&app, "globex").await;
    let form = [("grant_type", DEVICE_CODE), ("device_code", device.text("device_code")), ("client_id", "client_tv")];
    let answered = app.post(&format!("/orgs/{}/api/v1/oauth/token", globex.org)).form(&form).send().await;
    expect_error(answered, 401, "invalid_client");
    Tokens::of(device.poll(&app).await);
}

#[tokio::test]
async fn only_clients_registered_for_it_may_ask_and_confidential_ones_prove_who_they_are() {
    let app = TestApp::start().await;
    expect_error(Client::spa(&app).post(&app, "/oauth/device_authorization", &SCOPE).await, 400, "unauthorized_client");
    let box_client = confidential(&app, "client_box", |client| client.grant_types.push(DEVICE_CODE.to_owned())).await;
    let anonymous = Client { secret: None, ..box_client.clone() };
    expect_error(anonymous.post(&app, "/oauth/device_authorization", &SCOPE).await, 401, "invalid_client");
    let wrong = Client { secret: Some("guess".to_owned()), ..box_client.clone() };
    expect_error(wrong.post(&app, "/oauth/device_authorization", &SCOPE).await, 401, "invalid_client");
    let device = Device::asking(&app, &box_client, &SCOPE).await;
    decide(&app, &mut app.browser(), &app.notes.user, device.user_code(), "allow").await;
    expect_error(Device { client: anonymous, ..device.clone() }.poll(&app).await, 401, "invalid_client");
    Tokens::of(device.poll(&app).await);
    for (pairs, error) in [
        (&[("scope", "reports:write")][..], "invalid_scope"),
        (&[("resource", "https://api.example")], "invalid_target"),
        (&[("scope", "openid"), ("scope", "email")], "invalid_request"),
    ] {
        expect_error(box_client.post(&app, "/oauth/device_authorization", pairs).await, 400, error);
    }
}

#[tokio::test]
async fn the_tokens_are_for_the_resources_that_were_granted_or_fewer() {
    let app = TestApp::start().await;
    let uris = ["https://a.example".to_owned(), "https://b.example".to_owned()];
    let tv = television(&app, "client_tv", |client| client.audience_uris = uris.to_vec()).await;
    let ask = [("scope", "openid"), ("resource", "https://a.example"), ("resource", "https://b.example")];
    let device = Device::asking(&app, &tv, &ask).await;
    decide(&app, &mut app.browser(), &app.notes.user, device.user_code(), "allow").await;
    expect_error(device.poll_with(&app, &[("resource", "https://c.example")]).await, 400, "invalid_target");
    let tokens = Tokens::of(device.poll_with(&app, &[("resource", "https://b.example")]).await);
    assert_eq!(part(tokens.access(), 1)["aud"], "https://b.example");
}

#[tokio::test]
async fn tokens_are_bound_to_the_keys_shown_when_they_are_fetched() {
    let app = TestApp::start().await;
    let tv = television(&app, "client_tv", |client| client.dpop_bound_access_tokens = true).await;
    let device = Device::asking(&app, &tv, &SCOPE).await;
    decide(&app, &mut app.browser(), &app.notes.user, device.user_code(), "allow").await;
    expect_error(device.poll(&app).await, 400, "invalid_dpop_proof");
    let holder = Holder::default();
    let tokens =
        Tokens::of(holder.ask(&app, &tv, &[("grant_type", DEVICE_CODE), ("device_code", device.text("device_code"))]).await);
    assert_eq!(
        (tokens.0["token_type"].as_str(), part(tokens.access(), 1)["cnf"]["jkt"].as_str()),
        (Some("DPoP"), Some(&*holder.jkt()))
    );
    expect_error(tv.refresh(&app, tokens.refresh()).await, 400, "invalid_dpop_proof");
    Tokens::of(holder.refresh(&app, &tv, tokens.refresh()).await);

    let certified = television(&app, "client_certified", |client| client.tls_client_certificate_bound_access_tokens = true).await;
    let device = Device::asking(&app, &certified, &SCOPE).await;
    decide(&app, &mut app.browser(), &app.notes.user, device.user_code(), "allow").await;
    let own = Identity::self_signed("tv");
    let form = [("grant_type", DEVICE_CODE), ("device_code", device.text("device_code")), ("client_id", certified.id.as_str())];
    let answered = app.post(&app.api("/oauth/token")).certificate(&own.der, &[]).form(&form).send().await;
    assert_eq!(part(Tokens::of(answered).access(), 1)["cnf"]["x5t#S256"], own.thumbprint());
}

#[tokio::test]
async fn attack_6_a_challenge_that_was_sent_along_is_demanded() {
    use suite_journeys::code::{VERIFIER, challenge};
    let app = TestApp::start().await;
    let tv = television(&app, "client_tv", |_| ()).await;
    let challenge = challenge();
    let ask = [("scope", "openid"), ("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    let device = Device::asking(&app, &tv, &ask).await;
    decide(&app, &mut app.browser(), &app.notes.user, device.user_code(), "allow").await;
    expect_error(device.poll(&app).await, 400, "invalid_grant");
    expect_error(device.poll_with(&app, &[("code_verifier", &challenge)]).await, 400, "invalid_grant");
    Tokens::of(device.poll_with(&app, &[("code_verifier", VERIFIER)]).await);
}

#[tokio::test]
async fn attack_54_a_link_with_a_code_in_it_is_compared_and_says_where_the_device_is() {
    let app = TestApp::start().await;
    let tv = television(&app, "client_tv", |_| ()).await;
    let far: IpAddr = "203.0.113.9".parse().unwrap();
    let form = [("client_id", tv.id.as_str()), ("scope", "openid email")];
    let sending = app.post(&app.api("/oauth/device_authorization")).from(far).header("user-agent", "<b>TV</b>/1.0").form(&form);
    let device = Device { client: tv.clone(), begun: sending.send().await.expect(200).json() };
    let mut phone = app.browser();
    sign_in(&app, &mut phone, &app.notes.user).await;

    let page = expect_id(phone.open(device.text("verification_uri_complete")).await.expect(200), "device-form");
    assert_eq!(field(&page, "user_code"), device.user_code(), "shown for comparison");
    assert!(!has_id(&page, "allow"), "no link leads to the question itself");
    let sent = press(&mut phone, &page, "device-form", &[]).await.expect(303);
    let question_url = sent.location().to_owned();
    let page = expect_id(phone.follow(sent).await.expect(200), "warning");
    let text = page.text();
    assert!(text.contains("203.0.113.9") && text.contains(device.user_code()) && text.contains("Living room TV"));
    assert!(
        text.contains("&#60;b&#62;TV") || text.contains("&lt;b&gt;TV") || text.contains("&#60;b"),
        "what a device says is escaped"
    );
    assert!(!text.contains("<b>TV") && text.contains("data-scope=\"email\""));
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));

    // The same address in another browser, or with a mark that was made up, leads back to where codes are typed.
    let mut stranger = app.browser();
    sign_in(&app, &mut stranger, &app.notes.user).await;
    let made_up = question_url.split("&confirmed=").next().unwrap().to_owned();
    for (browser, url) in [(&mut stranger, question_url.clone()), (&mut phone, format!("{made_up}&confirmed=AAAA"))] {
        let opened = browser.open(&url).await;
        assert!(opened.location().ends_with("/oauth/device"), "{url}");
    }
    // A decision without the mark, or without the token of the form, decides nothing.
    let csrf = field(&page, "csrf");
    let confirmed = field(&page, "confirmed");
    for (csrf, confirmed) in [(csrf.as_str(), "AAAA"), ("AAAA", confirmed.as_str())] {
        let fields = [("csrf", csrf), ("user_code", device.user_code()), ("confirmed", confirmed), ("decision", "allow")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        phone.post(&app.api("/oauth/device"), &fields).await.expect(403);
    }
    expect_error(device.poll(&app).await, 400, "authorization_pending");
    press(&mut phone, &page, "consent-form", &[("decision", "allow")]).await.expect(303);
    Tokens::of(device.poll(&app).await);
}

#[tokio::test]
async fn attack_50_guesses_at_codes_are_counted_against_the_account_and_the_source() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let tv = television(&app, "client_tv", |_| ()).await;
        let device = Device::asking(&app, &tv, &SCOPE).await;
        let mut guesser = app.browser().from("198.51.100.7".parse().unwrap());
        sign_in(&app, &mut guesser, &app.notes.user).await;
        let mut answers = Vec::new();
        for letter in "BCDFG".chars() {
            let guess = format!("{letter}{letter}{letter}{letter}-ZZZZ");
            answers.push(question(&app, &mut guesser, &app.notes.user, &guess).await.expect(400));
        }
        let texts: Vec<String> =
            answers.iter().map(|page| page.text().split("id=\"problem\"").nth(1).unwrap().chars().take(200).collect()).collect();
        assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "every wrong code is answered alike");
        let locked = question(&app, &mut guesser, &app.notes.user, device.user_code()).await.expect(429);
        assert!(!locked.header("retry-after").is_empty() && !has_id(&locked, "allow"));
        let refusals = entries(&app, "device_authorizations.code_refused").await;
        assert!(refusals.iter().any(|entry| entry.to_string().contains("true")), "the lock is in the log");
        // What can't be a code is no guess, and nobody who isn't signed in learns anything about a code.
        let mut nobody = app.browser();
        let page = nobody.open(&at(&app, "device")).await.expect(200);
        assert_eq!(press(&mut nobody, &page, "device-form", &[("user_code", "no code")]).await.status, 400);
        for code in [device.user_code(), "ZZZZ-ZZZZ"] {
            let page = nobody.open(&at(&app, "device")).await.expect(200);
            let sent = press(&mut nobody, &page, "device-form", &[("user_code", code)]).await.expect(303);
            let asked = nobody.open(sent.location()).await;
            assert!(asked.location().contains("/signin?continue="), "{}", asked.location());
        }
        assert_eq!(try_sign_in(&app, &mut app.browser(), &app.notes.admin.email, &app.notes.admin.password).await.status, 303);
    }
}

#[tokio::test]
async fn attack_54_administrators_grant_devices_nothing_unless_their_organization_lets_them() {
    let app = TestApp::start().await;
    let tv = television(&app, "client_tv", |_| ()).await;
    let device = Device::asking(&app, &tv, &SCOPE).await;
    let page = question(&app, &mut app.browser(), &app.notes.admin, device.user_code()).await.expect(403);
    assert!(!has_id(&page, "allow"));
    latest(&app, "device_authorizations.forbidden").await;
    set_settings(&app, &json!({ "oauth": { "device_authorization_for_administrators": true } })).await;
    Tokens::of({
        decide(&app, &mut app.browser(), &app.notes.admin, device.user_code(), "allow").await;
        device.poll(&app).await
    });
    set_settings(&app, &json!({ "oauth": { "device_authorization_same_network": true } })).await;
    let device = Device::asking(&app, &tv, &SCOPE).await;
    let mut far = app.browser().from("203.0.113.9".parse().unwrap());
    question(&app, &mut far, &app.notes.user, device.user_code()).await.expect(403);
    decide(&app, &mut app.browser(), &app.notes.user, device.user_code(), "allow").await;
}

#[tokio::test]
async fn attack_54_a_code_shown_to_a_victim_is_good_for_ten_minutes_and_one_decision_and_is_asked_about_each_time() {
    let app = TestApp::start().await;
    let tv = television(&app, "client_tv", |_| ()).await;
    let (victim, mut phone) = (&app.notes.user, app.browser());
    // Whoever granted the same before is asked again, for it may be somebody else's device this time.
    Device::asking(&app, &tv, &SCOPE).await.tokens(&app, victim).await;
    let device = Device::asking(&app, &tv, &SCOPE).await;
    let page = expect_id(question(&app, &mut phone, victim, device.user_code()).await.expect(200), "warning");
    assert!(has_id(&page, "place") && has_id(&page, "asked-at") && has_id(&page, "device"));
    expect_error(device.poll(&app).await, 400, "authorization_pending");
    // The page stays open until the code has ended: then its button grants nothing.
    app.clock.advance(seconds(601));
    press(&mut phone, &page, "consent-form", &[("decision", "allow")]).await.expect(400);
    expect_error(device.poll(&app).await, 400, "expired_token");
    // A code that was decided about is no other person's, nor the same person's once more.
    let device = Device::asking(&app, &tv, &SCOPE).await;
    let mut second = app.browser();
    let open = expect_id(question(&app, &mut second, victim, device.user_code()).await.expect(200), "allow");
    decide(&app, &mut phone, victim, device.user_code(), "deny").await;
    press(&mut second, &open, "consent-form", &[("decision", "allow")]).await.expect(400);
    expect_error(device.poll(&app).await, 400, "access_denied");
}

#[tokio::test]
async fn an_organization_can_do_without_devices() {
    let app = TestApp::start().await;
    let tv = television(&app, "client_tv", |_| ()).await;
    let device = Device::asking(&app, &tv, &SCOPE).await;
    let discovery = app.api("/.well-known/openid-configuration");
    let document = app.get(&discovery).send().await.json();
    assert_eq!(document["device_authorization_endpoint"], format!("{}/api/v1/oauth/device_authorization", app.notes.issuer));
    assert!(document["grant_types_supported"].as_array().unwrap().contains(&json!(DEVICE_CODE)));
    set_settings(&app, &json!({ "oauth": { "device_authorization_enabled": false } })).await;
    let document = app.get(&discovery).send().await.json();
    assert!(document.get("device_authorization_endpoint").is_none());
    assert!(!document["grant_types_supported"].as_array().unwrap().contains(&json!(DEVICE_CODE)));
    expect_error(tv.post(&app, "/oauth/device_authorization", &SCOPE).await, 400, "unauthorized_client");
    expect_error(device.poll(&app).await, 400, "unsupported_grant_type");
    question(&app, &mut app.browser(), &app.notes.user, device.user_code()).await.expect(400);
}

#[tokio::test]
async fn what_was_granted_ends_with_the_account_or_when_it_is_taken_back() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let tv = television(&app, "client_tv", |_| ()).await;
        let (fetched, waiting) = (Device::asking(&app, &tv, &SCOPE).await, Device::asking(&app, &tv, &SCOPE).await);
        let tokens = fetched.tokens(&app, &app.notes.user).await;
        let mut phone = app.browser();
        decide(&app, &mut phone, &app.notes.user, waiting.user_code(), "allow").await;
        let account = phone.open(&at(&app, "account")).await.expect(200);
        assert!(account.text().contains("Living room TV"), "it is among the connected applications");
        press(&mut phone, &account, "apps-form", &[("app", "client_tv")]).await.expect(303);
        assert_eq!(userinfo(&app, tokens.access()).await.status, 401);
        expect_error(tv.refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
        expect_error(waiting.poll(&app).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn signing_out_on_the_phone_leaves_the_television_connected() {
    let app = TestApp::start().await;
    let tv = television(&app, "client_tv", |_| ()).await;
    let device = Device::asking(&app, &tv, &[("scope", "openid")]).await;
    let mut phone = app.browser();
    decide(&app, &mut phone, &app.notes.user, device.user_code(), "allow").await;
    let tokens = Tokens::of(device.poll(&app).await);
    let account = phone.open(&at(&app, "account")).await.expect(200);
    press(&mut phone, &account, "sign-out-form", &[]).await.expect(303);
    assert!(is_alive(&app, tokens.access()).await);
}

#[tokio::test]
async fn a_client_for_devices_can_be_registered_by_the_admin_api() {
    let app = TestApp::start().await;
    let body = json!({
        "name": "TV", "isPublic": true, "grantTypes": [DEVICE_CODE, REFRESH_TOKEN], "scopes": ["openid"], "responseTypes": []
    });
    let (client, data) = suite_journeys::admin::make_client(&app, body).await;
    assert_eq!((client.secret.as_ref(), &data["grantTypes"]), (None, &json!([DEVICE_CODE, REFRESH_TOKEN])));
    assert!(!data["grantTypes"].to_string().contains(AUTHORIZATION_CODE));
    Device::asking(&app, &client, &[("scope", "openid")]).await;
}
