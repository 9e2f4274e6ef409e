//! Who calls: the question the runner asks before anything else.

use crate::{Incoming, Services};
use kernel::{Access, Actor, Fault, Timestamp};
use std::pin::Pin;
use std::sync::Arc;
use store::Org;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Proves who calls. The domains implement it; the runner calls it with the operation's access rule.
pub trait Authenticator: Send + Sync {
    /// Prove who calls and that the rule lets them. `org` is the organization of the path, if it names one; a credential of
    /// another organization proves nothing.
    ///
    /// # Errors
    /// Unauthenticated, forbidden, or our own failures.
    fn authenticate<'a>(
        &'a self,
        services: &'a Arc<Services>,
        access: Access,
        org: Option<&'a Org>,
        incoming: &'a Incoming,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Caller, Fault>>;
}

/// A proven caller.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// The organization: that of the path, or of the credential where the path names none.
    pub org: Option<Org>,
    /// What must not have been used before, if this call is to count: assertion ids, proofs.
    pub single_use: Vec<SingleUse>,
}

/// A value that counts once. The runner claims it with one conditional statement before the operation runs.
#[derive(Clone, Debug)]
pub struct SingleUse {
    /// What it is: `client_assertion`, `dpop`.
    pub kind: &'static str,
    /// Its value; made unique by whoever issued it. Stored as a hash.
    pub value: String,
    /// When it stops mattering.
    pub expires_at: Timestamp,
    /// The moment its maker signed into it, for what lives shortly and comes in great numbers: proofs of possession. Such values
    /// are kept by that moment, so another value that only repeats the text with another moment is not noticed.
    pub signed_at: Option<Timestamp>,
    /// What the caller is told if it was used before.
    pub fault: Fault,
}
