//! What the small server is made of.

use flow::testing::{FakeClock, parts, play};
use flow::{Outbound, OutboundPolicy, Rooms, Services, ServicesParts, Writes};
use identity::guard::Guard;
use identity::organizations::{NewOrganization, Slug};
use identity::users::{Email, NewUser, User, insert_user};
use jose::random::SystemRng;
use kernel::Timestamp;
use op::keys::FreshKey;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{Decision, Org, Platform, Store, Tx};
use tokio::sync::OnceCell;

pub(super) fn new_place() -> (String, PathBuf) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("lumoauth_op_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    let folder = std::env::temp_dir().join(&name);
    drop(std::fs::remove_dir_all(&folder));
    (name, folder)
}

#[allow(clippy::disallowed_methods, reason = "the test command says where PostgreSQL is")]
pub(super) fn postgres_server() -> Option<String> {
    std::env::var("LUMOAUTH_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

pub(super) fn services(store: Store, clock: Arc<FakeClock>) -> Arc<Services> {
    let rooms = op::rooms(Rooms::default(), &store);
    let policy = OutboundPolicy { allow_hosts: vec!["127.0.0.1".to_owned()], ..OutboundPolicy::default() };
    Services::new(ServicesParts {
        outbound: Outbound::new(&policy).unwrap(),
        rooms,
        ..parts(store, clock, Arc::new(Guard::new(Arc::new(op::Provider), Arc::new(op::Provider))))
    })
}

/// The same keys for every organization of a test binary: RSA keys take long to make, and a key shared with a neighbour is the
/// harder case.
async fn keys(now: Timestamp) -> Vec<FreshKey> {
    static KEYS: OnceCell<Vec<FreshKey>> = OnceCell::const_new();
    KEYS.get_or_init(async || op::keys::generate(&op::keys::Kind::FIRST, now, &SystemRng).await.unwrap()).await.clone()
}

pub(super) async fn make_org(services: &Arc<Services>, slug: &str) -> Org {
    let new = NewOrganization { slug: Slug::parse(slug).unwrap(), name: slug.to_uppercase() };
    let (now, keys, shared) = (services.clock.now(), keys(services.clock.now()).await, services.clone());
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (new, keys, services) = (new.clone(), keys.clone(), shared.clone());
        async move {
            let made = async {
                let made = identity::organizations::provision(&mut tx, &new, now, &*services.rng).await?;
                op::keys::provision(&mut tx, &services, &made.id, &keys, now).await
            };
            let made = made.await;
            (tx, Decision::KeepUnrecorded(made, "a test begins"))
        }
    };
    services.store.write(Platform, work).await.unwrap().unwrap();
    services.store.find_org(slug).await.unwrap().unwrap()
}

pub(super) async fn make_user(services: &Arc<Services>, org: &Org, email: &'static str) -> User {
    play(services, org, move |cx| {
        Box::pin(async move {
            let services = cx.services().clone();
            let new = NewUser::with_email(Email::parse(email).unwrap());
            insert_user(&mut cx.tx, new, cx.now, &*services.rng).await
        })
    })
    .await
    .unwrap()
}
