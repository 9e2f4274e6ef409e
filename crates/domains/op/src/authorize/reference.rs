//! Request objects that lie where their clients said they would.

use crate::clients::Client;
use flow::Prep;
use kernel::{ClientId, Fault, OrgId, Timestamp};
use oauth::ProtocolError;
use oauth::jar::reference::{ACCEPT, MAX_BYTES, Place, object, unreachable};
use quick_cache::sync::Cache;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

const TIMEOUT: Duration = Duration::from_secs(5);
/// With [`MAX_BYTES`] each, the most they take: 16 MiB.
const KEPT: usize = 256;

/// After a failure the address is left alone for that long.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// What was last found at each address, under the lock of whoever fetches there: one at a time, whatever is sent to us, so that
/// nobody makes us flood somebody's server. What several wait for is fetched once.
pub struct KnownObjects(Cache<(OrgId, ClientId, Box<str>), Seat>);

type Seat = Arc<Mutex<Option<Fetched>>>;

struct Fetched {
    object: Result<Arc<str>, ProtocolError>,
    at: Timestamp,
    /// The address carries the hash of what it holds, which never changes then.
    is_final: bool,
}

impl Fetched {
    /// Whether a request that came at `asked_at` need not look again.
    fn will_do(&self, asked_at: Timestamp) -> bool {
        self.is_final || self.at > asked_at || (self.object.is_err() && asked_at.since(self.at) < AFTER_FAILURE)
    }
}

impl Default for KnownObjects {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

/// The object at an address of the client's. It is fetched anew for each request, unless the address says what it holds.
///
/// # Errors
/// Our own failures; that there is none is inside.
pub(super) async fn fetch(prep: &Prep, client: &Client, uri: &str) -> Result<Result<Arc<str>, ProtocolError>, Fault> {
    let place = match Place::of(&client.metadata, uri) {
        Ok(place) => place,
        Err(error) => return Ok(Err(error)),
    };
    let known = prep.services().rooms.find::<KnownObjects>()?;
    let name = (prep.organization()?.id().clone(), client.id().clone(), Box::from(uri));
    let seat = known.0.get_or_insert_with(&name, || Ok::<_, Infallible>(Arc::default())).unwrap_or_default();
    let mut at_hand = seat.lock().await;
    if let Some(fetched) = at_hand.as_ref().filter(|fetched| fetched.will_do(prep.now)) {
        return Ok(fetched.object.clone());
    }
    let content = content(prep, &place).await;
    let found = content.as_deref().map_or_else(|| Err(unreachable()), |content| object(content).map(Arc::from));
    let is_final = found.is_ok() && content.is_some_and(|content| place.names(&content));
    *at_hand = Some(Fetched { object: found.clone(), at: prep.services().clock.now(), is_final });
    Ok(found)
}

/// Strangers choose the addresses, so this goes through the guarded client, which follows no redirect.
async fn content(prep: &Prep, place: &Place<'_>) -> Option<Vec<u8>> {
    let (host, outbound) = (place.address().host_str(), prep.outbound().within(TIMEOUT, MAX_BYTES));
    match outbound.get(place.address(), ACCEPT).await {
        Ok(answer) if answer.status == 200 => Some(answer.body),
        Ok(answer) => {
            tracing::info!(status = answer.status, host, "a request object could not be fetched");
            None
        }
        Err(fault) => {
            tracing::info!(%fault, "a request object could not be fetched");
            None
        }
    }
}
