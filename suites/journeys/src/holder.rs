//! Clients that hold a key and prove it (RFC 9449).

use crate::code::{Ask, CALLBACK, VERIFIER, code_for_user};
use crate::organizations::own;
use crate::tokens::{Client, Tokens};
use flow::act;
use jose::alg::Algorithm;
use jose::digest::sha256;
use jose::encoding::base64url;
use jose::key::SigningKey;
use kernel::{Actor, Scopes, Secret};
use lumoauth::operator::MakeClient;
use oauth::ClientMetadata;
use oauth::grant::{AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN};
use op::provision::NewClient;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{Answered, Sending, TestApp};

const SECRET: &str = "the secret of a client that holds a key as well";

/// A key and the proofs made with it.
pub struct Holder {
    /// The key.
    pub key: SigningKey,
    count: AtomicU32,
}

impl Default for Holder {
    fn default() -> Self {
        Self::with(Algorithm::ES256)
    }
}

impl Holder {
    /// With a new key for this algorithm.
    pub fn with(algorithm: Algorithm) -> Self {
        Self { key: SigningKey::generate(algorithm, "holder").unwrap(), count: AtomicU32::new(0) }
    }
    /// The thumbprint of the key.
    pub fn jkt(&self) -> String {
        self.key.public().thumbprint()
    }
    /// The claims of a good proof, each with a `jti` of its own.
    pub fn claims(&self, app: &TestApp, method: &str, endpoint: &str, token: Option<&str>) -> Value {
        let jti = format!("{}-{:012}", self.jkt(), self.count.fetch_add(1, Ordering::SeqCst));
        let uri = format!("{}{}", app.notes.base_url, endpoint);
        let mut claims = json!({ "jti": jti, "htm": method, "htu": uri, "iat": app.services.clock.now().as_secs() });
        if let Some(token) = token {
            claims["ath"] = json!(base64url(sha256(token.as_bytes())));
        }
        claims
    }
    /// The header of a good proof.
    pub fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": self.key.algorithm().name(), "jwk": self.key.public().bare() })
    }
    /// A proof with whatever header and claims.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        format!("{signed}.{}", base64url(self.key.sign(signed.as_bytes()).unwrap()))
    }
    /// A good proof.
    pub fn proof(&self, app: &TestApp, method: &str, endpoint: &str, token: Option<&str>) -> String {
        self.sign(&self.header(), &self.claims(app, method, endpoint, token))
    }
    /// A good proof for the token endpoint.
    pub fn for_tokens(&self, app: &TestApp) -> String {
        self.proof(app, "POST", &app.api("/oauth/token"), None)
    }
    /// Ask a client's token with a good proof.
    pub async fn ask(&self, app: &TestApp, client: &Client, pairs: &[(&str, &str)]) -> Answered {
        send(app, client, Some(&self.for_tokens(app)), pairs).await
    }
    /// A machine's token, with a good proof.
    pub async fn machine_token(&self, app: &TestApp, client: &Client) -> Answered {
        self.ask(app, client, &[("grant_type", CLIENT_CREDENTIALS)]).await
    }
    /// The demo user's tokens, from a code that any key may redeem.
    pub async fn tokens(&self, app: &TestApp, client: &Client) -> Tokens {
        let code = code_for_user(app, &Ask::of(&client.id, CALLBACK).with("scope", "openid email offline_access")).await;
        Tokens::of(self.redeem(app, client, &code).await)
    }
    /// Redeem a code, with a good proof.
    pub async fn redeem(&self, app: &TestApp, client: &Client, code: &str) -> Answered {
        self.ask(app, client, &redeeming(code)).await
    }
    /// Use a refresh token, with a good proof.
    pub async fn refresh(&self, app: &TestApp, client: &Client, token: &str) -> Answered {
        self.ask(app, client, &[("grant_type", REFRESH_TOKEN), ("refresh_token", token)]).await
    }
    /// Call a resource with a token and a good proof.
    pub async fn call(&self, app: &TestApp, method: &str, path: &str, token: &str) -> Answered {
        self.calling(app, method, path, token).send().await
    }
    /// The same, before it is sent.
    pub fn calling<'a>(&self, app: &'a TestApp, method: &str, path: &str, token: &str) -> Sending<'a> {
        let proof = self.proof(app, method, path, Some(token));
        app.request(method, path).header("authorization", &format!("DPoP {token}")).header("dpop", &proof)
    }
}

/// The parameters of a token request with this code.
pub fn redeeming(code: &str) -> [(&'static str, &str); 4] {
    [("grant_type", AUTHORIZATION_CODE), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
}

/// A token request with this proof, or without one.
pub async fn send(app: &TestApp, client: &Client, proof: Option<&str>, pairs: &[(&str, &str)]) -> Answered {
    let sending = app.post(&app.api("/oauth/token"));
    let sending = match proof {
        Some(proof) => sending.header("dpop", proof),
        None => sending,
    };
    match &client.secret {
        Some(secret) => sending.basic(&client.id, secret).form(pairs).send().await,
        None => sending.form(&[pairs, &[("client_id", client.id.as_str())]].concat()).send().await,
    }
}

/// A client with a secret that may do everything, after `change`.
pub async fn confidential(app: &TestApp, id: &str, change: impl FnOnce(&mut ClientMetadata)) -> Client {
    let mut new = NewClient::web(id, id, Secret::new(SECRET), vec![CALLBACK.to_owned()]);
    new.metadata.grant_types.push(CLIENT_CREDENTIALS.to_owned());
    new.metadata.scopes = Scopes::from("openid email offline_access reports:read".to_owned());
    change(&mut new.metadata);
    make(app, new).await;
    Client { id: id.to_owned(), secret: Some(SECRET.to_owned()) }
}

/// A client without a secret.
pub async fn public(app: &TestApp, id: &str, change: impl FnOnce(&mut ClientMetadata)) -> Client {
    let mut new = NewClient::public(id, id, vec![CALLBACK.to_owned()]);
    new.metadata.scopes = Scopes::from("openid email offline_access".to_owned());
    change(&mut new.metadata);
    make(app, new).await;
    Client { id: id.to_owned(), secret: None }
}

async fn make(app: &TestApp, client: NewClient) {
    act(&app.services, Some(own(app).await), Actor::Operator, MakeClient { client, agent: None }).await.unwrap();
}
