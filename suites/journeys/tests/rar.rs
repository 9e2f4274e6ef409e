//! Rich authorization requests (RFC 9396): from the registered type to the token.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use oauth::client::DeliveryMode;
use oauth::grant::{CIBA, CLIENT_CREDENTIALS, DEVICE_CODE};
use serde_json::{Value, json};
use suite_journeys::admin::{call, make_client};
use suite_journeys::ciba::{NOTIFICATION_TOKEN, auth_req_id, first_request};
use suite_journeys::code::{Ask, CALLBACK, Returned, VERIFIER, authorize, silently, visit};
use suite_journeys::device::{Device, question};
use suite_journeys::fapi::{ONE, reference, register};
use suite_journeys::pages::{expect_id, has_id, press};
use suite_journeys::record::latest;
use suite_journeys::rp::Rp;
use suite_journeys::tokens::{Client, Tokens, expect_error, part};
use testkit::{Answered, Browser, TestApp, databases};

const INVALID: &str = "invalid_authorization_details";
const MORE: &str = r#"[{"type":"payment_initiation","amount":"999 EUR","to":"<b>Merchant</b>","actions":["initiate","status"]}]"#;

fn payments() -> Value {
    json!({
        "type": "payment_initiation", "title": "Make a <payment>", "description": "The money leaves your account at once.",
        "schema": {
            "type": "object", "required": ["amount", "to"], "additionalProperties": false,
            "properties": {
                "amount": { "type": "string", "title": "Amount", "maxLength": 12 },
                "to": { "type": "string", "title": "Paid to" },
                "actions": { "type": "array", "items": { "enum": ["initiate", "status"] } }
            }
        }
    })
}

fn payment() -> Value {
    json!({ "type": "payment_initiation", "amount": "12.50 EUR", "to": "<b>Merchant</b>", "actions": ["initiate", "status"] })
}

fn less() -> Value {
    json!({ "type": "payment_initiation", "amount": "12.50 EUR", "to": "<b>Merchant</b>", "actions": ["status"] })
}

async fn set_types(app: &TestApp, types: &Value) -> Answered {
    call(app, "PATCH", "/admin/settings/oauth", Some(&json!({ "authorization_details_types": types }))).await
}

/// A server that knows payments, and a client that may ask for them.
async fn bank(app: &TestApp) -> Client {
    set_types(app, &json!([payments()])).await.expect(200);
    let body = json!({
        "name": "Shop", "redirectUris": [CALLBACK], "scopes": ["openid", "email", "offline_access", "reports:read"],
        "grantTypes": ["authorization_code", "refresh_token", CLIENT_CREDENTIALS],
        "authorizationDetailsTypes": ["payment_initiation"]
    });
    make_client(app, body).await.0
}

fn asking(client: &Client, details: &Value) -> Ask {
    Ask::of(&client.id, CALLBACK).with("scope", "openid offline_access").with("authorization_details", &details.to_string())
}

/// Sign in and stop at the consent page.
async fn consent(app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> Answered {
    let page = visit(app, browser, ask).await;
    if has_id(&page, "consent-form") {
        return page;
    }
    let login = &app.notes.user;
    let filled = [("identifier", login.email.as_str()), ("password", login.password.as_str())];
    let sent = press(browser, &page, "sign-in-form", &filled).await.expect(303);
    expect_id(browser.follow(sent).await, "consent-form")
}

async fn code(app: &TestApp, ask: &Ask) -> String {
    authorize(app, &mut app.browser(), &app.notes.user, ask).await.code()
}

async fn redeem(app: &TestApp, client: &Client, code: &str, details: Option<&Value>) -> Answered {
    let details = details.map(Value::to_string);
    let mut more = vec![("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
    more.extend(details.as_deref().map(|details| ("authorization_details", details)));
    client.redeem_with(app, code, &more).await
}

#[tokio::test]
async fn types_are_registered_by_the_organization_and_announced() {
    let app = TestApp::start().await;
    let announced = || async { app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json() };
    assert!(announced().await.get("authorization_details_types_supported").is_none());
    set_types(&app, &json!([payments(), { "type": "https://bank.example/accounts", "title": "See accounts" }])).await.expect(200);
    assert_eq!(
        announced().await["authorization_details_types_supported"],
        json!(["payment_initiation", "https://bank.example/accounts"])
    );
    let mut unknown = payments();
    unknown["schema"]["properties"]["to"]["pattern"] = json!("^.*$");
    for (bad, reason) in [
        (json!([unknown]), "pattern"),
        (json!([payments(), { "type": "payment_initiation", "title": "Again" }]), "twice"),
        (json!([{ "type": "x" }]), "title"),
        (json!([{ "type": "x", "title": "X", "html": "<b>" }]), "html"),
        (json!("payment"), "list"),
    ] {
        let refused = set_types(&app, &bad).await.expect(400);
        assert!(refused.text().contains(reason), "{reason}: {}", refused.text());
    }
}

#[tokio::test]
async fn what_is_granted_is_read_by_people_and_carried_to_the_resource() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = bank(&app).await;
        let mut browser = app.browser();
        let page = consent(&app, &mut browser, &asking(&client, &json!([payment()]))).await;
        let text = page.text();
        for shown in [
            "Make a &#60;payment&#62;",
            "The money leaves your account at once.",
            "Paid to",
            "&#60;b&#62;Merchant&#60;/b&#62;",
            "12.50 EUR",
        ] {
            assert!(text.contains(shown), "{shown} in\n{text}");
        }
        let sent = press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await;
        let code = Returned::of(&browser.follow(sent).await).code();
        let tokens = Tokens::of(redeem(&app, &client, &code, None).await);
        let whole = json!([payment()]);
        assert_eq!(tokens.0["authorization_details"], whole);
        assert_eq!(part(tokens.access(), 1)["authorization_details"], whole);
        for token in [tokens.access(), tokens.refresh()] {
            assert_eq!(client.introspect(&app, token).await["authorization_details"], whole);
        }
    }
}

#[tokio::test]
async fn a_token_request_can_ask_for_less_and_never_for_more() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = bank(&app).await;
        let ask = asking(&client, &json!([payment()]));
        let narrow = Tokens::of(redeem(&app, &client, &code(&app, &ask).await, Some(&json!([less()]))).await);
        assert_eq!(part(narrow.access(), 1)["authorization_details"], json!([less()]));
        let mut more = payment();
        more["amount"] = json!("9999 EUR");
        let first = code(&app, &ask).await;
        expect_error(redeem(&app, &client, &first, Some(&json!([more]))).await, 400, INVALID);
        expect_error(redeem(&app, &client, &first, Some(&json!([{ "type": "payment_initiation" }]))).await, 400, INVALID);
        expect_error(redeem(&app, &client, &first, Some(&json!("nonsense"))).await, 400, INVALID);
        Tokens::of(redeem(&app, &client, &first, None).await);

        let refresh = |token: String, details: Option<Value>| {
            let (app, client) = (&app, &client);
            async move {
                let details = details.map(|details| details.to_string());
                let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
                form.extend(details.as_deref().map(|details| ("authorization_details", details)));
                client.post(app, "/oauth/token", &form).await
            }
        };
        let again = Tokens::of(refresh(narrow.refresh().to_owned(), None).await);
        assert_eq!(again.0["authorization_details"], json!([payment()]), "the grant stays whole");
        expect_error(refresh(again.refresh().to_owned(), Some(json!([more]))).await, 400, INVALID);
        let less_again = Tokens::of(refresh(again.refresh().to_owned(), Some(json!([less()]))).await);
        assert_eq!(less_again.0["authorization_details"], json!([less()]));
    }
}

#[tokio::test]
async fn what_is_unknown_or_of_another_form_is_refused_wherever_it_stands() {
    let app = TestApp::start().await;
    let client = bank(&app).await;
    let signer = register(&app, ONE, |metadata| {
        metadata.authorization_details_types = vec!["payment_initiation".to_owned()];
        metadata.require_signed_request_object = true;
    })
    .await;
    for bad in [
        json!([{ "type": "account_information" }]),
        json!([{ "type": "payment_initiation", "amount": "1 EUR" }]),
        json!([{ "type": "payment_initiation", "amount": 1, "to": "x" }]),
        json!([{ "type": "payment_initiation", "amount": "1 EUR", "to": "x", "more": true }]),
        json!([{ "amount": "1 EUR" }]),
        json!({ "type": "payment_initiation" }),
        json!([]),
    ] {
        let text = bad.to_string();
        silently(&app, &mut app.browser(), &asking(&client, &bad)).await.expect_error(INVALID);
        let pairs = asking(&client, &bad);
        let pairs: Vec<(&str, &str)> = pairs.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        expect_error(client.post(&app, "/oauth/par", &pairs).await, 400, INVALID);
        let object = signer.object(&app, &signer.ask(), |claims| claims["authorization_details"] = bad.clone());
        expect_error(signer.push_object(&app, &object).await, 400, INVALID);
        let form = [("grant_type", CLIENT_CREDENTIALS), ("authorization_details", text.as_str())];
        expect_error(client.post(&app, "/oauth/token", &form).await, 400, INVALID);
    }
    let object = signer.object(&app, &signer.ask(), |claims| claims["authorization_details"] = json!([payment()]));
    let request_uri = reference(signer.push_object(&app, &object).await);
    let code = authorize(&app, &mut app.browser(), &app.notes.user, &signer.referring(&request_uri)).await.code();
    assert_eq!(Tokens::of(signer.redeem(&app, &code).await).0["authorization_details"], json!([payment()]));
}

#[tokio::test]
async fn a_client_asks_only_for_types_it_registered() {
    let app = TestApp::start().await;
    bank(&app).await;
    let ask = Ask::web(&app).with("authorization_details", &json!([payment()]).to_string());
    silently(&app, &mut app.browser(), &ask).await.expect_error(INVALID);
    let form = [("grant_type", CLIENT_CREDENTIALS), ("authorization_details", &*json!([payment()]).to_string())];
    expect_error(Client::service(&app).post(&app, "/oauth/token", &form).await, 400, INVALID);
}

#[tokio::test]
async fn people_are_asked_each_time_whatever_they_allowed_before() {
    let app = TestApp::start().await;
    let client = bank(&app).await;
    let mut browser = app.browser();
    let ask = asking(&client, &json!([payment()]));
    authorize(&app, &mut browser, &app.notes.user, &ask).await.code();
    let plain = ask.clone().without("authorization_details");
    silently(&app, &mut browser, &plain).await.code();
    silently(&app, &mut browser, &ask.clone().with("prompt", "none")).await.expect_error("consent_required");
    let page = consent(&app, &mut browser, &ask).await;
    let sent = press(&mut browser, &page, "consent-form", &[("decision", "deny")]).await;
    Returned::of(&browser.follow(sent).await).expect_error("access_denied");
}

#[tokio::test]
async fn who_says_exactly_what_is_wanted_needs_no_scope() {
    let app = TestApp::start().await;
    let client = bank(&app).await;
    let ask = asking(&client, &json!([payment()])).without("scope");
    let tokens = Tokens::of(redeem(&app, &client, &code(&app, &ask).await, None).await);
    assert_eq!((tokens.0.get("scope"), tokens.0.get("id_token")), (None, None));
    assert_eq!(tokens.0["authorization_details"], json!([payment()]));
}

#[tokio::test]
async fn a_client_on_its_own_gets_what_it_may_ask_for() {
    let app = TestApp::start().await;
    let client = bank(&app).await;
    let form = [("grant_type", CLIENT_CREDENTIALS), ("authorization_details", &*json!([payment()]).to_string())];
    let tokens = Tokens::of(client.post(&app, "/oauth/token", &form).await);
    assert_eq!(tokens.0["authorization_details"], json!([payment()]));
    assert_eq!(part(tokens.access(), 1)["authorization_details"], json!([payment()]));
}

/// A client for devices and for backchannel requests that may ask for payments.
async fn elsewhere(app: &TestApp) -> Client {
    set_types(app, &json!([payments()])).await.expect(200);
    let body = json!({
        "name": "Bank", "scopes": ["openid", "email", "offline_access"], "responseTypes": [],
        "grantTypes": [DEVICE_CODE, CIBA, "refresh_token"], "backchannelTokenDeliveryMode": "poll",
        "authorizationDetailsTypes": ["payment_initiation"]
    });
    make_client(app, body).await.0
}

async fn ask_a_person(app: &TestApp, client: &Client, more: &[(&str, &str)]) -> Answered {
    let form = [&[("scope", "openid"), ("login_hint", app.notes.user.email.as_str())], more].concat();
    client.post(app, "/oauth/bc-authorize", &form).await
}

fn refreshing<'a>(token: &'a str, details: &'a str) -> [(&'a str, &'a str); 3] {
    [("grant_type", "refresh_token"), ("refresh_token", token), ("authorization_details", details)]
}

/// What was granted as a whole reads the same wherever it is carried.
async fn carries(app: &TestApp, client: &Client, tokens: &Tokens, expected: &Value) {
    assert_eq!(&tokens.0["authorization_details"], expected);
    assert_eq!(&part(tokens.access(), 1)["authorization_details"], expected);
    assert_eq!(&client.introspect(app, tokens.access()).await["authorization_details"], expected);
}

#[tokio::test]
async fn a_device_gets_exactly_what_its_person_read_and_allowed() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = elsewhere(&app).await;
        let (whole, part_of_it) = (json!([payment()]).to_string(), json!([less()]).to_string());
        let ask = [("scope", "openid offline_access"), ("authorization_details", whole.as_str())];
        let device = Device::asking(&app, &client, &ask).await;
        let mut phone = app.browser();
        let page = question(&app, &mut phone, &app.notes.user, device.user_code()).await.expect(200);
        let text = page.text();
        for shown in
            ["Make a &#60;payment&#62;", "The money leaves your account at once.", "&#60;b&#62;Merchant&#60;/b&#62;", "12.50 EUR"]
        {
            assert!(text.contains(shown), "{shown} in\n{text}");
        }
        press(&mut phone, &page, "consent-form", &[("decision", "allow")]).await.expect(303);
        expect_error(device.poll_with(&app, &[("authorization_details", MORE)]).await, 400, INVALID);
        let tokens = Tokens::of(device.poll_with(&app, &[("authorization_details", &part_of_it)]).await);
        carries(&app, &client, &tokens, &json!([less()])).await;
        let again = Tokens::of(client.refresh(&app, tokens.refresh()).await);
        carries(&app, &client, &again, &json!([payment()])).await;
        assert_eq!(client.introspect(&app, again.refresh()).await["authorization_details"], json!([payment()]));
        expect_error(client.post(&app, "/oauth/token", &refreshing(again.refresh(), MORE)).await, 400, INVALID);
        let entry = latest(&app, "device_authorizations.approved").await;
        assert!(entry.to_string().contains("payment_initiation"), "{entry}");

        // Without a scope it is for the payment and nothing else.
        let only = Device::asking(&app, &client, &[("authorization_details", &whole)]).await;
        let tokens = only.tokens(&app, &app.notes.user).await;
        assert_eq!((tokens.0.get("scope"), tokens.0.get("id_token")), (None, None));
        carries(&app, &client, &tokens, &json!([payment()])).await;
    }
}

#[tokio::test]
async fn a_client_that_calls_gets_exactly_what_was_approved() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = elsewhere(&app).await;
        let (whole, part_of_it) = (json!([payment()]).to_string(), json!([less()]).to_string());
        let ask = [("scope", "openid offline_access"), ("authorization_details", whole.as_str())];
        let form = [&ask[..], &[("login_hint", app.notes.user.email.as_str())]].concat();
        let id = auth_req_id(client.post(&app, "/oauth/bc-authorize", &form).await);
        let mut phone = app.browser();
        let page = first_request(&app, &mut phone, &app.notes.user).await;
        assert!(page.text().contains("Make a &#60;payment&#62;") && page.text().contains("12.50 EUR"), "{}", page.text());
        press(&mut phone, &page, "approval-form", &[("decision", "allow")]).await.expect(303);
        let poll = [("grant_type", CIBA), ("auth_req_id", id.as_str())];
        let with = |details| [&poll[..], &[("authorization_details", details)]].concat();
        expect_error(client.post(&app, "/oauth/token", &with(MORE)).await, 400, INVALID);
        let tokens = Tokens::of(client.post(&app, "/oauth/token", &with(&part_of_it)).await);
        carries(&app, &client, &tokens, &json!([less()])).await;
        let again = Tokens::of(client.refresh(&app, tokens.refresh()).await);
        carries(&app, &client, &again, &json!([payment()])).await;
        expect_error(client.post(&app, "/oauth/token", &refreshing(again.refresh(), MORE)).await, 400, INVALID);
    }
}

#[tokio::test]
async fn elsewhere_too_only_registered_types_of_their_form_may_be_asked_for() {
    let app = TestApp::start().await;
    let client = elsewhere(&app).await;
    for bad in [
        "nonsense",
        "{}",
        "[]",
        r#"[{"type":"account_information"}]"#,
        r#"[{"type":"payment_initiation","amount":"1 EUR"}]"#,
        r#"[{"type":"payment_initiation","amount":1,"to":"x"}]"#,
        r#"[{"type":"payment_initiation","amount":"1 EUR","to":"x","more":true}]"#,
        r#"[{"type":"payment_initiation","amount":"1 EUR","to":"x","to":"y"}]"#,
    ] {
        let pairs = [("scope", "openid"), ("authorization_details", bad)];
        expect_error(client.post(&app, "/oauth/device_authorization", &pairs).await, 400, INVALID);
        expect_error(ask_a_person(&app, &client, &pairs[1..]).await, 400, INVALID);
    }
    let whole = json!([payment()]).to_string();
    let pairs = [("scope", "openid"), ("authorization_details", whole.as_str())];
    let body = json!({
        "name": "Other", "scopes": ["openid"], "responseTypes": [], "grantTypes": [DEVICE_CODE, CIBA],
        "backchannelTokenDeliveryMode": "poll"
    });
    let (other, _) = make_client(&app, body).await;
    expect_error(other.post(&app, "/oauth/device_authorization", &pairs).await, 400, INVALID);
    expect_error(ask_a_person(&app, &other, &pairs[1..]).await, 400, INVALID);

    // A type that is given up is shown to nobody any more, and granted no more.
    let device = Device::asking(&app, &client, &pairs).await;
    ask_a_person(&app, &client, &pairs[1..]).await.expect(200);
    let mut phone = app.browser();
    let page = first_request(&app, &mut phone, &app.notes.user).await;
    set_types(&app, &json!([])).await.expect(200);
    press(&mut phone, &page, "approval-form", &[("decision", "allow")]).await.expect(404);
    question(&app, &mut phone, &app.notes.user, device.user_code()).await.expect(400);
}

#[tokio::test]
async fn a_type_that_is_given_up_is_granted_no_more() {
    let app = TestApp::start().await;
    let client = bank(&app).await;
    let mut browser = app.browser();
    let page = consent(&app, &mut browser, &asking(&client, &json!([payment()]))).await;
    set_types(&app, &json!([])).await.expect(200);
    let sent = press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await;
    assert_eq!((sent.status, sent.header("location")), (400, ""), "{}", sent.text());
}

#[tokio::test]
async fn a_type_that_is_given_up_is_in_no_more_tokens() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = bank(&app).await;
        let ask = asking(&client, &json!([payment()]));
        let tokens = Tokens::of(redeem(&app, &client, &code(&app, &ask).await, None).await);
        let waiting = code(&app, &ask).await;
        let path = format!("/admin/clients/{}", client.id);
        let registered = async |types: &Value| {
            call(&app, "PATCH", &path, Some(&json!({ "authorizationDetailsTypes": types }))).await.expect(200);
        };
        registered(&json!([])).await;
        let deprived = Tokens::of(redeem(&app, &client, &waiting, None).await);
        assert_eq!(deprived.0.get("authorization_details"), None, "{database:?}");
        assert_eq!(part(deprived.access(), 1).get("authorization_details"), None);
        registered(&json!(["payment_initiation"])).await;
        set_types(&app, &json!([])).await.expect(200);
        let renewed = Tokens::of(client.refresh(&app, tokens.refresh()).await);
        assert_eq!(renewed.0.get("authorization_details"), None, "{database:?}");
        assert_eq!(renewed.0["scope"], tokens.0["scope"], "its scopes are as they were");
    }
}

#[tokio::test]
async fn a_type_that_is_given_up_is_in_no_pushed_tokens() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        set_types(&app, &json!([payments()])).await.expect(200);
        let rp = Rp::start(&app, "client_push", |metadata, address| {
            metadata.grant_types = vec![CIBA.to_owned()];
            metadata.backchannel_token_delivery_mode = Some(DeliveryMode::Push);
            metadata.backchannel_client_notification_endpoint = Some(format!("{address}/notify"));
            metadata.authorization_details_types = vec!["payment_initiation".to_owned()];
        })
        .await;
        let whole = json!([payment()]).to_string();
        let pairs = [
            ("scope", "openid"),
            ("login_hint", app.notes.user.email.as_str()),
            ("client_notification_token", NOTIFICATION_TOKEN),
            ("authorization_details", whole.as_str()),
        ];
        for (types, expected) in [(json!([payments()]), Some(json!([payment()]))), (json!([]), None)] {
            rp.client.post(&app, "/oauth/bc-authorize", &pairs).await.expect(200);
            let mut phone = app.browser();
            let page = first_request(&app, &mut phone, &app.notes.user).await;
            press(&mut phone, &page, "approval-form", &[("decision", "allow")]).await.expect(303);
            set_types(&app, &types).await.expect(200);
            app.work().await;
            let heard = rp.heard();
            let [body] = &heard[..] else { panic!("{heard:?}") };
            let tokens = Tokens(serde_json::from_str(body).unwrap());
            assert_eq!(tokens.0.get("authorization_details"), expected.as_ref(), "{database:?}");
            assert_eq!(part(tokens.access(), 1).get("authorization_details"), expected.as_ref());
        }
    }
}
