//! The very statements by which the product claims something, taken from its source: each is run against rows that may be claimed once,
//! and against rows that may not be claimed at all. A condition that is lost in one of them is seen here, whatever its caller looks at
//! besides.

use crate::database::{Database, NOW, count, event, leaves, on_both, org_sql, organization, over, run, user};
use crate::source::{Word, product};
use kernel::Timestamp;
use std::time::Duration;
use store::{Arg, Decision, OneOrg, Org, Store, Tx, Writes};

const RACERS: usize = 20;

/// A statement of the product, and the rows it meets.
struct Claim {
    /// How it begins.
    begins: &'static str,
    /// A row `:id` that may be claimed by Ada until `:end`.
    insert: &'static str,
    /// What makes of such a row one that may not, and why.
    spoiled: &'static [(&'static str, &'static str)],
}

const CODE: &str = "INSERT INTO authorization_codes (org_id, id, secret_hash, client_id, user_id, family_id, facts, created_at, expires_at) \
                    VALUES (:owner, :id, :hash, 'c', 'ada', 'f', '{}', 0, :end)";
const REFRESH: &str = "INSERT INTO refresh_tokens (org_id, id, secret_hash, family_id, client_id, user_id, facts, created_at, expires_at) \
     VALUES (:owner, :id, :hash, 'f', 'c', 'ada', '{}', 0, :end)";
const DEVICE: &str = "INSERT INTO decoupled_requests (org_id, id, kind, secret_hash, client_id, request, poll_interval, created_at, expires_at) \
     VALUES (:owner, :id, 'device', :hash, 'c', '{}', 5, 0, :end)";
const BACKCHANNEL: &str = "INSERT INTO decoupled_requests (org_id, id, kind, secret_hash, client_id, user_id, request, poll_interval, created_at, expires_at) \
                           VALUES (:owner, :id, 'backchannel', :hash, 'c', 'ada', '{}', 5, 0, :end)";
const APPROVED_DEVICE: &str = "INSERT INTO decoupled_requests (org_id, id, kind, secret_hash, client_id, user_id, request, state, family_id, facts, poll_interval, created_at, expires_at) \
                               VALUES (:owner, :id, 'device', :hash, 'c', 'ada', '{}', 'approved', :id, '{}', 5, 0, :end)";
const APPROVED_BACKCHANNEL: &str = "INSERT INTO decoupled_requests (org_id, id, kind, secret_hash, client_id, user_id, request, state, family_id, facts, poll_interval, created_at, expires_at) \
                                    VALUES (:owner, :id, 'backchannel', :hash, 'c', 'ada', '{}', 'approved', :id, '{}', 5, 0, :end)";

const CLIENT: &str = "INSERT INTO clients (org_id, id, name, is_confidential, metadata, created_at, updated_at) VALUES (:owner, 'c', 'c', 0, '{}', 0, 0)";

const REDEEM: &str = "UPDATE decoupled_requests SET redeemed_at = :now";
const APPROVE: &str = "UPDATE decoupled_requests SET state = 'approved'";
const DENY: &str = "UPDATE decoupled_requests SET state = 'denied'";

const REDEEMED: &[(&str, &str)] = &[
    ("redeemed before", "UPDATE decoupled_requests SET redeemed_at = 1 WHERE org_id = :owner AND id = :id"),
    ("too late", "UPDATE decoupled_requests SET expires_at = :now WHERE org_id = :owner AND id = :id"),
    ("undecided", "UPDATE decoupled_requests SET state = 'pending' WHERE org_id = :owner AND id = :id"),
    ("denied", "UPDATE decoupled_requests SET state = 'denied' WHERE org_id = :owner AND id = :id"),
    ("another one's", "UPDATE decoupled_requests SET id = 'other' WHERE org_id = :owner AND id = :id"),
];
const DECIDED: &[(&str, &str)] = &[
    ("approved before", "UPDATE decoupled_requests SET state = 'approved' WHERE org_id = :owner AND id = :id"),
    ("denied before", "UPDATE decoupled_requests SET state = 'denied' WHERE org_id = :owner AND id = :id"),
    ("too late", "UPDATE decoupled_requests SET expires_at = :now WHERE org_id = :owner AND id = :id"),
    ("waits for somebody else", "UPDATE decoupled_requests SET user_id = 'bob' WHERE org_id = :owner AND id = :id"),
    ("another one's", "UPDATE decoupled_requests SET id = 'other' WHERE org_id = :owner AND id = :id"),
];

const CLAIMS: &[Claim] = &[
    Claim {
        begins: "UPDATE authorization_codes SET redeemed_at = :now",
        insert: CODE,
        spoiled: &[
            ("redeemed before", "UPDATE authorization_codes SET redeemed_at = 1 WHERE org_id = :owner AND id = :id"),
            ("too late", "UPDATE authorization_codes SET expires_at = :now WHERE org_id = :owner AND id = :id"),
            ("of a session that is gone", "UPDATE authorization_codes SET session_id = 's' WHERE org_id = :owner AND id = :id"),
        ],
    },
    Claim {
        begins: "UPDATE refresh_tokens SET rotated_at = :now",
        insert: REFRESH,
        spoiled: &[
            ("rotated before", "UPDATE refresh_tokens SET rotated_at = 1 WHERE org_id = :owner AND id = :id"),
            ("too late", "UPDATE refresh_tokens SET expires_at = :now WHERE org_id = :owner AND id = :id"),
        ],
    },
    Claim { begins: REDEEM, insert: APPROVED_DEVICE, spoiled: REDEEMED },
    Claim { begins: REDEEM, insert: APPROVED_BACKCHANNEL, spoiled: REDEEMED },
    Claim { begins: APPROVE, insert: DEVICE, spoiled: DECIDED },
    Claim { begins: APPROVE, insert: BACKCHANNEL, spoiled: DECIDED },
    Claim { begins: DENY, insert: DEVICE, spoiled: DECIDED },
    Claim { begins: DENY, insert: BACKCHANNEL, spoiled: DECIDED },
];

/// The product's only statement that begins so.
fn statement(begins: &str) -> &'static str {
    let mut found = Vec::new();
    for file in product() {
        found.extend(file.words.into_iter().filter_map(|(word, _)| match word {
            Word::Text(text) => Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
            _ => None,
        }));
    }
    found.retain(|text| text.starts_with(begins));
    assert_eq!(found.len(), 1, "{begins}: {found:#?}");
    Box::leak(found.remove(0).into_boxed_str())
}

/// The values of whichever parameters the text has.
fn bound(text: &str, org: &Org, id: &str, end: Timestamp) -> Vec<(&'static str, Arg<'static>)> {
    let known: [(&str, Arg<'static>); 9] = [
        (":owner", org.id().to_string().into()),
        (":id", id.to_owned().into()),
        (":hash", Arg::Bytes(b"hash")),
        (":memo", Arg::Bytes(b"memo")),
        (":end", end.into()),
        (":now", NOW.into()),
        (":user", "ada".into()),
        (":family", format!("{id} decided").into()),
        (":facts", "{}".into()),
    ];
    let names: Vec<&str> = text.split(|c: char| !(c == ':' || c == '_' || c.is_ascii_alphanumeric())).collect();
    known.into_iter().filter(|(name, _)| names.contains(name)).collect()
}

/// One attempt; whether it won. A winner leaves an event.
async fn attempt(store: Store, org: Org, text: &'static str, id: String) -> bool {
    let work = move |mut tx: Tx<OneOrg, Writes>| {
        let (id, values) = (id.clone(), bound(text, tx.org(), &id, NOW));
        async move {
            match tx.execute(org_sql(text), &values).await {
                Ok(1) => {
                    let won = event(tx.org().id(), &id);
                    (tx, Decision::Keep(Ok(true), won))
                }
                other => (tx, Decision::Discard(other.map(|_| false))),
            }
        }
    };
    store.write(over(&org), work).await.unwrap().unwrap()
}

async fn prepare(database: &Database) -> ([Store; 2], Org) {
    let one = database.open().await;
    let other = if database.is_postgres() { database.open().await } else { one.clone() };
    let org = organization(&one, "acme").await;
    for somebody in ["ada", "bob"] {
        user(&one, &org, somebody).await;
    }
    run(&one, vec![(CLIENT, vec![(":owner", Arg::from(org.id().to_string()))])]).await;
    ([one, other], org)
}

on_both! {
    async fn each_claim_of_the_product_is_won_by_one_of_many(database) {
        let (nodes, org) = prepare(&database).await;
        let end = NOW.plus(Duration::from_mins(1));
        for (number, Claim { begins, insert, .. }) in CLAIMS.iter().enumerate() {
            let (text, id) = (statement(begins), format!("row {number}"));
            run(&nodes[0], vec![(insert, bound(insert, &org, &id, end))]).await;
            let racers: Vec<_> =
                (0..RACERS).map(|racer| tokio::spawn(attempt(nodes[racer % 2].clone(), org.clone(), text, id.clone()))).collect();
            let mut won = 0;
            for racer in racers {
                won += usize::from(racer.await.unwrap());
            }
            assert_eq!(won, 1, "{text}\n{insert}");
            assert!(!attempt(nodes[0].clone(), org.clone(), text, id.clone()).await, "a second time: {text}");
        }
        assert_eq!(leaves(&nodes[0]).await.len(), CLAIMS.len(), "each winner left one event, and no loser did");
    }

    async fn what_may_not_be_claimed_is_not(database) {
        let ([store, _], org) = prepare(&database).await;
        let end = NOW.plus(Duration::from_mins(1));
        for (number, Claim { begins, insert, spoiled }) in CLAIMS.iter().enumerate() {
            let text = statement(begins);
            for (why, spoil) in *spoiled {
                let id = format!("row {number} {why}");
                run(&store, vec![(insert, bound(insert, &org, &id, end)), (spoil, bound(spoil, &org, &id, end))]).await;
                assert!(!attempt(store.clone(), org.clone(), text, id).await, "{why}: {text}");
                run(&store, vec![("DELETE FROM decoupled_requests WHERE org_id = :owner AND id = 'other'", bound(":owner", &org, "", end))]).await;
            }
            let other = organization_of(&store, number).await;
            let id = format!("row {number} elsewhere");
            run(&store, vec![(insert, bound(insert, &org, &id, end))]).await;
            assert!(!attempt(store.clone(), other, text, id).await, "another organization's: {text}");
        }
        assert_eq!(count(&store, "SELECT count(*) AS a FROM events").await, 0);
    }
}

async fn organization_of(store: &Store, number: usize) -> Org {
    organization(store, Box::leak(format!("other-{number}").into_boxed_str())).await
}
