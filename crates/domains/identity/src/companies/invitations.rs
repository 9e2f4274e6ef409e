//! Invitations into companies. An invitation is bound to an address, and its link is good once: accepting it is one conditional
//! statement. Whether somebody has an account makes no difference to any of this.

use crate::secret::{self, Credential};
use crate::users::{Email, EmailKey};
use flow::Services;
use kernel::{CompanyId, Fault, Secret, Timestamp, UserId};
use std::time::Duration;
use store::{Mode, OneOrg, Tx, Writes, args, org_sql, rows};

/// How long an invitation can be accepted.
pub const INVITATION_LIFETIME: Duration = Duration::from_hours(7 * 24);
/// The purpose under which the secrets of links are hashed.
const HASH_PURPOSE: &str = "company invitation";

rows! {
    /// An invitation, as lists show it.
    #[derive(Clone, Debug)]
    pub struct Invitation {
        /// Its number.
        pub number: i64,
        /// The address that is invited.
        pub email: String,
        /// Number of the role it gives, if that is still there.
        pub role: Option<i64>,
        /// Slug of the role it gives.
        pub role_slug: Option<String>,
        /// `pending`, `accepted`, `declined`, `revoked` or `replaced`. Whether it has run out, `expires_at` says.
        pub status: String,
        /// Address of whoever invited, if they are still there.
        pub invited_by: Option<String>,
        /// Since when.
        pub created_at: Timestamp,
        /// Until when it can be accepted.
        pub expires_at: Timestamp,
    }

    /// An invitation as its link shows it.
    #[derive(Clone, Debug)]
    pub struct Offer {
        /// Its number.
        pub number: i64,
        /// The company.
        pub company_id: CompanyId,
        /// The company's name.
        pub company_name: String,
        /// The company's logo.
        pub logo_url: Option<String>,
        /// The address that is invited.
        pub email: String,
        /// Number of the role it gives.
        pub role: Option<i64>,
        /// Name of the role it gives.
        pub role_name: Option<String>,
        /// What whoever invited is called.
        pub invited_by: Option<String>,
        /// Until when it can be accepted.
        pub expires_at: Timestamp,
        secret_hash: Option<Vec<u8>>,
    }
}

/// An invitation to be made.
pub struct NewInvitation<'a> {
    /// Into which company.
    pub company: &'a CompanyId,
    /// The address to invite.
    pub email: &'a Email,
    /// The role it gives.
    pub role: i64,
    /// Who invites.
    pub invited_by: Option<&'a UserId>,
}

impl Offer {
    /// Whether it was made for that address.
    pub fn is_for(&self, email: &str) -> bool {
        EmailKey::of(&self.email) == EmailKey::of(email)
    }
}

impl Invitation {
    /// What the published API calls its state.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.status.as_str() {
            "pending" if self.expires_at > now => "pending",
            "accepted" => "accepted",
            "pending" | "replaced" => "expired",
            _ => "revoked",
        }
    }
}

/// Invite an address; returns the invitation's number, or `None` if the company has invited it and waits.
pub async fn insert_invitation(
    tx: &mut Tx<OneOrg, Writes>,
    new: &NewInvitation<'_>,
    now: Timestamp,
) -> Result<Option<i64>, Fault> {
    let key = new.email.key();
    let clear = org_sql!(
        "UPDATE company_invitations SET status = 'replaced', ended_at = :now
         WHERE org_id = :org AND company_id = :company AND email_key = :key AND status = 'pending' AND expires_at <= :now"
    );
    tx.execute(clear, args! { now: now, company: new.company, key: key.as_str() }).await?;
    let insert = org_sql!(
        "INSERT INTO company_invitations (org_id, company_id, email, email_key, role, status, invited_by, created_at, expires_at)
         VALUES (:org, :company, :email, :key, :role, 'pending', :by, :now, :expires_at) ON CONFLICT DO NOTHING
         RETURNING number AS a"
    );
    let values = args! {
        company: new.company, email: new.email.as_str(), key: key.as_str(), role: new.role, by: new.invited_by, now: now,
        expires_at: now.plus(INVITATION_LIFETIME),
    };
    Ok(tx.fetch_optional::<(i64,)>(insert, values).await?.map(|(number,)| number))
}

/// One invitation of a company.
pub async fn find_invitation<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    company: &CompanyId,
    number: i64,
) -> Result<Option<Invitation>, Fault> {
    let sql = org_sql!(
        "SELECT i.number, i.email, r.number AS role, r.slug AS role_slug, i.status, u.email AS invited_by, i.created_at, i.expires_at
         FROM company_invitations i
         LEFT JOIN company_roles r ON r.org_id = i.org_id AND r.company_id = i.company_id AND r.number = i.role
         LEFT JOIN users u ON u.org_id = i.org_id AND u.id = i.invited_by
         WHERE i.org_id = :org AND i.company_id = :company AND i.number = :number"
    );
    Ok(tx.fetch_optional(sql, args! { company: company, number: number }).await?)
}

/// Let a pending invitation begin anew: its time starts again, and the link sent so far opens nothing any more. `false` if it
/// doesn't wait for an answer.
pub async fn renew_invitation(
    tx: &mut Tx<OneOrg, Writes>,
    company: &CompanyId,
    number: i64,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE company_invitations SET secret_hash = NULL, expires_at = :expires_at
         WHERE org_id = :org AND company_id = :company AND number = :number AND status = 'pending' AND expires_at > :now"
    );
    let values = args! { expires_at: now.plus(INVITATION_LIFETIME), company: company, number: number, now: now };
    Ok(tx.execute(sql, values).await? == 1)
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
        "UPDATE company_invitations SET secret_hash = :hash
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
        "SELECT i.number, i.company_id, COALESCE(c.display_name, c.name) AS company_name, c.logo_url, i.email, r.number AS role,
             r.name AS role_name, COALESCE(u.name, u.email) AS invited_by, i.expires_at, i.secret_hash
         FROM company_invitations i
         JOIN companies c ON c.org_id = i.org_id AND c.id = i.company_id AND c.is_active = 1
         LEFT JOIN company_roles r ON r.org_id = i.org_id AND r.company_id = i.company_id AND r.number = i.role
         LEFT JOIN users u ON u.org_id = i.org_id AND u.id = i.invited_by
         WHERE i.org_id = :org AND i.number = :number AND i.status = 'pending' AND i.expires_at > :now"
    );
    let found = tx.fetch_optional::<Offer>(sql, args! { number: number, now: now }).await?;
    let is_proven = |offer: &Offer| {
        offer.secret_hash.as_ref().is_some_and(|hash| secret::matches(services, HASH_PURPOSE, &credential.secret, hash))
    };
    Ok(found.filter(is_proven))
}

/// Use an invitation up, as `accepted`, `declined` or `revoked`; `false` if it doesn't wait for an answer any more.
pub async fn claim_invitation(
    tx: &mut Tx<OneOrg, Writes>,
    number: i64,
    status: &'static str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE company_invitations SET status = :status, secret_hash = NULL, ended_at = :now
         WHERE org_id = :org AND number = :number AND status = 'pending' AND (expires_at > :now OR :status = 'revoked')
         RETURNING number AS a"
    );
    let claimed = tx.fetch_optional::<(i64,)>(sql, args! { status: status, now: now, number: number }).await?;
    Ok(claimed.is_some())
}
