//! The runner: the only thing that opens transactions, and the only thing that commits.

use crate::record::{Circumstances, event_row, refusal};
use crate::{
    Answer, BoxFuture, Caller, Cx, Incoming, Mode, Operation, Parse, Prep, Prepare, Reply, ResolveScope, SensitiveReads,
    Services, SingleUse, Verdict,
};
use jose::digest::sha256;
use jose::encoding::base64url;
use kernel::{Actor, Event, Fault, OrgId, Timestamp};
use ledger::leaf::Outcome;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Decision, EventRow, Org, Platform, Reads, Scope, StoreError, Tx, Writes};

/// An operation with its types erased.
pub(crate) type Run = Arc<dyn Fn(Arc<Services>, Arc<Incoming>) -> BoxFuture<'static, Result<Answer, Fault>> + Send + Sync>;

pub(crate) fn erase<O: Operation>() -> Run {
    Arc::new(|services, incoming| Box::pin(serve::<O>(services, incoming)))
}

/// One request, from the outside in and out again.
async fn serve<O: Operation>(services: Arc<Services>, incoming: Arc<Incoming>) -> Result<Answer, Fault> {
    let mut scene =
        Scene { now: services.clock.now(), services, incoming, org: None, actor: Actor::Anonymous, single_use: Vec::new() };
    match perform::<O>(&mut scene).await {
        Ok(answer) => Ok(answer),
        Err(Ended::Recorded(fault)) => Err(fault),
        Err(Ended::Unrecorded(fault)) => {
            scene.record_refusal(O::ID, &fault).await;
            O::refused(&scene.prep(), &fault).await.ok_or(fault)
        }
    }
}

/// Record that a request was refused before its operation could be asked: its body was too large, or broke off.
pub(crate) async fn refuse(services: Arc<Services>, incoming: Arc<Incoming>, operation: &'static str, fault: &Fault) {
    let mut scene =
        Scene { now: services.clock.now(), services, incoming, org: None, actor: Actor::Anonymous, single_use: Vec::new() };
    if let Err(error) = scene.find_org().await {
        tracing::debug!(?error, "a refused request named no organization");
    }
    scene.record_refusal(operation, fault).await;
}

/// Run an operation without a request: for the command line, start-up and jobs. Its access rule is not asked; `actor` is who the
/// log will name.
///
/// # Errors
/// The operation's fault; it has been recorded.
pub async fn act<O: Operation>(
    services: &Arc<Services>,
    org: Option<Org>,
    actor: Actor,
    operation: O,
) -> Result<O::Output, Fault> {
    let scene = Scene {
        now: services.clock.now(),
        services: services.clone(),
        incoming: Arc::default(),
        org,
        actor,
        single_use: Vec::new(),
    };
    let scope = O::Scope::resolve(scene.org.clone())?;
    match O::Mode::execute::<O>(&scene, scope, operation).await {
        Ok(output) => Ok(output),
        Err(Ended::Recorded(fault)) => Err(fault),
        Err(Ended::Unrecorded(fault)) => {
            scene.record_refusal(O::ID, &fault).await;
            Err(fault)
        }
    }
}

/// How a request ended badly: with the event already in the log, or not yet.
pub enum Ended {
    Recorded(Fault),
    Unrecorded(Fault),
}

impl<E: Into<Fault>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Unrecorded(error.into())
    }
}

/// What is known of a request so far.
#[derive(Clone)]
pub struct Scene {
    services: Arc<Services>,
    incoming: Arc<Incoming>,
    now: Timestamp,
    org: Option<Org>,
    actor: Actor,
    /// What the caller's proof used up, whatever becomes of the request.
    single_use: Vec<SingleUse>,
}

async fn perform<O: Operation>(scene: &mut Scene) -> Result<Answer, Ended> {
    scene.find_org().await?;
    scene.authenticate(O::ACCESS).await?;
    let input = O::Input::parse(&scene.incoming)?;
    let prep = scene.prep();
    let prepared = input.prepare(&prep).await;
    scene.single_use.extend(prep.single_use.into_inner().unwrap_or_else(PoisonError::into_inner));
    let operation = prepared?;
    let scope = O::Scope::resolve(scene.org.clone())?;
    let output = O::Mode::execute::<O>(scene, scope, operation).await?;
    Ok(output.reply()?)
}

impl Scene {
    async fn find_org(&mut self) -> Result<(), Fault> {
        if let Some(slug) = self.incoming.path_param("org") {
            let found = self.services.store.find_org(slug).await?;
            self.org = Some(found.ok_or_else(|| Fault::not_found("organizations.not_found", "There is no such organization."))?);
        }
        Ok(())
    }

    async fn authenticate(&mut self, access: kernel::Access) -> Result<(), Fault> {
        let proving =
            self.services.authenticator.authenticate(&self.services, access, self.org.as_ref(), &self.incoming, self.now);
        let Caller { actor, org, single_use } = proving.await?;
        if let (Some(named), Some(proven)) = (&self.org, &org)
            && named.id() != proven.id()
        {
            // Authenticators see to it themselves; nothing may depend on none of them ever forgetting.
            return Err(Fault::unauthenticated("unauthorized", "This credential belongs to another organization."));
        }
        self.actor = actor;
        self.org = org.or_else(|| self.org.take());
        self.single_use = single_use;
        Ok(())
    }

    fn prep(&self) -> Prep {
        Prep {
            org: self.org.clone(),
            actor: self.actor.clone(),
            now: self.now,
            request: self.incoming.clone(),
            services: self.services.clone(),
            single_use: Mutex::default(),
        }
    }

    fn log_owner(&self) -> &OrgId {
        self.org.as_ref().map_or(&self.services.platform, Org::id)
    }

    fn event_row(&self, record: kernel::Record, outcome: Outcome) -> EventRow {
        let of = Circumstances { org: self.log_owner(), actor: &self.actor, now: self.now, request: &self.incoming };
        event_row(&self.services, &of, record, outcome)
    }

    fn cx<S: Scope, M: Mode>(&self, tx: Tx<S, M::Tx>) -> Cx<S, M> {
        Cx { tx, actor: self.actor.clone(), now: self.now, request: self.incoming.clone(), services: self.services.clone() }
    }

    /// Claim single-use values in a transaction of their own, for an operation that only reads.
    async fn claim_apart(&self) -> Result<(), Fault> {
        if self.single_use.is_empty() {
            return Ok(());
        }
        let (single_use, org) = (self.single_use.clone(), self.log_owner().clone());
        let work = move |mut tx: Tx<Platform, Writes>| {
            let (single_use, org) = (single_use.clone(), org.clone());
            async move {
                match claim(&mut tx, &org, &single_use).await {
                    Ok(()) => (tx, Decision::KeepUnrecorded(Ok(()), "the read that follows is no event")),
                    Err(fault) => (tx, Decision::Discard(Err(fault))),
                }
            }
        };
        self.services.store.write(Platform, work).await?
    }

    async fn append(&self, row: EventRow) -> Result<(), Fault> {
        let work = move |tx: Tx<Platform, Writes>| {
            let row = row.clone();
            async move { (tx, Decision::Keep((), row)) }
        };
        Ok(self.services.store.write(Platform, work).await?)
    }

    /// Append the event of a refusal. What the caller's proof used up stays used: a proof that was seen in a request that failed
    /// must not be good for another one.
    async fn append_refusal(&self, row: EventRow) -> Result<(), Fault> {
        let single_use = self.single_use.clone();
        let work = move |mut tx: Tx<Platform, Writes>| {
            let (row, single_use) = (row.clone(), single_use.clone());
            async move {
                for value in &single_use {
                    if let Err(error) = claim_one(&mut tx, &row.org, value).await {
                        return (tx, Decision::Discard(Err(error)));
                    }
                }
                (tx, Decision::Keep(Ok(()), row))
            }
        };
        Ok(self.services.store.write(Platform, work).await??)
    }

    async fn record_refusal(&self, operation: &'static str, fault: &Fault) {
        let (record, outcome) = refusal(operation, fault);
        if outcome == Outcome::Failed {
            tracing::error!(operation, request_id = self.incoming.request_id, ?fault, "a request failed");
        }
        if let Err(fault) = self.append_refusal(self.event_row(record, outcome)).await {
            tracing::error!(operation, ?fault, "a refusal could not be recorded");
        }
    }
}

/// How each mode runs its operations. Sealed: the modes are [`Reads`], [`SensitiveReads`] and [`Writes`].
pub trait Execute: Sized {
    /// Run one.
    #[doc(hidden)]
    fn execute<O: Operation<Mode = Self>>(
        scene: &Scene,
        scope: O::Scope,
        operation: O,
    ) -> impl Future<Output = Result<O::Output, Ended>> + Send;
}

impl Execute for Reads {
    async fn execute<O: Operation<Mode = Self>>(scene: &Scene, scope: O::Scope, operation: O) -> Result<O::Output, Ended> {
        read::<O, Self>(scene, scope, operation).await
    }
}

impl Execute for SensitiveReads {
    async fn execute<O: Operation<Mode = Self>>(scene: &Scene, scope: O::Scope, operation: O) -> Result<O::Output, Ended> {
        read::<O, Self>(scene, scope, operation).await
    }
}

async fn read<O, M>(scene: &Scene, scope: O::Scope, operation: O) -> Result<O::Output, Ended>
where
    M: Mode<Tx = Reads>,
    O: Operation<Mode = M>,
{
    scene.claim_apart().await?;
    let work = |tx: Tx<O::Scope, Reads>| {
        let operation = operation.clone();
        let mut cx = scene.cx::<O::Scope, M>(tx);
        async move {
            let verdict = operation.run(&mut cx).await;
            (cx.tx, verdict)
        }
    };
    let (output, event) = match scene.services.store.read(scope, work).await?? {
        Verdict::Done(output, event) => (Ok(output), event.record().map(|record| (record, Outcome::Success))),
        Verdict::Refused(fault, event) => (Err(fault), event.record().map(|record| (record, Outcome::Refused))),
        Verdict::RefusedWith(output, event) => (Ok(output), event.record().map(|record| (record, Outcome::Refused))),
        Verdict::RefusedAgain(fault, _) => return Err(Ended::Recorded(fault)),
    };
    let Some((record, outcome)) = event else { return output.map_err(Ended::Unrecorded) };
    scene.append(scene.event_row(record, outcome)).await?;
    output.map_err(Ended::Recorded)
}

impl Execute for Writes {
    async fn execute<O: Operation<Mode = Self>>(scene: &Scene, scope: O::Scope, operation: O) -> Result<O::Output, Ended> {
        let shared = Arc::new(scene.clone());
        let work = move |mut tx: Tx<O::Scope, Writes>| {
            let (scene, operation) = (shared.clone(), operation.clone());
            async move {
                if let Err(fault) = claim(&mut tx, scene.log_owner(), &scene.single_use).await {
                    return (tx, Decision::Discard(Err(Ended::Unrecorded(fault))));
                }
                let mut cx = scene.cx::<O::Scope, Self>(tx);
                let decision = match operation.run(&mut cx).await {
                    Err(fault) => Decision::Discard(Err(Ended::Unrecorded(fault))),
                    Ok(Verdict::Done(output, event)) => keep(&scene, Ok(output), event, Outcome::Success),
                    Ok(Verdict::Refused(fault, event)) => keep(&scene, Err(Ended::Recorded(fault)), event, Outcome::Refused),
                    Ok(Verdict::RefusedWith(output, event)) => keep(&scene, Ok(output), event, Outcome::Refused),
                    Ok(Verdict::RefusedAgain(fault, why)) => Decision::KeepUnrecorded(Err(Ended::Recorded(fault)), why),
                };
                (cx.tx, decision)
            }
        };
        scene.services.store.write(scope, work).await?
    }
}

fn keep<T, E: Event>(scene: &Scene, result: Result<T, Ended>, event: E, outcome: Outcome) -> Decision<Result<T, Ended>> {
    match event.record() {
        Some(record) => Decision::Keep(result, scene.event_row(record, outcome)),
        None => Decision::Discard(Err(Ended::Unrecorded(Fault::internal("a writing operation recorded nothing")))),
    }
}

/// Claim every value by one conditional statement each; the first that was used before decides.
async fn claim<S: Scope>(tx: &mut Tx<S, Writes>, org: &OrgId, single_use: &[SingleUse]) -> Result<(), Fault> {
    for value in single_use {
        if !claim_one(tx, org, value).await? {
            return Err(value.fault.clone());
        }
    }
    Ok(())
}

async fn claim_one<S: Scope>(tx: &mut Tx<S, Writes>, org: &OrgId, value: &SingleUse) -> Result<bool, StoreError> {
    let hash = sha256(value.value.as_bytes());
    match value.signed_at {
        // Half the hash tells them apart as well, and these rows are many.
        Some(signed_at) => tx.claim_proof(org, signed_at, hash.split_at(hash.len() / 2).0).await,
        None => tx.claim_single_use(org, value.kind, &base64url(hash), value.expires_at).await,
    }
}
