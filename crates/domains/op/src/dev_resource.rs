//! A small protected resource on development servers, to try access tokens on: bearer tokens, and such as are bound to a key or certificate.
//!
//! It behaves as FAPI 2.0 §5.3.4 wants a resource server to: tokens stand in the header alone, and `x-fapi-interaction-id` comes back.
//! With `acr_values` and `max_age` in the query it asks for a sign-in like that (RFC 9470).

use crate::access_tokens::verify;
use flow::{
    Answer, Body, Catalogue, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reads, Reply, ReplyDoc, Route,
    Source, Surface, Verdict,
};
use kernel::{Access, Actor, Fault, JobId, Limit, Silent, Timestamp};
use oauth::acr::Acr;
use oauth::bearer;
use oauth::step_up::SignIn;
use schemars::SchemaGenerator;
use serde_json::{Value, json};

/// The resource; for development servers only.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<CallResource>()
}

const INTERACTION: &str = "x-fapi-interaction-id";

/// A call of the resource.
#[derive(Clone, Debug)]
pub struct ResourceCall {
    /// What ties a request to its answer in the logs of both sides.
    interaction: Option<String>,
    /// How the person must have signed in.
    sign_in: SignIn,
}

/// Call the resource.
#[derive(Clone, Debug)]
pub struct CallResource {
    interaction: Option<String>,
}

impl Prepare<CallResource> for ResourceCall {
    async fn prepare(self, prep: &Prep) -> Result<CallResource, Fault> {
        if self.sign_in != SignIn::default() {
            let sent = bearer::token(prep.request.header("authorization"), None)?;
            let (_, token) = sent.ok_or_else(|| Fault::internal("a proven token was not sent"))?;
            let token = verify(prep.services(), prep.organization()?, &token, prep.now).await?;
            let at = Timestamp::from_secs(token.claims.auth_time.unwrap_or_default());
            self.sign_in.check(token.claims.acr.as_deref().unwrap_or_default(), at, prep.now)?;
        }
        Ok(CallResource { interaction: self.interaction })
    }
}

impl Parse for ResourceCall {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let query = incoming.query_pairs()?;
        let said = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        if said("access_token").is_some() {
            return Err(Fault::invalid("invalid_request", "Access tokens are not taken in the query."));
        }
        let unknown = |what| Fault::invalid("invalid_request", format!("The {what} can't be read."));
        let acr = said("acr_values").map(|text| Acr::parse(&text).ok_or_else(|| unknown("acr_values"))).transpose()?;
        let max_age = said("max_age").map(|text| text.parse().map_err(|_| unknown("max_age"))).transpose()?;
        let sent = incoming.header(INTERACTION);
        let is_id = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
        Ok(Self { interaction: sent.filter(is_id).map(str::to_owned), sign_in: SignIn { acr, max_age } })
    }
    fn parameters() -> Vec<Parameter> {
        let query =
            |name, schema, description| Parameter { name, source: Source::Query, is_required: false, schema, description };
        let number = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
        vec![
            query("access_token", json!({ "type": "string", "maxLength": 0 }), "Refused: a token belongs into the header."),
            query(
                "acr_values",
                json!({ "type": "string", "enum": Acr::ALL.map(Acr::as_str) }),
                "How strongly the person must have signed in (RFC 9470).",
            ),
            query("max_age", number, "How many seconds ago at most."),
        ]
    }
}

impl Operation for CallResource {
    const ID: &'static str = "dev.resource";
    const SUMMARY: &'static str = "A protected resource of a development server: who calls, with which scopes.";
    const ROUTE: Route = Route::get("/dev/resource");
    const ALSO: &'static [Route] = &[Route::post("/dev/resource")];
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Token;
    const LIMIT: Limit = Limit::Token;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = ResourceCall;
    type Output = Resource;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Resource, Silent>, Fault> {
        if !cx.services().is_dev {
            return Err(Fault::not_found("dev.not_found", "This exists on development servers only."));
        }
        let interaction = self.interaction.unwrap_or_else(|| JobId::new(cx.now, cx.rng()).to_string());
        let subject = match &cx.actor {
            Actor::User { user, .. } => user.as_str(),
            Actor::Client { client, .. } => client.as_str(),
            Actor::Agent { agent, .. } => agent.as_str(),
            Actor::Anonymous | Actor::Session { .. } | Actor::ApiKey { .. } | Actor::System(_) | Actor::Operator => {
                return Err(Fault::internal("an access token stands for a person or a program"));
            }
        };
        let scope = cx.actor.scopes().map(ToString::to_string);
        let content = json!({ "sub": subject, "client_id": cx.actor.client().map(kernel::ClientId::as_str), "scope": scope });
        Ok(Verdict::Done(Resource { content, interaction }, Silent))
    }
}

/// What the resource says.
#[derive(Debug)]
pub struct Resource {
    content: Value,
    interaction: String,
}

impl Reply for Resource {
    fn reply(self) -> Result<Answer, Fault> {
        Ok(Answer::new(200, Body::Json(self.content.to_string())).no_store().header(INTERACTION, self.interaction))
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let schema = json!({ "type": "object", "required": ["sub"], "properties": { "sub": { "type": "string" } } });
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(schema) }
    }
}
