//! The link of an invitation, and what it offers.

use super::list_roles;
use crate::secret::{self, Credential};
use crate::settings::Settings;
use crate::users::EmailKey;
use flow::Services;
use kernel::{CompanyId, Fault, Secret, Timestamp};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql, rows};

/// The purpose under which the secrets of links are hashed.
const HASH_PURPOSE: &str = "company invitation";

/// An invitation as its link shows it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its number.
    pub number: i64,
    /// The company; the organization itself, if there is none.
    pub company_id: Option<CompanyId>,
    /// What people call the company or the organization.
    pub place: String,
    /// The company's logo.
    pub logo_url: Option<String>,
    /// The address that is invited.
    pub email: String,
    /// What the person is called, if whoever invited said so.
    pub name: Option<String>,
    /// Number of the role it gives in a company.
    pub role: Option<i64>,
    /// Names of what it gives.
    pub role_name: Option<String>,
    /// What whoever invited is called.
    pub invited_by: Option<String>,
    /// Whether an account may be made by it where people may not register.
    pub may_register: bool,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

impl Offer {
    /// Whether it was made for that address.
    pub fn is_for(&self, email: &str) -> bool {
        EmailKey::of(&self.email) == EmailKey::of(email)
    }
}

rows! {
    struct OfferRow {
        number: i64,
        company_id: Option<CompanyId>,
        company_name: Option<String>,
        logo_url: Option<String>,
        email: String,
        name: Option<String>,
        role: Option<i64>,
        role_name: Option<String>,
        invited_by: Option<String>,
        may_register: bool,
        expires_at: Timestamp,
        secret_hash: Option<Vec<u8>>,
    }
}

/// Make the link's token of a pending invitation, for the mail. Whatever token it had before is worth nothing.
pub async fn write_invitation(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    number: i64,
    now: Timestamp,
) -> Result<Option<(Offer, Secret)>, Fault> {
    let credential = Credential::generate(&number.to_string(), &*services.rng);
    let hash = secret::hash(services, HASH_PURPOSE, &credential.secret);
    let sql = org_sql!(
        "UPDATE invitations SET secret_hash = :hash
         WHERE org_id = :org AND number = :number AND status = 'pending' AND expires_at > :now"
    );
    if tx.execute(sql, args! { hash: &hash, number: number, now: now }).await? != 1 {
        return Ok(None);
    }
    let token = credential.format();
    Ok(find_offer(tx, services, &token, now).await?.map(|offer| (offer, token)))
}

/// What the link with this token offers, as long as it can be accepted. It stays good.
pub async fn find_offer<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    services: &Services,
    token: &Secret,
    now: Timestamp,
) -> Result<Option<Offer>, Fault> {
    let Some(credential) = Credential::parse(token.expose()) else { return Ok(None) };
    let Ok(number) = credential.id.parse::<i64>() else { return Ok(None) };
    let sql = org_sql!(
        "SELECT i.number, i.company_id, COALESCE(c.display_name, c.name) AS company_name, c.logo_url, i.email, i.name,
             r.number AS role, r.name AS role_name, COALESCE(u.name, u.email) AS invited_by,
             i.may_register, i.expires_at, i.secret_hash
         FROM invitations i
         LEFT JOIN companies c ON c.org_id = i.org_id AND c.id = i.company_id AND c.is_active = 1
         LEFT JOIN company_roles r ON r.org_id = i.org_id AND r.company_id = i.company_id AND r.number = i.role
         LEFT JOIN users u ON u.org_id = i.org_id AND u.id = i.invited_by
         WHERE i.org_id = :org AND i.number = :number AND i.status = 'pending' AND i.expires_at > :now
             AND (i.company_id IS NULL OR c.id IS NOT NULL)"
    );
    let found = tx.fetch_optional::<OfferRow>(sql, args! { number: number, now: now }).await?;
    let is_proven = |offer: &OfferRow| {
        offer.secret_hash.as_ref().is_some_and(|hash| secret::matches(services, HASH_PURPOSE, &credential.secret, hash))
    };
    match found.filter(is_proven) {
        Some(row) => row.offer(tx).await.map(Some),
        None => Ok(None),
    }
}

impl OfferRow {
    async fn offer<M: Mode>(self, tx: &mut Tx<OneOrg, M>) -> Result<Offer, Fault> {
        let (place, role_name) = if let Some(company) = self.company_name {
            (company, self.role_name)
        } else {
            let names: Vec<String> = list_roles(tx, self.number).await?.into_iter().map(|role| role.name).collect();
            let place = Settings::of(tx.org()).general.shown_name(tx.org()).to_owned();
            (place, Some(names.join(", ")).filter(|names| !names.is_empty()))
        };
        Ok(Offer {
            number: self.number,
            company_id: self.company_id,
            place,
            logo_url: self.logo_url,
            email: self.email,
            name: self.name,
            role: self.role,
            role_name,
            invited_by: self.invited_by,
            may_register: self.may_register,
            expires_at: self.expires_at,
        })
    }
}
