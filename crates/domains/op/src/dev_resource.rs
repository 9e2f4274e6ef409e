//! A small protected resource on development servers, to try access tokens on: bearer tokens, and such as are bound to a key or certificate.
//!
//! It behaves as FAPI 2.0 §5.3.4 wants a resource server to: tokens stand in the header alone, and `x-fapi-interaction-id` comes back.

use flow::{
    Answer, Body, Catalogue, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Reads, Reply, ReplyDoc, Route, Source, Surface,
    Verdict,
};
use kernel::{Access, Actor, Fault, JobId, Limit, Silent};
use schemars::SchemaGenerator;
use serde_json::{Value, json};

/// The resource; for development servers only.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<CallResource>()
}

const INTERACTION: &str = "x-fapi-interaction-id";

/// Call the resource.
#[derive(Clone, Debug)]
pub struct CallResource {
    /// What ties a request to its answer in the logs of both sides.
    interaction: Option<String>,
}

impl Parse for CallResource {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        if incoming.query_pairs()?.iter().any(|(name, _)| name == "access_token") {
            return Err(Fault::invalid("invalid_request", "Access tokens are not taken in the query."));
        }
        let sent = incoming.header(INTERACTION);
        let is_id = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
        Ok(Self { interaction: sent.filter(is_id).map(str::to_owned) })
    }
    fn parameters() -> Vec<Parameter> {
        let schema = json!({ "type": "string", "maxLength": 0 });
        vec![Parameter {
            name: "access_token",
            source: Source::Query,
            is_required: false,
            schema,
            description: "Refused: a token belongs into the header.",
        }]
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
    type Input = Self;
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
