//! Who am I: the caller, as this server knows them.

use crate::roles::{self, NamedRef};
use crate::users;
use flow::{Catalogue, Cx, Json, NoInput, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Actor, AgentId, ClientId, Fault, Scopes, Silent, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{args, org_sql};

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowMe>()
}

/// Who the credential belongs to.
#[derive(Clone, Debug)]
pub struct ShowMe;

/// The caller.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Me {
    /// `user` or `agent`; absent for other programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_type: Option<&'static str>,
    /// The id of the user, agent or client.
    id: String,
    /// A user's address.
    email: Option<String>,
    /// The name for people.
    name: Option<String>,
    /// Whether a user has a second factor.
    mfa_enabled: Option<bool>,
    /// A user's roles.
    roles: Option<Vec<String>>,
    /// An agent's capabilities.
    capabilities: Option<Vec<String>>,
    /// The organization.
    tenant: NamedRef,
}

impl flow::Parse for ShowMe {
    fn parse(incoming: &flow::Incoming) -> Result<Self, Fault> {
        NoInput::parse(incoming).map(|NoInput| Self)
    }
    fn parameters() -> Vec<flow::Parameter> {
        NoInput::parameters()
    }
}

impl Operation for ShowMe {
    const ID: &'static str = "me.show";
    const SUMMARY: &'static str = "Who the credential belongs to.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/me");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::TokenOrKey;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Me>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let me = match cx.actor.clone() {
            Actor::Session { user, .. } | Actor::User { user, .. } | Actor::ApiKey { user, .. } => person(cx, &user).await?,
            Actor::Agent { agent, scopes, .. } => program(cx, &agent, &scopes).await?,
            Actor::Client { client, .. } => application(cx, &client).await?,
            Actor::Anonymous | Actor::System(_) | Actor::Operator => return Err(users::not_found()),
        };
        Ok(Verdict::Done(Json(me), Silent))
    }
}

async fn person(cx: &mut Cx<OneOrg, Reads>, user: &UserId) -> Result<Me, Fault> {
    let user = users::load_user(&mut cx.tx, user).await?;
    let roles = roles::list_effective(&mut cx.tx, &user.id).await?.into_iter().map(|role| role.slug).collect();
    Ok(Me {
        subject_type: Some("user"),
        id: user.id.to_string(),
        email: Some(user.email),
        name: user.name,
        mfa_enabled: Some(false),
        roles: Some(roles),
        capabilities: None,
        tenant: tenant(cx),
    })
}

async fn program(cx: &mut Cx<OneOrg, Reads>, agent: &AgentId, scopes: &Scopes) -> Result<Me, Fault> {
    let sql = org_sql!("SELECT name AS a FROM agents WHERE org_id = :org AND id = :id");
    let (name,) = cx
        .tx
        .fetch_optional::<(String,)>(sql, args! { id: agent })
        .await?
        .ok_or_else(|| Fault::not_found("agents.not_found", "There is no such agent."))?;
    let capabilities = scopes.iter().map(str::to_owned).collect();
    Ok(Me {
        subject_type: Some("agent"),
        name: Some(name),
        capabilities: Some(capabilities),
        ..nobody(agent.to_string(), tenant(cx))
    })
}

async fn application(cx: &mut Cx<OneOrg, Reads>, client: &ClientId) -> Result<Me, Fault> {
    let sql = org_sql!("SELECT name AS a FROM clients WHERE org_id = :org AND id = :id");
    let (name,) = cx
        .tx
        .fetch_optional::<(String,)>(sql, args! { id: client })
        .await?
        .ok_or_else(|| Fault::not_found("clients.not_found", "There is no such client."))?;
    Ok(Me { name: Some(name), ..nobody(client.to_string(), tenant(cx)) })
}

fn nobody(id: String, tenant: NamedRef) -> Me {
    Me { subject_type: None, id, email: None, name: None, mfa_enabled: None, roles: None, capabilities: None, tenant }
}

fn tenant(cx: &Cx<OneOrg, Reads>) -> NamedRef {
    let org = cx.org();
    NamedRef { id: org.id().to_string(), name: org.name().to_owned(), slug: org.slug().to_owned() }
}

#[cfg(test)]
mod tests;
