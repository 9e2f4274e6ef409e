use crate::permissions::ADMIN_ROLE;
use crate::testing::{World, as_user, as_user_with_scopes};
use flow::Body;
use kernel::{Actor, Fault};
use serde_json::{Value, json};

const HASH: &str = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

struct Office {
    world: World,
    admin: Actor,
}

impl Office {
    async fn open() -> Self {
        let world = World::start().await;
        let admin = as_user(&world.user_with_role("root@example.com", ADMIN_ROLE).await);
        Self { world, admin }
    }
    async fn begin(&self, on_existing: &str) -> String {
        let begun = self.world.call(&self.admin, "POST", "/admin/user-imports", json!({ "onExisting": on_existing })).await;
        begun.unwrap()["data"]["id"].as_str().unwrap().to_owned()
    }
    async fn send(&self, path: &str, media: &str, body: &str) -> Result<Value, Fault> {
        let answer = self.world.send(&self.admin, "POST", path, (media, body)).await?;
        let Body::Json(text) = answer.body else { panic!("{answer:?}") };
        Ok(serde_json::from_str(&text).unwrap())
    }
    async fn get(&self, path: &str) -> Value {
        self.world.call(&self.admin, "GET", path, Value::Null).await.unwrap()
    }
    async fn export(&self, query: &str) -> String {
        let answer = self.world.serve(&self.admin, "GET", &format!("/admin/user-exports?{query}"), Value::Null).await.unwrap();
        match answer.body {
            Body::Json(text) => text,
            Body::Bytes(_, bytes) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

fn rows(import: &str, offset: u32) -> String {
    format!("/admin/user-imports/{import}/rows?offset={offset}")
}

fn counts(answer: &Value) -> [i64; 5] {
    ["received", "created", "updated", "skipped", "refused"].map(|name| answer["data"][name].as_i64().unwrap())
}

#[tokio::test]
async fn a_table_is_imported_with_a_line_for_each_refused_row() {
    let office = Office::open().await;
    let import = office.begin("skip").await;
    let table = format!(
        "email,name,roles,passwordHash,isActive\n\
         ada@example.com,Ada,user;admin,{HASH},true\n\
         nobody,,,,\n\
         root@example.com,Root,,,\n\
         bob@example.com,Bob,pope,,\n\
         eve@example.com,Eve,,$1$weak,\n\
         sam@example.com,\"Sam, the second\",,,no\n\
         tom@example.com,Tom,,,,,extra\n"
    );
    let taken = office.send(&rows(&import, 0), "text/csv; charset=utf-8", &table).await.unwrap();
    assert_eq!(counts(&taken), [7, 2, 0, 1, 4], "{taken}");
    let refused: Vec<(i64, &str)> = taken["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refusal| (refusal["line"].as_i64().unwrap(), refusal["problem"].as_str().unwrap()))
        .collect();
    assert_eq!(
        refused,
        [
            (2, "email must be an e-mail address"),
            (4, "roles holds one that isn't there"),
            (5, "passwordHash is not a password hash of a known form (argon2, bcrypt, scrypt, pbkdf2)"),
            (7, "has more cells than the header line"),
        ]
    );
    let listed = office.get(&format!("/admin/user-imports/{import}/refusals?limit=2&page=2")).await;
    assert_eq!((listed["meta"]["total"].as_i64(), listed["data"][0]["line"].as_i64()), (Some(4), Some(5)));
    let ada = office.get("/admin/users/ada@example.com").await;
    assert_eq!(ada["data"]["isAdmin"], true);
    let sam = office.get("/admin/users/sam@example.com").await;
    assert_eq!((&sam["data"]["name"], &sam["data"]["isActive"]), (&json!("Sam, the second"), &json!(false)));
    assert_eq!(sam["data"]["roles"][0]["slug"], "user");
}

#[tokio::test]
async fn rows_that_come_twice_count_once_and_rows_out_of_order_are_refused() {
    let office = Office::open().await;
    let import = office.begin("refuse").await;
    let first = json!([{ "email": "a@example.com" }, { "email": "A@example.com" }]).to_string();
    let taken = office.send(&rows(&import, 0), "application/json", &first).await.unwrap();
    assert_eq!(counts(&taken), [2, 1, 0, 0, 1]);
    let again = office.send(&rows(&import, 0), "application/json", &first).await.unwrap();
    assert_eq!((counts(&again), &again["refusals"]), ([2, 1, 0, 0, 1], &json!([])));
    for offset in [1, 3] {
        let fault = office.send(&rows(&import, offset), "application/json", &first).await.unwrap_err();
        assert_eq!(fault.code, "user_imports.out_of_order", "{offset}");
    }
    let lines = "{\"email\":\"b@example.com\"}\n\n{\"email\":\"c@example.com\",\"shoe\":1}\n{\n";
    let last = office.send(&format!("{}&last=true", rows(&import, 2)), "application/x-ndjson", lines).await.unwrap();
    assert_eq!((counts(&last), &last["data"]["state"]), ([5, 2, 0, 0, 3], &json!("finished")));
    assert_eq!(last["refusals"][0], json!({ "line": 4, "problem": "shoe is not a field of a user" }));
    let fault = office.send(&rows(&import, 5), "application/x-ndjson", "{}").await.unwrap_err();
    assert_eq!(fault.code, "user_imports.finished");
    assert_eq!(counts(&office.get(&format!("/admin/user-imports/{import}")).await), [5, 2, 0, 0, 3]);
    assert_eq!(office.world.count(&office.world.org, "users").await, 3);
}

#[tokio::test]
async fn what_can_not_be_read_at_all_is_refused_and_changes_nothing() {
    let office = Office::open().await;
    let import = office.begin("skip").await;
    let many = "email\n".to_owned() + &"a@example.com\n".repeat(1001);
    for (media, body) in [
        ("text/plain", "email\na@example.com"),
        ("application/json", "{\"email\":\"a@example.com\"}"),
        ("application/json", "[{\"email\":\"a@example.com\""),
        ("text/csv", many.as_str()),
        ("text/csv", "\u{FEFF}"),
    ] {
        let answered = office.send(&rows(&import, 0), media, body).await;
        assert!(answered.is_err() || counts(&answered.unwrap()) == [0; 5], "{media}");
    }
    for path in [rows("none", 0), format!("/admin/user-imports/{import}/rows"), rows(&import, 0).replace('0', "-1")] {
        assert!(office.send(&path, "application/json", "[{\"email\":\"a@example.com\"}]").await.is_err(), "{path}");
    }
    assert_eq!(counts(&office.get(&format!("/admin/user-imports/{import}")).await), [0; 5]);
    assert_eq!(office.world.count(&office.world.org, "users").await, 1);
}

#[tokio::test]
async fn an_update_touches_profiles_only_and_nobody_above_the_caller() {
    let office = Office::open().await;
    office.world.user("ada@example.com").await;
    let clerk = office.world.user_with_permissions("clerk@example.com", &["users.read", "users.write"]).await;
    let clerk = as_user(&clerk);
    let begun = office.world.call(&clerk, "POST", "/admin/user-imports", json!({ "onExisting": "update" })).await.unwrap();
    let import = begun["data"]["id"].as_str().unwrap();
    let rows_sent = json!([
        { "email": "ada@example.com", "name": "Ada", "passwordHash": HASH, "isActive": false },
        { "email": "root@example.com", "name": "Mine now" },
        { "email": "mallory@example.com", "roles": ["admin"] },
    ]);
    let taken = office.world.call(&clerk, "POST", &rows(import, 0), rows_sent).await.unwrap();
    assert_eq!(counts(&taken), [3, 0, 1, 0, 2], "{taken}");
    let ada = office.get("/admin/users/ada@example.com").await;
    assert_eq!((&ada["data"]["name"], &ada["data"]["isActive"]), (&json!("Ada"), &json!(true)));
    let with_hashes: Value = serde_json::from_str(&office.export("passwordHashes=true").await).unwrap();
    assert!(!with_hashes.to_string().contains("$2b$"), "no password was set");
    assert_eq!(office.get("/admin/users/root@example.com").await["data"]["name"], Value::Null);
}

#[tokio::test]
async fn what_is_exported_can_be_imported_again_in_each_form() {
    for form in ["csv", "jsonl", "json"] {
        let office = Office::open().await;
        let import = office.begin("skip").await;
        let people = json!([
            { "email": "ada@example.com", "name": "=1+1", "phoneNumber": "+44 20 7946 0000", "passwordHash": HASH, "emailVerified": true,
              "createdAt": "2020-01-02T03:04:05Z", "address": { "locality": "London" }, "roles": ["user"] },
            { "email": "bob@example.com", "name": "'=quoted", "username": "bob", "givenName": "B, \"ob\"", "isActive": false, "roles": [] },
        ]);
        office.send(&rows(&import, 0), "application/json", &people.to_string()).await.unwrap();
        let exported = office.export(&format!("format={form}&passwordHashes=true")).await;
        assert!(!exported.lines().any(|line| line.contains(",=1+1")), "{exported}");

        let elsewhere = Office::open().await;
        let import = elsewhere.begin("skip").await;
        let (media, body) = match form {
            "csv" => ("text/csv", exported.clone()),
            "jsonl" => ("application/x-ndjson", exported.clone()),
            _ => ("application/json", serde_json::from_str::<Value>(&exported).unwrap()["data"].to_string()),
        };
        let taken = elsewhere.send(&rows(&import, 0), media, &body).await.unwrap();
        assert_eq!(counts(&taken), [3, 2, 0, 1, 0], "{form}: {taken}");
        assert_eq!(elsewhere.export(&format!("format={form}&passwordHashes=true")).await, exported, "{form}");
    }
}

#[tokio::test]
async fn an_export_comes_in_parts_and_hashes_only_with_their_permission() {
    let office = Office::open().await;
    for email in ["a@example.com", "b@example.com", "c@example.com"] {
        office.world.user(email).await;
    }
    let (mut after, mut emails) = (String::new(), Vec::new());
    loop {
        let part: Value = serde_json::from_str(&office.export(&format!("limit=3{after}")).await).unwrap();
        emails.extend(part["data"].as_array().unwrap().iter().map(|person| person["email"].as_str().unwrap().to_owned()));
        match part["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    emails.sort();
    assert_eq!(emails, ["a@example.com", "b@example.com", "c@example.com", "root@example.com"]);

    let reader = office.world.user_with_permissions("reader@example.com", &["users.read"]).await;
    let path = "/admin/user-exports?passwordHashes=true";
    for actor in [as_user(&reader), as_user_with_scopes(&reader, "admin:users")] {
        assert_eq!(office.world.call(&actor, "GET", path, Value::Null).await.unwrap_err().code, "forbidden");
        assert!(office.world.call(&actor, "GET", "/admin/user-exports", Value::Null).await.is_ok());
    }
    assert!(office.world.event_names().await.contains(&"users.exported".to_owned()));
}

#[tokio::test]
async fn another_organization_does_not_see_an_import() {
    let mut office = Office::open().await;
    let import = office.begin("skip").await;
    office.world.org = office.world.another_org("globex").await;
    for (method, path) in [("GET", format!("/admin/user-imports/{import}")), ("POST", rows(&import, 0))] {
        let body = if method == "POST" { json!([{ "email": "a@example.com" }]) } else { Value::Null };
        let answered = office.world.call(&crate::testing::as_client("admin"), method, &path, body).await;
        assert_eq!(answered.unwrap_err().code, "user_imports.not_found");
    }
}
