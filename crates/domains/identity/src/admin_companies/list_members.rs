//! A page of a company's people.

use super::view::MemberView;
use crate::companies::{Member, MemberStatus, load_company, load_role};
use crate::envelope::Listed;
use crate::named::{Key, NumberOrKey};
use crate::paging::{self, Direction, Listing, PageNumber, PageSize, contains_pattern};
use crate::permissions::COMPANIES_READ;
use flow::{Cx, Field, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Silent, SortDirection};
use serde_json::{Value, json};
use store::{args, org_sql};

flow::input! {
    /// List a company's members.
    #[derive(Clone, Debug)]
    pub struct ListCompanyMembers {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// Which page.
        query "page" => page: PageNumber,
        /// Members per page.
        query "limit" => limit: PageSize,
        /// Text in address or name.
        query "search" => search: Option<Text<1, 200>>,
        /// Only those with this role (slug or number).
        query "role" => role: Option<NumberOrKey>,
        /// Only those who are active, or suspended.
        query "status" => status: Option<MemberStatus>,
        /// What to sort by; joining where it is left out.
        query "sortBy" => sort_by: Option<MemberSort>,
        /// Which way; the latest first where both are left out.
        query "sortDir" => sort_dir: Option<Direction>,
    }
}

/// What members can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberSort {
    /// When they joined.
    JoinedAt,
    /// Address.
    Email,
    /// Full name; none comes last.
    Name,
}

impl Field for MemberSort {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["joinedAt", "email", "name"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(match text {
            "joinedAt" | "createdAt" | "id" => Self::JoinedAt,
            "email" => Self::Email,
            "name" => Self::Name,
            _ => return Err("must be joinedAt, email or name".to_owned()),
        })
    }
}

impl MemberSort {
    fn order(sort: Option<Self>, direction: Option<Direction>) -> &'static str {
        let is_descending = direction.map_or(sort.is_none(), |Direction(direction)| direction == SortDirection::Descending);
        match (sort.unwrap_or(Self::JoinedAt), is_descending) {
            (Self::JoinedAt, false) => "ORDER BY m.joined_at, m.number LIMIT :limit OFFSET :offset",
            (Self::JoinedAt, true) => "ORDER BY m.joined_at DESC, m.number DESC LIMIT :limit OFFSET :offset",
            (Self::Email, false) => "ORDER BY u.email_key LIMIT :limit OFFSET :offset",
            (Self::Email, true) => "ORDER BY u.email_key DESC LIMIT :limit OFFSET :offset",
            (Self::Name, false) => "ORDER BY (u.name IS NULL), u.name, m.number LIMIT :limit OFFSET :offset",
            (Self::Name, true) => "ORDER BY (u.name IS NULL), u.name DESC, m.number DESC LIMIT :limit OFFSET :offset",
        }
    }
}

impl Operation for ListCompanyMembers {
    const ID: &'static str = "companies.list_members";
    const SUMMARY: &'static str = "A page of an organization's members.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/organizations/{organizationId}/members");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<MemberView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let company = load_company(&mut cx.tx, self.company.as_str()).await?.id;
        let role = match &self.role {
            Some(NumberOrKey(key)) => Some(load_role(&mut cx.tx, &company, key.as_str()).await?.number),
            None => None,
        };
        let pattern = self.search.map(|text| contains_pattern(&text.as_str().to_lowercase()));
        let mut listing = Listing::new(
            org_sql!(
                "SELECT count(*) AS a FROM company_members m JOIN users u ON u.org_id = m.org_id AND u.id = m.user_id
                 WHERE m.org_id = :org AND m.company_id = :company"
            ),
            org_sql!(
                "SELECT m.number, m.user_id, u.email, u.name, m.role, r.slug AS role_slug, r.name AS role_name, r.is_owner,
                     m.status, m.joined_at
                 FROM company_members m JOIN users u ON u.org_id = m.org_id AND u.id = m.user_id
                 JOIN company_roles r ON r.org_id = m.org_id AND r.company_id = m.company_id AND r.number = m.role
                 WHERE m.org_id = :org AND m.company_id = :company"
            ),
        )
        .binding(args! { company: &company });
        if let Some(pattern) = &pattern {
            listing.and(
                "(u.email_key LIKE :pattern ESCAPE '!' OR LOWER(COALESCE(u.name, '')) LIKE :pattern ESCAPE '!')",
                args! { pattern: pattern },
            );
        }
        if let Some(role) = role {
            listing.and("m.role = :role", args! { role: role });
        }
        if let Some(status) = self.status {
            listing.and("m.status = :status", args! { status: status.as_str() });
        }
        let (order, request) = (MemberSort::order(self.sort_by, self.sort_dir), paging::page(self.page, self.limit));
        let page = listing.page::<Member, _>(&mut cx.tx, order, request).await?;
        Ok(Verdict::Done(Json(Listed::new("members", page.map(MemberView::from))), Silent))
    }
}
