//! The backchannel authentication endpoint (CIBA Core §7).

use super::code::{Settled, Tried};
use super::{Backchannel, agent, named, notify, requests};
use crate::authorize::{Effective, claim_object, resolve};
use crate::clients::{Client, authenticate};
use crate::decoupled::{Delivery, NewRequest, Stored, insert};
use crate::params;
use crate::policy::Policy;
use crate::possession::shown_by_client;
use crate::token::parameter;
use flow::{
    Answer, Body, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reply, ReplyDoc, Route, Surface, Verdict,
    Writes,
};
use identity::guesses::{self, Subject};
use kernel::{Access, Fault, Limit, Secret, UserId};
use oauth::ciba::{self as rules, Request};
use oauth::client::DeliveryMode;
use oauth::confirmation::Confirmation;
use oauth::decoupled::INTERVAL;
use oauth::grant::decoupled::Kind;
use oauth::jar::{Once, Presented, present};
use oauth::pipeline::Endpoint;
use oauth::{ErrorCode, Params, ProtocolError, rar};
use schemars::SchemaGenerator;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const ENDPOINT: Endpoint = Endpoint::BackchannelAuthentication;

/// A request: its parameters, not looked at yet.
#[derive(Clone, Debug)]
pub struct AuthenticationRequest(Params);

impl Parse for AuthenticationRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Ok(Self(params::of_body(incoming)?.unique()?))
    }
    fn parameters() -> Vec<Parameter> {
        [
            ("scope", false, "What is asked for, `openid` among it."),
            ("login_hint", false, "Whom the client means: what they sign in with."),
            ("id_token_hint", false, "Or an earlier ID token about them."),
            ("login_hint_token", false, "Or a JWT of the client's that names them."),
            ("binding_message", false, "What the person sees at both devices."),
            ("requested_expiry", false, "Seconds the request waits."),
            ("acr_values", false, "Wanted authentication context classes."),
            ("resource", false, "Resource servers the tokens are for (RFC 8707)."),
            ("authorization_details", false, "What exactly is asked for: a JSON array of objects with a type each (RFC 9396)."),
            ("client_notification_token", false, "What the client is told with (ping, push)."),
            ("user_code", false, "The code that the person set, from clients that registered for it."),
            ("request", false, "All of that as an object that the client signed."),
            ("agent_id", false, "Which agent asks, where it shows an access token of its own."),
            ("client_id", false, "Who asks, unless the Authorization header says so."),
            ("client_secret", false, "The client's secret, unless the Authorization header carries it."),
            ("client_assertion_type", false, "The kind of assertion (RFC 7523)."),
            ("client_assertion", false, "An assertion signed with the client's private key."),
        ]
        .map(|(name, is_required, description)| parameter(name, is_required, description))
        .into()
    }
}

/// A client asks a person for approval.
#[derive(Clone)]
pub struct Begin {
    client: Arc<Client>,
    request: Request,
    user: Option<UserId>,
    /// The code it came with, if the client must send one.
    tried: Option<Tried>,
    /// The keys that pushed tokens are bound to.
    confirmation: Confirmation,
    once: Option<Once>,
    is_signed: bool,
}

impl Prepare<Begin> for AuthenticationRequest {
    async fn prepare(self, prep: &Prep) -> Result<Begin, Fault> {
        let (services, org) = (prep.services(), prep.organization()?);
        let by_agent = agent::prove(services, org, &prep.request, prep.now).await?;
        let client = match &by_agent {
            Some(by_agent) => {
                by_agent.check_name(&self.0)?;
                by_agent.client.clone()
            }
            None => authenticate(services, org, &prep.request, prep.now).await?.claimed_by_runner()?.0,
        };
        if !Policy::of(org).takes_backchannel_requests() {
            return Err(rules::unauthorized().into());
        }
        let delivery = rules::check_client(&client.metadata)?;
        let presented = present(&self.0)?;
        match presented {
            Presented::Plain => rules::check_optional(&client.metadata)?,
            Presented::Object(_) => {}
            // CIBA Core §7.1.1: objects come by value only.
            Presented::Reference(_) | Presented::Pushed(_) => {
                return Err(ProtocolError::invalid_request("The request_uri parameter is not supported here.").into());
            }
        }
        let resolved = resolve(prep, &client, &self.0, presented, ENDPOINT).await?;
        let Effective { params, once, is_signed } = resolved.effective.map_err(as_ciba_names_it)?;
        let params = if by_agent.is_some() { rules::with_openid(&params)? } else { params };
        let mut request = rules::parse(&params, &client.metadata)?;
        if let Some(by_agent) = &by_agent {
            by_agent.keep_within(&mut request.asked)?;
        }
        let details = &request.asked.authorization_details;
        rar::check(details, Policy::of(org).authorization_details_types(), &client.metadata)?;
        let found = named::find(prep, &client, &request.hint).await?;
        let tried = match &request.user_code {
            Some(code) => Some(Tried::of(prep, client.id(), &found, code).await?),
            None => None,
        };
        let confirmation = match delivery {
            DeliveryMode::Push => Confirmation::of_tokens(&client.metadata, shown_by_client(prep, &client.metadata)?)?,
            DeliveryMode::Poll | DeliveryMode::Ping => Confirmation::default(),
        };
        Ok(Begin { client, request, user: found.user, tried, confirmation, once, is_signed })
    }
}

/// CIBA Core §13 has one name for everything that is wrong with a request object.
fn as_ciba_names_it(error: ProtocolError) -> ProtocolError {
    let is_about_object = matches!(
        error.code,
        ErrorCode::InvalidRequestObject | ErrorCode::RequestUriNotSupported | ErrorCode::RequestNotSupported
    );
    if is_about_object { ProtocolError::invalid_request(error.description().to_owned()) } else { error }
}

impl Operation for Begin {
    const ID: &'static str = "oauth.backchannel_authorize";
    const SUMMARY: &'static str = "Ask a person for approval on a device of theirs (CIBA Core §7).";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/bc-authorize");
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Client;
    const LIMIT: Limit = Limit::Token;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = AuthenticationRequest;
    type Output = Acknowledged;
    type Event = Backchannel;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Acknowledged, Backchannel>, Fault> {
        claim_object(cx, self.client.id(), self.once.as_ref(), ENDPOINT).await??;
        if let Some(refused) = self.code_refused(cx).await? {
            return Ok(refused);
        }
        // Not the source: that is the client's own server, behind which are all of its customers.
        let subjects = [Subject::naming(self.client.id())];
        guesses::check(&mut cx.tx, &subjects, cx.now).await?;
        let Some(user) = self.user else {
            let has_locked = guesses::record_failure(&mut cx.tx, &subjects, cx.now).await?;
            let event = Backchannel::Misnamed { client: self.client.id().clone(), has_locked };
            return Ok(Verdict::Refused(rules::unknown_user().into(), event));
        };
        let lately = requests::check_flood(cx, &user, self.client.id()).await?;
        let Request { asked, binding_message, lifetime, delivery, notification_token, .. } = self.request;
        let (scopes, authorization_details_types) = (asked.scopes.clone(), asked.detail_types());
        let stored = Stored {
            binding_message: binding_message.clone(),
            is_signed: self.is_signed,
            delivery: Some(Delivery { mode: delivery, confirmation: self.confirmation }),
            ..Stored::of(asked, &cx.request)
        };
        let new = NewRequest {
            kind: Kind::Backchannel,
            client: self.client.id(),
            user: Some(&user),
            user_code_hash: None,
            notification_token: notification_token.as_ref(),
            request: &stored,
            expires_at: cx.now.plus(lifetime),
        };
        let credential = insert(cx, &new).await?.ok_or_else(|| Fault::unavailable("two requests of one id"))?;
        requests::tell(cx, &user, &self.client, &credential.id, binding_message, lately).await?;
        if delivery == DeliveryMode::Push {
            notify::queue_end(cx, &self.client, &credential.id, new.expires_at).await?;
        }
        let event = Backchannel::Begun {
            client: self.client.id().clone(),
            subject: user,
            scopes,
            authorization_details_types,
            delivery: delivery.as_str(),
        };
        let interval = (delivery != DeliveryMode::Push).then_some(INTERVAL);
        Ok(Verdict::Done(Acknowledged { auth_req_id: credential.format(), lifetime, interval }, event))
    }
}

impl Begin {
    /// What whoever sent a wrong code is told; `None` if the code was right, or none is needed.
    async fn code_refused(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<Verdict<Acknowledged, Backchannel>>, Fault> {
        let Some(tried) = &self.tried else { return Ok(None) };
        let (client, subject) = (self.client.id().clone(), self.user.clone());
        Ok(match tried.settle(cx).await? {
            Settled::Right => None,
            Settled::Wrong { has_locked } => {
                let event = Backchannel::CodeRefused { client, subject, reason: "wrong", has_locked };
                Some(Verdict::Refused(rules::wrong_user_code().into(), event))
            }
            Settled::Locked(fault) => {
                let event = Backchannel::CodeRefused { client, subject, reason: "locked", has_locked: false };
                Some(Verdict::Refused(fault, event))
            }
        })
    }
}

/// The request waits (CIBA Core §7.3).
#[derive(Debug)]
pub struct Acknowledged {
    auth_req_id: Secret,
    lifetime: Duration,
    interval: Option<u32>,
}

impl Reply for Acknowledged {
    fn reply(self) -> Result<Answer, Fault> {
        let mut body = json!({ "auth_req_id": self.auth_req_id.expose(), "expires_in": self.lifetime.as_secs() });
        if let (Some(interval), Some(members)) = (self.interval, body.as_object_mut()) {
            members.insert("interval".to_owned(), json!(interval));
        }
        Ok(Answer::new(200, Body::Json(body.to_string())).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let seconds = json!({ "type": "integer", "description": "Seconds." });
        let schema = json!({
            "type": "object",
            "required": ["auth_req_id", "expires_in"],
            "properties": { "auth_req_id": { "type": "string" }, "expires_in": seconds, "interval": seconds }
        });
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(schema) }
    }
}
