//! People who belong to companies, and for which of them they act.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use identity::companies::{self, NewCompany};
use identity::slug::PlainSlug;
use kernel::{CompanyId, Scopes};
use oauth::client::AccessTokenFormat;
use serde_json::{Value, json};
use store::platform_sql;
use support::{Reached, WEB, World, hidden, param, text};

const SELECT: &str = "/orgs/acme/api/v1/oauth/org-select";
const SCOPE: (&str, &str) = ("scope", "openid organization offline_access");

/// With a person who belongs to these companies, and a client that asks which one they act for.
async fn belonging_to(names: &'static [&'static str]) -> World {
    prepared(World::start().await, names).await
}

async fn prepared(world: World, names: &'static [&'static str]) -> World {
    world.change_client(WEB, |client| client.scopes = Scopes::parse("openid email organization offline_access").unwrap()).await;
    for name in names {
        let user = world.user.id.clone();
        let company = make_company(&world, name).await;
        world
            .play(move |cx| {
                let (user, company) = (user.clone(), company.clone());
                Box::pin(async move {
                    let role = companies::load_role(&mut cx.tx, &company, "admin").await?;
                    companies::insert_member(&mut cx.tx, &company, &user, role.number, cx.now).await
                })
            })
            .await;
    }
    world
}

async fn make_company(world: &World, name: &'static str) -> CompanyId {
    world
        .play(move |cx| {
            Box::pin(async move {
                let services = cx.services().clone();
                let new = NewCompany {
                    slug: PlainSlug::of_name(name).unwrap(),
                    name: name.to_owned(),
                    display_name: None,
                    description: None,
                    logo_url: None,
                    metadata: None,
                };
                let company = companies::insert_company(&mut cx.tx, &new, cx.now, &*services.rng).await?;
                companies::add_system_roles(&mut cx.tx, &company, cx.now).await?;
                Ok(company)
            })
        })
        .await
}

/// Press a button of the page that asks for which company to act.
async fn choose(world: &World, page: &str, cookie: &str, field: (&str, &str)) -> Reached {
    let page = world.get(page, &[("cookie", cookie)]).await;
    let cookies = page.cookies.iter().fold(cookie.to_owned(), |line, (name, value)| format!("{line}; {name}={value}"));
    let (csrf, handle) = (hidden(&page.html, "csrf"), hidden(&page.html, "transaction"));
    world.post(SELECT, &[("cookie", &cookies)], &[("csrf", &csrf), ("transaction", &handle), field]).await
}

/// The value of the button that bears this name.
fn button(html: &str, name: &str) -> String {
    let before = html.split(&format!("<strong>{name}</strong>")).next().unwrap();
    before.rsplit("name=\"organization\" value=\"").next().unwrap().split('"').next().unwrap().to_owned()
}

fn organization(tokens: &Value) -> Value {
    support::claims(&text(tokens, "access_token"))["organization"].clone()
}

#[tokio::test]
async fn somebody_of_several_companies_chooses_one_and_tokens_say_which() {
    for world in World::start_on_each().await {
        chooses_one(prepared(world, &["Globex", "Initech"]).await).await;
    }
}

async fn chooses_one(world: World) {
    let cookie = world.sign_in(&world.user).await;
    let page = world.authorize(&cookie, &[SCOPE]).await.location();
    assert!(page.starts_with(&format!("{SELECT}?transaction=")), "{page}");
    let shown = world.get(&page, &[("cookie", &cookie)]).await;
    assert!(shown.html.contains("Globex") && shown.html.contains("Initech"), "{}", shown.html);
    let initech = button(&shown.html, "Initech");
    let resumed = choose(&world, &page, &cookie, ("organization", &initech)).await.location();
    let consent = world.get(&resumed, &[("cookie", &cookie)]).await.location();
    assert!(consent.starts_with("/orgs/acme/consent?"), "{consent}");
    let code = param(&world.decide(&consent, &cookie, "allow").await.location(), "code").unwrap();
    let tokens = world.redeem(&code).await.json;
    let expected = json!({ "id": initech, "slug": "initech", "name": "Initech", "role": "admin" });
    assert_eq!(organization(&tokens), expected);
    assert_eq!(world.userinfo(&text(&tokens, "access_token")).await.json["organization"], expected);
    assert_eq!(support::claims(&text(&tokens, "id_token"))["organization"], expected);
    let again = world.authorize(&cookie, &[SCOPE, ("prompt", "none")]).await.location();
    let code = param(&again, "code").unwrap_or_else(|| panic!("asked once in a session: {again}"));
    assert_eq!(organization(&world.redeem(&code).await.json), expected);
    let anew = world.authorize(&cookie, &[SCOPE, ("prompt", "select_account")]).await.location();
    assert!(anew.starts_with("/orgs/acme/choose-account"), "{anew}");
    let refreshed = world.refresh(&text(&tokens, "refresh_token")).await.json;
    assert_eq!(organization(&refreshed), expected);
    world.change(platform_sql!("UPDATE company_members SET status = 'suspended' WHERE org_id <> ''")).await;
    let later = world.refresh(&text(&refreshed, "refresh_token")).await.json;
    assert_eq!(organization(&later), Value::Null, "whoever doesn't act for it any more is not said to");
}

#[tokio::test]
async fn nobody_acts_for_a_company_that_another_account_chose() {
    let world = belonging_to(&["Globex", "Initech"]).await;
    let cookie = world.sign_in(&world.user).await;
    let page = world.authorize(&cookie, &[SCOPE]).await.location();
    let shown = world.get(&page, &[("cookie", &cookie)]).await;
    let resumed = choose(&world, &page, &cookie, ("organization", &button(&shown.html, "Initech"))).await.location();
    let other = world.sign_in(&world.user).await;
    let led = world.get(&resumed, &[("cookie", &other)]).await.location();
    assert!(led.starts_with("/orgs/acme/choose-account"), "{led}");
}

#[tokio::test]
async fn who_belongs_to_one_or_none_is_not_asked() {
    for (names, slug) in [(&["Globex"][..], json!("globex")), (&[][..], Value::Null)] {
        let world = belonging_to(if names.is_empty() { &[] } else { &["Globex"] }).await;
        let tokens = world.tokens(SCOPE.1).await;
        assert_eq!(organization(&tokens)["slug"], slug, "{names:?}");
    }
    let world = belonging_to(&["Globex", "Initech"]).await;
    assert_eq!(organization(&world.tokens("openid email").await), Value::Null, "nobody asks");
}

#[tokio::test]
async fn userinfo_says_so_whatever_the_form_of_the_token() {
    let world = belonging_to(&["Globex"]).await;
    world.change_client(WEB, |web| web.access_token_format = AccessTokenFormat::Opaque).await;
    let opaque = text(&world.tokens(SCOPE.1).await, "access_token");
    assert_eq!(world.userinfo(&opaque).await.json["organization"]["slug"], "globex");
    world.change(platform_sql!("UPDATE companies SET is_active = 0 WHERE org_id <> ''")).await;
    assert_eq!(world.userinfo(&opaque).await.json["organization"], Value::Null, "it is looked up whenever it is said");
}

#[tokio::test]
async fn no_parameter_says_for_whom_somebody_acts() {
    let wish = json!({ "value": { "id": "globex", "slug": "globex", "role": "owner" }, "essential": true });
    let claims = json!({ "id_token": { "organization": &wish }, "userinfo": { "organization": &wish } }).to_string();
    let world = belonging_to(&["Globex", "Initech"]).await;
    let cookie = world.sign_in(&world.user).await;
    let page = world.authorize(&cookie, &[SCOPE]).await.location();
    let globex = button(&world.get(&page, &[("cookie", &cookie)]).await.html, "Globex");
    let forged = [SCOPE, ("organization", &*globex), ("company_id", &*globex), ("claims", &*claims)];
    let asked = world.authorize(&cookie, &forged).await.location();
    assert!(asked.starts_with(SELECT), "it is for the person to say: {asked}");
    let nobody = belonging_to(&[]).await;
    let cookie = nobody.sign_in(&nobody.user).await;
    let tokens = nobody.redeem(&nobody.code(&cookie, &forged).await).await.json;
    for token in ["access_token", "id_token"] {
        assert_eq!(support::claims(&text(&tokens, token))["organization"], Value::Null, "{token}");
    }
    assert_eq!(nobody.userinfo(&text(&tokens, "access_token")).await.json["organization"], Value::Null);
}

#[tokio::test]
async fn without_a_page_nobody_chooses_and_what_was_not_offered_can_not_be_chosen() {
    let world = belonging_to(&["Globex", "Initech"]).await;
    let cookie = world.sign_in(&world.user).await;
    let silent = world.authorize(&cookie, &[SCOPE, ("prompt", "none")]).await.location();
    assert!(matches!(param(&silent, "error").as_deref(), Some("interaction_required" | "consent_required")), "{silent}");
    let elsewhere = make_company(&world, "Umbrella").await;
    let page = world.authorize(&cookie, &[SCOPE]).await.location();
    assert!(!world.get(&page, &[("cookie", &cookie)]).await.html.contains("Umbrella"), "only their own are shown");
    for other in [elsewhere.as_str(), "nothing-at-all"] {
        let resumed = choose(&world, &page, &cookie, ("organization", other)).await.location();
        assert!(world.get(&resumed, &[("cookie", &cookie)]).await.location().starts_with(SELECT), "it is asked again");
    }
    let cancelled = choose(&world, &page, &cookie, ("decision", "cancel")).await.location();
    assert_eq!(param(&cancelled, "error").as_deref(), Some("access_denied"));
    for (path, status) in [(SELECT.to_owned(), 404), (format!("{SELECT}?transaction=x"), 400)] {
        assert_eq!(world.get(&path, &[("cookie", &cookie)]).await.status, status, "{path}");
    }
}
