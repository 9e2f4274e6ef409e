//! Attacks on tokens that must fail: forged headers, tokens of somebody else, broken and oversized requests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::digest::hmac_sha256;
use jose::encoding::{base64url, decode_base64url};
use jose::jwe::{ContentEncryption, EncryptionKey, KeyManagement, encrypt};
use jose::jws::{sign, sign_with_header};
use jose::key::SigningKey;
use oauth::grant::CLIENT_CREDENTIALS;
use serde_json::{Map, Value, json};
use suite_journeys::admin::{call, get};
use suite_journeys::code::{Ask, VERIFIER, authorize, silently};
use suite_journeys::holder::{Holder, confidential, send};
use suite_journeys::keys::{Prover, server_key};
use suite_journeys::organizations;
use suite_journeys::pages::is_signed_in;
use suite_journeys::tokens::{Client, Tokens, expect_error, is_alive, part, published_keys, userinfo, web_tokens};
use testkit::{SeededRng, TestApp, databases};

/// A token made by an attacker from a good one.
fn forge(token: &str, header: &Value, signature: &[u8]) -> String {
    let claims = token.split('.').nth(1).unwrap();
    format!("{}.{claims}.{}", base64url(header.to_string()), base64url(signature))
}

/// What the server is sent as an access token; each opens nothing, anywhere.
async fn must_open_nothing(app: &TestApp, forged: &[(&str, String)]) {
    let web = Client::web(app);
    for (what, token) in forged {
        assert_eq!(userinfo(app, token).await.status, 401, "{what} at UserInfo");
        assert_eq!(app.get(&app.api("/me")).bearer(token).send().await.status, 401, "{what} at the API");
        assert_eq!(get_with(app, "/admin/users", token).await, 401, "{what} at administration");
        assert_eq!(web.introspect(app, token).await, json!({ "active": false }), "{what} at introspection");
        assert_eq!(web.revoke(app, token).await.status, 200, "{what} at revocation");
        let mut browser = app.browser();
        let answered = silently(app, &mut browser, &Ask::web(app).with("prompt", "none").with("id_token_hint", token)).await;
        assert!(!answered.params.contains_key("code"), "{what} as a hint");
    }
}

async fn get_with(app: &TestApp, path: &str, token: &str) -> u16 {
    app.get(&app.api(path)).bearer(token).send().await.status
}

#[tokio::test]
async fn b14_the_header_does_not_choose_how_it_is_verified() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid email").await;
    let good = tokens.access();
    let header = part(good, 0);
    let kid = header["kid"].as_str().unwrap();
    let signature = decode_base64url(good.split('.').nth(2).unwrap()).unwrap();
    let jwks = app.get(&app.api("/.well-known/jwks.json")).send().await;
    let published = jwks.json()["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid).unwrap().clone();
    let with = |changes: Value| {
        let mut changed = header.clone();
        changed.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        changed
    };
    let mut forged: Vec<(&str, String)> = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        forged.push(("alg none", forge(good, &with(json!({ "alg": alg })), b"")));
        forged.push(("alg none with the old signature", forge(good, &with(json!({ "alg": alg })), &signature)));
    }
    let mut secrets = vec![jwks.body.clone(), published.to_string().into_bytes(), Vec::new()];
    secrets.extend(["n", "x", "y"].iter().filter_map(|name| published[name].as_str()).map(|text| text.as_bytes().to_vec()));
    secrets
        .extend(["n", "x", "y"].iter().filter_map(|name| published[name].as_str()).map(|text| decode_base64url(text).unwrap()));
    for secret in &secrets {
        let header = with(json!({ "alg": "HS256" }));
        let signed = format!("{}.{}", base64url(header.to_string()), good.split('.').nth(1).unwrap());
        forged.push(("HS256 with the public key", forge(good, &header, &hmac_sha256(secret, signed.as_bytes()))));
    }
    for alg in ["PS256", "RS384", "RS512", "PS512", "ES256", "ES384", "EdDSA", "Ed25519", "HS512"]
        .iter()
        .filter(|alg| header["alg"] != **alg)
    {
        forged.push(("another algorithm", forge(good, &with(json!({ "alg": alg })), &signature)));
    }
    forged.push(("no kid, old signature", forge(good, &json!({ "alg": header["alg"], "typ": "at+jwt" }), &signature)));
    forged.push(("another kid", forge(good, &with(json!({ "kid": "unknown" })), &signature)));
    forged.push(("changed claims", change_claims(good)));
    forged.push(("no signature", format!("{}.", good.rsplit_once('.').unwrap().0)));
    forged.push(("two parts", good.rsplit_once('.').unwrap().0.to_owned()));
    forged.push(("four parts", format!("{good}.x")));
    must_open_nothing(&app, &forged).await;
    assert!(is_alive(&app, good).await);
}

fn change_claims(token: &str) -> String {
    let mut claims = part(token, 1);
    claims["scope"] = json!("openid email admin");
    let parts: Vec<&str> = token.split('.').collect();
    format!("{}.{}.{}", parts[0], base64url(claims.to_string()), parts[2])
}

#[tokio::test]
async fn b14_what_the_servers_own_key_signed_for_something_else_is_no_access_token() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid email").await;
    let claims = part(tokens.access(), 1);
    let key = server_key(&app, &part(tokens.access(), 0)).await;
    let signed = |header: Value| sign_with_header(&key, header.as_object().unwrap(), claims.to_string().as_bytes()).unwrap();
    let kid = key.kid();
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        sign(&key, "at+jwt", &claims).unwrap()
    };
    let now = app.services.clock.now().as_secs();
    assert!(is_alive(&app, &signed(json!({ "typ": "at+jwt", "kid": kid }))).await, "the scene is right: nothing was changed");
    let forged = [
        ("unknown crit", signed(json!({ "typ": "at+jwt", "kid": kid, "crit": ["urn:example:x"], "urn:example:x": true }))),
        ("empty crit", signed(json!({ "typ": "at+jwt", "kid": kid, "crit": [] }))),
        ("b64", signed(json!({ "typ": "at+jwt", "kid": kid, "crit": ["b64"], "b64": false }))),
        ("typ JWT", signed(json!({ "typ": "JWT", "kid": kid }))),
        ("typ logout+jwt", signed(json!({ "typ": "logout+jwt", "kid": kid }))),
        ("no typ", signed(json!({ "kid": kid }))),
        ("another issuer", changed("iss", json!("http://localhost:8080/orgs/globex"))),
        ("expired", changed("exp", json!(now - 1))),
        ("exp as text", changed("exp", json!("4000000000"))),
        ("no jti", changed("jti", json!(null))),
        ("made-up jti", changed("jti", json!("made-up"))),
        ("another client", changed("client_id", json!("nobody"))),
    ];
    must_open_nothing(&app, &forged).await;
    // The ID token is signed by the same keys, and is good only as a hint.
    assert_eq!(userinfo(&app, tokens.id()).await.status, 401);
    assert_eq!(Client::web(&app).introspect(&app, tokens.id()).await, json!({ "active": false }));
}

#[tokio::test]
async fn b14_client_assertions_are_judged_by_the_registered_key() {
    let app = TestApp::start().await;
    let prover = Prover::register(&app, json!({})).await;
    let good = prover.assertion(&app, |_| {});
    prover.present(&app, &good).await.expect(200);
    let jwk = serde_json::to_value(prover.key.public()).unwrap();
    let claims = base64url(prover.claims(&app).to_string());
    let hs256 = |secret: &[u8]| {
        let signed =
            format!("{}.{claims}", base64url(json!({ "alg": "HS256", "typ": "JWT", "kid": prover.key.kid() }).to_string()));
        format!("{signed}.{}", base64url(hmac_sha256(secret, signed.as_bytes())))
    };
    let none = format!("{}.{claims}.", base64url(br#"{"alg":"none"}"#));
    let other = SigningKey::generate(Algorithm::ES256, prover.key.kid()).unwrap();
    let crit = sign_with_header(
        &prover.key,
        json!({ "crit": ["x"], "x": 1 }).as_object().unwrap(),
        prover.claims(&app).to_string().as_bytes(),
    );
    let access_like = sign(&prover.key, "at+jwt", &prover.claims(&app)).unwrap();
    for forged in [
        none,
        hs256(jwk.to_string().as_bytes()),
        hs256(&decode_base64url(jwk["x"].as_str().unwrap()).unwrap()),
        sign(&other, "JWT", &prover.claims(&app)).unwrap(),
        crit.unwrap(),
        access_like,
        "x.y.z".to_owned(),
    ] {
        expect_error(prover.present(&app, &forged).await, 401, "invalid_client");
    }
}

#[tokio::test]
async fn b15_keys_in_the_header_are_ignored() {
    let app = TestApp::start().await;
    let good = web_tokens(&app, "openid").await;
    let attacker = SigningKey::generate(Algorithm::RS256, "attacker").unwrap();
    let claims = part(good.access(), 1).to_string();
    let own = serde_json::to_value(attacker.public()).unwrap();
    let kid = part(good.access(), 0)["kid"].clone();
    let mut forged = Vec::new();
    for members in [
        json!({ "jwk": own }),
        json!({ "jku": "http://localhost:9/jwks.json" }),
        json!({ "x5u": "http://localhost:9/chain.pem" }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "jwk": own, "jku": "http://localhost:9/jwks.json", "x5u": "http://localhost:9/chain.pem" }),
    ] {
        for kid in [kid.clone(), json!("attacker")] {
            let mut header: Map<String, Value> = members.as_object().unwrap().clone();
            header.extend([("typ".to_owned(), json!("at+jwt")), ("kid".to_owned(), kid)]);
            forged.push(("a key in the header", sign_with_header(&attacker, &header, claims.as_bytes()).unwrap()));
        }
    }
    must_open_nothing(&app, &forged).await;

    let prover = Prover::register(&app, json!({})).await;
    let attacker = SigningKey::generate(Algorithm::ES256, "attacker").unwrap();
    let header = json!({ "typ": "JWT", "kid": prover.key.kid(), "jwk": serde_json::to_value(attacker.public()).unwrap() });
    let assertion = sign_with_header(&attacker, header.as_object().unwrap(), prover.claims(&app).to_string().as_bytes()).unwrap();
    expect_error(prover.present(&app, &assertion).await, 401, "invalid_client");
}

#[tokio::test]
async fn b16_an_encrypted_token_is_no_signed_one() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid").await;
    let keys = published_keys(&app).await;
    let rsa = keys.keys().iter().find(|key| key.key_type() == "RSA").unwrap().bare();
    let recipient = EncryptionKey::new(&rsa, KeyManagement::RsaOaep256).unwrap();
    let claims = part(tokens.access(), 1).to_string();
    let unsigned = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(&claims));
    let mut forged = Vec::new();
    for plaintext in [tokens.access().to_owned(), unsigned, claims] {
        for typ in ["at+jwt", "JWT"] {
            let members = Map::from_iter([("typ".to_owned(), json!(typ)), ("cty".to_owned(), json!("JWT"))]);
            let encrypted =
                encrypt(&recipient, ContentEncryption::A256Gcm, &members, plaintext.as_bytes(), &SeededRng::new(5)).unwrap();
            forged.push(("an encrypted token", encrypted));
        }
    }
    must_open_nothing(&app, &forged).await;
}

#[tokio::test]
async fn b23_a_bearer_token_is_not_taken_under_another_scheme() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid").await;
    for scheme in ["DPoP", "dpop", "Basic", "ApiKey", "MAC", ""] {
        let value = format!("{scheme} {}", tokens.access());
        for path in ["/oauth/userinfo", "/me"] {
            let answered = app.get(&app.api(path)).header("authorization", value.trim_start()).send().await;
            assert!([400, 401].contains(&answered.status), "{scheme} {path}: {} {}", answered.status, answered.text());
        }
    }
    let other_case =
        app.get(&app.api("/oauth/userinfo")).header("authorization", &format!("bEARER {}", tokens.access())).send().await;
    assert_eq!(other_case.status, 200, "the scheme is case-insensitive");
}

#[tokio::test]
async fn b21_every_wrong_proof_of_possession_is_refused_at_the_token_endpoint_and_at_resources() {
    let app = TestApp::start().await;
    let (holder, rsa) = (Holder::default(), Holder::with(Algorithm::RS256));
    let client = confidential(&app, "client_a", |_| ()).await;
    let tokens = Tokens::of(holder.machine_token(&app, &client).await);
    let now = app.services.clock.now().as_secs();
    let mut private = json!(holder.key.public().bare());
    private["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
    let wrong: [(bool, &str, Value); 20] = [
        (true, "typ", json!(null)),
        (true, "typ", json!("JWT")),
        (true, "alg", json!("none")),
        (true, "alg", json!("HS256")),
        (true, "alg", json!("ES384")),
        (true, "jwk", json!(null)),
        (true, "jwk", private),
        (true, "jwk", json!({ "kty": "oct", "k": base64url("a shared secret of sufficient length") })),
        (true, "jwk", json!(rsa.key.public().bare())),
        (true, "crit", json!(["exp"])),
        (false, "htm", json!(null)),
        (false, "htm", json!("PATCH")),
        (false, "htu", json!(null)),
        (false, "htu", json!("https://localhost:8080/orgs/acme-corp/api/v1/oauth/token")),
        (false, "htu", json!(format!("{}/oauth/authorize", app.notes.issuer))),
        (false, "iat", json!(null)),
        (false, "iat", json!(now - 3600)),
        (false, "iat", json!(now + 3600)),
        (false, "jti", json!(null)),
        (false, "jti", json!("")),
    ];
    let (at_token, at_resource) = (app.api("/oauth/token"), app.api("/oauth/userinfo"));
    let proof = |method: &str, path: &str, token: Option<&str>, change: &(bool, &str, Value)| {
        let (mut header, mut claims) = (holder.header(), holder.claims(&app, method, path, token));
        let members = if change.0 { header.as_object_mut() } else { claims.as_object_mut() }.unwrap();
        members.insert(change.1.to_owned(), change.2.clone());
        members.retain(|_, value| !value.is_null());
        holder.sign(&header, &claims)
    };
    for change in &wrong {
        let sent = proof("POST", &at_token, None, change);
        let answered = send(&app, &client, Some(&sent), &[("grant_type", CLIENT_CREDENTIALS)]).await;
        assert_eq!((answered.status, &answered.json()["error"]), (400, &json!("invalid_dpop_proof")), "{change:?}");
        let sent = proof("GET", &at_resource, Some(tokens.access()), change);
        let answered = holder.calling(&app, "GET", &at_resource, tokens.access()).replacing("dpop", &sent).send().await;
        assert_eq!((answered.status, &answered.json()["error"]), (401, &json!("invalid_dpop_proof")), "{change:?}");
    }
    for ath in [json!(null), json!(""), json!(base64url("x")), json!(7)] {
        let sent = proof("GET", &at_resource, Some(tokens.access()), &(false, "ath", ath.clone()));
        let answered = holder.calling(&app, "GET", &at_resource, tokens.access()).replacing("dpop", &sent).send().await;
        assert_eq!((answered.status, &answered.json()["error"]), (401, &json!("invalid_dpop_proof")), "{ath}");
    }
    let good = proof("POST", &at_token, None, &(false, "x", json!(1)));
    for garbage in ["", "x", "a.b.c", "....", good.rsplit_once('.').unwrap().0, &"x".repeat(10_000)] {
        let answered = send(&app, &client, Some(garbage), &[("grant_type", CLIENT_CREDENTIALS)]).await;
        expect_error(answered, 400, "invalid_dpop_proof");
    }
    let twice = app.post(&at_token).header("dpop", &good).header("dpop", &holder.for_tokens(&app));
    let twice = twice.basic(&client.id, client.secret.as_deref().unwrap()).form(&[("grant_type", CLIENT_CREDENTIALS)]);
    expect_error(twice.send().await, 400, "invalid_dpop_proof");
}

#[tokio::test]
async fn b23_a_bound_token_is_worth_nothing_as_a_bearer_token() {
    let app = TestApp::start().await;
    let holder = Holder::default();
    let client = confidential(&app, "client_a", |_| ()).await;
    let tokens = holder.tokens(&app, &client).await;
    for path in ["/oauth/userinfo", "/me"] {
        for scheme in ["Bearer", "bearer", "bEARER"] {
            let sent = app.get(&app.api(path)).header("authorization", &format!("{scheme} {}", tokens.access()));
            expect_error(sent.send().await, 401, "invalid_token");
            let sent = app.get(&app.api(path)).header("authorization", &format!("{scheme} {}", tokens.access()));
            let proof = holder.proof(&app, "GET", &app.api(path), Some(tokens.access()));
            expect_error(sent.header("dpop", &proof).send().await, 401, "invalid_token");
        }
    }
    let in_form = app.post(&app.api("/oauth/userinfo")).form(&[("access_token", tokens.access())]).send().await;
    expect_error(in_form, 401, "invalid_token");
}

#[tokio::test]
async fn b24_an_assertion_for_somebody_else_is_refused() {
    let app = TestApp::start().await;
    let prover = Prover::register(&app, json!({})).await;
    let issuer = app.notes.issuer.clone();
    let now = app.services.clock.now().as_secs();
    let changes: [(&str, Value); 14] = [
        ("aud", json!("https://other.example")),
        ("aud", json!(["https://other.example"])),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("aud", json!(format!("{issuer}/"))),
        ("aud", json!("http://localhost:8080")),
        ("aud", json!("http://localhost:8080/orgs/globex")),
        ("iss", json!("somebody-else")),
        ("sub", json!(app.notes.web_client.client_id)),
        ("sub", json!(null)),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 86_400)),
        ("nbf", json!(now + 61)),
        ("jti", json!(null)),
    ];
    for (name, value) in changes {
        let assertion = prover.assertion(&app, |claims| {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        });
        let answered = prover.present(&app, &assertion).await;
        assert_eq!(
            (answered.status, &answered.json()["error"]),
            (401, &json!("invalid_client")),
            "{name}={value}: {}",
            answered.text()
        );
    }
    let as_another = [("grant_type", "client_credentials"), ("client_id", app.notes.service_client.client_id.as_str())];
    let answered = prover.send(&app, "/oauth/token", &prover.assertion(&app, |_| {}), &as_another).await;
    assert!([400, 401].contains(&answered.status), "{}", answered.text());
}

#[tokio::test]
async fn b24_under_the_strict_rules_only_the_issuer_alone_is_the_audience() {
    let app = TestApp::start().await;
    let prover = Prover::strict(&app).await;
    let issuer = app.notes.issuer.clone();
    for aud in [
        json!([issuer]),
        json!([issuer, "https://evil.example"]),
        json!(format!("{issuer}/api/v1/oauth/token")),
        json!(format!("{issuer}/api/v1/oauth/par")),
    ] {
        let assertion = prover.assertion(&app, |claims| claims["aud"] = aud.clone());
        expect_error(prover.present(&app, &assertion).await, 401, "invalid_client");
    }
    prover.present(&app, &prover.assertion(&app, |_| {})).await.expect(200);
}

#[tokio::test]
async fn b25_what_one_organization_issued_opens_nothing_in_another() {
    for database in databases() {
        let mut app = TestApp::start_on(database).await;
        let acme = app.notes.clone();
        let globex = organizations::another(&app, "globex").await;
        let mut browser = app.browser();
        let ask = Ask::web(&app).with("scope", "openid offline_access admin");
        let code = authorize(&app, &mut browser, &acme.admin, &ask).await.code();
        let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
        let machine = app.service_token("").await;
        let waiting = authorize(&app, &mut browser, &acme.admin, &ask).await.code();
        let session = browser.cookie("lumoauth_session").unwrap().to_owned();

        app.notes = globex;
        let theirs = Client::web(&app);
        for token in [tokens.access(), machine.as_str()] {
            assert_eq!(userinfo(&app, token).await.status, 401, "{database:?}");
            assert_eq!(get_with(&app, "/me", token).await, 401, "{database:?}");
            assert_eq!(get_with(&app, "/admin/users", token).await, 401, "{database:?}");
            assert_eq!(theirs.introspect(&app, token).await, json!({ "active": false }));
            assert_eq!(theirs.revoke(&app, token).await.status, 200);
        }
        assert_eq!(theirs.introspect(&app, tokens.refresh()).await, json!({ "active": false }));
        theirs.revoke(&app, tokens.refresh()).await.expect(200);
        expect_error(theirs.refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
        expect_error(theirs.redeem(&app, &waiting).await, 400, "invalid_grant");
        let foreign = Client { id: acme.web_client.client_id.clone(), secret: Some(acme.web_client.client_secret.clone()) };
        expect_error(foreign.introspect_raw(&app, tokens.access()).await, 401, "invalid_client");
        assert_eq!(app.get(&app.api("/me")).api_key(&acme.api_key).send().await.status, 401);
        let mut browser = app.browser();
        browser.set_cookie("lumoauth_session", &session);
        assert!(!is_signed_in(&app, &mut browser).await, "a session of one organization in another");
        let hint = silently(&app, &mut browser, &Ask::web(&app).with("prompt", "none").with("id_token_hint", tokens.id())).await;
        assert!(!hint.params.contains_key("code"));

        app.notes = acme;
        Tokens::of(Client::web(&app).refresh(&app, tokens.refresh()).await);
        assert!(is_alive(&app, &machine).await, "nobody over there could revoke it: {database:?}");
        Tokens::of(Client::web(&app).redeem(&app, &waiting).await);
    }
}

#[tokio::test]
async fn b29_broken_authorization_headers_are_refused() {
    let app = TestApp::start().await;
    let megabyte = "A".repeat(1024 * 1024);
    let values = [
        String::new(),
        " ".to_owned(),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!!".to_owned(),
        "Basic Og==".to_owned(),
        "Basic YQ==".to_owned(),
        "Basic YTpi YTpi".to_owned(),
        "Basic /////w==".to_owned(),
        "Basic YTpiCg".to_owned(),
        format!("Basic {megabyte}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer a b".to_owned(),
        "Bearer ......".to_owned(),
        format!("Bearer {megabyte}"),
        format!("Bearer {}", "a.".repeat(50_000)),
        format!("{megabyte} x"),
        "Digest username=\"x\"".to_owned(),
        ",,,,".to_owned(),
        "Bearer \u{1F600}".to_owned(),
    ];
    for value in &values {
        let shown: String = value.chars().take(30).collect();
        for (method, path) in [
            ("POST", "/oauth/token"),
            ("POST", "/oauth/introspect"),
            ("POST", "/oauth/revoke"),
            ("GET", "/oauth/userinfo"),
            ("GET", "/me"),
            ("GET", "/admin/users"),
        ] {
            let sending = app.request(method, &app.api(path)).header("authorization", value);
            let sending =
                if method == "POST" { sending.form(&[("grant_type", "client_credentials"), ("token", "x")]) } else { sending };
            let answered = sending.send().await;
            assert!([400, 401].contains(&answered.status), "{path} {shown}: {} {}", answered.status, answered.text());
            assert!(answered.body.len() < 2000, "{path} {shown}: the answer repeats what was sent");
        }
    }
    let twice = app.get(&app.api("/me")).bearer(&app.service_token("").await).header("authorization", "Bearer x").send().await;
    assert!([400, 401].contains(&twice.status), "{}", twice.text());
}

#[tokio::test]
async fn b30_ten_thousand_of_anything_are_refused() {
    let app = TestApp::start().await;
    let many = (0..10_000).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ");
    let claims = Value::Object((0..10_000).map(|n| (format!("c{n}"), Value::Null)).collect());
    let mut browser = app.browser();
    for ask in [
        Ask::web(&app).with("scope", &format!("openid {many}")),
        Ask::web(&app).with("claims", &json!({ "userinfo": claims }).to_string()),
        Ask::web(&app).with("claims", &format!("{}{}", "{\"a\":".repeat(5_000), "}".repeat(5_000))),
        Ask::web(&app).with("acr_values", &many).with("max_age", "soon"),
        Ask::web(&app).with("state", &"s".repeat(100_000)),
        Ask::web(&app).with("nonce", &"n".repeat(100_000)),
    ] {
        let answered = browser.post(&app.api("/oauth/authorize"), ask.pairs()).await;
        let refusal = answered.header("location");
        assert!(
            answered.status == 400 || (answered.status == 303 && refusal.contains("error=")),
            "{} {refusal}",
            answered.status
        );
        assert!(!refusal.contains("transaction=") && refusal.len() < 5_000, "a request of any size is kept or repeated");
    }
    let resources: Vec<(&str, String)> = (0..10_000).map(|n| ("resource", format!("https://api.example/{n}"))).collect();
    let mut form: Vec<(&str, &str)> = vec![("grant_type", "client_credentials")];
    form.extend(resources.iter().map(|(name, value)| (*name, value.as_str())));
    let service = Client::service(&app);
    assert!((400..500).contains(&service.post(&app, "/oauth/token", &form).await.status));
    let scopes = service.post(&app, "/oauth/token", &[("grant_type", "client_credentials"), ("scope", &many)]).await;
    assert!((400..500).contains(&scopes.status) && scopes.body.len() < 2000, "{}", scopes.text());
    let body =
        json!({ "name": "Many", "redirectUris": (0..10_000).map(|n| format!("https://a.example/{n}")).collect::<Vec<_>>() });
    assert!((400..500).contains(&call(&app, "POST", "/admin/clients", Some(&body)).await.status));
}

#[tokio::test]
async fn client_secrets_are_guessed_in_vain() {
    let app = TestApp::start().await;
    let web = Client::web(&app);
    for secret in ["", "x", &"A".repeat(43)] {
        let guess = Client { secret: Some(secret.to_owned()), ..web.clone() };
        expect_error(guess.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await, 401, "invalid_client");
    }
    let both =
        [("grant_type", "client_credentials"), ("client_id", web.id.as_str()), ("client_secret", web.secret.as_deref().unwrap())];
    let answered = web.post(&app, "/oauth/token", &both).await;
    assert!([400, 401].contains(&answered.status), "two ways at once: {}", answered.text());
    let unknown = Client { id: "client_unknown".to_owned(), secret: Some("x".to_owned()) };
    let (known, unknown) = (
        Client { secret: Some("x".to_owned()), ..web.clone() }
            .post(&app, "/oauth/token", &[("grant_type", "client_credentials")])
            .await,
        unknown.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await,
    );
    assert_eq!((known.status, known.json()), (unknown.status, unknown.json()), "known and unknown clients look the same");
    let public_with_secret = [("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", VERIFIER)];
    let answered =
        Client { secret: Some("x".to_owned()), ..Client::spa(&app) }.post(&app, "/oauth/token", &public_with_secret).await;
    assert!([400, 401].contains(&answered.status), "{}", answered.text());
    assert!(get(&app, "/admin/clients").await.expect(200).text().find(web.secret.as_deref().unwrap()).is_none());
}
