//! What the modules do.

use jose::alg::Algorithm;
use jose::encoding::base64url;
use jose::jws::sign;
use oauth::grant::REFRESH_TOKEN;
use serde_json::{Value, json};
use std::time::Duration;
use suite_journeys::code::{Ask, NONCE, Returned, STATE, visit};
use suite_journeys::fapi_modules::pushing::push_by;
use suite_journeys::fapi_modules::{INVALID, INVALID_CLIENT, INVALID_GRANT, INVALID_OBJECT};
use suite_journeys::pages::press;
use suite_journeys::plan::{Plan, Proof, RESOURCE, entropy, reference, refused, rsa_key, says_no_more, without};
use suite_journeys::tokens::{Tokens, id_token_claims, part};
use testkit::Answered;

/// An object is refused, wherever the variant sends it.
async fn object_is_refused(plan: &Plan, object: &str, errors: &[&str]) {
    if plan.variant.is_pushed {
        refused(&plan.push_object(&plan.one, object).await, errors);
    } else {
        plan.leads_nowhere(&plan.carrying(&plan.one, object, &plan.ask(&plan.one)), errors).await;
    }
}

async fn changed_object_is_refused(plan: &Plan, errors: &[&str], change: impl FnOnce(&mut Value, i64)) {
    let mut claims = plan.one.object_claims(&plan.app, &plan.ask(&plan.one));
    change(&mut claims, plan.app.services.clock.now().as_secs());
    object_is_refused(plan, &plan.one.object(&claims), errors).await;
}

async fn request_is_refused(plan: &Plan, ask: &Ask, errors: &[&str]) {
    object_is_refused(plan, &plan.one.object(&plan.one.object_claims(&plan.app, ask)), errors).await;
}

/// The answer as a careful client takes it: where it belongs, with the hashes that tie its parts together.
async fn check_answer(plan: &Plan, returned: &Returned) {
    assert_eq!((returned.param("state"), returned.param("iss")), (STATE, plan.app.notes.issuer.as_str()));
    assert!(entropy(returned.param("code")) > 96.0, "{}", returned.url);
    if plan.variant.is_jarm {
        return;
    }
    assert!(returned.url.contains('#') && !returned.url.contains("code=&"), "{}", returned.url);
    let token = returned.param("id_token");
    let claims = id_token_claims(&plan.app, token).await;
    assert_eq!(part(token, 0)["alg"], "PS256");
    for (hash, of) in [("s_hash", STATE), ("c_hash", returned.param("code"))] {
        assert_eq!(claims[hash], Algorithm::PS256.half_hash(of), "{hash}");
    }
    assert_eq!(claims["nonce"], NONCE);
}

pub(crate) async fn discovery_end_point_verification(plan: &Plan) {
    let document = plan.discovery().await;
    assert_eq!(document["request_parameter_supported"], true);
    assert!(document["request_object_signing_alg_values_supported"].as_array().unwrap().contains(&json!("PS256")));
}

pub(crate) async fn happy_flow(plan: &Plan) {
    let mut all = Vec::new();
    for party in [&plan.one, &plan.two] {
        let returned = plan.authorize(party, &plan.ask(party)).await;
        check_answer(plan, &returned).await;
        let tokens = Tokens::of(plan.redeem(party, &returned.code()).await);
        assert_eq!((&tokens.0["token_type"], &part(tokens.id(), 0)["alg"]), (&json!("Bearer"), &json!("PS256")));
        plan.call(party, tokens.access()).await.expect(200);
        all.push(tokens);
    }
    assert_eq!(plan.call(&plan.two, all[0].access()).await.status, 401);
    assert_eq!(plan.app.get(RESOURCE).bearer(all[0].access()).send().await.status, 401, "without the certificate");
}

pub(crate) async fn user_rejects_authentication(plan: &Plan) {
    let state = "s".repeat(128);
    let carried = plan.carried(&plan.two, &plan.ask(&plan.two).with("state", &state)).await;
    let mut browser = plan.browser();
    let page = visit(&plan.app, &mut browser, &carried).await;
    let sent = press(&mut browser, &page, "consent-form", &[("decision", "deny")]).await;
    let opened = plan.open(&Returned::of(&browser.follow(sent).await)).await.expect_error("access_denied");
    assert_eq!(opened.param("state"), state);
    says_no_more(&opened);
}

pub(crate) async fn ensure_valid_pkce_succeeds(plan: &Plan) {
    Tokens::of(plan.redeem(&plan.one, &plan.code(&plan.one).await).await);
}

/// A flow with an object whose claims were changed.
async fn flow_with(plan: &Plan, change: impl FnOnce(&mut Value)) -> Returned {
    let ask = plan.ask(&plan.one);
    let mut claims = plan.one.object_claims(&plan.app, &ask);
    change(&mut claims);
    let object = plan.one.object(&claims);
    let carried = if plan.variant.is_pushed {
        plan.referring(&plan.one, &reference(plan.push_object(&plan.one, &object).await))
    } else {
        plan.carrying(&plan.one, &object, &ask)
    };
    plan.go(&carried).await
}

pub(crate) async fn ensure_request_object_with_multiple_aud_succeeds(plan: &Plan) {
    flow_with(plan, |claims| claims["aud"] = json!([claims["aud"], "https://other1.example.com"])).await.code();
}

pub(crate) async fn ensure_authorization_request_without_state_success(plan: &Plan) {
    let returned = flow_with(plan, |claims| without(claims, "state")).await;
    assert!(!returned.params.contains_key("state") && !returned.code().is_empty());
    if !plan.variant.is_jarm {
        assert!(!id_token_claims(&plan.app, returned.param("id_token")).await.contains_key("s_hash"));
    }
}

pub(crate) async fn ensure_other_scope_order_succeeds(plan: &Plan) {
    flow_with(plan, |claims| claims["scope"] = json!("offline_access email openid")).await.code();
}

pub(crate) async fn access_token_type_header_case_sensitivity(plan: &Plan) {
    let tokens = plan.tokens(&plan.one).await;
    for scheme in ["bEARER", "bearer", "BEARER"] {
        plan.calling(&plan.one, tokens.access(), Some(scheme)).await.expect(200);
    }
}

pub(crate) async fn ensure_response_mode_query(plan: &Plan) {
    request_is_refused(plan, &plan.ask(&plan.one).with("response_mode", "query"), &["invalid_request"]).await;
}

async fn nonce_of(plan: &Plan, carried: &Ask) -> Value {
    let code = plan.go(carried).await.code();
    let tokens = Tokens::of(plan.redeem(&plan.one, &code).await);
    id_token_claims(&plan.app, tokens.id()).await["nonce"].clone()
}

pub(crate) async fn ensure_different_nonce_inside_and_outside_request_object(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await.with("nonce", "outside");
    assert_eq!(nonce_of(plan, &carried).await, NONCE);
}
async fn nonce_of_length(plan: &Plan, length: usize) {
    let nonce = "n".repeat(length);
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one).with("nonce", &nonce)).await;
    assert_eq!(nonce_of(plan, &carried).await, nonce);
}
pub(crate) async fn ensure_request_object_with_long_nonce(plan: &Plan) {
    nonce_of_length(plan, 384).await;
}
pub(crate) async fn ensure_request_object_with_64_char_nonce_success(plan: &Plan) {
    nonce_of_length(plan, 64).await;
}
pub(crate) async fn ensure_request_object_with_long_state(plan: &Plan) {
    let state = "s".repeat(1000);
    assert_eq!(flow_with(plan, |claims| claims["state"] = json!(state)).await.param("state"), state);
}

pub(crate) async fn ensure_registered_redirect_uri(plan: &Plan) {
    let ask = plan.ask(&plan.one).with("redirect_uri", "https://bank.example/callback/unregistered");
    let object = plan.one.object(&plan.one.object_claims(&plan.app, &ask));
    if plan.variant.is_pushed {
        refused(&plan.push_object(&plan.one, &object).await, &INVALID);
    } else {
        plan.leads_nowhere(&plan.carrying(&plan.one, &object, &ask), &[]).await;
    }
}

pub(crate) async fn ensure_matching_key_in_authorization_request(plan: &Plan) {
    let claims = plan.one.object_claims(&plan.app, &plan.ask(&plan.one));
    object_is_refused(plan, &plan.two.object(&claims), &INVALID).await;
}

pub(crate) async fn ensure_authorization_request_without_request_object_fails(plan: &Plan) {
    plan.leads_nowhere(&plan.ask(&plan.one), &["invalid_request"]).await;
}

pub(crate) async fn ensure_redirect_uri_in_authorization_request(plan: &Plan) {
    let ask = plan.ask(&plan.one).without("redirect_uri");
    let object = plan.one.object(&plan.one.object_claims(&plan.app, &ask));
    if plan.variant.is_pushed {
        refused(&plan.push_object(&plan.one, &object).await, &INVALID);
    } else {
        plan.leads_nowhere(&plan.carrying(&plan.one, &object, &ask), &INVALID).await;
    }
}

pub(crate) async fn attempt_reuse_authorisation_code_after_one_second(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    let tokens = Tokens::of(plan.redeem(&plan.one, &code).await);
    plan.app.clock.advance(Duration::from_secs(1));
    refused(&plan.redeem(&plan.one, &code).await, &INVALID_GRANT);
    assert_eq!(plan.call(&plan.one, tokens.access()).await.status, 401);
}

/// A token request with an assertion whose claims were changed.
async fn redeem_by(plan: &Plan, change: impl Fn(&mut Value)) -> Answered {
    let code = plan.code(&plan.one).await;
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.assertion = Some(plan.one.assertion(&plan.app, change));
    plan.send(how, "/oauth/token", &plan.redeeming(&plan.one, &code)).await
}

pub(crate) async fn ensure_client_assertion_with_iss_aud_succeeds(plan: &Plan) {
    redeem_by(plan, |claims| claims["aud"] = json!(plan.app.notes.issuer)).await.expect(200);
}
pub(crate) async fn array_as_audience_of_the_assertion(plan: &Plan) {
    redeem_by(plan, |claims| claims["aud"] = json!([claims["aud"], "https://other.example.com"])).await.expect(200);
}
pub(crate) async fn ensure_client_assertion_with_wrong_iss_fails(plan: &Plan) {
    refused(&redeem_by(plan, |claims| claims["iss"] = json!("other")).await, &INVALID_CLIENT);
}
pub(crate) async fn ensure_client_assertion_with_wrong_sub_fails(plan: &Plan) {
    refused(&redeem_by(plan, |claims| claims["sub"] = json!("other")).await, &INVALID_CLIENT);
}
pub(crate) async fn ensure_client_assertion_with_wrong_aud_fails(plan: &Plan) {
    refused(&redeem_by(plan, |claims| claims["aud"] = json!("https://other.example.com")).await, &INVALID_CLIENT);
}
pub(crate) async fn ensure_client_assertion_with_no_sub_fails(plan: &Plan) {
    refused(&redeem_by(plan, |claims| without(claims, "sub")).await, &INVALID_CLIENT);
}
pub(crate) async fn ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(plan: &Plan) {
    refused(&redeem_by(plan, |claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 300)).await, &INVALID_CLIENT);
}
pub(crate) async fn ensure_client_assertion_in_token_endpoint(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    let mut how = plan.how(&plan.one, "/oauth/token");
    (how.assertion, how.client_id) = (None, Some(plan.one.id.clone()));
    refused(&plan.send(how, "/oauth/token", &plan.redeeming(&plan.one, &code)).await, &INVALID_CLIENT);
}
pub(crate) async fn ensure_signed_client_assertion_with_rs256_fails(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.assertion = Some(sign(&rsa_key(Algorithm::RS256), "JWT", &plan.one.claims(&plan.app)).unwrap());
    refused(&plan.send(how, "/oauth/token", &plan.redeeming(&plan.one, &code)).await, &["invalid_client"]);
}

pub(crate) async fn par_url_as_audience_of_the_assertion(plan: &Plan) {
    let endpoint = format!("{}{}", plan.app.notes.base_url, plan.app.api("/oauth/par"));
    push_by(plan, |claims| claims["aud"] = json!(endpoint)).await.expect(201);
}
pub(crate) async fn token_endpoint_url_as_audience_of_the_assertion(plan: &Plan) {
    let endpoint = format!("{}{}", plan.app.notes.base_url, plan.app.api("/oauth/token"));
    push_by(plan, |claims| claims["aud"] = json!(endpoint)).await.expect(201);
}
pub(crate) async fn par_ensure_client_assertion_with_wrong_aud_fails(plan: &Plan) {
    refused(&push_by(plan, |claims| claims["aud"] = json!("https://other.example.com")).await, &INVALID_CLIENT);
}
pub(crate) async fn par_ensure_client_assertion_with_wrong_iss_fails(plan: &Plan) {
    refused(&push_by(plan, |claims| claims["iss"] = json!("other")).await, &INVALID_CLIENT);
}
pub(crate) async fn par_ensure_client_assertion_with_wrong_sub_fails(plan: &Plan) {
    refused(&push_by(plan, |claims| claims["sub"] = json!("other")).await, &INVALID_CLIENT);
}

pub(crate) async fn refresh_token(plan: &Plan) {
    let tokens = plan.tokens(&plan.one).await;
    let form = [("grant_type", REFRESH_TOKEN), ("refresh_token", tokens.refresh())];
    refused(&plan.post(&plan.two, "/oauth/token", &form).await, &INVALID_GRANT);
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.certificate = None;
    refused(&plan.send(how, "/oauth/token", &form).await, &INVALID_CLIENT);
    let again = Tokens::of(plan.post(&plan.one, "/oauth/token", &form).await);
    plan.call(&plan.one, again.access()).await.expect(200);
    assert_eq!(id_token_claims(&plan.app, again.id()).await["sub"], id_token_claims(&plan.app, tokens.id()).await["sub"]);
}

pub(crate) async fn par_authorization_request_containing_request_uri_form_param(plan: &Plan) {
    let object = plan.one.object(&plan.one.object_claims(&plan.app, &plan.ask(&plan.one)));
    let form = [("request", object.as_str()), ("request_uri", "urn:ietf:params:oauth:request_uri:x")];
    refused(&plan.post(&plan.one, "/oauth/par", &form).await, &INVALID);
}
pub(crate) async fn par_attempt_invalid_http_method(plan: &Plan) {
    let answered = plan.app.request("PUT", &plan.app.api("/oauth/par")).form(&[("client_id", &plan.one.id)]).send().await;
    assert_eq!(answered.status, 405);
}
pub(crate) async fn par_attempt_invalid_redirect_uri(plan: &Plan) {
    request_is_refused(plan, &plan.ask(&plan.one).with("redirect_uri", "https://bank.example/other"), &INVALID).await;
}
pub(crate) async fn par_pushed_authorization_url_as_audience_in_request_object(plan: &Plan) {
    let endpoint = format!("{}{}", plan.app.notes.base_url, plan.app.api("/oauth/par"));
    changed_object_is_refused(plan, &INVALID_OBJECT, |claims, _| claims["aud"] = json!(endpoint)).await;
}
pub(crate) async fn par_authorization_request_containing_request_uri(plan: &Plan) {
    let uri = "urn:ietf:params:oauth:request_uri:x";
    changed_object_is_refused(plan, &INVALID_OBJECT, |claims, _| claims["request_uri"] = json!(uri)).await;
}
pub(crate) async fn par_ensure_pkce_required(plan: &Plan) {
    request_is_refused(plan, &plan.ask(&plan.one).without_pkce(), &["invalid_request"]).await;
}
pub(crate) async fn par_plain_pkce_rejected(plan: &Plan) {
    request_is_refused(plan, &plan.ask(&plan.one).with("code_challenge_method", "plain"), &["invalid_request"]).await;
}

async fn redeem_with_verifier(plan: &Plan, verifier: Option<&str>) -> Answered {
    let code = plan.code(&plan.one).await;
    let mut form: Vec<_> = plan.redeeming(&plan.one, &code).into_iter().filter(|(name, _)| *name != "code_verifier").collect();
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    plan.post(&plan.one, "/oauth/token", &form).await
}
pub(crate) async fn incorrect_pkce_code_verifier_rejected(plan: &Plan) {
    refused(&redeem_with_verifier(plan, Some(&"w".repeat(50))).await, &INVALID_GRANT);
}
pub(crate) async fn ensure_pkce_code_verifier_required(plan: &Plan) {
    refused(&redeem_with_verifier(plan, None).await, &INVALID_GRANT);
}

pub(crate) async fn ensure_response_type_code_fails(plan: &Plan) {
    let errors = ["invalid_request", "unsupported_response_type", "unauthorized_client"];
    request_is_refused(plan, &plan.ask(&plan.one).with("response_type", "code"), &errors).await;
}
pub(crate) async fn ensure_request_object_without_exp_fails(plan: &Plan) {
    changed_object_is_refused(plan, &INVALID_OBJECT, |claims, _| without(claims, "exp")).await;
}
pub(crate) async fn ensure_request_object_without_nbf_fails(plan: &Plan) {
    changed_object_is_refused(plan, &INVALID_OBJECT, |claims, _| without(claims, "nbf")).await;
}
pub(crate) async fn ensure_request_object_without_scope_fails(plan: &Plan) {
    changed_object_is_refused(plan, &INVALID, |claims, _| without(claims, "scope")).await;
}
pub(crate) async fn ensure_request_object_without_nonce_fails(plan: &Plan) {
    changed_object_is_refused(plan, &INVALID, |claims, _| without(claims, "nonce")).await;
}
pub(crate) async fn ensure_request_object_without_redirect_uri_fails(plan: &Plan) {
    changed_object_is_refused(plan, &INVALID, |claims, _| without(claims, "redirect_uri")).await;
}
pub(crate) async fn state_only_outside_request_object_not_used(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one).without("state")).await.with("state", "outside");
    let returned = plan.go(&carried).await;
    assert!(!returned.params.contains_key("state") && !returned.code().is_empty(), "{}", returned.url);
}
pub(crate) async fn ensure_expired_request_object_fails(plan: &Plan) {
    changed_object_is_refused(plan, &INVALID_OBJECT, |claims, now| claims["exp"] = json!(now - 300)).await;
}
pub(crate) async fn ensure_request_object_with_bad_aud_fails(plan: &Plan) {
    changed_object_is_refused(plan, &INVALID_OBJECT, |claims, _| claims["aud"] = json!("https://other.example.com")).await;
}
pub(crate) async fn ensure_request_object_with_exp_over_60_fails(plan: &Plan) {
    changed_object_is_refused(plan, &INVALID_OBJECT, |claims, now| claims["exp"] = json!(now + 70 * 60)).await;
}
pub(crate) async fn ensure_request_object_with_nbf_over_60_fails(plan: &Plan) {
    changed_object_is_refused(plan, &INVALID_OBJECT, |claims, now| claims["nbf"] = json!(now - 70 * 60)).await;
}
pub(crate) async fn ensure_request_object_signature_algorithm_is_not_none(plan: &Plan) {
    let claims = plan.one.object_claims(&plan.app, &plan.ask(&plan.one));
    let object = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string()));
    object_is_refused(plan, &object, &["invalid_request_object", "request_not_supported"]).await;
}
pub(crate) async fn ensure_signed_request_object_with_rs256_fails(plan: &Plan) {
    let claims = plan.one.object_claims(&plan.app, &plan.ask(&plan.one));
    let object = sign(&rsa_key(Algorithm::RS256), "oauth-authz-req+jwt", &claims).unwrap();
    object_is_refused(plan, &object, &INVALID_OBJECT).await;
}
pub(crate) async fn ensure_request_object_with_invalid_signature_fails(plan: &Plan) {
    let object = plan.one.object(&plan.one.object_claims(&plan.app, &plan.ask(&plan.one)));
    let (signed, _) = object.rsplit_once('.').unwrap();
    object_is_refused(plan, &format!("{signed}.{}", base64url([7; 256])), &INVALID_OBJECT).await;
}

pub(crate) async fn ensure_client_id_in_token_endpoint(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    let mut how = plan.how(&plan.one, "/oauth/token");
    match plan.variant.proof {
        Proof::PrivateKeyJwt => how.assertion = Some(plan.two.assertion(&plan.app, |_| ())),
        Proof::Mtls => how.client_id = Some(plan.two.id.clone()),
    }
    let answered = plan.send(how, "/oauth/token", &plan.redeeming(&plan.one, &code)).await;
    refused(&answered, &["invalid_client", "invalid_grant"]);
}
pub(crate) async fn ensure_mtls_holder_of_key_required(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.certificate = None;
    refused(&plan.send(how, "/oauth/token", &plan.redeeming(&plan.one, &code)).await, &INVALID_CLIENT);
}
pub(crate) async fn ensure_authorization_code_is_bound_to_client(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    refused(&plan.redeem(&plan.two, &code).await, &INVALID_GRANT);
}
