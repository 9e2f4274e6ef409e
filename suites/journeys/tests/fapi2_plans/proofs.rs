//! Proofs of possession: which pass, what they bind, and which are refused.

use jose::alg::Algorithm;
use serde_json::{Value, json};
use suite_journeys::fapi_modules::INVALID_GRANT;
use suite_journeys::holder::Holder;
use suite_journeys::plan::{Plan, RESOURCE, reference, refused, without};
use suite_journeys::tokens::Tokens;
use testkit::Answered;

/// A proof for an endpoint whose claims were changed.
fn proof(plan: &Plan, method: &str, path: &str, token: Option<&str>, change: impl Fn(&mut Value)) -> String {
    let holder = &plan.one.holder;
    let mut claims = holder.claims(&plan.app, method, path, token);
    change(&mut claims);
    holder.sign(&holder.header(), &claims)
}

/// A token request with such a proof, and a call with another.
pub(crate) async fn proofs_pass(plan: &Plan, form: &[(&str, &str)], change: impl Fn(&mut Value) + Copy) {
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.proof = Some(proof(plan, "POST", &plan.app.api("/oauth/token"), None, change));
    let tokens = Tokens::of(plan.send(how, "/oauth/token", form).await);
    let proof = proof(plan, "GET", RESOURCE, Some(tokens.access()), change);
    let calling = plan.app.get(RESOURCE).header("authorization", &format!("DPoP {}", tokens.access()));
    calling.header("dpop", &proof).send().await.expect(200);
}

pub(crate) fn bounded(claims: &mut Value) {
    claims["nbf"] = claims["iat"].clone();
    claims["exp"] = json!(claims["iat"].as_i64().unwrap() + 60);
}

pub(crate) fn earlier(claims: &mut Value) {
    claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 10);
}

pub(crate) fn later(claims: &mut Value) {
    claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 8);
}

async fn flow_with_proofs(plan: &Plan, change: impl Fn(&mut Value) + Copy) {
    let mut how = plan.how(&plan.one, "/oauth/par");
    how.proof = Some(proof(plan, "POST", &plan.app.api("/oauth/par"), None, change));
    let pushed = plan.push_with(&plan.one, how, &plan.ask(&plan.one)).await;
    let code = plan.go(&plan.referring(&plan.one, &reference(pushed))).await.code();
    proofs_pass(plan, &plan.redeeming(&plan.one, &code), change).await;
}

pub(crate) async fn check_dpop_proof_nbf_exp(plan: &Plan) {
    flow_with_proofs(plan, bounded).await;
}

pub(crate) async fn ensure_dpopproof_with_iat_10seconds_before_succeeds(plan: &Plan) {
    flow_with_proofs(plan, earlier).await;
}

pub(crate) async fn ensure_dpopproof_with_iat_10seconds_after_succeeds(plan: &Plan) {
    flow_with_proofs(plan, later).await;
}

pub(crate) async fn ensure_mismatched_dpop_jkt_fails(plan: &Plan) {
    let mut how = plan.how(&plan.one, "/oauth/par");
    how.proof = Some(plan.one.holder.proof(&plan.app, "POST", &plan.app.api("/oauth/par"), None));
    let other = plan.ask(&plan.one).with("dpop_jkt", &plan.two.holder.jkt());
    refused(&plan.push_with(&plan.one, how, &other).await, &["invalid_request", "invalid_dpop_proof"]);
}

/// Redeem a code with a proof by the other client's key.
async fn redeem_by_another_key(plan: &Plan, code: &str) -> Answered {
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.proof = Some(plan.two.holder.for_tokens(&plan.app));
    plan.send(how, "/oauth/token", &plan.redeeming(&plan.one, code)).await
}

async fn code_with_proof_at_par(plan: &Plan) -> String {
    let mut how = plan.how(&plan.one, "/oauth/par");
    how.proof = Some(plan.one.holder.proof(&plan.app, "POST", &plan.app.api("/oauth/par"), None));
    let pushed = plan.push_with(&plan.one, how, &plan.ask(&plan.one)).await;
    plan.go(&plan.referring(&plan.one, &reference(pushed))).await.code()
}

async fn code_with_jkt(plan: &Plan) -> String {
    plan.authorize(&plan.one, &plan.ask(&plan.one).with("dpop_jkt", &plan.one.holder.jkt())).await.code()
}

pub(crate) async fn ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(plan: &Plan) {
    refused(&redeem_by_another_key(plan, &code_with_proof_at_par(plan).await).await, &INVALID_GRANT);
}

pub(crate) async fn ensure_token_endpoint_fails_with_mismatched_dpop_jkt(plan: &Plan) {
    refused(&redeem_by_another_key(plan, &code_with_jkt(plan).await).await, &INVALID_GRANT);
}

pub(crate) async fn ensure_dpopproof_at_par_endpoint_binding_success(plan: &Plan) {
    Tokens::of(plan.redeem(&plan.one, &code_with_proof_at_par(plan).await).await);
}

pub(crate) async fn ensure_dpop_auth_code_binding_success(plan: &Plan) {
    Tokens::of(plan.redeem(&plan.one, &code_with_jkt(plan).await).await);
}

pub(crate) async fn dpop_negative_tests(plan: &Plan) {
    let tokens = plan.tokens(&plan.one).await;
    bad_proofs_are_refused(plan, tokens.access()).await;
}

pub(crate) async fn bad_proofs_are_refused(plan: &Plan, token: &str) {
    let (app, holder) = (&plan.app, &plan.one.holder);
    let now = app.services.clock.now().as_secs();
    let made = |change: &dyn Fn(&mut Value, &mut Value)| {
        let (mut header, mut claims) = (holder.header(), holder.claims(app, "GET", RESOURCE, Some(token)));
        change(&mut header, &mut claims);
        holder.sign(&header, &claims)
    };
    let mut bad = Vec::new();
    for name in ["typ", "alg", "jwk"] {
        bad.push(made(&|header, _| without(header, name)));
    }
    for name in ["jti", "htm", "htu", "iat", "ath"] {
        bad.push(made(&|_, claims| without(claims, name)));
    }
    for (name, value) in [("typ", json!("jwt")), ("alg", json!("none")), ("alg", json!("RS256"))] {
        bad.push(made(&|header, _| header[name] = value.clone()));
    }
    for (name, value) in [
        ("htm", json!("POST")),
        ("htu", json!("https://example.com")),
        ("ath", json!("x")),
        ("iat", json!(now - 3600)),
        ("iat", json!(now + 3600)),
    ] {
        bad.push(made(&|_, claims| claims[name] = value.clone()));
    }
    bad.push(plan.two.holder.proof(app, "GET", RESOURCE, Some(token)));
    bad.push(Holder::with(Algorithm::ES384).proof(app, "GET", RESOURCE, Some(token)));
    bad.push("malformed".to_owned());
    let calling = || app.get(RESOURCE).header("authorization", &format!("DPoP {token}"));
    for proof in &bad {
        let status = calling().header("dpop", proof).send().await.status;
        assert!([400, 401].contains(&status), "{status} for {proof}");
    }
    assert_eq!(calling().send().await.status, 401, "no proof");
    assert_eq!(app.get(RESOURCE).bearer(token).send().await.status, 401, "a downgrade");
    let good = made(&|_, claims| claims["extra"] = json!(1));
    calling().header("dpop", &good).send().await.expect(200);
    assert_eq!(calling().header("dpop", &good).send().await.status, 401, "a proof that was used");
}
