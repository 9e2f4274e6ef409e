//! Totals that are kept, words that are found, and ways through a long list.

use super::{a_group, emails};
use crate::testing::{Office, play};
use crate::users::GiveWords;
use crate::users::tally::{self, Counted, State};
use flow::Job;
use serde_json::{Value, json};
use std::time::Duration;
use store::org_sql;

/// Everything that is tallied, and the same counted.
async fn tallied_and_counted(office: &Office) -> (Vec<(String, i64)>, Vec<(String, i64)>) {
    let world = &office.world;
    play!(world, |cx| {
        let tallied = org_sql!(
            "SELECT kind || ' ' || key AS a, CAST(SUM(users) AS BIGINT) AS b FROM user_tallies WHERE org_id = :org
             GROUP BY kind, key HAVING SUM(users) <> 0 ORDER BY kind, key"
        );
        let counted = org_sql!(
            "SELECT 'group ' || group_id AS a, count(*) AS b FROM group_members WHERE org_id = :org GROUP BY group_id
             UNION ALL SELECT 'role ' || role_id, count(*) FROM user_roles WHERE org_id = :org GROUP BY role_id
             UNION ALL SELECT 'state ' || (is_blocked * 2 + is_active), count(*) FROM users WHERE org_id = :org GROUP BY is_blocked, is_active
             ORDER BY 1"
        );
        Ok((cx.tx.fetch_all(tallied, &[]).await?, cx.tx.fetch_all(counted, &[]).await?))
    })
    .unwrap()
}

#[tokio::test]
async fn whatever_happens_to_people_the_kept_numbers_are_the_counted_ones() {
    let office = Office::open().await;
    let world = &office.world;
    play!(world, |cx| {
        let services = cx.services().clone();
        crate::groups::insert_group(&mut cx.tx, a_group("Staff"), cx.now, &*services.rng).await
    })
    .unwrap();
    let role = json!({ "name": "Auditor", "slug": "auditor" });
    office.call("POST", "/admin/roles", role).await.unwrap();
    let person = |name: &str| format!("/admin/users/{name}@example.com");
    for (name, active) in [("ada", true), ("bob", false), ("eve", true)] {
        let body = json!({ "email": format!("{name}@example.com"), "isActive": active, "groups": ["staff"], "roles": ["user", "auditor"] });
        office.call("POST", "/admin/users", body).await.unwrap();
    }
    let import = office.call("POST", "/admin/user-imports", json!({ "onExisting": "update" })).await.unwrap();
    let rows = json!([
        { "email": "sam@example.com", "groups": ["staff"] }, { "email": "tom@example.com", "roles": ["auditor", "auditor"], "isActive": false },
        { "email": "sam@example.com", "name": "Sam" }, { "email": "ada@example.com", "name": "Ada" }
    ]);
    let path = format!("/admin/user-imports/{}/rows?offset=0", import["data"]["id"].as_str().unwrap());
    office.call("POST", &path, rows).await.unwrap();
    let steps = [
        ("POST", format!("{}/block", person("ada")), Value::Null),
        ("POST", format!("{}/block", person("ada")), Value::Null),
        ("PATCH", person("ada"), json!({ "isActive": false })),
        ("POST", format!("{}/unblock", person("ada")), Value::Null),
        ("PATCH", person("bob"), json!({ "isActive": true, "name": "Bob" })),
        ("POST", format!("{}/block", person("bob")), Value::Null),
        ("PUT", format!("{}/roles", person("eve")), json!({ "roles": [] })),
        ("DELETE", format!("{}/groups/staff", person("eve")), Value::Null),
        ("DELETE", person("bob"), Value::Null),
        ("DELETE", person("sam"), Value::Null),
        ("DELETE", "/admin/roles/auditor".to_owned(), Value::Null),
    ];
    for (method, path, body) in steps {
        office.call(method, &path, body).await.unwrap();
        let (tallied, counted) = tallied_and_counted(&office).await;
        assert_eq!(tallied, counted, "{method} {path}");
    }
    office.call("DELETE", "/admin/groups/staff", Value::Null).await.unwrap();
    let (tallied, counted) = tallied_and_counted(&office).await;
    assert_eq!(tallied, counted);
    assert!(counted.len() >= 3, "{counted:?}");
}

#[tokio::test]
async fn people_are_found_by_the_beginnings_of_their_words() {
    let office = Office::open().await;
    let ada = json!({ "email": "ada.lovelace@example.com", "name": "Augusta King", "username": "countess", "phoneNumber": "+44 20 7946 0018" });
    let made = office.call("POST", "/admin/users", ada).await.unwrap();
    let other = json!({ "email": "ada@elsewhere.org", "name": "Ada Kingsley" });
    office.call("POST", "/admin/users", other).await.unwrap();
    let found = async |text: &str| {
        let list = office.get(&format!("/admin/users?sortBy=email&search={text}")).await;
        assert_eq!(list["meta"]["total"], list["data"].as_array().unwrap().len());
        emails(&list).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, both) = (vec!["ada.lovelace@example.com"], vec!["ada.lovelace@example.com", "ada@elsewhere.org"]);
    for text in ["ada.love", "LOVELACE", "augusta", "king%20augusta", "count", "020%207946", "%2B44207946", "ada%20king%20lov"] {
        assert_eq!(found(text).await, first, "{text}");
    }
    assert_eq!(found(made["data"]["id"].as_str().unwrap()).await, first);
    for text in ["ada", "king", "ada%20king"] {
        assert_eq!(found(text).await, both, "{text}");
    }
    for text in ["lace", "usta", "%25", "_da", "a.a", "01999999-0000-7000-8000-000000000000", "ada%20x"] {
        assert_eq!(found(text).await, Vec::<String>::new(), "{text}");
    }
    let changed = json!({ "name": "Ada Byron", "username": null });
    office.call("PATCH", "/admin/users/ada.lovelace@example.com", changed).await.unwrap();
    assert_eq!(
        (found("byron").await, found("augusta").await, found("count").await),
        (first.into_iter().map(str::to_owned).collect(), Vec::new(), Vec::new())
    );
}

#[tokio::test]
async fn people_of_before_are_found_until_and_after_they_get_their_words() {
    let office = Office::open().await;
    let body = json!({ "email": "ada@example.com", "name": "Ada Lovelace", "isActive": false });
    office.call("POST", "/admin/users", body).await.unwrap();
    let world = &office.world;
    play!(world, |cx| {
        for sql in [
            org_sql!("DELETE FROM user_words WHERE org_id = :org"),
            org_sql!("UPDATE users SET has_words = 0 WHERE org_id = :org"),
        ] {
            cx.tx.execute(sql, &[]).await?;
        }
        Ok(())
    })
    .unwrap();
    for query in
        ["search=lovelace", "search=lovelace&active=false", "search=lovelace&role=user&sortBy=name", "search=lovelace&role=user"]
    {
        let list = office.get(&format!("/admin/users?{query}")).await;
        assert_eq!((emails(&list), &list["meta"]["total"]), (vec!["ada@example.com"], &json!(1)), "{query}");
    }
    assert_eq!(emails(&office.get("/admin/users?search=velace").await), ["ada@example.com"], "there are no words yet");
    for _ in 0..2 {
        GiveWords {}.perform(&world.services, &world.org).await.unwrap();
        assert_eq!(emails(&office.get("/admin/users?search=lovelace").await), ["ada@example.com"]);
        assert!(emails(&office.get("/admin/users?search=velace").await).is_empty());
    }
}

#[tokio::test]
async fn a_cursor_leads_through_the_whole_list_while_others_come_and_go() {
    let office = Office::open().await;
    for number in 0..9 {
        office.world.clock.advance(Duration::from_secs(1));
        let name = if number % 3 == 0 { Value::Null } else { json!(format!("N{}", number % 2)) };
        let body = json!({ "email": format!("u{number}@example.com"), "name": name, "groups": [], "isActive": number != 4 });
        office.call("POST", "/admin/users", body).await.unwrap();
    }
    for query in [
        "",
        "sortBy=updatedAt",
        "sortBy=lastLoginAt",
        "sortBy=email",
        "sortBy=username",
        "sortBy=name",
        "role=user",
        "active=true",
        "search=u",
    ] {
        for direction in ["ASC", "DESC"] {
            let whole = office.get(&format!("/admin/users?{query}&sortDir={direction}&limit=100")).await;
            assert_eq!(whole["meta"].get("nextCursor"), None);
            let (mut seen, mut cursor, mut page) = (Vec::new(), String::new(), 0);
            loop {
                let list = office.get(&format!("/admin/users?{query}&sortDir={direction}&limit=4{cursor}")).await;
                page += 1;
                assert_eq!((&list["meta"]["page"], &list["meta"]["total"]), (&json!(page), &whole["meta"]["total"]), "{query}");
                assert_eq!(list["meta"], list["pagination"]);
                seen.extend(emails(&list).into_iter().map(str::to_owned));
                assert_eq!(list["meta"]["hasNextPage"], list["meta"]["nextCursor"].is_string(), "{query}");
                match list["meta"]["nextCursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(seen, emails(&whole), "{query} {direction}");
        }
    }
    let first = office.get("/admin/users?sortBy=email&limit=3").await;
    let cursor = first["meta"]["nextCursor"].as_str().unwrap();
    office.call("DELETE", "/admin/users/u0@example.com", Value::Null).await.unwrap();
    let next = office.get(&format!("/admin/users?sortBy=email&limit=2&cursor={cursor}")).await;
    assert_eq!(emails(&next), ["u2@example.com", "u3@example.com"], "nobody is passed over");
    for wrong in [format!("sortBy=name&cursor={cursor}"), "cursor=x".to_owned()] {
        let fault = office.call("GET", &format!("/admin/users?{wrong}"), Value::Null).await.unwrap_err();
        assert_eq!(fault.fields[0].0, "cursor", "{wrong}");
    }
}

#[tokio::test]
async fn nobody_else_moves_the_numbers_of_an_organization() {
    let office = Office::open().await;
    let (world, ada) = (&office.world, office.world.user("ada@example.com").await);
    let globex = world.another_org("globex").await;
    let of_globex = world.play(&globex, |cx| Box::pin(async move { tally::total_in(&mut cx.tx, |_| true).await })).await.unwrap();
    assert_eq!(of_globex, 0);
    let role = play!(world, |cx| Ok(crate::roles::find_role(&mut cx.tx, "user").await?.unwrap().id)).unwrap();
    let of_acme = play!(world, |cx, role| tally::total(&mut cx.tx, Counted::Role(&role)).await).unwrap();
    assert_eq!(of_acme, 2);
    let id = ada.id.clone();
    let state = play!(world, |cx, id| tally::state_of(&mut cx.tx, &id).await).unwrap();
    assert_eq!(state, Some(State { is_active: true, is_blocked: false }));
}
