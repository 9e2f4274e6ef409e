//! What an operation sees while it runs.

use crate::{Hashing, Incoming, Mode, Outbound, Services, SingleUse};
use kernel::{Actor, Fault, JobId, Rng, Timestamp};
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use store::{OneOrg, Org, Reads, Scope, StoreError, Tx, Writes};

/// The context of a running operation: the transaction, the caller, the time. Nothing in it reaches outside the database.
pub struct Cx<S: Scope, M: Mode> {
    /// The open transaction.
    pub tx: Tx<S, M::Tx>,
    /// Who calls.
    pub actor: Actor,
    /// The time of the request; the same throughout.
    pub now: Timestamp,
    /// The request.
    pub request: Arc<Incoming>,
    pub(crate) services: Arc<Services>,
}

impl<S: Scope, M: Mode> Cx<S, M> {
    /// Randomness.
    pub fn rng(&self) -> &dyn Rng {
        &*self.services.rng
    }
    /// What the server is made of. For pure parts only: sealing keys, caches, names. A transaction that waits for anything but
    /// its database is given up.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }
}

impl<M: Mode> Cx<OneOrg, M> {
    /// The organization.
    pub fn org(&self) -> &Org {
        self.tx.org()
    }
    /// Its issuer identifier.
    pub fn issuer(&self) -> String {
        self.services.issuer(self.org().slug())
    }
}

impl<S: Scope> Cx<S, Writes> {
    /// Queue a job of the request's organization that follows the commit.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn enqueue<J: crate::Job>(&mut self, payload: &J) -> Result<(), Fault> {
        let org = self.tx.scope().org().unwrap_or(&self.services.platform).clone();
        let id = JobId::new(self.now, self.rng());
        let payload = to_json(payload)?;
        Ok(self.tx.enqueue(&org, &id, J::KIND, &payload, self.now).await?)
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::internal)
}

/// What is at hand between parsing and the transaction: a read view, the hashing pool, the outbound client.
pub struct Prep {
    /// The organization of the request, if it has one.
    pub org: Option<Org>,
    /// Who calls.
    pub actor: Actor,
    /// The time of the request.
    pub now: Timestamp,
    /// The request.
    pub request: Arc<Incoming>,
    pub(crate) services: Arc<Services>,
    pub(crate) single_use: Mutex<Vec<SingleUse>>,
}

impl Prep {
    /// This counts once: the runner claims it before the operation runs, as if the caller's credentials had brought it along. It is
    /// used up whatever becomes of the request.
    pub fn uses_up(&self, value: SingleUse) {
        self.single_use.lock().unwrap_or_else(PoisonError::into_inner).push(value);
    }
    /// Read the organization's data.
    ///
    /// # Errors
    /// Whatever the database or the work says.
    pub async fn read<T, F, Fut>(&self, work: F) -> Result<T, Fault>
    where
        F: Fn(Tx<OneOrg, Reads>) -> Fut,
        Fut: Future<Output = (Tx<OneOrg, Reads>, Result<T, StoreError>)> + Send,
    {
        let org = self.organization()?.clone();
        Ok(self.services.store.read(OneOrg::new(org), work).await??)
    }
    /// The organization.
    ///
    /// # Errors
    /// If the request names none.
    pub fn organization(&self) -> Result<&Org, Fault> {
        self.org.as_ref().ok_or_else(|| Fault::not_found("organizations.not_found", "There is no such organization."))
    }
    /// The password hashing pool.
    pub fn hashing(&self) -> &Hashing {
        &self.services.hashing
    }
    /// The guarded outbound client.
    pub fn outbound(&self) -> &Outbound {
        &self.services.outbound
    }
    /// Randomness.
    pub fn rng(&self) -> &dyn Rng {
        &*self.services.rng
    }
    /// What the server is made of.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }
}
