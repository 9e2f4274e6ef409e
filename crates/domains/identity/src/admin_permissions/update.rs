//! Changing a permission.

use super::PermissionsChange;
use super::change::{Part, own_permission};
use super::view::PermissionView;
use crate::change::Change;
use crate::envelope::Changed;
use crate::named::{Description, Key};
use crate::permissions::{PERMISSIONS_WRITE, list_roles_granting, update_permission};
use crate::users::Name;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Change a permission.
    #[derive(Clone, Debug)]
    pub struct UpdatePermission {
        /// Number or slug.
        path "permissionId" => permission: Key,
        /// Its name for people.
        body "name" => name: Option<Name>,
        /// What it allows.
        body "description" => description: Change<Description>,
        /// What it is about.
        body "resource" => resource: Option<Part>,
        /// What may be done with it.
        body "action" => action: Option<Part>,
    }
}

impl Operation for UpdatePermission {
    const ID: &'static str = "permissions.update";
    const SUMMARY: &'static str = "Change a permission; what isn't sent stays as it is.";
    const ROUTE: Route = Route::patch("/orgs/{org}/api/v1/admin/permissions/{permissionId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(PERMISSIONS_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<PermissionView>>;
    type Event = PermissionsChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, PermissionsChange>, Fault> {
        let mut known = own_permission(cx, &self.permission).await?;
        let mut changed = Vec::new();
        for (field, new, stored) in [
            ("name", self.name.map(Text::into_string), &mut known.name),
            ("resource", self.resource.map(Text::into_string), &mut known.resource),
            ("action", self.action.map(Text::into_string), &mut known.action),
        ] {
            if let Some(new) = new.filter(|new| new != stored) {
                *stored = new;
                changed.push(field);
            }
        }
        if self.description.apply(&mut known.description, Text::into_string) {
            changed.push("description");
        }
        if !changed.is_empty() {
            update_permission(&mut cx.tx, &known, cx.now).await?;
        }
        let roles = list_roles_granting(&mut cx.tx, &known.slug).await?.len();
        let event = PermissionsChange::Updated { permission: known.slug.clone(), changed };
        let data = PermissionView::granted_by(known, roles);
        Ok(Verdict::Done(Json(Changed { data, message: "Permission updated." }), event))
    }
}
