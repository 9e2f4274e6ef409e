//! Browser sessions: a cookie `<id>.<secret>`, a row with a hash of the secret, two limits.
//!
//! After every authentication step a session gets a new id and secret ([`rotate`]), so that one planted before is worth nothing
//! (OWASP ASVS 7.2.4). What other parties see of it is the public id, the `sid` of OpenID Connect Back-Channel Logout §2.1,
//! which stays.
//!
//! A session ends in one place, [`ending`](end), whoever ends it and why; from there the clients that took part are told.

mod accounts;
mod clients;
mod ending;
mod state;

pub use accounts::{KEPT_COOKIES, Kept, keep, list_kept, switch, take};
pub use clients::{find_company, list_clients, note_client, note_company};
pub use ending::{Ended, end, end_all, end_all_of_user, end_others_of_user};
pub use state::{STATE_COOKIE, browser_state, state_cookie};

use crate::secret::{self, Credential};
use crate::settings::Settings;
use flow::{Cookie, Cx, Incoming, Reach, Services};
use jose::random::token;
use kernel::{Authentication, Fault, Rng, Secret, SessionId, Timestamp, UserId};
use std::time::Duration;
use store::{FromRow, Mode, OneOrg, Org, Row, StoreError, Tx, Writes, args, org_sql, rows};

/// The cookie that carries a session.
pub const COOKIE: &str = "lumoauth_session";
/// How often the time of last use is written down at most.
const TOUCH_EVERY: Duration = Duration::from_mins(1);
const PURPOSE: &str = "session";

/// How long sessions last in an organization. A change holds for those that have begun too, but makes none longer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a session lasts at most.
    pub lifetime: Duration,
    /// How long one that isn't remembered may go unused.
    pub idle: Duration,
    /// How long one lasts whose person asked to be remembered, if people may ask for that.
    pub remembered: Option<Duration>,
}

impl Limits {
    /// Those of an organization.
    pub fn of(org: &Org) -> Self {
        let set = &Settings::of(org).authentication;
        Self {
            lifetime: set.session_timeout.seconds(),
            idle: set.session_idle_timeout.seconds(),
            remembered: set.remember_me_enabled.then(|| set.remember_me_lifetime.seconds()),
        }
    }
}

/// What [`Session::is_live`] asks, as moments a statement can compare with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// A session that isn't remembered began after that.
    pub(crate) from: Timestamp,
    /// And was used after that.
    pub(crate) idle: Timestamp,
    /// One that is remembered began after that; the beginning of time if nobody may be remembered.
    pub(crate) remembered_from: Timestamp,
}

impl Limits {
    /// The bounds of what is live now.
    pub(crate) fn bounds(&self, now: Timestamp) -> Bounds {
        Bounds {
            from: now.minus(self.lifetime),
            idle: now.minus(self.idle),
            remembered_from: self.remembered.map_or(Timestamp::from_micros(0), |lifetime| now.minus(lifetime)),
        }
    }
}

/// A session of a person in a browser.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its number, where the published API wants one.
    pub number: i64,
    /// Its id; changes with every authentication step.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// What ID tokens call it (`sid`); stays.
    pub public_id: String,
    /// How and when the person signed in last.
    pub authentication: Authentication,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whether the person asked to stay signed in.
    pub is_remembered: bool,
    /// Where it began.
    pub ip: Option<String>,
    /// The software it began with.
    pub user_agent: Option<String>,
}

impl Session {
    /// The caller it stands for.
    pub fn actor(&self) -> kernel::Actor {
        kernel::Actor::Session { user: self.user.clone(), session: self.id.clone(), authentication: self.authentication.clone() }
    }
    /// Whether it is time to write down that it is in use.
    pub fn is_due_for_touch(&self, now: Timestamp) -> bool {
        now.since(self.seen_at) >= TOUCH_EVERY
    }
    /// Whether it is within all limits.
    pub fn is_live(&self, limits: &Limits, now: Timestamp) -> bool {
        let (age, rest) = (now.since(self.created_at), now.since(self.seen_at));
        let is_within = match limits.remembered.filter(|_| self.is_remembered) {
            Some(lifetime) => age < lifetime,
            None => age < limits.lifetime && rest < limits.idle,
        };
        is_within && now < self.expires_at
    }
}

/// What a new session needs to know.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Whose it is.
    pub user: UserId,
    /// How they signed in.
    pub authentication: Authentication,
    /// Whether they asked to stay signed in.
    pub is_remembered: bool,
}

/// Begin a session. Its cookies belong into the answer: the one that carries it, and the one that tells scripts its state.
pub async fn create(cx: &mut Cx<OneOrg, Writes>, new: NewSession) -> Result<(Session, [Cookie; 2]), Fault> {
    let credential = new_credential(cx.now, cx.rng());
    let limits = Limits::of(cx.org());
    let remembered = limits.remembered.filter(|_| new.is_remembered);
    let session = Session {
        number: 0,
        id: SessionId::from(credential.id.clone()),
        user: new.user,
        public_id: token(cx.rng(), 16),
        authentication: new.authentication,
        created_at: cx.now,
        seen_at: cx.now,
        expires_at: cx.now.plus(remembered.unwrap_or(limits.lifetime)),
        is_remembered: remembered.is_some(),
        ip: peer_ip(&cx.request),
        user_agent: cx.request.user_agent(),
    };
    let hash = secret::hash(cx.services(), PURPOSE, &credential.secret);
    let cookies = cookies(cx, &credential, &session);
    let session = insert(&mut cx.tx, session, &hash).await?;
    Ok((session, cookies))
}

async fn insert(tx: &mut Tx<OneOrg, Writes>, session: Session, hash: &[u8; 32]) -> Result<Session, Fault> {
    let sql = org_sql!(
        "INSERT INTO sessions (org_id, id, user_id, secret_hash, public_id, acr, amr, authenticated_at, created_at, seen_at,
             expires_at, remembered, ip, user_agent)
         VALUES (:org, :id, :user, :hash, :public_id, :acr, :amr, :authenticated_at, :now, :now, :expires_at, :remembered, :ip,
             :user_agent)
         RETURNING number AS a"
    );
    let (number,) = tx
        .fetch_one::<(i64,)>(
            sql,
            args! {
                id: &session.id,
                user: &session.user,
                hash: hash,
                public_id: &session.public_id,
                acr: &session.authentication.acr,
                amr: session.authentication.amr.join(" "),
                authenticated_at: session.authentication.at,
                now: session.created_at,
                expires_at: session.expires_at,
                remembered: session.is_remembered,
                ip: session.ip.as_deref(),
                user_agent: session.user_agent.as_deref(),
            },
        )
        .await?;
    Ok(Session { number, ..session })
}

/// After an authentication step: the same session under a new id and secret; the old cookie is void. What was granted in the
/// session follows it.
///
/// # Errors
/// 401 `session_required` if it ended in the meantime.
pub async fn rotate(
    cx: &mut Cx<OneOrg, Writes>,
    session: Session,
    authentication: Authentication,
) -> Result<(Session, [Cookie; 2]), Fault> {
    let credential = new_credential(cx.now, cx.rng());
    let hash = secret::hash(cx.services(), PURPOSE, &credential.secret);
    let cookies = cookies(cx, &credential, &session);
    let id = SessionId::from(credential.id);
    let sql = org_sql!(
        "UPDATE sessions SET id = :id, secret_hash = :hash, acr = :acr, amr = :amr, authenticated_at = :at, seen_at = :now
         WHERE org_id = :org AND id = :old AND ended_at IS NULL"
    );
    let amr = authentication.amr.join(" ");
    let values = args! {
        id: &id, hash: &hash, acr: &authentication.acr, amr: amr, at: authentication.at, now: cx.now, old: &session.id
    };
    if cx.tx.execute(sql, values).await? != 1 {
        return Err(session_required());
    }
    for sql in [
        org_sql!("UPDATE grant_families SET session_id = :id WHERE org_id = :org AND session_id = :old"),
        org_sql!("UPDATE authorization_codes SET session_id = :id WHERE org_id = :org AND session_id = :old"),
        org_sql!("UPDATE transactions SET session_id = :id WHERE org_id = :org AND session_id = :old"),
        org_sql!("UPDATE transactions SET chosen_session_id = :id WHERE org_id = :org AND chosen_session_id = :old"),
    ] {
        cx.tx.execute(sql, args! { id: &id, old: &session.id }).await?;
    }
    Ok((Session { id, authentication, seen_at: cx.now, ..session }, cookies))
}

rows! {
    struct SessionRow {
        number: i64, id: SessionId, user_id: UserId, secret_hash: Vec<u8>, public_id: String, acr: String, amr: String,
        authenticated_at: Timestamp, created_at: Timestamp, seen_at: Timestamp, expires_at: Timestamp, remembered: bool,
        ip: Option<String>, user_agent: Option<String>
    }
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            number: row.number,
            id: row.id,
            user: row.user_id,
            public_id: row.public_id,
            authentication: Authentication {
                at: row.authenticated_at,
                acr: row.acr,
                amr: row.amr.split_whitespace().map(str::to_owned).collect(),
            },
            created_at: row.created_at,
            seen_at: row.seen_at,
            expires_at: row.expires_at,
            is_remembered: row.remembered,
            ip: row.ip,
            user_agent: row.user_agent,
        }
    }
}

/// The live session a cookie stands for: right secret, not ended, within both limits, its user active and not blocked.
pub async fn find_by_cookie<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    services: &Services,
    cookie: &str,
    now: Timestamp,
) -> Result<Option<Session>, Fault> {
    let Some(credential) = Credential::parse(cookie) else { return Ok(None) };
    let row = find_row(tx, &SessionId::from(credential.id)).await?;
    let proven = row.filter(|row| secret::matches(services, PURPOSE, &credential.secret, &row.secret_hash));
    let limits = Limits::of(tx.org());
    Ok(proven.map(Session::from).filter(|session| session.is_live(&limits, now)))
}

/// The live session with this id, its user active and not blocked.
pub async fn find<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &SessionId, now: Timestamp) -> Result<Option<Session>, Fault> {
    let limits = Limits::of(tx.org());
    Ok(find_row(tx, id).await?.map(Session::from).filter(|session| session.is_live(&limits, now)))
}

/// The live session with this number, whoever's it is.
pub async fn find_by_number<M: Mode>(tx: &mut Tx<OneOrg, M>, number: i64, now: Timestamp) -> Result<Option<Session>, Fault> {
    let sql = org_sql!(
        "SELECT number, id, user_id, secret_hash, public_id, acr, amr, authenticated_at, created_at, seen_at, expires_at, remembered,
             ip, user_agent
         FROM sessions WHERE org_id = :org AND number = :number AND ended_at IS NULL"
    );
    let row = tx.fetch_optional::<SessionRow>(sql, args! { number: number }).await?;
    let limits = Limits::of(tx.org());
    Ok(row.map(Session::from).filter(|session| session.is_live(&limits, now)))
}

/// A session that stands in a row together with something else.
pub(crate) fn from_row(row: &Row<'_>) -> Result<Session, StoreError> {
    SessionRow::from_row(row).map(Session::from)
}

async fn find_row<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &SessionId) -> Result<Option<SessionRow>, Fault> {
    let sql = org_sql!(
        "SELECT s.number, s.id, s.user_id, s.secret_hash, s.public_id, s.acr, s.amr, s.authenticated_at, s.created_at, s.seen_at,
             s.expires_at, s.remembered, s.ip, s.user_agent
         FROM sessions s JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id
         WHERE s.org_id = :org AND s.id = :id AND s.ended_at IS NULL AND u.is_active = 1 AND u.is_blocked = 0"
    );
    Ok(tx.fetch_optional(sql, args! { id: id }).await?)
}

/// A person's live sessions, the latest first; at most 200.
pub async fn list_of_user<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId, now: Timestamp) -> Result<Vec<Session>, Fault> {
    let sql = org_sql!(
        "SELECT number, id, user_id, secret_hash, public_id, acr, amr, authenticated_at, created_at, seen_at, expires_at, remembered,
             ip, user_agent
         FROM sessions WHERE org_id = :org AND user_id = :user AND ended_at IS NULL AND expires_at > :now
         ORDER BY id DESC LIMIT 200"
    );
    let rows = tx.fetch_all::<SessionRow>(sql, args! { user: user, now: now }).await?;
    let limits = Limits::of(tx.org());
    Ok(rows.into_iter().map(Session::from).filter(|session| session.is_live(&limits, now)).collect())
}

/// Use a session for something that is to end with it; `false` if it has ended. Whoever ends it or gives it another id at the same moment
/// comes before or after all of that and never in between: both write the session's row, and of two such transactions the later one is
/// run again.
pub async fn hold(tx: &mut Tx<OneOrg, Writes>, id: &SessionId, now: Timestamp) -> Result<bool, Fault> {
    let sql = org_sql!("UPDATE sessions SET seen_at = :now WHERE org_id = :org AND id = :id AND ended_at IS NULL");
    Ok(tx.execute(sql, args! { now: now, id: id }).await? == 1)
}

/// Write down that a session is in use; nothing happens more than once a minute.
pub async fn touch(tx: &mut Tx<OneOrg, Writes>, id: &SessionId, now: Timestamp) -> Result<(), Fault> {
    let sql =
        org_sql!("UPDATE sessions SET seen_at = :now WHERE org_id = :org AND id = :id AND seen_at <= :due AND ended_at IS NULL");
    tx.execute(sql, args! { now: now, id: id, due: now.minus(TOUCH_EVERY) }).await?;
    Ok(())
}

/// The cookies that remove the session from the browser.
pub fn removal(org: &Org) -> [Cookie; 2] {
    let empty = |name, reach| Cookie { name, value: Secret::default(), path: cookie_path(org), max_age: None, reach };
    [empty(COOKIE, Reach::Server), empty(STATE_COOKIE, Reach::Frames)]
}

/// Where the browser sends this organization's cookies: to its own pages and to no other organization's.
pub fn cookie_path(org: &Org) -> String {
    format!("/orgs/{}", org.slug())
}

/// What callers are told when there is no live session.
pub fn session_required() -> Fault {
    Fault::unauthenticated("session_required", "Please sign in.")
}

fn cookies(cx: &Cx<OneOrg, Writes>, credential: &Credential, session: &Session) -> [Cookie; 2] {
    let state = state_cookie(cx.services(), cx.org(), session, cx.now);
    let (value, path) = (credential.format(), cookie_path(cx.org()));
    [Cookie { name: COOKIE, value, path, max_age: state.max_age, reach: Reach::Server }, state]
}

fn new_credential(now: Timestamp, rng: &dyn Rng) -> Credential {
    Credential::generate(SessionId::new(now, rng).as_str(), rng)
}

fn peer_ip(request: &Incoming) -> Option<String> {
    Some(request.peer.ip).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string())
}

#[cfg(test)]
mod tests;
