//! Inviting people into the organization.

use crate::testing::{Office, as_user, column};
use kernel::{Actor, FaultKind};
use serde_json::{Value, json};
use std::time::Duration;

const NONE: Value = Value::Null;
const ALL: &str = "/invitations";

impl Office {
    /// Somebody who may make users and sees roles, and nothing else.
    async fn helpdesk(&self) -> Actor {
        let role = json!({ "name": "Helpdesk", "permissions": ["users.read", "users.write"] });
        self.done("POST", "/admin/roles", role).await;
        as_user(&self.world.user_with_role("desk@example.com", "helpdesk").await)
    }
    async fn keep_registration(&self, is_open: bool) {
        self.world.keep_settings(&json!({ "branding": { "self_registration_enabled": is_open } }).to_string()).await;
    }
}

#[tokio::test]
async fn an_invitation_is_listed_sent_again_and_taken_back() {
    let office = Office::open().await;
    let body = json!({ "email": "Ada@Example.com", "name": "Ada Lovelace", "roles": ["admin"], "expiresInDays": 3 });
    let made = office.done("POST", ALL, body).await;
    let role = &made["data"]["roles"][0];
    assert_eq!(role["slug"], "admin");
    let expected = json!({
        "id": made["data"]["id"], "email": "Ada@Example.com", "name": "Ada Lovelace", "roles": [role], "status": "pending",
        "invitedBy": "root@example.com", "createdAt": "2026-11-23T08:00:00Z", "sentAt": "2026-11-23T08:00:00Z",
        "expiresAt": "2026-11-26T08:00:00Z"
    });
    assert_eq!(made, json!({ "data": expected, "message": "Invitation sent." }));
    for query in ["", "?status=pending", "?search=ada"] {
        assert_eq!(office.get(&format!("{ALL}{query}")).await["data"], json!([expected]), "{query}");
    }
    assert_eq!(office.get(&format!("{ALL}?status=accepted")).await["meta"]["total"], 0);
    assert_eq!(office.world.count(&office.world.org, "jobs").await, 1, "the mail waits");
    let one = format!("{ALL}/{}", made["data"]["id"]);
    office.world.clock.advance(Duration::from_hours(24));
    office.done("POST", &format!("{one}/resend"), NONE).await;
    assert_eq!(office.get(ALL).await["data"][0]["expiresAt"], "2026-11-27T08:00:00Z", "its three days begin anew");
    assert_eq!(office.world.count(&office.world.org, "jobs").await, 2);
    office.done("DELETE", &one, NONE).await;
    assert_eq!(office.get(ALL).await["data"][0]["status"], "revoked");
    for (method, path) in [("POST", format!("{one}/resend")), ("DELETE", one)] {
        assert_eq!(office.refused(&office.admin, method, &path, NONE).await, "invitations.ended", "{method}");
    }
    let names = office.world.event_names().await;
    let about: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("invitations.")).collect();
    assert_eq!(about, ["created", "resent", "revoked"]);
}

#[tokio::test]
async fn an_address_gets_a_second_mail_at_once_and_is_then_left_alone_for_five_minutes() {
    let office = Office::open().await;
    let ada = json!({ "email": "ada@example.com" });
    let made = office.done("POST", ALL, ada.clone()).await;
    let one = format!("{ALL}/{}", made["data"]["id"]);
    let resend = format!("{one}/resend");
    office.world.clock.advance(Duration::from_secs(1));
    office.done("POST", &resend, NONE).await;
    let too_soon = office.call("POST", &resend, NONE).await.unwrap_err();
    assert_eq!((too_soon.kind, too_soon.code, too_soon.retry_after), (FaultKind::TooMany, "invitations.too_soon", Some(301)));
    office.world.clock.advance(Duration::from_mins(5));
    office.done("POST", &resend, NONE).await;
    assert_eq!(office.refused(&office.admin, "POST", &resend, NONE).await, "invitations.too_soon");
    office.done("DELETE", &one, NONE).await;
    assert_eq!(office.refused(&office.admin, "POST", ALL, ada.clone()).await, "invitations.too_soon", "nor by a new one");
    office.world.clock.advance(Duration::from_mins(5));
    office.done("POST", ALL, ada).await;
    let globex = "/admin/organizations/globex/invitations";
    office.done("POST", "/admin/organizations", json!({ "name": "Globex" })).await;
    let made = office.done("POST", globex, json!({ "email": "ada@example.com" })).await;
    let resend = format!("{globex}/{}/resend", made["data"]["id"]);
    office.world.clock.advance(Duration::from_secs(1));
    office.done("POST", &resend, NONE).await;
    assert_eq!(office.refused(&office.admin, "POST", &resend, NONE).await, "invitations.too_soon", "into a company");
}

#[tokio::test]
async fn whoever_sends_an_invitation_again_answers_for_it() {
    let office = Office::open().await;
    let second = as_user(&office.world.user_with_role("second@example.com", "admin").await);
    let made = office.done("POST", ALL, json!({ "email": "ada@example.com", "roles": ["admin"] })).await;
    assert_eq!(office.get(ALL).await["data"][0]["invitedBy"], "root@example.com");
    office.world.clock.advance(Duration::from_mins(6));
    let resend = format!("{ALL}/{}/resend", made["data"]["id"]);
    office.world.call(&second, "POST", &resend, NONE).await.unwrap();
    assert_eq!(office.get(ALL).await["data"][0]["invitedBy"], "second@example.com");
}

#[tokio::test]
async fn whoever_has_an_account_or_waits_already_is_not_invited() {
    let office = Office::open().await;
    office.world.user("ada@example.com").await;
    office.done("POST", ALL, json!({ "email": "bob@example.com" })).await;
    for (email, code) in [("ADA@example.com", "users.taken"), ("BOB@example.com", "invitations.pending")] {
        assert_eq!(office.refused(&office.admin, "POST", ALL, json!({ "email": email })).await, code);
    }
    for body in [
        json!({}),
        json!({ "email": "no address" }),
        json!({ "email": "c@example.com", "roles": ["pope"] }),
        json!({ "email": "c@example.com", "expiresInDays": 0 }),
        json!({ "email": "c@example.com", "expiresInDays": 31 }),
        json!({ "email": "c@example.com", "role": "admin" }),
    ] {
        assert_eq!(office.refused(&office.admin, "POST", ALL, body.clone()).await, "validation_error", "{body}");
    }
    for (method, path) in [("DELETE", "/invitations/99"), ("POST", "/invitations/99/resend")] {
        assert_eq!(office.refused(&office.admin, method, path, NONE).await, "invitations.not_found", "{method} {path}");
    }
    assert_eq!(office.get(ALL).await["meta"]["total"], 1);
}

#[tokio::test]
async fn several_are_invited_at_once_and_whoever_needs_none_is_named() {
    let office = Office::open().await;
    office.world.user("ada@example.com").await;
    let emails = ["bob@example.com", "ADA@example.com", "cy@example.com", "Bob@example.com"];
    let sent = office.done("POST", "/invitations/bulk", json!({ "emails": emails, "roles": ["user"] })).await;
    assert_eq!(column(&sent, "email"), ["bob@example.com", "cy@example.com"]);
    let skipped: Vec<_> = sent["skipped"].as_array().unwrap().iter().map(|row| (&row["email"], &row["code"])).collect();
    let expected =
        [("ADA@example.com", "users.taken"), ("Bob@example.com", "invitations.pending")].map(|(e, c)| (json!(e), json!(c)));
    assert_eq!(skipped, expected.each_ref().map(|(email, code)| (email, code)));
    let many: Vec<String> = (0..101).map(|n| format!("p{n}@example.com")).collect();
    for body in [json!({ "emails": [] }), json!({ "emails": many }), json!({ "emails": ["d@example.com", "x"] })] {
        assert_eq!(office.refused(&office.admin, "POST", "/invitations/bulk", body).await, "validation_error");
    }
    assert_eq!(office.get(ALL).await["meta"]["total"], 2, "a request that is refused invites nobody");
}

#[tokio::test]
async fn nobody_invites_into_a_role_they_could_not_give() {
    let office = Office::open().await;
    let desk = office.helpdesk().await;
    let admin = json!({ "email": "eve@example.com", "roles": ["admin"] });
    assert_eq!(office.refused(&desk, "POST", ALL, admin.clone()).await, "forbidden");
    let several = json!({ "emails": ["eve@example.com"], "roles": ["admin"] });
    assert_eq!(office.refused(&desk, "POST", "/invitations/bulk", several).await, "forbidden");
    assert_eq!(office.get(ALL).await["meta"]["total"], 0);
    let made = office.done("POST", ALL, admin).await;
    office.world.clock.advance(Duration::from_mins(6));
    let one = format!("{ALL}/{}", made["data"]["id"]);
    for (method, path) in [("POST", format!("{one}/resend")), ("DELETE", one)] {
        assert_eq!(office.refused(&desk, method, &path, NONE).await, "forbidden", "{method}");
    }
    let own = json!({ "email": "fay@example.com", "roles": ["helpdesk"] });
    office.world.call(&desk, "POST", ALL, own).await.unwrap();
}

#[tokio::test]
async fn where_nobody_may_register_managing_companies_makes_no_accounts() {
    let office = Office::open().await;
    office.done("POST", "/admin/organizations", json!({ "name": "Globex" })).await;
    let role = json!({ "name": "Sales", "permissions": ["organizations.read", "organizations.write"] });
    office.done("POST", "/admin/roles", role).await;
    let sales = as_user(&office.world.user_with_role("sales@example.com", "sales").await);
    office.world.user("ada@example.com").await;
    office.keep_registration(false).await;
    let path = "/admin/organizations/globex/invitations";
    let stranger = json!({ "email": "new@example.com" });
    let refused = office.world.call(&sales, "POST", path, stranger.clone()).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (FaultKind::Forbidden, "invitations.makes_account"));
    assert!(refused.hint.contains("users.write"));
    office.world.call(&sales, "POST", path, json!({ "email": "ada@example.com" })).await.unwrap();
    office.done("POST", path, stranger).await;
    office.keep_registration(true).await;
    office.world.call(&sales, "POST", path, json!({ "email": "other@example.com" })).await.unwrap();
}

#[tokio::test]
async fn managing_companies_makes_no_accounts_outside_the_allowed_mail_domains() {
    let office = Office::open().await;
    office.done("POST", "/admin/organizations", json!({ "name": "Globex" })).await;
    let role = json!({ "name": "Sales", "permissions": ["organizations.read", "organizations.write"] });
    office.done("POST", "/admin/roles", role).await;
    let sales = as_user(&office.world.user_with_role("sales@example.com", "sales").await);
    let domains = json!({ "allowed_email_domains": ["example.com"] });
    let settings = json!({ "branding": { "self_registration_enabled": true }, "authentication": domains });
    office.world.keep_settings(&settings.to_string()).await;
    let path = "/admin/organizations/globex/invitations";
    for email in ["eve@evil.example", "eve@sub.example.com"] {
        let refused = office.refused(&sales, "POST", path, json!({ "email": email })).await;
        assert_eq!(refused, "invitations.makes_account", "{email}");
    }
    office.world.call(&sales, "POST", path, json!({ "email": "new@EXAMPLE.com" })).await.unwrap();
    office.done("POST", path, json!({ "email": "guest@elsewhere.example" })).await;
}

#[tokio::test]
async fn a_role_that_is_deleted_is_given_by_no_invitation() {
    let office = Office::open().await;
    office.helpdesk().await;
    office.done("POST", ALL, json!({ "email": "ada@example.com", "roles": ["helpdesk", "user"] })).await;
    office.done("DELETE", "/admin/roles/helpdesk", NONE).await;
    let left = office.get(ALL).await;
    assert_eq!(left["data"][0]["roles"].as_array().unwrap().len(), 1);
    assert_eq!(left["data"][0]["roles"][0]["slug"], "user");
}

#[tokio::test]
async fn invitations_into_a_company_and_into_the_organization_do_not_meet() {
    let office = Office::open().await;
    office.done("POST", "/admin/organizations", json!({ "name": "Globex" })).await;
    let path = "/admin/organizations/globex/invitations";
    let ada = json!({ "email": "ada@example.com" });
    let (ours, theirs) = (office.done("POST", ALL, ada.clone()).await, office.done("POST", path, ada).await);
    assert_eq!(column(&office.get(ALL).await, "email"), ["ada@example.com"]);
    assert_eq!(office.get(path).await["pagination"]["total"], 1);
    office.world.clock.advance(Duration::from_mins(6));
    for (here, there) in [(ALL, &theirs), (path, &ours)] {
        let one = format!("{here}/{}", there["data"]["id"]);
        for (method, path) in [("POST", format!("{one}/resend")), ("DELETE", one)] {
            let code = office.refused(&office.admin, method, &path, NONE).await;
            assert!(code.ends_with("not_found"), "{method} {path}: {code}");
        }
    }
}
