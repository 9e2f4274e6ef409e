//! Guesses at secrets, counted in the database: one limiter for every door, per account and per source.
//!
//! A browser that signed in to the account before is counted apart from everybody else (OWASP, "Slow Down Online Guessing Attacks
//! with Device Cookies"), so that strangers can't lock a person out of their own machine.
//!
//! Call [`check`] before looking at the secret and again in the transaction that would accept it; what happened in between
//! then counts, however many guesses came at once.

use crate::sessions::cookie_path;
use crate::settings::Settings;
use flow::{Cookie, Incoming, Reach, Services};
use jose::digest::{constant_time_eq, hmac_sha256, sha256};
use jose::encoding::base64url;
use jose::random::token;
use jose::seal::{MasterKey, derive};
use kernel::{ClientId, Fault, Secret, Timestamp, UserId};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;
use store::{Mode, OneOrg, Org, Tx, Writes, args, org_sql};

/// The cookie of a browser that signed in before.
pub const DEVICE_COOKIE: &str = "lumoauth_device";
const DEVICE_LIFETIME: Duration = Duration::from_hours(365 * 24);

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How one kind of subject is counted.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// Failures that lock.
    threshold: i64,
    /// After this much time without a lock the count begins anew.
    window: Duration,
    /// The first lock; each further one takes twice as long.
    lock: Duration,
    /// The longest lock.
    longest: Duration,
}

impl Rule {
    fn of_account(org: &Org) -> Self {
        let set = &Settings::of(org).security;
        let lock = set.lockout_duration_seconds.seconds();
        Self { threshold: set.lockout_threshold.value().into(), window: DAY, lock, longest: DAY }
    }
    fn of_source(org: &Org) -> Self {
        let set = &Settings::of(org).security;
        let lock = set.source_lockout_duration_seconds.seconds();
        Self { threshold: set.source_lockout_threshold.value().into(), window: HOUR, lock, longest: DAY }
    }
}

const CLIENT: Rule =
    Rule { threshold: 30, window: MINUTE.saturating_mul(15), lock: MINUTE.saturating_mul(5), longest: MINUTE.saturating_mul(60) };

/// Whom failures are counted against.
#[derive(Clone, Debug)]
pub struct Subject {
    key: String,
    rule: Rule,
    /// Whether a success wipes the count.
    is_forgiven: bool,
}

impl Subject {
    /// The account an identifier stands for: the user, or the identifier itself where there is none, so that locks don't tell
    /// which accounts exist. A browser that signed in to it before has a count of its own.
    pub fn account(services: &Services, org: &Org, user: Option<&UserId>, identifier: &str, incoming: &Incoming) -> Self {
        let account = user.map_or_else(|| short(crate::users::EmailKey::of(identifier).as_str()), |id| short(id.as_str()));
        let device = user.and_then(|user| known_device(services, org, user, incoming));
        let key = device.map_or_else(|| format!("account {account}"), |device| format!("device {account} {}", short(device)));
        Self { key, rule: Rule::of_account(org), is_forgiven: true }
    }
    /// Where the guesses come from: an IPv4 address or an IPv6 /64. One person's success doesn't wipe the count of a shared source.
    pub fn source(org: &Org, ip: IpAddr) -> Self {
        Self { key: format!("source {}", network(ip)), rule: Rule::of_source(org), is_forgiven: false }
    }
    /// A client that names people who aren't there: what it is told is not to be a way to find out who is. Naming one who is doesn't wipe
    /// the count.
    pub fn naming(client: &ClientId) -> Self {
        Self { key: format!("naming {}", short(client.as_str())), rule: CLIENT, is_forgiven: false }
    }
    /// The account an identifier stands for, where a client guesses at the code that the person gave to those they want to be asked by. It
    /// is counted for each client apart, and apart from guesses at the password: whoever visits a client's site can make it send codes.
    pub fn approval_code(client: &ClientId, org: &Org, user: Option<&UserId>, identifier: &str) -> Self {
        let account = user.map_or_else(|| short(crate::users::EmailKey::of(identifier).as_str()), |id| short(id.as_str()));
        let key = format!("code {} {account}", short(client.as_str()));
        Self { key, rule: Rule::of_account(org), is_forgiven: false }
    }
    /// A client whose secret is guessed at.
    pub fn client(client: &ClientId) -> Self {
        Self { key: format!("client {}", short(client.as_str())), rule: CLIENT, is_forgiven: true }
    }
}

/// Whoever has an address is taken for one: an IPv4 address, or the first address of an IPv6 /64.
pub fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            v6.to_ipv4_mapped().map_or_else(|| IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))), IpAddr::V4)
        }
    }
}

/// Subjects are stored as hashes: identifiers that belong to nobody are often mistyped secrets.
fn short(text: impl AsRef<[u8]>) -> String {
    base64url(sha256(text.as_ref()))
}

/// Whether any of the subjects is locked.
///
/// # Errors
/// 429 `too_many_attempts` with the seconds until the last of them is free.
pub async fn check<M: Mode>(tx: &mut Tx<OneOrg, M>, subjects: &[Subject], now: Timestamp) -> Result<(), Fault> {
    let mut until = now;
    for subject in subjects {
        let sql = org_sql!("SELECT locked_until AS a FROM guess_counters WHERE org_id = :org AND subject = :subject");
        let found = tx.fetch_optional::<(Timestamp,)>(sql, args! { subject: &subject.key }).await?;
        until = until.max(found.map_or(now, |(locked_until,)| locked_until));
    }
    if until <= now {
        return Ok(());
    }
    let seconds = u32::try_from(until.since(now).as_secs().saturating_add(1)).unwrap_or(u32::MAX);
    let mut fault = Fault::too_many(seconds);
    fault.code = "too_many_attempts";
    fault.hint = "Too many attempts. Please wait a while before you try again.".into();
    Err(fault)
}

/// Count a failure against every subject; returns whether that locked one of them.
pub async fn record_failure(tx: &mut Tx<OneOrg, Writes>, subjects: &[Subject], now: Timestamp) -> Result<bool, Fault> {
    let mut has_locked = false;
    for subject in subjects {
        let sql = org_sql!(
            "INSERT INTO guess_counters (org_id, subject, failures, window_started_at) VALUES (:org, :subject, 1, :now)
             ON CONFLICT (org_id, subject) DO UPDATE SET
                 failures = CASE WHEN guess_counters.window_started_at < :oldest THEN 1 ELSE guess_counters.failures + 1 END,
                 window_started_at = CASE WHEN guess_counters.window_started_at < :oldest THEN :now
                     ELSE guess_counters.window_started_at END
             RETURNING failures AS a"
        );
        let values = args! { subject: &subject.key, now: now, oldest: now.minus(subject.rule.window) };
        let (failures,) = tx.fetch_one::<(i64,)>(sql, values).await?;
        if let Some(duration) = lock_after(subject.rule, failures) {
            // The window begins anew, so that the next lock is the longer one even after this one has passed.
            let lock = org_sql!(
                "UPDATE guess_counters SET locked_until = :until, window_started_at = :until
                 WHERE org_id = :org AND subject = :subject"
            );
            tx.execute(lock, args! { until: now.plus(duration), subject: &subject.key }).await?;
            has_locked = true;
        }
    }
    Ok(has_locked)
}

/// How long the failure with this number locks, if it does.
fn lock_after(rule: Rule, failures: i64) -> Option<Duration> {
    if failures == 0 || failures % rule.threshold != 0 {
        return None;
    }
    let doublings = u32::try_from(failures / rule.threshold - 1).unwrap_or(u32::MAX).min(16);
    Some(rule.lock.saturating_mul(1 << doublings).min(rule.longest))
}

/// A success: the count of the account (or this browser's own) and of the client begins anew; that of the source goes on.
pub async fn record_success(tx: &mut Tx<OneOrg, Writes>, subjects: &[Subject]) -> Result<(), Fault> {
    for subject in subjects.iter().filter(|subject| subject.is_forgiven) {
        let sql = org_sql!("DELETE FROM guess_counters WHERE org_id = :org AND subject = :subject");
        tx.execute(sql, args! { subject: &subject.key }).await?;
    }
    Ok(())
}

/// The cookie by which a browser that has just signed in is known at the next sign-in; `None` if it has one.
pub fn device_cookie(services: &Services, org: &Org, user: &UserId, incoming: &Incoming) -> Option<Cookie> {
    if known_device(services, org, user, incoming).is_some() {
        return None;
    }
    let id = token(&*services.rng, 16);
    let mac = base64url(device_mac(&services.master_keys.current, org, user, &id));
    Some(Cookie {
        name: DEVICE_COOKIE,
        value: Secret::new(format!("{id}.{mac}")),
        path: cookie_path(org),
        max_age: Some(DEVICE_LIFETIME),
        reach: Reach::Server,
    })
}

fn known_device<'a>(services: &Services, org: &Org, user: &UserId, incoming: &'a Incoming) -> Option<&'a str> {
    let (id, mac) = incoming.cookie(DEVICE_COOKIE)?.split_once('.')?;
    let keys = &services.master_keys;
    let is_ours = std::iter::once(&keys.current)
        .chain(&keys.previous)
        .any(|key| constant_time_eq(base64url(device_mac(key, org, user, id)).as_bytes(), mac.as_bytes()));
    is_ours.then_some(id)
}

fn device_mac(key: &MasterKey, org: &Org, user: &UserId, id: &str) -> [u8; 32] {
    hmac_sha256(&derive(key, "device"), format!("{}\n{user}\n{id}", org.id()).as_bytes())
}

#[cfg(test)]
mod tests;
