//! The published API of the audit log.

use crate::testing::{Made, World, worlds};
use flow::Method;
use kernel::Severity;
use ledger::leaf::{Outcome, Reference};
use serde_json::{Value, json};
use std::time::Duration;

impl World {
    /// Five events of different kinds, a minute apart.
    async fn with_variety(self) -> Self {
        self.insert_user("u-ada", "Ada").await;
        let mut refused = Made::by(&self.acme, "requests.refused", "u-ada").about("operation", "users.list");
        (refused.outcome, refused.severity) = (Outcome::Refused, Severity::Warning);
        let mut anonymous = Made::by(&self.acme, "sessions.sign_in_failed", "").public("method", "password").public("attempt", 3);
        anonymous.actor = Reference { kind: "anonymous".into(), id: None };
        anonymous.fields[0].value = "2001:db8::1".into();
        (anonymous.outcome, anonymous.severity) = (Outcome::Refused, Severity::Warning);
        for event in [
            Made::by(&self.acme, "users.created", "u-ada").about("user", "u-bob").public("new", json!({"name": "Bob"})),
            Made::by(&self.acme, "users.blocked", "u-ada").about("user", "u-bob").public("reason", "abuse"),
            anonymous,
            refused,
            Made::by(&self.acme, "users.unblocked", "u-eve").about("user", "u-ada"),
        ] {
            self.append(event).await;
            self.clock.advance(Duration::from_mins(1));
        }
        self
    }
    /// The ids a list answers.
    async fn ids(&self, query: &str) -> Vec<i64> {
        let list = self.get(&format!("/admin/audit-logs?{query}")).await;
        let ids: Vec<i64> = list["data"].as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()).collect();
        assert_eq!(list["meta"], list["pagination"]);
        ids
    }
}

#[tokio::test]
async fn an_entry_in_a_list_has_the_published_fields() {
    for world in worlds().await {
        let world = world.with_variety().await;
        let list = world.get("/admin/audit-logs?limit=2&page=2").await;
        assert_eq!(
            list["meta"],
            json!({"total": 5, "page": 2, "limit": 2, "totalPages": 3, "hasNextPage": true, "hasPreviousPage": true})
        );
        assert_eq!(
            list["data"][1],
            json!({
                "id": 2, "createdAt": "2026-11-23T08:01:00Z", "eventType": "users.blocked", "action": "users.blocked",
                "severity": "info", "message": "Users: blocked", "actorId": "u-ada", "actorName": "Ada", "actorType": "user",
                "authMethod": null, "targetType": "user", "targetId": "u-bob", "targetName": null, "ipAddress": "192.0.2.1"
            })
        );
    }
}

#[tokio::test]
async fn an_entry_on_its_own_has_every_detail() {
    for world in worlds().await {
        let world = world.with_variety().await;
        let blocked = &world.get("/admin/audit-logs/2").await["data"];
        assert_eq!(
            (&blocked["eventTime"], &blocked["status"], &blocked["statusReason"], &blocked["requestId"], &blocked["initiatedBy"]),
            (&json!("2026-11-23T08:01:00Z"), &json!("success"), &json!("abuse"), &json!("r-1"), &json!("user"))
        );
        for nothing in ["durationMs", "geoLocation", "clientId", "sessionId", "userAgent", "oldValue", "changes", "context"] {
            assert_eq!(blocked.get(nothing), Some(&Value::Null), "{nothing}");
        }
        let created = &world.get("/admin/audit-logs/1").await["data"];
        assert_eq!(created["newValue"], json!({"name": "Bob"}));
        let failed = &world.get("/admin/audit-logs/3").await["data"];
        assert_eq!(
            (&failed["authMethod"], &failed["actorId"], &failed["context"]),
            (&json!("password"), &Value::Null, &json!({"attempt": 3}))
        );
        assert_eq!(world.get("/admin/audit-logs/5").await["data"]["targetName"], "Ada");
        assert_eq!(world.get_fault("/admin/audit-logs/6").await.code, "audit_logs.not_found");
    }
}

#[tokio::test]
async fn filters_find_what_they_say() {
    for world in worlds().await {
        let world = world.with_variety().await;
        for (query, expected) in [
            ("", &[5, 4, 3, 2, 1][..]),
            ("eventType=users.blocked", &[2]),
            ("action=users.blocked", &[2]),
            ("severity=warning", &[4, 3]),
            ("actorId=u-ada", &[4, 2, 1]),
            ("userId=u-eve", &[5]),
            ("targetId=u-bob", &[2, 1]),
            ("targetType=operation", &[4]),
            ("resourceType=user&targetId=u-ada", &[5]),
            ("result=success", &[5, 2, 1]),
            ("result=failure", &[4, 3]),
            ("result=failed", &[]),
            ("ipAddress=2001:db8::1", &[3]),
            ("ipAddress=2001:0db8:0::1", &[3]),
            ("ipAddress=192.0.2.1&severity=warning", &[4]),
            ("search=BLOCK", &[5, 2]),
            ("search=u-eve", &[5]),
            ("search=u-bob", &[2, 1]),
            ("search=u_bob", &[]),
            ("search=%25", &[]),
            ("from=2026-11-23T08:02:00Z", &[5, 4, 3]),
            ("startDate=2026-11-23T08:01:00Z&endDate=2026-11-23T08:02:00Z", &[3, 2]),
            ("to=2026-11-22", &[]),
            ("to=2026-11-23", &[5, 4, 3, 2, 1]),
            ("sortBy=createdAt&sortDir=ASC", &[1, 2, 3, 4, 5]),
            ("sortBy=eventType&sortDir=ASC", &[4, 3, 2, 1, 5]),
            ("sortBy=actorId", &[5, 4, 2, 1, 3]),
            ("sortBy=id&limit=2&page=3", &[1]),
            ("page=9", &[]),
        ] {
            assert_eq!(world.ids(query).await, expected, "{query}");
        }
        assert_eq!(world.get("/admin/audit-logs?severity=warning").await["meta"]["total"], 2);
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::start().await;
    for query in ["severity=fatal", "sortBy=severity", "sortDir=up", "page=0", "from=soon", "result=maybe", "ipAddress=here"] {
        assert_eq!(world.get_fault(&format!("/admin/audit-logs?{query}")).await.code, "validation_error", "{query}");
    }
    assert_eq!(world.get_fault("/admin/audit-logs/export?format=pdf").await.code, "validation_error");
}

#[tokio::test]
async fn nobody_sees_another_organizations_log() {
    for world in worlds().await {
        world.append(Made::by(&world.beta, "users.seen", "u-1")).await;
        assert_eq!(world.ids("").await, [0_i64; 0]);
        assert_eq!(world.get_fault("/admin/audit-logs/1").await.code, "audit_logs.not_found");
        assert_eq!(world.get("/admin/audit-logs/actions").await["data"], json!(["requests.refused"]));
    }
}

#[tokio::test]
async fn the_names_of_all_recorded_events_are_listed() {
    for world in worlds().await {
        let world = world.with_variety().await;
        let actions = world.get("/admin/audit-logs/actions").await;
        let names = ["requests.refused", "sessions.sign_in_failed", "users.blocked", "users.created", "users.unblocked"];
        assert_eq!(actions["data"], json!(names));
        assert_eq!(actions["pagination"]["total"], 5);
    }
}

#[tokio::test]
async fn events_are_counted_by_kind() {
    for world in worlds().await {
        let world = world.with_variety().await;
        let stats = &world.get("/admin/audit-logs/stats").await["data"];
        assert_eq!((&stats["total"], &stats["byAction"]["users.blocked"]), (&json!(5), &json!(1)));
        assert_eq!(stats["bySeverity"], json!({"info": 3, "warning": 2}));
        assert_eq!(stats["period"], json!({"from": "2026-10-24T08:05:00Z", "to": "2026-11-23T08:05:00Z"}));
        let none = &world.get("/admin/audit-logs/stats?from=2026-11-01&to=2026-11-02").await["data"];
        assert_eq!((&none["total"], &none["period"]["to"]), (&json!(0), &json!("2026-11-02T23:59:59Z")));
    }
}

#[tokio::test]
async fn a_damaged_entry_is_shown_as_such() {
    let world = World::start().await.with_variety().await;
    world.ids("").await;
    world.tamper("UPDATE events SET leaf = replace(leaf, 'abuse', 'abuse ') WHERE seq = 2");
    world.tamper("UPDATE events SET leaf = '{}' WHERE seq = 1");
    let damaged = &world.get("/admin/audit-logs/1").await["data"];
    assert_eq!(damaged["message"], "This entry was damaged in the database and can't be read.");
    assert_eq!(damaged["eventType"], "users.created");
}

#[tokio::test]
async fn retention_is_kept_in_the_organizations_settings() {
    for world in worlds().await {
        let path = "/orgs/acme/api/v1/admin/audit-logs/retention";
        let unchanged = json!({"data": {"retentionDays": 90, "autoDelete": false, "planLimitDays": null}});
        assert_eq!(world.get("/admin/audit-logs/retention").await, unchanged);
        world.send(Method::Put, path, Some(json!({"retentionDays": 30}))).await.unwrap();
        world.send(Method::Patch, path, Some(json!({"autoDelete": true}))).await.unwrap();
        let changed = json!({"data": {"retentionDays": 30, "autoDelete": true, "planLimitDays": null}});
        assert_eq!(world.get("/admin/audit-logs/retention").await, changed);
        for bad in [json!({"retentionDays": 0}), json!({"retentionDays": 29}), json!({"retentionDays": 3651}), json!({"days": 3})]
        {
            assert_eq!(world.send(Method::Put, path, Some(bad)).await.unwrap_err().code, "validation_error");
        }
        let recorded = world.get("/admin/audit-logs?eventType=audit_logs.retention_changed").await;
        assert_eq!(recorded["meta"]["total"], 2);
    }
}
