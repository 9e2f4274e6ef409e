//! Tokens under another scheme or without their proof of possession.

use jose::alg::Algorithm;
use jose::encoding::base64url;
use oauth::grant::CLIENT_CREDENTIALS;
use serde_json::{Value, json};
use suite_journeys::holder::{Holder, confidential, send};
use suite_journeys::tokens::{Tokens, expect_error, web_tokens};
use testkit::TestApp;

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
