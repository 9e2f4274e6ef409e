//! The code by which a person lets a client ask them (CIBA Core §7.1, `user_code`).
//!
//! Guesses are counted for each client and person (case 50 of docs/SECURITY.md), apart from those at the password and from those that come
//! from the client's own address: any visitor of its site can have it send a wrong code, and that is to shut no other door, and nobody
//! else's. A right one takes nothing off the count. Nobody, somebody without a code and a wrong code cost the same time and get the same
//! answer.

use super::named::Found;
use flow::{Cx, OneOrg, Password, Prep, Verification, Writes};
use identity::guesses::{self, Subject};
use identity::users::find_approval_code;
use kernel::{ClientId, Fault, FaultKind, Secret, Timestamp};
use store::Org;

/// A code that was compared, before anything is kept of the guess.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    client: ClientId,
    found: Found,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// Nobody looked: too many guesses before this one.
    Locked,
    Wrong,
    /// It was right, and is the one set at that moment.
    Right(Timestamp),
}

/// What came of it.
pub(super) enum Settled {
    Right,
    Wrong {
        /// Whether this failure locked the person for that client.
        has_locked: bool,
    },
    Locked(Fault),
}

impl Tried {
    /// Compare the code with the one that person set.
    ///
    /// # Errors
    /// Whatever the database says; unavailable when the hashing pool is busy.
    pub(super) async fn of(prep: &Prep, client: &ClientId, found: &Found, code: &Secret) -> Result<Self, Fault> {
        let mut tried = Self { client: client.clone(), found: found.clone(), outcome: Outcome::Locked };
        let subjects = tried.subjects(prep.organization()?);
        let (user, now) = (found.user.clone(), prep.now);
        let ready = prep.services().store.read(store::OneOrg::new(prep.organization()?.clone()), move |mut tx| {
            let (subjects, user) = (subjects.clone(), user.clone());
            async move {
                let ready = async {
                    guesses::check(&mut tx, &subjects, now).await?;
                    match &user {
                        Some(user) => find_approval_code(&mut tx, user).await,
                        None => Ok(None),
                    }
                };
                let ready = ready.await;
                (tx, ready)
            }
        });
        let stored = match ready.await? {
            Err(fault) if fault.kind == FaultKind::TooMany => return Ok(tried),
            stored => stored?,
        };
        let (hash, set_at) = stored.unzip();
        tried.outcome = Outcome::Wrong;
        // What can't be a code is nobody's.
        let Ok(code) = Password::parse(code.expose()) else { return Ok(tried) };
        let is_right = prep.hashing().verify(code, hash).await? != Verification::Mismatch;
        if let Some(set_at) = set_at.filter(|_| is_right) {
            tried.outcome = Outcome::Right(set_at);
        }
        Ok(tried)
    }

    /// Count the guess, inside the transaction that acts on it.
    pub(super) async fn settle(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<Settled, Fault> {
        let subjects = self.subjects(cx.org());
        // Again, for the guesses that were counted since this one was prepared.
        match guesses::check(&mut cx.tx, &subjects, cx.now).await {
            Err(fault) if fault.kind == FaultKind::TooMany => return Ok(Settled::Locked(fault)),
            outcome => outcome?,
        }
        let is_right = match (&self.outcome, &self.found.user) {
            (Outcome::Locked, _) => return Ok(Settled::Locked(Fault::too_many(1))),
            (Outcome::Right(set_at), Some(user)) => {
                // It may have been set anew meanwhile.
                find_approval_code(&mut cx.tx, user).await?.is_some_and(|(_, now_set_at)| now_set_at == *set_at)
            }
            _ => false,
        };
        if is_right {
            return Ok(Settled::Right);
        }
        let has_locked = guesses::record_failure(&mut cx.tx, &subjects, cx.now).await?;
        Ok(Settled::Wrong { has_locked })
    }

    fn subjects(&self, org: &Org) -> [Subject; 1] {
        [Subject::approval_code(&self.client, org, self.found.user.as_ref(), &self.found.identifier)]
    }
}
