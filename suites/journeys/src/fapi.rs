//! A client under the rules of FAPI 2.0, as the conformance suite's: it proves itself by assertions and pushes what it asks for.

use crate::code::{Ask, CALLBACK, Returned, VERIFIER, authorize, visit};
use crate::keys::Prover;
use crate::tokens::Tokens;
use jose::jws::sign;
use kernel::Scopes;
use oauth::ClientMetadata;
use oauth::client::{AssertionAudience, AuthMethod};
use serde_json::{Value, json};
use testkit::{Answered, Browser, TestApp};

/// The first client.
pub const ONE: &str = "client_fapi_1";
/// The second client, with another key.
pub const TWO: &str = "client_fapi_2";

/// Register a client that must push its requests, after `change`.
pub async fn register(app: &TestApp, id: &str, change: impl FnOnce(&mut ClientMetadata)) -> Prover {
    let mut metadata = ClientMetadata::new(id);
    "Bank".clone_into(&mut metadata.client_name);
    metadata.scopes = Scopes::from("openid profile email offline_access".to_owned());
    metadata.redirect_uris = vec![CALLBACK.to_owned()];
    metadata.grant_types = vec!["authorization_code".to_owned(), "refresh_token".to_owned()];
    metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    metadata.assertion_audience = AssertionAudience::IssuerOnly;
    metadata.require_pushed_authorization_requests = true;
    metadata.requires_pkce = true;
    change(&mut metadata);
    Prover::made(app, metadata).await
}

impl Prover {
    /// What it usually asks for.
    pub fn ask(&self) -> Ask {
        Ask::of(&self.id, CALLBACK)
    }
    /// Push these parameters with a fresh assertion.
    pub async fn push(&self, app: &TestApp, ask: &Ask) -> Answered {
        let pairs: Vec<(&str, &str)> = ask.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send(app, "/oauth/par", &self.assertion(app, |_| ()), &pairs).await
    }
    /// Push a good request; its reference.
    pub async fn pushed(&self, app: &TestApp, ask: &Ask) -> String {
        reference(self.push(app, ask).await)
    }
    /// The request a browser is sent with: client and reference, and nothing else.
    pub fn referring(&self, request_uri: &str) -> Ask {
        Ask::default().with("client_id", &self.id).with("request_uri", request_uri)
    }
    /// From pushing to the answer at the redirect URI.
    pub async fn authorize(&self, app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> Returned {
        let request_uri = self.pushed(app, ask).await;
        authorize(app, browser, &app.notes.user, &self.referring(&request_uri)).await
    }
    /// Open a reference, and follow redirects within this server.
    pub async fn visit(&self, app: &TestApp, browser: &mut Browser<'_>, request_uri: &str) -> Answered {
        visit(app, browser, &self.referring(request_uri)).await
    }
    /// Redeem a code.
    pub async fn redeem(&self, app: &TestApp, code: &str) -> Answered {
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
        self.send(app, "/oauth/token", &self.assertion(app, |_| ()), &form).await
    }
    /// A whole flow.
    pub async fn tokens(&self, app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> Tokens {
        let code = self.authorize(app, browser, ask).await.code();
        Tokens::of(self.redeem(app, &code).await)
    }
}

/// The reference in an answer, which must be a good one.
pub fn reference(answered: Answered) -> String {
    let answered = answered.expect(201);
    answered.json()["request_uri"].as_str().unwrap().to_owned()
}

/// Request objects.
impl Prover {
    /// The claims of a good object for this request, after `change`.
    pub fn claims_of(&self, app: &TestApp, ask: &Ask, change: impl FnOnce(&mut Value)) -> Value {
        let now = app.services.clock.now().as_secs();
        let mut claims = json!({ "iss": self.id, "aud": app.notes.issuer, "iat": now, "nbf": now, "exp": now + 300 });
        let members = claims.as_object_mut().unwrap();
        members.extend(ask.pairs().iter().map(|(name, value)| (name.clone(), json!(value))));
        change(&mut claims);
        claims
    }
    /// A good object for this request, after `change`.
    pub fn object(&self, app: &TestApp, ask: &Ask, change: impl FnOnce(&mut Value)) -> String {
        sign(&self.key, "oauth-authz-req+jwt", &self.claims_of(app, ask, change)).unwrap()
    }
    /// Push an object and nothing beside it.
    pub async fn push_object(&self, app: &TestApp, object: &str) -> Answered {
        self.push(app, &Ask::default().with("request", object)).await
    }
    /// The request a browser is sent with: client and object, and nothing else.
    pub fn carrying(&self, object: &str) -> Ask {
        Ask::default().with("client_id", &self.id).with("request", object)
    }
}

/// A client that must sign what it asks for.
pub async fn signer(app: &TestApp, id: &str) -> Prover {
    register(app, id, |metadata| metadata.require_signed_request_object = true).await
}
