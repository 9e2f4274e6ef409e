//! Organizations: made with the roles and permissions the server itself needs.

use crate::permissions::{ADMIN_ROLE, SYSTEM_PERMISSIONS, TENANT_ADMIN_ROLE, USER_ROLE};
use flow::Field;
use kernel::{Fault, OrgId, Rng, RoleId, Timestamp};
use serde_json::{Value, json};
use store::{Platform, Tx, Writes, args, platform_sql};

/// The name of an organization in URLs: 2 to 63 lower-case letters, digits and inner hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug(String);

impl Slug {
    /// Parse it.
    pub fn parse(text: &str) -> Option<Self> {
        let is_slug = (2..=63).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        is_slug.then(|| Self(text.to_owned()))
    }
    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field for Slug {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| "must be 2 to 63 lower-case letters, digits and inner hyphens".to_owned())
    }
}

/// An organization to be made.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
}

/// What [`provision`] found or made.
#[derive(Clone, Debug)]
pub struct Provisioned {
    /// The organization.
    pub id: OrgId,
    /// Whether it was made just now.
    pub is_new: bool,
}

/// Make the organization unless there is one of that slug, and see to it that it has every system permission and role: an
/// upgrade that brings new ones adds them by the same call.
pub async fn provision(
    tx: &mut Tx<Platform, Writes>,
    new: &NewOrganization,
    now: Timestamp,
    rng: &dyn Rng,
) -> Result<Provisioned, Fault> {
    provision_as(tx, OrgId::new(now, rng), new, now, rng).await
}

/// [`provision`], where a new organization must have this id: the platform's own, whose log exists before it does.
pub async fn provision_as(
    tx: &mut Tx<Platform, Writes>,
    id: OrgId,
    new: &NewOrganization,
    now: Timestamp,
    rng: &dyn Rng,
) -> Result<Provisioned, Fault> {
    let provisioned = find_or_insert(tx, id, new, now).await?;
    add_system_permissions(tx, &provisioned.id, now).await?;
    for (slug, name, description, may_everything) in [
        (ADMIN_ROLE, "Administrator", "May do everything in this organization.", true),
        (TENANT_ADMIN_ROLE, "Organization administrator", "May do everything in this organization.", true),
        (USER_ROLE, "User", "Everybody has this role.", false),
    ] {
        let role = ensure_role(tx, &provisioned.id, slug, (name, description), now, rng).await?;
        if may_everything {
            grant_system_permissions(tx, &provisioned.id, &role).await?;
        }
    }
    tx.touch(store::Topic::Permissions(provisioned.id.clone()));
    Ok(provisioned)
}

async fn find_or_insert(
    tx: &mut Tx<Platform, Writes>,
    id: OrgId,
    new: &NewOrganization,
    now: Timestamp,
) -> Result<Provisioned, Fault> {
    let find = platform_sql!("SELECT id AS a FROM organizations WHERE slug = :slug");
    if let Some((id,)) = tx.fetch_optional::<(OrgId,)>(find, args! { slug: new.slug.as_str() }).await? {
        return Ok(Provisioned { id, is_new: false });
    }
    let last = platform_sql!("SELECT COALESCE(MAX(number), 0) AS a FROM organizations");
    let (last,) = tx.fetch_one::<(i64,)>(last, &[]).await?;
    let insert = platform_sql!(
        "INSERT INTO organizations (id, slug, number, name, created_at, updated_at)
         VALUES (:id, :slug, :number, :name, :now, :now)"
    );
    tx.execute(insert, args! { id: &id, slug: new.slug.as_str(), number: last + 1, name: &new.name, now: now }).await?;
    tx.touch(store::Topic::Organization(id.clone()));
    Ok(Provisioned { id, is_new: true })
}

async fn add_system_permissions(tx: &mut Tx<Platform, Writes>, org: &OrgId, now: Timestamp) -> Result<(), Fault> {
    let insert = platform_sql!(
        "INSERT INTO permissions (org_id, slug, name, description, resource, action, is_system, created_at, updated_at)
         VALUES (:owner, :slug, :name, :description, :resource, :action, 1, :now, :now)
         ON CONFLICT (org_id, slug) DO UPDATE SET is_system = 1"
    );
    for known in SYSTEM_PERMISSIONS {
        let values = args! {
            owner: org,
            slug: known.permission.slug,
            name: known.name,
            description: known.description,
            resource: known.resource(),
            action: known.action(),
            now: now,
        };
        tx.execute(insert, values).await?;
    }
    Ok(())
}

async fn ensure_role(
    tx: &mut Tx<Platform, Writes>,
    org: &OrgId,
    slug: &str,
    (name, description): (&str, &str),
    now: Timestamp,
    rng: &dyn Rng,
) -> Result<RoleId, Fault> {
    let insert = platform_sql!(
        "INSERT INTO roles (org_id, id, slug, name, description, is_system, created_at, updated_at)
         VALUES (:owner, :id, :slug, :name, :description, 1, :now, :now)
         ON CONFLICT (org_id, slug) DO NOTHING"
    );
    let id = RoleId::new(now, rng);
    let values = args! { owner: org, id: &id, slug: slug, name: name, description: description, now: now };
    tx.execute(insert, values).await?;
    let find = platform_sql!("SELECT id AS a FROM roles WHERE org_id = :owner AND slug = :slug");
    let (id,) = tx.fetch_one::<(RoleId,)>(find, args! { owner: org, slug: slug }).await?;
    Ok(id)
}

async fn grant_system_permissions(tx: &mut Tx<Platform, Writes>, org: &OrgId, role: &RoleId) -> Result<(), Fault> {
    let insert = platform_sql!(
        "INSERT INTO role_permissions (org_id, role_id, permission) VALUES (:owner, :role, :slug)
         ON CONFLICT (org_id, role_id, permission) DO NOTHING"
    );
    for known in SYSTEM_PERMISSIONS {
        tx.execute(insert, args! { owner: org, role: role, slug: known.permission.slug }).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_fits_into_a_url_and_a_host_name() {
        for good in ["ab", "acme-corp", "a1", &"x".repeat(63)] {
            assert!(Slug::parse(good).is_some(), "{good}");
        }
        for bad in ["", "a", "-ab", "ab-", "Acme", "a_b", "a.b", "a/b", "ä1", &"x".repeat(64)] {
            assert!(Slug::parse(bad).is_none(), "{bad}");
        }
    }

    #[tokio::test]
    async fn provisioning_twice_makes_one_organization_with_its_system_rows_once() {
        let world = crate::testing::World::start().await;
        let other = world.another_org("globex").await;
        assert_eq!(world.another_org("globex").await.id(), other.id());
        assert_ne!(world.org.number(), other.number());
        let count = |sql| world.count(&other, sql);
        let (permissions, roles) = ("permissions", "roles");
        assert_eq!(count(permissions).await, i64::try_from(SYSTEM_PERMISSIONS.len()).unwrap());
        assert_eq!(count(roles).await, 3);
    }
}
