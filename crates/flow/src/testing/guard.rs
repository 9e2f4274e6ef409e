//! A guard that believes what it is told.

use crate::{Authenticator, BoxFuture, Caller, Incoming, Services};
use kernel::{Access, Actor, Fault, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use store::Org;

/// Believes that everybody is whom the test says, in the organization of the path, or where the path names none, of the credential.
pub struct StandIn(Mutex<(Actor, Option<Org>)>);

impl Default for StandIn {
    fn default() -> Self {
        Self::of(Actor::Anonymous)
    }
}

impl StandIn {
    /// Everybody is this one.
    pub fn of(actor: Actor) -> Self {
        Self(Mutex::new((actor, None)))
    }
    /// From now on everybody is this one, with a credential of that organization, if it has one at all.
    pub fn becomes(&self, actor: Actor, org: Option<Org>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (actor, org);
    }
}

impl Authenticator for StandIn {
    fn authenticate<'a>(
        &'a self,
        _: &'a Arc<Services>,
        _: Access,
        org: Option<&'a Org>,
        _: &'a Incoming,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Caller, Fault>> {
        let (actor, own) = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let caller = Caller { actor, org: org.cloned().or(own), single_use: Vec::new() };
        Box::pin(async move { Ok(caller) })
    }
}
