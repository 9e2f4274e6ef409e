//! The endpoint for pushed authorization requests (RFC 9126).
//!
//! Whatever the authorization endpoint would refuse is refused here, before a person is bothered. What is stored is the request as it
//! was judged; the parameters, secrets among them, are forgotten.

use crate::authorize::{Effective, claim_object, insert_pushed, judge, parameters, resolve};
use crate::clients::{Client, authenticate};
use crate::params;
use crate::policy::Policy;
use crate::possession::bound_by_pusher;
use flow::{
    Answer, Body, Catalogue, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reply, ReplyDoc, Route, Source,
    Surface, Verdict, Writes,
};
use identity::secret::Credential;
use kernel::{Access, ClientId, Fault, Limit, Scopes, Secret, TransactionId};
use oauth::authorization_request::{AuthorizationRequest, return_address};
use oauth::jar::{Once, present};
use oauth::pipeline::Endpoint;
use oauth::{Params, par as rules};
use schemars::SchemaGenerator;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const ENDPOINT: Endpoint = Endpoint::PushedAuthorization;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Push>()
}

/// An authorization request in a form, and a client's proof.
#[derive(Clone, Debug)]
pub struct PushRequest(Params);

impl Parse for PushRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let params = params::of_body(incoming)?.unique()?;
        rules::check_form(&params)?;
        Ok(Self(params))
    }
    fn parameters() -> Vec<Parameter> {
        let proof = [
            ("client_secret", "The client's secret, unless the Authorization header carries it."),
            ("client_assertion_type", "The kind of assertion (RFC 7523)."),
            ("client_assertion", "An assertion signed with the client's private key."),
        ];
        let mut all: Vec<_> = parameters(Source::Body).into_iter().filter(|parameter| parameter.name != "request_uri").collect();
        all.extend(proof.map(|(name, description)| crate::token::parameter(name, false, description)));
        all
    }
}

/// A client announces a request.
#[derive(Clone)]
pub struct Push {
    client: Arc<Client>,
    request: AuthorizationRequest,
    once: Option<Once>,
    lifetime: Duration,
}

impl Prepare<Push> for PushRequest {
    async fn prepare(self, prep: &Prep) -> Result<Push, Fault> {
        let proof = authenticate(prep.services(), prep.organization()?, &prep.request, prep.now).await?;
        let (client, _) = proof.claimed_by_runner()?;
        let Effective { params, once, is_signed } =
            resolve(prep, &client, &self.0, present(&self.0)?, ENDPOINT).await?.effective?;
        let address = return_address(&params, &client.metadata)?;
        let request = judge(prep, &client, &params, address).await??;
        let request = AuthorizationRequest { is_pushed: true, is_signed, ..request };
        client.metadata.profile().check_pushed(&request)?;
        let request = bound_by_pusher(prep, &client.metadata, request)?;
        Ok(Push { client, request, once, lifetime: Policy::of(prep.organization()?).pushed_request_lifetime() })
    }
}

kernel::events! {
    /// What the endpoint records.
    pub enum Pushing {
        /// A client pushed an authorization request, which waits for its browser.
        Pushed = "authorization.pushed", Info { about client: ClientId, public scopes: Scopes };
    }
}

impl Operation for Push {
    const ID: &'static str = "oauth.push_authorization";
    const SUMMARY: &'static str = "Push an authorization request (RFC 9126).";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/par");
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Client;
    const LIMIT: Limit = Limit::Token;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = PushRequest;
    type Output = Reference;
    type Event = Pushing;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Reference, Pushing>, Fault> {
        claim_object(cx, &self.request.client_id, self.once.as_ref(), ENDPOINT).await??;
        let credential = Credential::generate(TransactionId::new(cx.now, cx.rng()).as_str(), cx.rng());
        insert_pushed(cx, &credential, &self.client, &self.request, cx.now.plus(self.lifetime)).await?;
        let request_uri = Secret::new(rules::reference(credential.format().expose()));
        let event = Pushing::Pushed { client: self.request.client_id, scopes: self.request.scopes };
        Ok(Verdict::Done(Reference { request_uri, lifetime: self.lifetime }, event))
    }
}

/// What the browser is sent with.
#[derive(Debug)]
pub struct Reference {
    request_uri: Secret,
    lifetime: Duration,
}

impl Reply for Reference {
    fn reply(self) -> Result<Answer, Fault> {
        let body = json!({ "request_uri": self.request_uri.expose(), "expires_in": self.lifetime.as_secs() });
        Ok(Answer::new(201, Body::Json(body.to_string())).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let schema = json!({
            "type": "object",
            "required": ["request_uri", "expires_in"],
            "properties": {
                "request_uri": { "type": "string", "description": "Good for one answer." },
                "expires_in": { "type": "integer", "description": "Seconds." }
            }
        });
        ReplyDoc { status: 201, content_type: Some("application/json"), schema: Some(schema) }
    }
}
