//! No page of users is found by looking at all of them: whatever is filtered and sorted by, there is an index in that order.

use crate::database::{Database, on_both};
use identity::admin_users::page_statements;
use store::OrgSql;
use tokio_postgres::types::{ToSql, Type};

#[test]
fn every_filter_and_order_is_among_the_statements() {
    let texts: Vec<_> = page_statements().into_iter().map(|(sql, _)| sql.text()).collect();
    assert!(texts.len() > 1500, "{}", texts.len());
    for part in ["user_words w", "user_roles ur", "group_members gm", "is_active = 1", "is_blocked = 1", ":after", "DESC"] {
        assert!(texts.iter().any(|text| text.contains(part)) && !texts.iter().all(|text| text.contains(part)), "{part}");
    }
    for order in
        ["f.id", "f.updated_at", "f.login_order", "f.email_key", "f.username_order", "f.name_order", "f.user_id", "k.user_id"]
    {
        assert!(texts.iter().any(|text| text.contains(&format!("ORDER BY {order}"))), "{order}");
    }
}

on_both! {
    async fn no_page_of_users_scans(database) {
        drop(database.open().await);
        let mut problems = Vec::new();
        let statements = looked_at(&database);
        let plans = if database.is_postgres() { postgres_plans(&database).await } else { sqlite_plans(&database) };
        assert_eq!(plans.len(), statements.len());
        for ((sql, is_gathered), plan) in statements.iter().zip(plans) {
            let is_made = plan.iter().any(|step| matches!(step.as_str(), "CO-ROUTINE f" | "MATERIALIZE f"));
            let is_few = |step: &&String| is_made && step.as_str() == "SCAN f";
            problems.extend(plan.iter().filter(|step| is_bad(step, *is_gathered) && !is_few(step)).map(|step| format!("{step}\n    {}", sql.text())));
        }
        assert!(problems.is_empty(), "{} problems, the first of them:\n{}", problems.len(), problems.first().unwrap());
    }
}

/// All of them; of the same for PostgreSQL, which takes its time for each plan, every seventh: still each order with each part.
fn looked_at(database: &Database) -> Vec<(OrgSql, bool)> {
    page_statements().into_iter().step_by(if database.is_postgres() { 7 } else { 1 }).collect()
}

/// A table that is looked through, or rows that are sorted although they are not few.
fn is_bad(step: &str, is_gathered: bool) -> bool {
    let is_few = [" d", " e", " g"].iter().any(|name| step.ends_with(name)) || step.contains("CTE Scan");
    let scans = (step.starts_with("SCAN ") && !is_few) || step.contains("Seq Scan") || step.contains("AUTOMATIC");
    let sorts = step.contains("TEMP B-TREE FOR ORDER BY") || step.contains("Sort");
    let is_unbounded = step.starts_with("SEARCH ") && !step.contains("org_id=?");
    scans || is_unbounded || (sorts && !is_gathered)
}

fn sqlite_plans(database: &Database) -> Vec<Vec<String>> {
    let raw = database.raw_sqlite();
    let plan = |text: &str| {
        let mut statement = raw.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get::<_, String>("detail").unwrap());
        }
        steps
    };
    looked_at(database).iter().map(|(sql, _)| plan(sql.text())).collect()
}

/// What PostgreSQL does where it has to make do without looking through tables and without sorting, as long as there is another
/// way: an empty table is otherwise always looked through.
async fn postgres_plans(database: &Database) -> Vec<Vec<String>> {
    let raw = database.raw_postgres().await;
    let ways = ["seqscan", "sort", "incremental_sort", "bitmapscan", "hashjoin", "mergejoin", "hashagg", "material", "memoize"];
    for way in ways {
        raw.batch_execute(&format!("SET enable_{way} = off")).await.unwrap();
    }
    let mut plans = Vec::new();
    for (sql, _) in looked_at(database) {
        let (numbered, _) = store::numbered(sql.text());
        let statement = raw.prepare(&format!("EXPLAIN (COSTS OFF) {numbered}")).await.unwrap();
        let values: Vec<Box<dyn ToSql + Sync>> = statement
            .params()
            .iter()
            .map(|kind| -> Box<dyn ToSql + Sync> {
                if *kind == Type::INT8 { Box::new(100_i64) } else { Box::new("x") }
            })
            .collect();
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(AsRef::as_ref).collect();
        let rows = raw.query(&statement, &values).await.unwrap();
        plans.push(rows.iter().map(|row| row.get::<_, String>(0)).collect());
    }
    plans
}
