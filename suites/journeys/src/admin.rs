//! What an administrator does over the API, with the development API key.

use crate::tokens::Client;
use lumoauth::notes::Login;
use serde_json::{Value, json};
use testkit::{Answered, TestApp};

/// A call with the administrator's API key.
pub async fn call(app: &TestApp, method: &str, path: &str, body: Option<&Value>) -> Answered {
    let sending = app.request(method, &app.api(path)).api_key(&app.notes.api_key);
    match body {
        Some(body) => sending.json(body).send().await,
        None => sending.send().await,
    }
}
/// GET.
pub async fn get(app: &TestApp, path: &str) -> Answered {
    call(app, "GET", path, None).await
}
/// POST without a body.
pub async fn post(app: &TestApp, path: &str) -> Answered {
    call(app, "POST", path, None).await
}

/// Make a person who can sign in; returns their id.
pub async fn make_user(app: &TestApp, login: &Login, more: Value) -> String {
    let mut body = json!({ "email": login.email, "password": login.password, "emailVerified": true });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = call(app, "POST", "/admin/users", Some(&body)).await.expect(201).json();
    made["data"]["id"].as_str().unwrap().to_owned()
}

/// Someone who can sign in.
pub fn login(name: &str) -> Login {
    Login { email: format!("{name}@people.example"), password: format!("a long password of {name} 7") }
}

/// The id of somebody by address.
pub async fn user_id(app: &TestApp, email: &str) -> String {
    let shown = get(app, &format!("/admin/users/{}", email.replace('@', "%40"))).await.expect(200).json();
    shown["data"]["id"].as_str().unwrap().to_owned()
}

/// Register a client; returns it and its `data`.
pub async fn make_client(app: &TestApp, body: Value) -> (Client, Value) {
    let made = call(app, "POST", "/admin/clients", Some(&body)).await.expect(201).json();
    let data = made["data"].clone();
    let text = |name: &str| data[name].as_str().map(str::to_owned);
    (Client { id: text("clientId").unwrap(), secret: text("secret") }, data)
}
