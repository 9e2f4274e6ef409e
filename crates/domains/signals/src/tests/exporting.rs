//! Exports verify, and stop to when a byte in the database changes.

use crate::testing::{Made, World, worlds};
use crate::{Exported, checkpoints, export_log, sequencer};
use ledger::export::Selection;
use ledger::verify::{Failure, Reason, Report, Trust, verify, verify_with};
use serde_json::Value;

impl World {
    /// Export acme's log and verify it against the published key.
    async fn export(&self) -> (Exported, Result<Report, Failure>) {
        let mut file = Vec::new();
        let exported = export_log(&self.services, &self.acme, &mut file).await.unwrap();
        (exported, verify(file.as_slice(), Some(self.key().await.as_str())))
    }
    pub(super) async fn key(&self) -> String {
        self.get_text("/.well-known/audit-log-key").await.trim_end().to_owned()
    }
    /// A log of a few tiles, with personal values, and another organization's between.
    pub(super) async fn with_log(self) -> Self {
        self.append_many(&self.acme, 300).await;
        self.append_many(&self.beta, 7).await;
        self.append(Made::by(&self.acme, "users.blocked", "u-1").about("user", "u-2").personal("email", "ada@example.com")).await;
        self.append_many(&self.acme, 299).await;
        checkpoints::publish(&self.services, &self.acme).await.unwrap();
        self
    }
}

#[tokio::test]
async fn a_whole_log_verifies_offline() {
    for world in worlds().await {
        let world = world.with_log().await;
        let (exported, report) = world.export().await;
        let report = report.unwrap();
        assert_eq!(exported, Exported { entries: 600, damaged: vec![] });
        assert_eq!((report.entries, report.personal_fields, report.erased_fields), (600, 601, 0));
        assert_eq!(report.checkpoint.origin, "lumoauth/id.example.com/orgs/acme");
        assert_eq!(
            (report.org.as_str(), report.selection, report.key_is_trusted),
            (world.acme.id().as_str(), Selection::Whole, true)
        );
    }
}

#[tokio::test]
async fn an_empty_log_can_be_exported() {
    for world in worlds().await {
        checkpoints::publish(&world.services, &world.acme).await.unwrap();
        let (exported, report) = world.export().await;
        assert_eq!((exported.entries, report.unwrap().entries), (0, 0));
    }
}

#[tokio::test]
async fn the_log_outlives_a_restart_and_still_begins_as_it_did() {
    for world in worlds().await {
        let world = world.with_log().await;
        sequencer::flush(&world.services).await.unwrap();
        let earlier = checkpoints::publish(&world.services, &world.acme).await.unwrap();
        let world = world.restart().await;
        world.append_many(&world.acme, 50).await;
        let mut file = Vec::new();
        export_log(&world.services, &world.acme, &mut file).await.unwrap();
        let key = world.key().await;
        let trust = Trust { key: Some(key.as_str()), earlier: Some(earlier.note.as_str()) };
        assert_eq!(verify_with(file.as_slice(), trust).unwrap().entries, 650);
    }
}

/// What a byte changed behind the server's back does to the export of the whole log.
#[tokio::test]
async fn one_changed_byte_in_the_database_is_found_and_its_entry_named() {
    let of_entry = |index: u64| format!("(SELECT seq FROM log_entries WHERE org_id = 'org-acme' AND idx = {index})");
    let cases: [(&str, String, u64, &[u64]); 7] = [
        (
            "leaf",
            format!("UPDATE events SET leaf = replace(leaf, '\"info\"', '\"inf0\"') WHERE seq = {}", of_entry(17)),
            17,
            &[17],
        ),
        ("leaf of the last tile", format!("UPDATE events SET leaf = leaf || ' ' WHERE seq = {}", of_entry(599)), 599, &[599]),
        (
            "value",
            format!("UPDATE events SET personal = replace(personal, '192.0.2.1', '192.0.2.2') WHERE seq = {}", of_entry(256)),
            256,
            &[],
        ),
        (
            "salt",
            format!(
                "UPDATE events SET personal = replace(personal, '\"salt\":\"', '\"salt\":\"A') WHERE seq = {}",
                of_entry(300)
            ),
            300,
            &[],
        ),
        ("not UTF-8", format!("UPDATE events SET leaf = CAST(x'7bff7d' AS TEXT) WHERE seq = {}", of_entry(31)), 31, &[31]),
        ("removed event", format!("DELETE FROM events WHERE seq = {}", of_entry(400)), 400, &[400]),
        (
            "another event in its place",
            format!("UPDATE log_entries SET seq = {} WHERE org_id = 'org-acme' AND idx = 5", of_entry(300)),
            5,
            &[5],
        ),
    ];
    for (what, sql, index, damaged) in cases {
        let world = World::start().await.with_log().await;
        sequencer::flush(&world.services).await.unwrap();
        world.tamper(&sql);
        let (exported, report) = world.export().await;
        let failure = report.expect_err(what);
        assert_eq!((failure.index, exported.damaged.as_slice()), (Some(index), damaged), "{what}: {failure}");
    }
}

#[tokio::test]
async fn a_changed_hash_in_the_database_is_found_and_its_entry_named() {
    let flip = "substr(leaf_hash, 1, 7) || x'00' || substr(leaf_hash, 9)";
    for (what, sql, damaged) in [
        (
            "hash",
            format!("UPDATE log_entries SET leaf_hash = CAST({flip} AS BLOB) WHERE org_id = 'org-acme' AND idx = 290"),
            &[290][..],
        ),
        ("short hash", "UPDATE log_entries SET leaf_hash = x'00' WHERE org_id = 'org-acme' AND idx = 290".to_owned(), &[290]),
        ("removed entry", "DELETE FROM log_entries WHERE org_id = 'org-acme' AND idx = 290".to_owned(), &[290]),
    ] {
        let world = World::start().await.with_log().await;
        sequencer::flush(&world.services).await.unwrap();
        world.tamper(&sql);
        let (exported, report) = world.export().await;
        let reason = report.expect_err(what).reason;
        assert!(matches!(reason, Reason::Tile { from: 256, to: 511, .. }), "{what}: {reason}");
        assert_eq!(exported.damaged, damaged, "{what}");
    }
    let world = World::start().await.with_log().await;
    sequencer::flush(&world.services).await.unwrap();
    world.tamper("UPDATE log_nodes SET hash = zeroblob(32) WHERE org_id = 'org-acme'");
    assert!(world.export().await.1.is_err(), "a stored node");
}

#[tokio::test]
async fn every_format_of_the_api_carries_its_proof() {
    for world in worlds().await {
        let world = world.with_log().await;
        let key = world.key().await;
        for (query, selection, entries) in [
            ("", "whole", 600),
            ("eventType=users.blocked", "filtered", 1),
            ("ipAddress=192.0.2.1&targetId=u-2", "filtered", 1),
            ("eventType=users.nothing", "filtered", 0),
        ] {
            let selection_of = |format: &str, text: &str| {
                let report =
                    verify(text.as_bytes(), Some(key.as_str())).unwrap_or_else(|failure| panic!("{format} {query}: {failure}"));
                (report.selection.name(), report.entries)
            };
            let csv = world.get_text(&format!("/admin/audit-logs/export?{query}")).await;
            assert_eq!(selection_of("csv", &csv), (selection, entries));
            // Each export is an entry itself.
            let more = u64::from(query.is_empty());
            let proof = world.get_text(&format!("/admin/audit-logs/export?format=proof&{query}")).await;
            assert_eq!(selection_of("proof", &proof), (selection, entries + more));
        }
    }
}

#[tokio::test]
async fn the_json_export_has_the_published_shape_and_proves_each_entry() {
    for world in worlds().await {
        let world = world.with_log().await;
        let export = world.get("/admin/audit-logs/export?format=json&actorId=u-1").await;
        assert_eq!(export["meta"]["total"], 1);
        assert_eq!(export["meta"]["exportedAt"], "2026-11-23T08:00:00Z");
        let entry = &export["data"][0];
        assert_eq!((&entry["id"], &entry["eventType"]), (&Value::from(301), &Value::from("users.blocked")));

        let key = ledger::note::VerifierKey::parse(export["meta"]["logKey"].as_str().unwrap()).unwrap();
        let note = export["meta"]["checkpoint"].as_str().unwrap();
        let checkpoint = ledger::checkpoint::Checkpoint::open(note, &key).unwrap();
        let hash = ledger::merkle::leaf_hash(entry["proof"]["leaf"].as_str().unwrap().as_bytes());
        let inclusion = super::proving::hashes(&entry["proof"]["inclusion"]);
        ledger::merkle::verify_inclusion(&hash, 300, checkpoint.size, &inclusion, &checkpoint.root).unwrap();
        assert_eq!(entry["proof"]["personal"]["email"]["value"], "ada@example.com");
    }
}

#[tokio::test]
async fn an_export_is_recorded_with_what_was_asked_for_as_a_personal_value() {
    for world in worlds().await {
        world.get_text("/admin/audit-logs/export?search=ada").await;
        let entry = &world.get("/admin/audit-logs?eventType=audit_logs.exported").await["data"][0];
        assert_eq!((&entry["actorType"], &entry["actorId"]), (&Value::from("client"), &Value::from("client_audit")));
        let entry = world.get(&format!("/admin/audit-logs/{}", entry["id"])).await;
        assert_eq!(entry["data"]["context"]["criteria"], "entries with search=ada");
        assert_eq!(entry["data"]["context"]["format"], "csv");
    }
}
