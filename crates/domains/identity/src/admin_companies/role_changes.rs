//! Changing and removing the roles of a company.

use super::CompanyRoleChange;
use super::view::RoleView;
use crate::change::Change;
use crate::companies::{CompanyRole, delete_role, load_company, load_role, make_default, update_role};
use crate::envelope::{Message, One};
use crate::named::{Description, Key};
use crate::permissions::COMPANIES_WRITE;
use crate::users::Name;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Change a role of a company.
    #[derive(Clone, Debug)]
    pub struct UpdateCompanyRole {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// The role's number or slug.
        path "roleId" => role: Key,
        /// Its name for people.
        body "name" => name: Option<Name>,
        /// What it is for.
        body "description" => description: Change<Description>,
        /// Whether people get it from now on when nobody says otherwise.
        body "isDefault" => is_default: Option<bool>,
    }
    /// Delete a role of a company.
    #[derive(Clone, Debug)]
    pub struct DeleteCompanyRole {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// The role's number or slug.
        path "roleId" => role: Key,
    }
}

const KEEPS_NAME: Denial = Denial::unprocessable("companies.system_role", "The roles every organization has keep their names.");
const STAYS: Denial = Denial::unprocessable("companies.system_role", "The roles every organization has can't be deleted.");
const OWNER: Denial = Denial::unprocessable("companies.owner_role", "Nobody becomes an owner by default.");
const DEFAULT: Denial = Denial::unprocessable("companies.default_role", "Make another role the default instead.");

impl Operation for UpdateCompanyRole {
    const ID: &'static str = "companies.update_role";
    const SUMMARY: &'static str = "Change a role of an organization; what isn't sent stays as it is.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/organizations/{organizationId}/roles/{roleId}");
    const ALSO: &'static [Route] = &[Route::patch("/orgs/{org}/api/v1/admin/organizations/{organizationId}/roles/{roleId}")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[KEEPS_NAME, OWNER, DEFAULT];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<One<RoleView>>;
    type Event = CompanyRoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, CompanyRoleChange>, Fault> {
        let company = load_company(&mut cx.tx, self.company.as_str()).await?.id;
        let mut role = load_role(&mut cx.tx, &company, self.role.as_str()).await?;
        let mut changed = Vec::new();
        if let Some(name) = self.name.map(Text::into_string).filter(|name| *name != role.name) {
            role.name = name;
            changed.push("name");
        }
        if self.description.apply(&mut role.description, Text::into_string) {
            changed.push("description");
        }
        if !changed.is_empty() && role.is_system {
            return Err(KEEPS_NAME.into());
        }
        if !changed.is_empty() {
            update_role(&mut cx.tx, &company, &role, cx.now).await?;
        }
        if let Some(is_default) = self.is_default.filter(|is_default| *is_default != role.is_default) {
            must_be_a_default(&role, is_default)?;
            make_default(&mut cx.tx, &company, role.number, cx.now).await?;
            changed.push("isDefault");
        }
        let data = RoleView::from(load_role(&mut cx.tx, &company, &role.slug).await?);
        Ok(Verdict::Done(Json(One { data }), CompanyRoleChange::Updated { company, role: role.slug, changed }))
    }
}

impl Operation for DeleteCompanyRole {
    const ID: &'static str = "companies.delete_role";
    const SUMMARY: &'static str = "Delete a role of an organization that nobody has.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/organizations/{organizationId}/roles/{roleId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[STAYS, DEFAULT, crate::companies::ROLE_IN_USE];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = CompanyRoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, CompanyRoleChange>, Fault> {
        let company = load_company(&mut cx.tx, self.company.as_str()).await?.id;
        let role = load_role(&mut cx.tx, &company, self.role.as_str()).await?;
        if role.is_system {
            return Err(STAYS.into());
        }
        must_be_a_default(&role, false)?;
        delete_role(&mut cx.tx, &company, role.number).await?;
        let event = CompanyRoleChange::Deleted { company, role: role.slug };
        Ok(Verdict::Done(Json(Message { message: "Role deleted." }), event))
    }
}

/// There is always exactly one role for people of whom nobody says otherwise, and it is not the owner's.
fn must_be_a_default(role: &CompanyRole, is_default: bool) -> Result<(), Fault> {
    if is_default && role.is_owner {
        return Err(OWNER.into());
    }
    if !is_default && role.is_default {
        return Err(DEFAULT.into());
    }
    Ok(())
}
