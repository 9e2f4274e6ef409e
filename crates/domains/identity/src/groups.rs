//! Groups of users. A group's roles count for its members.

mod listed;
mod write;

pub use listed::{ListedGroup, Member, list_members, load_listed};
pub(crate) use write::add_new_members;
pub use write::{NewGroup, TAKEN, add_member, add_role, delete_group, insert_group, remove_member, remove_role, update_group};

use crate::roles::{NamedRef, Role};
use kernel::{Fault, GroupId, UserId};
use store::{Arg, Mode, OneOrg, OrgSql, Topic, Tx, Writes, args, org_sql, rows};

rows! {
    /// A group, as lists show it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Group {
        /// Its id.
        pub id: GroupId,
        /// Its name in requests: `engineering`.
        pub slug: String,
        /// Its name for people.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// Whether it belongs to the server and can't be changed.
        pub is_system: bool,
    }
}

impl From<Group> for NamedRef {
    fn from(group: Group) -> Self {
        Self { id: group.id.to_string(), name: group.name, slug: group.slug }
    }
}

/// What callers are told about a group that isn't there.
pub fn not_found() -> Fault {
    Fault::not_found("groups.not_found", "There is no such group.")
}

/// The group with this id or slug.
pub async fn find_group<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Option<Group>, Fault> {
    let sql = org_sql!(
        "SELECT id, slug, name, description, is_system FROM groups WHERE org_id = :org AND (slug = :key OR id = :key)
         ORDER BY (slug = :key) DESC LIMIT 1"
    );
    Ok(tx.fetch_optional(sql, args! { key: key }).await?)
}

/// The group with this id or slug.
///
/// # Errors
/// 404 `groups.not_found`.
pub async fn load_group<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Group, Fault> {
    find_group(tx, key).await?.ok_or_else(not_found)
}

/// The groups a user belongs to.
pub async fn list_of_user<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<Group>, Fault> {
    let sql = org_sql!(
        "SELECT g.id, g.slug, g.name, g.description, g.is_system FROM group_members gm
         JOIN groups g ON g.org_id = gm.org_id AND g.id = gm.group_id
         WHERE gm.org_id = :org AND gm.user_id = :user ORDER BY g.slug"
    );
    Ok(tx.fetch_all(sql, args! { user: user }).await?)
}

/// The roles a group gives its members.
pub async fn list_roles<M: Mode>(tx: &mut Tx<OneOrg, M>, group: &GroupId) -> Result<Vec<Role>, Fault> {
    let sql = org_sql!(
        "SELECT r.id, r.slug, r.name, r.description, r.is_system FROM group_roles gr
         JOIN roles r ON r.org_id = gr.org_id AND r.id = gr.role_id
         WHERE gr.org_id = :org AND gr.group_id = :group ORDER BY r.slug"
    );
    Ok(tx.fetch_all(sql, args! { group: group }).await?)
}

async fn changed(tx: &mut Tx<OneOrg, Writes>, sql: OrgSql, args: &[(&'static str, Arg<'_>)]) -> Result<bool, Fault> {
    let count = tx.execute(sql, args).await?;
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    Ok(count == 1)
}
