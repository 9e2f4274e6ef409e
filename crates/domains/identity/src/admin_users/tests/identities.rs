//! Accounts elsewhere: linked, unlinked, and given the provider they lacked.

use crate::identities::{self, Kind, NO_PROVIDER, NewLink};
use crate::permissions::ADMIN_ROLE;
use crate::testing::{Office, as_client, as_user, column, play};
use crate::users::User;
use kernel::Fault;
use serde_json::{Value, json};

const NONE: Value = Value::Null;

/// A link that names no provider, as old ones do.
async fn legacy(office: &Office, user: &User, name_id: &'static str) {
    let (world, id) = (&office.world, user.id.clone());
    let linked: Result<(), Fault> = play!(world, |cx, id| {
        let new = NewLink { kind: Kind::Saml, provider: NO_PROVIDER, subject: name_id, is_exclusive: false };
        identities::link(&mut cx.tx, &id, &new, cx.now).await
    });
    linked.unwrap();
}

#[tokio::test]
async fn an_account_elsewhere_is_linked_replaced_and_unlinked() {
    let office = Office::open().await;
    let ada = office.world.user("ada@example.com").await;
    let corp = office.world.provider("saml", "Corp", "").await;
    let lab = office.world.provider("saml", "Lab", "").await;
    let path = "/admin/users/ada@example.com/identities";
    for (idp, name) in [(corp, "Corp"), (lab, "Lab"), (lab, "Lab")] {
        office.begin_session(&ada).await;
        let body = json!({ "type": "saml", "idp_id": idp, "name_id": "ada-7" });
        let linked = office.done("POST", path, body).await;
        let binding = json!({
            "type": "saml", "idp_id": idp, "name_id": "ada-7", "legacy": false, "ldap_config_id": null, "dn": null, "provider": name
        });
        let expected = json!({ "data": { "auth_source": "saml", "ldap_only": false, "bindings": [binding] } });
        assert_eq!(linked, expected);
        assert_eq!(office.get(path).await, expected);
        assert_eq!(office.live_sessions(&ada).await, 0, "the sessions ended");
    }
    let found = play!(office.world, |cx| {
        let here = identities::find_user(&mut cx.tx, Kind::Saml, lab, "ada-7").await?;
        Ok((here, identities::find_user(&mut cx.tx, Kind::Saml, corp, "ada-7").await?))
    });
    assert_eq!(found.unwrap(), (Some(ada.id.clone()), None), "a subject counts at its own provider only");
    office.begin_session(&ada).await;
    let unlinked = office.done("DELETE", &format!("{path}/saml"), NONE).await;
    assert_eq!(unlinked["data"], json!({ "auth_source": null, "ldap_only": false, "bindings": [] }));
    assert_eq!(office.live_sessions(&ada).await, 0);
    let names = office.world.event_names().await;
    let about: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("identity.link.")).collect();
    assert_eq!(about, ["created", "created", "created", "removed"]);
    assert_eq!(office.world.count(&office.world.org, "jobs").await, 4, "they are told each time");
}

#[tokio::test]
async fn a_directory_may_be_the_only_way_in() {
    let office = Office::open().await;
    office.world.user("ada@example.com").await;
    office.world.user("bob@example.com").await;
    let directory = office.world.provider("ldap", "Staff", "").await;
    let path = "/admin/users/ada@example.com/identities";
    let body = json!({ "type": "ldap", "ldap_config_id": directory, "dn": "CN=Ada,DC=Corp", "ldap_only": true });
    let linked = office.done("POST", path, body).await;
    let data = &linked["data"];
    assert_eq!((&data["auth_source"], &data["ldap_only"]), (&json!("ldap"), &json!(true)));
    assert_eq!((&data["bindings"][0]["dn"], &data["bindings"][0]["name_id"]), (&json!("CN=Ada,DC=Corp"), &NONE));
    let same = json!({ "type": "ldap", "ldap_config_id": directory, "dn": "cn=ada,dc=corp" });
    let bob = "/admin/users/bob@example.com/identities";
    assert_eq!(office.refused(&office.admin, "POST", bob, same).await, "identities.taken");
    let unlinked = office.done("DELETE", &format!("{path}/ldap"), NONE).await;
    assert_eq!(unlinked["data"]["ldap_only"], false);
}

#[tokio::test]
async fn what_is_refused_links_nothing_and_ends_nothing() {
    let office = Office::open().await;
    let ada = office.world.user("ada@example.com").await;
    let root = office.world.user_with_role("second@example.com", ADMIN_ROLE).await;
    let corp = office.world.provider("saml", "Corp", "").await;
    let directory = office.world.provider("ldap", "Staff", "").await;
    let (of_ada, of_root) = ("/admin/users/ada@example.com/identities", "/admin/users/second@example.com/identities");
    let saml = |name_id: &str| json!({ "type": "saml", "idp_id": corp, "name_id": name_id });
    office.done("POST", of_root, saml("root")).await;
    office.done("POST", of_ada, saml("ada")).await;
    office.begin_session(&ada).await;
    let before = office.get(of_ada).await;
    for (path, body, code) in [
        (of_ada, NONE, "validation_error"),
        (of_ada, json!({ "type": "social", "idp_id": corp, "name_id": "x" }), "validation_error"),
        (of_ada, json!({ "type": "saml", "name_id": "x" }), "validation_error"),
        (of_ada, json!({ "type": "saml", "idp_id": corp }), "validation_error"),
        (of_ada, json!({ "type": "saml", "idp_id": corp, "name_id": "x", "ldap_only": true }), "validation_error"),
        (of_ada, json!({ "type": "ldap", "ldap_config_id": directory }), "validation_error"),
        (of_ada, json!({ "type": "saml", "idp_id": directory, "name_id": "x" }), "identity_providers.not_found"),
        (of_ada, json!({ "type": "saml", "idp_id": 0, "name_id": "x" }), "identity_providers.not_found"),
        (of_ada, saml("root"), "identities.taken"),
        (of_ada, json!({ "type": "ldap", "ldap_config_id": directory, "dn": "cn=ada" }), "identities.other_source"),
        ("/admin/users/nobody/identities", saml("x"), "users.not_found"),
    ] {
        assert_eq!(office.refused(&office.admin, "POST", path, body.clone()).await, code, "{path} {body}");
    }
    for (kind, code) in [("ldap", "identities.not_found"), ("social", "identities.not_found"), ("password", "validation_error")] {
        assert_eq!(office.refused(&office.admin, "DELETE", &format!("{of_ada}/{kind}"), NONE).await, code, "{kind}");
    }
    assert_eq!((office.get(of_ada).await, office.live_sessions(&ada).await), (before, 1));

    // Whoever helps people can't make a way into an administrator's account, or close one.
    let helper = as_user(&office.world.user_with_permissions("help@example.com", &["users.read", "users.write"]).await);
    for actor in [helper, as_client("admin:users")] {
        assert_eq!(office.refused(&actor, "POST", of_root, saml("mine")).await, "forbidden");
        assert_eq!(office.refused(&actor, "DELETE", &format!("{of_root}/saml"), NONE).await, "forbidden");
    }
    assert_eq!(office.get(of_root).await["data"]["bindings"][0]["name_id"], "root");
    office.done("DELETE", "/admin/users/ada@example.com", NONE).await;
    assert_eq!(office.world.count(&office.world.org, "identities").await, 1, "they go with their user");
    drop(root);
}

#[tokio::test]
async fn links_without_a_provider_are_reported_with_those_that_could_be_meant() {
    let office = Office::open().await;
    let corp = office.world.provider("saml", "Corp", "corp.example").await;
    let both = office.world.provider("saml", "Both", "corp.example lab.example").await;
    for (email, name_id) in [("ada@corp.example", "a"), ("bob@lab.example", "b"), ("eve@nowhere.example", "c")] {
        let user = office.world.user(email).await;
        legacy(&office, &user, name_id).await;
    }
    assert_eq!(office.get("/admin/users/ada@corp.example/identities").await["data"]["bindings"][0]["legacy"], true);
    let report = office.get("/admin/identities/legacy-saml").await["data"].clone();
    assert_eq!((&report["idp_count"], &report["ambiguous"]), (&json!(2), &json!(true)));
    assert_eq!(report["idps"][0], json!({ "id": corp, "name": "Corp", "enabled": true, "email_domains": ["corp.example"] }));
    let users: Vec<_> = report["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| (&u["name_id"], &u["candidate_idp_ids"], &u["suggested_idp_id"]))
        .collect();
    let expected =
        [(json!("a"), json!([corp, both]), NONE), (json!("b"), json!([both]), json!(both)), (json!("c"), json!([]), NONE)];
    assert_eq!(users, expected.iter().map(|(a, b, c)| (a, b, c)).collect::<Vec<_>>());
    let of_corp = office.get(&format!("/admin/identities/legacy-saml?idp_id={corp}")).await["data"].clone();
    assert_eq!(of_corp["users"].as_array().unwrap().len(), 1);
    let code = office.refused(&office.admin, "GET", "/admin/identities/legacy-saml?idp_id=99999", NONE).await;
    assert_eq!(code, "identity_providers.not_found");
}

#[tokio::test]
async fn links_without_a_provider_get_one_from_whoever_outranks_their_users() {
    let office = Office::open().await;
    let corp = office.world.provider("saml", "Corp", "corp.example").await;
    let path = "/admin/identities/legacy-saml";
    let ada = office.world.user("ada@corp.example").await;
    let bob = office.world.user("bob@corp.example").await;
    let eve = office.world.user("eve@elsewhere.example").await;
    let boss = office.world.user_with_role("boss@corp.example", ADMIN_ROLE).await;
    let holder = office.world.user("holder@corp.example").await;
    for (user, name_id) in [(&ada, "a"), (&bob, "b"), (&eve, "e"), (&boss, "z")] {
        legacy(&office, user, name_id).await;
    }
    let taken = json!({ "type": "saml", "idp_id": corp, "name_id": "b" });
    office.done("POST", "/admin/users/holder@corp.example/identities", taken).await;
    office.begin_session(&ada).await;
    let helper = as_user(&office.world.user_with_permissions("help@example.com", &["users.read", "users.write"]).await);
    let ask = async |body: Value| office.world.call(&helper, "POST", path, body).await.unwrap()["data"].clone();
    let everybody = json!([ada.id.as_str(), bob.id.as_str(), boss.id.as_str(), holder.id.as_str()]);
    for (body, skipped) in [
        (json!({ "idp_id": corp, "all_matching_domains": true }), vec!["already_linked", "not_outranked"]),
        (json!({ "idp_id": corp, "user_ids": everybody }), vec!["not_legacy", "already_linked", "not_outranked"]),
    ] {
        let tried = ask(body).await;
        assert_eq!((&tried["dry_run"], &tried["idp_id"]), (&json!(true), &json!(corp)));
        let expected = json!([{ "user_id": ada.id.as_str(), "email": "ada@corp.example", "name_id": "a" }]);
        assert_eq!(tried["relinked"], expected);
        let reasons: Vec<&str> = tried["skipped"].as_array().unwrap().iter().map(|s| s["reason"].as_str().unwrap()).collect();
        assert_eq!(reasons, skipped);
    }
    assert_eq!(office.live_sessions(&ada).await, 1, "so far it was only asked");
    let done = ask(json!({ "idp_id": corp, "all_matching_domains": true, "dry_run": false })).await;
    assert_eq!(done["relinked"].as_array().unwrap().len(), 1);
    assert_eq!(office.live_sessions(&ada).await, 0);
    let binding = office.get("/admin/users/ada@corp.example/identities").await["data"]["bindings"][0].clone();
    assert_eq!((&binding["idp_id"], &binding["name_id"], &binding["legacy"]), (&json!(corp), &json!("a"), &json!(false)));
    let left = office.get(path).await;
    assert_eq!(column(&json!({ "data": left["data"]["users"] }), "name_id"), ["b", "e", "z"]);
    assert_eq!(office.world.event_names().await.iter().filter(|name| *name == "identity.link.bulk_relinked").count(), 1);
    for (body, code) in [
        (json!({ "idp_id": corp }), "validation_error"),
        (json!({ "idp_id": corp, "user_ids": [], "all_matching_domains": true }), "validation_error"),
        (json!({ "idp_id": 99999, "all_matching_domains": true }), "identity_providers.not_found"),
        (json!({ "all_matching_domains": true }), "validation_error"),
    ] {
        assert_eq!(office.refused(&office.admin, "POST", path, body.clone()).await, code, "{body}");
    }
}
