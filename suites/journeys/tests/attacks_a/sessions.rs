//! Sessions that are planted, and the ways out of one.

use suite_journeys::code::{Ask, authorize, go_on, silently, visit};
use suite_journeys::pages::{has_id, is_signed_in, sign_in};
use suite_journeys::tokens::{Client, Tokens};
use testkit::TestApp;

#[tokio::test]
async fn a09_a_planted_session_is_worth_nothing_after_signing_in() {
    let app = TestApp::start().await;
    let mut attacker = app.browser();
    sign_in(&app, &mut attacker, &app.notes.admin).await;
    let planted = attacker.cookie("lumoauth_session").unwrap().to_owned();

    let mut victim = app.browser();
    victim.set_cookie("lumoauth_session", "0197-made-up.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    sign_in(&app, &mut victim, &app.notes.user).await;
    assert_ne!(victim.cookie("lumoauth_session").unwrap(), "0197-made-up.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

    // The victim's browser carries the attacker's session into a request that wants a new proof.
    let mut victim = app.browser();
    victim.set_cookie("lumoauth_session", &planted);
    let page = visit(&app, &mut victim, &Ask::web(&app).with("prompt", "login")).await;
    go_on(&mut victim, &app.notes.user, page).await;
    let own = victim.cookie("lumoauth_session").unwrap().to_owned();
    assert_ne!(own, planted);
    let mut with_planted = app.browser();
    with_planted.set_cookie("lumoauth_session", &planted);
    assert!(!is_signed_in(&app, &mut with_planted).await, "the planted session ended");
}

#[tokio::test]
async fn a09_each_proof_gives_the_session_a_new_id() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    let mut seen = vec![browser.cookie("lumoauth_session").unwrap().to_owned()];
    for _ in 0..2 {
        let page = visit(&app, &mut browser, &Ask::web(&app).with("prompt", "login")).await;
        go_on(&mut browser, &app.notes.user, page).await;
        let now = browser.cookie("lumoauth_session").unwrap().to_owned();
        assert!(!seen.contains(&now), "the id stayed the same");
        seen.push(now);
    }
    for old in &seen[..2] {
        let mut thief = app.browser();
        thief.set_cookie("lumoauth_session", old);
        assert!(!is_signed_in(&app, &mut thief).await, "an old id still opens the account");
    }
}

#[tokio::test]
async fn a11_signing_out_leads_to_registered_places_only_and_needs_proof() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let code = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let id_token = Tokens::of(Client::web(&app).redeem(&app, &code).await).id().to_owned();
    let logout = |pairs: &[(&str, &str)]| {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}?{query}", app.api("/oauth/logout"))
    };
    let registered = "http://localhost/";
    let hostile = [
        "https://evil.example/",
        "http://localhost/../",
        "http://localhost.evil.example/",
        "//evil.example",
        "http://localhost/x",
    ];
    for uri in hostile {
        let answered = browser.open(&logout(&[("id_token_hint", &id_token), ("post_logout_redirect_uri", uri)])).await;
        assert!(answered.header("location").is_empty(), "{uri} led to {}", answered.header("location"));
        assert!(!answered.text().contains(&format!("href=\"{uri}\"")), "{uri} is offered");
        // Sign in again, if that signed out.
        if !is_signed_in(&app, &mut browser).await {
            sign_in(&app, &mut browser, &app.notes.user).await;
        }
    }
    for pairs in [
        vec![],
        vec![("post_logout_redirect_uri", registered)],
        vec![("post_logout_redirect_uri", registered), ("client_id", app.notes.web_client.client_id.as_str())],
        vec![("post_logout_redirect_uri", registered), ("id_token_hint", "not.a.token")],
    ] {
        let page = browser.open(&logout(&pairs)).await;
        assert_eq!((page.status, has_id(&page, "sign-out-form")), (200, true), "{pairs:?}: {}", page.text());
        assert!(is_signed_in(&app, &mut browser).await, "{pairs:?} signed out without a question");
    }
    let pairs = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", registered), ("state", "bye")];
    let mut elsewhere = app.browser();
    sign_in(&app, &mut elsewhere, &app.notes.admin).await;
    let page = elsewhere.open(&logout(&pairs)).await;
    assert!(has_id(&page, "sign-out-form") && is_signed_in(&app, &mut elsewhere).await, "somebody else's hint proves nothing");

    let code = silently(&app, &mut browser, &Ask::web(&app).with("prompt", "none")).await.code();
    let id_token = Tokens::of(Client::web(&app).redeem(&app, &code).await).id().to_owned();
    let pairs = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", registered), ("state", "bye")];
    let done = browser.open(&logout(&pairs)).await;
    assert_eq!(done.location(), "http://localhost/?state=bye");
    assert!(!is_signed_in(&app, &mut browser).await);
}
