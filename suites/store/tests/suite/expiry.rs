//! No table of tokens grows without end, and nothing is forgotten too early.

use crate::database::{NOW, OwnedArgs, count, on_both, organization, run, user};
use kernel::Timestamp;
use std::time::Duration;
use store::{Arg, Org, Store};

/// Each table, a statement that inserts the row `:id` that ends at `:end`, and for how many minutes after that it is kept.
const TABLES: &[(&str, &str, u64)] = &[
    (
        "SELECT count(*) AS a FROM sessions",
        "INSERT INTO sessions (org_id, id, user_id, secret_hash, public_id, acr, amr, authenticated_at, created_at, seen_at, expires_at) \
         VALUES (:owner, :id, 'ada', :hash, :id, '', '', 0, 0, 0, :end)",
        24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM session_clients",
        "INSERT INTO session_clients (org_id, sid, client_id, user_id, created_at, expires_at) VALUES (:owner, :id, 'c', 'ada', 0, :end)",
        24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM issued_tokens",
        "INSERT INTO issued_tokens (org_id, jti, client_id, scopes, created_at, expires_at) VALUES (:owner, :id, 'c', '', 0, :end)",
        60,
    ),
    (
        "SELECT count(*) AS a FROM logout_deliveries",
        "INSERT INTO logout_deliveries (org_id, id, client_id, user_id, sid, created_at, expires_at) \
         VALUES (:owner, :id, 'c', 'ada', 's', 0, :end)",
        24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM transactions",
        "INSERT INTO transactions (org_id, id, secret_hash, client_id, request, display, created_at, expires_at) \
         VALUES (:owner, :id, :hash, 'c', '{}', '{}', 0, :end)",
        60,
    ),
    (
        "SELECT count(*) AS a FROM authorization_codes",
        "INSERT INTO authorization_codes (org_id, id, secret_hash, client_id, user_id, family_id, facts, created_at, expires_at) \
         VALUES (:owner, :id, :hash, 'c', 'ada', 'f', '{}', 0, :end)",
        24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM refresh_tokens",
        "INSERT INTO refresh_tokens (org_id, id, secret_hash, family_id, client_id, user_id, facts, created_at, expires_at) \
         VALUES (:owner, :id, :hash, 'f', 'c', 'ada', '{}', 0, :end)",
        24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM grant_families",
        "INSERT INTO grant_families (org_id, id, client_id, user_id, scopes, created_at, expires_at) \
         VALUES (:owner, :id, 'c', 'ada', '', 0, :end)",
        24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM token_origins",
        "INSERT INTO token_origins (org_id, token, place, origin_jti, expires_at) VALUES (:owner, :id, 0, 'j', :end)",
        24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM mail_links",
        "INSERT INTO mail_links (org_id, id, user_id, purpose, secret_hash, email, created_at, expires_at) \
         VALUES (:owner, :id, 'ada', 'p', :hash, 'e', 0, :end)",
        24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM revoked_tokens",
        "INSERT INTO revoked_tokens (org_id, jti, expires_at) VALUES (:owner, :id, :end)",
        60,
    ),
    (
        "SELECT count(*) AS a FROM single_use",
        "INSERT INTO single_use (org_id, kind, value, expires_at) VALUES (:owner, 'jti', :id, :end)",
        60,
    ),
    ("SELECT count(*) AS a FROM used_proofs", "INSERT INTO used_proofs (minute, org_id, value) VALUES (:end, :owner, :hash)", 15),
    (
        "SELECT count(*) AS a FROM guess_counters",
        "INSERT INTO guess_counters (org_id, subject, failures, window_started_at, locked_until) VALUES (:owner, :id, 1, :end, 0)",
        48 * 60,
    ),
    (
        "SELECT count(*) AS a FROM jobs",
        "INSERT INTO jobs (id, org_id, kind, payload, run_at, created_at, failed_at) VALUES (:id, :owner, 'k', '{}', 0, 0, :end)",
        30 * 24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM invitations",
        "INSERT INTO invitations (org_id, email, email_key, status, secret_hash, created_at, sent_at, expires_at) \
         VALUES (:owner, 'e', :id, 'pending', :hash, 0, 0, :end)",
        90 * 24 * 60,
    ),
    (
        "SELECT count(*) AS a FROM pushed_requests",
        "INSERT INTO pushed_requests (org_id, id, secret_hash, client_id, request, created_at, expires_at) \
         VALUES (:owner, :id, :hash, 'c', '{}', 0, :end)",
        60,
    ),
];

const CLIENT: &str = "INSERT INTO clients (org_id, id, name, is_confidential, metadata, created_at, updated_at) VALUES (:owner, 'c', 'c', 0, '{}', 0, 0)";

const COMPANY: &str =
    "INSERT INTO companies (org_id, id, slug, name, created_at, updated_at) VALUES (:owner, 'globex', 'globex', 'Globex', 0, 0)";

async fn prepare(store: &Store) -> Org {
    let org = organization(store, "acme").await;
    user(store, &org, "ada").await;
    for insert in [CLIENT, COMPANY] {
        run(store, vec![(insert, vec![(":owner", Arg::from(org.id().to_string()))])]).await;
    }
    org
}

fn row(insert: &'static str, org: &Org, id: String, end: Timestamp) -> (&'static str, OwnedArgs) {
    let mut args = vec![(":owner", Arg::from(org.id().to_string())), (":end", end.into())];
    if insert.contains(":id") {
        args.push((":id", id.into()));
    }
    if insert.contains(":hash") {
        args.push((":hash", Arg::Bytes(b"hash")));
    }
    (insert, args)
}

on_both! {
    async fn what_ended_long_ago_is_deleted_and_what_did_not_is_kept(database) {
        let store = database.open().await;
        let org = prepare(&store).await;
        for (table, insert, minutes) in TABLES {
            let kept = Duration::from_mins(*minutes);
            let second = Duration::from_secs(1);
            run(&store, vec![
                row(insert, &org, "live".to_owned(), NOW.plus(kept)),
                row(insert, &org, "just ended".to_owned(), NOW.minus(second)),
                row(insert, &org, "may still be asked about".to_owned(), NOW.minus(kept)),
                row(insert, &org, "long gone".to_owned(), NOW.minus(kept).minus(second)),
            ]).await;
            assert_eq!(store.delete_expired(NOW, 100).await.unwrap(), 1, "{table}");
            assert_eq!(count(&store, table).await, 3, "{table}");
            assert_eq!(store.delete_expired(NOW, 100).await.unwrap(), 0, "{table}: a second time there is nothing to do");
        }
    }

    async fn the_oldest_go_first_and_never_more_than_a_batch(database) {
        let store = database.open().await;
        let org = prepare(&store).await;
        for (table, insert, _) in TABLES {
            let rows = (0..25).map(|number| row(insert, &org, format!("{table} {number}"), Timestamp::from_secs(number)));
            run(&store, rows.collect()).await;
        }
        let deleted = [(); 4].map(|()| 10_u32);
        let mut counts = Vec::new();
        for batch in deleted {
            counts.push(store.delete_expired(NOW, batch).await.unwrap());
        }
        let tables = u64::try_from(TABLES.len()).unwrap();
        assert_eq!(counts, [10 * tables, 10 * tables, 5 * tables, 0]);
    }

    async fn a_lock_that_still_holds_is_not_forgotten(database) {
        let store = database.open().await;
        let org = prepare(&store).await;
        run(&store, vec![
            row(TABLES.iter().find(|table| table.0.ends_with("guess_counters")).unwrap().1, &org, "s".to_owned(), Timestamp::from_secs(0)),
            ("UPDATE guess_counters SET locked_until = :end", vec![(":end", Arg::from(NOW))]),
        ]).await;
        assert_eq!(store.delete_expired(NOW, 100).await.unwrap(), 0);
        assert_eq!(store.delete_expired(NOW.plus(Duration::from_hours(49)), 100).await.unwrap(), 1);
    }

    async fn a_job_that_was_not_given_up_is_never_deleted(database) {
        let store = database.open().await;
        let org = prepare(&store).await;
        let args = vec![(":owner", Arg::from(org.id().to_string()))];
        run(&store, vec![("INSERT INTO jobs (id, org_id, kind, payload, run_at, created_at) VALUES ('j', :owner, 'k', '{}', 0, 0)", args)]).await;
        assert_eq!(store.delete_expired(NOW, 100).await.unwrap(), 0);
    }
}
