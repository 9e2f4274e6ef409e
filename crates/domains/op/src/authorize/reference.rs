//! Request objects that lie where their clients said they would.

use crate::clients::Client;
use flow::Prep;
use kernel::{ClientId, Fault, OrgId};
use oauth::ProtocolError;
use oauth::jar::reference::{ACCEPT, MAX_BYTES, Place, object, unreachable};
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
/// With [`MAX_BYTES`] each, the most they take: 16 MiB.
const KEPT: usize = 256;

/// Objects whose address carries their hash, so that they never change.
pub struct KnownObjects(Cache<(OrgId, ClientId, Box<str>), Arc<str>>);

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
    if let Some(object) = known.0.get(&name) {
        return Ok(Ok(object));
    }
    let Some(content) = content(prep, &place).await else { return Ok(Err(unreachable())) };
    let found = object(&content).map(Arc::<str>::from);
    if let (Ok(object), true) = (&found, place.names(&content)) {
        known.0.insert(name, object.clone());
    }
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
