//! Groups as administrators see them: how many members and roles each has, and who the members are.

use super::not_found;
use crate::paging::Window;
use crate::users::tally::{self, Counted};
use kernel::{Fault, GroupId, Page, PageRequest, Timestamp, UserId};
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

rows! {
    /// A group and what lists show beside it.
    #[derive(Clone, Debug)]
    pub struct ListedGroup {
        /// Its id.
        pub id: GroupId,
        /// Its name in requests.
        pub slug: String,
        /// Its name for people.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// Whether it belongs to the server and can't be changed.
        pub is_system: bool,
        /// How many users belong to it.
        pub member_count: i64,
        /// How many roles it gives them.
        pub role_count: i64,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it last changed; members come and go without.
        pub updated_at: Timestamp,
    }

    /// A member of a group.
    #[derive(Clone, Debug)]
    pub struct Member {
        /// Their id.
        pub id: UserId,
        /// Their address.
        pub email: String,
        /// Full name.
        pub name: Option<String>,
        /// Another name they sign in with.
        pub username: Option<String>,
    }
}

/// The group with this id.
///
/// # Errors
/// 404 `groups.not_found`.
pub async fn load_listed<M: Mode>(tx: &mut Tx<OneOrg, M>, group: &GroupId) -> Result<ListedGroup, Fault> {
    let sql = org_sql!(
        "SELECT g.id, g.slug, g.name, g.description, g.is_system, g.created_at, g.updated_at,
             (SELECT CAST(COALESCE(SUM(t.users), 0) AS BIGINT) FROM user_tallies t
                 WHERE t.org_id = g.org_id AND t.kind = 'group' AND t.key = g.id) AS member_count,
             (SELECT count(*) FROM group_roles gr WHERE gr.org_id = g.org_id AND gr.group_id = g.id) AS role_count
         FROM groups g WHERE g.org_id = :org AND g.id = :id"
    );
    tx.fetch_optional(sql, args! { id: group }).await?.ok_or_else(not_found)
}

/// A page of a group's members, those who came to the organization first first.
pub async fn list_members<M: Mode>(tx: &mut Tx<OneOrg, M>, group: &GroupId, request: PageRequest) -> Result<Page<Member>, Fault> {
    let total = tally::total(tx, Counted::Group(group)).await?;
    let Some(window) = Window::of(request, total) else { return Ok(Page { items: Vec::new(), total, request }) };
    // The rows of the page are found in an index alone; only they are then read whole.
    let sql = if window.is_counted_from_the_end {
        org_sql!(
            "SELECT u.id, u.email, u.name, u.username FROM users u JOIN (
                 SELECT gm.user_id AS page_id FROM group_members gm WHERE gm.org_id = :org AND gm.group_id = :group
                 ORDER BY gm.user_id DESC LIMIT :limit OFFSET :offset) page ON page.page_id = u.id
             WHERE u.org_id = :org ORDER BY u.id"
        )
    } else {
        org_sql!(
            "SELECT u.id, u.email, u.name, u.username FROM users u JOIN (
                 SELECT gm.user_id AS page_id FROM group_members gm WHERE gm.org_id = :org AND gm.group_id = :group
                 ORDER BY gm.user_id LIMIT :limit OFFSET :offset) page ON page.page_id = u.id
             WHERE u.org_id = :org ORDER BY u.id"
        )
    };
    let items = tx.fetch_all(sql, args! { group: group, limit: window.limit, offset: window.offset }).await?;
    Ok(Page { items, total, request })
}
