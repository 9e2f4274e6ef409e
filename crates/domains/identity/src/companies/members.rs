//! The people of a company.

use flow::Field;
use kernel::{CompanyId, Denial, Fault, Timestamp, UserId};
use serde_json::{Value, json};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql, rows};

rows! {
    /// Somebody's place in a company.
    #[derive(Clone, Debug)]
    pub struct Member {
        /// Its number.
        pub number: i64,
        /// Who.
        pub user_id: UserId,
        /// Their address.
        pub email: String,
        /// Their name.
        pub name: Option<String>,
        /// Number of their role.
        pub role: i64,
        /// Slug of their role.
        pub role_slug: String,
        /// Name of their role.
        pub role_name: String,
        /// Whether the company must always have somebody with that role.
        pub is_owner: bool,
        /// See [`MemberStatus`].
        pub status: String,
        /// Since when.
        pub joined_at: Timestamp,
    }

    /// A company as one of its people stands to it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Affiliation {
        /// The company.
        pub id: CompanyId,
        /// Its name in requests.
        pub slug: String,
        /// Its name for people.
        pub name: String,
        /// Its logo.
        pub logo_url: Option<String>,
        /// The person's role in it.
        pub role: String,
    }
}

/// Whether somebody acts for a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStatus {
    /// They do.
    Active,
    /// They belong to it, but may not for the time being.
    Suspended,
}

impl MemberStatus {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

impl Field for MemberStatus {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["active", "suspended"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let known = [Self::Active, Self::Suspended].into_iter().find(|known| known.as_str() == text);
        known.ok_or_else(|| "must be active or suspended".to_owned())
    }
}

/// Somebody's place in a company, if they have one.
pub async fn find_member<M: Mode>(tx: &mut Tx<OneOrg, M>, company: &CompanyId, user: &UserId) -> Result<Option<Member>, Fault> {
    let sql = org_sql!(
        "SELECT m.number, m.user_id, u.email, u.name, m.role, r.slug AS role_slug, r.name AS role_name, r.is_owner, m.status,
             m.joined_at
         FROM company_members m JOIN users u ON u.org_id = m.org_id AND u.id = m.user_id
         JOIN company_roles r ON r.org_id = m.org_id AND r.company_id = m.company_id AND r.number = m.role
         WHERE m.org_id = :org AND m.company_id = :company AND m.user_id = :user"
    );
    Ok(tx.fetch_optional(sql, args! { company: company, user: user }).await?)
}

/// The active companies somebody acts for, by name.
pub async fn list_affiliations<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<Affiliation>, Fault> {
    let sql = org_sql!(
        "SELECT c.id, c.slug, COALESCE(c.display_name, c.name) AS name, c.logo_url, r.slug AS role
         FROM company_members m JOIN companies c ON c.org_id = m.org_id AND c.id = m.company_id
         JOIN company_roles r ON r.org_id = m.org_id AND r.company_id = m.company_id AND r.number = m.role
         WHERE m.org_id = :org AND m.user_id = :user AND m.status = 'active' AND c.is_active = 1 ORDER BY c.id"
    );
    let mut found: Vec<Affiliation> = tx.fetch_all(sql, args! { user: user }).await?;
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Let somebody belong to a company; `false` if they do.
pub async fn insert_member(
    tx: &mut Tx<OneOrg, Writes>,
    company: &CompanyId,
    user: &UserId,
    role: i64,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = org_sql!(
        "INSERT INTO company_members (org_id, company_id, user_id, role, status, joined_at)
         VALUES (:org, :company, :user, :role, 'active', :now) ON CONFLICT DO NOTHING"
    );
    Ok(tx.execute(sql, args! { company: company, user: user, role: role, now: now }).await? == 1)
}

/// Store role and status of a member.
pub async fn update_member(tx: &mut Tx<OneOrg, Writes>, company: &CompanyId, member: &Member) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE company_members SET role = :role, status = :status WHERE org_id = :org AND company_id = :company AND user_id = :user"
    );
    tx.execute(sql, args! { role: member.role, status: &member.status, company: company, user: &member.user_id }).await?;
    Ok(())
}

/// Take somebody out of a company; `false` if they didn't belong to it.
pub async fn remove_member(tx: &mut Tx<OneOrg, Writes>, company: &CompanyId, user: &UserId) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM company_members WHERE org_id = :org AND company_id = :company AND user_id = :user");
    Ok(tx.execute(sql, args! { company: company, user: user }).await? == 1)
}

/// The companies somebody is an active owner of, in a fixed order: whoever takes several turns takes them in the same one.
pub async fn list_owned<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<CompanyId>, Fault> {
    let sql = org_sql!(
        "SELECT m.company_id AS a FROM company_members m
         JOIN company_roles r ON r.org_id = m.org_id AND r.company_id = m.company_id AND r.number = m.role
         WHERE m.org_id = :org AND m.user_id = :user AND m.status = 'active' AND r.is_owner = 1 ORDER BY m.company_id"
    );
    let rows = tx.fetch_all::<(CompanyId,)>(sql, args! { user: user }).await?;
    Ok(rows.into_iter().map(|(company,)| company).collect())
}

/// Nobody would own it.
pub const LAST_OWNER: Denial =
    Denial::unprocessable("companies.last_owner", "This is the organization's last owner. Make somebody else an owner first.");

/// After somebody ceased to be an active owner: another one has to be there.
///
/// # Errors
/// 422 `companies.last_owner`.
pub async fn must_keep_an_owner(tx: &mut Tx<OneOrg, Writes>, company: &CompanyId) -> Result<(), Fault> {
    // Two owners who leave at the same moment both write the company, so that one of them sees that the other has left.
    let turn = org_sql!("UPDATE companies SET updated_at = updated_at WHERE org_id = :org AND id = :company");
    tx.execute(turn, args! { company: company }).await?;
    let sql = org_sql!(
        "SELECT count(*) AS a FROM company_members m
         JOIN company_roles r ON r.org_id = m.org_id AND r.company_id = m.company_id AND r.number = m.role
         WHERE m.org_id = :org AND m.company_id = :company AND m.status = 'active' AND r.is_owner = 1"
    );
    let (owners,) = tx.fetch_one::<(i64,)>(sql, args! { company: company }).await?;
    if owners > 0 {
        return Ok(());
    }
    Err(LAST_OWNER.into())
}
