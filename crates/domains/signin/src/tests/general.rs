//! What general settings do to pages and mails.

use crate::testing::{ADA, World};
use store::platform_sql;

const SIGN_IN: &str = "/orgs/acme-corp/signin";
const GENERAL: &str = r#"{"general":{
    "support_email":"help@acme.example","support_url":"https://acme.example/help","locale":"fr","timezone":"Europe/Paris"
}}"#;

#[tokio::test]
async fn pages_and_mails_say_where_help_is() {
    let world = World::with_ada().await;
    let page = world.browser().get(SIGN_IN).await;
    assert!(!page.shows("help") && !page.shows("help-mail"));
    world.settings(GENERAL).await;
    let page = world.browser().get(SIGN_IN).await;
    for said in ["href=\"https://acme.example/help\"", "href=\"mailto:help@acme.example\""] {
        assert!(page.text.contains(said), "{said}");
    }
    world.browser().fill("/orgs/acme-corp/forgot-password", &[("email", ADA)]).await;
    let mail = world.mails().await.pop().unwrap();
    assert!(mail.text_body.contains("help@acme.example · https://acme.example/help"), "{}", mail.text_body);
}

#[tokio::test]
async fn whoever_wishes_for_no_language_gets_that_of_the_organization() {
    let world = World::with_ada().await;
    world.settings(GENERAL).await;
    for (wish, language) in [(None, "fr"), (Some("nl, *"), "fr"), (Some("de-AT, en;q=0.5"), "de"), (Some("en"), "en")] {
        let mut browser = world.browser();
        browser.headers.extend(wish.map(|wish| ("accept-language".to_owned(), wish.to_owned())));
        let page = browser.get(SIGN_IN).await;
        assert!(page.text.contains(&format!("<html lang=\"{language}\"")), "{wish:?}");
    }
    world.browser().fill("/orgs/acme-corp/forgot-password", &[("email", ADA)]).await;
    let mail = world.mails().await.pop().unwrap();
    assert!(mail.subject.contains("mot de passe"), "{}", mail.subject);
}

#[tokio::test]
async fn times_in_mails_are_those_of_the_reader_or_else_of_the_organization() {
    let world = World::with_ada().await;
    world.settings(&GENERAL.replace("\"fr\"", "\"en\"")).await;
    for (zone, said) in [(None, " CET"), (Some("America/New_York"), " EST")] {
        let sql = platform_sql!("UPDATE users SET zoneinfo = :zone WHERE email = 'ada@example.com'");
        world.sql(sql, &[(":zone", zone.unwrap_or("Mars/Olympus").to_owned())]).await;
        let mut browser = world.browser();
        assert_eq!(browser.fill("/orgs/acme-corp/forgot-password", &[("email", ADA)]).await.status, 200);
        let link = world.latest_link().await;
        let page = browser.get(&link).await;
        browser.submit(&page, &[("password", if zone.is_none() { "seven small boats" } else { "another quiet lake" })]).await;
        let mail = world.mails().await.pop().unwrap();
        assert!(mail.text_body.contains(said), "{zone:?}: {}", mail.text_body);
    }
}

#[tokio::test]
async fn branding_shows_where_it_is_switched_on_and_nowhere_else() {
    let world = World::with_ada().await;
    let branding = |more: &str| {
        format!(
            r#"{{"branding":{{"self_registration_enabled":true,"welcome_title":"Hello there","button_text":"Let me in",
            "footer_text":"Acme Ltd","show_powered_by":false,"favicon_url":"https://acme.example/icon.png","input_style":"pill",
            "theme":"dark","background_type":"image","background_image_url":"https://acme.example/p.jpg","layout":"split-left"{more}}}}}"#
        )
    };
    world.settings(&branding("")).await;
    let page = world.browser().get(SIGN_IN).await.text;
    for said in [
        "<h1>Hello there</h1>",
        ">Let me in</button>",
        "Acme Ltd",
        "href=\"https://acme.example/icon.png\"",
        "inputs-pill",
        "src=\"https://acme.example/p.jpg\"",
        "/assets/dark-",
        "id=\"panel\"",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("LumoAuth"));
    assert!(world.browser().get("/orgs/acme-corp/register").await.text.contains("inputs-pill"));
    world.settings(&branding(r#","apply_to_registration":false"#)).await;
    assert!(!world.browser().get("/orgs/acme-corp/register").await.text.contains("inputs-pill"));
    world.settings(&branding(r#","enabled":false"#)).await;
    assert!(!world.browser().get(SIGN_IN).await.text.contains("inputs-pill"));
}
