//! Invitations made, sent again, and used up.

use super::Target;
use crate::users::Email;
use kernel::{CompanyId, Denial, Fault, FaultKind, Timestamp, UserId};
use std::time::Duration;
use store::{OneOrg, Tx, Writes, args, org_sql};

/// How long an address is left alone between two mails of the same invitation. The second one is sent whenever it is asked for: the
/// first may have gone astray, and two are no flood.
pub const RESEND_INTERVAL: Duration = Duration::from_mins(5);

/// The address was written to a moment ago.
pub const TOO_SOON: Denial = Denial::new(
    FaultKind::TooMany,
    "invitations.too_soon",
    "This address was invited a moment ago. Please give the mail some minutes to arrive before another one is sent.",
);

/// An invitation to be made.
pub struct NewInvitation<'a> {
    /// Into what.
    pub target: Target<'a>,
    /// The address to invite.
    pub email: &'a Email,
    /// What the person is called.
    pub name: Option<&'a str>,
    /// Who invites.
    pub invited_by: Option<&'a UserId>,
    /// Whether an account may be made by it where people may not register.
    pub may_register: bool,
    /// How long it can be accepted.
    pub lifetime: Duration,
}

/// Invite an address; returns the invitation's number, or `None` if it was invited into the same before and hasn't answered.
///
/// # Errors
/// 429 `invitations.too_soon` if an invitation into the same, ended meanwhile, was sent there a moment ago.
pub async fn insert_invitation(
    tx: &mut Tx<OneOrg, Writes>,
    new: &NewInvitation<'_>,
    now: Timestamp,
) -> Result<Option<i64>, Fault> {
    let (key, company) = (new.email.key(), new.target.company());
    let clear = org_sql!(
        "UPDATE invitations SET status = 'replaced', ended_at = :now
         WHERE org_id = :org AND email_key = :key AND COALESCE(company_id, '') = COALESCE(:company, '')
             AND status = 'pending' AND expires_at <= :now"
    );
    tx.execute(clear, args! { now: now, company: company, key: key.as_str() }).await?;
    let latest = org_sql!(
        "SELECT max(sent_at) AS a FROM invitations
         WHERE org_id = :org AND email_key = :key AND COALESCE(company_id, '') = COALESCE(:company, '')
             AND status IN ('revoked', 'declined')"
    );
    let (latest,) = tx.fetch_one::<(Option<Timestamp>,)>(latest, args! { company: company, key: key.as_str() }).await?;
    if let Some(sent_at) = latest {
        must_have_waited(sent_at, now)?;
    }
    let insert = org_sql!(
        "INSERT INTO invitations (org_id, company_id, email, email_key, name, role, may_register, status, invited_by, created_at,
             sent_at, expires_at)
         VALUES (:org, :company, :email, :key, :name, :role, :may_register, 'pending', :by, :now, :now, :expires_at)
         ON CONFLICT DO NOTHING RETURNING number AS a"
    );
    let role = if let Target::Company { role, .. } = new.target { Some(role) } else { None };
    let values = args! {
        company: company, email: new.email.as_str(), key: key.as_str(), name: new.name, role: role,
        may_register: new.may_register, by: new.invited_by, now: now, expires_at: now.plus(new.lifetime),
    };
    let Some((number,)) = tx.fetch_optional::<(i64,)>(insert, values).await? else { return Ok(None) };
    if let Target::Organization { roles } = new.target {
        let give = org_sql!(
            "INSERT INTO invitation_roles (org_id, invitation, role_id) VALUES (:org, :number, :role) ON CONFLICT DO NOTHING"
        );
        for role in roles {
            tx.execute(give, args! { number: number, role: role }).await?;
        }
    }
    Ok(Some(number))
}

/// Let a pending invitation begin anew: it has `lifetime` again, and the link sent so far opens nothing any more. `false` if it
/// doesn't wait for an answer.
///
/// # Errors
/// 429 `invitations.too_soon` if it was sent again a moment ago.
pub async fn renew_invitation(
    tx: &mut Tx<OneOrg, Writes>,
    company: Option<&CompanyId>,
    number: i64,
    lifetime: Duration,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE invitations SET secret_hash = NULL, sent_at = :now, expires_at = :expires_at
         WHERE org_id = :org AND number = :number AND COALESCE(company_id, '') = COALESCE(:company, '')
             AND status = 'pending' AND expires_at > :now AND (sent_at <= :before OR sent_at = created_at)"
    );
    let values = args! {
        now: now, expires_at: now.plus(lifetime), company: company, number: number, before: now.minus(RESEND_INTERVAL),
    };
    if tx.execute(sql, values).await? == 1 {
        return Ok(true);
    }
    let waiting = org_sql!(
        "SELECT sent_at AS a FROM invitations
         WHERE org_id = :org AND number = :number AND COALESCE(company_id, '') = COALESCE(:company, '')
             AND status = 'pending' AND expires_at > :now"
    );
    let waiting = tx.fetch_optional::<(Timestamp,)>(waiting, args! { number: number, company: company, now: now }).await?;
    match waiting {
        Some((sent_at,)) => must_have_waited(sent_at, now).map(|()| false),
        None => Ok(false),
    }
}

fn must_have_waited(sent_at: Timestamp, now: Timestamp) -> Result<(), Fault> {
    let free = sent_at.plus(RESEND_INTERVAL);
    if free <= now {
        return Ok(());
    }
    let mut fault = Fault::from(TOO_SOON);
    fault.retry_after = Some(u32::try_from((free.as_micros() - now.as_micros()) / 1_000_000 + 1).unwrap_or(u32::MAX));
    Err(fault)
}

/// Use an invitation up, as `accepted`, `declined` or `revoked`; `false` if it doesn't wait for an answer any more.
pub async fn claim_invitation(
    tx: &mut Tx<OneOrg, Writes>,
    number: i64,
    status: &'static str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE invitations SET status = :status, secret_hash = NULL, ended_at = :now
         WHERE org_id = :org AND number = :number AND status = 'pending' AND (expires_at > :now OR :status = 'revoked')
         RETURNING number AS a"
    );
    let claimed = tx.fetch_optional::<(i64,)>(sql, args! { status: status, now: now, number: number }).await?;
    Ok(claimed.is_some())
}
