//! Groups of users. A group's roles count for its members.

use crate::roles::{NamedRef, Role};
use kernel::{Fault, GroupId, Rng, RoleId, Timestamp, UserId};
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

/// Make a group.
///
/// # Errors
/// 409 `groups.taken` if there is one of that slug.
pub async fn insert_group(
    tx: &mut Tx<OneOrg, Writes>,
    slug: &str,
    name: &str,
    description: Option<&str>,
    now: Timestamp,
    rng: &dyn Rng,
) -> Result<Group, Fault> {
    let id = GroupId::new(now, rng);
    let sql = org_sql!(
        "INSERT INTO groups (org_id, id, slug, name, description, created_at, updated_at)
         VALUES (:org, :id, :slug, :name, :description, :now, :now) ON CONFLICT DO NOTHING"
    );
    let values = args! { id: &id, slug: slug, name: name, description: description, now: now };
    if tx.execute(sql, values).await? != 1 {
        return Err(Fault::conflict("groups.taken", "There is a group of that slug already."));
    }
    let (slug, name, description) = (slug.to_owned(), name.to_owned(), description.map(str::to_owned));
    Ok(Group { id, slug, name, description, is_system: false })
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

/// Let a group give its members a role; `false` if it does.
pub async fn add_role(tx: &mut Tx<OneOrg, Writes>, group: &GroupId, role: &RoleId) -> Result<bool, Fault> {
    let sql = org_sql!(
        "INSERT INTO group_roles (org_id, group_id, role_id) VALUES (:org, :group, :role)
         ON CONFLICT (org_id, group_id, role_id) DO NOTHING"
    );
    changed(tx, sql, args! { group: group, role: role }).await
}

/// Add a user to a group; `false` if they belong to it.
pub async fn add_member(tx: &mut Tx<OneOrg, Writes>, group: &GroupId, user: &UserId, now: Timestamp) -> Result<bool, Fault> {
    let sql = org_sql!(
        "INSERT INTO group_members (org_id, group_id, user_id, added_at) VALUES (:org, :group, :user, :now)
         ON CONFLICT (org_id, group_id, user_id) DO NOTHING"
    );
    changed(tx, sql, args! { group: group, user: user, now: now }).await
}

/// Remove a user from a group; `false` if they didn't belong to it.
pub async fn remove_member(tx: &mut Tx<OneOrg, Writes>, group: &GroupId, user: &UserId) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM group_members WHERE org_id = :org AND group_id = :group AND user_id = :user");
    changed(tx, sql, args! { group: group, user: user }).await
}

async fn changed(tx: &mut Tx<OneOrg, Writes>, sql: OrgSql, args: &[(&'static str, Arg<'_>)]) -> Result<bool, Fault> {
    let count = tx.execute(sql, args).await?;
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    Ok(count == 1)
}
