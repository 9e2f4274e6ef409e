//! Making and changing companies.

use super::{Company, not_found};
use crate::slug::PlainSlug;
use kernel::{CompanyId, Denial, Fault, Rng, Timestamp};
use store::{OneOrg, StoreError, Tx, Writes, args, org_sql};

/// A company to be made.
#[derive(Clone, Debug)]
pub struct NewCompany {
    /// Its name in requests.
    pub slug: PlainSlug,
    /// Its name.
    pub name: String,
    /// Its name as people see it.
    pub display_name: Option<String>,
    /// What there is to say about it.
    pub description: Option<String>,
    /// Its logo.
    pub logo_url: Option<String>,
    /// What applications keep with it: a JSON object.
    pub metadata: Option<String>,
}

/// The slug is another one's.
pub const TAKEN: Denial = Denial::conflict("companies.taken", "There is an organization of that slug already.");

/// What callers are told who want a slug that is another company's.
pub fn taken() -> Fault {
    TAKEN.into()
}

/// Make a company, without roles and members.
///
/// # Errors
/// 409 `companies.taken` if there is one of that slug.
pub async fn insert_company(
    tx: &mut Tx<OneOrg, Writes>,
    new: &NewCompany,
    now: Timestamp,
    rng: &dyn Rng,
) -> Result<CompanyId, Fault> {
    let id = CompanyId::new(now, rng);
    let sql = org_sql!(
        "INSERT INTO companies (org_id, id, slug, name, display_name, description, logo_url, metadata, created_at, updated_at)
         VALUES (:org, :id, :slug, :name, :display_name, :description, :logo_url, :metadata, :now, :now) ON CONFLICT DO NOTHING"
    );
    let values = args! {
        id: &id,
        slug: new.slug.as_str(),
        name: &new.name,
        display_name: new.display_name.as_deref(),
        description: new.description.as_deref(),
        logo_url: new.logo_url.as_deref(),
        metadata: new.metadata.as_deref(),
        now: now,
    };
    if tx.execute(sql, values).await? == 1 { Ok(id) } else { Err(taken()) }
}

/// Store everything about a company that can be edited.
///
/// # Errors
/// 409 `companies.taken` if the slug is another's; 404 `companies.not_found` if it is gone.
pub async fn update_company(tx: &mut Tx<OneOrg, Writes>, company: &Company, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE companies SET slug = :slug, name = :name, display_name = :display_name, description = :description,
             logo_url = :logo_url, is_active = :is_active, metadata = :metadata, updated_at = :now
         WHERE org_id = :org AND id = :id"
    );
    let values = args! {
        slug: &company.slug,
        name: &company.name,
        display_name: company.display_name.as_deref(),
        description: company.description.as_deref(),
        logo_url: company.logo_url.as_deref(),
        is_active: company.is_active,
        metadata: company.metadata.as_deref(),
        now: now,
        id: &company.id,
    };
    match tx.execute(sql, values).await {
        Ok(1) => Ok(()),
        Ok(_) => Err(not_found()),
        Err(StoreError::Taken(_)) => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

/// Remove a company with its roles, memberships and invitations. The people stay.
///
/// # Errors
/// 404 `companies.not_found` if it is gone.
pub async fn delete_company(tx: &mut Tx<OneOrg, Writes>, company: &CompanyId) -> Result<(), Fault> {
    let sql = org_sql!("DELETE FROM companies WHERE org_id = :org AND id = :id");
    if tx.execute(sql, args! { id: company }).await? == 1 { Ok(()) } else { Err(not_found()) }
}
