//! Who holds which permission, and why.

use super::KnownPermission;
use kernel::{Fault, UserId};
use serde::Serialize;
use std::collections::HashSet;
use store::{Mode, OneOrg, Topic, Tx, Writes, args, org_sql, rows};

/// A permission somebody holds, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct EffectivePermission {
    /// `users.read`.
    pub slug: String,
    /// What it allows.
    pub description: Option<String>,
    /// `direct`, or `role:<slug>` of the role that grants it.
    pub source: String,
}

rows! {
    struct HeldRow { slug: String, description: Option<String>, role: Option<String> }
}

/// Everything a user holds: directly, through roles, and through the roles of their groups. Each permission once, by slug; a
/// direct grant is named before a role. It doesn't ask whether the user is active: see [`holds`].
pub async fn effective<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<EffectivePermission>, Fault> {
    let held = tx
        .fetch_all::<HeldRow>(
            org_sql!(
                "WITH held AS (
                     SELECT role_id FROM user_roles WHERE org_id = :org AND user_id = :user
                     UNION
                     SELECT gr.role_id FROM group_members gm
                     JOIN group_roles gr ON gr.org_id = gm.org_id AND gr.group_id = gm.group_id
                     WHERE gm.org_id = :org AND gm.user_id = :user
                 )
                 SELECT p.slug AS slug, p.description AS description, NULL AS role, 0 AS via
                 FROM user_permissions up JOIN permissions p ON p.org_id = up.org_id AND p.slug = up.permission
                 WHERE up.org_id = :org AND up.user_id = :user
                 UNION ALL
                 SELECT p.slug, p.description, r.slug, 1
                 FROM held JOIN roles r ON r.org_id = :org AND r.id = held.role_id
                 JOIN role_permissions rp ON rp.org_id = r.org_id AND rp.role_id = r.id
                 JOIN permissions p ON p.org_id = rp.org_id AND p.slug = rp.permission
                 ORDER BY slug, via, role"
            ),
            args! { user: user },
        )
        .await?;
    let mut seen = HashSet::new();
    Ok(held
        .into_iter()
        .filter(|row| seen.insert(row.slug.clone()))
        .map(|row| EffectivePermission {
            slug: row.slug,
            description: row.description,
            source: row.role.map_or_else(|| "direct".to_owned(), |role| format!("role:{role}")),
        })
        .collect())
}

/// Whether an active user who isn't blocked holds the permission.
pub async fn holds<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId, slug: &str) -> Result<bool, Fault> {
    let found = tx
        .fetch_optional::<(i64,)>(
            org_sql!(
                "SELECT u.number AS a FROM users u
                 WHERE u.org_id = :org AND u.id = :user AND u.is_active = 1 AND u.is_blocked = 0 AND (
                     EXISTS (SELECT 1 FROM user_permissions up WHERE up.org_id = :org AND up.user_id = :user AND up.permission = :slug)
                     OR EXISTS (SELECT 1 FROM user_roles ur
                         JOIN role_permissions rp ON rp.org_id = ur.org_id AND rp.role_id = ur.role_id
                         WHERE ur.org_id = :org AND ur.user_id = :user AND rp.permission = :slug)
                     OR EXISTS (SELECT 1 FROM group_members gm
                         JOIN group_roles gr ON gr.org_id = gm.org_id AND gr.group_id = gm.group_id
                         JOIN role_permissions rp ON rp.org_id = gr.org_id AND rp.role_id = gr.role_id
                         WHERE gm.org_id = :org AND gm.user_id = :user AND rp.permission = :slug)
                 )"
            ),
            args! { user: user, slug: slug },
        )
        .await?;
    Ok(found.is_some())
}

/// A permission somebody holds directly.
pub async fn grant(tx: &mut Tx<OneOrg, Writes>, user: &UserId, slug: &str) -> Result<bool, Fault> {
    let sql = org_sql!(
        "INSERT INTO user_permissions (org_id, user_id, permission) VALUES (:org, :user, :slug)
         ON CONFLICT (org_id, user_id, permission) DO NOTHING"
    );
    let added = tx.execute(sql, args! { user: user, slug: slug }).await?;
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    Ok(added == 1)
}

/// Take back a direct grant; `false` if there was none.
pub async fn revoke(tx: &mut Tx<OneOrg, Writes>, user: &UserId, slug: &str) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM user_permissions WHERE org_id = :org AND user_id = :user AND permission = :slug");
    let removed = tx.execute(sql, args! { user: user, slug: slug }).await?;
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    Ok(removed == 1)
}

/// What was granted to a user directly.
pub async fn list_direct<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<KnownPermission>, Fault> {
    let sql = org_sql!(
        "SELECT p.number, p.slug, p.name, p.description, p.resource, p.action, p.is_system, p.created_at FROM user_permissions up
         JOIN permissions p ON p.org_id = up.org_id AND p.slug = up.permission
         WHERE up.org_id = :org AND up.user_id = :user ORDER BY p.slug"
    );
    Ok(tx.fetch_all(sql, args! { user: user }).await?)
}
