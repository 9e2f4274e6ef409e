//! Keys that clients publish at a `jwks_uri`.
//!
//! A set is kept for ten minutes. A key that isn't in it is worth another look at once, because clients rotate keys, but not more
//! than one a minute for each client, whatever is sent to us. After a failure we look again ten seconds later.
//! However many ask at once, one of them fetches and the others wait for what it gets: nobody makes us flood somebody's server.

use super::Client;
use super::outside::outbound_for_strangers;
use flow::{Outbound, Services};
use jose::jwks::Jwks;
use kernel::{OrgId, Timestamp};
use quick_cache::sync::Cache;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use store::Org;
use tokio::sync::Mutex;
use url::Url;

const FRESH: Duration = Duration::from_mins(10);
const LOOK_AGAIN_AFTER: Duration = Duration::from_mins(1);
const AFTER_FAILURE: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 256 * 1024;

/// Key sets as they were last fetched, each under the lock of whoever fetches it.
pub struct RemoteKeys(Cache<(OrgId, Box<str>, Box<str>), Place>);

type Place = Arc<Mutex<Option<Fetched>>>;

struct Fetched {
    /// `None` after a failure.
    keys: Option<Arc<Jwks>>,
    at: Timestamp,
}

/// How recent a set must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recency {
    /// One of the last minutes will do.
    Any,
    /// The set at hand lacked the key: fetch it again, if that wasn't done just now.
    Again,
}

impl Default for RemoteKeys {
    fn default() -> Self {
        Self(Cache::new(4096))
    }
}

impl RemoteKeys {
    /// The keys of `owner`, a client or an issuer that the organization trusts; `None` if they can't be fetched or understood.
    pub(crate) async fn of(
        &self,
        services: &Services,
        org: &OrgId,
        owner: &str,
        uri: &str,
        now: Timestamp,
        recency: Recency,
    ) -> Option<Arc<Jwks>> {
        self.by(&services.outbound, services, (org, owner, uri), now, recency).await
    }

    async fn by(
        &self,
        outbound: &Outbound,
        services: &Services,
        (org, owner, uri): (&OrgId, &str, &str),
        now: Timestamp,
        recency: Recency,
    ) -> Option<Arc<Jwks>> {
        let entry = (org.clone(), Box::from(owner), Box::from(uri));
        let place = self.0.get_or_insert_with(&entry, || Ok::<_, Infallible>(Place::default())).unwrap_or_default();
        let mut at_hand = place.lock().await;
        if let Some(fetched) = &*at_hand {
            let keep_for = match (&fetched.keys, recency) {
                (None, _) => AFTER_FAILURE,
                (Some(_), Recency::Again) => LOOK_AGAIN_AFTER,
                (Some(_), Recency::Any) => FRESH,
            };
            if now.since(fetched.at) < keep_for {
                return fetched.keys.clone();
            }
        }
        let keys = fetch(outbound, uri).await.map(Arc::new);
        *at_hand = Some(Fetched { keys: keys.clone(), at: services.clock.now() });
        keys
    }
}

impl Client {
    /// Its keys: registered, or published where it says.
    pub(crate) async fn keys(&self, services: &Services, org: &Org, now: Timestamp, recency: Recency) -> Option<Arc<Jwks>> {
        let Some(uri) = &self.metadata.jwks_uri else { return self.keys.clone() };
        let room = services.rooms.find::<RemoteKeys>().ok()?;
        let owner = self.id().as_str();
        if self.is_described_elsewhere() {
            return room.by(&outbound_for_strangers(services), services, (org.id(), owner, uri), now, recency).await;
        }
        room.of(services, org.id(), owner, uri, now, recency).await
    }
}

async fn fetch(outbound: &Outbound, uri: &str) -> Option<Jwks> {
    let url = Url::parse(uri).ok()?;
    let outbound = outbound.within(TIMEOUT, MAX_BYTES);
    match outbound.get(&url, "application/jwk-set+json, application/json").await {
        Ok(answer) if answer.status == 200 => Jwks::parse(&answer.body).ok(),
        Ok(answer) => {
            tracing::info!(status = answer.status, host = url.host_str(), "a client's key set could not be fetched");
            None
        }
        Err(fault) => {
            tracing::info!(%fault, "a client's key set could not be fetched");
            None
        }
    }
}
