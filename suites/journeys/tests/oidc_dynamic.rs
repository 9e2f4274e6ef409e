//! The modules of the OpenID Connect dynamic and third-party-initiated login certification plans, each by its name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::encoding::base64url;
use jose::jws::{Policy, verify_with_set};
use oauth::ResponseType;
use serde_json::{Value, json};
use std::time::Duration;
use suite_journeys::admin::post;
use suite_journeys::code::{Ask, NONCE, Returned, visit};
use suite_journeys::dynamic::{Newcomer, Place, RETURN, key, register, request};
use suite_journeys::flows::switch_on_everything;
use suite_journeys::pages::has_id;
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims, part, published_keys, userinfo};
use testkit::{Answered, TestApp};

/// A server on which every flow is switched on. Anyone may register on a development server.
async fn open_server() -> TestApp {
    let app = TestApp::start().await;
    switch_on_everything(&app).await;
    app
}

/// The response types with a code, which alone lead to the token endpoint.
fn with_codes() -> impl Iterator<Item = ResponseType> {
    ResponseType::ALL.into_iter().filter(|wanted| wanted.has_code())
}

fn is_error_page(answered: &Answered) -> bool {
    (400..500).contains(&answered.status) && has_id(answered, "error") && answered.header("location").is_empty()
}

/// The page a browser is shown that nobody signed in with.
async fn sign_in_page(app: &TestApp, client: &Newcomer) -> Answered {
    let page = visit(app, &mut app.browser(), &client.ask()).await.expect(200);
    assert!(has_id(&page, "sign-in-form"), "{}", page.text());
    page
}

#[tokio::test]
async fn oidcc_server() {
    let app = open_server().await;
    for wanted in ResponseType::ALL {
        let client = Newcomer::register(&app, wanted, json!({})).await;
        for name in ["client_id", "registration_access_token", "registration_client_uri"] {
            assert!(client.document[name].is_string(), "{name}");
        }
        assert!(client.document.get("client_secret").is_none(), "a client with keys gets no secret");
        assert_eq!(
            (&client.document["response_types"], &client.document["redirect_uris"]),
            (&json!([wanted.as_str()]), &json!([RETURN]))
        );
        client.walk(&app, &mut app.browser(), &client.ask()).await;
        assert_eq!(client.manage(&app, "DELETE", None).await.status, 204);
        assert!(is_error_page(&visit(&app, &mut app.browser(), &client.ask()).await), "a removed client is unknown");
    }
}

#[tokio::test]
async fn oidcc_discovery_endpoint_verification() {
    let app = open_server().await;
    let document = app.get(&format!("/orgs/{}/.well-known/openid-configuration", app.notes.org)).send().await.expect(200).json();
    let types = document["response_types_supported"].as_array().unwrap();
    for wanted in ["code", "id_token", "id_token token"] {
        assert!(types.contains(&json!(wanted)), "{wanted}");
    }
    assert_eq!(document["registration_endpoint"], format!("{}/api/v1/connect/register", app.notes.issuer));
    assert!(document["token_endpoint_auth_methods_supported"].as_array().unwrap().contains(&json!("private_key_jwt")));
}

#[tokio::test]
async fn oidcc_idtoken_rs256() {
    let app = open_server().await;
    for wanted in ResponseType::ALL {
        let client = Newcomer::register(&app, wanted, json!({ "id_token_signed_response_alg": "RS256" })).await;
        let (returned, tokens) = client.walk(&app, &mut app.browser(), &client.ask()).await;
        let token = returned.params.get("id_token").cloned().unwrap_or_else(|| tokens.unwrap().id().to_owned());
        let header = part(&token, 0);
        assert_eq!(header["alg"], "RS256");
        let kid = header["kid"].as_str().unwrap();
        assert!(published_keys(&app).await.find(Some(kid), Algorithm::RS256).next().is_some(), "{kid} is not published");
    }
}

#[tokio::test]
async fn oidcc_idtoken_unsigned() {
    let app = open_server().await;
    let document = request(ResponseType::Code, &key("rp-1"), &json!({ "id_token_signed_response_alg": "none" }));
    expect_error(register(&app, &document).await, 400, "invalid_client_metadata");
    let discovery = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert!(!discovery["id_token_signing_alg_values_supported"].to_string().contains("none"), "it is not advertised");
}

#[tokio::test]
async fn oidcc_userinfo_rs256() {
    let app = open_server().await;
    for wanted in ResponseType::ALL.into_iter().filter(|wanted| wanted.has_code() || wanted.has_token()) {
        let client = Newcomer::register(&app, wanted, json!({ "userinfo_signed_response_alg": "RS256" })).await;
        assert_eq!(client.document["userinfo_signed_response_alg"], "RS256");
        let (returned, tokens) = client.walk(&app, &mut app.browser(), &client.ask()).await;
        let access = returned.params.get("access_token").cloned().unwrap_or_else(|| tokens.as_ref().unwrap().access().to_owned());
        let id_token = returned.params.get("id_token").cloned().unwrap_or_else(|| tokens.as_ref().unwrap().id().to_owned());
        let answered = userinfo(&app, &access).await.expect(200);
        assert_eq!(answered.header("content-type"), "application/jwt");
        let keys = published_keys(&app).await;
        let claims = verify_with_set(&answered.text(), &keys, &[Algorithm::RS256], &Policy::any_typ()).unwrap().claims;
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(app.notes.issuer), &json!(client.prover.id)));
        assert_eq!(claims["sub"], id_token_claims(&app, &id_token).await["sub"]);
        assert!(!claims.contains_key("nonce"));
    }
    let discovery = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert!(discovery["userinfo_signing_alg_values_supported"].as_array().unwrap().contains(&json!("RS256")));
}

#[tokio::test]
async fn oidcc_ensure_redirect_uri_in_authorization_request() {
    let app = open_server().await;
    for wanted in ResponseType::ALL {
        let two = json!({ "redirect_uris": [RETURN, "https://rp.example/other"] });
        let client = Newcomer::register(&app, wanted, two).await;
        assert!(is_error_page(&visit(&app, &mut app.browser(), &client.ask().without("redirect_uri")).await), "{wanted:?}");
    }
}

/// A client whose redirect URI has a query, and a request for that URI after `change`.
async fn with_query(app: &TestApp, wanted: ResponseType, registered: &str, asked: &str) -> (Newcomer, Ask) {
    let client = Newcomer::register(app, wanted, json!({ "redirect_uris": [registered] })).await;
    let ask = client.ask().with("redirect_uri", asked);
    (client, ask)
}

#[tokio::test]
async fn oidcc_redirect_uri_query_ok() {
    let app = open_server().await;
    let uri = "https://rp.example/callback?foo=bar";
    for wanted in ResponseType::ALL {
        let (client, ask) = with_query(&app, wanted, uri, uri).await;
        let returned = suite_journeys::code::authorize(&app, &mut app.browser(), &app.notes.user, &ask).await;
        assert!(returned.param("foo") == "bar" && returned.url.starts_with(uri), "{}", returned.url);
        if wanted.has_code() {
            Tokens::of(client.redeem(&app, &returned.code(), uri).await);
        }
    }
}

#[tokio::test]
async fn oidcc_redirect_uri_query_mismatch() {
    let app = open_server().await;
    for wanted in ResponseType::ALL {
        let (registered, asked) = ("https://rp.example/callback?foo=bar", "https://rp.example/callback?foo=baz");
        let (_, ask) = with_query(&app, wanted, registered, asked).await;
        assert!(is_error_page(&visit(&app, &mut app.browser(), &ask).await), "{wanted:?}");
    }
}

#[tokio::test]
async fn oidcc_redirect_uri_query_added() {
    let app = open_server().await;
    for wanted in ResponseType::ALL {
        let (_, ask) = with_query(&app, wanted, RETURN, "https://rp.example/callback?foo=bar").await;
        assert!(is_error_page(&visit(&app, &mut app.browser(), &ask).await), "{wanted:?}");
    }
}

#[tokio::test]
async fn oidcc_redirect_uri_regfrag() {
    let app = open_server().await;
    for wanted in ResponseType::ALL {
        let document = request(wanted, &key("rp-1"), &json!({ "redirect_uris": [format!("{RETURN}#foobar")] }));
        let answered = expect_error(register(&app, &document).await, 400, "invalid_redirect_uri");
        assert_eq!(answered.header("content-type"), "application/json");
        assert!(answered.json()["error_description"].as_str().unwrap().is_ascii());
    }
}

#[tokio::test]
async fn oidcc_registration_logo_uri() {
    let app = open_server().await;
    let logo = "https://rp.example/logo.png";
    for wanted in ResponseType::ALL {
        let client = Newcomer::register(&app, wanted, json!({ "logo_uri": logo })).await;
        assert_eq!(client.document["logo_uri"], logo);
        assert!(sign_in_page(&app, &client).await.text().contains(&format!("src=\"{logo}\"")), "{wanted:?}");
    }
}

#[tokio::test]
async fn oidcc_registration_policy_uri() {
    let app = open_server().await;
    let policy = "https://rp.example/policy";
    for wanted in ResponseType::ALL {
        let client = Newcomer::register(&app, wanted, json!({ "policy_uri": policy })).await;
        assert_eq!(client.document["policy_uri"], policy);
        assert!(sign_in_page(&app, &client).await.text().contains(&format!("href=\"{policy}\"")), "{wanted:?}");
    }
}

#[tokio::test]
async fn oidcc_registration_tos_uri() {
    let app = open_server().await;
    let terms = "https://rp.example/tos";
    for wanted in ResponseType::ALL {
        let client = Newcomer::register(&app, wanted, json!({ "tos_uri": terms })).await;
        assert_eq!(client.document["tos_uri"], terms);
        assert!(sign_in_page(&app, &client).await.text().contains(&format!("href=\"{terms}\"")), "{wanted:?}");
    }
}

#[tokio::test]
async fn oidcc_registration_jwks_uri() {
    let app = open_server().await;
    for wanted in ResponseType::ALL {
        let key = key("rp-1");
        let keys = Place::of(&json!({ "keys": [key.public()] })).await;
        let client = Newcomer::with_key(&app, wanted, key, json!({ "jwks_uri": keys.uri })).await;
        assert_eq!((&client.document["jwks_uri"], client.document.get("jwks")), (&json!(keys.uri), None));
        client.walk(&app, &mut app.browser(), &client.ask()).await;
    }
}

#[tokio::test]
async fn oidcc_registration_sector_uri() {
    let app = open_server().await;
    let sector = Place::of(&json!([RETURN, "https://other.example/callback"])).await;
    let more = json!({ "sector_identifier_uri": sector.uri, "subject_type": "pairwise" });
    for wanted in ResponseType::ALL {
        let client = Newcomer::register(&app, wanted, more.clone()).await;
        assert_eq!(
            (&client.document["sector_identifier_uri"], &client.document["subject_type"]),
            (&json!(sector.uri), &json!("pairwise"))
        );
    }
}

#[tokio::test]
async fn oidcc_registration_sector_bad() {
    let app = open_server().await;
    let sector = Place::of(&json!(["https://other.example/callback"])).await;
    let more = json!({ "sector_identifier_uri": sector.uri, "subject_type": "pairwise" });
    for wanted in ResponseType::ALL {
        let document = request(wanted, &key("rp-1"), &more);
        expect_error(register(&app, &document).await, 400, "invalid_client_metadata");
    }
}

/// The next keys are published before they sign, the last ones stay published for what they signed, and each has a name of its own.
#[tokio::test]
async fn oidcc_server_rotate_keys() {
    let app = open_server().await;
    let kids = async || {
        let mut kids: Vec<String> = published_keys(&app).await.keys().iter().map(|key| key.kid.clone().unwrap()).collect();
        kids.sort_unstable();
        kids
    };
    for wanted in ResponseType::ALL {
        let client = Newcomer::register(&app, wanted, json!({})).await;
        let id_token = async || {
            let (returned, tokens) = client.walk(&app, &mut app.browser(), &client.ask()).await;
            let token = returned.params.get("id_token").cloned().unwrap_or_else(|| tokens.unwrap().id().to_owned());
            let kid = part(&token, 0)["kid"].as_str().unwrap().to_owned();
            (token, kid)
        };
        let ((old, old_kid), before) = (id_token().await, kids().await);
        post(&app, "/admin/signing-keys/rotate").await.expect(200);
        let published = kids().await;
        assert!(published.iter().any(|kid| !before.contains(kid)), "no new key");
        app.clock.advance(Duration::from_hours(1));
        post(&app, "/admin/signing-keys/rotate").await.expect(200);
        let ((new, new_kid), after) = (id_token().await, kids().await);
        assert!(new_kid != old_kid && published.contains(&new_kid), "the key that signs now was published before");
        assert!(after.contains(&old_kid) && after.contains(&new_kid), "the old key is no longer published");
        assert!(after.windows(2).all(|pair| pair[0] != pair[1]), "{after:?}");
        for token in [old, new] {
            assert_eq!(id_token_claims(&app, &token).await["aud"], client.prover.id);
        }
    }
}

/// What stands in an object that nobody signed leads nowhere.
#[tokio::test]
async fn oidcc_ensure_request_object_with_redirect_uri() {
    let app = open_server().await;
    let inside = json!({ "redirect_uri": "https://elsewhere.example/callback" }).to_string();
    let object = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(inside));
    for wanted in ResponseType::ALL {
        let client = Newcomer::register(&app, wanted, json!({})).await;
        let answered = visit(&app, &mut app.browser(), &client.ask().with("request", &object)).await;
        if !is_error_page(&answered) {
            let returned = Returned::of(&answered);
            assert_eq!(returned.to, RETURN);
            assert!(["request_not_supported", "invalid_request_object"].contains(&returned.param("error")), "{}", returned.url);
        }
    }
}

#[tokio::test]
async fn oidcc_refresh_token() {
    let app = open_server().await;
    for wanted in with_codes() {
        let one = Newcomer::register(&app, wanted, json!({})).await;
        let two = Newcomer::register(&app, wanted, json!({})).await;
        let ask = one.ask().with("scope", "openid offline_access").with("prompt", "consent");
        let (_, tokens) = one.walk(&app, &mut app.browser(), &ask).await;
        let tokens = tokens.unwrap();
        let before = id_token_claims(&app, tokens.id()).await;
        let again = Tokens::of(one.refresh(&app, tokens.refresh()).await);
        let after = id_token_claims(&app, again.id()).await;
        for name in ["iss", "sub", "aud", "auth_time"] {
            assert_eq!(before.get(name), after.get(name), "{name} of {wanted:?}");
        }
        expect_error(two.refresh(&app, again.refresh()).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn oidcc_refresh_token_rp_key_rotation() {
    let app = open_server().await;
    for wanted in with_codes() {
        let (old, new) = (key("rp-old"), key("rp-new"));
        let keys = Place::of(&json!({ "keys": [old.public()] })).await;
        let mut client = Newcomer::with_key(&app, wanted, old, json!({ "jwks_uri": keys.uri })).await;
        let ask = client.ask().with("scope", "openid offline_access").with("prompt", "consent");
        let (_, tokens) = client.walk(&app, &mut app.browser(), &ask).await;
        keys.change(&json!({ "keys": [new.public()] }));
        app.clock.advance(Duration::from_mins(1));
        client.prover.key = new;
        Tokens::of(client.refresh(&app, tokens.unwrap().refresh()).await);
    }
}

#[tokio::test]
async fn oidcc_ensure_client_assertion_with_iss_aud_succeeds() {
    let app = open_server().await;
    for wanted in with_codes() {
        let client = Newcomer::register(&app, wanted, json!({})).await;
        let (_, tokens) = client.walk(&app, &mut app.browser(), &client.ask()).await;
        assert_eq!(client.prover.claims(&app)["aud"], app.notes.issuer);
        let claims = id_token_claims(&app, tokens.as_ref().unwrap().id()).await;
        assert_eq!(claims["nonce"], NONCE);
        assert_eq!(userinfo(&app, tokens.unwrap().access()).await.expect(200).json()["sub"], claims["sub"]);
    }
}

/// Third-party-initiated login: the address is kept, shown, and found again at the client configuration endpoint.
#[tokio::test]
async fn oidcc_3rdparty_init_login_registration_with_an_initiate_login_uri() {
    let app = open_server().await;
    let start = "https://rp.example/initiate";
    let client = Newcomer::register(&app, ResponseType::Code, json!({ "initiate_login_uri": start })).await;
    assert_eq!(client.document["initiate_login_uri"], start);
    let shown = client.manage(&app, "GET", None).await.expect(200).json();
    assert_eq!((&shown["initiate_login_uri"], &shown["client_id"]), (&json!(start), &client.document["client_id"]));
    // Whoever sends a person there, the client's own request leads on (OpenID Connect Core §4).
    client.walk(&app, &mut app.browser(), &client.ask().with("login_hint", &app.notes.user.email)).await;
}

#[tokio::test]
async fn oidcc_3rdparty_init_login_registration_refuses_an_initiate_login_uri_without_tls() {
    let app = open_server().await;
    for start in ["http://rp.example/initiate", "http://localhost/initiate", "javascript:alert(1)", "/initiate"] {
        let document = request(ResponseType::Code, &key("rp-1"), &json!({ "initiate_login_uri": start }));
        expect_error(register(&app, &document).await, 400, "invalid_client_metadata");
    }
}

#[tokio::test]
async fn a_client_is_named_in_the_language_of_whoever_signs_in() {
    let app = open_server().await;
    let more = json!({
        "client_name": "Notes", "client_name#de": "Notizen", "policy_uri": "https://rp.example/p", "policy_uri#de-CH": "https://rp.example/de"
    });
    let client = Newcomer::register(&app, ResponseType::Code, more).await;
    for (ui_locales, name, policy) in [("de", "Notizen", "https://rp.example/de"), ("fr", "Notes", "https://rp.example/p")] {
        let page = visit(&app, &mut app.browser(), &client.ask().with("ui_locales", ui_locales)).await.expect(200).text();
        assert!(page.contains(name) && page.contains(&format!("href=\"{policy}\"")), "{page}");
    }
    let nameless = Newcomer::register(&app, ResponseType::Code, json!({ "client_name": Value::Null })).await;
    assert_eq!(nameless.document["client_name"], Value::Null);
    assert!(sign_in_page(&app, &nameless).await.text().contains("rp.example"));
}
