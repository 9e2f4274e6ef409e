//! Authorization responses as JWTs (JARM), in every mode and for every response type.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::jwe::{ContentEncryption, DecryptionKey, KeyManagement, decrypt};
use oauth::ResponseType;
use serde_json::{Map, Value, json};
use suite_journeys::code::{Ask, Returned, STATE, authorize, silently, visit};
use suite_journeys::flows::{FORM_POST, Flow, HYBRID, IMPLICIT, RETURN, Scene, switch_on_everything};
use suite_journeys::pages::has_id;
use suite_journeys::tokens::{id_token_claims, part};
use testkit::TestApp;

const CODE: Flow = Flow { response_type: ResponseType::Code, is_posted: false };

async fn start() -> TestApp {
    let app = TestApp::start().await;
    switch_on_everything(&app).await;
    app
}

/// The usual request of the flow, answered by a JWT.
fn ask(scene: &Scene<'_>) -> Ask {
    scene.ask().with("response_mode", if scene.flow.is_posted { "form_post.jwt" } else { "jwt" })
}

/// The JWT of an answer that holds nothing else.
fn response(returned: &Returned) -> &str {
    assert_eq!(returned.params.len(), 1, "{:?} beside the response", returned.params.keys());
    returned.param("response")
}

/// The claims of an answer: signed, for this client, from this server, for ten seconds at least and ten minutes at most.
async fn claims_of(scene: &Scene<'_>, response: &str) -> Map<String, Value> {
    let claims = id_token_claims(scene.app, response).await;
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(scene.app.notes.issuer), &json!(scene.client.id)));
    let left = claims["exp"].as_i64().unwrap() - scene.app.services.clock.now().as_secs();
    assert!((10..=600).contains(&left), "{left} seconds");
    claims
}

/// The answer as it would have been without the envelope.
async fn open(scene: &Scene<'_>, returned: &Returned) -> Returned {
    unfold(returned, claims_of(scene, response(returned)).await)
}

fn unfold(returned: &Returned, claims: Map<String, Value>) -> Returned {
    let texts = claims.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
    Returned { params: texts.filter(|(name, _)| name != "aud").collect(), ..returned.clone() }
}

#[tokio::test]
async fn every_flow_can_be_answered_by_a_jwt_that_holds_the_whole_answer() {
    let app = start().await;
    for flow in [CODE].into_iter().chain(IMPLICIT).chain(HYBRID).chain(FORM_POST) {
        let scene = Scene::of(&app, flow).await;
        let returned = authorize(&app, &mut app.browser(), &app.notes.user, &ask(&scene)).await;
        scene.receive(open(&scene, &returned).await).await.expect_usual();
    }
}

#[tokio::test]
async fn errors_are_answered_the_same_way() {
    let app = start().await;
    for flow in [CODE].into_iter().chain(IMPLICIT).chain(HYBRID).chain(FORM_POST) {
        let scene = Scene::of(&app, flow).await;
        let returned = silently(&app, &mut app.browser(), &ask(&scene).with("prompt", "none")).await;
        scene.expect_place(&returned);
        let opened = open(&scene, &returned).await.expect_error("login_required");
        assert_eq!((opened.param("state"), opened.param("iss")), (STATE, app.notes.issuer.as_str()));
        let stateless = ask(&scene).with("prompt", "none").without("state");
        let opened = open(&scene, &silently(&app, &mut app.browser(), &stateless).await).await;
        assert!(!opened.params.contains_key("state"));
    }
}

#[tokio::test]
async fn each_mode_has_its_place() {
    let app = start().await;
    let scene = Scene::of(&app, CODE).await;
    for (mode, start) in
        [("query.jwt", "?response="), ("fragment.jwt", "#response="), ("jwt", "?response="), ("form_post.jwt", "")]
    {
        let asked = scene.ask().with("prompt", "none").with("response_mode", mode);
        let returned = silently(&app, &mut app.browser(), &asked).await;
        assert!(returned.url.starts_with(&format!("{RETURN}{start}")), "{mode}: {}", returned.url);
        assert_eq!(returned.is_posted, mode == "form_post.jwt");
        claims_of(&scene, response(&returned)).await;
    }
}

#[tokio::test]
async fn tokens_do_not_go_into_a_query_even_in_a_jwt() {
    let app = start().await;
    for flow in IMPLICIT.into_iter().chain(HYBRID) {
        let scene = Scene::of(&app, flow).await;
        for (mode, is_jwt) in [("query", false), ("query.jwt", true)] {
            let returned = silently(&app, &mut app.browser(), &scene.ask().with("response_mode", mode)).await;
            scene.expect_place(&returned);
            let returned = if is_jwt { open(&scene, &returned).await } else { returned };
            returned.expect_error("invalid_request");
        }
    }
}

#[tokio::test]
async fn responses_are_signed_with_what_the_client_registered() {
    let app = start().await;
    for (registered, expected) in [(None, "RS256"), (Some("PS256"), "PS256"), (Some("ES256"), "ES256")] {
        let scene = Scene::with(&app, CODE, json!({ "authorizationSignedResponseAlg": registered })).await;
        let returned = silently(&app, &mut app.browser(), &ask(&scene).with("prompt", "none")).await;
        assert_eq!(part(response(&returned), 0)["alg"], expected);
        claims_of(&scene, response(&returned)).await;
    }
}

#[tokio::test]
async fn a_client_that_registered_for_it_gets_its_responses_encrypted_and_never_in_the_clear() {
    let app = start().await;
    for algorithm in [KeyManagement::RsaOaep256, KeyManagement::EcdhEsA256Kw] {
        let key = DecryptionKey::generate(algorithm, "enc-1").unwrap();
        let mut public = serde_json::to_value(key.public().unwrap()).unwrap();
        public["use"] = json!("enc");
        let registration = json!({
            "jwks": { "keys": [public] },
            "authorizationSignedResponseAlg": "ES256",
            "authorizationEncryptedResponseAlg": algorithm.name(),
            "authorizationEncryptedResponseEnc": "A256GCM"
        });
        for flow in [CODE, HYBRID[2], FORM_POST[5]] {
            let scene = Scene::with(&app, flow, registration.clone()).await;
            let returned = authorize(&app, &mut app.browser(), &app.notes.user, &ask(&scene)).await;
            let sealed = response(&returned);
            assert_eq!((sealed.split('.').count(), part(sealed, 0)["kid"].as_str()), (5, Some("enc-1")));
            assert_eq!(part(sealed, 0)["cty"], "JWT");
            let opened = decrypt(sealed, &key, &[ContentEncryption::A256Gcm]).unwrap();
            let signed = String::from_utf8(opened.plaintext.to_vec()).unwrap();
            assert_eq!(part(&signed, 0)["alg"], "ES256");
            let plain = unfold(&returned, claims_of(&scene, &signed).await);
            scene.receive(plain).await.expect_usual();
        }
    }
}

/// RFC 7515 appendix A.3.1, for signatures alone.
const SIGNS_ONLY: &str = r#"{"kty":"EC","crv":"P-256","use":"sig","kid":"s","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

#[tokio::test]
async fn a_client_without_a_key_to_encrypt_to_gets_a_page_and_no_answer() {
    let app = start().await;
    let registration = json!({
        "jwks": { "keys": [SIGNS_ONLY.parse::<serde_json::Value>().unwrap()] }, "authorizationSignedResponseAlg": "RS256",
        "authorizationEncryptedResponseAlg": "ECDH-ES", "authorizationEncryptedResponseEnc": "A256GCM"
    });
    let scene = Scene::with(&app, CODE, registration).await;
    let answered = visit(&app, &mut app.browser(), &ask(&scene).with("prompt", "none")).await;
    assert!(answered.status == 400 && has_id(&answered, "error"), "{} {}", answered.status, answered.text());
    silently(&app, &mut app.browser(), &scene.ask().with("prompt", "none")).await.expect_error("login_required");
}

#[tokio::test]
async fn a_response_is_no_id_token() {
    let app = start().await;
    let scene = Scene::of(&app, CODE).await;
    let mut browser = app.browser();
    let returned = authorize(&app, &mut browser, &app.notes.user, &ask(&scene)).await;
    let jwt = response(&returned).to_owned();
    let hinted = scene.ask().with("prompt", "none").with("id_token_hint", &jwt);
    silently(&app, &mut browser, &hinted).await.expect_error("invalid_request");
    let with_it = app.get(&app.api("/oauth/userinfo")).bearer(&jwt).send().await;
    assert_eq!(with_it.status, 401);
}

#[tokio::test]
async fn discovery_announces_the_modes_and_what_they_are_sealed_with() {
    let app = start().await;
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    let list =
        |name: &str| -> Vec<&str> { document[name].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect() };
    for mode in ["query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"] {
        assert!(list("response_modes_supported").contains(&mode), "{mode}");
    }
    for algorithm in list("authorization_signing_alg_values_supported") {
        assert!(Algorithm::ASYMMETRIC.iter().any(|known| known.name() == algorithm), "{algorithm}");
    }
    assert_eq!(list("authorization_encryption_enc_values_supported").len(), ContentEncryption::ALL.len());
    assert_eq!(list("authorization_encryption_alg_values_supported").len(), KeyManagement::ASYMMETRIC.len());
}
