//! Names of hosts that somebody else chose.

use suite_journeys::code::Ask;
use suite_journeys::mail;
use suite_journeys::pages::{at, field};
use testkit::TestApp;

#[tokio::test]
async fn a12_other_hosts_and_forwarded_ones_are_not_believed() {
    let app = TestApp::start().await;
    for host in ["evil.example", "localhost", "localhost:8081", "localhost:8080.evil.example", "evil.example#localhost:8080", ""]
    {
        for path in [at(&app, "signin"), app.api("/.well-known/openid-configuration"), Ask::web(&app).path(&app)] {
            let answered = app.get(&path).header("host", host).send().await;
            assert_eq!(answered.status, 421, "{host} {path}: {}", answered.text());
        }
    }
    for name in [
        "x-forwarded-host",
        "forwarded",
        "x-host",
        "x-original-host",
        "x-forwarded-server",
        "x-forwarded-prefix",
        "x-original-url",
    ] {
        let value = if name == "forwarded" { "host=evil.example;proto=https" } else { "evil.example" };
        let document = app.get(&app.api("/.well-known/openid-configuration")).header(name, value).send().await.expect(200);
        assert_eq!(document.json()["issuer"], app.notes.issuer, "{name}");
        assert!(!document.text().contains("evil.example"), "{name}");
        let page = app.get(&at(&app, "signin")).header("accept", "text/html").header(name, value).send().await.expect(200);
        assert!(!page.text().contains("evil.example") && !page.header("set-cookie").contains("evil.example"), "{name}");
    }
    let twice = app.get(&at(&app, "signin")).header("host", "localhost:8080").header("host", "evil.example").send().await;
    assert_eq!(twice.status, 421);
}

#[tokio::test]
async fn a13_mail_links_lead_to_the_organizations_own_address() {
    let app = TestApp::start().await;
    let email = &app.notes.user.email;
    let mut browser = app.browser();
    let page = browser.open(&at(&app, "forgot-password")).await.expect(200);
    let csrf = field(&page, "csrf");
    let cookie = format!("lumoauth_browser={}", browser.cookie("lumoauth_browser").unwrap());
    let form = [("csrf", csrf.as_str()), ("email", email.as_str())];
    let path = at(&app, "forgot-password");
    let refused = app.post(&path).header("host", "evil.example").header("cookie", &cookie).form(&form).send().await;
    assert_eq!(refused.status, 421);
    let sent = app
        .post(&path)
        .header("cookie", &cookie)
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example");
    let sent = sent.header("origin", "https://evil.example").header("referer", "https://evil.example/").form(&form).send().await;
    assert!([200, 303].contains(&sent.status), "{}", sent.text());
    let mails = mail::to(&app, email).await;
    assert_eq!(mails.len(), 1);
    assert!(!mails[0].text_body.contains("evil.example"));
    for link in mails[0].links() {
        assert!(link.starts_with(&format!("{}/orgs/{}/", app.notes.base_url, app.notes.org)), "{link}");
    }
}
