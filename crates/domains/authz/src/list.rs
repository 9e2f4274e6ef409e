//! What may I do?

use crate::subject::Subject;
use flow::{Cx, Json, Operation, Route, Surface, Verdict};
use identity::envelope::Pagination;
use identity::permissions::{ADMIN_SCOPE, AUTHZ_READ, EffectivePermission};
use kernel::{Access, Actor, Fault, Limit, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use store::{OneOrg, Reads};

flow::input! {
    /// List the caller's own permissions.
    #[derive(Clone, Copy, Debug)]
    pub struct ListPermissions {}
}

/// Everything the caller may do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OwnPermissions {
    /// The caller's id, if it is a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// The permissions, each once.
    permissions: Vec<EffectivePermission>,
    /// How many.
    count: usize,
    /// The same as `permissions`.
    data: Vec<EffectivePermission>,
    /// One page.
    pagination: Pagination,
}

impl Operation for ListPermissions {
    const ID: &'static str = "authz.permissions";
    const SUMMARY: &'static str = "List the caller's own permissions and where each comes from.";
    const ROUTE: Route = Route::get("/api/v1/authz/permissions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::TokenOrKey;
    const LIMIT: Limit = Limit::Token;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<OwnPermissions>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Json<OwnPermissions>, Silent>, Fault> {
        may_list(&cx.actor)?;
        let subject = Subject::caller(cx).await?;
        let permissions = subject.permissions(&mut cx.tx).await?;
        let own = OwnPermissions {
            user_id: subject.user_id(),
            count: permissions.len(),
            pagination: Pagination::whole(permissions.len()),
            data: permissions.clone(),
            permissions,
        };
        Ok(Verdict::Done(Json(own), Silent))
    }
}

/// A person's token needs the scope, which no API key can hold; an agent's capabilities are its scopes.
fn may_list(actor: &Actor) -> Result<(), Fault> {
    let refuse = |scopes| Err(Fault::insufficient_scope(&[AUTHZ_READ.scope], scopes));
    match actor {
        Actor::User { scopes, .. } if !scopes.has(AUTHZ_READ.scope) && !scopes.has(ADMIN_SCOPE) => refuse(scopes),
        Actor::ApiKey { scopes, .. } | Actor::Client { scopes, .. } => refuse(scopes),
        _ => Ok(()),
    }
}
