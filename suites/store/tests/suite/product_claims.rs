//! The very statements by which the product claims something, taken from its source: each is run against rows that may be claimed once,
//! and against rows that may not be claimed at all. A condition that is lost in one of them is seen here, whatever its caller looks at
//! besides. The same for the statements by which an exchange finds what a token stands for: nothing is claimed there, so these conditions
//! are all that keeps a token from being used once it has ended.

use crate::database::{Database, NOW, count, event, leaves, on_both, org_sql, organization, over, run, user};
use crate::source::{Word, product};
use kernel::Timestamp;
use std::sync::LazyLock;
use std::time::Duration;
use store::{Arg, Decision, OneOrg, Org, Reads, Store, Tx, Writes};

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

/// Every text in the product's source.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let words = product().into_iter().flat_map(|file| file.words);
    let texts = words.filter_map(|(word, _)| if let Word::Text(text) = word { Some(text) } else { None });
    texts.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
});

/// The product's only statement that begins so.
fn statement(begins: &str) -> &'static str {
    let found: Vec<&String> = TEXTS.iter().filter(|text| text.starts_with(begins)).collect();
    let [one] = found[..] else { panic!("{begins}: {found:#?}") };
    one
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

/// A statement that finds what a token stands for.
struct Finding {
    begins: &'static str,
    /// What is there while the token is good.
    rows: &'static [&'static str],
    /// What ends it, and why.
    spoiled: &'static [(&'static str, &'static str)],
}

const FAMILY: &str = "INSERT INTO grant_families (org_id, id, client_id, user_id, session_id, scopes, created_at, expires_at) \
                      VALUES (:owner, 'f', 'c', 'ada', 's', '', 0, :end)";
const EARLIER_FAMILY: &str = "INSERT INTO grant_families (org_id, id, client_id, user_id, scopes, created_at, expires_at) \
                              VALUES (:owner, 'g', 'c', 'ada', '', 0, :end)";
const SESSION: &str = "INSERT INTO sessions (org_id, id, user_id, secret_hash, public_id, acr, amr, authenticated_at, created_at, seen_at, expires_at) \
                       VALUES (:owner, 's', 'ada', :hash, 'sid', '', '', 0, 0, 0, :end)";
const SESSION_CLIENT: &str = "INSERT INTO session_clients (org_id, sid, client_id, user_id, created_at, expires_at) \
                              VALUES (:owner, 'sid', 'c', 'ada', 0, :end)";
const BLOCKED: (&str, &str) = ("blocked", "UPDATE users SET is_blocked = 1 WHERE org_id = :owner AND id = 'ada'");
const SHUT_OUT: (&str, &str) = ("not active", "UPDATE users SET is_active = 0 WHERE org_id = :owner AND id = 'ada'");
const REVOKED: (&str, &str) =
    ("its grant was revoked", "UPDATE grant_families SET revoked_at = 1 WHERE org_id = :owner AND id = 'f'");

const FINDINGS: &[Finding] = &[
    Finding {
        begins: "SELECT r.secret_hash, r.family_id, r.facts, r.created_at, r.expires_at, u.tokens_not_before AS void_before FROM refresh_tokens r",
        rows: &[FAMILY, REFRESH],
        spoiled: &[
            BLOCKED,
            SHUT_OUT,
            REVOKED,
            ("rotated", "UPDATE refresh_tokens SET rotated_at = 1 WHERE org_id = :owner AND id = :id"),
            ("another client's", "UPDATE refresh_tokens SET client_id = 'd' WHERE org_id = :owner AND id = :id"),
            ("another token", "UPDATE refresh_tokens SET id = 'other' WHERE org_id = :owner AND id = :id"),
        ],
    },
    Finding {
        begins: "SELECT f.id, f.user_id, f.scopes, f.resources, f.created_at, u.tokens_not_before AS void_before FROM session_clients l",
        rows: &[SESSION, SESSION_CLIENT, FAMILY],
        spoiled: &[
            BLOCKED,
            SHUT_OUT,
            REVOKED,
            ("its session ended", "UPDATE sessions SET expires_at = :now WHERE org_id = :owner AND id = 's'"),
            ("signed out there", "UPDATE session_clients SET ended_at = 1 WHERE org_id = :owner AND sid = 'sid'"),
            ("its grant ended", "UPDATE grant_families SET expires_at = :now WHERE org_id = :owner AND id = 'f'"),
            ("granted later", "UPDATE grant_families SET created_at = :now WHERE org_id = :owner AND id = 'f'"),
            ("of another session", "UPDATE grant_families SET session_id = 't' WHERE org_id = :owner AND id = 'f'"),
            (
                "made by an exchange",
                "INSERT INTO token_origins (org_id, token, place, origin_jti, origin_family_id, expires_at) VALUES (:owner, 'f', 0, 'earlier', 'g', :end)",
            ),
            ("another client's", "UPDATE session_clients SET client_id = 'd' WHERE org_id = :owner AND sid = 'sid'"),
        ],
    },
    Finding {
        begins: "SELECT u.id, u.email, u.tokens_not_before, f.session_id, f.userinfo_claims FROM grant_families f",
        rows: &[
            FAMILY,
            EARLIER_FAMILY,
            "INSERT INTO token_origins (org_id, token, place, origin_jti, origin_family_id, expires_at) VALUES (:owner, 'f', 0, 'earlier', 'g', :end)",
        ],
        spoiled: &[
            BLOCKED,
            SHUT_OUT,
            REVOKED,
            ("revoked itself", "INSERT INTO revoked_tokens (org_id, jti, expires_at) VALUES (:owner, 'j', :end)"),
            ("its origin revoked", "INSERT INTO revoked_tokens (org_id, jti, expires_at) VALUES (:owner, 'earlier', :end)"),
            ("its origin's grant revoked", "UPDATE grant_families SET revoked_at = 1 WHERE org_id = :owner AND id = 'g'"),
            ("its origin's grant gone", "DELETE FROM grant_families WHERE org_id = :owner AND id = 'g'"),
            ("its origin's client switched off", "UPDATE clients SET is_active = 0 WHERE org_id = :owner AND id = 'c'"),
            ("another client's", "UPDATE grant_families SET client_id = 'd' WHERE org_id = :owner AND id = 'f'"),
        ],
    },
];

/// How many rows the product's statement finds.
async fn found(store: &Store, org: &Org, begins: &str) -> i64 {
    let text: &'static str = Box::leak(format!("SELECT count(*) AS a FROM ({}) q", statement(begins)).into_boxed_str());
    let mut values = bound(text, org, "r", NOW);
    let more: [(&str, Arg<'static>); 5] =
        [(":client", "c".into()), (":sid", "sid".into()), (":until", NOW.into()), (":jti", "j".into()), (":family", "f".into())];
    values.retain(|(name, _)| *name != ":family");
    values.extend(more.into_iter().filter(|(name, _)| text.contains(name)));
    let work = move |mut tx: Tx<OneOrg, Reads>| {
        let values = values.clone();
        async move {
            let row = tx.fetch_one::<(i64,)>(org_sql(text), &values).await;
            (tx, row)
        }
    };
    store.read(over(org), work).await.unwrap().unwrap().0
}

on_both! {
    async fn a_token_that_has_ended_stands_for_nothing(database) {
        let ([store, _], _) = prepare(&database).await;
        let end = NOW.plus(Duration::from_mins(1));
        for (number, Finding { begins, rows, spoiled }) in FINDINGS.iter().enumerate() {
            for (at, (why, spoil)) in std::iter::once(&("", "")).chain(*spoiled).enumerate() {
                let org = organization(&store, Box::leak(format!("org-{number}-{at}").into_boxed_str())).await;
                for somebody in ["ada", "bob"] {
                    user(&store, &org, somebody).await;
                }
                for text in [CLIENT].iter().chain(*rows) {
                    run(&store, vec![(*text, bound(text, &org, "r", end))]).await;
                }
                assert_eq!(found(&store, &org, begins).await, 1, "{begins}");
                if !spoil.is_empty() {
                    run(&store, vec![(*spoil, bound(spoil, &org, "r", end))]).await;
                    assert_eq!(found(&store, &org, begins).await, 0, "{why}: {begins}");
                }
            }
        }
    }
}
