//! Clients are told, through the person's browser, that a session ended.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use suite_journeys::admin::post;
use suite_journeys::code::{Ask, CALLBACK, silently};
use suite_journeys::pages::{at, expect_id, has_id, is_signed_in, press};
use suite_journeys::rp::Rp;
use suite_journeys::tokens::{Tokens, id_token_claims};
use testkit::{Answered, Browser, TestApp, databases};
use url::Url;

const BYE: &str = "https://app.example/bye";

async fn with_frontchannel(app: &TestApp, id: &str, session_required: bool) -> Rp {
    Rp::start(app, id, |metadata, address| {
        metadata.redirect_uris.push(format!("{address}/callback"));
        metadata.frontchannel_logout_uri = Some(format!("{address}/frontchannel?kept=1"));
        metadata.frontchannel_logout_session_required = session_required;
        metadata.post_logout_redirect_uris = vec![BYE.to_owned()];
    })
    .await
}

/// What the frames of a page load.
fn frames(page: &Answered) -> Vec<Url> {
    let text = page.text();
    let sources = text.split("<iframe src=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    sources.map(|source| Url::parse(&source).unwrap()).collect()
}

fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().into_owned().collect()
}

async fn logout(app: &TestApp, browser: &mut Browser<'_>, tokens: &Tokens, more: &[(&str, &str)]) -> Answered {
    let pairs = [&[("id_token_hint", tokens.id())], more].concat();
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    browser.open(&format!("{}?{query}", app.api("/oauth/logout"))).await
}

#[tokio::test]
async fn oidcc_frontchannel_logout_discovery_endpoint_verification() {
    let app = TestApp::start().await;
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert_eq!(document["frontchannel_logout_supported"], true);
    assert_eq!(document["frontchannel_logout_session_supported"], true);
}

#[tokio::test]
async fn oidcc_frontchannel_rp_initiated_logout() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = with_frontchannel(&app, "client_rp", true).await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&app, &mut browser).await;
        let sid = id_token_claims(&app, tokens.id()).await["sid"].as_str().unwrap().to_owned();
        let page = logout(&app, &mut browser, &tokens, &[("post_logout_redirect_uri", BYE), ("state", "s&t")]).await.expect(200);

        let loaded = frames(&page);
        assert_eq!(loaded.len(), 1);
        assert!(loaded[0].as_str().starts_with(&format!("{}/frontchannel?", rp.address)), "{}", loaded[0]);
        let expected = [("kept", "1"), ("iss", app.notes.issuer.as_str()), ("sid", sid.as_str())];
        assert_eq!(pairs(&loaded[0]), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let policy = page.header("content-security-policy");
        assert!(
            policy.ends_with(&format!("; frame-src {}", rp.address)) && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        let link = format!("id=\"back-to-app\" href=\"{BYE}?state=s%26t\" data-leads-on");
        let refresh = format!("<meta http-equiv=\"refresh\" content=\"0; url={BYE}?state=s%26t\">");
        assert!(page.text().contains(&link) && page.text().contains(&refresh), "{}", page.text());
        let again = Ask::of(&rp.client.id, CALLBACK).with("prompt", "none");
        silently(&app, &mut browser, &again).await.expect_error("login_required");
    }
}

#[tokio::test]
async fn every_client_of_the_session_has_a_frame_and_the_policy_allows_no_other() {
    let app = TestApp::start().await;
    let (first, second) =
        (with_frontchannel(&app, "client_first", false).await, with_frontchannel(&app, "client_second", true).await);
    let (elsewhere, off) =
        (with_frontchannel(&app, "client_elsewhere", true).await, with_frontchannel(&app, "client_off", true).await);
    let plain = Rp::start(&app, "client_plain", |_, _| {}).await;
    let mut browser = app.browser();
    elsewhere.sign_in(&app, &mut app.browser()).await;
    for rp in [&first, &second, &plain, &off] {
        rp.sign_in(&app, &mut browser).await;
    }
    post(&app, "/admin/clients/client_off/disable").await.expect(200);
    let tokens = first.sign_in(&app, &mut browser).await;
    let page = logout(&app, &mut browser, &tokens, &[]).await.expect(200);
    let loaded = frames(&page);
    let asked: Vec<_> = loaded.iter().map(|frame| frame.origin().ascii_serialization()).collect();
    assert_eq!(asked, [first.address.clone(), second.address.clone()]);
    assert_eq!(pairs(&loaded[0]), [("kept".to_owned(), "1".to_owned())], "it did not ask for more");
    let policy = page.header("content-security-policy").to_owned();
    let allowed: Vec<&str> = policy.split_once("frame-src ").unwrap().1.split(' ').collect();
    assert!(allowed.len() == 2 && asked.iter().all(|origin| allowed.contains(&origin.as_str())), "{policy}");
    assert!(!has_id(&page, "back-to-app"), "nobody asked to return");
}

#[tokio::test]
async fn whoever_signs_out_here_tells_the_applications_too() {
    let app = TestApp::start().await;
    let rp = with_frontchannel(&app, "client_rp", true).await;
    let mut browser = app.browser();
    rp.sign_in(&app, &mut browser).await;
    let asked = browser.open(&at(&app, "signout")).await.expect(200);
    let page = press(&mut browser, &asked, "sign-out-form", &[("decision", "sign_out")]).await.expect(200);
    assert_eq!(frames(&page).len(), 1);
    expect_id(page, "signed-out");
    assert!(!is_signed_in(&app, &mut browser).await);
    let later = browser.open(&at(&app, "signout")).await.expect(200);
    assert!(frames(&later).is_empty() && !later.header("content-security-policy").contains("frame-src"));
}

#[tokio::test]
async fn nothing_is_framed_before_the_person_agrees_and_a_link_without_a_hint_is_not_followed() {
    let app = TestApp::start().await;
    let rp = with_frontchannel(&app, "client_rp", true).await;
    let mut browser = app.browser();
    rp.sign_in(&app, &mut browser).await;
    let path = format!("{}?client_id=client_rp&post_logout_redirect_uri={BYE}", app.api("/oauth/logout"));
    let asked = browser.open(&path).await.expect(200);
    assert!(frames(&asked).is_empty() && is_signed_in(&app, &mut browser).await);
    let page = press(&mut browser, &asked, "sign-out-form", &[("decision", "sign_out")]).await.expect(200);
    assert_eq!(frames(&page).len(), 1);
    assert!(
        has_id(&page, "back-to-app") && !page.text().contains("data-leads-on") && !page.text().contains("refresh"),
        "{}",
        page.text()
    );
}
