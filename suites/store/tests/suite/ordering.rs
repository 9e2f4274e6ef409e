//! Both databases put things in the same order and find the same things alike.

use crate::database::{NOW, all, on_both, org_sql, organization, over, run};
use store::{Arg, OneOrg, Reads, Tx};

/// What languages would sort differently, and characters beyond the first plane, which UTF-16 would.
const NAMES: [&str; 16] = ["b", "B", "a", "A", "é", "É", "z", "Z", "ß", "_", "-a", "10", "9", "a b", "\u{FF5E}", "\u{1F600}"];

async fn groups_named(store: &store::Store, org: &store::Org) {
    const INSERT: &str = "INSERT INTO groups (org_id, id, slug, name, description, created_at, updated_at) \
                          VALUES (:owner, :id, :id, :name, :description, :now, :now)";
    let rows = NAMES.iter().enumerate().map(|(index, name)| {
        let id = format!("g{index:02}");
        let description = (index % 3 == 0).then_some(*name);
        let args = vec![
            (":owner", Arg::from(org.id().to_string())),
            (":id", id.into()),
            (":name", (*name).into()),
            (":description", description.into()),
            (":now", NOW.into()),
        ];
        (INSERT, args)
    });
    run(store, rows.collect()).await;
}

on_both! {
    async fn text_is_ordered_by_its_bytes(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        groups_named(&store, &org).await;
        let found = all::<(String,)>(&store, "SELECT name AS a FROM groups ORDER BY name", Vec::new()).await;
        let mut expected = NAMES.map(|name| (name.to_owned(),)).to_vec();
        expected.sort();
        assert_eq!(found, expected);
        let (largest, smallest) = all::<(String, String)>(&store, "SELECT max(name) AS a, min(name) AS b FROM groups", Vec::new()).await.remove(0);
        assert_eq!((largest.as_str(), smallest.as_str()), ("\u{1F600}", "-a"));
    }

    async fn pages_follow_each_other_without_gap_or_overlap(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        groups_named(&store, &org).await;
        let (mut seen, mut last) = (Vec::new(), (String::new(), String::new()));
        loop {
            let (name, id) = last.clone();
            let work = move |mut tx: Tx<OneOrg, Reads>| {
                let (name, id) = (name.clone(), id.clone());
                async move {
                    const PAGE: &str = "SELECT name AS a, id AS b FROM groups WHERE org_id = :org AND (name, id) > (:name, :id) \
                                        ORDER BY name, id LIMIT :limit";
                    let args = [(":name", Arg::from(name)), (":id", id.into()), (":limit", 3_u32.into())];
                    let rows = tx.fetch_all::<(String, String)>(org_sql(PAGE), &args).await;
                    (tx, rows)
                }
            };
            let page = store.read(over(&org), work).await.unwrap().unwrap();
            let Some(end) = page.last() else { break };
            last = end.clone();
            seen.extend(page.into_iter().map(|(name, _)| name));
        }
        let mut expected = NAMES.map(str::to_owned).to_vec();
        expected.sort();
        assert_eq!(seen, expected);
    }

    async fn case_accents_and_blanks_are_told_apart(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        groups_named(&store, &org).await;
        for (condition, expected) in [
            ("SELECT count(*) AS a FROM groups WHERE name = 'a'", 1),
            ("SELECT count(*) AS a FROM groups WHERE name = 'a '", 0),
            ("SELECT count(*) AS a FROM groups WHERE name = 'e'", 0),
            ("SELECT count(*) AS a FROM groups WHERE name LIKE 'A%' ESCAPE '!'", 1),
            ("SELECT count(*) AS a FROM groups WHERE name LIKE 'a%' ESCAPE '!'", 2),
            ("SELECT count(*) AS a FROM groups WHERE name LIKE '!_' ESCAPE '!'", 1),
            ("SELECT count(*) AS a FROM groups WHERE lower(name) LIKE 'b%' ESCAPE '!'", 2),
            // Only the letters of ASCII have another case in both databases: what is compared without case gets a key of its own.
            ("SELECT count(*) AS a FROM groups WHERE lower(name) = 'é'", 1),
            ("SELECT count(*) AS a FROM groups WHERE name BETWEEN 'A' AND 'Z'", 3),
        ] {
            assert_eq!(all::<(i64,)>(&store, condition, Vec::new()).await, [(expected,)], "{condition}");
        }
    }

    async fn what_may_be_null_is_ordered_by_saying_where_nulls_go(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        groups_named(&store, &org).await;
        let found = all::<(Option<String>,)>(&store, "SELECT description AS a FROM groups ORDER BY (description IS NULL), description", Vec::new()).await;
        let mut expected: Vec<_> = NAMES.iter().enumerate().map(|(index, name)| (index % 3 == 0).then(|| (*name).to_owned())).collect();
        expected.sort_by_key(|name| (name.is_none(), name.clone()));
        assert_eq!(found.into_iter().map(|(name,)| name).collect::<Vec<_>>(), expected);
        let last = all::<(Option<String>,)>(&store, "SELECT description AS a FROM groups ORDER BY description DESC NULLS LAST", Vec::new()).await;
        assert_eq!(last.last(), Some(&(None,)));
    }
}
