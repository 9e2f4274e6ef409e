//! What is cached never hides what was committed: not in this process, not on other nodes, not beside another process.

use crate::database::{Database, NOW, on_both, organization, run};
use kernel::{ClientId, OrgId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use store::{Arg, Decision, Org, OrgCache, Platform, Store, StoreError, Topic, Tx, Writes, args, platform_sql};
use tokio::sync::oneshot;

/// Rename an organization as the product does: the topic is touched in the same transaction.
async fn rename(store: &Store, org: &Org, name: &str) {
    let (id, name) = (org.id().clone(), name.to_owned());
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (id, name) = (id.clone(), name.clone());
        async move {
            let sql = platform_sql!("UPDATE organizations SET name = :name WHERE id = :id");
            let renamed = tx.execute(sql, args! { name: &name, id: &id }).await;
            tx.touch(Topic::Organization(id));
            (tx, Decision::KeepUnrecorded(renamed, "a test's own"))
        }
    };
    assert_eq!(store.write(Platform, work).await.unwrap().unwrap(), 1);
}

async fn name(store: &Store) -> String {
    store.find_org("acme").await.unwrap().unwrap().name().to_owned()
}

/// Wait for what other nodes are told in the background.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// A cache of numbers by client, and whether it serves from memory by now.
fn cache(store: &Store) -> Arc<OrgCache<i64>> {
    store.cache(16, |topic| match topic {
        Topic::Client(org, client) => Some((org.clone(), client.as_str().into())),
        _ => None,
    })
}

async fn find(cache: &OrgCache<i64>, key: &str, loaded: i64) -> i64 {
    cache.find_or_load(&OrgId::from("o"), key, async { Ok::<_, StoreError>(Some(loaded)) }).await.unwrap().unwrap()
}

/// Wait until the store listens, if it has to: before that, nothing is kept.
async fn live(cache: &OrgCache<i64>) {
    let mut number = 0;
    eventually("the cache keeps what it loads", async || {
        number += 1;
        find(cache, "probe", number).await != number
    })
    .await;
}

async fn touch(store: &Store, topic: Topic, decision: Decision<()>) {
    let decision = Arc::new(std::sync::Mutex::new(Some(decision)));
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (topic, decision) = (topic.clone(), decision.lock().unwrap().take().unwrap());
        async move {
            tx.touch(topic);
            (tx, decision)
        }
    };
    store.write(Platform, work).await.unwrap();
}

const TEST: Decision<()> = Decision::KeepUnrecorded((), "a test's own");

on_both! {
    async fn a_change_clears_what_it_concerns_and_nothing_else(database) {
        let store = database.open().await;
        // The first write also notices the migration, which went past the writer.
        organization(&store, "acme").await;
        let cache = cache(&store);
        live(&cache).await;
        assert_eq!((find(&cache, "a", 1).await, find(&cache, "b", 1).await), (1, 1));
        assert_eq!((find(&cache, "a", 2).await, find(&cache, "b", 2).await), (1, 1), "both are kept");
        touch(&store, Topic::Client("o".into(), "a".into()), TEST).await;
        assert_eq!((find(&cache, "a", 3).await, find(&cache, "b", 3).await), (3, 1));
        touch(&store, Topic::Client("another".into(), "b".into()), TEST).await;
        touch(&store, Topic::Client("o".into(), "b".into()), Decision::Discard(())).await;
        assert_eq!(find(&cache, "b", 4).await, 1, "another organization's, and what was discarded");
        touch(&store, Topic::Everything, TEST).await;
        assert_eq!((find(&cache, "a", 5).await, find(&cache, "b", 5).await), (5, 5));
    }

    async fn what_was_loaded_before_a_change_is_not_kept_after_it(database) {
        let store = database.open().await;
        let cache = cache(&store);
        live(&cache).await;
        let ((start, has_begun), (finish, old)) = (oneshot::channel(), oneshot::channel::<i64>());
        let slow = {
            let cache = cache.clone();
            tokio::spawn(async move {
                let load = async {
                    start.send(()).unwrap();
                    Ok::<_, StoreError>(Some(old.await.unwrap()))
                };
                cache.find_or_load(&OrgId::from("o"), "a", load).await
            })
        };
        has_begun.await.unwrap();
        touch(&store, Topic::Client("o".into(), "a".into()), TEST).await;
        finish.send(1).unwrap();
        assert_eq!(slow.await.unwrap().unwrap(), Some(1), "who asked before the change may be told the old value");
        assert_eq!(find(&cache, "a", 2).await, 2, "who asks after it is told the new one");
    }

    async fn under_load_nobody_is_told_less_than_was_committed_before_they_asked(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let committed = Arc::new(AtomicI64::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        rename(&store, &org, "0").await;
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let (store, committed, is_over) = (store.clone(), committed.clone(), is_over.clone());
                tokio::spawn(async move {
                    while !is_over.load(Ordering::Acquire) {
                        let before = committed.load(Ordering::Acquire);
                        let told: i64 = name(&store).await.parse().unwrap();
                        assert!(told >= before, "{told} although {before} was committed");
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        for number in 1..=200 {
            rename(&store, &org, &number.to_string()).await;
            committed.store(number, Ordering::Release);
        }
        is_over.store(true, Ordering::Release);
        for reader in readers {
            reader.await.unwrap();
        }
    }

    async fn an_organization_that_ends_or_changes_its_slug_is_not_found_under_the_old_one(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let set = async |text: &'static str| {
            run(&store, vec![(text, vec![(":id", Arg::from(org.id().to_string()))])]).await;
            touch(&store, Topic::Organization(org.id().clone()), TEST).await;
        };
        assert!(store.find_org("acme").await.unwrap().is_some());
        set("UPDATE organizations SET slug = 'renamed' WHERE id = :id").await;
        assert!(store.find_org("acme").await.unwrap().is_none());
        assert!(store.find_org("renamed").await.unwrap().is_some());
        let heir = organization(&store, "heir").await;
        run(&store, vec![("UPDATE organizations SET slug = 'acme' WHERE slug = 'heir'", vec![])]).await;
        touch(&store, Topic::Organization(heir.id().clone()), TEST).await;
        assert_eq!(store.find_org("acme").await.unwrap().unwrap().id(), heir.id(), "the old slug now leads to its new owner");
        set("UPDATE organizations SET is_active = 0 WHERE id = :id").await;
        assert!(store.find_org("renamed").await.unwrap().is_none());
        assert!(store.find_org_by_id(org.id()).await.unwrap().is_none());
        assert_eq!(store.list_orgs().await.unwrap().len(), 1);
    }
}

/// Two handles on PostgreSQL, as two nodes have; the second listens.
async fn two_nodes<F: Future<Output = ()> + 'static>(story: impl FnOnce(Arc<Database>, Store, Store) -> F + 'static) {
    if let Some(database) = Database::postgres().await {
        let (one, other) = (database.open().await, database.open().await);
        database.run(|database| story(database, one, other)).await;
    }
}

#[tokio::test]
async fn what_one_node_changes_other_nodes_see() {
    two_nodes(|database, one, other| async move {
        drop(database);
        let org = organization(&one, "acme").await;
        let cache = cache(&other);
        live(&cache).await;
        assert_eq!(name(&other).await, "acme");
        rename(&one, &org, "new").await;
        eventually("the other node sees the new name", async || name(&other).await == "new").await;
        let long = ClientId::from("c".repeat(9000).as_str());
        assert_eq!(find(&cache, long.as_str(), 1).await, 1);
        touch(&one, Topic::Client("o".into(), long.clone()), TEST).await;
        eventually("a topic too long to be told clears everything", async || find(&cache, long.as_str(), 2).await == 2).await;
    })
    .await;
}

#[tokio::test]
async fn a_node_that_can_not_hear_serves_nothing_from_memory() {
    two_nodes(|database, one, other| async move {
        let org = organization(&one, "acme").await;
        let cache = cache(&other);
        live(&cache).await;
        let raw = database.raw_postgres().await;
        for round in 0..5 {
            let before = format!("before {round}");
            rename(&one, &org, &before).await;
            eventually("the name before", async || name(&other).await == before).await;
            // Only the lines on which nodes listen are cut; they say so as their last statement, or a heartbeat.
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query IN ('LISTEN lumoauth', '')";
            raw.batch_execute(cut).await.unwrap();
            rename(&one, &org, "unheard of").await;
            eventually("the name nobody was told of", async || name(&other).await == "unheard of").await;
        }
        live(&cache).await;
    })
    .await;
}

#[tokio::test]
async fn what_another_process_writes_into_the_file_is_noticed() {
    let story = |database: Arc<Database>| async move {
        let (server, command_line) = (database.open().await, database.open().await);
        let org = organization(&server, "acme").await;
        assert_eq!(name(&server).await, "acme");
        rename(&command_line, &org, "new").await;
        // At the latest after a second; at once if the server itself writes.
        run(
            &server,
            vec![("INSERT INTO installation (name, value) VALUES ('any', :now)", vec![(":now", Arg::from(NOW.to_iso()))])],
        )
        .await;
        assert_eq!(name(&server).await, "new");
        rename(&command_line, &org, "newer").await;
        eventually("an idle server looks too", async || name(&server).await == "newer").await;
    };
    Database::sqlite().run(story).await;
}
