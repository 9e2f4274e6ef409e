//! Making and changing groups.

use super::{Group, changed, not_found};
use crate::slug::PlainSlug;
use crate::users::tally::{self, Counted};
use kernel::{Denial, Fault, GroupId, Rng, RoleId, Timestamp, UserId};
use store::{OneOrg, Topic, Tx, Writes, args, org_sql};

/// A group to be made.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// Its name in requests.
    pub slug: PlainSlug,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// The slug is another one's.
pub const TAKEN: Denial = Denial::conflict("groups.taken", "There is a group of that slug already.");

/// Make a group.
///
/// # Errors
/// 409 `groups.taken` if there is one of that slug.
pub async fn insert_group(tx: &mut Tx<OneOrg, Writes>, new: NewGroup, now: Timestamp, rng: &dyn Rng) -> Result<Group, Fault> {
    let id = GroupId::new(now, rng);
    let sql = org_sql!(
        "INSERT INTO groups (org_id, id, slug, name, description, created_at, updated_at)
         VALUES (:org, :id, :slug, :name, :description, :now, :now) ON CONFLICT DO NOTHING"
    );
    let NewGroup { slug, name, description } = new;
    let values = args! { id: &id, slug: slug.as_str(), name: &name, description: description.as_deref(), now: now };
    if tx.execute(sql, values).await? != 1 {
        return Err(TAKEN.into());
    }
    Ok(Group { id, slug: slug.into_string(), name, description, is_system: false })
}

/// Store name and description of a group, and that it changed. The slug stays: programs know the group by it.
///
/// # Errors
/// 404 `groups.not_found` if it is gone.
pub async fn update_group(tx: &mut Tx<OneOrg, Writes>, group: &Group, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE groups SET name = :name, description = :description, updated_at = :now
         WHERE org_id = :org AND id = :id AND is_system = 0"
    );
    let values = args! { name: &group.name, description: group.description.as_deref(), now: now, id: &group.id };
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(not_found()) }
}

/// Remove a group. Its members stay, without what it gave them.
///
/// # Errors
/// 404 `groups.not_found` if it is gone.
pub async fn delete_group(tx: &mut Tx<OneOrg, Writes>, group: &GroupId) -> Result<(), Fault> {
    let sql = org_sql!("DELETE FROM groups WHERE org_id = :org AND id = :id AND is_system = 0");
    let gone = tx.execute(sql, args! { id: group }).await?;
    tally::forget(tx, Counted::Group(group)).await?;
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    if gone == 1 { Ok(()) } else { Err(not_found()) }
}

/// Let a group give its members a role; `false` if it does.
pub async fn add_role(tx: &mut Tx<OneOrg, Writes>, group: &GroupId, role: &RoleId) -> Result<bool, Fault> {
    let sql = org_sql!(
        "INSERT INTO group_roles (org_id, group_id, role_id) VALUES (:org, :group, :role)
         ON CONFLICT (org_id, group_id, role_id) DO NOTHING"
    );
    changed(tx, sql, args! { group: group, role: role }).await
}

/// Let a group give its members a role no more; `false` if it didn't.
pub async fn remove_role(tx: &mut Tx<OneOrg, Writes>, group: &GroupId, role: &RoleId) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM group_roles WHERE org_id = :org AND group_id = :group AND role_id = :role");
    changed(tx, sql, args! { group: group, role: role }).await
}

/// Add a user to a group; `false` if they belong to it.
pub async fn add_member(tx: &mut Tx<OneOrg, Writes>, group: &GroupId, user: &UserId, now: Timestamp) -> Result<bool, Fault> {
    let sql = org_sql!(
        "INSERT INTO group_members (org_id, group_id, user_id, added_at) VALUES (:org, :group, :user, :now)
         ON CONFLICT (org_id, group_id, user_id) DO NOTHING"
    );
    let is_new = changed(tx, sql, args! { group: group, user: user, now: now }).await?;
    tally::add(tx, Counted::Group(group), user, i64::from(is_new)).await?;
    Ok(is_new)
}

/// Add new users, who belong to no group yet.
pub(crate) async fn add_new_members(
    tx: &mut Tx<OneOrg, Writes>,
    group: &GroupId,
    users: &[UserId],
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = org_sql!("INSERT INTO group_members (org_id, group_id, user_id, added_at) VALUES (:org, :group, :user, :now)");
    let rows: Vec<_> = users.iter().map(|user| [store::Arg::from(group), user.into(), now.into()]).collect();
    let count = tx.execute_each(sql, [":group", ":user", ":now"], &rows).await?;
    if let Some(first) = users.first() {
        tally::add(tx, Counted::Group(group), first, i64::try_from(count).unwrap_or(i64::MAX)).await?;
    }
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    Ok(())
}

/// Remove a user from a group; `false` if they didn't belong to it.
pub async fn remove_member(tx: &mut Tx<OneOrg, Writes>, group: &GroupId, user: &UserId) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM group_members WHERE org_id = :org AND group_id = :group AND user_id = :user");
    let is_gone = changed(tx, sql, args! { group: group, user: user }).await?;
    tally::add(tx, Counted::Group(group), user, -i64::from(is_gone)).await?;
    Ok(is_gone)
}
