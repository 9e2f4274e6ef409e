//! A new permission.

use super::PermissionsChange;
use super::change::Part;
use super::view::PermissionView;
use crate::change::Change;
use crate::envelope::Changed;
use crate::named::Description;
use crate::permissions::{NewPermission, PERMISSIONS_WRITE, insert_permission};
use crate::slug::{DottedSlug, no_slug};
use crate::users::Name;
use flow::{Created, Cx, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Make a permission.
    #[derive(Clone, Debug)]
    pub struct CreatePermission {
        /// Its name for people.
        body "name" => name: Name,
        /// Its name in requests, for good; made from resource and action, or else from the name, where it is left out.
        body "slug" => slug: Option<DottedSlug>,
        /// What it allows.
        body "description" => description: Change<Description>,
        /// What it is about; the first part of the slug where it is left out.
        body "resource" => resource: Option<Part>,
        /// What may be done with it; the rest of the slug where it is left out.
        body "action" => action: Option<Part>,
        /// The same as `resource`, by its older name.
        body "category" => category: Option<Part>,
    }
}

impl CreatePermission {
    /// The permission, with what was left out made from the rest.
    fn permission(self) -> Result<NewPermission, Fault> {
        let name = self.name.into_string();
        let (resource, action) = (self.resource.or(self.category), self.action);
        let of_parts = resource.as_ref().zip(action.as_ref()).map(|(of, to)| format!("{}.{}", of.as_str(), to.as_str()));
        let made = || DottedSlug::of_name(of_parts.as_deref().unwrap_or(&name));
        let slug = self.slug.or_else(made).ok_or_else(no_slug)?;
        let (first, rest) = slug.as_str().split_once(['.', ':']).unwrap_or((slug.as_str(), ""));
        let resource = resource.map_or_else(|| first.to_owned(), Text::into_string);
        let action = action.map_or_else(|| rest.to_owned(), Text::into_string);
        Ok(NewPermission { slug, name, description: self.description.set().map(Text::into_string), resource, action })
    }
}

impl Operation for CreatePermission {
    const ID: &'static str = "permissions.create";
    const SUMMARY: &'static str = "Make a permission for the organization's applications. Nobody holds it yet.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/permissions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(PERMISSIONS_WRITE);
    const DENIALS: &'static [Denial] = &[crate::permissions::TAKEN];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<PermissionView>>;
    type Event = PermissionsChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, PermissionsChange>, Fault> {
        let known = insert_permission(&mut cx.tx, &self.permission()?, cx.now).await?;
        let event = PermissionsChange::Created { permission: known.slug.clone(), name: known.name.clone() };
        let data = PermissionView::granted_by(known, 0);
        Ok(Verdict::Done(Created(Changed { data, message: "Permission created." }), event))
    }
}
