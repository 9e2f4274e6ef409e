//! The scopes applications may ask for.

use super::scope_view::{ScopeList, ScopeView};
use crate::change::Change;
use crate::envelope::{Changed, Message};
use crate::named::{Description, Key};
use crate::permissions::{PERMISSIONS_READ, PERMISSIONS_WRITE};
use crate::scopes::{self, ScopeName};
use flow::{Created, Cx, Json, NoInput, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault, Silent};

/// List scopes.
#[derive(Clone, Copy, Debug)]
pub struct ListScopes;

flow::input! {
    /// Make a scope.
    #[derive(Clone, Debug)]
    pub struct CreateScope {
        /// Its name: `calendar:read`.
        body "name" => name: ScopeName,
        /// What it lets an application do, for the person who is asked.
        body "description" => description: Change<Description>,
        /// Whether a client that is registered without scopes may ask for it; it may not where this is left out.
        body "isDefault" => is_default: Option<bool>,
    }
    /// Delete a scope.
    #[derive(Clone, Debug)]
    pub struct DeleteScope {
        /// Number or name.
        path "scopeId" => scope: Key,
    }
}

kernel::events! {
    /// What changing scopes records.
    pub enum ScopesChange {
        /// A scope was made.
        Created = "scopes.created", Info { about scope: String, public is_default: bool };
        /// A scope was deleted.
        Deleted = "scopes.deleted", Warning { about scope: String };
    }
}

impl Prepare<ListScopes> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<ListScopes, Fault> {
        Ok(ListScopes)
    }
}

/// It is one of the server's own.
const SYSTEM: Denial = Denial::forbidden("scopes.system", "The server's own scopes can't be deleted.");

impl Operation for ListScopes {
    const ID: &'static str = "scopes.list";
    const SUMMARY: &'static str = "The scopes applications may ask for.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/scopes");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(PERMISSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Json<ScopeList>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let own = scopes::list(&mut cx.tx).await?.into_iter().map(ScopeView::from);
        let data: Vec<ScopeView> = scopes::of_the_server().into_iter().map(ScopeView::of_the_server).chain(own).collect();
        Ok(Verdict::Done(Json(ScopeList::new(data)), Silent))
    }
}

impl Operation for CreateScope {
    const ID: &'static str = "scopes.create";
    const SUMMARY: &'static str = "Make a scope for the organization's applications.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/scopes");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(PERMISSIONS_WRITE);
    const DENIALS: &'static [Denial] = &[scopes::TAKEN];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<ScopeView>>;
    type Event = ScopesChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ScopesChange>, Fault> {
        let description = self.description.set().map(Text::into_string);
        let is_default = self.is_default.unwrap_or(false);
        let scope = scopes::insert(&mut cx.tx, &self.name, description.as_deref(), is_default, cx.now).await?;
        let event = ScopesChange::Created { scope: scope.name.clone(), is_default };
        Ok(Verdict::Done(Created(Changed { data: scope.into(), message: "Scope created." }), event))
    }
}

impl Operation for DeleteScope {
    const ID: &'static str = "scopes.delete";
    const SUMMARY: &'static str = "Delete a scope of the organization's own.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/scopes/{scopeId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(PERMISSIONS_WRITE);
    const DENIALS: &'static [Denial] = &[SYSTEM];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = ScopesChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ScopesChange>, Fault> {
        if scopes::of_the_server().iter().any(|(name, _)| *name == self.scope.as_str()) {
            return Err(SYSTEM.into());
        }
        let scope = scopes::load(&mut cx.tx, self.scope.as_str()).await?;
        scopes::delete(&mut cx.tx, &scope.name).await?;
        Ok(Verdict::Done(Json(Message { message: "Scope deleted." }), ScopesChange::Deleted { scope: scope.name }))
    }
}
