//! Front pages.

use crate::testing::{ADA, World};

#[tokio::test]
async fn the_front_page_leads_to_the_only_organization() {
    let world = World::start().await;
    let page = world.browser().get("/").await;
    assert!(page.text.contains("href=\"/orgs/acme-corp/signin\"") && page.shows("mailbox") && page.shows("demo"));
}

#[tokio::test]
async fn an_organizations_front_page_knows_who_is_signed_in() {
    let world = World::with_ada().await;
    let page = world.browser().get("/orgs/acme-corp").await;
    assert!(page.shows("sign-in-link") && page.shows("register-link") && !page.text.contains(ADA));
    let page = world.signed_in(ADA).await.get("/orgs/acme-corp").await;
    assert!(page.shows("account-link") && page.text.contains(ADA));
}

#[tokio::test]
async fn pages_speak_the_language_of_the_browser_and_look_like_the_organization() {
    let world = World::start().await;
    world.settings(r##"{"branding":{"primary_color":"#7a1fa2","logo_url":"https://acme.example/logo.svg"}}"##).await;
    let mut browser = world.browser();
    browser.headers.push(("accept-language".to_owned(), "fr-CA, en;q=0.5".to_owned()));
    let page = browser.get("/orgs/acme-corp/signin").await;
    assert!(page.text.contains("lang=\"fr\"") && page.text.contains("https://acme.example/logo.svg"));
    assert!(page.text.contains("/assets/brand-auto.a7a1fa2-"));
}
