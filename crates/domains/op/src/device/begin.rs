//! The device authorization endpoint (RFC 8628 §3.1, §3.2).

use super::{CODE_PURPOSE, Devices, path};
use crate::clients::authenticate;
use crate::decoupled::{NewRequest, Stored, insert};
use crate::params;
use crate::policy::Policy;
use crate::token::parameter;
use flow::{
    Answer, Body, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reply, ReplyDoc, Route, Surface, Verdict,
    Writes,
};
use identity::secret;
use kernel::{Access, ClientId, Fault, Limit, Secret};
use oauth::Params;
use oauth::decoupled::{Asked, INTERVAL};
use oauth::device_authorization::{self as rules, LIFETIME, UserCode};
use oauth::grant::decoupled::Kind;
use oauth::rar;
use schemars::SchemaGenerator;
use serde_json::json;

/// How often a code that is taken is made anew. Twice in a row is less likely than a broken disk.
const TRIES: usize = 8;

/// A device's request: its parameters, not looked at yet.
#[derive(Clone, Debug)]
pub struct DeviceRequest(Params);

impl Parse for DeviceRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Ok(Self(params::of_body(incoming)?.unique()?))
    }
    fn parameters() -> Vec<Parameter> {
        [
            ("client_id", false, "Which application the device runs, unless the Authorization header says so."),
            ("scope", false, "What is asked for."),
            ("resource", false, "Resource servers the tokens are for (RFC 8707)."),
            ("authorization_details", false, "What exactly is asked for: a JSON array of objects with a type each (RFC 9396)."),
            ("code_challenge", false, "A PKCE challenge, to be answered at the token endpoint."),
            ("code_challenge_method", false, "`S256`."),
            ("client_secret", false, "The client's secret, unless the Authorization header carries it."),
            ("client_assertion_type", false, "The kind of assertion (RFC 7523)."),
            ("client_assertion", false, "An assertion signed with the client's private key."),
        ]
        .map(|(name, is_required, description)| parameter(name, is_required, description))
        .into()
    }
}

/// A device asks for access.
#[derive(Clone, Debug)]
pub struct Begin {
    client: ClientId,
    asked: Asked,
}

impl Prepare<Begin> for DeviceRequest {
    async fn prepare(self, prep: &Prep) -> Result<Begin, Fault> {
        let org = prep.organization()?;
        let proof = authenticate(prep.services(), org, &prep.request, prep.now).await?;
        let (client, _) = proof.claimed_by_runner()?;
        let policy = Policy::of(org);
        if !policy.devices().are_allowed {
            return Err(rules::unauthorized().into());
        }
        let asked = rules::parse(&self.0, &client.metadata)?;
        rar::check(&asked.authorization_details, policy.authorization_details_types(), &client.metadata)?;
        Ok(Begin { asked, client: client.id().clone() })
    }
}

impl Operation for Begin {
    const ID: &'static str = "oauth.device_authorization";
    const SUMMARY: &'static str = "Ask for access on behalf of a device (RFC 8628 §3.1).";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/device_authorization");
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Client;
    const LIMIT: Limit = Limit::Token;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = DeviceRequest;
    type Output = Begun;
    type Event = Devices;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Begun, Devices>, Fault> {
        let request = Stored::of(self.asked, &cx.request);
        for _ in 0..TRIES {
            let user_code = UserCode::generate(cx.rng());
            let hash = secret::hash(cx.services(), CODE_PURPOSE, &user_code.secret());
            let new = NewRequest {
                kind: Kind::Device,
                client: &self.client,
                user: None,
                user_code_hash: Some(&hash),
                notification_token: None,
                request: &request,
                expires_at: cx.now.plus(LIFETIME),
            };
            if let Some(credential) = insert(cx, &new).await? {
                let page = format!("{}{}", cx.services().base_url, path(cx.org().slug()));
                let authorization_details_types = request.asked.detail_types();
                let event = Devices::Begun { client: self.client, scopes: request.asked.scopes, authorization_details_types };
                return Ok(Verdict::Done(Begun { device_code: credential.format(), user_code, page }, event));
            }
        }
        Err(Fault::unavailable("no user code was free"))
    }
}

/// What the device shows, and what it asks with.
#[derive(Debug)]
pub struct Begun {
    device_code: Secret,
    user_code: UserCode,
    page: String,
}

impl Reply for Begun {
    fn reply(self) -> Result<Answer, Fault> {
        let code = self.user_code.shown();
        let body = json!({
            "device_code": self.device_code.expose(),
            "user_code": code,
            "verification_uri": self.page,
            "verification_uri_complete": format!("{}?user_code={code}", self.page),
            "expires_in": LIFETIME.as_secs(),
            "interval": INTERVAL,
        });
        Ok(Answer::new(200, Body::Json(body.to_string())).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let (text, seconds) = (json!({ "type": "string" }), json!({ "type": "integer", "description": "Seconds." }));
        let schema = json!({
            "type": "object",
            "required": ["device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"],
            "properties": {
                "device_code": text, "user_code": text, "verification_uri": text, "verification_uri_complete": text,
                "expires_in": seconds, "interval": seconds
            }
        });
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(schema) }
    }
}
