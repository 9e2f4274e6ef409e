//! Clients that sign, and the server's own key in the wrong hands.

use crate::admin::make_client;
use crate::organizations::own;
use flow::act;
use jose::alg::Algorithm;
use jose::jwks::Jwks;
use jose::jws::sign;
use jose::key::SigningKey;
use kernel::{Actor, Scopes};
use lumoauth::operator::MakeClient;
use oauth::ClientMetadata;
use oauth::client::{AssertionAudience, AuthMethod};
use oauth::grant::CLIENT_CREDENTIALS;
use oauth::private_key_jwt::ASSERTION_TYPE;
use op::provision::NewClient;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{Answered, Sending, TestApp};

/// A client that proves who it is with its private key.
pub struct Prover {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: SigningKey,
    count: AtomicU32,
}

impl Prover {
    /// Register one that may do client credentials; `more` overrides fields of its registration.
    pub async fn register(app: &TestApp, more: Value) -> Self {
        let key = new_key();
        let mut body = json!({
            "name": "Prover", "scopes": ["reports:read"], "grantTypes": [CLIENT_CREDENTIALS],
            "tokenEndpointAuthMethod": "private_key_jwt", "jwks": key_set(&key)
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (client, _) = make_client(app, body).await;
        Self { id: client.id, key, count: AtomicU32::new(0) }
    }
    /// One under the rules of FAPI 2.0: the audience is the issuer alone.
    pub async fn strict(app: &TestApp) -> Self {
        let mut metadata = ClientMetadata::new("client_strict");
        metadata.scopes = Scopes::from("reports:read".to_owned());
        metadata.grant_types = vec![CLIENT_CREDENTIALS.to_owned()];
        metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        metadata.assertion_audience = AssertionAudience::IssuerOnly;
        Self::made(app, metadata).await
    }
    /// A client that is there already, with this key.
    pub fn known(id: &str, key: SigningKey) -> Self {
        Self { id: id.to_owned(), key, count: AtomicU32::new(0) }
    }
    /// One with everything about it said here but its key.
    pub async fn made(app: &TestApp, mut metadata: ClientMetadata) -> Self {
        let (key, id) = (new_key(), metadata.client_id.to_string());
        metadata.jwks = Some(key_set(&key));
        let make = MakeClient { client: NewClient { metadata: Box::new(metadata), secret: None }, agent: None };
        act(&app.services, Some(own(app).await), Actor::Operator, make).await.unwrap();
        Self { id, key, count: AtomicU32::new(0) }
    }
    /// The claims of a good assertion, each with a `jti` of its own.
    pub fn claims(&self, app: &TestApp) -> Value {
        let now = app.services.clock.now().as_secs();
        let jti = format!("assertion-{}", self.count.fetch_add(1, Ordering::SeqCst));
        json!({ "iss": self.id, "sub": self.id, "aud": app.notes.issuer, "jti": jti, "iat": now, "nbf": now, "exp": now + 60 })
    }
    /// An assertion, after `change`.
    pub fn assertion(&self, app: &TestApp, change: impl Fn(&mut Value)) -> String {
        let mut claims = self.claims(app);
        change(&mut claims);
        sign(&self.key, "JWT", &claims).unwrap()
    }
    /// Ask for a token with it.
    pub async fn present(&self, app: &TestApp, assertion: &str) -> Answered {
        self.send(app, "/oauth/token", assertion, &[("grant_type", CLIENT_CREDENTIALS)]).await
    }
    /// Send it to one of the OAuth endpoints.
    pub async fn send(&self, app: &TestApp, endpoint: &str, assertion: &str, more: &[(&str, &str)]) -> Answered {
        self.sending(app, endpoint, assertion, more).send().await
    }
    /// The same, before it is sent.
    pub fn sending<'a>(&self, app: &'a TestApp, endpoint: &str, assertion: &str, more: &[(&str, &str)]) -> Sending<'a> {
        let form = [&[("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)], more].concat();
        app.post(&app.api(endpoint)).form(&form)
    }
}

fn new_key() -> SigningKey {
    SigningKey::generate(Algorithm::ES256, "prover-1").unwrap()
}

fn key_set(key: &SigningKey) -> Value {
    Jwks::new(vec![key.public().clone()]).unwrap().to_json()
}

/// The server's own signing key for a token with this header.
pub async fn server_key(app: &TestApp, header: &Value) -> SigningKey {
    let algorithm = Algorithm::parse(header["alg"].as_str().unwrap()).unwrap();
    let keys = op::keys::of(&app.services, &own(app).await).await.unwrap();
    let key = keys.signing(algorithm).unwrap();
    assert_eq!(json!(key.kid()), header["kid"]);
    SigningKey::from_pkcs8(algorithm, key.kid(), &key.to_pkcs8().unwrap()).unwrap()
}
