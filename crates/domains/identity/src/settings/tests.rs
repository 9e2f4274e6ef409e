use super::*;
use crate::testing::{World, as_client, as_user, as_user_with_scopes};
use kernel::Actor;
use serde_json::json;

fn admin() -> Actor {
    as_client("admin")
}

async fn call(world: &World, method: &str, section: &str, body: Value) -> Result<Value, kernel::Fault> {
    world.call(&admin(), method, &format!("/admin/settings/{section}"), body).await
}

/// What is wrong with a request that changes a section: the fields, in order.
async fn refused(world: &World, section: &str, body: Value) -> Vec<String> {
    let before = call(world, "GET", section, Value::Null).await.unwrap();
    for method in ["PATCH", "PUT"] {
        let fault = call(world, method, section, body.clone()).await.expect_err(&body.to_string());
        assert_eq!(fault.code, "validation_error", "{body}");
        assert_eq!(call(world, "GET", section, Value::Null).await.unwrap(), before, "{body}");
        if method == "PUT" {
            return fault.fields.into_iter().map(|(field, _)| field).collect();
        }
    }
    Vec::new()
}

async fn kept(world: &World) -> Value {
    serde_json::from_str(world.services.store.find_org("acme-corp").await.unwrap().unwrap().settings()).unwrap()
}

#[tokio::test]
async fn every_section_is_shown_whole_with_its_defaults() {
    let world = World::start().await;
    for (section, some) in [
        ("general", json!({ "name": "ACME-CORP", "displayName": null, "timezone": "UTC", "locale": "en" })),
        (
            "auth",
            json!({ "session_timeout": 86_400, "session_idle_timeout": 1800, "cimd_enabled": false, "mfa_required": false }),
        ),
        (
            "branding",
            json!({ "theme": "auto", "self_registration_enabled": false, "custom_css": null, "magic_link_expiry": 900 }),
        ),
        ("security", json!({ "dpop_require_nonce": false, "lockout_threshold": 5 })),
        ("email", json!({ "smtp_password": null, "smtp_port": 465 })),
        ("scim", json!({})),
        ("oauth", json!({ "response_types": ["code"] })),
    ] {
        let shown = call(&world, "GET", section, Value::Null).await.unwrap();
        for (name, value) in some.as_object().unwrap() {
            assert_eq!(shown["data"][name], *value, "{section}.{name}");
        }
    }
    assert_eq!(
        call(&world, "GET", "auth", Value::Null).await.unwrap(),
        call(&world, "GET", "authentication", Value::Null).await.unwrap()
    );
    let all = world.call(&admin(), "GET", "/admin/settings", Value::Null).await.unwrap();
    for section in ["general", "authentication", "branding", "security", "email"] {
        assert_eq!(all["data"][section], call(&world, "GET", section, Value::Null).await.unwrap()["data"], "{section}");
    }
}

#[tokio::test]
async fn what_is_shown_can_be_sent_back_and_changes_nothing() {
    let world = World::start().await;
    let secret =
        json!({ "smtp_host": "mail.example.com", "from_address": "id@example.com", "smtp_username": "u", "smtp_password": "p" });
    call(&world, "PATCH", "email", secret).await.unwrap();
    let token = json!({ "inbound": { "bearer_token": "x".repeat(40), "enabled": true } });
    call(&world, "PATCH", "scim", token).await.unwrap();
    let before = kept(&world).await;
    for section in ["general", "authentication", "branding", "security", "email", "scim", "oauth"] {
        let shown = call(&world, "GET", section, Value::Null).await.unwrap()["data"].clone();
        for method in ["PATCH", "PUT"] {
            let answer = call(&world, method, section, shown.clone())
                .await
                .unwrap_or_else(|fault| panic!("{section}: {:?}", fault.fields));
            assert_eq!(answer["data"], shown, "{section}");
        }
    }
    // What was closed by default is closed by decision now.
    let mut expected = before;
    expected["branding"] = json!({ "self_registration_enabled": false });
    expected["authentication"] = json!({ "dynamic_client_registration_enabled": false });
    assert_eq!(kept(&world).await, expected);
}

#[tokio::test]
async fn patch_merges_and_put_replaces_what_is_inside_a_member_and_both_leave_the_others() {
    let world = World::start().await;
    let policy = json!({ "mfa_policy": { "grace_period_days": 3, "min_tier_login": 2 }, "session_timeout": 7200 });
    call(&world, "PATCH", "auth", policy).await.unwrap();
    let merged = call(&world, "PATCH", "auth", json!({ "mfa_policy": { "min_tier_login": 1 } })).await.unwrap();
    assert_eq!(
        (&merged["data"]["mfa_policy"]["grace_period_days"], &merged["data"]["session_timeout"]),
        (&json!(3), &json!(7200))
    );
    let replaced = call(&world, "PUT", "auth", json!({ "mfa_policy": { "min_tier_login": 1 } })).await.unwrap();
    let policy = &replaced["data"]["mfa_policy"];
    assert_eq!((&policy["grace_period_days"], &policy["min_tier_login"]), (&json!(14), &json!(1)));
    assert_eq!(replaced["data"]["session_timeout"], 7200);
    let reset = call(&world, "PATCH", "auth", json!({ "session_timeout": null, "mfa_policy": null })).await.unwrap();
    assert_eq!((&reset["data"]["session_timeout"], &reset["data"]["mfa_policy"]["min_tier_login"]), (&json!(86_400), &json!(4)));
    assert_eq!(kept(&world).await, json!({}), "what has its default isn't kept");
}

#[tokio::test]
async fn members_of_a_section_that_others_keep_there_stay() {
    let world = World::start().await;
    let document = json!({ "audit_log": { "auto_delete": true }, "oauth": { "registration": { "mode": "token" } } });
    world.keep_settings(&document.to_string()).await;
    let pushed = json!({ "require_pushed_authorization_requests": true });
    call(&world, "PATCH", "oauth", pushed).await.unwrap();
    let mut expected = document;
    expected["oauth"]["require_pushed_authorization_requests"] = json!(true);
    assert_eq!(kept(&world).await, expected);
    call(&world, "PUT", "oauth", json!({ "require_pushed_authorization_requests": null })).await.unwrap();
    assert_eq!(kept(&world).await["oauth"], json!({ "registration": { "mode": "token" } }));
}

#[tokio::test]
async fn values_out_of_bounds_are_refused_by_name_and_change_nothing() {
    let world = World::start().await;
    for (section, body, fields) in [
        ("general", json!({ "display_name": "x" }), vec!["display_name"]),
        ("general", json!({ "name": null }), vec!["name"]),
        ("general", json!({ "name": "a\u{0}b" }), vec!["name"]),
        (
            "general",
            json!({ "locale": "tlh", "timezone": "Mars Base", "support_email": "nobody" }),
            vec!["locale", "support_email", "timezone"],
        ),
        ("general", json!({ "support_url": "http://example.com" }), vec!["support_url"]),
        ("general", json!({ "support_url": "https://user:pw@example.com" }), vec!["support_url"]),
        ("security", json!({ "client_certificate_authorities": "no PEM" }), vec!["client_certificate_authorities"]),
        (
            "security",
            json!({ "client_certificate_authorities": "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----" }),
            vec!["client_certificate_authorities"],
        ),
        ("auth", json!({ "password_policy": { "min_length": 7 } }), vec!["password_policy.min_length"]),
        ("auth", json!({ "password_policy": { "template": "strict", "min_length": 20 } }), vec!["password_policy.min_length"]),
        ("auth", json!({ "password_policy": { "minLength": 12 } }), vec!["password_policy.minLength"]),
        ("auth", json!({ "password_policy": "strict" }), vec!["password_policy"]),
        ("auth", json!({ "password_min_length": 10, "password_policy": { "min_length": 12 } }), vec!["password_min_length"]),
        ("auth", json!({ "password_rotation_policy": { "history_count": 25 } }), vec!["password_rotation_policy.history_count"]),
        (
            "auth",
            json!({ "password_rotation_policy": { "max_age_days": 5 } }),
            vec!["password_rotation_policy.notify_before_days"],
        ),
        ("auth", json!({ "session_timeout": 60 }), vec!["session_timeout"]),
        ("auth", json!({ "session_timeout": 600 }), vec!["session_idle_timeout"]),
        ("auth", json!({ "session_timeout": 2_592_000, "remember_me_lifetime": 3600 }), vec!["remember_me_lifetime"]),
        ("auth", json!({ "login_identifiers": [] }), vec!["login_identifiers"]),
        ("auth", json!({ "login_identifiers": ["phone"] }), vec!["login_identifiers.0"]),
        ("auth", json!({ "login_identifiers": ["email", "email"] }), vec!["login_identifiers"]),
        ("auth", json!({ "allowed_email_domains": ["*.example.com"] }), vec!["allowed_email_domains.0"]),
        (
            "auth",
            json!({ "trusted_origins": ["https://app.example.com/", "http://app.example.com"] }),
            vec!["trusted_origins.0", "trusted_origins.1"],
        ),
        ("auth", json!({ "mfa_policy": { "min_tier_login": 5, "required_since": 1 } }), vec!["mfa_policy.min_tier_login"]),
        ("auth", json!({ "mfa_policy": { "required_since": 1 } }), vec!["mfa_policy.required_since"]),
        ("auth", json!({ "mfa_policy": { "allowed_factors": [] } }), vec!["mfa_policy"]),
        ("auth", json!({ "encrypt_client_secrets": false }), vec!["encrypt_client_secrets"]),
        (
            "auth",
            json!({ "social_configs": { "google": { "client_secret": "" , "secret": "x" } } }),
            vec!["social_configs.google.secret"],
        ),
        ("branding", json!({ "custom_css": "*{display:none}" }), vec!["custom_css"]),
        ("branding", json!({ "custom_html": "<script>" }), vec!["custom_html"]),
        ("branding", json!({ "primary_color": "red", "background_color": "#12" }), vec!["background_color", "primary_color"]),
        ("branding", json!({ "background_color": "#808080" }), vec!["background_color"]),
        ("branding", json!({ "logo_url": "javascript:alert(1)" }), vec!["logo_url"]),
        ("branding", json!({ "logo_url": "//evil.example/x.png" }), vec!["logo_url"]),
        ("branding", json!({ "logo_url": "https://cdn.example/a b" }), vec!["logo_url"]),
        ("branding", json!({ "magic_link_only": true }), vec!["magic_link_only"]),
        ("branding", json!({ "background_type": "image" }), vec!["background_type"]),
        ("branding", json!({ "theme": "sepia" }), vec!["theme"]),
        ("security", json!({ "lockout_threshold": 2 }), vec!["lockout_threshold"]),
        (
            "security",
            json!({ "lockout_threshold": 1000, "lockout_duration_seconds": 1 }),
            vec!["lockout_duration_seconds", "lockout_threshold"],
        ),
        ("security", json!({ "dpop_require_nonce": "yes" }), vec!["dpop_require_nonce"]),
        ("security", json!({ "dpopRequireNonce": true }), vec!["dpopRequireNonce"]),
        ("email", json!({ "smtp_host": "mail.example.com" }), vec!["from_address"]),
        ("email", json!({ "from_address": "id@example.com" }), vec!["from_address"]),
        ("email", json!({ "smtp_port": 6379 }), vec!["smtp_port"]),
        ("email", json!({ "smtp_port": 80 }), vec!["smtp_port"]),
        ("email", json!({ "smtp_password": "p" }), vec!["smtp_password"]),
        (
            "email",
            json!({ "smtp_username": "u", "smtp_password": { "configured": true, "redacted": true } }),
            vec!["smtp_password"],
        ),
        ("email", json!({ "smtp_security": "none" }), vec!["smtp_security"]),
        ("email", json!({ "from_name": "A\r\nBcc: all@example.com" }), vec!["from_name"]),
        ("scim", json!({ "inbound": { "enabled": true } }), vec!["inbound.bearer_token"]),
        ("scim", json!({ "inbound": { "bearer_token": "short" } }), vec!["inbound.bearer_token"]),
        ("scim", json!({ "inbound": { "bearer_token_preview": "x" } }), vec!["inbound.bearer_token_preview"]),
        ("scim", json!({ "outbound": { "enabled": true, "verify_tls": false } }), vec!["outbound.verify_tls"]),
        ("scim", json!({ "outbound": { "enabled": true } }), vec!["outbound.endpoint_url"]),
        ("oauth", json!({ "response_types": [] }), vec!["response_types"]),
        ("oauth", json!({ "response_types": ["code", "everything"] }), vec!["response_types.1"]),
    ] {
        let mut found = refused(&world, section, body.clone()).await;
        found.sort();
        assert_eq!(found, fields, "{section} {body}");
    }
    assert_eq!(kept(&world).await, json!({}));
}

#[tokio::test]
async fn secrets_are_sealed_and_never_shown() {
    let world = World::start().await;
    let mail = json!({
        "smtp_host": "Mail.Example.com", "from_address": "id@example.com", "smtp_username": "id", "smtp_password": "hunter2 hunter2"
    });
    let answer = call(&world, "PATCH", "email", mail).await.unwrap();
    assert_eq!(answer["data"]["smtp_password"], json!({ "configured": true, "redacted": true }));
    assert_eq!(answer["data"]["smtp_host"], "mail.example.com");
    let secret = json!({ "social_configs": { "google": { "client_secret": "hunter2 of google" } } });
    call(&world, "PATCH", "auth", secret).await.unwrap();
    let token = "hunter2-".repeat(5);
    let answer = call(&world, "PATCH", "scim", json!({ "inbound": { "bearer_token": token } })).await.unwrap();
    let inbound = &answer["data"]["inbound"];
    assert_eq!((&inbound["bearer_token"], &inbound["bearer_token_preview"]), (&Value::Null, &json!("…er2-")));
    assert_eq!(inbound["bearer_token_hash"], json!({ "configured": true, "redacted": true }));

    let org = world.services.store.find_org("acme-corp").await.unwrap().unwrap();
    assert!(!org.settings().contains("hunter2"), "{}", org.settings());
    let settings = Settings::of(&org);
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(settings.scim.inbound.bearer_token_hash.as_ref().unwrap().is_of(&token));
    let password = settings.email.smtp_password.clone().unwrap();
    assert_eq!(password.open(&world.services, org.id(), "email.smtp_password").unwrap().expose(), "hunter2 hunter2");
    let google = settings.authentication.social_configs["google"].client_secret.clone().unwrap();
    let place = "authentication.social_configs.google.client_secret";
    assert_eq!(google.open(&world.services, org.id(), place).unwrap().expose(), "hunter2 of google");
    assert!(password.open(&world.services, org.id(), place).is_err(), "it is good for its own place only");
    let other = world.another_org("globex").await;
    assert!(password.open(&world.services, other.id(), "email.smtp_password").is_err(), "and for its own organization");
}

#[tokio::test]
async fn a_secret_follows_no_change_of_where_it_is_sent() {
    let world = World::start().await;
    let mail =
        json!({ "smtp_host": "mail.example.com", "from_address": "id@example.com", "smtp_username": "id", "smtp_password": "p" });
    call(&world, "PATCH", "email", mail).await.unwrap();
    assert_eq!(refused(&world, "email", json!({ "smtp_host": "evil.example" })).await, ["smtp_password"]);
    call(&world, "PATCH", "email", json!({ "smtp_host": "mx.example.com", "smtp_password": "p" })).await.unwrap();
    let outbound = json!({ "outbound": { "endpoint_url": "https://a.example/scim", "bearer_token": "t" } });
    call(&world, "PATCH", "scim", outbound).await.unwrap();
    let moved = json!({ "outbound": { "endpoint_url": "https://evil.example/scim" } });
    let fault = call(&world, "PATCH", "scim", moved).await.unwrap_err();
    assert_eq!(fault.fields[0].0, "outbound.bearer_token");
}

#[tokio::test]
async fn older_names_and_templates_agree_with_the_policy_they_stand_for() {
    let world = World::start().await;
    let policy = async |body: Value| {
        let data = call(&world, "PATCH", "auth", body).await.unwrap()["data"].clone();
        assert_eq!(data["password_min_length"], data["password_policy"]["min_length"]);
        assert_eq!(data["password_require_special"], data["password_policy"]["require_special"]);
        assert_eq!(data["mfa_required"], data["mfa_policy"]["requirement"] == "required");
        assert_eq!(data["mfa_methods"], data["mfa_policy"]["allowed_factors"]);
        data
    };
    let data = policy(json!({ "password_policy": { "template": "strict" } })).await;
    assert_eq!((&data["password_min_length"], &data["password_policy"]["require_lowercase"]), (&json!(12), &json!(true)));
    let data = policy(json!({ "password_min_length": 14 })).await;
    assert_eq!(
        (&data["password_policy"]["template"], &data["password_policy"]["require_numbers"]),
        (&json!("custom"), &json!(true))
    );
    let data = policy(json!({ "password_policy": { "template": "fair" } })).await;
    assert_eq!((&data["password_min_length"], &data["password_require_special"]), (&json!(8), &json!(false)));
    let data = policy(json!({ "mfa_required": true, "mfa_sms_enabled": false })).await;
    assert_eq!(data["mfa_policy"]["required_since"], world.now().as_micros() / 1_000_000);
    assert!(!data["mfa_methods"].as_array().unwrap().contains(&json!("sms_otp")));
    let data = policy(json!({ "mfa_required": false })).await;
    assert_eq!((&data["mfa_policy"]["requirement"], &data["mfa_policy"]["required_since"]), (&json!("optional"), &Value::Null));
}

#[tokio::test]
async fn the_log_names_what_changed_and_no_values() {
    let world = World::start().await;
    let body = json!({ "logo_url": "https://cdn.example/logo.png", "theme": "auto", "terms_url": "https://example.com/terms" });
    call(&world, "PATCH", "branding", body).await.unwrap();
    call(&world, "PATCH", "auth", json!({ "password_policy": { "min_length": 12 } })).await.unwrap();
    assert_eq!(world.event_names().await, ["settings.changed", "settings.changed"]);
    let leaves = world.leaves().await;
    assert_eq!(leaves[0]["fields"]["changed"], json!(["branding.logo_url", "branding.terms_url"]));
    assert_eq!(leaves[1]["fields"]["changed"], json!(["authentication.password_policy.min_length"]));
    assert!(!leaves[0].to_string().contains("cdn.example"));
}

#[tokio::test]
async fn the_organization_is_renamed_and_set_up_in_one_call_or_not_at_all() {
    let world = World::start().await;
    let shown = world.call(&admin(), "GET", "/admin/tenant", Value::Null).await.unwrap()["data"].clone();
    assert_eq!((&shown["slug"], &shown["name"], &shown["status"]), (&json!("acme-corp"), &json!("ACME-CORP"), &json!("active")));
    assert!(shown["id"].is_i64() && shown["createdAt"].is_string() && shown["settings"]["branding"].is_object());

    let mixed =
        json!({ "name": "Acme", "settings": { "branding": { "theme": "dark" }, "security": { "lockout_threshold": 99 } } });
    let fault = world.call(&admin(), "PATCH", "/admin/organization", mixed).await.unwrap_err();
    assert_eq!(fault.fields[0].0, "settings.security.lockout_threshold");
    let unknown = json!({ "slug": "x", "settings": { "brandng": {} } });
    let fault = world.call(&admin(), "PUT", "/admin/tenant", unknown).await.unwrap_err();
    assert_eq!(fault.fields.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["slug", "settings.brandng"]);
    assert_eq!(world.call(&admin(), "GET", "/admin/tenant", Value::Null).await.unwrap()["data"], shown);

    let good =
        json!({ "name": "Acme Corporation", "settings": { "branding": { "theme": "dark" }, "general": { "locale": "de" } } });
    let answer = world.call(&admin(), "PUT", "/admin/organization", good).await.unwrap();
    assert_eq!(
        (&answer["data"]["name"], &answer["data"]["settings"]["branding"]["theme"]),
        (&json!("Acme Corporation"), &json!("dark"))
    );
    let org = world.services.store.find_org("acme-corp").await.unwrap().unwrap();
    assert_eq!((org.name(), Settings::of(&org).general.locale.as_str()), ("Acme Corporation", "de"));
    assert_eq!(call(&world, "GET", "general", Value::Null).await.unwrap()["data"]["name"], "Acme Corporation");
}

#[tokio::test]
async fn who_may_change_settings_may_not_by_that_change_where_mail_goes() {
    let world = World::start().await;
    let manager = as_user(&world.user_with_permissions("ada@example.com", &["settings.read", "settings.manage"]).await);
    let reply = json!({ "reply_to": "help@example.com" });
    let through = json!({ "settings": { "email": reply, "branding": { "theme": "dark" } } });
    let fault = world.call(&manager, "PATCH", "/admin/tenant", through.clone()).await.unwrap_err();
    assert_eq!(fault.code, "forbidden");
    assert_eq!(kept(&world).await, json!({}));
    let shown = world.call(&manager, "GET", "/admin/tenant", Value::Null).await.unwrap()["data"]["settings"].clone();
    world.call(&manager, "PUT", "/admin/tenant", json!({ "settings": shown })).await.unwrap();
    let mailer = as_user(&world.user_with_permissions("bob@example.com", &["settings.manage", "mail.manage"]).await);
    world.call(&mailer, "PATCH", "/admin/tenant", through.clone()).await.unwrap();
    let narrow = as_user_with_scopes(&world.user_with_role("eve@example.com", "admin").await, "admin:settings");
    let other = json!({ "settings": { "email": { "reply_to": "other@example.com" } } });
    assert_eq!(world.call(&narrow, "PATCH", "/admin/tenant", other).await.unwrap_err().code, "forbidden");
}

#[test]
fn what_is_kept_but_not_understood_has_its_default_or_the_nearest_bound() {
    for (document, least) in [
        ("", 8),
        ("{}", 8),
        ("[]", 8),
        (r#"{"authentication":{"password_policy":{"min_length":4}}}"#, 8),
        (r#"{"authentication":{"password_policy":{"min_length":14}}}"#, 14),
        (r#"{"authentication":{"password_policy":{"min_length":100000}}}"#, 128),
        (r#"{"authentication":{"password_policy":{"min_length":"x"}}}"#, 8),
    ] {
        assert_eq!(Settings::read(document).authentication.password_policy.least(), least, "{document}");
    }
    assert_eq!(Settings::default().security.dpop_max_age.seconds(), ::oauth::dpop::MAX_AGE);
    let odd = Settings::read(r##"{"branding":{"primary_color":"url(x)","theme":7,"background_color":"#fff"},"security":null}"##);
    assert_eq!((odd.branding.primary_color, odd.branding.theme), (None, Theme::Auto));
    assert_eq!(odd.branding.background_color.unwrap().as_str(), "#ffffff");
}

#[test]
fn every_default_can_be_sent() {
    fn check<A: Area>() {
        let shown = A::default().show_members();
        let mut taking = Taking::rehearsal(Manner::Merge);
        let taken = A::take_members(&shown, &A::default(), &mut taking);
        // An organization without a name has never been.
        let problems = taking.finish().map(|changed| assert!(changed.is_empty(), "{changed:?}"));
        assert!(problems.is_ok() && taken == A::default(), "{}", A::KEPT_AS);
        for member in A::members() {
            assert!(!member.description.trim().is_empty(), "{}.{}", A::KEPT_AS, member.name);
        }
    }
    check::<General>();
    check::<Authentication>();
    check::<Branding>();
    check::<Security>();
    check::<Mail>();
    check::<Scim>();
    check::<OAuth>();
}
