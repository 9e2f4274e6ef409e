//! Keys that are made when somebody needs them for the first time.

use super::{FreshKey, Keys, Kind, OrgKeys, generate, of, rows};
use flow::{Answer, Body, Cx, NoInput, OneOrg, Operation, Prep, Prepare, Route, Services, Surface, Verdict, Writes, act};
use jose::alg::Algorithm;
use kernel::{Access, Actor, Fault};
use oauth::ClientMetadata;
use std::sync::Arc;
use store::Org;

/// The organization's keys, one that signs with `algorithm` among them. If it isn't there yet it is made now, so this belongs before
/// a transaction. Calling it when a client is registered for the algorithm publishes the key before anybody has to know it.
///
/// # Errors
/// Whatever the database says; an algorithm with a shared secret has no key here.
pub async fn signing_with(services: &Arc<Services>, org: &Org, algorithm: Algorithm) -> Result<Arc<OrgKeys>, Fault> {
    let kind = Kind::of(algorithm).ok_or_else(|| Fault::internal(format!("nobody signs with {algorithm}")))?;
    with(services, org, kind).await
}

/// See to it that a client finds the key it is registered to encrypt its request objects to. This belongs before the transaction that
/// registers it.
///
/// # Errors
/// Whatever the database says.
pub async fn ready_for(services: &Arc<Services>, org: &Org, client: &ClientMetadata) -> Result<(), Fault> {
    let kind = client.request_object_encryption.and_then(|encryption| Kind::decrypting(encryption.alg));
    match kind {
        Some(kind) => with(services, org, kind).await.map(|_| ()),
        None => Ok(()),
    }
}

async fn with(services: &Arc<Services>, org: &Org, kind: Kind) -> Result<Arc<OrgKeys>, Fault> {
    let keys = of(services, org).await?;
    if keys.has(kind) {
        return Ok(keys);
    }
    let room = services.rooms.find::<Keys>()?;
    // Of many who come at once, one makes the key.
    let _turn = room.making.lock().await;
    let keys = of(services, org).await?;
    if keys.has(kind) {
        return Ok(keys);
    }
    let fresh = generate(&[kind], services.clock.now(), &*services.rng).await?;
    act(services, Some(org.clone()), Actor::System("keys"), MakeKeys { fresh }).await?;
    of(services, org).await
}

/// Store keys of kinds the organization has none of.
#[derive(Clone)]
struct MakeKeys {
    fresh: Vec<FreshKey>,
}

kernel::events! {
    /// What making a key records.
    pub enum KeyMade {
        /// A key of a new kind was made, because a client needs it.
        Made = "keys.made", Info { public keys: Vec<&'static str> };
    }
}

impl Operation for MakeKeys {
    const ID: &'static str = "keys.make";
    const SUMMARY: &'static str = "Make keys of kinds the organization has none of.";
    const ROUTE: Route = Route::post("operator/signing-keys");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = Answer;
    type Event = KeyMade;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, KeyMade>, Fault> {
        let services = cx.services().clone();
        let keys = self.fresh.iter().map(|fresh| fresh.kind.name()).collect();
        // Another server may have been first: then its key stays.
        super::insert(&mut cx.tx, &services, &self.fresh, rows::State::Active, cx.now).await?;
        Ok(Verdict::Done(Answer::new(201, Body::Empty), KeyMade::Made { keys }))
    }
}

impl Prepare<MakeKeys> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<MakeKeys, Fault> {
        Err(Fault::internal("keys are never made over the network"))
    }
}
