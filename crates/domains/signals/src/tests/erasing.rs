//! What is erased is gone, and the log still holds.

use crate::testing::{Made, World, worlds};
use crate::{erase_personal, export_log, sequencer};
use kernel::{Actor, UserId};
use ledger::verify::verify;
use serde_json::json;
use std::time::Duration;
use store::{Decision, OneOrg, Tx, Writes};

impl World {
    async fn erase(&self, user: &'static str) -> u64 {
        let work = move |mut tx: Tx<OneOrg, Writes>| async move {
            match erase_personal(&mut tx, &UserId::from(user)).await {
                Ok(erased) => (tx, Decision::KeepUnrecorded(erased, "a test's own erasure")),
                Err(error) => panic!("{error}"),
            }
        };
        self.store().write(OneOrg::new(self.acme.clone()), work).await.unwrap()
    }
    async fn personal_and_erased(&self) -> (u64, u64) {
        let mut file = Vec::new();
        export_log(&self.services, &self.acme, &mut file).await.unwrap();
        let text = String::from_utf8(file).unwrap();
        let report = verify(text.as_bytes(), Some(self.key().await.as_str())).unwrap();
        (report.personal_fields, report.erased_fields)
    }
    async fn insert_api_key(&self, id: &'static str, user: &'static str) {
        self.insert_user(user, "Ada").await;
        let org = self.acme.id().clone();
        let work = move |mut tx: Tx<store::Platform, Writes>| {
            let org = org.clone();
            async move {
                let sql = store::platform_sql!(
                    "INSERT INTO api_keys (org_id, id, user_id, name, secret_hash, scopes, created_at) \
                     VALUES (:owner, :id, :user, 'Deploy', :hash, '', 0)"
                );
                tx.execute(sql, store::args! { owner: &org, id: id, user: user, hash: &[0_u8; 32] }).await.unwrap();
                (tx, Decision::KeepUnrecorded((), "a test's own data"))
            }
        };
        self.store().write(store::Platform, work).await.unwrap();
    }
}

#[tokio::test]
async fn everything_by_and_about_a_person_is_erased_and_the_log_still_verifies() {
    for world in worlds().await {
        world.insert_api_key("key-7", "u-7").await;
        let mut through_key = Made::by(&world.acme, "users.read", "key-7");
        through_key.actor.kind = "api_key".into();
        let mut key_named_alike = Made::by(&world.acme, "users.read", "u-7");
        key_named_alike.actor.kind = "client".into();
        world.append(Made::by(&world.acme, "users.signed_in", "u-7").personal("email", "seven@example.com")).await;
        world
            .append(Made::by(&world.acme, "users.blocked", "u-1").about("user", "u-7").personal("email", "seven@example.com"))
            .await;
        world.append(through_key).await;
        world.append(key_named_alike).await;
        world.append(Made::by(&world.acme, "users.blocked", "u-1").about("user", "u-8")).await;
        world.append(Made::by(&world.beta, "users.signed_in", "u-7")).await;
        sequencer::flush(&world.services).await.unwrap();
        assert_eq!(world.personal_and_erased().await, (7, 0));

        assert_eq!(world.erase("u-7").await, 3);
        assert_eq!(world.personal_and_erased().await, (2, 5));
        assert_eq!(world.erase("u-7").await, 0);
        let left: Vec<(i64,)> =
            world.rows(store::platform_sql!("SELECT count(*) AS a FROM events WHERE personal LIKE '%seven%'")).await;
        assert_eq!(left, [(0,)]);
        let others: Vec<(String,)> =
            world.rows(store::platform_sql!("SELECT personal AS a FROM events WHERE org_id = 'org-beta'")).await;
        assert!(others[0].0.contains("192.0.2.1"), "another organization keeps its own");
    }
}

#[tokio::test]
async fn what_has_no_place_yet_is_erased_too() {
    for world in worlds().await {
        world.append(Made::by(&world.acme, "users.signed_in", "u-7")).await;
        world.append(Made::by(&world.acme, "users.blocked", "u-1").about("user", "u-7")).await;
        world.append(Made::by(&world.acme, "users.blocked", "u-77").about("role", "u-7")).await;
        assert_eq!(world.erase("u-7").await, 2);
        assert_eq!(world.personal_and_erased().await, (1, 2));
    }
}

#[tokio::test]
async fn an_erased_entry_still_shows_what_happened() {
    for world in worlds().await {
        world.append(Made::by(&world.acme, "users.blocked", "u-1").about("user", "u-7").public("reason", "abuse")).await;
        world.erase("u-7").await;
        let entry = &world.get("/admin/audit-logs/1").await["data"];
        assert_eq!((&entry["eventType"], &entry["targetId"]), (&json!("users.blocked"), &json!("u-7")));
        assert_eq!((&entry["statusReason"], &entry["ipAddress"]), (&json!("abuse"), &json!(null)));
    }
}

#[tokio::test]
async fn retention_erases_what_is_over_and_nothing_else() {
    for world in worlds().await {
        world.append_many(&world.acme, 1200).await;
        world.clock.advance(Duration::from_hours(24));
        world.append_many(&world.acme, 3).await;
        sequencer::flush(&world.services).await.unwrap();
        world.clock.advance(Duration::from_hours(24 * 29 + 1));

        let mut enforcer = crate::retention::Enforcer::default();
        enforcer.enforce(&world.services, &world.acme).await.unwrap();
        assert_eq!(world.personal_and_erased().await, (1203, 0), "it is off until somebody wants it");

        let wanted = Some(json!({"retentionDays": 30, "autoDelete": true}));
        world.send(flow::Method::Patch, "/orgs/acme/api/v1/admin/audit-logs/retention", wanted).await.unwrap();
        for _ in 0..2 {
            let acme = world.store().find_org("acme").await.unwrap().unwrap();
            enforcer.enforce(&world.services, &acme).await.unwrap();
        }
        assert_eq!(world.personal_and_erased().await, (3, 1200));
        let recorded = world.get("/admin/audit-logs?eventType=audit_logs.personal_values_expired&sortDir=ASC").await;
        let erased: Vec<i64> = recorded["data"].as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()).collect();
        assert_eq!(erased.len(), 3);
        let detail = &world.get(&format!("/admin/audit-logs/{}", erased[0])).await["data"];
        assert_eq!((&detail["actorType"], &detail["actorId"]), (&json!("system"), &json!("retention")));
        assert_eq!(detail["context"]["events"], 500);
        assert!(matches!(Actor::System("retention").id(), Some("retention")));
    }
}
