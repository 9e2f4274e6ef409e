//! Clients over the API.

use super::send;
use serde_json::json;
use suite_journeys::admin::{call, get, make_client, post};
use suite_journeys::code::{Ask, CALLBACK, code_for_user};
use suite_journeys::shape::expect_shape;
use suite_journeys::tokens::{Client, Tokens, expect_error};
use testkit::{TestApp, databases};

#[tokio::test]
async fn clients_have_the_published_shape() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let body = json!({ "name": "Shop", "redirectUris": [CALLBACK], "scopes": ["openid", "email"], "grantTypes": ["authorization_code"] });
        let made = send(&app, "POST", "/admin/clients", &body).await.expect(201).json();
        expect_shape(&made, "changed_client");
        assert!(made["data"]["secret"].is_string() && made["data"]["_note"].is_string(), "{made}");
        assert_eq!((&made["data"]["isConfidential"], &made["data"]["isPublic"]), (&json!(true), &json!(false)));
        let (number, id) = (&made["data"]["id"], made["data"]["clientId"].as_str().unwrap());
        for key in [id.to_owned(), number.to_string()] {
            let shown = get(&app, &format!("/admin/clients/{key}")).await.expect(200).json();
            expect_shape(&shown, "one_client");
            assert_eq!(shown["data"]["clientId"], id);
            assert!(shown["data"].get("secret").is_none(), "a secret is shown once");
        }
        let list = get(&app, "/admin/clients").await.expect(200).json();
        expect_shape(&list, "clients");
        assert_eq!(list["meta"], list["pagination"]);
        let rotated = post(&app, &format!("/admin/clients/{id}/rotate-secret")).await.expect(200).json();
        expect_shape(&rotated, "changed_secret");
        assert_ne!(rotated["data"]["secret"], made["data"]["secret"]);
        expect_shape(&get(&app, &format!("/admin/clients/{id}/scopes")).await.expect(200).json(), "scopes");
        let set =
            send(&app, "PUT", &format!("/admin/clients/{id}/scopes"), &json!({ "scopes": ["openid"] })).await.expect(200).json();
        expect_shape(&set, "changed_scopes");
        assert_eq!(set["data"], json!(["openid"]));
        for action in ["disable", "enable"] {
            let changed = post(&app, &format!("/admin/clients/{id}/{action}")).await.expect(200).json();
            expect_shape(&changed, "changed_client");
            assert_eq!(changed["data"]["isActive"], action == "enable");
        }
        expect_shape(&call(&app, "DELETE", &format!("/admin/clients/{id}"), None).await.expect(200).json(), "message");
        assert_eq!(get(&app, &format!("/admin/clients/{id}")).await.status, 404);
    }
}

#[tokio::test]
async fn both_generations_of_field_names_are_understood() {
    let app = TestApp::start().await;
    for body in [
        json!({ "name": "Old", "redirectUris": [CALLBACK], "allowedScopes": ["openid"], "isConfidential": false, "requiresPkce": true }),
        json!({ "name": "New", "redirectUris": [CALLBACK], "scopes": ["openid"], "isPublic": true, "pkceRequired": true }),
    ] {
        let (client, data) = make_client(&app, body).await;
        assert_eq!((&data["isPublic"], &data["requiresPkce"], &data["scopes"]), (&json!(true), &json!(true), &json!(["openid"])));
        assert!(client.secret.is_none(), "a public client has no secret");
    }
}

#[tokio::test]
async fn a_rotated_secret_is_dead_at_once_and_the_new_one_works() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let body = json!({ "name": "Machine", "scopes": ["reports:read"], "grantTypes": ["client_credentials"] });
        let (old, _) = make_client(&app, body).await;
        let ask = [("grant_type", "client_credentials")];
        let token = Tokens::of(old.post(&app, "/oauth/token", &ask).await);
        let rotated = post(&app, &format!("/admin/clients/{}/rotate-secret", old.id)).await.expect(200).json();
        expect_error(old.post(&app, "/oauth/token", &ask).await, 401, "invalid_client");
        let new = Client { secret: rotated["data"]["secret"].as_str().map(str::to_owned), ..old };
        Tokens::of(new.post(&app, "/oauth/token", &ask).await);
        assert_eq!(new.introspect(&app, token.access()).await["active"], true, "{database:?}");
    }
}

#[tokio::test]
async fn changes_of_a_client_take_effect_at_once() {
    let app = TestApp::start().await;
    let body = json!({ "name": "Changing", "scopes": ["openid", "email"], "redirectUris": [CALLBACK] });
    let (client, _) = make_client(&app, body).await;
    let ask = Ask::of(&client.id, CALLBACK).with("scope", "openid email");
    let granted = Tokens::of(client.redeem(&app, &code_for_user(&app, &ask).await).await);
    assert!(granted.0["scope"].as_str().unwrap().contains("email"));
    send(&app, "PUT", &format!("/admin/clients/{}/scopes", client.id), &json!({ "scopes": ["openid"] })).await.expect(200);
    let granted = Tokens::of(client.redeem(&app, &code_for_user(&app, &ask).await).await);
    assert_eq!(granted.0["scope"], "openid");
    let elsewhere = json!({ "redirectUris": ["https://new.example/cb"] });
    send(&app, "PATCH", &format!("/admin/clients/{}", client.id), &elsewhere).await.expect(200);
    assert_eq!(app.browser().open(&ask.path(&app)).await.status, 400, "the old address is no longer registered");
}
