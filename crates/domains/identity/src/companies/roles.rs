//! What somebody can be in a company. Every company has an owner's role, which somebody has to keep, and one that people get when
//! nobody says otherwise.

use crate::slug::PlainSlug;
use kernel::{CompanyId, Denial, Fault, Timestamp};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql, rows};

rows! {
    /// A role of a company.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CompanyRole {
        /// Its number.
        pub number: i64,
        /// Its name in requests: `billing`.
        pub slug: String,
        /// Its name for people.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// Whether people get it when nobody says otherwise.
        pub is_default: bool,
        /// Whether the company must always have somebody with it.
        pub is_owner: bool,
        /// Whether it came with the company and keeps its name.
        pub is_system: bool,
    }
}

/// A role to be made.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// Its name in requests.
    pub slug: PlainSlug,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// What callers are told about a role that isn't there.
pub fn role_not_found() -> Fault {
    Fault::not_found("companies.role_not_found", "There is no such role in this organization.")
}

/// Give a new company the roles every company has.
pub async fn add_system_roles(tx: &mut Tx<OneOrg, Writes>, company: &CompanyId, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "INSERT INTO company_roles (org_id, company_id, slug, name, description, is_default, is_owner, is_system, created_at, updated_at)
         VALUES (:org, :company, :slug, :name, :description, :is_default, :is_owner, 1, :now, :now)"
    );
    for (slug, name, description) in [
        ("owner", "Owner", "Answers for the organization. Somebody always does."),
        ("admin", "Administrator", "Looks after the organization."),
        ("member", "Member", "Belongs to the organization."),
    ] {
        let values = args! {
            company: company, slug: slug, name: name, description: description, now: now,
            is_default: slug == "member", is_owner: slug == "owner",
        };
        tx.execute(sql, values).await?;
    }
    Ok(())
}

/// All roles of a company, the oldest first.
pub async fn list_roles<M: Mode>(tx: &mut Tx<OneOrg, M>, company: &CompanyId) -> Result<Vec<CompanyRole>, Fault> {
    let sql = org_sql!(
        "SELECT number, slug, name, description, is_default, is_owner, is_system FROM company_roles
         WHERE org_id = :org AND company_id = :company ORDER BY number"
    );
    Ok(tx.fetch_all(sql, args! { company: company }).await?)
}

/// The role with this slug or number.
pub async fn find_role<M: Mode>(tx: &mut Tx<OneOrg, M>, company: &CompanyId, key: &str) -> Result<Option<CompanyRole>, Fault> {
    // A slug never looks like a number.
    let number = key.parse::<i64>().unwrap_or(-1);
    let sql = org_sql!(
        "SELECT number, slug, name, description, is_default, is_owner, is_system FROM company_roles
         WHERE org_id = :org AND company_id = :company AND (slug = :key OR number = :number)"
    );
    Ok(tx.fetch_optional(sql, args! { company: company, key: key, number: number }).await?)
}

/// The role with this slug or number.
///
/// # Errors
/// 404 `companies.role_not_found`.
pub async fn load_role<M: Mode>(tx: &mut Tx<OneOrg, M>, company: &CompanyId, key: &str) -> Result<CompanyRole, Fault> {
    find_role(tx, company, key).await?.ok_or_else(role_not_found)
}

/// The role people get when nobody says otherwise.
pub async fn default_role<M: Mode>(tx: &mut Tx<OneOrg, M>, company: &CompanyId) -> Result<CompanyRole, Fault> {
    let sql = org_sql!(
        "SELECT number, slug, name, description, is_default, is_owner, is_system FROM company_roles
         WHERE org_id = :org AND company_id = :company AND is_default = 1 ORDER BY number LIMIT 1"
    );
    tx.fetch_optional(sql, args! { company: company }).await?.ok_or_else(role_not_found)
}

/// The slug is another role's.
pub const ROLE_TAKEN: Denial = Denial::conflict("companies.role_taken", "This organization has a role of that slug already.");
/// Somebody has it, or will have.
pub const ROLE_IN_USE: Denial =
    Denial::unprocessable("companies.role_in_use", "People have this role or are invited to it. Give them another one first.");

/// Make a role.
///
/// # Errors
/// 409 `companies.role_taken` if the company has one of that slug.
pub async fn insert_role(tx: &mut Tx<OneOrg, Writes>, company: &CompanyId, new: &NewRole, now: Timestamp) -> Result<i64, Fault> {
    let sql = org_sql!(
        "INSERT INTO company_roles (org_id, company_id, slug, name, description, created_at, updated_at)
         VALUES (:org, :company, :slug, :name, :description, :now, :now) ON CONFLICT DO NOTHING RETURNING number AS a"
    );
    let values = args! {
        company: company, slug: new.slug.as_str(), name: &new.name, description: new.description.as_deref(), now: now
    };
    let made = tx.fetch_optional::<(i64,)>(sql, values).await?;
    made.map(|(number,)| number).ok_or_else(|| ROLE_TAKEN.into())
}

/// Store name and description of a role.
pub async fn update_role(
    tx: &mut Tx<OneOrg, Writes>,
    company: &CompanyId,
    role: &CompanyRole,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE company_roles SET name = :name, description = :description, updated_at = :now
         WHERE org_id = :org AND company_id = :company AND number = :number AND is_system = 0"
    );
    let values =
        args! { name: &role.name, description: role.description.as_deref(), now: now, company: company, number: role.number };
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(role_not_found()) }
}

/// Let this role, and no other, be the one people get when nobody says otherwise.
pub async fn make_default(tx: &mut Tx<OneOrg, Writes>, company: &CompanyId, number: i64, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE company_roles SET is_default = CASE WHEN number = :number THEN 1 ELSE 0 END, updated_at = :now
         WHERE org_id = :org AND company_id = :company AND (is_default = 1 OR number = :number)"
    );
    tx.execute(sql, args! { number: number, now: now, company: company }).await?;
    Ok(())
}

/// Remove a role nobody has and nobody is invited to.
///
/// # Errors
/// 422 `companies.role_in_use`.
pub async fn delete_role(tx: &mut Tx<OneOrg, Writes>, company: &CompanyId, number: i64) -> Result<(), Fault> {
    let sql = org_sql!(
        "DELETE FROM company_roles WHERE org_id = :org AND company_id = :company AND number = :number
             AND is_system = 0 AND is_default = 0
             AND NOT EXISTS (SELECT 1 FROM company_members m
                 WHERE m.org_id = :org AND m.company_id = :company AND m.role = :number)
             AND NOT EXISTS (SELECT 1 FROM invitations i
                 WHERE i.org_id = :org AND i.company_id = :company AND i.role = :number AND i.status = 'pending')"
    );
    if tx.execute(sql, args! { company: company, number: number }).await? == 1 {
        return Ok(());
    }
    Err(ROLE_IN_USE.into())
}
