//! Whichever way people are looked for, the same ones are found.

use super::super::sort::Place;
use super::examples::sources;
use super::*;
use crate::testing::{Office, play};
use serde_json::json;
use store::Arg;

const SEARCHES: [Option<&str>; 4] = [None, Some("grac"), Some("a example.com"), Some("example gra")];

#[tokio::test]
async fn however_people_are_looked_for_they_are_the_same_in_the_same_order() {
    let office = Office::open().await;
    office.call("POST", "/admin/roles", json!({ "name": "Clerk", "slug": "clerk" })).await.unwrap();
    office.call("POST", "/admin/groups", json!({ "name": "Staff", "slug": "staff" })).await.unwrap();
    for number in 0..24 {
        let name = if number % 3 == 0 { "Grace" } else { "Ada" };
        let email = format!("p{:02}@example.com", number * 7 % 24);
        let body = json!({ "email": email, "name": name, "isActive": number % 4 != 0 });
        office.call("POST", "/admin/users", body).await.unwrap();
        if number % 2 == 0 {
            office.call("POST", &format!("/admin/users/{email}/roles"), json!({ "roles": ["clerk"] })).await.unwrap();
        }
        if number % 6 < 4 {
            office.call("POST", &format!("/admin/users/{email}/groups"), json!({ "groups": ["staff"] })).await.unwrap();
        }
    }
    let mut ways = std::collections::BTreeSet::new();
    for asked in lists() {
        for sort in [UserSort::CreatedAt, UserSort::Email] {
            for is_descending in [false, true] {
                let order = Order { sort, is_descending };
                let found = play!(office.world, |cx| every_way(&mut cx.tx, asked, order).await);
                let mut found = found.unwrap().into_iter();
                let (_, all) = found.next().unwrap();
                assert!(!all.is_empty(), "{asked:?}");
                for (way, rows) in found {
                    assert_eq!(rows, all, "{asked:?}, {order:?}, {way}");
                    ways.insert(way);
                }
            }
        }
    }
    let names: Vec<_> = ways.iter().map(String::as_str).collect();
    let whole = ["WithWord(\"ada\")", "WithWord(\"grace\")"];
    let others = ["GatheredByGroup", "GatheredByRole", "GatheredByWord", "InGroup", "WithRole"];
    assert_eq!(names, [&others[..], &whole[..]].concat());
}

fn lists() -> Vec<Asked<'static>> {
    let mut lists = Vec::new();
    for search in SEARCHES {
        for role in [None, Some("clerk")] {
            for group in [None, Some("staff")] {
                for active in [None, Some(true)] {
                    lists.push(Asked { search, role, group, active, blocked: active.map(|_| false) });
                }
            }
        }
    }
    lists
}

/// The ids that each way finds, in order, in two parts; the first way looks at everybody.
async fn every_way<M: Mode>(tx: &mut Tx<OneOrg, M>, asked: Asked<'_>, order: Order) -> Result<Vec<(String, Vec<UserId>)>, Fault> {
    let (planned, _) = Wanted::plan(tx, asked, order).await?.unwrap();
    let mut found = Vec::new();
    for source in sources(&planned) {
        let mut wanted = Wanted { source, ..planned.clone() };
        if let Source::WithWord(_) = wanted.source {
            let Some(form) = wanted.put_only_form_first(tx).await? else { continue };
            wanted.source = Source::WithWord(form);
        }
        if wanted.own_order().is_some() && order.sort != UserSort::CreatedAt {
            continue;
        }
        let way = format!("{:?}", wanted.source);
        let mut ids = part(tx, &wanted, order, None, 2).await?;
        let last = crate::users::load_user(tx, ids.last().unwrap()).await?;
        let place = Place::behind(&last, order.sort);
        ids.extend(part(tx, &wanted, order, Some(&place), 100).await?);
        found.push((way, ids));
    }
    Ok(found)
}

async fn part<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    wanted: &Wanted,
    order: Order,
    behind: Option<&Place>,
    limit: i64,
) -> Result<Vec<UserId>, Fault> {
    let (rows, mut values) = wanted.part(order, behind);
    values.extend([(":limit", Arg::from(limit)), (":offset", 0_i64.into())]);
    let ids = tx.fetch_all::<(UserId,)>(rows.finish(), &values).await?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}
