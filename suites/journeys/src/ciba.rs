//! Clients that name a person and wait for their approval (CIBA), as the conformance suite's: signed requests, certificates.

use crate::certificates::{Authority, Identity, for_client};
use crate::keys::Prover;
use crate::organizations::set_settings;
use crate::pages::{at, expect_id, has_id, press};
use crate::rp::Rp;
use crate::tokens::Tokens;
use jose::alg::Algorithm;
use jose::jws::sign;
use kernel::Scopes;
use lumoauth::notes::Login;
use oauth::ClientMetadata;
use oauth::client::{AuthMethod, DeliveryMode};
use oauth::fapi::FapiProfile;
use oauth::grant::{CIBA, REFRESH_TOKEN};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{Answered, Browser, TestApp};

/// What a ping or push is sent with.
pub const NOTIFICATION_TOKEN: &str = "8d67dc78-7faa-4d41-aabd-67707b374255";

/// A variant of the conformance plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// How the client learns what came of a request.
    pub mode: DeliveryMode,
    /// How it proves who it is: by an assertion, or by its certificate alone.
    pub has_assertion: bool,
}

/// Every variant of the plan.
pub const VARIANTS: [Variant; 4] = [
    Variant { mode: DeliveryMode::Poll, has_assertion: true },
    Variant { mode: DeliveryMode::Poll, has_assertion: false },
    Variant { mode: DeliveryMode::Ping, has_assertion: true },
    Variant { mode: DeliveryMode::Ping, has_assertion: false },
];

/// A client of the plan. Its tokens are bound to its certificate.
pub struct Asker {
    /// Its id and the key it signs with.
    pub prover: Prover,
    /// Its certificate.
    pub certificate: Identity,
    /// What it is.
    pub variant: Variant,
    /// Where it is told.
    pub rp: Rp,
    count: AtomicU32,
}

/// The organization and the clients of the plan.
pub struct Plan {
    authority: Authority,
}

impl Plan {
    /// An organization that believes an authority.
    pub async fn start(app: &TestApp) -> Self {
        let authority = Authority::new("Clients' authority");
        set_settings(app, &json!({ "security": { "client_certificate_authorities": authority.pem } })).await;
        Self { authority }
    }

    /// A client of the plan, after `change`.
    pub async fn client(&self, app: &TestApp, id: &str, variant: Variant, change: impl FnOnce(&mut ClientMetadata)) -> Asker {
        let rp = Rp::start(app, &format!("{id}-listener"), |_, _| ()).await;
        let name = id.replace('_', "-");
        let mut metadata = ClientMetadata::new(id);
        "Bank & Partner".clone_into(&mut metadata.client_name);
        metadata.scopes = Scopes::from("openid email offline_access".to_owned());
        metadata.grant_types = vec![CIBA.to_owned(), REFRESH_TOKEN.to_owned()];
        metadata.response_types.clear();
        metadata.fapi_profile = FapiProfile::FapiCiba;
        metadata.tls_client_certificate_bound_access_tokens = true;
        metadata.backchannel_token_delivery_mode = Some(variant.mode);
        metadata.backchannel_client_notification_endpoint = Some(format!("{}/notify", rp.address));
        metadata.backchannel_authentication_request_signing_alg = Some(Algorithm::ES256);
        if variant.has_assertion {
            metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            metadata.token_endpoint_auth_signing_alg = Some(Algorithm::ES256);
        } else {
            metadata.token_endpoint_auth_method = AuthMethod::TlsClientAuth;
            metadata.tls_client_auth_san_dns = Some(format!("{name}.example"));
        }
        change(&mut metadata);
        let prover = Prover::made(app, metadata).await;
        let certificate = self.authority.issue(&for_client(&name));
        Asker { prover, certificate, variant, rp, count: AtomicU32::new(0) }
    }
}

impl Asker {
    /// The claims of a good request object, after `change`.
    pub fn claims(&self, app: &TestApp, change: impl FnOnce(&mut Value)) -> Value {
        let (now, jti) = (app.services.clock.now().as_secs(), self.count.fetch_add(1, Ordering::SeqCst));
        let mut claims = json!({
            "iss": self.prover.id, "aud": app.notes.issuer, "iat": now, "nbf": now, "exp": now + 300, "jti": format!("object-{jti}"),
            "scope": "openid email", "login_hint": app.notes.user.email, "binding_message": "1234"
        });
        if self.variant.mode != DeliveryMode::Poll {
            claims["client_notification_token"] = json!(NOTIFICATION_TOKEN);
        }
        change(&mut claims);
        claims
    }
    /// Send an object to the backchannel authentication endpoint.
    pub async fn send_object(&self, app: &TestApp, object: &str) -> Answered {
        self.send(app, "/oauth/bc-authorize", &[("request", object)]).await
    }
    /// Send a form with this client's proof.
    pub async fn send(&self, app: &TestApp, endpoint: &str, more: &[(&str, &str)]) -> Answered {
        let assertion = self.prover.assertion(app, |_| ());
        self.send_with(app, endpoint, self.variant.has_assertion.then_some(&*assertion), Some(&self.certificate), more).await
    }
    /// The same with this proof, or none.
    pub async fn send_with(
        &self,
        app: &TestApp,
        endpoint: &str,
        assertion: Option<&str>,
        certificate: Option<&Identity>,
        more: &[(&str, &str)],
    ) -> Answered {
        let sending = match assertion {
            Some(assertion) => self.prover.sending(app, endpoint, assertion, more),
            None if more.iter().any(|(name, _)| *name == "client_id") => app.post(&app.api(endpoint)).form(more),
            None => app.post(&app.api(endpoint)).form(&[more, &[("client_id", self.prover.id.as_str())]].concat()),
        };
        match certificate {
            Some(certificate) => sending.certificate(&certificate.der, &[]).send().await,
            None => sending.send().await,
        }
    }
    /// Ask with a signed object of these claims.
    pub async fn ask(&self, app: &TestApp, change: impl FnOnce(&mut Value)) -> Answered {
        let object = sign(&self.prover.key, "JWT", &self.claims(app, change)).unwrap();
        self.send_object(app, &object).await
    }
    /// A good request; its `auth_req_id`.
    pub async fn asked(&self, app: &TestApp) -> String {
        auth_req_id(self.ask(app, |_| ()).await)
    }
    /// Ask the token endpoint.
    pub async fn poll(&self, app: &TestApp, auth_req_id: &str) -> Answered {
        self.send(app, "/oauth/token", &[("grant_type", CIBA), ("auth_req_id", auth_req_id)]).await
    }
    /// Have a request approved and fetch its tokens.
    pub async fn tokens(&self, app: &TestApp) -> Tokens {
        let id = self.asked(app).await;
        decide(app, &mut app.browser(), &app.notes.user, "allow").await;
        Tokens::of(self.poll(app, &id).await)
    }
}

/// The handle in an answer, which must be a good one.
pub fn auth_req_id(answered: Answered) -> String {
    let answered = answered.expect(200);
    assert_eq!(answered.header("cache-control"), "no-store");
    answered.json()["auth_req_id"].as_str().unwrap().to_owned()
}

/// Open a page as somebody, who signs in where asked.
pub async fn open_as(app: &TestApp, browser: &mut Browser<'_>, login: &Login, url: &str) -> Answered {
    let opened = browser.open(url).await;
    let page = browser.follow(opened).await;
    if !has_id(&page, "sign-in-form") {
        return page;
    }
    let filled = [("identifier", login.email.as_str()), ("password", login.password.as_str())];
    let sent = press(browser, &page, "sign-in-form", &filled).await.expect(303);
    assert!(sent.location().contains(&app.notes.org));
    browser.follow(sent).await
}

/// The page of the first request that waits.
pub async fn first_request(app: &TestApp, browser: &mut Browser<'_>, login: &Login) -> Answered {
    let list = expect_id(open_as(app, browser, login, &at(app, "account/requests")).await.expect(200), "look-1");
    let text = list.text();
    let tag = text.split("id=\"look-1\" href=\"").nth(1).unwrap();
    let url = tag.split('"').next().unwrap().to_owned();
    expect_id(browser.open(&url).await.expect(200), "approval-form")
}

/// Decide the first request that waits, and do what follows.
pub async fn decide(app: &TestApp, browser: &mut Browser<'_>, login: &Login, decision: &str) -> Answered {
    let page = first_request(app, browser, login).await;
    let sent = press(browser, &page, "approval-form", &[("decision", decision)]).await;
    let result = expect_id(browser.follow(sent).await.expect(200), "outcome");
    app.work().await;
    result
}
