//! What the password is asked for before it is changed: the form is read and the password tried before the transaction, and settled in it.
//! Guesses count like guesses at the door.

use crate::entrance::{Settled, Tried};
use flow::{Cx, OneOrg, Prep, Writes};
use identity::users::User;
use identity::{browser, sessions};
use kernel::{Fault, Secret, UserId};
use pages::{Problem, fields};

/// A form that was filled in.
#[derive(Debug)]
pub(super) struct Filled {
    /// Who filled it in.
    pub(super) user: UserId,
    /// The password, as they typed it.
    pub(super) current: Secret,
    /// What is to be in place of what is there.
    pub(super) chosen: Secret,
    tried: Box<Tried>,
}

/// How far a change came before the transaction; `N` is what it brings.
#[derive(Clone, Debug)]
pub(super) enum Step<N> {
    /// The page was too old.
    Stale,
    /// A field was empty.
    Incomplete(&'static str),
    /// The password was tried.
    Tried { tried: Box<Tried>, new: Box<N> },
}

/// Why nothing is changed: what the page says, and what the log.
#[derive(Debug)]
pub(super) struct Denied {
    pub(super) status: u16,
    pub(super) problem: Problem,
    pub(super) reason: &'static str,
    pub(super) locked: bool,
}

/// Read a form, and try the password in it; `field` is where the new thing stands.
///
/// # Errors
/// Whatever the database or the hashing pool says. What is wrong with the form is told in the transaction.
pub(super) async fn fill<N>(
    prep: &Prep,
    csrf: Option<Secret>,
    current: Option<Secret>,
    (field, chosen): (&'static str, Option<Secret>),
) -> Result<Result<Filled, Step<N>>, Fault> {
    if browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &csrf.unwrap_or_default()).is_err() {
        return Ok(Err(Step::Stale));
    }
    let filled = |secret: Option<Secret>| secret.filter(|secret| !secret.expose().is_empty());
    let Some(current) = filled(current) else { return Ok(Err(Step::Incomplete(fields::CURRENT_PASSWORD))) };
    let Some(chosen) = filled(chosen) else { return Ok(Err(Step::Incomplete(field))) };
    let user = prep.actor.user().cloned().ok_or_else(sessions::session_required)?;
    let tried = Box::new(Tried::of_user(prep, &user, &current).await?);
    Ok(Ok(Filled { user, current, chosen, tried }))
}

impl Filled {
    /// Whether the password is theirs: hashing something new is only for somebody who knew it.
    pub(super) fn is_right(&self) -> bool {
        self.tried.is_right()
    }
    /// With what it brings.
    pub(super) fn with<N>(self, new: N) -> Step<N> {
        Step::Tried { tried: self.tried, new: Box::new(new) }
    }
}

impl<N> Step<N> {
    /// Count the try, and tell who it was and what they bring if they may change it.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) async fn settle(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Result<(Box<User>, N), Denied>, Fault> {
        let denied = |status, problem, reason, locked| Ok(Err(Denied { status, problem, reason, locked }));
        let (tried, new) = match self {
            Self::Stale => return denied(403, Problem::FormExpired, "csrf", false),
            Self::Incomplete(field) => return denied(400, Problem::Missing(field), "incomplete", false),
            Self::Tried { tried, new } => (tried, new),
        };
        match tried.settle(cx).await? {
            Settled::Refused(refusal) => denied(401, Problem::PasswordWrong, refusal.reason, refusal.has_locked),
            Settled::Locked(fault) => {
                let minutes = fault.retry_after.unwrap_or(60).div_ceil(60);
                denied(429, Problem::TooManyTries(minutes), "locked", false)
            }
            Settled::Accepted(person) => Ok(Ok((person, *new))),
        }
    }
}

impl Denied {
    /// What they bring will not do.
    pub(super) fn unfit(problem: Problem) -> Self {
        Self { status: 400, problem, reason: "unfit", locked: false }
    }
}
