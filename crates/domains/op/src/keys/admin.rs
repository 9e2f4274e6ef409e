//! Looking at keys and rotating them.

use super::{FreshKey, KeyView, Kind, State, insert, rows, successors};
use flow::{Cx, Json, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Verdict, Writes};
use identity::envelope::{Changed, One};
use identity::permissions::{KEYS_READ, KEYS_WRITE};
use kernel::{Access, Fault, Silent};
use std::time::Duration;

/// How long a key must have been published before it signs: as long as others may keep the key set in a cache.
const PUBLISHED_FOR: Duration = Duration::from_hours(1);

/// List the organization's keys.
#[derive(Clone, Copy, Debug)]
pub struct ListKeys;

impl Operation for ListKeys {
    const ID: &'static str = "keys.list";
    const SUMMARY: &'static str = "List the keys that sign and those that others encrypt to, without anything secret.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/signing-keys");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(KEYS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = flow::NoInput;
    type Output = Json<One<Vec<KeyView>>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        Ok(Verdict::Done(Json(One { data: rows::list(&mut cx.tx).await? }), Silent))
    }
}

impl Prepare<ListKeys> for flow::NoInput {
    async fn prepare(self, _: &Prep) -> Result<ListKeys, Fault> {
        Ok(ListKeys)
    }
}

flow::input! {
    /// What to rotate.
    #[derive(Clone, Debug)]
    pub struct RotateKeysInput {
        /// The keys are known to others: replace them at once and void everything they signed.
        body "compromised" => compromised: Option<bool>,
    }
}

/// Rotate the signing keys. The first call publishes their successors; a call an hour later, when everybody can know those,
/// brings them into use. What the old keys signed stays good until it ends by itself.
#[derive(Clone)]
pub struct RotateKeys {
    is_compromised: bool,
    fresh: Vec<FreshKey>,
}

kernel::events! {
    /// What rotating keys records.
    pub enum KeyRotation {
        /// Successors of the signing keys were published.
        Published = "keys.published", Info { public keys: Vec<&'static str> };
        /// New signing keys came into use.
        Rotated = "keys.rotated", Warning { public keys: Vec<&'static str> };
        /// Signing keys were replaced because others know them; everything they signed is void.
        Replaced = "keys.replaced", Error { public keys: Vec<&'static str> };
    }
}

impl Prepare<RotateKeys> for RotateKeysInput {
    async fn prepare(self, prep: &Prep) -> Result<RotateKeys, Fault> {
        let fresh = successors(prep.services(), prep.organization()?).await?;
        Ok(RotateKeys { is_compromised: self.compromised == Some(true), fresh })
    }
}

impl Operation for RotateKeys {
    const ID: &'static str = "keys.rotate";
    const SUMMARY: &'static str = "Publish the next signing keys, or bring them into use once they are known.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/signing-keys/rotate");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(KEYS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = RotateKeysInput;
    type Output = Json<Changed<Vec<KeyView>>>;
    type Event = KeyRotation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, KeyRotation>, Fault> {
        rows::forget_retired(&mut cx.tx, cx.now).await?;
        let (event, message) = if self.is_compromised { self.replace(cx).await? } else { self.rotate(cx).await? };
        cx.tx.touch(store::Topic::Keys(cx.org().id().clone()));
        let data = rows::list(&mut cx.tx).await?;
        Ok(Verdict::Done(Json(Changed { data, message }), event))
    }
}

impl RotateKeys {
    /// An orderly rotation to these keys.
    pub fn planned(fresh: Vec<FreshKey>) -> Self {
        Self { is_compromised: false, fresh }
    }

    async fn replace(self, cx: &mut Cx<OneOrg, Writes>) -> Result<(KeyRotation, &'static str), Fault> {
        for kind in Kind::ALL {
            rows::discard(&mut cx.tx, kind).await?;
        }
        let services = cx.services().clone();
        insert(&mut cx.tx, &services, &self.fresh, State::Active, cx.now).await?;
        let keys = self.fresh.iter().map(|fresh| fresh.kind.name()).collect();
        Ok((KeyRotation::Replaced { keys }, "The keys were replaced. Tokens they signed are void."))
    }

    async fn rotate(self, cx: &mut Cx<OneOrg, Writes>) -> Result<(KeyRotation, &'static str), Fault> {
        let ready = cx.now.minus(PUBLISHED_FOR);
        let mut rotated = Vec::new();
        for kind in Kind::ALL {
            if rows::has_next(&mut cx.tx, kind, ready).await? {
                rows::retire(&mut cx.tx, kind, cx.now).await?;
                rows::activate(&mut cx.tx, kind, cx.now).await?;
                rotated.push(kind.name());
            }
        }
        if !rotated.is_empty() {
            return Ok((KeyRotation::Rotated { keys: rotated }, "The next keys are in use."));
        }
        let mut published = Vec::new();
        for fresh in self.fresh {
            let kind = fresh.kind;
            if !rows::has_next(&mut cx.tx, kind, cx.now).await? {
                let services = cx.services().clone();
                insert(&mut cx.tx, &services, &[fresh], State::Next, cx.now).await?;
                published.push(kind.name());
            }
        }
        let message = "The next keys are published. Rotate again in an hour to bring them into use.";
        Ok((KeyRotation::Published { keys: published }, message))
    }
}
