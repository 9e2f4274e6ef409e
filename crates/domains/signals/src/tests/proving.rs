//! Proofs from the API verify without the server.

use crate::testing::{Made, World, worlds};
use crate::{checkpoints, sequencer};
use jose::encoding::decode_base64;
use ledger::checkpoint::Checkpoint;
use ledger::merkle::{Hash, leaf_hash, verify_consistency, verify_inclusion};
use ledger::note::VerifierKey;
use ledger::personal::Personal;
use serde_json::Value;

/// Hashes as the API writes them.
pub(super) fn hashes(list: &Value) -> Vec<Hash> {
    list.as_array().unwrap().iter().map(hash).collect()
}
fn hash(text: &Value) -> Hash {
    decode_base64(text.as_str().unwrap()).unwrap().try_into().unwrap()
}

impl World {
    async fn checkpoint(&self) -> Checkpoint {
        let key = VerifierKey::parse(&self.key().await).unwrap();
        Checkpoint::open(&self.get_text("/admin/audit-logs/checkpoint").await, &key).unwrap()
    }
}

#[tokio::test]
async fn an_entry_is_proven_to_be_in_the_log_at_any_length() {
    for world in worlds().await {
        let world = world.with_log().await;
        let head = world.checkpoint().await;
        assert_eq!(head.size, 600);
        for (id, query, size) in [(1, "", 600), (301, "", 600), (600, "", 600), (301, "?size=301", 301), (2, "?size=257", 257)] {
            let proof = &world.get(&format!("/admin/audit-logs/{id}/proof{query}")).await["data"];
            let leaf = proof["leaf"].as_str().unwrap();
            let root = hash(&proof["rootHash"]);
            assert_eq!(proof["treeSize"], size);
            verify_inclusion(&leaf_hash(leaf.as_bytes()), id - 1, size, &hashes(&proof["proof"]), &root).unwrap();
            if size == 600 {
                assert_eq!(root, head.root);
                assert!(proof["checkpoint"].as_str().unwrap().contains("\n600\n"));
            }
        }
    }
}

#[tokio::test]
async fn a_proof_shows_that_personal_values_are_those_recorded() {
    for world in worlds().await {
        world.append(Made::by(&world.acme, "users.blocked", "u-1").personal("email", "ada@example.com")).await;
        let proof = &world.get("/admin/audit-logs/1/proof").await["data"];
        let leaf = ledger::leaf::Leaf::parse(proof["leaf"].as_str().unwrap()).unwrap();
        let email = Personal::from_json(proof["personal"]["email"].clone()).unwrap();
        assert!(email.fits("email", &leaf.commitments["email"]));
    }
}

#[tokio::test]
async fn the_log_is_proven_to_have_only_grown() {
    for world in worlds().await {
        let world = world.with_log().await;
        let earlier = world.checkpoint().await;
        world.append_many(&world.acme, 200).await;
        let later = world.checkpoint().await;
        let proof = &world.get("/admin/audit-logs/consistency?from=600").await["data"];
        verify_consistency(600, &earlier.root, 800, &later.root, &hashes(&proof["proof"])).unwrap();
        assert_eq!((hash(&proof["fromRootHash"]), hash(&proof["toRootHash"])), (earlier.root, later.root));
        for (from, to) in [(0, 800), (1, 800), (256, 700), (255, 257), (800, 800)] {
            let proof = &world.get(&format!("/admin/audit-logs/consistency?from={from}&to={to}")).await["data"];
            let (old, new) = (hash(&proof["fromRootHash"]), hash(&proof["toRootHash"]));
            verify_consistency(from, &old, to, &new, &hashes(&proof["proof"])).unwrap();
        }
    }
}

#[tokio::test]
async fn what_lies_outside_the_log_is_refused() {
    let world = World::start().await.with_log().await;
    for (path, code) in [
        ("/admin/audit-logs/60100/proof", "audit_logs.not_found"),
        ("/admin/audit-logs/0/proof", "audit_logs.not_found"),
        ("/admin/audit-logs/-9223372036854775808/proof", "audit_logs.not_found"),
        ("/admin/audit-logs/x/proof", "validation_error"),
        ("/admin/audit-logs/300/proof?size=299", "validation_error"),
        ("/admin/audit-logs/300/proof?size=60100", "validation_error"),
        ("/admin/audit-logs/consistency", "validation_error"),
        ("/admin/audit-logs/consistency?from=5&to=4", "validation_error"),
        ("/admin/audit-logs/consistency?from=-1", "validation_error"),
        ("/admin/audit-logs/consistency?from=0&to=100000", "validation_error"),
    ] {
        assert_eq!(world.get_fault(path).await.code, code, "{path}");
    }
}

#[tokio::test]
async fn a_damaged_log_proves_nothing() {
    for sql in [
        "UPDATE events SET leaf = leaf || ' ' WHERE seq = (SELECT seq FROM log_entries WHERE org_id = 'org-acme' AND idx = 299)",
        "UPDATE log_entries SET leaf_hash = zeroblob(32) WHERE org_id = 'org-acme' AND idx = 299",
    ] {
        let world = World::start().await.with_log().await;
        sequencer::flush(&world.services).await.unwrap();
        world.tamper(sql);
        let fault = world.get_fault("/admin/audit-logs/300/proof").await;
        assert_eq!(fault.detail.as_deref(), Some("entry 299 of the log is damaged"));
    }
}

#[tokio::test]
async fn the_head_is_signed_once_and_again_when_it_moved() {
    for world in worlds().await {
        let world = world.with_log().await;
        let first = world.get_text("/admin/audit-logs/checkpoint").await;
        world.clock.advance(std::time::Duration::from_secs(5));
        assert_eq!(world.get_text("/admin/audit-logs/checkpoint").await, first);
        world.append_many(&world.acme, 1).await;
        let second = world.get_text("/admin/audit-logs/checkpoint").await;
        assert_ne!(second, first);
        let behind = checkpoints::behind(&world.services).await.unwrap();
        assert_eq!(behind.into_iter().collect::<Vec<_>>(), [world.beta.id().clone()]);
    }
}

#[tokio::test]
async fn the_key_of_a_log_is_made_once_and_never_leaves_its_organization() {
    for world in worlds().await {
        assert_eq!(world.get_fault("/.well-known/audit-log-key").await.code, "audit_logs.no_key");
        let both =
            tokio::join!(checkpoints::publish(&world.services, &world.acme), checkpoints::publish(&world.services, &world.acme),);
        both.0.unwrap();
        both.1.unwrap();
        let key = world.key().await;
        assert!(key.starts_with("lumoauth/id.example.com/orgs/acme+"));
        checkpoints::publish(&world.services, &world.beta).await.unwrap();

        if world.is_sqlite() {
            world.tamper(
                "UPDATE signing_keys SET sealed_key = (SELECT sealed_key FROM signing_keys WHERE org_id = 'org-acme') \
                 WHERE org_id = 'org-beta'",
            );
            world.append_many(&world.beta, 1).await;
            sequencer::flush(&world.services).await.unwrap();
            assert!(checkpoints::publish(&world.services, &world.beta).await.is_err());
        }
    }
}
