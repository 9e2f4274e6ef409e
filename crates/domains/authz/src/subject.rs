//! Whose permissions a check is about.

use flow::{Cx, Field};
use identity::permissions::{self, ADMIN_SCOPE, AUTHZ_CHECK, EffectivePermission};
use identity::users;
use kernel::{Actor, AgentId, Denial, Fault, Scopes, UserId};
use serde_json::{Value, json};
use store::{OneOrg, Reads, Tx, args, org_sql, rows};

/// The subject isn't of this organization.
pub(crate) const UNKNOWN: Denial = Denial::not_found("subject_not_found", "There is no such user or agent in this organization.");
/// The caller may ask about nobody else.
pub(crate) const NOT_ABOUT_OTHERS: Denial = Denial::forbidden(
    "insufficient_permissions",
    "Asking about another subject needs the scope authz:check or the permission authz.check.",
);
/// What every check may say.
pub(crate) const DENIALS: &[Denial] = &[UNKNOWN, NOT_ABOUT_OTHERS];

/// `subject` of a request: `{"type": "user" | "agent", "id": "…"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    User(UserId),
    Agent(AgentId),
}

impl Field for Named {
    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": { "type": { "type": "string", "enum": ["user", "agent"] }, "id": UserId::schema() },
            "required": ["type", "id"]
        })
    }
    fn from_text(_: &str) -> Result<Self, String> {
        Err("must be an object with type and id".to_owned())
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        let text = |name| value.get(name).and_then(Value::as_str).filter(|text: &&str| !text.is_empty());
        match (text("type"), text("id")) {
            (Some("user"), Some(id)) => UserId::from_text(id).map(Self::User),
            (Some("agent"), Some(id)) => AgentId::from_text(id).map(Self::Agent),
            (Some(_), Some(_)) => Err("must have the type user or agent".to_owned()),
            _ => Err("must be an object with type and id".to_owned()),
        }
    }
}

/// Somebody who exists, and what they may do.
pub(crate) enum Subject {
    /// A person.
    User(UserId),
    /// An agent and what it may do: its capabilities, as long as it is active.
    Agent(AgentId, Scopes),
}

impl Subject {
    /// The subject that is named, or the caller.
    pub(crate) async fn resolve(cx: &mut Cx<OneOrg, Reads>, named: Option<&Named>) -> Result<Self, Fault> {
        match named {
            Some(named) if !is_caller(&cx.actor, named) => {
                may_ask_about_others(cx).await?;
                Self::find(&mut cx.tx, named).await
            }
            _ => Self::caller(cx).await,
        }
    }

    /// Whoever is behind the credential.
    pub(crate) async fn caller(cx: &mut Cx<OneOrg, Reads>) -> Result<Self, Fault> {
        match cx.actor.clone() {
            Actor::Session { user, .. } | Actor::User { user, .. } | Actor::ApiKey { user, .. } => Ok(Self::User(user)),
            Actor::Agent { agent, scopes, .. } => {
                // A token may carry fewer capabilities than its agent has.
                let capabilities = find_capabilities(&mut cx.tx, &agent).await?.unwrap_or_default();
                Ok(Self::Agent(agent, capabilities.intersection(&scopes)))
            }
            Actor::Client { .. } | Actor::Anonymous | Actor::System(_) | Actor::Operator => Err(Fault::invalid(
                "missing_fields",
                "An application holds no permissions of its own. Please name the user or agent to ask about in subject.",
            )),
        }
    }

    /// A user of that id or an agent of that id, in this organization.
    async fn find(tx: &mut Tx<OneOrg, Reads>, named: &Named) -> Result<Self, Fault> {
        let found = match named {
            Named::User(id) => users::find_user(tx, id).await?.map(|user| Self::User(user.id)),
            Named::Agent(id) => find_capabilities(tx, id).await?.map(|capabilities| Self::Agent(id.clone(), capabilities)),
        };
        found.ok_or_else(|| UNKNOWN.into())
    }

    /// Whether they may do it. Who is blocked or inactive may do nothing.
    pub(crate) async fn holds(&self, tx: &mut Tx<OneOrg, Reads>, permission: &str) -> Result<bool, Fault> {
        match self {
            Self::User(user) => permissions::holds(tx, user, permission).await,
            Self::Agent(_, capabilities) => Ok(capabilities.has(permission)),
        }
    }

    /// Everything they may do. Who is blocked or inactive may do nothing.
    pub(crate) async fn permissions(&self, tx: &mut Tx<OneOrg, Reads>) -> Result<Vec<EffectivePermission>, Fault> {
        match self {
            Self::User(user) => {
                let is_in_use = users::find_user(tx, user).await?.is_some_and(|user| user.is_active && !user.is_blocked);
                if is_in_use { permissions::effective(tx, user).await } else { Ok(Vec::new()) }
            }
            Self::Agent(_, capabilities) => Ok(capabilities.iter().map(capability).collect()),
        }
    }

    /// `user` or `agent`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Agent(..) => "agent",
        }
    }
    /// Their id.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::User(user) => user.to_string(),
            Self::Agent(agent, _) => agent.to_string(),
        }
    }
    /// Their id, if it is a person.
    pub(crate) fn user_id(&self) -> Option<String> {
        match self {
            Self::User(user) => Some(user.to_string()),
            Self::Agent(..) => None,
        }
    }
}

fn is_caller(actor: &Actor, named: &Named) -> bool {
    match (named, actor) {
        (Named::Agent(named), Actor::Agent { agent, .. }) => named == agent,
        (Named::User(named), actor) => actor.user() == Some(named),
        _ => false,
    }
}

/// Asking about others takes a scope of the credential, or a permission of the person behind it.
async fn may_ask_about_others(cx: &mut Cx<OneOrg, Reads>) -> Result<(), Fault> {
    if cx.actor.scopes().is_some_and(|scopes| scopes.has(AUTHZ_CHECK.scope) || scopes.has(ADMIN_SCOPE)) {
        return Ok(());
    }
    if let Some(user) = cx.actor.user().cloned()
        && permissions::holds(&mut cx.tx, &user, AUTHZ_CHECK.slug).await?
    {
        return Ok(());
    }
    Err(NOT_ABOUT_OTHERS.into())
}

rows! {
    struct AgentRow { status: String, capabilities: Scopes }
}

/// What an agent may do, if there is one of that id.
async fn find_capabilities(tx: &mut Tx<OneOrg, Reads>, agent: &AgentId) -> Result<Option<Scopes>, Fault> {
    let sql = org_sql!("SELECT status, capabilities FROM agents WHERE org_id = :org AND id = :id");
    let row: Option<AgentRow> = tx.fetch_optional(sql, args! { id: agent }).await?;
    Ok(row.map(|row| if row.status == "active" { row.capabilities } else { Scopes::default() }))
}

fn capability(slug: &str) -> EffectivePermission {
    EffectivePermission { slug: slug.to_owned(), description: None, source: "capability".to_owned() }
}
