//! The door itself: a password is tried, the try is counted, a session begins. Every page and endpoint that takes a password goes
//! through here, so that guesses count the same wherever they are made.

use crate::policy::Policy;
use crate::recovery::renewal;
use flow::{Cookie, Cx, OneOrg, Password, PasswordHash, Prep, Verification, Writes};
use identity::guesses::{self, Subject};
use identity::sessions::{self, NewSession, Session};
use identity::settings::Settings;
use identity::users::{self, User};
use kernel::{Actor, Authentication, Fault, FaultKind, Secret, Timestamp, UserId};
use oauth::acr::Acr;
use store::{OneOrg as OneOrgScope, Reads, Tx};

/// A password that was tried, before anything is kept of the try.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    /// What was typed to say who.
    identifier: String,
    user: Option<UserId>,
    found: Found,
}

#[derive(Clone, Debug)]
enum Found {
    /// Nobody looked: too many guesses before this one.
    Locked,
    Wrong,
    Right {
        changed_at: Option<Timestamp>,
        outdated: Option<Box<Outdated>>,
    },
}

/// A hash made otherwise than today, and the same password hashed anew.
#[derive(Clone, Debug)]
struct Outdated {
    old: PasswordHash,
    new: PasswordHash,
}

/// What came of a try.
#[derive(Debug)]
pub(crate) enum Settled {
    /// It is their password, and they may come in.
    Accepted(Box<User>),
    /// No, for a reason nobody outside is told.
    Refused(Refusal),
    /// Not now: 429 with the seconds to wait.
    Locked(Fault),
}

/// Why a try was refused, for the log.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// The account, if there is one.
    pub(crate) user: Option<UserId>,
    /// `wrong_credentials`, `not_active` or `blocked`.
    pub(crate) reason: &'static str,
    /// Whether this failure locked the account or the source.
    pub(crate) has_locked: bool,
}

impl Tried {
    /// Try a password for whoever signs in with that identifier. Takes the same time whether there is such a person or not.
    pub(crate) async fn by_login(prep: &Prep, identifier: &str, password: &Secret) -> Result<Self, Fault> {
        let typed = identifier.to_owned();
        let may_sign_in = Policy::of(prep.services(), prep.organization()?).may_sign_in_with(identifier);
        let user = read(prep, move |mut tx| {
            let typed = typed.clone();
            async move {
                let user = users::find_user_by_login(&mut tx, &typed).await;
                (tx, user)
            }
        });
        Self::of(prep, identifier.to_owned(), user.await?.filter(|_| may_sign_in), password).await
    }

    /// Try the password of somebody who is signed in.
    pub(crate) async fn of_user(prep: &Prep, user: &UserId, password: &Secret) -> Result<Self, Fault> {
        let id = user.clone();
        let user = read(prep, move |mut tx| {
            let id = id.clone();
            async move {
                let user = users::load_user(&mut tx, &id).await;
                (tx, user)
            }
        });
        let user = user.await?;
        Self::of(prep, user.email.clone(), Some(user), password).await
    }

    async fn of(prep: &Prep, identifier: String, user: Option<User>, password: &Secret) -> Result<Self, Fault> {
        let changed_at = user.as_ref().and_then(|user| user.password_changed_at);
        let tried = Self { identifier, user: user.map(|user| user.id), found: Found::Locked };
        let subjects = tried.subjects(prep.services(), prep.organization()?, &prep.request);
        let (now, user) = (prep.now, tried.user.clone());
        let ready = read(prep, move |mut tx| {
            let (subjects, user) = (subjects.clone(), user.clone());
            async move {
                let ready = may_try(&mut tx, &subjects, user.as_ref(), now).await;
                (tx, ready)
            }
        });
        let stored = match ready.await? {
            Ready::Locked => return Ok(tried),
            Ready::Compare(stored) => stored,
        };
        Ok(Self { found: compare(prep, password, stored, changed_at).await?, ..tried })
    }

    /// Whether the password was right when it was compared. Nothing may follow from it before [`Tried::settle`].
    pub(crate) fn is_right(&self) -> bool {
        matches!(self.found, Found::Right { .. })
    }

    /// Count the try, inside the transaction that acts on it.
    pub(crate) async fn settle(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<Settled, Fault> {
        let subjects = self.subjects(cx.services(), cx.org(), &cx.request);
        // Again, for the guesses that were counted since this one was prepared: many at once are no way around the limit.
        if let Err(fault) = guesses::check(&mut cx.tx, &subjects, cx.now).await {
            return if fault.kind == FaultKind::TooMany { Ok(Settled::Locked(fault)) } else { Err(fault) };
        }
        if matches!(self.found, Found::Locked) {
            // The lock went while this waited; nobody compared the password, so nothing is counted.
            return Ok(Settled::Locked(Fault::too_many(1)));
        }
        match self.judge(cx).await? {
            Ok(user) => {
                guesses::record_success(&mut cx.tx, &subjects).await?;
                Ok(Settled::Accepted(Box::new(user)))
            }
            Err(reason) => {
                let has_locked = guesses::record_failure(&mut cx.tx, &subjects, cx.now).await?;
                Ok(Settled::Refused(Refusal { user: self.user.clone(), reason, has_locked }))
            }
        }
    }

    async fn judge(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<Result<User, &'static str>, Fault> {
        const WRONG: &str = "wrong_credentials";
        let (Some(id), Found::Right { changed_at, outdated }) = (&self.user, &self.found) else { return Ok(Err(WRONG)) };
        let Some(user) = users::find_user(&mut cx.tx, id).await? else { return Ok(Err(WRONG)) };
        if user.password_changed_at != *changed_at {
            return Ok(Err(WRONG));
        }
        if user.is_blocked {
            return Ok(Err("blocked"));
        }
        if !user.is_active {
            return Ok(Err("not_active"));
        }
        if let Some(outdated) = outdated {
            users::rehash_password(&mut cx.tx, id, &outdated.old, &outdated.new).await?;
        }
        Ok(Ok(user))
    }

    fn subjects(&self, services: &flow::Services, org: &store::Org, request: &flow::Incoming) -> [Subject; 2] {
        let account = Subject::account(services, org, self.user.as_ref(), &self.identifier, request);
        [account, Subject::source(org, request.peer.ip)]
    }
}

enum Ready {
    Locked,
    Compare(Option<PasswordHash>),
}

async fn may_try(
    tx: &mut Tx<OneOrgScope, Reads>,
    subjects: &[Subject],
    user: Option<&UserId>,
    now: Timestamp,
) -> Result<Ready, Fault> {
    match guesses::check(tx, subjects, now).await {
        Err(fault) if fault.kind == FaultKind::TooMany => return Ok(Ready::Locked),
        outcome => outcome?,
    }
    let stored = match user {
        Some(user) => users::find_password_hash(tx, user).await?,
        None => None,
    };
    Ok(Ready::Compare(stored))
}

async fn compare(
    prep: &Prep,
    password: &Secret,
    stored: Option<PasswordHash>,
    changed_at: Option<Timestamp>,
) -> Result<Found, Fault> {
    // What can't be a password is nobody's.
    let Ok(password) = Password::parse(password.expose()) else { return Ok(Found::Wrong) };
    match prep.hashing().verify(password.clone(), stored.clone()).await? {
        Verification::Mismatch => Ok(Found::Wrong),
        Verification::Match { needs_rehash: false } => Ok(Found::Right { changed_at, outdated: None }),
        Verification::Match { needs_rehash: true } => {
            let new = prep.hashing().hash(password, prep.rng()).await?;
            Ok(Found::Right { changed_at, outdated: stored.map(|old| Box::new(Outdated { old, new })) })
        }
    }
}

/// What becomes of the session of somebody else who is signed in in the same browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SomebodyElse {
    /// It ends, so that one planted in the browser is worth nothing.
    SignsOut,
    /// It is kept beside the new one: whoever is here asked for another account.
    Stays,
}

/// Begin a session after a password was accepted: a new one, or that of the same person under a new id, which makes the cookie it had
/// before void. The cookies belong into the answer.
pub(crate) async fn enter(
    cx: &mut Cx<OneOrg, Writes>,
    user: &User,
    is_remembered: bool,
    somebody_else: SomebodyElse,
) -> Result<(Session, Vec<Cookie>), Fault> {
    let authentication = by_password(cx.now);
    let (own, beside) = match own_session(cx).await? {
        Some(session) if session.user == user.id => (Some(session), Vec::new()),
        Some(_) if somebody_else == SomebodyElse::Stays => sessions::keep(cx, &user.id).await?,
        other => {
            if let Some(other) = other {
                sessions::end(&mut cx.tx, &other.id, cx.now).await?;
            }
            sessions::take(cx, &user.id).await?
        }
    };
    let (session, cookies) = match own {
        Some(session) => sessions::rotate(cx, session, authentication).await?,
        None => sessions::create(cx, NewSession { user: user.id.clone(), authentication, is_remembered }).await?,
    };
    if Settings::of(cx.org()).security.single_session {
        sessions::end_others_of_user(&mut cx.tx, &user.id, &session.id, cx.now).await?;
    }
    users::record_sign_in(&mut cx.tx, &user.id, cx.now).await?;
    renewal::remind(cx, user).await?;
    let device = guesses::device_cookie(cx.services(), cx.org(), &user.id, &cx.request);
    Ok((session, cookies.into_iter().chain(beside).chain(device).collect()))
}

/// The live session of the browser that asks.
pub(crate) async fn own_session(cx: &mut Cx<OneOrg, Writes>) -> Result<Option<Session>, Fault> {
    match &cx.actor {
        Actor::Session { session, .. } => sessions::find(&mut cx.tx, session, cx.now).await,
        _ => Ok(None),
    }
}

/// A password proven just now: one factor (RFC 8176 `pwd`).
pub(crate) fn by_password(now: Timestamp) -> Authentication {
    Authentication { at: now, acr: Acr::SingleFactor.as_str().to_owned(), amr: vec!["pwd".to_owned()] }
}

/// Read the organization's data with functions that speak in faults.
pub(crate) async fn read<T, F, Fut>(prep: &Prep, work: F) -> Result<T, Fault>
where
    F: Fn(Tx<OneOrgScope, Reads>) -> Fut,
    Fut: Future<Output = (Tx<OneOrgScope, Reads>, Result<T, Fault>)> + Send,
{
    let org = prep.organization()?.clone();
    prep.services().store.read(OneOrgScope::new(org), work).await?
}
