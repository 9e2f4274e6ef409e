//! Nobody gets in without a key, with another organization's key, or with too small a key.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use flow::Surface;
use kernel::Access;
use suite_sweeps::{complain, entries, plausible};
use testkit::TestApp;

/// Whether callers must prove who they are.
fn is_guarded(access: Access) -> bool {
    !matches!(access, Access::Public(_) | Access::Browser | Access::Registration(_))
}

#[tokio::test]
async fn without_credentials_every_guarded_endpoint_refuses() {
    let app = TestApp::start().await;
    let mut wrong = Vec::new();
    for entry in entries().iter().filter(|entry| is_guarded(entry.access)) {
        for route in &entry.routes {
            let answered = plausible(&app, entry, *route, &app.notes.org, "none").send().await;
            let fine = match entry.surface {
                Surface::Page => answered.status == 303 && answered.header("location").contains("/signin"),
                Surface::Api | Surface::OAuth => answered.status == 401 && !answered.header("www-authenticate").is_empty(),
            };
            if !fine {
                wrong.push(complain(entry, *route, "must ask for credentials", &answered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// RFC 9728 §5.1: whoever is refused at a resource finds out there who gives tokens for it.
#[tokio::test]
async fn every_challenge_of_the_api_leads_to_the_metadata_of_its_resource() {
    let app = TestApp::start().await;
    let (org, base) = (&app.notes.org, &app.notes.base_url);
    let address = format!("{base}/.well-known/oauth-protected-resource/orgs/{org}/api/v1");
    let document = app.get(&address).send().await.expect(200).json();
    assert_eq!(document["resource"], format!("{base}/orgs/{org}/api/v1"));
    assert_eq!(document["authorization_servers"], serde_json::json!([app.notes.issuer]));
    let (parameter, mut wrong, mut count) = (format!("resource_metadata=\"{address}\""), Vec::new(), 0);
    for entry in entries().iter().filter(|entry| takes_tokens(entry.access) || entry.id == "oauth.userinfo") {
        for route in entry.routes.iter().filter(|route| route.names_org() && entry.surface != Surface::Page) {
            for credential in [None, Some("no-token"), Some("a.b.c")] {
                let sending = plausible(&app, entry, *route, org, "none");
                let answered = match credential {
                    Some(token) => sending.bearer(token).send().await,
                    None => sending.send().await,
                };
                if entry.id == "oauth.userinfo" && answered.status == 400 {
                    // Its form carries a token already, and two are too many.
                    continue;
                }
                count += 1;
                if answered.status != 401 || !answered.header("www-authenticate").contains(&parameter) {
                    wrong.push(complain(entry, *route, "must lead to the metadata of its resource", &answered));
                }
            }
        }
    }
    assert!(wrong.is_empty() && count > 300, "{count}: {}", wrong.join("\n"));
}

/// Whether an access token opens it.
fn takes_tokens(access: Access) -> bool {
    matches!(access, Access::Permission(_) | Access::TokenOrKey | Access::Token)
}

#[tokio::test]
async fn a_key_of_one_organization_opens_nothing_in_another() {
    let app = TestApp::start().await;
    let mut wrong = Vec::new();
    for entry in
        entries().iter().filter(|entry| matches!(entry.access, Access::Permission(_) | Access::TokenOrKey | Access::Token))
    {
        for route in entry.routes.iter().filter(|route| route.names_org()) {
            let answered = plausible(&app, entry, *route, "platform", "none").api_key(&app.notes.api_key).send().await;
            if answered.status != 401 {
                wrong.push(complain(entry, *route, "another organization's key must prove nothing", &answered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_program_without_the_scope_is_told_which_one_it_lacks() {
    let app = TestApp::start().await;
    let token = app.service_token("").await;
    let mut wrong = Vec::new();
    for entry in entries().iter().filter(|entry| matches!(entry.access, Access::Permission(_))) {
        for route in &entry.routes {
            let answered = plausible(&app, entry, *route, &app.notes.org, "none").bearer(&token).send().await;
            let names_it = answered.status == 403 && answered.json()["details"]["required_scopes"].is_array();
            if !names_it {
                wrong.push(complain(entry, *route, "must name the missing scope", &answered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn one_page_may_be_framed_and_nothing_else() {
    let app = TestApp::start().await;
    let mut framed = Vec::new();
    for entry in entries() {
        for route in &entry.routes {
            let answered = plausible(&app, &entry, *route, &app.notes.org, "none").send().await;
            let policy = answered.header("content-security-policy");
            if !policy.contains("frame-ancestors 'none'") || answered.header("x-frame-options") != "DENY" {
                framed.push(entry.id);
            }
        }
    }
    assert_eq!(framed, ["oauth.check_session"], "OpenID Connect Session Management 1.0 wants it framed");
}

#[tokio::test]
async fn an_unknown_organization_is_not_found_on_every_surface() {
    let app = TestApp::start().await;
    let mut wrong = Vec::new();
    for entry in entries() {
        for route in entry.routes.iter().filter(|route| route.names_org()) {
            let answered = plausible(&app, &entry, *route, "nobody-here", "none").send().await;
            if answered.status != 404 {
                wrong.push(complain(&entry, *route, "an unknown organization must be 404", &answered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
