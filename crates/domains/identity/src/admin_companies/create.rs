//! A new company.

use super::CompanyChange;
use super::input::{LogoUrl, Metadata};
use super::view::CompanyView;
use crate::change::Change;
use crate::companies::{NewCompany, add_system_roles, insert_company, load_company};
use crate::envelope::Changed;
use crate::named::Description;
use crate::permissions::COMPANIES_WRITE;
use crate::slug::{PlainSlug, no_slug};
use crate::users::Name;
use flow::{Created, Cx, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Make a company.
    #[derive(Clone, Debug)]
    pub struct CreateCompany {
        /// Its name.
        body "name" => name: Name,
        /// Its name in requests; made from the name where it is left out.
        body "slug" => slug: Option<PlainSlug>,
        /// Its name as people see it, where that differs.
        body "displayName" => display_name: Change<Name>,
        /// What there is to say about it.
        body "description" => description: Change<Description>,
        /// Its logo: an `https` address.
        body "logoUrl" => logo_url: Change<LogoUrl>,
        /// What applications keep with it.
        body "metadata" => metadata: Change<Metadata>,
    }
}

impl Operation for CreateCompany {
    const ID: &'static str = "companies.create";
    const SUMMARY: &'static str = "Make an organization one does business with, with the roles every one has.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/organizations");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[crate::companies::TAKEN];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<CompanyView>>;
    type Event = CompanyChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, CompanyChange>, Fault> {
        let name = self.name.into_string();
        let slug = self.slug.or_else(|| PlainSlug::of_name(&name)).ok_or_else(no_slug)?;
        let new = NewCompany {
            slug,
            name,
            display_name: self.display_name.set().map(Text::into_string),
            description: self.description.set().map(Text::into_string),
            logo_url: self.logo_url.set().map(LogoUrl::into_string),
            metadata: self.metadata.set().map(Metadata::into_string),
        };
        let services = cx.services().clone();
        let company = insert_company(&mut cx.tx, &new, cx.now, &*services.rng).await?;
        add_system_roles(&mut cx.tx, &company, cx.now).await?;
        let data = CompanyView::from(load_company(&mut cx.tx, company.as_str()).await?);
        let event = CompanyChange::Created { company, slug: new.slug.into_string() };
        Ok(Verdict::Done(Created(Changed { data, message: "Organization created." }), event))
    }
}
