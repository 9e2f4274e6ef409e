//! What the log holds of a sign-in and a grant, that it can be proven, and that it can be taken along.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::encoding::decode_base64;
use kernel::Rng;
use ledger::checkpoint::Checkpoint;
use ledger::leaf::Leaf;
use ledger::merkle::{Hash, leaf_hash, verify_consistency, verify_inclusion};
use ledger::note::VerifierKey;
use ledger::verify::{Trust, verify, verify_with};
use serde_json::{Value, json};
use suite_journeys::admin::{call, get, login, make_user, post, user_id};
use suite_journeys::code::{Ask, authorize};
use suite_journeys::pages::{sign_in, try_sign_in};
use suite_journeys::record::{entries, latest};
use suite_journeys::shape::{expect_shape, members};
use suite_journeys::tokens::{Client, Tokens, expect_error, part, web_tokens};
use testkit::{SeededRng, TestApp, databases};

#[tokio::test]
async fn a_sign_in_is_recorded_with_who_and_where_from() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let user = user_id(&app, &app.notes.user.email).await;
        try_sign_in(&app, &mut app.browser(), &app.notes.user.email, "wrong").await.expect(401);
        let mut browser = app.browser().from("203.0.113.7".parse().unwrap());
        sign_in(&app, &mut browser, &app.notes.user).await;

        let failed = latest(&app, "users.sign_in_failed").await;
        assert_eq!(
            (&failed["severity"], &failed["status"], &failed["targetId"]),
            (&json!("warning"), &json!("refused"), &json!(user)),
            "{failed:#}"
        );
        assert_eq!((&failed["statusReason"], &failed["actorType"]), (&json!("wrong_credentials"), &json!("anonymous")));
        let event = latest(&app, "users.signed_in").await;
        assert_eq!(
            (&event["targetType"], &event["targetId"], &event["targetName"]),
            (&json!("user"), &json!(user), &json!("Demo User")),
            "{event:#}"
        );
        assert_eq!(
            (&event["ipAddress"], &event["authMethod"], &event["status"]),
            (&json!("203.0.113.7"), &json!("password"), &json!("success"))
        );
        assert!(event["requestId"].is_string() && event["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
}

#[tokio::test]
async fn a_grant_is_recorded_with_the_id_of_its_token() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let user = user_id(&app, &app.notes.user.email).await;
        let client = app.notes.web_client.client_id.clone();
        let code = authorize(&app, &mut app.browser(), &app.notes.user, &Ask::web(&app).with("scope", "openid offline_access"))
            .await
            .code();
        let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
        let renewed = Tokens::of(Client::web(&app).refresh(&app, tokens.refresh()).await);
        app.service_token("reports:read").await;

        let consent = latest(&app, "authorization.consented").await;
        assert_eq!((&consent["targetId"], &consent["actorId"]), (&json!(client), &json!(user)), "{consent:#}");
        let issued = entries(&app, "tokens.issued").await;
        assert_eq!(issued.len(), 3, "{issued:#?}");
        let of_grant =
            |grant: &str| issued.iter().find(|event| event["context"]["grant"] == grant).unwrap_or_else(|| panic!("{issued:#?}"));
        for (grant, token) in [("authorization_code", &tokens), ("refresh_token", &renewed)] {
            let event = of_grant(grant);
            assert_eq!(event["context"]["jti"], part(token.access(), 1)["jti"], "{event:#}");
            assert_eq!((&event["context"]["subject"], &event["clientId"]), (&json!(user), &json!(client)), "{event:#}");
        }
        assert_eq!(of_grant("client_credentials")["targetId"], app.notes.service_client.client_id);

        expect_error(Client::web(&app).redeem(&app, &code).await, 400, "invalid_grant");
        let reuse = entries(&app, "oauth.security.code_reuse_detected").await;
        assert_eq!(reuse.len(), 1, "the published name of a replayed code");
        assert!(["warning", "error"].contains(&reuse[0]["severity"].as_str().unwrap()));
        assert_eq!(reuse[0]["status"], "refused");
    }
}

#[tokio::test]
async fn refusals_and_faults_are_recorded_too() {
    let app = TestApp::start().await;
    let before = get(&app, "/admin/audit-logs?result=refused").await.expect(200).json()["meta"]["total"].as_i64().unwrap();
    app.get(&app.api("/admin/users")).send().await.expect(401);
    expect_error(Client { secret: Some("x".to_owned()), ..Client::web(&app) }.refresh(&app, "x").await, 401, "invalid_client");
    get(&app, "/admin/users/nobody%40people.example").await.expect(404);
    let refused = get(&app, "/admin/audit-logs?result=refused").await.expect(200).json();
    assert_eq!(refused["meta"]["total"].as_i64().unwrap(), before + 3, "{refused:#}");
}

#[tokio::test]
async fn entries_have_the_published_shape() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        web_tokens(&app, "openid").await;
        let list = get(&app, "/admin/audit-logs").await.expect(200).json();
        expect_shape(&list, "log");
        assert_eq!(list["meta"], list["pagination"]);
        let rows = list["data"].as_array().unwrap();
        let ids: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "latest first: {ids:?}");
        for row in rows {
            assert!(["info", "warning", "error"].contains(&row["severity"].as_str().unwrap()), "{row}");
            for detail in members("log_entry_detail").iter().filter(|name| !members("log_entry").contains(*name)) {
                assert!(row.get(*detail).is_none(), "{detail} belongs to the single entry");
            }
            let one = get(&app, &format!("/admin/audit-logs/{}", row["id"])).await.expect(200).json();
            expect_shape(&one, "one_log_entry");
            assert_eq!(one["data"]["eventType"], row["eventType"]);
        }
        expect_shape(&get(&app, "/admin/audit-logs/actions").await.expect(200).json(), "log_names");
        expect_shape(&get(&app, "/admin/audit-logs/stats").await.expect(200).json(), "log_stats");
        expect_shape(&get(&app, "/admin/audit-logs/retention").await.expect(200).json(), "retention");
        let kept = json!({ "retentionDays": 120, "autoDelete": true });
        let changed = call(&app, "PUT", "/admin/audit-logs/retention", Some(&kept)).await.expect(200).json();
        assert_eq!((&changed["data"]["retentionDays"], &changed["data"]["autoDelete"]), (&json!(120), &json!(true)));
        assert_eq!(get(&app, "/admin/audit-logs/99999999").await.status, 404);
    }
}

#[tokio::test]
async fn both_generations_of_filters_find_the_same() {
    let app = TestApp::start().await;
    let id = make_user(&app, &login("filtered"), json!({})).await;
    post(&app, &format!("/admin/users/{id}/block")).await.expect(200);
    let admin = latest(&app, "users.blocked").await["actorId"].as_str().unwrap().to_owned();
    for (old, new) in [
        ("eventType=users.blocked", "action=users.blocked"),
        (&format!("actorId={admin}")[..], &format!("userId={admin}")[..]),
        ("targetType=user", "resourceType=user"),
        ("from=2026-11-01", "startDate=2026-11-01"),
        ("to=2026-12-31", "endDate=2026-12-31"),
    ] {
        let [old, new] = [old, new].map(|filter| format!("/admin/audit-logs?{filter}&limit=100"));
        let (old, new) = (get(&app, &old).await.expect(200).json(), get(&app, &new).await.expect(200).json());
        assert!(old["meta"]["total"].as_i64().unwrap() > 0);
        assert_eq!(old["data"], new["data"]);
    }
    let of_target = get(&app, &format!("/admin/audit-logs?targetId={id}")).await.expect(200).json();
    let names: Vec<&str> = of_target["data"].as_array().unwrap().iter().map(|row| row["eventType"].as_str().unwrap()).collect();
    assert_eq!(names, ["users.blocked", "users.created"]);
    assert_eq!(get(&app, "/admin/audit-logs?from=2027-01-01").await.expect(200).json()["meta"]["total"], 0);
}

fn hash(value: &Value) -> Hash {
    decode_base64(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

fn hashes(values: &Value) -> Vec<Hash> {
    values.as_array().unwrap().iter().map(hash).collect()
}

async fn log_key(app: &TestApp) -> String {
    app.get(&app.api("/.well-known/audit-log-key")).send().await.expect(200).text().trim().to_owned()
}

#[tokio::test]
async fn an_entry_is_proven_to_be_in_the_signed_log() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        web_tokens(&app, "openid").await;
        let key = VerifierKey::parse(&log_key(&app).await).unwrap();
        let note = get(&app, "/admin/audit-logs/checkpoint").await.expect(200).text();
        let head = Checkpoint::open(&note, &key).unwrap();
        assert!(head.size > 10, "{note}");
        for id in [1, 2, i64::try_from(head.size).unwrap()] {
            let path = format!("/admin/audit-logs/{id}/proof?size={}", head.size);
            let proof = get(&app, &path).await.expect(200).json()["data"].clone();
            let leaf = proof["leaf"].as_str().unwrap();
            assert_eq!(hash(&proof["leafHash"]), leaf_hash(leaf.as_bytes()));
            assert_eq!(hash(&proof["rootHash"]), head.root, "{database:?}: the root the checkpoint signs");
            let index = proof["leafIndex"].as_u64().unwrap();
            verify_inclusion(&leaf_hash(leaf.as_bytes()), index, head.size, &hashes(&proof["proof"]), &head.root).unwrap();
            let other = leaf.replace("info", "none");
            assert!(
                other == leaf
                    || verify_inclusion(&leaf_hash(other.as_bytes()), index, head.size, &hashes(&proof["proof"]), &head.root)
                        .is_err()
            );
            let shown = get(&app, &format!("/admin/audit-logs/{id}")).await.expect(200).json();
            let parsed = Leaf::parse(leaf).unwrap();
            assert_eq!(
                (json!(parsed.name), json!(parsed.severity.as_str())),
                (shown["data"]["eventType"].clone(), shown["data"]["severity"].clone())
            );
        }
        // The log grows, and can show that it only grew.
        app.service_token("").await;
        let note = get(&app, "/admin/audit-logs/checkpoint").await.expect(200).text();
        let later = Checkpoint::open(&note, &key).unwrap();
        assert!(later.size > head.size);
        let path = format!("/admin/audit-logs/consistency?from={}&to={}", head.size, later.size);
        let proof = get(&app, &path).await.expect(200).json()["data"].clone();
        assert_eq!((hash(&proof["fromRootHash"]), hash(&proof["toRootHash"])), (head.root, later.root));
        verify_consistency(head.size, &head.root, later.size, &later.root, &hashes(&proof["proof"])).unwrap();
    }
}

#[tokio::test]
async fn the_log_survives_a_restart_and_another_key_does_not_fit() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let before = Checkpoint::open(
            &get(&app, "/admin/audit-logs/checkpoint").await.expect(200).text(),
            &VerifierKey::parse(&log_key(&app).await).unwrap(),
        )
        .unwrap();
        let key = log_key(&app).await;
        let app = app.restart().await;
        assert_eq!(log_key(&app).await, key);
        let after = Checkpoint::open(
            &get(&app, "/admin/audit-logs/checkpoint").await.expect(200).text(),
            &VerifierKey::parse(&key).unwrap(),
        )
        .unwrap();
        assert!(after.size >= before.size && after.origin == before.origin, "{database:?}");
        let platform = app.get("/orgs/platform/api/v1/.well-known/audit-log-key").send().await.expect(200).text();
        let note = get(&app, "/admin/audit-logs/checkpoint").await.expect(200).text();
        assert!(
            Checkpoint::open(&note, &VerifierKey::parse(platform.trim()).unwrap()).is_err(),
            "each organization has a key of its own"
        );
    }
}

#[tokio::test]
async fn exports_prove_themselves() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        web_tokens(&app, "openid").await;
        let key = log_key(&app).await;
        for (format, media) in [("csv", "text/csv; charset=utf-8"), ("proof", "application/x-ndjson")] {
            let answered = get(&app, &format!("/admin/audit-logs/export?format={format}")).await.expect(200);
            assert_eq!(answered.header("content-type"), media);
            assert!(answered.header("content-disposition").contains("attachment"), "{}", answered.header("content-disposition"));
            let report = verify(answered.body.as_slice(), Some(&key)).unwrap();
            assert!(
                report.key_is_trusted && report.entries > 10 && report.personal_fields > 0,
                "{database:?} {format}: {report:?}"
            );
            let changed = answered.text().replacen("users.signed_in", "users.signed_on", 1);
            assert_ne!(changed, answered.text());
            verify(changed.as_bytes(), Some(&key)).unwrap_err();
            let shortened: String =
                answered.text().lines().enumerate().filter(|(n, _)| *n != 5).flat_map(|(_, line)| [line, "\n"]).collect();
            verify(shortened.as_bytes(), Some(&key)).unwrap_err();
        }
        let default = get(&app, "/admin/audit-logs/export").await.expect(200);
        assert_eq!(default.header("content-type"), "text/csv; charset=utf-8");

        let document = get(&app, "/admin/audit-logs/export?format=json").await.expect(200).json();
        expect_shape(&document, "log_export");
        assert_eq!(document["meta"]["total"].as_u64().unwrap(), document["data"].as_array().unwrap().len() as u64);
        let head =
            Checkpoint::open(document["meta"]["checkpoint"].as_str().unwrap(), &VerifierKey::parse(&key).unwrap()).unwrap();
        for entry in document["data"].as_array().unwrap() {
            let proof = &entry["proof"];
            let leaf = leaf_hash(proof["leaf"].as_str().unwrap().as_bytes());
            let index = proof["leafIndex"].as_u64().unwrap();
            verify_inclusion(&leaf, index, head.size, &hashes(&proof["inclusion"]), &head.root).unwrap();
        }
        assert_eq!(entries(&app, "audit_logs.exported").await.len(), 4, "exports are recorded");
    }
}

#[tokio::test]
async fn a_filtered_export_proves_each_entry_and_an_earlier_checkpoint_fits_a_whole_one() {
    let app = TestApp::start().await;
    web_tokens(&app, "openid").await;
    let key = log_key(&app).await;
    let earlier = get(&app, "/admin/audit-logs/checkpoint").await.expect(200).text();
    app.service_token("").await;
    let some = get(&app, "/admin/audit-logs/export?format=proof&eventType=tokens.issued").await.expect(200);
    assert_eq!(verify(some.body.as_slice(), Some(&key)).unwrap().entries, 2);
    let whole = get(&app, "/admin/audit-logs/export?format=proof").await.expect(200);
    verify_with(whole.body.as_slice(), Trust { key: Some(&key), earlier: Some(&earlier) }).unwrap();
    let other = earlier.replacen('\n', "x\n", 1);
    verify_with(whole.body.as_slice(), Trust { key: Some(&key), earlier: Some(&other) }).unwrap_err();
    let mut bytes = [0; 1];
    SeededRng::new(3).fill(&mut bytes);
    let mut flipped = whole.body.clone();
    let place = flipped.len() / 2;
    flipped[place] ^= bytes[0] | 1;
    verify(flipped.as_slice(), Some(&key)).unwrap_err();
}

#[tokio::test]
async fn every_number_in_the_log_is_taken_once() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        for _ in 0..3 {
            app.service_token("").await;
            get(&app, "/admin/audit-logs").await.expect(200);
        }
        let total = get(&app, "/admin/audit-logs").await.expect(200).json()["meta"]["total"].as_i64().unwrap();
        let mut ids = Vec::new();
        for page in 1..=total / 100 + 1 {
            let list = get(&app, &format!("/admin/audit-logs?limit=100&sortDir=ASC&page={page}")).await.expect(200).json();
            ids.extend(list["data"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()));
        }
        assert_eq!(ids, (1..=total).collect::<Vec<_>>(), "{database:?}");
    }
}
