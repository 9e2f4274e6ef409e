//! Changing a role. PUT and PATCH are the same: what isn't sent stays.

use super::RoleChange;
use super::change::{grant, own_role};
use super::view::RoleView;
use crate::change::{Change, Difference};
use crate::envelope::Changed;
use crate::named::{Description, Key};
use crate::permissions::ROLES_WRITE;
use crate::roles::update_role;
use crate::users::Name;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Change a role.
    #[derive(Clone, Debug)]
    pub struct UpdateRole {
        /// Id or slug.
        path "roleId" => role: Key,
        /// Its name for people.
        body "name" => name: Option<Name>,
        /// What it is for.
        body "description" => description: Change<Description>,
        /// All permissions it grants, by slug or number.
        body "permissions" => permissions: Option<Vec<Key>>,
    }
}

impl Operation for UpdateRole {
    const ID: &'static str = "roles.update";
    const SUMMARY: &'static str = "Change a role; what isn't sent stays as it is.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/roles/{roleId}");
    const ALSO: &'static [Route] = &[Route::patch("/orgs/{org}/api/v1/admin/roles/{roleId}")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<RoleView>>;
    type Event = RoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RoleChange>, Fault> {
        let (mut role, rank) = own_role(cx, &self.role).await?;
        let mut changed = Vec::new();
        if let Some(name) = self.name.map(Text::into_string).filter(|name| *name != role.name) {
            role.name = name;
            changed.push("name");
        }
        if self.description.apply(&mut role.description, Text::into_string) {
            changed.push("description");
        }
        if !changed.is_empty() {
            update_role(&mut cx.tx, &role, cx.now).await?;
        }
        let difference = match &self.permissions {
            Some(keys) => grant(cx, &rank, &role, keys, true).await?,
            None => Difference::default(),
        };
        if !difference.is_empty() {
            changed.push("permissions");
        }
        let data = RoleView::load(&mut cx.tx, &role.id).await?;
        let Difference { added, removed } = difference;
        let event = RoleChange::Updated { role: role.id, slug: role.slug, changed, added, removed };
        Ok(Verdict::Done(Json(Changed { data, message: "Role updated." }), event))
    }
}
