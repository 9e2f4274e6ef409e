//! Changing a company. PUT and PATCH are the same: what isn't sent stays.

use super::CompanyChange;
use super::input::{LogoUrl, Metadata};
use super::view::CompanyView;
use crate::change::Change;
use crate::companies::{load_company, update_company};
use crate::envelope::One;
use crate::named::{Description, Key};
use crate::permissions::COMPANIES_WRITE;
use crate::slug::PlainSlug;
use crate::users::Name;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Change a company.
    #[derive(Clone, Debug)]
    pub struct UpdateCompany {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// Its name.
        body "name" => name: Option<Name>,
        /// Its name in requests.
        body "slug" => slug: Option<PlainSlug>,
        /// Its name as people see it, where that differs.
        body "displayName" => display_name: Change<Name>,
        /// What there is to say about it.
        body "description" => description: Change<Description>,
        /// Its logo: an `https` address.
        body "logoUrl" => logo_url: Change<LogoUrl>,
        /// Whether its members act for it.
        body "isActive" => is_active: Option<bool>,
        /// What applications keep with it: all of it.
        body "metadata" => metadata: Change<Metadata>,
    }
}

impl Operation for UpdateCompany {
    const ID: &'static str = "companies.update";
    const SUMMARY: &'static str = "Change an organization; what isn't sent stays as it is.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/organizations/{organizationId}");
    const ALSO: &'static [Route] = &[Route::patch("/orgs/{org}/api/v1/admin/organizations/{organizationId}")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[crate::companies::TAKEN];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<One<CompanyView>>;
    type Event = CompanyChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, CompanyChange>, Fault> {
        let mut company = load_company(&mut cx.tx, self.company.as_str()).await?;
        let mut changed = Vec::new();
        let mut note = |name, is_other| {
            if is_other {
                changed.push(name);
            }
        };
        let replace =
            |stored: &mut String, new: Option<String>| new.is_some_and(|new| std::mem::replace(stored, new.clone()) != new);
        note("name", replace(&mut company.name, self.name.map(Text::into_string)));
        note("slug", replace(&mut company.slug, self.slug.map(PlainSlug::into_string)));
        note("displayName", self.display_name.apply(&mut company.display_name, Text::into_string));
        note("description", self.description.apply(&mut company.description, Text::into_string));
        note("logoUrl", self.logo_url.apply(&mut company.logo_url, LogoUrl::into_string));
        let is_active = self.is_active.unwrap_or(company.is_active);
        note("isActive", std::mem::replace(&mut company.is_active, is_active) != is_active);
        note("metadata", self.metadata.apply(&mut company.metadata, Metadata::into_string));
        if !changed.is_empty() {
            update_company(&mut cx.tx, &company, cx.now).await?;
        }
        let data = CompanyView::from(load_company(&mut cx.tx, company.id.as_str()).await?);
        let event = CompanyChange::Updated { company: company.id, slug: company.slug, changed };
        Ok(Verdict::Done(Json(One { data }), event))
    }
}
