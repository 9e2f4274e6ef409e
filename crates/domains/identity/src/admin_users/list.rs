//! A page of the organization's users.

mod reach;
mod sort;
mod wanted;

pub use sort::{Cursor, UserSort};

use super::view::UserView;
use crate::envelope::{Position, Walked};
use crate::paging::{self, Direction, PageNumber, PageSize, Window};
use crate::permissions::USERS_READ;
use crate::users::User;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, PageRequest, Silent, SortDirection, Timestamp};
use sort::{Order, Place};
use store::{Arg, FromRow, OrgSql, Row, StoreError, Tx, org_sql};
use wanted::{Asked, Total, Wanted};

flow::input! {
    /// List users.
    #[derive(Clone, Debug)]
    pub struct ListUsers {
        /// Which page.
        query "page" => page: PageNumber,
        /// Users per page.
        query "limit" => limit: PageSize,
        /// The `nextCursor` of the page before, instead of `page`: the quickest way through a long list, and nobody is passed
        /// over or comes twice while others come and go.
        query "cursor" => cursor: Option<Cursor>,
        /// Beginnings of words in name, address, username or telephone number, of which all must be found; or an id. Of more than
        /// four words, the four longest count; where each of them begins many people's words, further ones of a letter or two don't.
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

impl Operation for ListUsers {
    const ID: &'static str = "users.list";
    const SUMMARY: &'static str = "A page of the organization's users. `total` is exact for everybody, for states, for one role or group, and wherever at \
         most 1,000 users fit; `totalIsAtLeast` says where there may be more.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/users");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Walked<UserView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let order = self.order();
        let mut request = paging::page(self.page, self.limit);
        let cursor = self.cursor.as_ref();
        if let Some(cursor) = cursor {
            if cursor.order != order {
                return Err(Fault::fields(vec![("cursor".to_owned(), "belongs to another order".to_owned())]));
            }
            request.page = cursor.page;
        }
        let (rows, mut meta) = match Wanted::plan(&mut cx.tx, self.asked(), order).await? {
            Some((wanted, total)) => {
                let list = List { wanted, total, order, step: reach::STEP, now: cx.now };
                list.page(&mut cx.tx, request, cursor.map(|cursor| &cursor.place)).await?
            }
            None => (Vec::new(), Position::new(0, request, false)),
        };
        if let Some(last) = rows.last().filter(|_| meta.pagination.has_next_page) {
            let place = Place::behind(&last.user, order.sort);
            meta.next_cursor = Some(Cursor { order, place, page: request.page.saturating_add(1) }.encode());
        }
        let data = rows.into_iter().map(|row| UserView::listed(row.user, row.is_admin)).collect();
        Ok(Verdict::Done(Json(Walked::new("users", data, meta)), Silent))
    }
}

impl ListUsers {
    fn order(&self) -> Order {
        let direction = self.sort_dir.map(|Direction(direction)| direction == SortDirection::Descending);
        let sort = self.sort_by.unwrap_or(UserSort::CreatedAt);
        Order { sort, is_descending: direction.unwrap_or(self.sort_by.is_none()) }
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            search: self.search.as_ref().map(Text::as_str),
            role: self.role.as_ref().map(Text::as_str),
            group: self.group.as_ref().map(Text::as_str),
            blocked: self.blocked,
            active: self.active.or(self.is_active),
        }
    }
}

/// Every statement by which the rows of a page are found, and whether it gathers at most 10,000 users first and sorts them; for
/// tests that look at how databases go about it.
#[doc(hidden)]
pub fn page_statements() -> Vec<(OrgSql, bool)> {
    wanted::statements()
}

/// A list in its order.
struct List {
    wanted: Wanted,
    total: Total,
    order: Order,
    /// Rows nobody minds to skip at once.
    step: i64,
    now: Timestamp,
}

impl List {
    /// A page of it: behind a place, or by its number.
    async fn page(
        &self,
        tx: &mut Tx<OneOrg, store::Reads>,
        request: PageRequest,
        behind: Option<&Place>,
    ) -> Result<(Vec<ListedUser>, Position), Fault> {
        if let Some(place) = behind {
            return self.forward(tx, request, (Some(place), 0)).await;
        }
        if !self.total.is_exact {
            let (place, rest) = self.reach(tx, self.order, request.offset()).await?;
            return self.forward(tx, request, (place.as_ref(), rest)).await;
        }
        let Some(window) = Window::of(request, self.total.count) else {
            return Ok((Vec::new(), Position::new(self.total.count, request, false)));
        };
        let order = if window.is_counted_from_the_end { self.order.reversed() } else { self.order };
        let (place, rest) = self.reach(tx, order, window.offset).await?;
        let rows = self.fetch(tx, order, place.as_ref(), (window.limit, rest)).await?;
        let has_next = request.offset() + window.limit < self.total.count;
        Ok((rows, Position::new(self.total.count, request, has_next)))
    }

    async fn reach(&self, tx: &mut Tx<OneOrg, store::Reads>, order: Order, offset: i64) -> Result<(Option<Place>, i64), Fault> {
        reach::nearest(tx, &self.wanted, order, offset, (self.step, self.now)).await
    }

    /// A page that finds out by itself whether one follows.
    async fn forward(
        &self,
        tx: &mut Tx<OneOrg, store::Reads>,
        request: PageRequest,
        (behind, rest): (Option<&Place>, i64),
    ) -> Result<(Vec<ListedUser>, Position), Fault> {
        let limit = i64::from(request.limit);
        let mut rows = self.fetch(tx, self.order, behind, (limit + 1, rest)).await?;
        let has_next = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let seen = if rows.is_empty() { 0 } else { request.offset() + shown + i64::from(has_next) };
        let total = if self.total.is_exact { self.total.count } else { self.total.count.max(seen) };
        let mut position = Position::new(total, request, has_next);
        position.total_is_at_least = !self.total.is_exact && (has_next || rows.is_empty());
        Ok((rows, position))
    }

    /// The rows are found in an index alone; only they are then read whole, and shown in the list's own order.
    async fn fetch(
        &self,
        tx: &mut Tx<OneOrg, store::Reads>,
        order: Order,
        behind: Option<&Place>,
        (limit, offset): (i64, i64),
    ) -> Result<Vec<ListedUser>, Fault> {
        let (part, mut values) = self.wanted.part(order, behind);
        values.extend([(":limit", Arg::from(limit)), (":offset", offset.into())]);
        let mut rows = part.inside(org_sql!(
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
             FROM users u WHERE u.org_id = :org AND u.id IN ("
        ));
        rows.then(self.order.outer());
        Ok(tx.fetch_all(rows.finish(), &values).await?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Office, play};
    use serde_json::{Value, json};

    /// The addresses of a page, where nobody skips more than two rows.
    async fn page(office: &Office, number: u32, is_descending: bool, is_exact: bool) -> (Vec<String>, Position) {
        let world = &office.world;
        let read = world.services.store.read(store::OneOrg::new(world.org.clone()), move |mut tx| async move {
            let order = Order { sort: UserSort::Email, is_descending };
            let asked = Asked { search: None, role: None, group: None, blocked: None, active: None };
            let (wanted, total) = Wanted::plan(&mut tx, asked, order).await.unwrap().unwrap();
            let total = if is_exact { total } else { Total { count: 3, is_exact } };
            let list = List { wanted, total, order, step: 2, now: Timestamp::from_secs(1_800_000_000) };
            let (rows, position) = list.page(&mut tx, PageRequest { page: number, limit: 3 }, None).await.unwrap();
            (tx, (rows.into_iter().map(|row| row.user.email).collect(), position))
        });
        read.await.unwrap()
    }

    #[tokio::test]
    async fn pages_far_inside_are_reached_from_marks_and_are_the_same_pages() {
        let office = Office::open().await;
        for number in 0..21 {
            let body = json!({ "email": format!("a{number:02}@example.com") });
            office.call("POST", "/admin/users", body).await.unwrap();
        }
        let mut all: Vec<String> = (0..21).map(|number| format!("a{number:02}@example.com")).collect();
        all.push("root@example.com".to_owned());
        for is_descending in [false, true] {
            for is_exact in [true, false] {
                // Backwards, so that the first page that is asked for has marks to find.
                for number in (1..=9_u32).rev() {
                    let (rows, position) = page(&office, number, is_descending, is_exact).await;
                    let expected: Vec<_> = all.chunks(3).nth(number as usize - 1).unwrap_or_default().to_vec();
                    assert_eq!(rows, expected, "page {number}, {is_descending}, {is_exact}");
                    assert_eq!(position.pagination.has_next_page, number < 8);
                    assert_eq!(position.total_is_at_least, !is_exact && (number < 8 || number == 9));
                }
            }
            all.reverse();
        }
        let gone = office.call("DELETE", "/admin/users/a05@example.com", Value::Null).await;
        assert!(gone.is_ok());
        let (rows, _) = page(&office, 3, true, true).await;
        assert_eq!(rows.len(), 3, "a mark is a place, whoever is there");
        let counted = play!(office.world, |cx| crate::users::count(&mut cx.tx).await).unwrap();
        assert_eq!(counted, 21);
    }
}
