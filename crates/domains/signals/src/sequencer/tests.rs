use super::*;
use crate::testing::{Made, World, postgres_client, worlds};
use ledger::merkle::{Hash, TILE_WIDTH, leaf_hash, root_of};
use store::{Org, rows};

rows! {
    /// What the log says of an entry, and the event it stands for.
    struct Placed { org_id: OrgId, idx: i64, seq: i64, leaf_hash: [u8; 32], name: String, actor_id: Option<String>, leaf: String }
}

const PLACED: store::PlatformSql = platform_sql!(
    "SELECT e.org_id AS org_id, e.idx AS idx, e.seq AS seq, e.leaf_hash AS leaf_hash, e.name AS name, e.actor_id AS actor_id, v.leaf AS leaf \
     FROM log_entries e JOIN events v ON v.seq = e.seq AND v.org_id = e.org_id ORDER BY e.org_id, e.idx"
);

/// Check that an organization's log is whole: places without gaps, in the order of events, and a head and tiles that are those
/// of the leaves.
async fn check(world: &World, org: &Org, length: usize) {
    let entries: Vec<Placed> = world.rows(PLACED).await;
    let entries: Vec<Placed> = entries.into_iter().filter(|entry| entry.org_id == *org.id()).collect();
    assert_eq!(entries.len(), length);
    assert!((0..).zip(&entries).all(|(idx, entry)| entry.idx == idx), "places have gaps");
    assert!(entries.is_sorted_by(|a, b| a.seq < b.seq));
    let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry.leaf.as_bytes())).collect();
    assert!(entries.iter().zip(&hashes).all(|(entry, hash)| entry.leaf_hash == *hash));

    let heads: Vec<(String, i64, Vec<u8>)> =
        world.rows(platform_sql!("SELECT org_id AS a, size AS b, frontier AS c FROM log_heads")).await;
    let (_, size, frontier) = heads.into_iter().find(|(id, ..)| id == org.id().as_str()).unwrap();
    assert_eq!(usize::try_from(size).unwrap(), length);
    assert_eq!(Frontier::from_bytes(&frontier).unwrap().root(), root_of(&hashes));

    let nodes: Vec<(String, i64, [u8; 32])> =
        world.rows(platform_sql!("SELECT org_id AS a, idx AS b, hash AS c FROM log_nodes WHERE level = 8 ORDER BY idx")).await;
    let nodes: Vec<Hash> = nodes.into_iter().filter(|(id, ..)| id == org.id().as_str()).map(|(.., hash)| hash).collect();
    let tiles: Vec<Hash> = hashes.chunks_exact(usize::try_from(TILE_WIDTH).unwrap()).map(root_of).collect();
    assert_eq!(nodes, tiles);
}

/// Read the next batch. Other tests share the PostgreSQL server, and their transactions hold this world's events up.
async fn read_some(world: &World, count: usize) -> Batch {
    loop {
        let batch = read(world.store()).await.unwrap();
        if batch.entries.len() == count {
            return batch;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn interleaved_organizations_count_for_themselves_without_gaps() {
    for world in worlds().await {
        for round in 0..5 {
            for number in 0..=(round * 3) {
                let org = if number % 3 == 0 { &world.beta } else { &world.acme };
                world.append(Made::by(org, "users.seen", "u-1")).await;
            }
            settle(world.store(), world.now()).await.unwrap();
        }
        check(&world, &world.acme, 20).await;
        check(&world, &world.beta, 15).await;
        assert_eq!(sequence(world.store(), world.now()).await.unwrap(), Progress::default());
    }
}

#[tokio::test]
async fn what_can_be_asked_for_is_in_columns() {
    for world in worlds().await {
        world.append(Made::by(&world.acme, "users.blocked", "u-admin").about("user", "u-7")).await;
        flush(&world.services).await.unwrap();
        let entries: Vec<Placed> = world.rows(PLACED).await;
        assert_eq!((entries[0].name.as_str(), entries[0].actor_id.as_deref()), ("users.blocked", Some("u-admin")));
    }
}

#[tokio::test]
async fn a_crash_between_batches_loses_and_repeats_nothing() {
    for mut world in worlds().await {
        world.append_many(&world.acme, u64::from(BATCH) + 100).await;
        world.append_many(&world.beta, 30).await;

        // Work out a batch and die before it is written.
        let batch = read_some(&world, usize::try_from(BATCH).unwrap()).await;
        world = world.restart().await;
        assert!(world.rows::<Placed>(PLACED).await.is_empty());

        // Write a batch and die before the next.
        assert!(write_batch(world.store(), batch, world.now()).await.unwrap());
        world = world.restart().await;
        assert_eq!(world.rows::<Placed>(PLACED).await.len(), usize::try_from(BATCH).unwrap());

        let progress = settle(world.store(), world.now()).await.unwrap();
        assert_eq!(progress.events, 130);
        assert_eq!(progress.organizations, BTreeSet::from([world.acme.id().clone(), world.beta.id().clone()]));
        check(&world, &world.acme, usize::try_from(BATCH).unwrap() + 100).await;
        check(&world, &world.beta, 30).await;
    }
}

#[tokio::test]
async fn of_several_sequencers_one_wins_each_batch() {
    for world in worlds().await {
        world.append_many(&world.acme, 40).await;
        let (mine, theirs) = (read_some(&world, 40).await, read_some(&world, 40).await);
        assert!(write_batch(world.store(), theirs, world.now()).await.unwrap());
        assert!(!write_batch(world.store(), mine, world.now()).await.unwrap());

        world.append_many(&world.acme, 2100).await;
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (store, now) = (world.store().clone(), world.now());
                tokio::spawn(async move { settle(&store, now).await.unwrap().events })
            })
            .collect();
        let mut events = 0;
        for task in tasks {
            events += task.await.unwrap();
        }
        assert_eq!(events, 2100);
        check(&world, &world.acme, 2140).await;
    }
}

/// On PostgreSQL a transaction may commit after a later one. Its events come first all the same, so nobody may pass it.
#[tokio::test]
async fn nobody_overtakes_a_running_transaction() {
    for world in worlds().await.into_iter().filter(|world| !world.is_sqlite()) {
        let slow = postgres_client(world.postgres()).await;
        let row = Made::by(&world.acme, "users.slow", "u-1").row(&*world.services.rng, world.now());
        slow.batch_execute("BEGIN").await.unwrap();
        let insert = "INSERT INTO events (org_id, leaf, personal) VALUES ($1, $2, '{}')";
        slow.execute(insert, &[&row.org.as_str(), &row.leaf]).await.unwrap();
        world.append(Made::by(&world.acme, "users.quick", "u-1")).await;
        assert_eq!(sequence(world.store(), world.now()).await.unwrap().events, 0);

        slow.batch_execute("COMMIT").await.unwrap();
        settle(world.store(), world.now()).await.unwrap();
        let names: Vec<String> = world.rows::<Placed>(PLACED).await.into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["users.slow", "users.quick"]);
    }
}
