//! A new role.

use super::RoleChange;
use super::change::grant;
use super::view::RoleView;
use crate::change::Change;
use crate::envelope::Changed;
use crate::named::{Description, Key};
use crate::permissions::ROLES_WRITE;
use crate::privilege::Rank;
use crate::roles::{NewRole, insert_role};
use crate::slug::{PlainSlug, no_slug};
use crate::users::Name;
use flow::{Created, Cx, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Make a role.
    #[derive(Clone, Debug)]
    pub struct CreateRole {
        /// Its name for people.
        body "name" => name: Name,
        /// Its name in requests, for good; made from the name where it is left out.
        body "slug" => slug: Option<PlainSlug>,
        /// What it is for.
        body "description" => description: Change<Description>,
        /// Permissions it grants, by slug or number.
        body "permissions" => permissions: Option<Vec<Key>>,
    }
}

impl Operation for CreateRole {
    const ID: &'static str = "roles.create";
    const SUMMARY: &'static str = "Make a role. It grants only what the caller holds.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_WRITE);
    const DENIALS: &'static [Denial] = &[crate::roles::TAKEN];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<RoleView>>;
    type Event = RoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RoleChange>, Fault> {
        let name = self.name.into_string();
        let slug = self.slug.or_else(|| PlainSlug::of_name(&name)).ok_or_else(no_slug)?;
        let new = NewRole { slug, name, description: self.description.set().map(Text::into_string) };
        let services = cx.services().clone();
        let role = insert_role(&mut cx.tx, new, cx.now, &*services.rng).await?;
        let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
        let permissions = grant(cx, &rank, &role, &self.permissions.unwrap_or_default(), false).await?.added;
        let data = RoleView::load(&mut cx.tx, &role.id).await?;
        let event = RoleChange::Created { role: role.id, slug: role.slug, permissions };
        Ok(Verdict::Done(Created(Changed { data, message: "Role created." }), event))
    }
}
