//! The roles of a company.

use super::CompanyRoleChange;
use super::view::RoleView;
use crate::change::Change;
use crate::companies::{NewRole, insert_role, list_roles, load_company, load_role, make_default};
use crate::envelope::{One, Whole};
use crate::named::{Description, Key};
use crate::permissions::{COMPANIES_READ, COMPANIES_WRITE};
use crate::slug::{PlainSlug, no_slug};
use crate::users::Name;
use flow::{Created, Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault, Silent};

flow::input! {
    /// List a company's roles.
    #[derive(Clone, Debug)]
    pub struct ListCompanyRoles {
        /// Id or slug.
        path "organizationId" => company: Key,
    }
    /// Make a role of a company.
    #[derive(Clone, Debug)]
    pub struct CreateCompanyRole {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// Its name for people.
        body "name" => name: Name,
        /// Its name in requests, for good; made from the name where it is left out.
        body "slug" => slug: Option<PlainSlug>,
        /// What it is for.
        body "description" => description: Change<Description>,
        /// Whether people get it from now on when nobody says otherwise.
        body "isDefault" => is_default: Option<bool>,
    }
}

impl Operation for ListCompanyRoles {
    const ID: &'static str = "companies.list_roles";
    const SUMMARY: &'static str = "What somebody can be in an organization.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/organizations/{organizationId}/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Whole<RoleView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let company = load_company(&mut cx.tx, self.company.as_str()).await?;
        let roles = list_roles(&mut cx.tx, &company.id).await?;
        Ok(Verdict::Done(Json(Whole::new(roles.into_iter().map(RoleView::from).collect())), Silent))
    }
}

impl Operation for CreateCompanyRole {
    const ID: &'static str = "companies.create_role";
    const SUMMARY: &'static str = "Make a role of an organization.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/organizations/{organizationId}/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[crate::companies::ROLE_TAKEN];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<One<RoleView>>;
    type Event = CompanyRoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, CompanyRoleChange>, Fault> {
        let company = load_company(&mut cx.tx, self.company.as_str()).await?.id;
        let name = self.name.into_string();
        let slug = self.slug.or_else(|| PlainSlug::of_name(&name)).ok_or_else(no_slug)?;
        let new = NewRole { slug, name, description: self.description.set().map(Text::into_string) };
        let number = insert_role(&mut cx.tx, &company, &new, cx.now).await?;
        let is_default = self.is_default.unwrap_or_default();
        if is_default {
            make_default(&mut cx.tx, &company, number, cx.now).await?;
        }
        let data = RoleView::from(load_role(&mut cx.tx, &company, new.slug.as_str()).await?);
        let event = CompanyRoleChange::Created { company, role: new.slug.into_string(), is_default };
        Ok(Verdict::Done(Created(One { data }), event))
    }
}
