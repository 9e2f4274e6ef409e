//! What happens beside sequencing.

use crate::keeper::Keeper;
use crate::testing::{World, worlds};
use crate::{checkpoints, sequencer};
use std::collections::BTreeSet;
use std::time::Duration;
use store::{Decision, OneOrg, Tx, Writes, args, org_sql, platform_sql};

impl World {
    /// Published checkpoints, as (organization, length).
    async fn published(&self) -> Vec<(String, i64)> {
        self.rows(platform_sql!("SELECT org_id AS a, size AS b FROM log_checkpoints ORDER BY org_id, size")).await
    }
    async fn round(&self, keeper: &mut Keeper) {
        let progress = sequencer::settle(self.store(), self.now()).await.unwrap();
        keeper.look_after(&self.services, progress.organizations).await;
    }
}

fn of(published: &[(&str, i64)]) -> Vec<(String, i64)> {
    published.iter().map(|(org, size)| ((*org).to_owned(), *size)).collect()
}

#[tokio::test]
async fn logs_that_grew_are_published_at_most_once_a_second() {
    for world in worlds().await {
        let mut keeper = Keeper::default();
        world.append_many(&world.acme, 3).await;
        world.round(&mut keeper).await;
        world.append_many(&world.acme, 2).await;
        world.append_many(&world.beta, 4).await;
        world.round(&mut keeper).await;
        assert_eq!(world.published().await, of(&[("org-acme", 3)]));

        world.clock.advance(Duration::from_secs(1));
        world.round(&mut keeper).await;
        assert_eq!(world.published().await, of(&[("org-acme", 3), ("org-acme", 5), ("org-beta", 4)]));
        world.clock.advance(Duration::from_secs(1));
        world.round(&mut keeper).await;
        assert_eq!(world.published().await.len(), 3, "nothing grew");
    }
}

#[tokio::test]
async fn a_node_that_died_before_it_published_is_stood_in_for() {
    for world in worlds().await {
        world.append_many(&world.acme, 3).await;
        sequencer::flush(&world.services).await.unwrap();
        let world = world.restart().await;
        Keeper::default().look_after(&world.services, BTreeSet::new()).await;
        assert_eq!(world.published().await, of(&[("org-acme", 3)]));
    }
}

#[tokio::test]
async fn a_log_without_an_organization_holds_up_no_other() {
    for world in worlds().await {
        let mut stray = crate::testing::Made::by(&world.acme, "requests.refused", "u-1");
        stray.org = "nowhere".into();
        world.append(stray).await;
        world.append_many(&world.beta, 1).await;
        world.round(&mut Keeper::default()).await;
        assert_eq!(world.published().await, of(&[("org-beta", 1)]));
    }
}

#[tokio::test]
async fn superseded_checkpoints_go_after_an_hour() {
    for world in worlds().await {
        for _ in 0..4 {
            world.append_many(&world.acme, 1).await;
            sequencer::flush(&world.services).await.unwrap();
            checkpoints::publish(&world.services, &world.acme).await.unwrap();
            world.clock.advance(Duration::from_mins(25));
        }
        world.clock.advance(Duration::from_hours(1));
        checkpoints::thin_out(&world.services, &world.acme).await.unwrap();
        // 08:00, 08:25 and 08:50 were one hour, 09:15 another.
        assert_eq!(world.published().await, of(&[("org-acme", 3), ("org-acme", 4)]));
    }
}

#[tokio::test]
async fn a_checkpoint_that_no_longer_opens_is_signed_anew() {
    for world in worlds().await {
        world.append_many(&world.acme, 1).await;
        sequencer::flush(&world.services).await.unwrap();
        let first = checkpoints::publish(&world.services, &world.acme).await.unwrap();
        let work = |mut tx: Tx<OneOrg, Writes>| async move {
            let sql = org_sql!("UPDATE log_checkpoints SET note = :note WHERE org_id = :org");
            tx.execute(sql, args! { note: "nonsense" }).await.unwrap();
            (tx, Decision::KeepUnrecorded((), "a test's own damage"))
        };
        world.store().write(OneOrg::new(world.acme.clone()), work).await.unwrap();
        assert_eq!(checkpoints::publish(&world.services, &world.acme).await.unwrap().note, first.note);
        assert_eq!(world.get_text("/admin/audit-logs/checkpoint").await, first.note);
    }
}
