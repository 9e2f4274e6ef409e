//! What clients do with codes and tokens.

use crate::code::{Ask, CALLBACK, VERIFIER, code_for_user};
use jose::alg::Algorithm;
use jose::encoding::decode_base64url;
use jose::jwks::Jwks;
use jose::jws::{Policy, verify_with_set};
use serde_json::{Map, Value};
use testkit::{Answered, TestApp};

/// A client and how it proves who it is.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret; `None` for a public client.
    pub secret: Option<String>,
}

impl Client {
    /// The demo web application.
    pub fn web(app: &TestApp) -> Self {
        let client = &app.notes.web_client;
        Self { id: client.client_id.clone(), secret: Some(client.client_secret.clone()) }
    }
    /// The demo single-page application.
    pub fn spa(app: &TestApp) -> Self {
        Self { id: app.notes.spa_client.client_id.clone(), secret: None }
    }
    /// The demo service.
    pub fn service(app: &TestApp) -> Self {
        let client = &app.notes.service_client;
        Self { id: client.client_id.clone(), secret: Some(client.client_secret.clone()) }
    }
    /// A form to one of the OAuth endpoints, with Basic authentication, or the `client_id` alone.
    pub async fn post(&self, app: &TestApp, endpoint: &str, pairs: &[(&str, &str)]) -> Answered {
        let sending = app.post(&app.api(endpoint));
        match &self.secret {
            Some(secret) => sending.basic(&self.id, secret).form(pairs).send().await,
            None => sending.form(&[pairs, &[("client_id", self.id.as_str())]].concat()).send().await,
        }
    }
    /// Redeem a code that was sent to the callback, with the verifier.
    pub async fn redeem(&self, app: &TestApp, code: &str) -> Answered {
        self.redeem_with(app, code, &[("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]).await
    }
    /// Redeem a code with these parameters beside it.
    pub async fn redeem_with(&self, app: &TestApp, code: &str, more: &[(&str, &str)]) -> Answered {
        let pairs = [&[("grant_type", "authorization_code"), ("code", code)], more].concat();
        self.post(app, "/oauth/token", &pairs).await
    }
    /// Use a refresh token.
    pub async fn refresh(&self, app: &TestApp, token: &str) -> Answered {
        self.post(app, "/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }
    /// Ask what a token is worth.
    pub async fn introspect(&self, app: &TestApp, token: &str) -> Value {
        self.introspect_raw(app, token).await.expect(200).json()
    }
    /// The same, whatever the answer.
    pub async fn introspect_raw(&self, app: &TestApp, token: &str) -> Answered {
        self.post(app, "/oauth/introspect", &[("token", token)]).await
    }
    /// Give a token back.
    pub async fn revoke(&self, app: &TestApp, token: &str) -> Answered {
        self.post(app, "/oauth/revoke", &[("token", token)]).await
    }
}

/// The answer of the token endpoint.
#[derive(Clone, Debug)]
pub struct Tokens(pub Value);

impl Tokens {
    /// Of an answer that must be one.
    pub fn of(answered: Answered) -> Self {
        Self(answered.expect(200).json())
    }
    /// The access token.
    pub fn access(&self) -> &str {
        self.0["access_token"].as_str().unwrap()
    }
    /// The refresh token.
    pub fn refresh(&self) -> &str {
        self.0["refresh_token"].as_str().unwrap()
    }
    /// The ID token.
    pub fn id(&self) -> &str {
        self.0["id_token"].as_str().unwrap()
    }
}

/// Tokens for the demo user from the demo web application, with these scopes.
pub async fn web_tokens(app: &TestApp, scope: &str) -> Tokens {
    let code = code_for_user(app, &Ask::web(app).with("scope", scope)).await;
    Tokens::of(Client::web(app).redeem(app, &code).await)
}

/// Tokens for the demo user from this client, a refresh token among them.
pub async fn tokens_of(app: &TestApp, client: &Client) -> Tokens {
    let code = code_for_user(app, &Ask::of(&client.id, CALLBACK).with("scope", "openid email offline_access")).await;
    Tokens::of(client.redeem(app, &code).await)
}

/// Ask `UserInfo`.
pub async fn userinfo(app: &TestApp, token: &str) -> Answered {
    app.get(&app.api("/oauth/userinfo")).bearer(token).send().await
}

/// Whether an access token opens anything any more: `UserInfo`, an API operation, introspection. All three must agree.
pub async fn is_alive(app: &TestApp, token: &str) -> bool {
    let opened = userinfo(app, token).await.status;
    let me = app.get(&app.api("/me")).bearer(token).send().await.status;
    let active = Client::service(app).introspect(app, token).await["active"].as_bool().unwrap();
    let own = Client::web(app).introspect(app, token).await["active"].as_bool().unwrap();
    assert!([200, 401].contains(&opened) && [200, 401].contains(&me), "userinfo {opened}, me {me}");
    assert_eq!(opened, me, "two doors disagree about one token");
    assert!(opened == 200 || (!active && !own), "introspection calls a dead token active");
    opened == 200
}

/// Insist on an OAuth error.
pub fn expect_error(answered: Answered, status: u16, error: &str) -> Answered {
    assert_eq!((answered.status, answered.json()["error"].as_str()), (status, Some(error)), "{}", answered.text());
    answered
}

/// The published keys, found through discovery.
pub async fn published_keys(app: &TestApp) -> Jwks {
    let discovery = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    let uri = discovery["jwks_uri"].as_str().unwrap().to_owned();
    let path = uri.strip_prefix(&app.notes.base_url).unwrap();
    Jwks::parse(&app.get(path).send().await.expect(200).body).unwrap()
}

/// The claims of an ID token, verified with the published keys.
pub async fn id_token_claims(app: &TestApp, token: &str) -> Map<String, Value> {
    let keys = published_keys(app).await;
    verify_with_set(token, &keys, &Algorithm::ASYMMETRIC, &Policy::typ_or_none(&["JWT"])).unwrap().claims
}

/// One part of a JWT, unverified: 0 is the header, 1 the claims.
pub fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&decode_base64url(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}
