use crate::testing::{Office, column};
use serde_json::{Value, json};
use std::time::Duration;
use store::org_sql;

const NONE: Value = Value::Null;
const GLOBEX: &str = "/admin/organizations/globex";

impl Office {
    /// With the company `globex`.
    async fn with_globex() -> Self {
        let office = Self::open().await;
        office.done("POST", "/admin/organizations", json!({ "name": "Globex" })).await;
        office
    }
    async fn roles(&self) -> Value {
        self.get(&format!("{GLOBEX}/roles")).await
    }
    async fn join(&self, email: &'static str, role: &str) {
        self.world.user(email).await;
        self.done("POST", &format!("{GLOBEX}/members"), json!({ "userId": email, "role": role })).await;
    }
}

#[tokio::test]
async fn a_company_comes_back_as_the_contract_shapes_it() {
    let office = Office::open().await;
    let body = json!({
        "name": "Globex Corporation", "displayName": "Globex", "description": "They make things.",
        "logoUrl": "https://globex.example/logo.png", "metadata": { "plan": "gold", "seats": 12 }
    });
    let created = office.done("POST", "/admin/organizations", body).await;
    let expected = json!({
        "id": created["data"]["id"], "slug": "globex-corporation", "name": "Globex Corporation", "displayName": "Globex",
        "description": "They make things.", "logoUrl": "https://globex.example/logo.png", "isActive": true, "memberCount": 0,
        "metadata": { "plan": "gold", "seats": 12 }, "createdAt": "2026-11-23T08:00:00Z", "updatedAt": "2026-11-23T08:00:00Z"
    });
    assert_eq!(created, json!({ "data": expected, "message": "Organization created." }));
    for key in ["globex-corporation", expected["id"].as_str().unwrap()] {
        assert_eq!(office.get(&format!("/admin/organizations/{key}")).await, json!({ "data": expected }), "{key}");
    }
    let page = json!({ "total": 1, "page": 1, "limit": 25, "totalPages": 1, "hasNextPage": false, "hasPreviousPage": false });
    for query in ["", "?search=GLOBEX&sortBy=name&sortDir=ASC", "?isActive=true"] {
        let listed = office.get(&format!("/admin/organizations{query}")).await;
        assert_eq!(listed, json!({ "data": [expected], "meta": page, "pagination": page, "resourceType": "organizations" }));
    }
    for query in ["?search=initech", "?isActive=false", "?page=2"] {
        assert_eq!(office.get(&format!("/admin/organizations{query}")).await["data"], json!([]), "{query}");
    }
}

#[tokio::test]
async fn put_and_patch_change_what_is_sent_and_nothing_else() {
    let office = Office::open().await;
    let body = json!({ "name": "Globex", "description": "Old.", "metadata": { "a": 1 } });
    office.done("POST", "/admin/organizations", body).await;
    for (method, slug, description) in [("PUT", "globex-2", "First."), ("PATCH", "globex", "Second.")] {
        let from = if method == "PUT" { "globex" } else { "globex-2" };
        let body = json!({ "slug": slug, "description": description, "isActive": method == "PATCH" });
        let changed = office.done(method, &format!("/admin/organizations/{from}"), body).await;
        let data = &changed["data"];
        assert_eq!((&data["name"], &data["metadata"]), (&json!("Globex"), &json!({ "a": 1 })), "{method}");
        assert_eq!((&data["slug"], &data["description"]), (&json!(slug), &json!(description)), "{method}");
        assert_eq!(data["isActive"], method == "PATCH");
    }
    let cleared = office.done("PATCH", GLOBEX, json!({ "description": null, "metadata": null })).await;
    assert_eq!((&cleared["data"]["description"], &cleared["data"]["metadata"]), (&NONE, &NONE));
}

#[tokio::test]
async fn every_company_begins_with_three_roles_and_may_have_more() {
    let office = Office::with_globex().await;
    let roles = office.roles().await;
    assert_eq!(column(&roles, "slug"), ["owner", "admin", "member"]);
    let flags = |role: &Value| (role["isDefault"].clone(), role["isOwner"].clone(), role["isSystem"].clone());
    assert_eq!(flags(&roles["data"][0]), (json!(false), json!(true), json!(true)));
    assert_eq!(flags(&roles["data"][2]), (json!(true), json!(false), json!(true)));
    assert_eq!(roles["pagination"]["total"], 3);
    let made = office
        .done("POST", &format!("{GLOBEX}/roles"), json!({ "name": "Billing", "description": "Pays.", "isDefault": true }))
        .await;
    let expected = json!({
        "id": made["data"]["id"], "slug": "billing", "name": "Billing", "description": "Pays.",
        "isDefault": true, "isOwner": false, "isSystem": false
    });
    assert_eq!(made, json!({ "data": expected }));
    assert_eq!(office.roles().await["data"][2]["isDefault"], false, "there is one default");
    let by_number = format!("{GLOBEX}/roles/{}", made["data"]["id"]);
    let renamed = office.done("PUT", &by_number, json!({ "name": "Payments" })).await;
    assert_eq!((&renamed["data"]["name"], &renamed["data"]["description"]), (&json!("Payments"), &json!("Pays.")));
    office.done("PATCH", &format!("{GLOBEX}/roles/member"), json!({ "isDefault": true })).await;
    office.done("DELETE", &by_number, NONE).await;
    assert_eq!(office.roles().await["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn members_come_change_and_go() {
    let office = Office::with_globex().await;
    let ada = office.world.user("ada@example.com").await;
    let added = office.done("POST", &format!("{GLOBEX}/members"), json!({ "userId": ada.id.as_str() })).await;
    let role = office.roles().await["data"][2]["id"].clone();
    let expected = json!({
        "id": added["data"]["id"], "user": { "id": ada.id.as_str(), "email": "ada@example.com", "name": null },
        "role": { "id": role, "slug": "member", "name": "Member" }, "status": "active", "joinedAt": "2026-11-23T08:00:00Z"
    });
    assert_eq!(added, json!({ "data": expected, "message": "Member added." }));
    office.world.clock.advance(Duration::from_secs(1));
    office.join("bob@example.com", "owner").await;
    assert_eq!(office.get(GLOBEX).await["data"]["memberCount"], 2);
    let members = async |query: &str| {
        let list = office.get(&format!("{GLOBEX}/members{query}")).await;
        list["data"].as_array().unwrap().iter().map(|row| row["user"]["email"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(members("").await, ["bob@example.com", "ada@example.com"]);
    assert_eq!(members("?sortBy=email").await, ["ada@example.com", "bob@example.com"]);
    assert_eq!(members("?role=owner").await, ["bob@example.com"]);
    assert_eq!(members("?search=ADA").await, ["ada@example.com"]);
    let path = format!("{GLOBEX}/members/ada@example.com");
    let changed = office.done("PATCH", &path, json!({ "role": "admin", "status": "suspended" })).await;
    assert_eq!((&changed["data"]["role"]["slug"], &changed["data"]["status"]), (&json!("admin"), &json!("suspended")));
    assert_eq!(members("?status=suspended").await, ["ada@example.com"]);
    office.done("DELETE", &path, NONE).await;
    assert_eq!(members("").await, ["bob@example.com"]);
    let names = office.world.event_names().await;
    let about: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("companies.")).collect();
    assert_eq!(about, ["created", "member_added", "member_added", "member_updated", "member_removed"]);
}

#[tokio::test]
async fn a_company_keeps_an_active_owner() {
    let office = Office::with_globex().await;
    office.join("ada@example.com", "owner").await;
    let path = format!("{GLOBEX}/members/ada@example.com");
    let attempts = [("DELETE", NONE), ("PATCH", json!({ "role": "member" })), ("PUT", json!({ "status": "suspended" }))];
    for (method, body) in attempts.clone() {
        assert_eq!(office.refused(&office.admin, method, &path, body).await, "companies.last_owner", "{method}");
    }
    office.join("bob@example.com", "owner").await;
    office.done("PATCH", &format!("{GLOBEX}/members/bob@example.com"), json!({ "status": "suspended" })).await;
    for (method, body) in attempts {
        assert_eq!(office.refused(&office.admin, method, &path, body).await, "companies.last_owner", "{method}");
    }
    office.done("PATCH", &format!("{GLOBEX}/members/bob@example.com"), json!({ "status": "active" })).await;
    office.done("DELETE", &path, NONE).await;
}

#[tokio::test]
async fn an_invitation_comes_back_as_the_contract_shapes_it() {
    let office = Office::with_globex().await;
    let path = format!("{GLOBEX}/invitations");
    let made = office.done("POST", &path, json!({ "email": "Ada@Example.com", "role": "admin" })).await;
    let role = office.roles().await["data"][1]["id"].clone();
    let expected = json!({
        "id": made["data"]["id"], "email": "Ada@Example.com", "role": { "id": role, "slug": "admin" }, "status": "pending",
        "invitedBy": "root@example.com", "createdAt": "2026-11-23T08:00:00Z", "expiresAt": "2026-11-30T08:00:00Z"
    });
    assert_eq!(made, json!({ "data": expected, "message": "Invitation sent." }));
    let page = json!({ "total": 1, "page": 1, "limit": 25, "totalPages": 1, "hasNextPage": false, "hasPreviousPage": false });
    for query in ["", "?status=pending", "?search=ada"] {
        assert_eq!(office.get(&format!("{path}{query}")).await, json!({ "data": [expected], "pagination": page }), "{query}");
    }
    let jobs = office.world.count(&office.world.org, "jobs").await;
    assert_eq!(jobs, 1, "the mail waits");
    let one = format!("{path}/{}", made["data"]["id"]);
    office.world.clock.advance(Duration::from_hours(24));
    office.done("POST", &format!("{one}/resend"), NONE).await;
    assert_eq!(office.get(&path).await["data"][0]["expiresAt"], "2026-12-01T08:00:00Z", "its time begins anew");
    assert_eq!(office.world.count(&office.world.org, "jobs").await, 2);
    office.done("DELETE", &one, NONE).await;
    assert_eq!(office.get(&path).await["data"][0]["status"], "revoked");
    assert_eq!(office.refused(&office.admin, "POST", &format!("{one}/resend"), NONE).await, "companies.invitation_ended");
    assert_eq!(office.refused(&office.admin, "DELETE", &one, NONE).await, "companies.invitation_not_found");
}

#[tokio::test]
async fn an_invitation_nobody_answered_runs_out_and_another_takes_its_place() {
    let office = Office::with_globex().await;
    let path = format!("{GLOBEX}/invitations");
    let first = office.done("POST", &path, json!({ "email": "ada@example.com" })).await;
    let again = json!({ "email": "ADA@example.com" });
    assert_eq!(office.refused(&office.admin, "POST", &path, again.clone()).await, "companies.invited_already");
    office.world.clock.advance(Duration::from_hours(7 * 24));
    assert_eq!(office.get(&path).await["data"][0]["status"], "expired");
    let resend = format!("{path}/{}/resend", first["data"]["id"]);
    assert_eq!(office.refused(&office.admin, "POST", &resend, NONE).await, "companies.invitation_ended");
    office.done("POST", &path, again).await;
    let states = office.get(&path).await;
    assert_eq!(column(&states, "status"), ["pending", "expired"]);
    assert_eq!(office.get(&format!("{path}?status=expired")).await["pagination"]["total"], 1);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let office = Office::with_globex().await;
    office.done("POST", "/admin/organizations", json!({ "name": "Initech" })).await;
    office.done("PATCH", "/admin/organizations/initech", json!({ "isActive": false })).await;
    office.join("ada@example.com", "member").await;
    office.world.user("bob@example.com").await;
    office.done("POST", &format!("{GLOBEX}/roles"), json!({ "name": "Billing" })).await;
    office.done("POST", &format!("{GLOBEX}/invitations"), json!({ "email": "c@example.com", "role": "billing" })).await;
    let state = async || {
        let members = office.get(&format!("{GLOBEX}/members")).await;
        (office.get("/admin/organizations?sortBy=slug").await, office.roles().await, members)
    };
    let before = state().await;
    let big = json!({ "name": "X", "metadata": { "a": "x".repeat(17_000) } });
    for (method, path, body, code) in [
        ("POST", "", NONE, "validation_error"),
        ("POST", "", json!({ "name": "…" }), "validation_error"),
        ("POST", "", json!({ "name": "X", "logoUrl": "javascript:alert(1)" }), "validation_error"),
        ("POST", "", json!({ "name": "X", "metadata": [1] }), "validation_error"),
        ("POST", "", big, "validation_error"),
        ("POST", "", json!({ "name": "GLOBEX" }), "companies.taken"),
        ("PATCH", "/globex", json!({ "slug": "initech" }), "companies.taken"),
        ("PATCH", "/globex", json!({ "name": "Half", "owner": "me" }), "validation_error"),
        ("GET", "/none", NONE, "companies.not_found"),
        ("PUT", "/none", json!({}), "companies.not_found"),
        ("DELETE", "/none", NONE, "companies.not_found"),
        ("GET", "/none/members", NONE, "companies.not_found"),
        ("GET", "/none/roles", NONE, "companies.not_found"),
        ("GET", "/none/invitations", NONE, "companies.not_found"),
        ("POST", "/globex/members", NONE, "validation_error"),
        ("POST", "/globex/members", json!({ "userId": "nobody@example.com" }), "users.not_found"),
        ("POST", "/globex/members", json!({ "userId": "bob@example.com", "role": "pope" }), "companies.role_not_found"),
        ("POST", "/globex/members", json!({ "userId": "ada@example.com" }), "companies.member_already"),
        ("PATCH", "/globex/members/bob@example.com", json!({ "role": "admin" }), "users.not_found"),
        ("PATCH", "/globex/members/ada@example.com", json!({ "role": "pope" }), "companies.role_not_found"),
        ("PATCH", "/globex/members/ada@example.com", json!({ "status": "gone" }), "validation_error"),
        ("DELETE", "/globex/members/bob@example.com", NONE, "users.not_found"),
        ("POST", "/globex/roles", json!({ "name": "Member" }), "companies.role_taken"),
        ("POST", "/globex/roles", json!({ "name": "X", "slug": "7" }), "validation_error"),
        ("PATCH", "/globex/roles/owner", json!({ "name": "Boss" }), "companies.system_role"),
        ("PATCH", "/globex/roles/owner", json!({ "isDefault": true }), "companies.owner_role"),
        ("PATCH", "/globex/roles/member", json!({ "isDefault": false }), "companies.default_role"),
        ("DELETE", "/globex/roles/admin", NONE, "companies.system_role"),
        ("DELETE", "/globex/roles/billing", NONE, "companies.role_in_use"),
        ("DELETE", "/globex/roles/pope", NONE, "companies.role_not_found"),
        ("POST", "/globex/invitations", json!({ "email": "no address" }), "validation_error"),
        ("POST", "/globex/invitations", json!({ "email": "d@example.com", "role": "pope" }), "validation_error"),
        ("POST", "/globex/invitations", json!({ "email": "ada@example.com" }), "companies.member_already"),
        ("POST", "/initech/invitations", json!({ "email": "d@example.com" }), "companies.inactive"),
        ("POST", "/globex/invitations/99/resend", NONE, "companies.invitation_not_found"),
        ("DELETE", "/globex/invitations/99", NONE, "companies.invitation_not_found"),
        ("DELETE", "/globex/invitations/x", NONE, "validation_error"),
        ("GET", "?sortBy=memberCount", NONE, "validation_error"),
    ] {
        let path = format!("/admin/organizations{path}");
        assert_eq!(office.refused(&office.admin, method, &path, body).await, code, "{method} {path}");
    }
    assert_eq!(state().await, before);
    assert_eq!(office.get(&format!("{GLOBEX}/invitations")).await["pagination"]["total"], 1);
}

#[tokio::test]
async fn roles_members_and_invitations_of_one_company_are_not_those_of_another() {
    let office = Office::with_globex().await;
    office.done("POST", "/admin/organizations", json!({ "name": "Initech" })).await;
    office.join("ada@example.com", "owner").await;
    let role = office.done("POST", &format!("{GLOBEX}/roles"), json!({ "name": "Billing" })).await["data"]["id"].clone();
    let invited = office.done("POST", &format!("{GLOBEX}/invitations"), json!({ "email": "c@example.com" })).await;
    let initech = "/admin/organizations/initech";
    for (method, path, body) in [
        ("PATCH", format!("{initech}/roles/{role}"), json!({ "name": "X" })),
        ("DELETE", format!("{initech}/roles/{role}"), NONE),
        ("POST", format!("{initech}/members"), json!({ "userId": "ada@example.com", "role": role })),
        ("DELETE", format!("{initech}/members/ada@example.com"), NONE),
        ("DELETE", format!("{initech}/invitations/{}", invited["data"]["id"]), NONE),
        ("POST", format!("{initech}/invitations/{}/resend", invited["data"]["id"]), NONE),
    ] {
        let code = office.refused(&office.admin, method, &path, body).await;
        assert!(code.ends_with("not_found"), "{method} {path}: {code}");
    }
}

#[tokio::test]
async fn a_deleted_company_takes_along_what_is_its_own_and_leaves_people_alone() {
    let office = Office::with_globex().await;
    office.join("ada@example.com", "owner").await;
    office.done("POST", &format!("{GLOBEX}/invitations"), json!({ "email": "c@example.com" })).await;
    let before = office.world.count(&office.world.org, "users").await;
    office.done("DELETE", GLOBEX, NONE).await;
    for table in ["companies", "company_roles", "company_members", "invitations"] {
        assert_eq!(office.world.count(&office.world.org, table).await, 0, "{table}");
    }
    assert_eq!(office.world.count(&office.world.org, "users").await, before);
}

#[tokio::test]
async fn a_deleted_user_leaves_companies_and_invitations() {
    let office = Office::with_globex().await;
    office.join("ada@example.com", "owner").await;
    let refused = office.refused(&office.admin, "DELETE", "/admin/users/ada@example.com", NONE).await;
    assert_eq!(refused, "companies.last_owner", "somebody answers for it");
    office.join("bob@example.com", "owner").await;
    office.done("POST", "/admin/organizations", json!({ "name": "Initech" })).await;
    office.done("POST", "/admin/organizations/initech/invitations", json!({ "email": "ada@example.com" })).await;
    office.done("DELETE", "/admin/users/ada@example.com", NONE).await;
    assert_eq!(office.get(GLOBEX).await["data"]["memberCount"], 1);
    assert_eq!(office.world.count(&office.world.org, "invitations").await, 0);
}

#[tokio::test]
async fn another_organizations_companies_are_nowhere_to_be_seen() {
    let office = Office::with_globex().await;
    let other = office.world.another_org("other").await;
    let made = office.world.play(&other, |cx| {
        Box::pin(async move {
            let sql = org_sql!(
                "INSERT INTO companies (org_id, id, slug, name, created_at, updated_at)
                 VALUES (:org, 'theirs', 'theirs', 'Theirs', 0, 0)"
            );
            Ok(cx.tx.execute(sql, &[]).await?)
        })
    });
    assert_eq!(made.await.unwrap(), 1);
    assert_eq!(column(&office.get("/admin/organizations").await, "slug"), ["globex"]);
    for (method, body) in [("GET", NONE), ("PATCH", json!({ "name": "Ours" })), ("DELETE", NONE)] {
        let code = office.refused(&office.admin, method, "/admin/organizations/theirs", body).await;
        assert_eq!(code, "companies.not_found", "{method}");
    }
}
