//! Tokens that nobody issued as what they are shown for.

use super::get_with;
use jose::alg::Algorithm;
use jose::digest::hmac_sha256;
use jose::encoding::{base64url, decode_base64url};
use jose::jwe::{ContentEncryption, EncryptionKey, KeyManagement, encrypt};
use jose::jws::{sign, sign_with_header};
use jose::key::SigningKey;
use serde_json::{Map, Value, json};
use suite_journeys::code::{Ask, authorize, silently};
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
