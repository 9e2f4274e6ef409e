//! Companies an organization does business with: its people belong to them, with a role in each. The published API calls them
//! organizations; here the word is taken by those this server is run for.
//!
//! Roles of a company are for applications. On this server they open nothing.

mod members;
mod roles;
mod write;

pub use members::{
    Affiliation, LAST_OWNER, Member, MemberStatus, find_member, insert_member, list_affiliations, list_owned, must_keep_an_owner,
    remove_member, update_member,
};
pub use roles::{
    CompanyRole, NewRole, ROLE_IN_USE, ROLE_TAKEN, add_system_roles, default_role, delete_role, find_role, insert_role,
    list_roles, load_role, make_default, role_not_found, update_role,
};
pub use write::{NewCompany, TAKEN, delete_company, insert_company, taken, update_company};

use kernel::{CompanyId, Fault, Timestamp};
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

rows! {
    /// A company.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Company {
        /// Its id.
        pub id: CompanyId,
        /// Its name in requests: `globex`.
        pub slug: String,
        /// Its name.
        pub name: String,
        /// Its name as people see it, where that differs.
        pub display_name: Option<String>,
        /// What there is to say about it.
        pub description: Option<String>,
        /// Its logo: an `https` address.
        pub logo_url: Option<String>,
        /// Whether its members act for it, and people can be invited.
        pub is_active: bool,
        /// What applications keep with it: a JSON object.
        pub metadata: Option<String>,
        /// How many people belong to it.
        pub member_count: i64,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it last changed; members come and go without.
        pub updated_at: Timestamp,
    }
}

impl Company {
    /// What to call it.
    pub fn shown_name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }
}

/// What callers are told about a company that isn't there.
pub fn not_found() -> Fault {
    Fault::not_found("companies.not_found", "There is no such organization.")
}

/// The company with this id or slug.
pub async fn find_company<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Option<Company>, Fault> {
    let sql = org_sql!(
        "SELECT c.id, c.slug, c.name, c.display_name, c.description, c.logo_url, c.is_active, c.metadata, c.created_at, c.updated_at,
             (SELECT count(*) FROM company_members m WHERE m.org_id = c.org_id AND m.company_id = c.id) AS member_count
         FROM companies c WHERE c.org_id = :org AND (c.slug = :key OR c.id = :key) ORDER BY (c.slug = :key) DESC LIMIT 1"
    );
    Ok(tx.fetch_optional(sql, args! { key: key }).await?)
}

/// The company with this id or slug.
///
/// # Errors
/// 404 `companies.not_found`.
pub async fn load_company<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Company, Fault> {
    find_company(tx, key).await?.ok_or_else(not_found)
}
