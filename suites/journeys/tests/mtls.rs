//! Clients that prove themselves with certificates, and tokens bound to those (RFC 8705).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use oauth::client::{AccessTokenFormat, AuthMethod};
use oauth::grant::{CLIENT_CREDENTIALS, REFRESH_TOKEN};
use rcgen::ExtendedKeyUsagePurpose;
use reqwest::{Certificate, Identity as TlsIdentity};
use serde_json::{Value, json};
use suite_journeys::admin::{call, make_client};
use suite_journeys::certificates::{Authority, Identity, for_client};
use suite_journeys::code::{Ask, CALLBACK, code_for_user};
use suite_journeys::holder::{Holder, confidential, public, redeeming};
use suite_journeys::organizations::set_settings;
use suite_journeys::tokens::{Client, Tokens, expect_error, part};
use testkit::{Answered, TestApp, databases};

const ASK: [(&str, &str); 1] = [("grant_type", CLIENT_CREDENTIALS)];

/// A token request over a connection with this certificate, or with none.
async fn ask(app: &TestApp, client: &Client, shown: Option<&Identity>, pairs: &[(&str, &str)]) -> Answered {
    send(app, "/oauth/token", client, shown, pairs).await
}

async fn send(app: &TestApp, endpoint: &str, client: &Client, shown: Option<&Identity>, pairs: &[(&str, &str)]) -> Answered {
    let sending = app.post(&app.api(endpoint));
    let sending = match &client.secret {
        Some(secret) => sending.basic(&client.id, secret).form(pairs),
        None => sending.form(&[pairs, &[("client_id", client.id.as_str())]].concat()),
    };
    match shown {
        Some(shown) => sending.certificate(&shown.der, &[]).send().await,
        None => sending.send().await,
    }
}

async fn get(app: &TestApp, path: &str, token: &str, shown: Option<&Identity>) -> Answered {
    let sending = app.get(path).bearer(token);
    match shown {
        Some(shown) => sending.certificate(&shown.der, &[]).send().await,
        None => sending.send().await,
    }
}

/// The organization believes this authority.
async fn believe(app: &TestApp, authority: &Authority) {
    let settings = json!({ "client_certificate_authorities": authority.pem });
    call(app, "PATCH", "/admin/settings/security", Some(&settings)).await.expect(200);
}

/// Register a client without a secret by the admin API.
async fn register(app: &TestApp, more: Value) -> Client {
    let mut body = json!({ "name": "Certified", "scopes": ["reports:read"], "grantTypes": [CLIENT_CREDENTIALS] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (client, _) = make_client(app, body).await;
    assert_eq!(client.secret, None, "a client with a certificate has no secret");
    client
}

#[tokio::test]
async fn a_certificate_by_a_believed_authority_proves_its_subject_however_that_was_registered() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let authority = Authority::new("Clients' authority");
        believe(&app, &authority).await;
        let (own, other) = (authority.issue(&for_client("robot")), authority.issue(&for_client("other")));
        for (member, text) in [
            ("tlsClientAuthSubjectDn", "C=DE,CN=robot"),
            ("tlsClientAuthSanDns", "robot.example"),
            ("tlsClientAuthSanUri", "https://robot.example/id"),
            ("tlsClientAuthSanEmail", "ops@robot.example"),
            ("tlsClientAuthSanIp", "192.0.2.7"),
        ] {
            let client = register(&app, json!({ "tokenEndpointAuthMethod": "tls_client_auth", member: text })).await;
            Tokens::of(ask(&app, &client, Some(&own), &ASK).await);
            assert_eq!(send(&app, "/oauth/introspect", &client, Some(&own), &[("token", "x")]).await.status, 200, "{member}");
            expect_error(ask(&app, &client, None, &ASK).await, 401, "invalid_client");
            if member != "tlsClientAuthSanIp" {
                expect_error(ask(&app, &client, Some(&other), &ASK).await, 401, "invalid_client");
            }
            let with_secret = Client { secret: Some("guess".to_owned()), ..client.clone() };
            expect_error(ask(&app, &with_secret, Some(&own), &ASK).await, 401, "invalid_client");
        }
    }
}

#[tokio::test]
async fn a_certificate_nobody_here_believes_proves_nothing() {
    let app = TestApp::start().await;
    let (authority, stranger) = (Authority::new("Authority"), Authority::new("Authority"));
    let client =
        register(&app, json!({ "tokenEndpointAuthMethod": "tls_client_auth", "tlsClientAuthSanDns": "robot.example" })).await;
    let good = authority.issue(&for_client("robot"));
    expect_error(ask(&app, &client, Some(&good), &ASK).await, 401, "invalid_client");
    believe(&app, &authority).await;
    Tokens::of(ask(&app, &client, Some(&good), &ASK).await);
    let (mut for_servers, mut over) = (for_client("robot"), for_client("robot"));
    for_servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    over.not_after = rcgen::date_time_ymd(2026, 1, 1);
    for (what, wrong) in [
        ("another authority of that name", stranger.issue(&for_client("robot"))),
        ("for servers", authority.issue(&for_servers)),
        ("over", authority.issue(&over)),
        ("its own", Identity::self_signed("robot")),
        ("garbage", Identity { der: b"garbage".to_vec(), pem: String::new() }),
    ] {
        let answered = ask(&app, &client, Some(&wrong), &ASK).await;
        assert_eq!((answered.status, &answered.json()["error"]), (401, &json!("invalid_client")), "{what}");
    }
    believe(&app, &stranger).await;
    expect_error(ask(&app, &client, Some(&good), &ASK).await, 401, "invalid_client");
    set_settings(&app, &json!({ "security": { "client_certificate_authorities": "garbage" } })).await;
    expect_error(ask(&app, &client, Some(&good), &ASK).await, 401, "invalid_client");
}

#[tokio::test]
async fn a_clients_own_certificate_is_known_by_its_registered_key() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (own, other) = (Identity::self_signed("robot"), Identity::self_signed("robot"));
        let jwks = own.key_set();
        let client = register(&app, json!({ "tokenEndpointAuthMethod": "self_signed_tls_client_auth", "jwks": jwks })).await;
        Tokens::of(ask(&app, &client, Some(&own), &ASK).await);
        for shown in [None, Some(&other)] {
            expect_error(ask(&app, &client, shown, &ASK).await, 401, "invalid_client");
        }
    }
}

#[tokio::test]
async fn a_token_bound_to_a_certificate_is_worth_nothing_without_it() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (own, other) = (Identity::self_signed("robot"), Identity::self_signed("robot"));
        for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
            let client = confidential(&app, &format!("client_{format:?}"), |client| {
                client.tls_client_certificate_bound_access_tokens = true;
                client.access_token_format = format;
            })
            .await;
            expect_error(ask(&app, &client, None, &ASK).await, 400, "invalid_request");
            let tokens = Tokens::of(ask(&app, &client, Some(&own), &ASK).await);
            assert_eq!(tokens.0["token_type"], "Bearer", "RFC 8705 leaves the type as it is");
            let cnf = json!({ "x5t#S256": own.thumbprint() });
            if format == AccessTokenFormat::Jwt {
                assert_eq!(part(tokens.access(), 1)["cnf"], cnf);
            }
            let shown = client.introspect(&app, tokens.access()).await;
            assert_eq!((&shown["token_type"], &shown["cnf"]), (&json!("Bearer"), &cnf));
            for path in [app.api("/oauth/userinfo"), app.api("/me"), "/dev/resource".to_owned()] {
                get(&app, &path, tokens.access(), Some(&own)).await.expect(200);
                for shown in [None, Some(&other)] {
                    expect_error(get(&app, &path, tokens.access(), shown).await, 401, "invalid_token");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_certificate_binds_only_clients_that_registered_so() {
    let app = TestApp::start().await;
    let own = Identity::self_signed("robot");
    let client = confidential(&app, "client_plain", |_| ()).await;
    let tokens = Tokens::of(ask(&app, &client, Some(&own), &ASK).await);
    assert!(part(tokens.access(), 1).get("cnf").is_none());
    get(&app, "/dev/resource", tokens.access(), None).await.expect(200);
}

#[tokio::test]
async fn a_public_clients_refresh_token_needs_its_certificate() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (own, other) = (Identity::self_signed("app"), Identity::self_signed("app"));
        let client = public(&app, "client_public", |client| client.tls_client_certificate_bound_access_tokens = true).await;
        let code = code_for_user(&app, &Ask::of(&client.id, CALLBACK).with("scope", "openid offline_access")).await;
        let first = Tokens::of(ask(&app, &client, Some(&own), &redeeming(&code)).await);
        let refresh = |token: &str| [("grant_type", REFRESH_TOKEN.to_owned()), ("refresh_token", token.to_owned())];
        let refreshing = refresh(first.refresh());
        let pairs: Vec<(&str, &str)> = refreshing.iter().map(|(name, value)| (*name, value.as_str())).collect();
        expect_error(ask(&app, &client, Some(&other), &pairs).await, 400, "invalid_grant");
        expect_error(ask(&app, &client, None, &pairs).await, 400, "invalid_request");
        let second = Tokens::of(ask(&app, &client, Some(&own), &pairs).await);
        assert_eq!(part(second.access(), 1)["cnf"], json!({ "x5t#S256": own.thumbprint() }));
    }
}

#[tokio::test]
async fn a_client_with_a_certificate_may_bind_its_tokens_to_another_key() {
    let app = TestApp::start().await;
    let (own, holder) = (Identity::self_signed("robot"), Holder::default());
    let client = confidential(&app, "client_a", |client| {
        client.token_endpoint_auth_method = AuthMethod::SelfSignedTlsClientAuth;
        client.jwks = Some(own.key_set());
        client.dpop_bound_access_tokens = true;
        client.tls_client_certificate_bound_access_tokens = true;
    })
    .await;
    let request = |proof: &str| {
        let form = [&ASK[..], &[("client_id", client.id.as_str())]].concat();
        app.post(&app.api("/oauth/token")).form(&form).certificate(&own.der, &[]).header("dpop", proof).send()
    };
    let tokens = Tokens::of(request(&holder.for_tokens(&app)).await);
    assert_eq!(tokens.0["token_type"], "DPoP");
    assert_eq!(part(tokens.access(), 1)["cnf"], json!({ "jkt": holder.jkt(), "x5t#S256": own.thumbprint() }));
    let with_both = holder.calling(&app, "GET", "/dev/resource", tokens.access()).certificate(&own.der, &[]);
    with_both.send().await.expect(200);
    expect_error(holder.call(&app, "GET", "/dev/resource", tokens.access()).await, 401, "invalid_token");
    expect_error(get(&app, "/dev/resource", tokens.access(), Some(&own)).await, 401, "invalid_token");
}

#[tokio::test]
async fn over_a_real_connection_the_handshake_proves_the_certificate() {
    let app = TestApp::start().await;
    let listening = app.listen().await;
    let authority = Authority::new("Clients' authority");
    believe(&app, &authority).await;
    let own = authority.issue(&for_client("robot"));
    let client = register(
        &app,
        json!({
            "tokenEndpointAuthMethod": "tls_client_auth", "tlsClientAuthSubjectDn": "C=DE,CN=robot",
            "tlsClientCertificateBoundAccessTokens": true
        }),
    )
    .await;
    let connecting = |identity: Option<&Identity>| {
        let trusted = Certificate::from_pem(listening.certificate.as_bytes()).unwrap();
        let builder = reqwest::Client::builder().tls_certs_only([trusted]).http1_only();
        match identity {
            Some(identity) => builder.identity(TlsIdentity::from_pem(identity.pem.as_bytes()).unwrap()).build().unwrap(),
            None => builder.build().unwrap(),
        }
    };
    let at = |path: &str| format!("https://localhost:{}{path}", listening.address.port());
    let form = [("grant_type", CLIENT_CREDENTIALS), ("client_id", client.id.as_str())];
    let token_request = |identity: Option<&Identity>| {
        connecting(identity).post(at(&app.api("/oauth/token"))).header("host", "localhost:8080").form(&form).send()
    };
    let answered = token_request(Some(&own)).await.unwrap();
    assert_eq!(answered.status(), 200);
    let token = answered.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(part(&token, 1)["cnf"], json!({ "x5t#S256": own.thumbprint() }));
    let stranger = Identity::self_signed("robot");
    for wrong in [None, Some(&stranger)] {
        assert_eq!(token_request(wrong).await.unwrap().status(), 401);
    }
    for (identity, status) in [(Some(&own), 200), (Some(&stranger), 401), (None, 401)] {
        let call = connecting(identity).get(at("/dev/resource")).header("host", "localhost:8080").bearer_auth(&token);
        let answered = call.send().await.unwrap();
        assert_eq!(answered.status(), status);
        assert!(answered.headers().contains_key("date"));
    }
}

#[tokio::test]
async fn discovery_announces_certificates_where_they_can_arrive() {
    let app = TestApp::start().await;
    for document in ["openid-configuration", "oauth-authorization-server"] {
        let document = app.get(&app.api(&format!("/.well-known/{document}"))).send().await.expect(200).json();
        assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
        for endpoint in ["token", "introspection", "revocation"] {
            let methods = document[format!("{endpoint}_endpoint_auth_methods_supported")].as_array().unwrap();
            assert!(methods.contains(&json!("tls_client_auth")) && methods.contains(&json!("self_signed_tls_client_auth")));
        }
    }
}
