//! The modules of the RP-initiated logout certification plan, each by its name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::jws::sign;
use jose::key::SigningKey;
use suite_journeys::code::{Ask, authorize, silently};
use suite_journeys::pages::{has_id, is_signed_in, press};
use suite_journeys::tokens::{Client, Tokens, id_token_claims};
use testkit::{Answered, Browser, TestApp};

/// Registered by the demo web application.
const BYE: &str = "http://localhost/";
const STATE: &str = "state to get back & nothing else";

/// Somebody who signed in to the demo web application.
struct Visit<'a> {
    app: &'a TestApp,
    browser: Browser<'a>,
    id_token: String,
}

impl<'a> Visit<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let mut browser = app.browser();
        let code = authorize(app, &mut browser, &app.notes.user, &Ask::web(app)).await.code();
        let tokens = Tokens::of(Client::web(app).redeem(app, &code).await);
        Self { app, browser, id_token: tokens.id().to_owned() }
    }
    async fn logout(&mut self, pairs: &[(&str, &str)]) -> Answered {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.browser.open(&format!("{}?{query}", self.app.api("/oauth/logout"))).await
    }
    async fn is_signed_in(&mut self) -> bool {
        is_signed_in(self.app, &mut self.browser).await
    }
    /// A page and no redirect; whoever is asked there says yes, and is not sent anywhere else either.
    async fn must_stay_here(&mut self, answered: Answered) {
        let mut shown = answered;
        if has_id(&shown, "sign-out-form") {
            assert!(self.is_signed_in().await, "who is asked has not been signed out yet");
            shown = press(&mut self.browser, &shown, "sign-out-form", &[("decision", "sign_out")]).await;
        }
        assert_eq!(shown.header("location"), "", "{}", shown.text());
        assert!(has_id(&shown, "signed-out"), "{}", shown.text());
        assert!(!self.is_signed_in().await);
    }
    /// An error page; a mistake ends nothing.
    async fn must_be_told(&mut self, answered: Answered) {
        assert_eq!((answered.status, answered.header("location")), (400, ""), "{}", answered.text());
        assert!(has_id(&answered, "error"), "{}", answered.text());
        assert!(self.is_signed_in().await);
    }
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_discovery_endpoint_verification() {
    let app = TestApp::start().await;
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert_eq!(document["end_session_endpoint"], format!("{}/api/v1/oauth/logout", app.notes.issuer));
}

#[tokio::test]
async fn oidcc_rp_initiated_logout() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let hint = visit.id_token.clone();
    let left = visit.logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE), ("state", STATE)]).await;
    let there = url::Url::parse(left.location()).unwrap();
    assert!(left.location().starts_with(BYE), "{there}");
    let query: Vec<(String, String)> = there.query_pairs().into_owned().collect();
    assert_eq!(query, [("state".to_owned(), STATE.to_owned())]);
    silently(&app, &mut visit.browser, &Ask::web(&app).with("prompt", "none")).await.expect_error("login_required");
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let hint = visit.id_token.clone();
    let told =
        visit.logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", "https://evil.example/"), ("state", STATE)]).await;
    visit.must_be_told(told).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let (hint, longer) = (visit.id_token.clone(), format!("{BYE}?foo=bar"));
    let told = visit.logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", &longer), ("state", STATE)]).await;
    visit.must_be_told(told).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_modified_id_token_hint() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let (unsigned, signature) = visit.id_token.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    let modified = format!("{unsigned}.{turned}");
    let shown = visit.logout(&[("id_token_hint", &modified), ("post_logout_redirect_uri", BYE), ("state", STATE)]).await;
    visit.must_stay_here(shown).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_id_token_hint() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let claims = id_token_claims(&app, &visit.id_token).await;
    let foreign = sign(&SigningKey::generate(Algorithm::RS256, "of-the-suite").unwrap(), "JWT", &claims).unwrap();
    let shown = visit.logout(&[("id_token_hint", &foreign), ("post_logout_redirect_uri", BYE), ("state", STATE)]).await;
    visit.must_stay_here(shown).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_id_token_hint() {
    let app = TestApp::start().await;
    for named in [&[][..], &[("client_id", app.notes.web_client.client_id.as_str())]] {
        let mut visit = Visit::of(&app).await;
        let shown = visit.logout(&[named, &[("post_logout_redirect_uri", BYE), ("state", STATE)]].concat()).await;
        visit.must_stay_here(shown).await;
    }
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_params() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let shown = visit.logout(&[]).await;
    visit.must_stay_here(shown).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_only_state() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let shown = visit.logout(&[("state", STATE)]).await;
    visit.must_stay_here(shown).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_post_logout_redirect_uri() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let hint = visit.id_token.clone();
    let shown = visit.logout(&[("id_token_hint", &hint), ("state", STATE)]).await;
    assert!(!has_id(&shown, "sign-out-form"), "the hint proves the session");
    visit.must_stay_here(shown).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_state() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let hint = visit.id_token.clone();
    let left = visit.logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE)]).await;
    assert_eq!(left.location(), BYE);
    assert!(!visit.is_signed_in().await);
}

#[tokio::test]
async fn a_sign_out_that_somebody_else_asks_for_is_asked_about_by_name() {
    let app = TestApp::start().await;
    let mut visit = Visit::of(&app).await;
    let mut other = app.browser();
    let code = authorize(&app, &mut other, &app.notes.admin, &Ask::web(&app)).await.code();
    let foreign = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    let shown = visit.logout(&[("id_token_hint", foreign.id()), ("logout_hint", &app.notes.admin.email)]).await;
    assert!(has_id(&shown, "sign-out-form") && shown.text().contains(&app.notes.user.email), "{}", shown.text());
    assert!(!shown.text().contains(&format!(">{}", app.notes.admin.email)));
    visit.must_stay_here(shown).await;
    assert!(is_signed_in(&app, &mut other).await, "whose hint it was stays signed in elsewhere");
}
