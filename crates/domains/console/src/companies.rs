//! Organizations of customers: found, made, changed, with their people.

mod detail;
mod forms;
mod parts;

use crate::action::{Done, Submit, Then, acts, segment};
use crate::ask::{answer, given, is, items, ready, text};
use crate::audit::pager;
use crate::form::{form_of, page_of};
use crate::frame::{News, Section};
use crate::view::{Content, Page, View, words};
use detail::Customer;
use flow::{Catalogue, Cx, OneOrg, Parameter, Parse, Prep, Reads, Route};
use forms::{changed_company, new_company, new_invitation, new_member, new_role};
use identity::admin_companies::{
    AddCompanyMember, CreateCompany, CreateCompanyRole, DeleteCompany, DeleteCompanyRole, Invite, ListCompanies,
    RemoveCompanyMember, ResendInvitation, RevokeInvitation, UpdateCompany,
};
use identity::permissions::{COMPANIES_READ, COMPANIES_WRITE};
use kernel::{Fault, Permission};
use pages::{Block, Cell, ConsoleWords, Link, Search, Table};
use serde_json::Value;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Page<Customers>>()
        .mount::<Page<NewCustomer>>()
        .mount::<Page<Customer>>()
        .mount::<Submit<MakeCompany>>()
        .mount::<Submit<ChangeCompany>>()
        .mount::<Submit<RemoveCompany>>()
        .mount::<Submit<TakeIn>>()
        .mount::<Submit<LetGo>>()
        .mount::<Submit<MakeRole>>()
        .mount::<Submit<DropRole>>()
        .mount::<Submit<Ask>>()
        .mount::<Submit<AskAgain>>()
        .mount::<Submit<TakeBack>>()
}

fn to_company(done: &Done<'_>, news: News) -> Then {
    Then::Go(done.about("customers", "organizationId"), news)
}

acts! {
    in Companies;
    /// Make a company.
    MakeCompany = "console.create_company", "/orgs/{org}/portal/customers", CreateCompany, asking new_company, |done| {
        let id = text(done.answer.get("data").unwrap_or(&Value::Null), "id");
        Then::Go(done.path(&format!("customers/{}", segment(&id))), News::Created)
    };
    /// Change a company.
    ChangeCompany = "console.change_company", "/orgs/{org}/portal/customers/{organizationId}", UpdateCompany, asking changed_company, |done| to_company(done, News::Saved);
    /// Remove a company.
    RemoveCompany = "console.delete_company", "/orgs/{org}/portal/customers/{organizationId}/delete", DeleteCompany, |done| Then::Go(done.path("customers"), News::Deleted);
    /// Make somebody a member.
    TakeIn = "console.add_company_member", "/orgs/{org}/portal/customers/{organizationId}/members", AddCompanyMember, asking new_member, |done| to_company(done, News::Saved);
    /// Take somebody out.
    LetGo = "console.remove_company_member", "/orgs/{org}/portal/customers/{organizationId}/members/{userId}/remove", RemoveCompanyMember, |done| to_company(done, News::Saved);
    /// Make a role of a company.
    MakeRole = "console.create_company_role", "/orgs/{org}/portal/customers/{organizationId}/roles", CreateCompanyRole, asking new_role, |done| to_company(done, News::Saved);
    /// Remove a role of a company.
    DropRole = "console.delete_company_role", "/orgs/{org}/portal/customers/{organizationId}/roles/{roleId}/delete", DeleteCompanyRole, |done| to_company(done, News::Deleted);
    /// Invite somebody into a company.
    Ask = "console.invite_into_company", "/orgs/{org}/portal/customers/{organizationId}/invitations", Invite, asking new_invitation, |done| to_company(done, News::Sent);
    /// Send an invitation again.
    AskAgain = "console.resend_company_invitation", "/orgs/{org}/portal/customers/{organizationId}/invitations/{invId}/resend", ResendInvitation, |done| to_company(done, News::Sent);
    /// Take an invitation back.
    TakeBack = "console.revoke_company_invitation", "/orgs/{org}/portal/customers/{organizationId}/invitations/{invId}/revoke", RevokeInvitation, |done| to_company(done, News::Saved);
}

const FILTERS: [&str; 2] = ["search", "page"];

/// The list.
struct Customers;

impl View for Customers {
    const ID: &'static str = "console.companies";
    const SUMMARY: &'static str = "The console: organizations of customers.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/customers");
    const NEEDS: Permission = COMPANIES_READ;
    type Asked = ListCompanies;

    fn parameters() -> Vec<Parameter> {
        ListCompanies::parameters().into_iter().filter(|known| FILTERS.contains(&known.name)).collect()
    }

    async fn ask(prep: &Prep) -> Result<ListCompanies, Fault> {
        let query = given(prep, &FILTERS)?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await
    }

    async fn show(list: ListCompanies, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let (c, t) = (&w.companies, &w.things);
        let action = format!("/orgs/{}/portal/customers", cx.org().slug());
        let found = answer(cx, list).await?;
        let sent = cx.request.query_pairs()?;
        let search = sent.iter().find(|(name, _)| name == "search").map(|(_, value)| value.clone()).unwrap_or_default();
        let row = |company: &Value| {
            let href = format!("{action}/{}", segment(&text(company, "id")));
            vec![
                Cell::link(shown_name(company), href),
                Cell::Code(text(company, "slug")),
                Cell::text(text(company, "memberCount")),
                state(w, company),
            ]
        };
        let table = Table {
            id: "companies",
            title: c.all.to_owned(),
            columns: vec![t.name, t.slug, t.members, t.state],
            rows: items(&found, "data").iter().map(row).collect(),
            empty: c.none.to_owned(),
            search: Some(Search::of(action.clone(), "search", t.name_or_slug).with_value(search)),
            pager: pager(w, &action, &sent, &found),
            create: Some(Link { text: c.new.to_owned(), href: format!("{action}/new") }),
        };
        Ok(Content::new(Section::Companies, w.sections.companies, vec![Block::Table(table)]).with_lead(c.lead))
    }
}

/// What people call a company.
fn shown_name(company: &Value) -> String {
    [text(company, "displayName"), text(company, "name")].into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

fn state(w: &ConsoleWords, company: &Value) -> Cell {
    if is(company, "isActive") { Cell::Good(w.things.on.to_owned()) } else { Cell::Warn(w.things.off.to_owned()) }
}

/// The form for a new company.
struct NewCustomer;

impl View for NewCustomer {
    const ID: &'static str = "console.new_company";
    const SUMMARY: &'static str = "The console: the form for a new organization of customers.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/customers/new");
    const NEEDS: Permission = COMPANIES_WRITE;
    type Asked = ();

    async fn ask(_: &Prep) -> Result<(), Fault> {
        Ok(())
    }

    async fn show((): (), cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/customers", cx.org().slug());
        let form = form_of::<MakeCompany>(&page_of(cx), "portal/customers", &Value::Null, &new_company(w));
        let blocks = vec![Block::Entry(form)];
        Ok(Content::new(Section::Companies, w.companies.new, blocks).with_back(w.sections.companies, back))
    }
}
