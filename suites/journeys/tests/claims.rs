//! Claims: which are kept, who is told which, and who is asked first (OpenID Connect Core §5).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use oauth::ResponseType;
use serde_json::{Map, Value, json};
use suite_journeys::admin::{call, get, make_client, user_id};
use suite_journeys::code::{Ask, CALLBACK, Returned, authorize, code_for_user, go_on, silently, visit};
use suite_journeys::dynamic::Newcomer;
use suite_journeys::flows::{HYBRID, IMPLICIT, Scene, switch_on_everything};
use suite_journeys::pages::{expect_id, press};
use suite_journeys::people::{ABOUT_DEMO_USER, complete_profile};
use suite_journeys::tokens::{Client, Tokens, id_token_claims, part, userinfo};
use testkit::{Browser, TestApp, databases};

/// What a person is told about by name.
fn named(places: &Value) -> String {
    places.to_string()
}

async fn about(app: &TestApp, tokens: &Tokens) -> Value {
    userinfo(app, tokens.access()).await.expect(200).json()
}

async fn redeem(app: &TestApp, client: &Client, code: &str) -> (Tokens, Map<String, Value>) {
    let tokens = Tokens::of(client.redeem(app, code).await);
    let claims = id_token_claims(app, tokens.id()).await;
    (tokens, claims)
}

/// A browser whose person has allowed the demo web application `openid` and nothing else.
async fn allowed_openid(app: &TestApp) -> Browser<'_> {
    let mut browser = app.browser();
    authorize(app, &mut browser, &app.notes.user, &Ask::web(app)).await.code();
    browser
}

#[tokio::test]
async fn every_standard_claim_is_kept_and_told() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let user = complete_profile(&app).await;
        let shown = get(&app, &format!("/admin/users/{user}")).await.expect(200).json()["data"].clone();
        for (name, value) in ABOUT_DEMO_USER.as_object().unwrap() {
            assert_eq!(shown[name], *value, "{name}");
        }
        let code = code_for_user(&app, &Ask::web(&app).with("scope", "openid profile email address phone")).await;
        let (tokens, in_id_token) = redeem(&app, &Client::web(&app), &code).await;
        let told = about(&app, &tokens).await;
        for (name, value) in [
            ("name", json!("Demo User")),
            ("given_name", json!("Demo")),
            ("family_name", json!("User")),
            ("middle_name", json!("Middle")),
            ("nickname", json!("Demi")),
            ("preferred_username", json!("demo.user")),
            ("profile", json!("https://example.com/demo")),
            ("picture", json!("https://example.com/p.png")),
            ("website", json!("https://demo.example/")),
            ("gender", json!("non-binary")),
            ("birthdate", json!("0000-12-10")),
            ("zoneinfo", json!("Europe/Zurich")),
            ("locale", json!("de-CH")),
            ("email", json!(app.notes.user.email)),
            ("email_verified", json!(true)),
            ("phone_number", json!("+41445551234")),
            ("phone_number_verified", json!(true)),
            ("address", json!({"street_address": "Bahnhofstrasse 1", "locality": "Zürich", "country": "CH"})),
        ] {
            assert_eq!(told[name], value, "{name}");
            assert!(!in_id_token.contains_key(name), "{name} belongs to UserInfo");
        }
        assert!(told["updated_at"].is_i64(), "{told}");
    }
}

#[tokio::test]
async fn a_new_number_is_not_verified_and_what_is_emptied_is_not_told() {
    let app = TestApp::start().await;
    let user = complete_profile(&app).await;
    let path = format!("/admin/users/{user}");
    let body = json!({ "phoneNumber": "+41445550000", "nickname": null, "address": null, "birthdate": "" });
    let changed = call(&app, "PATCH", &path, Some(&body)).await.expect(200).json()["data"].clone();
    assert_eq!((&changed["phoneNumber"], &changed["phoneNumberVerified"]), (&json!("+41445550000"), &json!(false)));
    assert_eq!((&changed["nickname"], &changed["address"], &changed["birthdate"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!(changed["middleName"], "Middle", "what wasn't named stays");
    let code = code_for_user(&app, &Ask::web(&app).with("scope", "openid profile address")).await;
    let told = about(&app, &redeem(&app, &Client::web(&app), &code).await.0).await;
    for gone in ["nickname", "address", "birthdate"] {
        assert!(told.get(gone).is_none(), "{gone}, not even as null: {told}");
    }
    for (field, refused) in [
        ("birthdate", json!("10.12.1815")),
        ("birthdate", json!("1815-02-30")),
        ("website", json!("javascript:alert(1)")),
        ("profile", json!("ada")),
        ("address", json!({ "city": "Zürich" })),
        ("address", json!("Zürich")),
        ("gender", json!("x".repeat(65))),
        ("phoneNumberVerified", json!("perhaps")),
    ] {
        let answered = call(&app, "PATCH", &path, Some(&json!({ field: refused, "middleName": "Changed" }))).await.expect(400);
        assert!(answered.text().contains(field), "{field}: {}", answered.text());
    }
    assert_eq!(get(&app, &path).await.json()["data"]["middleName"], "Middle", "a refused change changes nothing");
}

#[tokio::test]
async fn a_claim_by_name_is_told_once_the_person_allowed_it_and_nothing_beside_it() {
    let app = TestApp::start().await;
    let mut browser = allowed_openid(&app).await;
    let ask = Ask::web(&app).with("claims", &named(&json!({"userinfo": {"name": null}, "id_token": {"email": null}})));
    let page = expect_id(visit(&app, &mut browser, &ask).await, "consent-form");
    for (scope, is_asked) in [("profile", true), ("email", true), ("phone", false)] {
        assert_eq!(page.text().contains(&format!("data-scope=\"{scope}\"")), is_asked, "{scope}");
    }
    let allowed = press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await;
    let code = Returned::of(&browser.follow(allowed).await).code();
    let (tokens, in_id_token) = redeem(&app, &Client::web(&app), &code).await;
    let told = about(&app, &tokens).await;
    assert_eq!((&told["name"], told.get("given_name"), told.get("email")), (&json!("Demo User"), None, None));
    assert_eq!((&in_id_token["email"], in_id_token.get("name")), (&json!(app.notes.user.email), None));
    assert_eq!(tokens.0["scope"], "openid", "claims become no scopes");
    assert!(!part(tokens.access(), 1).to_string().contains("name"), "resource servers need not know what was asked for");

    // Remembered: it isn't asked again, and tokens that follow open the same.
    let code = silently(&app, &mut browser, &ask.with("prompt", "none")).await.code();
    assert_eq!(about(&app, &redeem(&app, &Client::web(&app), &code).await.0).await["name"], "Demo User");
    let plain = silently(&app, &mut browser, &Ask::web(&app)).await.code();
    assert!(about(&app, &redeem(&app, &Client::web(&app), &plain).await.0).await.get("name").is_none());
}

#[tokio::test]
async fn attack_a_claim_by_name_without_consent_tells_nothing() {
    let app = TestApp::start().await;
    let mut browser = allowed_openid(&app).await;
    for place in ["userinfo", "id_token"] {
        for wish in [json!(null), json!({"essential": true}), json!({"values": [app.notes.user.email]})] {
            let ask = Ask::web(&app).with("claims", &named(&json!({ place: { "email": wish } })));
            silently(&app, &mut browser, &ask.clone().with("prompt", "none")).await.expect_error("consent_required");
            let page = expect_id(visit(&app, &mut browser, &ask).await, "consent-form");
            let denied = press(&mut browser, &page, "consent-form", &[("decision", "deny")]).await;
            Returned::of(&browser.follow(denied).await).expect_error("access_denied");
        }
    }
    let code = silently(&app, &mut browser, &Ask::web(&app)).await.code();
    let (tokens, in_id_token) = redeem(&app, &Client::web(&app), &code).await;
    assert!(about(&app, &tokens).await.get("email").is_none() && !in_id_token.contains_key("email"));
}

#[tokio::test]
async fn attack_asking_by_name_gets_a_client_no_more_than_its_registered_scopes() {
    let app = TestApp::start().await;
    complete_profile(&app).await;
    let body = json!({ "name": "Modest", "redirectUris": [CALLBACK], "scopes": ["openid", "email"] });
    let (client, _) = make_client(&app, body).await;
    let wishes =
        json!({"userinfo": {"phone_number": null, "name": {"essential": true}, "email": null}, "id_token": {"address": null}});
    let mut browser = app.browser();
    let ask = Ask::of(&client.id, CALLBACK).with("claims", &named(&wishes));
    let code = authorize(&app, &mut browser, &app.notes.user, &ask).await.code();
    let (tokens, in_id_token) = redeem(&app, &client, &code).await;
    let told = about(&app, &tokens).await;
    assert_eq!((&told["email"], told.get("phone_number"), told.get("name")), (&json!(app.notes.user.email), None, None));
    assert!(!in_id_token.contains_key("address"));
}

#[tokio::test]
async fn a_claim_wanted_with_a_value_is_told_only_if_it_has_it() {
    let app = TestApp::start().await;
    complete_profile(&app).await;
    for (wish, is_told) in [
        (json!(null), true),
        (json!({}), true),
        (json!({"essential": true}), true),
        (json!({"essential": false, "unknown": 1}), true),
        (json!({"value": "de-CH"}), true),
        (json!({"values": ["fr", "de-CH"]}), true),
        (json!({"value": "fr"}), false),
        (json!({"essential": true, "values": ["fr", "it"]}), false),
    ] {
        let wishes = json!({"userinfo": {"locale": wish, "no_such_claim": null}, "id_token": {"locale": wish}});
        let code = code_for_user(&app, &Ask::web(&app).with("claims", &named(&wishes))).await;
        let (tokens, in_id_token) = redeem(&app, &Client::web(&app), &code).await;
        assert_eq!(in_id_token.contains_key("locale"), is_told, "{wish} in an ID token");
        assert_eq!(about(&app, &tokens).await.get("locale").is_some(), is_told, "{wish} at UserInfo");
    }
}

#[tokio::test]
async fn a_claim_that_nobody_filled_in_is_no_obstacle_however_essential() {
    let app = TestApp::start().await;
    let wishes = json!({"userinfo": {"birthdate": {"essential": true}}, "id_token": {"website": {"essential": true}}});
    let code = code_for_user(&app, &Ask::web(&app).with("claims", &named(&wishes))).await;
    let (tokens, in_id_token) = redeem(&app, &Client::web(&app), &code).await;
    assert!(about(&app, &tokens).await.get("birthdate").is_none() && !in_id_token.contains_key("website"));
}

#[tokio::test]
async fn a_client_that_lost_a_scope_is_told_nothing_of_it_by_name_either() {
    let app = TestApp::start().await;
    let wishes = named(&json!({"userinfo": {"name": null}, "id_token": {"name": null}}));
    let ask = Ask::web(&app).with("scope", "openid offline_access").with("prompt", "consent").with("claims", &wishes);
    let client = Client::web(&app);
    let (tokens, _) = redeem(&app, &client, &code_for_user(&app, &ask).await).await;
    assert_eq!(about(&app, &tokens).await["name"], "Demo User");
    let waiting = code_for_user(&app, &ask).await;
    let path = format!("/admin/clients/{}", client.id);
    call(&app, "PATCH", &path, Some(&json!({ "scopes": ["openid", "offline_access"] }))).await.expect(200);
    assert!(about(&app, &tokens).await.get("name").is_none());
    let (late, in_id_token) = redeem(&app, &client, &waiting).await;
    assert!(about(&app, &late).await.get("name").is_none() && !in_id_token.contains_key("name"), "{in_id_token:?}");
    let fresh = Tokens::of(client.refresh(&app, late.refresh()).await);
    assert!(about(&app, &fresh).await.get("name").is_none());
}

#[tokio::test]
async fn what_was_asked_for_by_name_outlives_the_first_access_token() {
    let app = TestApp::start().await;
    let wishes = named(&json!({"userinfo": {"name": null}}));
    let ask = Ask::web(&app).with("scope", "openid offline_access").with("prompt", "consent").with("claims", &wishes);
    let client = Client::web(&app);
    let (first, _) = redeem(&app, &client, &code_for_user(&app, &ask).await).await;
    let second = Tokens::of(client.refresh(&app, first.refresh()).await);
    for tokens in [&first, &second] {
        assert_eq!(about(&app, tokens).await["name"], "Demo User");
    }
}

#[tokio::test]
async fn claims_by_name_stand_in_id_tokens_of_every_flow() {
    let app = TestApp::start().await;
    switch_on_everything(&app).await;
    let wishes = named(&json!({"id_token": {"name": {"essential": true}, "email": {"value": "else@people.example"}}}));
    for flow in IMPLICIT.into_iter().chain(HYBRID) {
        let scene = Scene::of(&app, flow).await;
        let received = scene.walk(&scene.ask().with("claims", &wishes)).await;
        for claims in received.id_tokens() {
            assert_eq!((&claims["name"], claims.get("email")), (&json!("Demo User"), None), "{flow:?}");
        }
        if flow.response_type == ResponseType::IdToken {
            let scoped = scene.walk(&scene.ask().with("scope", "openid email").with("claims", &wishes)).await;
            assert_eq!(scoped.claims()["email"], app.notes.user.email, "what a scope opens is told whatever its value");
        }
    }
}

#[tokio::test]
async fn a_person_named_by_the_claims_parameter_is_the_only_one_who_answers() {
    let app = TestApp::start().await;
    let mut browser = allowed_openid(&app).await;
    let (own, other) = (user_id(&app, &app.notes.user.email).await, user_id(&app, &app.notes.admin.email).await);
    for place in ["userinfo", "id_token"] {
        let ask = |sub: Value| Ask::web(&app).with("prompt", "none").with("claims", &named(&json!({ place: { "sub": sub } })));
        for accepted in [json!({"value": own}), json!({"values": [other, own]}), json!(null)] {
            silently(&app, &mut browser, &ask(accepted)).await.code();
        }
        silently(&app, &mut browser, &ask(json!({"value": other}))).await.expect_error("login_required");
    }
}

#[tokio::test]
async fn roles_groups_and_permissions_are_told_where_an_administrator_wants_it() {
    let app = TestApp::start().await;
    let held = ["roles", "groups", "permissions"];
    let admin = user_id(&app, &app.notes.admin.email).await;
    let group = json!({ "name": "Engineering", "slug": "engineering" });
    call(&app, "POST", "/admin/groups", Some(&group)).await.expect(201);
    call(&app, "PATCH", &format!("/admin/users/{admin}"), Some(&json!({ "groups": ["engineering"] }))).await.expect(200);
    let by_name = named(&json!({"userinfo": {"roles": null, "groups": null}, "id_token": {"roles": null, "permissions": null}}));
    let tell = async |client: &Client, ask: Ask| {
        let returned = authorize(&app, &mut app.browser(), &app.notes.admin, &ask).await;
        let (tokens, in_id_token) = redeem(&app, client, &returned.code()).await;
        let told = |claims: &Value| held.map(|name| claims.get(name).is_some());
        let (access, id_token) = (part(tokens.access(), 1), Value::Object(in_id_token));
        (told(&about(&app, &tokens).await), told(&id_token), told(&access), id_token)
    };

    let (plain, _) = make_client(&app, json!({ "name": "Plain", "redirectUris": [CALLBACK], "scopes": ["openid"] })).await;
    let asked = Ask::of(&plain.id, CALLBACK).with("claims", &by_name);
    let (at_userinfo, in_id_token, in_access_token, _) = tell(&plain, asked).await;
    assert_eq!((at_userinfo, in_id_token, in_access_token), ([false; 3], [false; 3], [false; 3]), "asking alone opens nothing");

    let body = json!({ "name": "Scoped", "redirectUris": [CALLBACK], "scopes": ["openid", "roles", "groups", "permissions"] });
    let (scoped, _) = make_client(&app, body).await;
    let asked = Ask::of(&scoped.id, CALLBACK).with("scope", "openid roles groups").with("claims", &by_name);
    let (at_userinfo, in_id_token, in_access_token, claims) = tell(&scoped, asked).await;
    assert_eq!((at_userinfo, in_access_token), ([true, true, false], [true, true, false]));
    assert_eq!(in_id_token, [true, false, false], "granted and asked for here");
    assert!(claims["roles"].as_array().unwrap().contains(&json!("admin")), "{claims}");

    let body = json!({ "name": "Told", "redirectUris": [CALLBACK], "scopes": ["openid"], "includesGroups": true, "includesPermissions": true });
    let (set_up, shown) = make_client(&app, body).await;
    assert_eq!((&shown["includesGroups"], &shown["includesPermissions"]), (&json!(true), &json!(true)));
    let (at_userinfo, in_id_token, in_access_token, claims) = tell(&set_up, Ask::of(&set_up.id, CALLBACK)).await;
    assert_eq!((at_userinfo, in_id_token, in_access_token), ([false, true, true], [false, true, true], [false; 3]));
    assert_eq!(claims["groups"], json!(["engineering"]));
}

#[tokio::test]
async fn a_clients_own_claims_stand_in_its_tokens_and_never_say_what_others_say() {
    let app = TestApp::start().await;
    let own = json!({ "https://acme.example/tier": { "level": 2 }, "region": "eu" });
    let body = json!({ "name": "Own", "redirectUris": [CALLBACK], "scopes": ["openid"], "customClaims": own });
    let (client, shown) = make_client(&app, body).await;
    assert_eq!(shown["customClaims"], own);
    let place = format!("/admin/clients/{}", client.id);
    for refused in [
        json!({ "sub": "u1" }),
        json!({ "aud": ["everyone"] }),
        json!({ "email": "x@acme.example" }),
        json!({ "roles": ["admin"] }),
        json!({ "cnf": {} }),
        json!({ "active": true }),
        json!({ "": 1 }),
        json!({ "long": "x".repeat(5000) }),
        json!(["region"]),
    ] {
        let answered = call(&app, "PATCH", &place, Some(&json!({ "customClaims": refused }))).await;
        assert!(answered.status == 400 && answered.text().contains("customClaims"), "{refused}: {}", answered.text());
    }
    let (tokens, in_id_token) = redeem(&app, &client, &code_for_user(&app, &Ask::of(&client.id, CALLBACK)).await).await;
    let in_access_token = part(tokens.access(), 1);
    assert_eq!((&in_id_token["region"], &in_access_token["region"]), (&json!("eu"), &json!("eu")));
    assert_eq!(in_id_token["https://acme.example/tier"]["level"], 2);
    assert!(about(&app, &tokens).await.get("region").is_none());

    let cleared = call(&app, "PATCH", &place, Some(&json!({ "customClaims": null }))).await.expect(200).json();
    assert_eq!(cleared["data"]["customClaims"], json!({}));
    let (_, after) = redeem(&app, &client, &code_for_user(&app, &Ask::of(&client.id, CALLBACK)).await).await;
    assert!(!after.contains_key("region"));
}

#[tokio::test]
async fn attack_a_client_that_registers_itself_decides_neither_its_claims_nor_what_it_is_told_of_people() {
    let app = TestApp::start().await;
    let more = json!({
        "custom_claims": { "region": "eu" }, "customClaims": { "region": "eu" }, "includes_roles": true, "includesRoles": true
    });
    let client = Newcomer::register(&app, ResponseType::Code, more).await;
    let (_, tokens) = client.walk(&app, &mut app.browser(), &client.ask()).await;
    let tokens = tokens.unwrap();
    for told in [Value::Object(id_token_claims(&app, tokens.id()).await), part(tokens.access(), 1), about(&app, &tokens).await] {
        assert!(told.get("region").is_none() && told.get("roles").is_none(), "{told}");
    }
}

#[tokio::test]
async fn a_client_has_its_own_default_for_how_people_sign_in() {
    let app = TestApp::start().await;
    let body = json!({ "name": "Strict", "redirectUris": [CALLBACK], "scopes": ["openid"], "defaultAcrValues": ["urn:lumoauth:acr:1fa"] });
    let (client, shown) = make_client(&app, body).await;
    assert_eq!(shown["defaultAcrValues"], json!(["urn:lumoauth:acr:1fa"]));
    let mut browser = app.browser();
    let page = visit(&app, &mut browser, &Ask::of(&client.id, CALLBACK)).await;
    let code = Returned::of(&go_on(&mut browser, &app.notes.user, page).await).code();
    assert_eq!(redeem(&app, &client, &code).await.1["acr"], "urn:lumoauth:acr:1fa");
}
