//! Links sent by mail: `<id>.<secret>`, kept as a hash, short-lived, good for one use.

use flow::Services;
use identity::secret::{self, Credential};
use identity::users::{EmailKey, User};
use kernel::{Fault, JobId, Secret, Timestamp, UserId};
use std::time::Duration;
use store::{Mode, OneOrg, StoreError, Tx, Writes, args, org_sql, rows};

/// The purpose under which links are hashed.
const HASH_PURPOSE: &str = "mail link";
/// Links of one purpose that one person is sent within [`SPELL`]; whoever asks for more fills their inbox.
const MOST_IN_A_SPELL: i64 = 3;
const SPELL: Duration = Duration::from_hours(1);

kernel::events! {
    /// What opening a mailed link records, before anything is done by it.
    pub enum Opening {
        /// A mailed link was opened.
        Opened = "mail_links.opened", Info { public purpose: &'static str };
        /// A mailed link that does not work, or not any more, was opened.
        Refused = "mail_links.refused", Info { public purpose: &'static str };
    }
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Finish a registration: the address is shown to be theirs and the account comes into use.
    Register,
    /// Show that an address is theirs.
    VerifyEmail,
    /// Choose a new password.
    ResetPassword,
    /// Choose a new password in place of one that is too old. Nobody is mailed such a link: whoever proved the old password is led
    /// there.
    RenewPassword,
}

impl Purpose {
    /// As it is stored, and as the log calls the mail.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::RenewPassword => "renew_password",
        }
    }
    /// How long such a link is good for.
    pub(crate) fn lifetime(self) -> Duration {
        match self {
            Self::Register | Self::VerifyEmail => Duration::from_hours(24),
            Self::ResetPassword => Duration::from_hours(1),
            Self::RenewPassword => Duration::from_mins(15),
        }
    }
    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Register, Self::VerifyEmail, Self::ResetPassword, Self::RenewPassword];
        all.into_iter().find(|purpose| purpose.as_str() == text)
    }
    /// Whether a new password is chosen by it.
    pub(crate) fn is_for_password(self) -> bool {
        matches!(self, Self::ResetPassword | Self::RenewPassword)
    }
}

/// A link that is still good.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    id: String,
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// Whose it is.
    pub(crate) user: UserId,
    /// The address it was sent to.
    pub(crate) email: String,
    /// Where the person was going.
    pub(crate) continue_to: Option<String>,
    /// The browser that asked for it, hashed.
    pub(crate) browser: Option<String>,
}

/// A link to be made.
pub(crate) struct NewLink<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) user: &'a User,
    pub(crate) continue_to: Option<&'a str>,
    pub(crate) browser: Option<&'a str>,
}

/// Make a link; returns its token. `None` if the person was sent too many of them lately.
pub(crate) async fn issue(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    new: &NewLink<'_>,
    now: Timestamp,
) -> Result<Option<Secret>, StoreError> {
    if new.purpose != Purpose::RenewPassword && !may_issue(tx, &new.user.id, new.purpose, now).await? {
        return Ok(None);
    }
    let credential = Credential::generate(JobId::new(now, &*services.rng).as_str(), &*services.rng);
    let hash = secret::hash(services, HASH_PURPOSE, &credential.secret);
    let sql = org_sql!(
        "INSERT INTO mail_links (org_id, id, user_id, purpose, secret_hash, email, continue_to, browser, created_at, expires_at)
         VALUES (:org, :id, :user, :purpose, :hash, :email, :continue_to, :browser, :now, :expires_at)"
    );
    let values = args! {
        id: &credential.id,
        user: &new.user.id,
        purpose: new.purpose.as_str(),
        hash: &hash,
        email: &new.user.email,
        continue_to: new.continue_to,
        browser: new.browser,
        now: now,
        expires_at: now.plus(new.purpose.lifetime()),
    };
    tx.execute(sql, values).await?;
    Ok(Some(credential.format()))
}

/// Whether the person was not sent too many links of that purpose lately.
pub(crate) async fn may_issue<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    user: &UserId,
    purpose: Purpose,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = org_sql!(
        "SELECT count(*) AS a FROM mail_links
         WHERE org_id = :org AND user_id = :user AND purpose = :purpose AND created_at > :since"
    );
    let values = args! { user: user, purpose: purpose.as_str(), since: now.minus(SPELL) };
    let (lately,) = tx.fetch_one::<(i64,)>(sql, values).await?;
    Ok(lately < MOST_IN_A_SPELL)
}

/// The link of a token: not used, not too old, and still sent to where the person reads mail. It stays good.
pub(crate) async fn find<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    services: &Services,
    token: &Secret,
    now: Timestamp,
) -> Result<Option<Link>, StoreError> {
    let Some(credential) = Credential::parse(token.expose()) else { return Ok(None) };
    let sql = org_sql!(
        "SELECT l.id, l.user_id, l.purpose, l.secret_hash, l.email, l.continue_to, l.browser, u.email_key FROM mail_links l
         JOIN users u ON u.org_id = l.org_id AND u.id = l.user_id
         WHERE l.org_id = :org AND l.id = :id AND l.used_at IS NULL AND l.expires_at > :now"
    );
    let row = tx.fetch_optional::<LinkRow>(sql, args! { id: &credential.id, now: now }).await?;
    let proven = row.filter(|row| secret::matches(services, HASH_PURPOSE, &credential.secret, &row.secret_hash));
    Ok(proven.filter(|row| EmailKey::of(&row.email).as_str() == row.email_key).and_then(LinkRow::link))
}

/// Use a link up, and all others of its person and purpose with it; `false` if somebody was faster.
pub(crate) async fn claim(tx: &mut Tx<OneOrg, Writes>, link: &Link, now: Timestamp) -> Result<bool, StoreError> {
    let sql = org_sql!(
        "UPDATE mail_links SET used_at = :now WHERE org_id = :org AND id = :id AND used_at IS NULL AND expires_at > :now
         RETURNING id AS a"
    );
    if tx.fetch_optional::<(String,)>(sql, args! { now: now, id: &link.id }).await?.is_none() {
        return Ok(false);
    }
    void(tx, &link.user, &[link.purpose], now).await?;
    Ok(true)
}

/// Make a person's links of these purposes worthless.
pub(crate) async fn void(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    purposes: &[Purpose],
    now: Timestamp,
) -> Result<(), StoreError> {
    for purpose in purposes {
        let sql = org_sql!(
            "UPDATE mail_links SET used_at = :now
             WHERE org_id = :org AND user_id = :user AND purpose = :purpose AND used_at IS NULL"
        );
        tx.execute(sql, args! { now: now, user: user, purpose: purpose.as_str() }).await?;
    }
    Ok(())
}

rows! {
    struct LinkRow {
        id: String, user_id: UserId, purpose: String, secret_hash: Vec<u8>, email: String, continue_to: Option<String>,
        browser: Option<String>, email_key: String
    }
}

impl LinkRow {
    fn link(self) -> Option<Link> {
        Some(Link {
            id: self.id,
            purpose: Purpose::parse(&self.purpose)?,
            user: self.user_id,
            email: self.email,
            continue_to: self.continue_to,
            browser: self.browser,
        })
    }
}

/// The minutes a link is good for, as the mail says it.
pub(crate) fn minutes(purpose: Purpose) -> u32 {
    u32::try_from(purpose.lifetime().as_secs() / 60).unwrap_or(u32::MAX)
}

/// The fault of a page that leads nowhere any more.
pub(crate) fn expired() -> Fault {
    Fault::new(kernel::FaultKind::Gone, "expired", "This link was used before, or its time is over.")
}
