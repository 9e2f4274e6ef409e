//! What a small server is made of where a test doesn't say otherwise.

use super::SeededRng;
use crate::{Authenticator, Hashing, Limiter, Outbound, OutboundPolicy, Rates, Rooms, ServicesParts};
use jose::seal::{MasterKey, MasterKeys};
use kernel::{Clock, OrgId};
use std::sync::Arc;
use store::Store;

/// The parts of a server at `https://id.example.com` over this database: repeatable randomness, a small hashing pool, the outbound
/// client as it is without settings. A test replaces what it is about.
///
/// # Panics
/// If the machine gives no threads, or no certificates to trust.
#[allow(clippy::expect_used, reason = "without these parts no test can begin")]
pub fn parts(store: Store, clock: Arc<dyn Clock>, authenticator: Arc<dyn Authenticator>) -> ServicesParts {
    ServicesParts {
        store,
        clock,
        rng: Arc::new(SeededRng::default()),
        hashing: Hashing::start(2, 256).expect("threads to hash on"),
        outbound: Outbound::new(&OutboundPolicy::default()).expect("an outbound client"),
        master_keys: MasterKeys::single(MasterKey::from_bytes(&[1; 32])),
        base_url: "https://id.example.com".to_owned(),
        authenticator,
        limiter: Limiter::new(&Rates::default()),
        rooms: Rooms::default(),
        platform: OrgId::from("platform"),
        is_dev: false,
    }
}
