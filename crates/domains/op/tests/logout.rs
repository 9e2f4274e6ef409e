//! Signing out at a client's request: who is asked, who is not, and where the browser goes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use support::{BYE, Reached, WEB, World, hidden, param, text};

const LOGOUT: &str = "/orgs/acme/api/v1/oauth/logout";

struct Visit {
    world: World,
    cookie: String,
    id_token: String,
    access_token: String,
    refresh_token: String,
}

/// A person who signed in to the web client, which may or may not keep access after the session.
async fn visit(scope: &str) -> Visit {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[("scope", scope), ("prompt", "consent")]).await;
    let tokens = world.redeem(&code).await.json;
    let refresh_token = tokens["refresh_token"].as_str().unwrap_or_default().to_owned();
    Visit { id_token: text(&tokens, "id_token"), access_token: text(&tokens, "access_token"), refresh_token, world, cookie }
}

impl Visit {
    async fn logout(&self, cookie: &str, pairs: &[(&str, &str)]) -> Reached {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.world.get(&format!("{LOGOUT}?{query}"), &[("cookie", cookie)]).await
    }
    async fn is_signed_in(&self) -> bool {
        let reached = self.world.authorize(&self.cookie, &[("prompt", "none")]).await;
        param(&reached.location(), "error").as_deref() != Some("login_required")
    }
    /// The confirmation page's cookies and its token.
    async fn confirmation(&self, pairs: &[(&str, &str)]) -> (String, String) {
        let page = self.logout(&self.cookie, pairs).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.html.contains("id=\"sign-out-form\""), "{page:?}");
        let named = page.cookies.iter().map(|(name, value)| format!("; {name}={value}"));
        let cookies = std::iter::once(self.cookie.clone()).chain(named).collect();
        (cookies, hidden(&page.html, "csrf"))
    }
}

#[tokio::test]
async fn a_hint_about_the_signed_in_person_signs_out_at_once_and_leads_back() {
    let visit = visit("openid").await;
    let asked = [("id_token_hint", &*visit.id_token), ("post_logout_redirect_uri", BYE), ("state", "s t")];
    let reached = visit.logout(&visit.cookie, &asked).await;
    assert_eq!((reached.status, reached.location()), (303, format!("{BYE}?state=s%20t")));
    assert!(reached.cookies.contains(&("lumoauth_session".to_owned(), String::new())));
    assert!(!visit.is_signed_in().await);
    assert_eq!(visit.world.count_events("users.signed_out").await, 1);
    let again = visit.logout("", &asked).await;
    assert_eq!(again.location(), format!("{BYE}?state=s%20t"), "already signed out");
    assert_eq!(visit.world.count_events("users.signed_out").await, 1);
}

#[tokio::test]
async fn an_expired_hint_is_still_a_hint() {
    let visit = visit("openid").await;
    for _ in 0..3 {
        visit.world.advance(25 * 60);
        assert!(visit.is_signed_in().await);
    }
    let reached = visit.logout(&visit.cookie, &[("id_token_hint", &visit.id_token), ("post_logout_redirect_uri", BYE)]).await;
    assert_eq!(reached.location(), BYE);
    assert!(!visit.is_signed_in().await);
}

#[tokio::test]
async fn a_hint_about_an_earlier_session_is_asked_about_and_then_leads_back() {
    let mut visit = visit("openid").await;
    visit.cookie = visit.world.sign_in(&visit.world.user).await;
    let asked = [("id_token_hint", &*visit.id_token), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let (cookies, csrf) = visit.confirmation(&asked).await;
    assert!(visit.is_signed_in().await);
    let form = [&asked[..], &[("csrf", &*csrf), ("decision", "sign_out")]].concat();
    let done = visit.world.post(LOGOUT, &[("cookie", &cookies)], &form).await;
    assert_eq!(done.location(), format!("{BYE}?state=s"));
    assert!(!visit.is_signed_in().await);
}

#[tokio::test]
async fn without_a_hint_that_proves_the_person_nothing_ends_before_they_say_so() {
    let visit = visit("openid").await;
    let forged = format!("{}x", visit.id_token);
    for pairs in [
        &[] as &[(&str, &str)],
        &[("client_id", WEB), ("post_logout_redirect_uri", BYE)],
        &[("id_token_hint", &forged), ("post_logout_redirect_uri", BYE)],
        &[("id_token_hint", &visit.access_token)],
        &[("id_token_hint", &visit.id_token), ("client_id", "client_spa")],
    ] {
        visit.confirmation(pairs).await;
    }
    assert!(visit.is_signed_in().await);
    assert_eq!(visit.world.count_events("users.signed_out").await, 0);
}

#[tokio::test]
async fn the_person_signs_out_with_the_button_under_either_name_of_its_token() {
    for name in ["csrf", "_csrf_token"] {
        let visit = visit("openid").await;
        let (cookies, csrf) = visit.confirmation(&[("client_id", WEB), ("post_logout_redirect_uri", BYE)]).await;
        let form = [(name, &*csrf), ("decision", "sign_out"), ("client_id", WEB), ("post_logout_redirect_uri", BYE)];
        let done = visit.world.post(LOGOUT, &[("cookie", &cookies)], &form).await;
        assert_eq!(done.status, 200, "without a hint there is a link and no redirect");
        assert!(done.html.contains("id=\"signed-out\"") && done.html.contains(BYE), "{done:?}");
        assert!(!visit.is_signed_in().await);
    }
}

#[tokio::test]
async fn the_person_may_stay() {
    let visit = visit("openid").await;
    let (cookies, csrf) = visit.confirmation(&[]).await;
    let form = [("csrf", &*csrf), ("decision", "stay")];
    let stayed = visit.world.post(LOGOUT, &[("cookie", &cookies)], &form).await;
    assert_eq!((stayed.status, stayed.location()), (303, "/orgs/acme/account".to_owned()));
    assert!(visit.is_signed_in().await);
}

#[tokio::test]
async fn a_button_another_site_presses_does_nothing() {
    let visit = visit("openid").await;
    let (cookies, csrf) = visit.confirmation(&[]).await;
    let other = visit.world.sign_in(&visit.world.user).await;
    for (cookie, token) in [(&*cookies, "made up"), (&*visit.cookie, &*csrf), (&*other, &*csrf)] {
        let form = [("csrf", token), ("decision", "sign_out")];
        let refused = visit.world.post(LOGOUT, &[("cookie", cookie)], &form).await;
        assert_eq!(refused.refusal(), (403, "csrf"));
    }
    let plain = visit.world.post(LOGOUT, &[("cookie", &cookies)], &[("decision", "sign_out")]).await;
    assert_eq!((plain.status, plain.location()), (303, LOGOUT.to_owned()), "asked once more");
    assert!(visit.is_signed_in().await);
}

#[tokio::test]
async fn a_form_of_another_site_is_asked_again_as_a_visit_because_browsers_keep_cookies_out_of_it() {
    let visit = visit("openid").await;
    let form = [("id_token_hint", &*visit.id_token), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let sent = visit.world.post(LOGOUT, &[], &form).await;
    let location = sent.location();
    assert!(location.starts_with(&format!("{LOGOUT}?")), "{location}");
    assert!(visit.is_signed_in().await);
    let followed = visit.world.get(&location, &[("cookie", &visit.cookie)]).await;
    assert_eq!(followed.location(), format!("{BYE}?state=s"));
    assert!(!visit.is_signed_in().await);
}

#[tokio::test]
async fn attack_11_an_address_that_is_not_registered_is_never_left_for() {
    let visit = visit("openid").await;
    for uri in
        ["https://evil.example/", "https://app.example/bye/", "https://app.example/bye?x", "//evil.example", "javascript:1"]
    {
        for cookie in ["", &visit.cookie] {
            for named in [("id_token_hint", &*visit.id_token), ("client_id", WEB)] {
                let reached = visit.logout(cookie, &[named, ("post_logout_redirect_uri", uri)]).await;
                assert_eq!((reached.refusal(), reached.header("location")), ((400, "invalid_request"), None), "{uri}");
            }
            let reached = visit.logout(cookie, &[("post_logout_redirect_uri", uri)]).await;
            assert_eq!((reached.status, reached.header("location")), (200, None), "{uri}");
            assert!(!reached.html.contains(&format!("href=\"{uri}")), "{uri}");
        }
    }
    assert!(visit.is_signed_in().await, "a mistake ends nothing");
}

#[tokio::test]
async fn what_was_granted_in_the_session_ends_with_it_unless_it_was_to_outlive_it() {
    for (scope, lives_on) in [("openid", false), ("openid offline_access", true)] {
        let visit = visit(scope).await;
        assert_eq!(visit.world.userinfo(&visit.access_token).await.status, 200);
        visit.logout(&visit.cookie, &[("id_token_hint", &visit.id_token)]).await;
        assert_eq!(visit.world.userinfo(&visit.access_token).await.status == 200, lives_on, "{scope}");
        if lives_on {
            assert_eq!(visit.world.refresh(&visit.refresh_token).await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_parameter_sent_twice_is_refused() {
    let visit = visit("openid").await;
    let reached = visit.logout(&visit.cookie, &[("state", "a"), ("state", "b")]).await;
    assert_eq!(reached.refusal(), (400, "invalid_request"));
}
