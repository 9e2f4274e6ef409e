//! One company, with its members, roles and invitations.

use super::forms::{changed_company, new_invitation, new_member, new_role};
use super::{Ask, ChangeCompany, MakeRole, RemoveCompany, TakeIn, parts, shown_name, state};
use crate::action::segment;
use crate::ask::{answer, given, ready, text};
use crate::form::{button, form_of, page_of};
use crate::frame::Section;
use crate::users::moment;
use crate::view::{Content, View, words};
use flow::{Cx, OneOrg, Parameter, Parse, Prep, Reads, Route};
use identity::admin_companies::{ListCompanyMembers, ListCompanyRoles, ListInvitations, ShowCompany};
use identity::permissions::COMPANIES_READ;
use kernel::{Fault, Permission};
use pages::{Action, Block, Cell, ConsoleWords};
use serde_json::Value;

/// One company.
pub(super) struct Customer;

impl View for Customer {
    const ID: &'static str = "console.company";
    const SUMMARY: &'static str = "The console: an organization of customers.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/customers/{organizationId}");
    const NEEDS: Permission = COMPANIES_READ;
    type Asked = (ShowCompany, ListCompanyMembers, ListCompanyRoles, ListInvitations);

    fn parameters() -> Vec<Parameter> {
        ListCompanyMembers::parameters().into_iter().filter(|known| ["organizationId", "page"].contains(&known.name)).collect()
    }

    async fn ask(prep: &Prep) -> Result<Self::Asked, Fault> {
        let query = given(prep, &["page"])?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let pending = [("status", "pending"), ("limit", "100")];
        Ok((ready(prep, &[]).await?, ready(prep, &query).await?, ready(prep, &[]).await?, ready(prep, &pending).await?))
    }

    async fn show((show, members, roles, invitations): Self::Asked, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let portal = format!("/orgs/{}/portal", cx.org().slug());
        let found = answer(cx, show).await?;
        let company = found.get("data").cloned().unwrap_or_default();
        let (members, roles) = (answer(cx, members).await?, answer(cx, roles).await?);
        let invitations = answer(cx, invitations).await?;
        let (page, sent) = (page_of(cx), cx.request.query_pairs()?);
        let path = format!("portal/customers/{}", segment(&text(&company, "id")));
        let delete = button::<RemoveCompany>(&page, &format!("{path}/delete"), w.companies.delete, &shown_name(&company));
        let blocks = vec![
            facts(w, &company),
            Block::Table(parts::members(w, &page, (&portal, &path), &sent, &members)),
            Block::Entry(form_of::<TakeIn>(&page, &format!("{path}/members"), &Value::Null, &new_member(w))),
            Block::Table(parts::invitations(w, &page, &path, &invitations)),
            Block::Entry(form_of::<Ask>(&page, &format!("{path}/invitations"), &Value::Null, &new_invitation(w))),
            Block::Table(parts::roles(w, &page, &path, &roles)),
            Block::Entry(form_of::<MakeRole>(&page, &format!("{path}/roles"), &Value::Null, &new_role(w))),
            Block::Entry(form_of::<ChangeCompany>(&page, &path, &company, &changed_company(w))),
            Block::Actions { title: w.things.removal.to_owned(), actions: vec![Action { is_danger: true, ..delete }] },
            Block::Said(w.companies.people_stay.to_owned()),
        ];
        let back = format!("{portal}/customers");
        Ok(Content::new(Section::Companies, shown_name(&company), blocks).with_back(w.sections.companies, back))
    }
}

fn facts(w: &ConsoleWords, company: &Value) -> Block {
    let t = &w.things;
    let facts = [
        (t.id, Cell::Code(text(company, "id"))),
        (t.slug, Cell::Code(text(company, "slug"))),
        (t.state, state(w, company)),
        (t.members, Cell::text(text(company, "memberCount"))),
        (t.made, moment(company, "createdAt")),
    ];
    let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
    Block::Facts { title: t.glance.to_owned(), facts }
}
