//! A page of the organization's users.

use super::view::UserView;
use crate::envelope::Listed;
use crate::paging::{self, Direction, PageNumber, PageSize, Window, contains_pattern};
use crate::permissions::USERS_READ;
use crate::users::User;
use flow::{Cx, Field, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Page, Silent, SortDirection};
use serde_json::{Value, json};
use store::{Arg, Filter, FromRow, OrgSql, Row, StoreError, args, org_sql};

flow::input! {
    /// List users.
    #[derive(Clone, Debug)]
    pub struct ListUsers {
        /// Which page.
        query "page" => page: PageNumber,
        /// Users per page.
        query "limit" => limit: PageSize,
        /// Text in address, username or name; or an id.
        query "search" => search: Option<Text<1, 200>>,
        /// What to sort by; creation where it is left out.
        query "sortBy" => sort_by: Option<UserSort>,
        /// Which way; the latest first where both are left out.
        query "sortDir" => sort_dir: Option<Direction>,
        /// Only users who were given this role (slug or id).
        query "role" => role: Option<Text<1, 255>>,
        /// Only members of this group (slug or id).
        query "group" => group: Option<Text<1, 255>>,
        /// Only users who are, or aren't, shut out.
        query "blocked" => blocked: Option<bool>,
        /// Only users who are, or aren't, active.
        query "active" => active: Option<bool>,
        /// The same as `active`.
        query "isActive" => is_active: Option<bool>,
    }
}

/// What users can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserSort {
    /// When the account was made.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// When they last signed in; never comes last.
    LastLoginAt,
    /// Address.
    Email,
    /// Username; none comes last.
    Username,
    /// Full name; none comes last.
    Name,
}

impl Field for UserSort {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["createdAt", "updatedAt", "lastLoginAt", "email", "username", "name"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(match text {
            "createdAt" => Self::CreatedAt,
            "updatedAt" => Self::UpdatedAt,
            "lastLoginAt" => Self::LastLoginAt,
            "email" => Self::Email,
            "username" => Self::Username,
            "name" => Self::Name,
            _ => return Err("must be createdAt, updatedAt, lastLoginAt, email, username or name".to_owned()),
        })
    }
}

impl Operation for ListUsers {
    const ID: &'static str = "users.list";
    const SUMMARY: &'static str = "A page of the organization's users.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/users");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<UserView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let request = paging::page(self.page, self.limit);
        let conditions = self.conditions();
        let values = conditions.values();
        let (total,) = cx.tx.fetch_one::<(i64,)>(conditions.count(), &values).await?;
        let items = match Window::of(request, total) {
            Some(window) => {
                let mut values = values.clone();
                values.extend_from_slice(args! { limit: window.limit, offset: window.offset });
                let (sort, is_descending) = self.order();
                let page = conditions.page(sort, is_descending, window.is_counted_from_the_end);
                cx.tx.fetch_all::<ListedUser>(page, &values).await?
            }
            None => Vec::new(),
        };
        let items = items.into_iter().map(|row| UserView::listed(row.user, row.is_admin)).collect();
        Ok(Verdict::Done(Json(Listed::new("users", Page { items, total, request })), Silent))
    }
}

impl ListUsers {
    /// What to sort by, and whether the largest comes first.
    fn order(&self) -> (UserSort, bool) {
        let direction = self.sort_dir.map(|Direction(direction)| direction == SortDirection::Descending);
        (self.sort_by.unwrap_or(UserSort::CreatedAt), direction.unwrap_or(self.sort_by.is_none()))
    }

    fn conditions(&self) -> Conditions<'_> {
        Conditions {
            folded: self.search.as_ref().map(|text| contains_pattern(&text.as_str().to_lowercase())),
            exact: self.search.as_ref().map(Text::as_str),
            role: self.role.as_ref().map(Text::as_str),
            group: self.group.as_ref().map(Text::as_str),
            blocked: self.blocked,
            active: self.active.or(self.is_active),
        }
    }
}

/// Which users are wanted.
struct Conditions<'a> {
    folded: Option<String>,
    exact: Option<&'a str>,
    role: Option<&'a str>,
    group: Option<&'a str>,
    blocked: Option<bool>,
    active: Option<bool>,
}

impl Conditions<'_> {
    fn values(&self) -> Vec<(&'static str, Arg<'_>)> {
        let mut values: Vec<(&'static str, Arg<'_>)> = Vec::new();
        if let (Some(folded), Some(exact)) = (&self.folded, self.exact) {
            values.extend_from_slice(args! { folded: folded, exact: exact });
        }
        values.extend(self.role.map(|role| (":role", Arg::from(role))));
        values.extend(self.group.map(|group| (":group", Arg::from(group))));
        values.extend(self.blocked.map(|blocked| (":blocked", Arg::from(blocked))));
        values.extend(self.active.map(|active| (":active", Arg::from(active))));
        values
    }

    fn add_to(&self, filter: &mut Filter) {
        if self.exact.is_some() {
            filter.and(
                "(f.email_key LIKE :folded ESCAPE '!' OR f.username_key LIKE :folded ESCAPE '!' \
                 OR LOWER(f.name) LIKE :folded ESCAPE '!' OR f.id = :exact)",
            );
        }
        if self.role.is_some() {
            filter.and(
                "EXISTS (SELECT 1 FROM user_roles ur JOIN roles r ON r.org_id = ur.org_id AND r.id = ur.role_id \
                 WHERE ur.org_id = :org AND ur.user_id = f.id AND (r.slug = :role OR r.id = :role))",
            );
        }
        if self.group.is_some() {
            filter.and(
                "EXISTS (SELECT 1 FROM group_members gm JOIN groups g ON g.org_id = gm.org_id AND g.id = gm.group_id \
                 WHERE gm.org_id = :org AND gm.user_id = f.id AND (g.slug = :group OR g.id = :group))",
            );
        }
        if self.blocked.is_some() {
            filter.and("f.is_blocked = :blocked");
        }
        if self.active.is_some() {
            filter.and("f.is_active = :active");
        }
    }

    fn count(&self) -> OrgSql {
        let mut filter = Filter::from(org_sql!("SELECT count(*) AS a FROM users f WHERE f.org_id = :org"));
        self.add_to(&mut filter);
        filter.finish()
    }

    /// The rows of the window are found in an index alone; only they are then read whole.
    fn page(&self, sort: UserSort, is_descending: bool, is_counted_from_the_end: bool) -> OrgSql {
        let mut filter = Filter::from(org_sql!(
            "SELECT u.number, u.id, u.email, u.email_verified, u.username, u.name, u.given_name, u.family_name, u.picture,
                 u.phone_number, u.phone_number_verified, u.address, u.profile, u.locale, u.zoneinfo, u.is_active, u.is_blocked, u.blocked_at,
                 u.password_changed_at, u.tokens_not_before, u.last_login_at, u.login_count, u.created_at, u.updated_at,
                 CAST(CASE WHEN EXISTS (
                     SELECT 1 FROM roles r WHERE r.org_id = u.org_id AND r.is_system = 1 AND r.slug IN ('admin', 'tenant_admin') AND (
                         EXISTS (SELECT 1 FROM user_roles ur
                             WHERE ur.org_id = r.org_id AND ur.user_id = u.id AND ur.role_id = r.id)
                         OR EXISTS (SELECT 1 FROM group_members gm
                             JOIN group_roles gr ON gr.org_id = gm.org_id AND gr.group_id = gm.group_id
                             WHERE gm.org_id = r.org_id AND gm.user_id = u.id AND gr.role_id = r.id))
                 ) THEN 1 ELSE 0 END AS BIGINT) AS is_admin
             FROM users u JOIN (SELECT f.number AS page_number FROM users f WHERE f.org_id = :org"
        ));
        self.add_to(&mut filter);
        filter.then(order(sort, is_descending != is_counted_from_the_end).0);
        filter.then("LIMIT :limit OFFSET :offset) page ON page.page_number = u.number WHERE u.org_id = :org");
        filter.then(order(sort, is_descending).1);
        filter.finish()
    }
}

/// The order of the rows to choose from (`f`), and of the chosen ones (`u`). The id decides where all else is equal.
fn order(sort: UserSort, is_descending: bool) -> (&'static str, &'static str) {
    macro_rules! nullable {
        ($column:literal) => {
            if is_descending {
                (
                    concat!("ORDER BY (f.", $column, " IS NULL) DESC, f.", $column, " DESC, f.id DESC"),
                    concat!("ORDER BY (u.", $column, " IS NULL) DESC, u.", $column, " DESC, u.id DESC"),
                )
            } else {
                (
                    concat!("ORDER BY (f.", $column, " IS NULL), f.", $column, ", f.id"),
                    concat!("ORDER BY (u.", $column, " IS NULL), u.", $column, ", u.id"),
                )
            }
        };
    }
    match (sort, is_descending) {
        // Ids are ordered by the time they were made.
        (UserSort::CreatedAt, false) => ("ORDER BY f.id", "ORDER BY u.id"),
        (UserSort::CreatedAt, true) => ("ORDER BY f.id DESC", "ORDER BY u.id DESC"),
        (UserSort::UpdatedAt, false) => ("ORDER BY f.updated_at, f.id", "ORDER BY u.updated_at, u.id"),
        (UserSort::UpdatedAt, true) => ("ORDER BY f.updated_at DESC, f.id DESC", "ORDER BY u.updated_at DESC, u.id DESC"),
        // Nobody shares an address.
        (UserSort::Email, false) => ("ORDER BY f.email_key", "ORDER BY u.email_key"),
        (UserSort::Email, true) => ("ORDER BY f.email_key DESC", "ORDER BY u.email_key DESC"),
        (UserSort::LastLoginAt, _) => nullable!("last_login_at"),
        (UserSort::Username, _) => nullable!("username_key"),
        (UserSort::Name, _) => nullable!("name"),
    }
}

struct ListedUser {
    user: User,
    is_admin: bool,
}

impl FromRow for ListedUser {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self { user: User::from_row(row)?, is_admin: row.column("is_admin")? })
    }
}
