//! Clients that register themselves, as the conformance suite's do: each with a key of its own, for one flow.

use crate::code::{Ask, Returned, VERIFIER, authorize, silently};
use crate::keys::Prover;
use crate::tokens::{Tokens, id_token_claims};
use jose::alg::Algorithm;
use jose::key::SigningKey;
use oauth::ResponseType;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use testkit::{Answered, Browser, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Where they wait for the answer.
pub const RETURN: &str = "https://rp.example/callback";
/// Where clients register.
pub const REGISTER: &str = "/connect/register";

/// A client that registered itself.
pub struct Newcomer {
    /// Its proofs.
    pub prover: Prover,
    /// What it was told.
    pub document: Value,
    response_type: ResponseType,
}

/// What such a client asks to be registered, with `more`.
pub fn request(response_type: ResponseType, key: &SigningKey, more: &Value) -> Value {
    let grants = [
        ("authorization_code", response_type.has_code()),
        ("refresh_token", response_type.has_code()),
        ("implicit", response_type.has_tokens()),
    ];
    let grants: Vec<&str> = grants.into_iter().filter(|(_, is_wanted)| *is_wanted).map(|(grant, _)| grant).collect();
    let mut document = json!({
        "client_name": "Conformance", "redirect_uris": [RETURN], "contacts": ["certification@rp.example"],
        "response_types": [response_type.as_str()], "grant_types": grants,
        "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key.public()] }
    });
    let members = document.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    if members.contains_key("jwks_uri") {
        members.remove("jwks");
    }
    document
}

/// A key of a client.
pub fn key(kid: &str) -> SigningKey {
    SigningKey::generate(Algorithm::ES256, kid).unwrap()
}

/// Ask to be registered.
pub async fn register(app: &TestApp, document: &Value) -> Answered {
    app.post(&app.api(REGISTER)).json(document).send().await
}

impl Newcomer {
    /// Register one for this response type, with these members besides.
    pub async fn register(app: &TestApp, response_type: ResponseType, more: Value) -> Self {
        Self::with_key(app, response_type, key("rp-1"), more).await
    }
    /// The same with this key.
    pub async fn with_key(app: &TestApp, response_type: ResponseType, key: SigningKey, more: Value) -> Self {
        let document = register(app, &request(response_type, &key, &more)).await.expect(201).json();
        let prover = Prover::known(document["client_id"].as_str().unwrap(), key);
        Self { prover, document, response_type }
    }
    /// A text of what it was told.
    pub fn told(&self, name: &str) -> &str {
        self.document[name].as_str().unwrap()
    }
    /// Its usual request.
    pub fn ask(&self) -> Ask {
        let ask = Ask::of(&self.prover.id, RETURN).with("response_type", self.response_type.as_str());
        if self.response_type.has_code() { ask } else { ask.without_pkce() }
    }
    /// Walk the whole flow; the answer at the redirect URI, and what the code in it leads to.
    pub async fn walk(&self, app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> (Returned, Option<Tokens>) {
        let returned = authorize(app, browser, &app.notes.user, ask).await;
        self.take(app, returned).await
    }
    /// The same without a page being shown.
    pub async fn walk_silently(&self, app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> (Returned, Option<Tokens>) {
        let returned = silently(app, browser, ask).await;
        self.take(app, returned).await
    }
    async fn take(&self, app: &TestApp, returned: Returned) -> (Returned, Option<Tokens>) {
        assert!(!returned.params.contains_key("error"), "{}", returned.url);
        let tokens = match returned.params.get("code") {
            Some(code) => Some(Tokens::of(self.redeem(app, code, &returned.to).await)),
            None => None,
        };
        let id_tokens = returned.params.get("id_token").map(String::as_str).into_iter().chain(tokens.as_ref().map(Tokens::id));
        for token in id_tokens {
            assert_eq!(id_token_claims(app, token).await["aud"], self.prover.id);
        }
        (returned, tokens)
    }
    /// Redeem a code that came to this redirect URI.
    pub async fn redeem(&self, app: &TestApp, code: &str, redirect_uri: &str) -> Answered {
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri), ("code_verifier", VERIFIER)];
        self.prover.send(app, "/oauth/token", &self.prover.assertion(app, |_| ()), &form).await
    }
    /// Use a refresh token.
    pub async fn refresh(&self, app: &TestApp, token: &str) -> Answered {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.prover.send(app, "/oauth/token", &self.prover.assertion(app, |_| ()), &form).await
    }
    /// Read, replace or remove its registration.
    pub async fn manage(&self, app: &TestApp, method: &str, document: Option<&Value>) -> Answered {
        let place = self.told("registration_client_uri").strip_prefix(&app.notes.base_url).unwrap();
        let sending = app.request(method, place).bearer(self.told("registration_access_token"));
        match document {
            Some(document) => sending.json(document).send().await,
            None => sending.send().await,
        }
    }
}

/// A place on the web where a client publishes something.
pub struct Place {
    /// Where.
    pub uri: String,
    document: Arc<Mutex<String>>,
}

impl Place {
    /// Publish this.
    pub async fn of(document: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/document.json", listener.local_addr().unwrap());
        let document = Arc::new(Mutex::new(document.to_string()));
        let served = document.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let body = served.lock().unwrap().clone();
                let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all((head + &body).as_bytes()).await;
            }
        });
        Self { uri, document }
    }
    /// Publish something else from now on.
    pub fn change(&self, document: &Value) {
        *self.document.lock().unwrap() = document.to_string();
    }
}
