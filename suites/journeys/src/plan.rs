//! The FAPI plans of the conformance suite: one server per variant, two clients that fit it, and the calls their modules make.

use crate::admin::make_client;
use crate::certificates::Identity;
use crate::code::{Ask, Returned, VERIFIER, go_on, visit};
use crate::holder::Holder;
use crate::pages::{has_id, sign_in};
use crate::tokens::{Tokens, id_token_claims, part};
use jose::alg::Algorithm;
use jose::jws::sign;
use jose::key::SigningKey;
use oauth::grant::CLIENT_CREDENTIALS;
use oauth::private_key_jwt::ASSERTION_TYPE;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{Answered, Browser, TestApp};

/// A resource to try tokens on.
pub const RESOURCE: &str = "/dev/resource";
/// Where the first client waits.
pub const CALLBACK: &str = "https://bank.example/callback";
/// Where the second one does: its address has a query of its own.
pub const CALLBACK_TWO: &str = "https://bank.example/callback?dummy1=lorem&dummy2=ipsum";

/// How the clients of a plan prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By assertions.
    PrivateKeyJwt,
    /// By certificates.
    Mtls,
}

/// What their tokens are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A key.
    Dpop,
    /// A certificate.
    Mtls,
}

/// A variant of a plan.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the axes of a plan, each for itself")]
pub struct Variant {
    /// The profile the clients are under.
    pub profile: &'static str,
    /// How they prove who they are.
    pub proof: Proof,
    /// What binds their tokens.
    pub bound: Bound,
    /// Whether they ask who the person is.
    pub is_openid: bool,
    /// Whether they sign requests.
    pub is_signed: bool,
    /// Whether they push requests.
    pub is_pushed: bool,
    /// Whether answers are JWTs.
    pub is_jarm: bool,
}

impl Variant {
    fn is_fapi1(self) -> bool {
        self.profile == "fapi1_advanced"
    }
    /// What is asked for.
    pub fn response_type(self) -> &'static str {
        if self.is_fapi1() && !self.is_jarm { "code id_token" } else { "code" }
    }
    /// The usual scopes.
    pub fn scope(self) -> &'static str {
        if self.is_openid { "openid email offline_access" } else { "reports:read offline_access" }
    }
}

/// A client of a plan, with everything it holds.
pub struct Party {
    /// Its id.
    pub id: String,
    /// Its key for assertions and requests.
    pub key: SigningKey,
    /// Its certificate.
    pub identity: Identity,
    /// Its key for proofs.
    pub holder: Holder,
    /// Where it waits.
    pub callback: &'static str,
    count: AtomicU32,
}

/// A plan under way.
pub struct Plan {
    /// The server.
    pub app: TestApp,
    /// The variant.
    pub variant: Variant,
    /// The first client; its key is for PS256.
    pub one: Party,
    /// The second one; its key is for ES256.
    pub two: Party,
    session: String,
}

/// How a request of a client is sent.
pub struct How {
    /// Its assertion.
    pub assertion: Option<String>,
    /// Its `client_id` in the form.
    pub client_id: Option<String>,
    /// Its proof of possession.
    pub proof: Option<String>,
    /// The certificate of the connection.
    pub certificate: Option<Vec<u8>>,
}

/// An RSA key takes a while to make, so there is one.
pub fn rsa_key(algorithm: Algorithm) -> SigningKey {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    let pkcs8 = KEY.get_or_init(|| SigningKey::generate(Algorithm::PS256, "one").unwrap().to_pkcs8().unwrap().to_vec());
    SigningKey::from_pkcs8(algorithm, "one", pkcs8).unwrap()
}

impl Party {
    async fn register(app: &TestApp, variant: Variant, callback: &'static str, key: SigningKey) -> Self {
        let identity = Identity::self_signed("bank");
        let mut keys = identity.key_set();
        keys["keys"].as_array_mut().unwrap().push(json!(key.public()));
        let mut grants = vec!["authorization_code", "refresh_token", CLIENT_CREDENTIALS];
        if variant.response_type() != "code" {
            grants.push("implicit");
        }
        let body = json!({
            "name": "Bank", "fapiProfile": variant.profile, "redirectUris": [callback], "grantTypes": grants,
            "responseTypes": [variant.response_type()], "scopes": ["openid", "email", "offline_access", "reports:read"],
            "jwks": keys, "requireSignedRequestObject": variant.is_signed,
            "tokenEndpointAuthMethod": match variant.proof {
                Proof::PrivateKeyJwt => "private_key_jwt",
                Proof::Mtls => "self_signed_tls_client_auth",
            },
            "dpopBoundAccessTokens": variant.bound == Bound::Dpop,
            "tlsClientCertificateBoundAccessTokens": variant.bound == Bound::Mtls,
        });
        let (client, _) = make_client(app, body).await;
        Self { id: client.id, key, identity, holder: Holder::default(), callback, count: AtomicU32::new(0) }
    }

    /// The claims of a good assertion, after `change`.
    pub fn assertion(&self, app: &TestApp, change: impl Fn(&mut Value)) -> String {
        let mut claims = self.claims(app);
        change(&mut claims);
        sign(&self.key, "JWT", &claims).unwrap()
    }
    /// The claims of a good assertion.
    pub fn claims(&self, app: &TestApp) -> Value {
        let now = app.services.clock.now().as_secs();
        let jti = format!("{}-{}", self.id, self.count.fetch_add(1, Ordering::SeqCst));
        json!({ "iss": self.id, "sub": self.id, "aud": app.notes.issuer, "jti": jti, "iat": now, "nbf": now, "exp": now + 60 })
    }
    /// The claims of a good request object for `ask`.
    pub fn object_claims(&self, app: &TestApp, ask: &Ask) -> Value {
        let now = app.services.clock.now().as_secs();
        let mut claims = json!({ "iss": self.id, "aud": app.notes.issuer, "iat": now, "nbf": now, "exp": now + 300 });
        claims.as_object_mut().unwrap().extend(ask.pairs().iter().map(|(name, value)| (name.clone(), json!(value))));
        claims
    }
    /// A request object with these claims.
    pub fn object(&self, claims: &Value) -> String {
        sign(&self.key, "oauth-authz-req+jwt", claims).unwrap()
    }
}

impl Plan {
    /// A server, and two clients that fit the variant.
    pub async fn start(variant: Variant) -> Self {
        let app = TestApp::start().await;
        if variant.response_type() != "code" {
            let types = json!({ "response_types": ["code", variant.response_type()] });
            crate::admin::call(&app, "PATCH", "/admin/settings/oauth", Some(&types)).await.expect(200);
        }
        let one = Party::register(&app, variant, CALLBACK, rsa_key(Algorithm::PS256)).await;
        let two = Party::register(&app, variant, CALLBACK_TWO, SigningKey::generate(Algorithm::ES256, "two").unwrap()).await;
        let mut browser = app.browser();
        sign_in(&app, &mut browser, &app.notes.user).await;
        let session = browser.cookie("lumoauth_session").unwrap().to_owned();
        Self { app, variant, one, two, session }
    }
    /// A browser in which the person is signed in.
    pub fn browser(&self) -> Browser<'_> {
        let mut browser = self.app.browser();
        browser.set_cookie("lumoauth_session", &self.session);
        browser
    }

    /// How a client usually sends a request to this endpoint.
    pub fn how(&self, party: &Party, endpoint: &str) -> How {
        let is_token = endpoint == "/oauth/token";
        let shows = self.variant.proof == Proof::Mtls || is_token && self.variant.bound == Bound::Mtls;
        How {
            assertion: (self.variant.proof == Proof::PrivateKeyJwt).then(|| party.assertion(&self.app, |_| ())),
            client_id: (self.variant.proof == Proof::Mtls).then(|| party.id.clone()),
            proof: (is_token && self.variant.bound == Bound::Dpop).then(|| party.holder.for_tokens(&self.app)),
            certificate: shows.then(|| party.identity.der.clone()),
        }
    }
    /// Send a form so.
    pub async fn send(&self, how: How, endpoint: &str, form: &[(&str, &str)]) -> Answered {
        let mut pairs = form.to_vec();
        if let Some(assertion) = &how.assertion {
            pairs.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())]);
        }
        if let Some(id) = how.client_id.as_deref().filter(|_| !pairs.iter().any(|(name, _)| *name == "client_id")) {
            pairs.push(("client_id", id));
        }
        let mut sending = self.app.post(&self.app.api(endpoint)).form(&pairs);
        if let Some(proof) = &how.proof {
            sending = sending.header("dpop", proof);
        }
        if let Some(certificate) = &how.certificate {
            sending = sending.certificate(certificate, &[]);
        }
        sending.send().await
    }
    /// Send a form as the client usually does.
    pub async fn post(&self, party: &Party, endpoint: &str, form: &[(&str, &str)]) -> Answered {
        self.send(self.how(party, endpoint), endpoint, form).await
    }

    /// What a client usually asks for.
    pub fn ask(&self, party: &Party) -> Ask {
        let ask = Ask::of(&party.id, party.callback).with("scope", self.variant.scope());
        let ask = ask.with("response_type", self.variant.response_type());
        let ask = if self.variant.is_openid { ask } else { ask.without("nonce") };
        if self.variant.is_jarm { ask.with("response_mode", "jwt") } else { ask }
    }
    /// Push these parameters, in an object where the variant signs.
    pub async fn push(&self, party: &Party, ask: &Ask) -> Answered {
        self.push_with(party, self.how(party, "/oauth/par"), ask).await
    }
    /// The same, sent so.
    pub async fn push_with(&self, party: &Party, how: How, ask: &Ask) -> Answered {
        if self.variant.is_signed {
            return self.send(how, "/oauth/par", &[("request", &party.object(&party.object_claims(&self.app, ask)))]).await;
        }
        let pairs: Vec<(&str, &str)> = ask.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send(how, "/oauth/par", &pairs).await
    }
    /// Push an object whose claims were changed.
    pub async fn push_changed(&self, party: &Party, change: impl FnOnce(&mut Value)) -> Answered {
        let mut claims = party.object_claims(&self.app, &self.ask(party));
        change(&mut claims);
        self.push_object(party, &party.object(&claims)).await
    }
    /// Push this object.
    pub async fn push_object(&self, party: &Party, object: &str) -> Answered {
        self.post(party, "/oauth/par", &[("request", object)]).await
    }
    /// What a browser is sent with: the handle of a pushed request, or the object itself.
    pub async fn carried(&self, party: &Party, ask: &Ask) -> Ask {
        if self.variant.is_pushed {
            return self.referring(party, &reference(self.push(party, ask).await));
        }
        self.carrying(party, &party.object(&party.object_claims(&self.app, ask)), ask)
    }
    /// The handle and the client.
    pub fn referring(&self, party: &Party, request_uri: &str) -> Ask {
        Ask::default().with("client_id", &party.id).with("request_uri", request_uri)
    }
    /// The object, and beside it what OpenID Connect Core §6.1 wants there.
    pub fn carrying(&self, party: &Party, object: &str, ask: &Ask) -> Ask {
        let beside = ["response_type", "scope", "redirect_uri"];
        let outer = ask.pairs().iter().filter(|(name, _)| beside.contains(&name.as_str()));
        outer
            .fold(Ask::default().with("client_id", &party.id).with("request", object), |all, (name, value)| all.with(name, value))
    }

    /// Let the person go through with what the browser was sent with.
    pub async fn go(&self, carried: &Ask) -> Returned {
        let mut browser = self.browser();
        let page = visit(&self.app, &mut browser, carried).await;
        let end = go_on(&mut browser, &self.app.notes.user, page).await;
        self.open(&Returned::of(&end)).await
    }
    /// From the request to the answer.
    pub async fn authorize(&self, party: &Party, ask: &Ask) -> Returned {
        let carried = self.carried(party, ask).await;
        self.go(&carried).await
    }
    /// An answer as it is without its envelope: a JWT is verified, and holds nothing beside it.
    pub async fn open(&self, returned: &Returned) -> Returned {
        if !self.variant.is_jarm || !returned.params.contains_key("response") {
            return returned.clone();
        }
        assert_eq!(returned.params.keys().filter(|name| !name.starts_with("dummy")).count(), 1, "{}", returned.url);
        let header = part(returned.param("response"), 0);
        assert!(header["kid"].is_string() && ["PS256", "ES256", "EdDSA"].iter().any(|alg| header["alg"] == *alg), "{header}");
        let claims: Map<String, Value> = id_token_claims(&self.app, returned.param("response")).await;
        assert_eq!(claims["iss"], self.app.notes.issuer);
        assert!([&self.one.id, &self.two.id].iter().any(|id| claims["aud"] == **id), "{claims:?}");
        let left = claims["exp"].as_i64().unwrap() - self.app.services.clock.now().as_secs();
        assert!((10..=600).contains(&left), "{left} seconds");
        let texts = claims.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
        Returned { params: texts.filter(|(name, _)| name != "aud").collect(), ..returned.clone() }
    }
    /// Insist that what the browser was sent with ends on a page for the person, or at the client's place with one of these errors, and
    /// never in a code.
    pub async fn leads_nowhere(&self, carried: &Ask, errors: &[&str]) {
        let mut browser = self.browser();
        let page = visit(&self.app, &mut browser, carried).await;
        if page.status == 400 {
            assert!(has_id(&page, "error") && page.header("location").is_empty(), "{}", page.text());
            return;
        }
        let returned = self.open(&Returned::of(&page)).await;
        assert!(errors.contains(&returned.param("error")) && returned.param("code").is_empty(), "{}", returned.url);
    }
    /// What is announced, as every module looks at it.
    pub async fn discovery(&self) -> Value {
        let place = self.app.notes.issuer.strip_prefix(&self.app.notes.base_url).unwrap();
        let document = self.app.get(&format!("{place}/.well-known/openid-configuration")).send().await.expect(200).json();
        assert_eq!(document["issuer"], self.app.notes.issuer);
        let holds = |name: &str, value: &str| document[name].as_array().unwrap().contains(&json!(value));
        assert!(
            holds("response_types_supported", self.variant.response_type()) && holds("code_challenge_methods_supported", "S256")
        );
        assert!(holds("grant_types_supported", "authorization_code") && holds("grant_types_supported", "refresh_token"));
        assert!(document["pushed_authorization_request_endpoint"].is_string());
        assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
        for (name, list) in
            document.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_signing_alg_values_supported"))
        {
            let list = list.as_array().unwrap();
            assert!(["PS256", "ES256"].iter().any(|alg| list.contains(&json!(alg))) && !list.contains(&json!("none")), "{name}");
        }
        for (name, _) in document["mtls_endpoint_aliases"].as_object().into_iter().flatten() {
            assert!(document[name].is_string(), "{name}");
        }
        document
    }
    /// A code.
    pub async fn code(&self, party: &Party) -> String {
        self.authorize(party, &self.ask(party)).await.code()
    }

    /// A token request with this code.
    pub fn redeeming<'a>(&self, party: &Party, code: &'a str) -> Vec<(&'static str, &'a str)> {
        let form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", party.callback)];
        // A request that is not pushed needs no challenge, but has one here all the same.
        form.into_iter().chain([("code_verifier", VERIFIER)]).collect()
    }
    /// Redeem a code.
    pub async fn redeem(&self, party: &Party, code: &str) -> Answered {
        self.post(party, "/oauth/token", &self.redeeming(party, code)).await
    }
    /// A whole flow.
    pub async fn tokens(&self, party: &Party) -> Tokens {
        let code = self.code(party).await;
        Tokens::of(self.redeem(party, &code).await)
    }
    /// A token of the client's own.
    pub async fn own_token(&self, party: &Party) -> Tokens {
        Tokens::of(self.post(party, "/oauth/token", &[("grant_type", CLIENT_CREDENTIALS)]).await)
    }
    /// Call the resource with a token, showing what this client holds.
    pub async fn call(&self, party: &Party, token: &str) -> Answered {
        self.calling(party, token, None).await
    }
    /// The same with the scheme spelt like this.
    pub async fn calling(&self, party: &Party, token: &str, scheme: Option<&str>) -> Answered {
        match self.variant.bound {
            Bound::Dpop => {
                let sending = party.holder.calling(&self.app, "GET", RESOURCE, token);
                sending.replacing("authorization", &format!("{} {token}", scheme.unwrap_or("DPoP"))).send().await
            }
            Bound::Mtls => {
                let sending = self.app.get(RESOURCE).header("authorization", &format!("{} {token}", scheme.unwrap_or("Bearer")));
                sending.certificate(&party.identity.der, &[]).send().await
            }
        }
    }
}

/// The reference in an answer, which must be a good one of more than 96 bits.
pub fn reference(answered: Answered) -> String {
    let answered = answered.expect(201).json();
    assert!(answered["expires_in"].as_u64().is_some_and(|seconds| seconds < 600), "{answered}");
    let reference = answered["request_uri"].as_str().unwrap().to_owned();
    assert!(entropy(&reference) > 96.0, "{reference}");
    reference
}

/// Shannon's entropy of a text in bits, as the plans measure whether it can be guessed.
pub fn entropy(text: &str) -> f64 {
    let length = f64::from(u32::try_from(text.chars().count()).unwrap());
    let mut counts = BTreeMap::<char, u32>::new();
    text.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    counts.into_values().map(f64::from).map(|count| count * (length / count).log2()).sum()
}

/// Insist that a refusal in the browser says what it must, and nothing the client doesn't know.
pub fn says_no_more(returned: &Returned) {
    let known = ["error", "error_description", "state", "iss", "exp", "dummy1", "dummy2"];
    assert!(returned.params.keys().all(|name| known.contains(&name.as_str())), "{:?}", returned.params);
}

/// Take a claim away.
pub fn without(claims: &mut Value, name: &str) {
    claims.as_object_mut().unwrap().remove(name);
}

/// Insist on a JSON error of one of these codes, whose description is plain ASCII.
pub fn refused(answered: &Answered, errors: &[&str]) {
    let shown = answered.text();
    assert!([400, 401].contains(&answered.status), "{}: {shown}", answered.status);
    let body = answered.json();
    assert!(errors.iter().any(|error| body["error"] == *error), "{errors:?}: {shown}");
    let description = body["error_description"].as_str().unwrap_or_default();
    assert!(description.chars().all(|c| (' '..='~').contains(&c) && c != '"' && c != '\\'), "{description}");
    assert_eq!(answered.header("cache-control"), "no-store", "{shown}");
}
