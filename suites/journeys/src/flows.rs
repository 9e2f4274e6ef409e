//! The flows of OpenID Connect: every response type, in the response mode a plan wants.

use crate::admin::make_client;
use crate::code::{Ask, NONCE, Returned, STATE, VERIFIER, authorize, silently};
use crate::organizations::set_settings;
use crate::tokens::{Client, Tokens, id_token_claims, part, userinfo};
use jose::alg::Algorithm;
use kernel::Secret;
use lumoauth::notes::Login;
use oauth::ResponseType;
use serde_json::{Map, Value, json};
use testkit::{Answered, Browser, TestApp};

/// Where the client waits for the answer. Web clients that get tokens there must use `https` (OpenID Connect Dynamic Client Registration
/// §2).
pub const RETURN: &str = "https://shop.example/callback";

/// A flow: what is asked for, and how it comes back.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// What is asked for.
    pub response_type: ResponseType,
    /// Whether it is posted to the redirect URI rather than put into its fragment (or query, for a code alone).
    pub is_posted: bool,
}

/// The flows of the implicit plan.
pub const IMPLICIT: [Flow; 2] = [redirected(ResponseType::IdToken), redirected(ResponseType::IdTokenToken)];
/// The flows of the hybrid plan.
pub const HYBRID: [Flow; 3] =
    [redirected(ResponseType::CodeIdToken), redirected(ResponseType::CodeToken), redirected(ResponseType::CodeIdTokenToken)];
/// The flows of the three form-post plans.
pub const FORM_POST: [Flow; 6] = [
    posted(ResponseType::Code),
    posted(ResponseType::IdToken),
    posted(ResponseType::IdTokenToken),
    posted(ResponseType::CodeIdToken),
    posted(ResponseType::CodeToken),
    posted(ResponseType::CodeIdTokenToken),
];

const fn redirected(response_type: ResponseType) -> Flow {
    Flow { response_type, is_posted: false }
}
const fn posted(response_type: ResponseType) -> Flow {
    Flow { response_type, is_posted: true }
}

/// Let clients of the organization ask for every response type.
pub async fn switch_on_everything(app: &TestApp) {
    let types: Vec<&str> = ResponseType::ALL.iter().map(|known| known.as_str()).collect();
    set_settings(app, &json!({ "oauth": { "response_types": types } })).await;
}

/// A server, and a client of it that is registered for one flow.
pub struct Scene<'a> {
    /// The server.
    pub app: &'a TestApp,
    /// The client.
    pub client: Client,
    /// What it does.
    pub flow: Flow,
}

impl<'a> Scene<'a> {
    /// A client for this flow, on a server that has it switched on.
    pub async fn of(app: &'a TestApp, flow: Flow) -> Self {
        Self::with(app, flow, json!({})).await
    }
    /// The same with further members of its registration.
    pub async fn with(app: &'a TestApp, flow: Flow, more: Value) -> Self {
        let wanted = flow.response_type;
        let grants =
            [("authorization_code", wanted.has_code()), ("refresh_token", wanted.has_code()), ("implicit", wanted.has_tokens())];
        let grants: Vec<&str> = grants.into_iter().filter(|(_, is_wanted)| *is_wanted).map(|(grant, _)| grant).collect();
        let mut body = json!({
            "name": "Shop", "redirectUris": [RETURN], "responseTypes": [wanted.as_str()], "grantTypes": grants,
            "scopes": ["openid", "profile", "email", "phone", "address", "offline_access"]
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (client, _) = make_client(app, body).await;
        Self { app, client, flow }
    }

    /// The usual request.
    pub fn ask(&self) -> Ask {
        let ask = Ask::of(&self.client.id, RETURN).with("response_type", self.flow.response_type.as_str());
        let ask = if self.flow.response_type.has_code() { ask } else { ask.without_pkce() };
        if self.flow.is_posted { ask.with("response_mode", "form_post") } else { ask }
    }
    /// Walk the whole flow in a browser, signing in and allowing where asked.
    pub async fn walk_in(&self, browser: &mut Browser<'_>, login: &Login, ask: &Ask) -> Received {
        let returned = authorize(self.app, browser, login, ask).await;
        self.receive(returned).await
    }
    /// Walk it as the demo user, in a browser of its own.
    pub async fn walk(&self, ask: &Ask) -> Received {
        self.walk_in(&mut self.app.browser(), &self.app.notes.user, ask).await
    }
    /// Walk it without a page being shown.
    pub async fn walk_silently(&self, browser: &mut Browser<'_>, ask: &Ask) -> Received {
        let returned = silently(self.app, browser, ask).await;
        self.receive(returned).await
    }

    /// Redeem a code.
    pub async fn redeem(&self, code: &str) -> Answered {
        self.client.redeem_with(self.app, code, &[("redirect_uri", RETURN), ("code_verifier", VERIFIER)]).await
    }

    /// Take an answer as a careful client does: it is where it belongs, holds what was asked for and nothing else, and each hash fits.
    pub async fn receive(&self, returned: Returned) -> Received {
        let wanted = self.flow.response_type;
        self.expect_place(&returned);
        assert_eq!(returned.param("iss"), self.app.notes.issuer);
        for (name, is_wanted) in
            [("code", wanted.has_code()), ("id_token", wanted.has_id_token()), ("access_token", wanted.has_token())]
        {
            assert_eq!(returned.params.contains_key(name), is_wanted, "{name} for {wanted:?} in {:?}", returned.params.keys());
        }
        if wanted.has_token() {
            assert_eq!((returned.param("token_type"), returned.param("expires_in")), ("Bearer", "3600"));
        }
        assert!(!returned.params.contains_key("refresh_token") && !returned.params.contains_key("error"));
        let front = match returned.params.get("id_token") {
            Some(token) => Some(self.checked(token, &returned).await),
            None => None,
        };
        let back = match returned.params.get("code") {
            Some(code) => {
                assert!(code.len() >= 22, "a code of less than 128 bits");
                Some(Tokens::of(self.redeem(code).await))
            }
            None => None,
        };
        let from_token_endpoint = match &back {
            Some(tokens) => Some(id_token_claims(self.app, tokens.id()).await),
            None => None,
        };
        if let (Some(front), Some(back)) = (&front, &from_token_endpoint) {
            assert_eq!((&front["iss"], &front["sub"], &front["aud"]), (&back["iss"], &back["sub"], &back["aud"]));
        }
        Received { returned, front, back, from_token_endpoint }
    }

    /// An answer is in the fragment, or the query for a code alone, or in the body of a POST: in one of them and nowhere else.
    pub fn expect_place(&self, returned: &Returned) {
        assert_eq!(returned.to, RETURN);
        assert_eq!(returned.is_posted, self.flow.is_posted, "{}", returned.url);
        let (in_query, in_fragment) = (returned.url.contains('?'), returned.url.contains('#'));
        let has_tokens = self.flow.response_type.has_tokens();
        let expected = if self.flow.is_posted { (false, false) } else { (!has_tokens, has_tokens) };
        assert_eq!((in_query, in_fragment), expected, "{}", returned.url);
    }

    /// The claims of an ID token from the authorization endpoint, once everything about it is right.
    async fn checked(&self, token: &str, returned: &Returned) -> Map<String, Value> {
        let claims = id_token_claims(self.app, token).await;
        let now = self.app.services.clock.now().as_secs();
        assert_eq!(
            (claims["iss"].as_str().unwrap(), claims["aud"].as_str().unwrap()),
            (&*self.app.notes.issuer, &*self.client.id)
        );
        assert_eq!((claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap()), (now, now + 3600));
        assert_eq!(part(token, 0)["alg"], "RS256");
        let hash = |value: Option<&String>| value.map_or(Value::Null, |value| json!(Algorithm::RS256.half_hash(value)));
        let claim = |name: &str| claims.get(name).cloned().unwrap_or_default();
        for (name, companion) in [("c_hash", "code"), ("at_hash", "access_token"), ("s_hash", "state")] {
            assert_eq!(claim(name), hash(returned.params.get(companion)), "{name} is about {companion}");
        }
        claims
    }

    /// An error at the redirect URI, in the place of this flow, with the state of every request here.
    pub async fn expect_error(&self, browser: &mut Browser<'_>, ask: &Ask, error: &str) -> Returned {
        let returned = silently(self.app, browser, ask).await.expect_error(error);
        self.expect_place(&returned);
        for secret in ["code", "id_token", "access_token"] {
            assert!(!returned.params.contains_key(secret), "an error with {secret}");
        }
        returned
    }
}

/// What a client has at the end of a flow.
#[derive(Clone, Debug)]
pub struct Received {
    /// The answer of the authorization endpoint.
    pub returned: Returned,
    /// The claims of its ID token.
    pub front: Option<Map<String, Value>>,
    /// The answer of the token endpoint.
    pub back: Option<Tokens>,
    /// The claims of that one's ID token.
    pub from_token_endpoint: Option<Map<String, Value>>,
}

impl Received {
    /// The claims of the first ID token.
    pub fn claims(&self) -> &Map<String, Value> {
        self.front.as_ref().or(self.from_token_endpoint.as_ref()).unwrap()
    }
    /// Every ID token, with whatever the flow lets it say.
    pub fn id_tokens(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.front.iter().chain(&self.from_token_endpoint)
    }
    /// The first ID token itself.
    pub fn id_token(&self) -> &str {
        self.returned.params.get("id_token").map_or_else(|| self.back.as_ref().unwrap().id(), String::as_str)
    }
    /// Every access token.
    pub fn access_tokens(&self) -> Vec<Secret> {
        let back = self.back.as_ref().map(|tokens| tokens.access().to_owned());
        self.returned.params.get("access_token").cloned().into_iter().chain(back).map(Secret::new).collect()
    }
    /// What is known about the person: from `UserInfo`, through each access token alike, or from the ID token where there is none.
    pub async fn about_person(&self, app: &TestApp) -> Value {
        let mut answers = Vec::new();
        for token in self.access_tokens() {
            let claims = userinfo(app, token.expose()).await.expect(200).json();
            assert_eq!(claims["sub"], self.claims()["sub"]);
            answers.push(claims);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "two tokens of one grant open different things: {answers:?}");
        answers.into_iter().next().unwrap_or_else(|| Value::Object(self.claims().clone()))
    }
    /// The nonce came back in each ID token as it was sent.
    pub fn expect_nonce(&self, nonce: Option<&str>) {
        for claims in self.id_tokens() {
            assert_eq!(claims.get("nonce").and_then(Value::as_str), nonce);
        }
    }
    /// State and nonce of the usual request.
    pub fn expect_usual(&self) {
        assert_eq!(self.returned.param("state"), STATE);
        self.expect_nonce(Some(NONCE));
    }
}
