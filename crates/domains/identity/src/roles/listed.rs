//! Roles as administrators see them: with how many users have each, and who they are.

use super::not_found;
use crate::paging::Window;
use crate::users::tally::{self, Counted};
use kernel::{Fault, Page, PageRequest, RoleId, Timestamp, UserId};
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

rows! {
    /// A role and what lists show beside it.
    #[derive(Clone, Debug)]
    pub struct ListedRole {
        /// Its id.
        pub id: RoleId,
        /// Its name in requests.
        pub slug: String,
        /// Its name for people.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// Whether it belongs to the server and can't be changed.
        pub is_system: bool,
        /// How many users were given it directly.
        pub user_count: i64,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
    }

    /// A user where they are only named.
    #[derive(Clone, Debug)]
    pub struct RoleUser {
        /// Their id.
        pub id: UserId,
        /// Their address.
        pub email: String,
        /// Full name.
        pub name: Option<String>,
    }
}

/// The role with this id.
///
/// # Errors
/// 404 `roles.not_found`.
pub async fn load_listed<M: Mode>(tx: &mut Tx<OneOrg, M>, role: &RoleId) -> Result<ListedRole, Fault> {
    let sql = org_sql!(
        "SELECT r.id, r.slug, r.name, r.description, r.is_system, r.created_at, r.updated_at,
             (SELECT CAST(COALESCE(SUM(t.users), 0) AS BIGINT) FROM user_tallies t
                 WHERE t.org_id = r.org_id AND t.kind = 'role' AND t.key = r.id) AS user_count
         FROM roles r WHERE r.org_id = :org AND r.id = :id"
    );
    tx.fetch_optional(sql, args! { id: role }).await?.ok_or_else(not_found)
}

/// How many users were given a role directly.
pub async fn count_users<M: Mode>(tx: &mut Tx<OneOrg, M>, role: &RoleId) -> Result<i64, Fault> {
    tally::total(tx, Counted::Role(role)).await
}

/// A page of the users who were given a role directly, those who came first first.
pub async fn list_users<M: Mode>(tx: &mut Tx<OneOrg, M>, role: &RoleId, request: PageRequest) -> Result<Page<RoleUser>, Fault> {
    let total = count_users(tx, role).await?;
    let Some(window) = Window::of(request, total) else { return Ok(Page { items: Vec::new(), total, request }) };
    // The rows of the page are found in an index alone; only they are then read whole.
    let sql = if window.is_counted_from_the_end {
        org_sql!(
            "SELECT u.id, u.email, u.name FROM users u JOIN (
                 SELECT ur.user_id AS page_id FROM user_roles ur WHERE ur.org_id = :org AND ur.role_id = :role
                 ORDER BY ur.user_id DESC LIMIT :limit OFFSET :offset) page ON page.page_id = u.id
             WHERE u.org_id = :org ORDER BY u.id"
        )
    } else {
        org_sql!(
            "SELECT u.id, u.email, u.name FROM users u JOIN (
                 SELECT ur.user_id AS page_id FROM user_roles ur WHERE ur.org_id = :org AND ur.role_id = :role
                 ORDER BY ur.user_id LIMIT :limit OFFSET :offset) page ON page.page_id = u.id
             WHERE u.org_id = :org ORDER BY u.id"
        )
    };
    let items = tx.fetch_all(sql, args! { role: role, limit: window.limit, offset: window.offset }).await?;
    Ok(Page { items, total, request })
}
