use crate::sequencer;
use crate::testing::{Made, World, worlds};
use kernel::Timestamp;
use serde_json::json;
use std::time::Duration;
use store::{Arg, Decision, Platform, PlatformSql, Tx, Writes, platform_sql};

const DAY: Duration = Duration::from_hours(24);

impl World {
    async fn happen(&self, name: &'static str, times: usize) {
        for _ in 0..times {
            self.append(Made::by(&self.acme, name, "u-1")).await;
        }
    }
    async fn change(&self, sql: PlatformSql, values: &'static [&'static str]) {
        let now = self.now();
        let work = move |mut tx: Tx<Platform, Writes>| async move {
            let bound: Vec<(&'static str, Arg<'_>)> = values.iter().map(|name| (*name, Arg::from(now))).collect();
            let changed = tx.execute(sql, &bound).await;
            (tx, Decision::KeepUnrecorded(changed, "a test's own data"))
        };
        assert_eq!(self.store().write(Platform, work).await.unwrap().unwrap(), 1);
    }
}

fn date_of(at: Timestamp) -> String {
    at.to_iso().split('T').next().unwrap().to_owned()
}

#[tokio::test]
async fn sign_ins_are_counted_by_day_and_days_without_any_have_no_row() {
    for world in worlds().await {
        world.happen("users.signed_in", 2).await;
        world.happen("users.sign_in_failed", 1).await;
        world.clock.advance(DAY);
        world.happen("users.blocked", 1).await;
        world.clock.advance(DAY);
        world.happen("users.signed_in", 1).await;
        world.append(Made::by(&world.beta, "users.signed_in", "u-9")).await;
        let seen = world.get("/admin/analytics/logins?days=3").await;
        let dates = [2, 0].map(|ago| date_of(world.now().minus(DAY * ago)));
        let from = format!("{}T00:00:00Z", dates[0]);
        assert_eq!(
            seen["data"],
            json!({
                "daily": [
                    { "date": dates[0], "total": 3, "successful": 2, "failed": 1 },
                    { "date": dates[1], "total": 1, "successful": 1, "failed": 0 },
                ],
                "period": { "days": 3, "from": from, "to": world.now().to_iso() }
            })
        );
        for (query, rows) in [("?days=2", 1), ("?days=0", 1), ("?days=1000", 2), ("", 2)] {
            let seen = world.get(&format!("/admin/analytics/logins{query}")).await;
            assert_eq!(seen["data"]["daily"].as_array().unwrap().len(), rows, "{query}");
        }
        assert_eq!(world.get_fault("/admin/analytics/logins?days=x").await.code, "validation_error");
        let days: Vec<(i64,)> =
            world.rows(platform_sql!("SELECT events AS a FROM log_days WHERE org_id = 'org-acme' ORDER BY day")).await;
        assert_eq!(days, [(3,), (1,), (1,)], "every event is counted once, however often it is asked");
    }
}

#[tokio::test]
async fn counting_goes_on_where_a_process_stopped() {
    for world in worlds().await {
        world.append_many(&world.acme, 1500).await;
        sequencer::flush(&world.services).await.unwrap();
        let world = world.restart().await;
        world.append_many(&world.acme, 7).await;
        sequencer::flush(&world.services).await.unwrap();
        let total: Vec<(i64,)> = world.rows(platform_sql!("SELECT events AS a FROM log_days")).await;
        assert_eq!(total, [(1507,)]);
    }
}

#[tokio::test]
async fn the_dashboard_says_who_is_there_and_what_happened_lately() {
    for world in worlds().await {
        for (id, name) in [("u-1", "Ada"), ("u-2", "Bob"), ("u-3", "Eve")] {
            world.insert_user(id, name).await;
        }
        world.change(platform_sql!("UPDATE users SET is_blocked = 1 WHERE id = 'u-2'"), &[]).await;
        world.change(platform_sql!("UPDATE users SET is_active = 0, email_verified = 1 WHERE id = 'u-3'"), &[]).await;
        world.change(platform_sql!("UPDATE users SET created_at = :now WHERE id = 'u-1'"), &[":now"]).await;
        world.happen("users.signed_in", 3).await;
        world.clock.advance(DAY * 7);
        world.happen("users.signed_in", 1).await;
        world.happen("users.sign_in_failed", 2).await;
        let seen = world.get("/admin/analytics/dashboard").await;
        assert_eq!(
            seen["data"],
            json!({
                "users": { "total": 3, "active": 1, "blocked": 1, "newLast30Days": 1 }, "clients": { "total": 0 },
                "authentication": { "loginsLast7Days": 1, "failedLoginsLast7Days": 2 }, "audit": { "eventsLast7Days": 3 },
                "generatedAt": world.now().to_iso()
            })
        );
        let users = world.get("/admin/analytics/users").await;
        let date = date_of(world.now().minus(DAY * 7));
        assert_eq!(users["data"]["dailyRegistrations"], json!([{ "date": date, "count": 1 }]));
        let verified = json!([{ "emailVerified": true, "count": 1 }, { "emailVerified": false, "count": 2 }]);
        assert_eq!(users["data"]["byVerificationStatus"], verified);
        assert_eq!(users["data"]["byMfaStatus"][1], json!({ "mfaEnabled": false, "count": 3 }));
        assert_eq!(users["data"]["period"]["days"], 30);
    }
}
