//! Mail on its way.

use crate::testing::{ADA, World};
use crate::{Mailer, SendMail};
use flow::Job;
use kernel::{FaultKind, Secret};
use pages::mail::Mail;
use store::platform_sql;

fn mail() -> Mail {
    Mail { subject: "Hello".into(), text: "the secret link".into(), html: "<p>the secret link</p>".into() }
}

#[tokio::test]
async fn a_mail_that_waits_is_sealed_and_opens_only_in_its_organization() {
    let world = World::with_ada().await;
    let sending = SendMail::new(&world.services, world.org.id(), "test", ADA, mail()).unwrap();
    let waiting = serde_json::to_string(&sending).unwrap();
    assert!(!waiting.contains("secret link") && !waiting.contains("Hello"), "{waiting}");
    let elsewhere = SendMail::new(&world.services, &"another".into(), "test", ADA, mail()).unwrap();
    assert_eq!(elsewhere.perform(&world.services, &world.org).await.unwrap_err().kind, FaultKind::Internal);
}

#[tokio::test]
async fn a_mail_sent_twice_is_caught_once_and_recorded_with_its_recipient_as_personal() {
    let world = World::with_ada().await;
    let sending = SendMail::new(&world.services, world.org.id(), "test", ADA, mail()).unwrap();
    for _ in 0..2 {
        let record = sending.clone().perform(&world.services, &world.org).await.unwrap();
        assert_eq!(record.kind.name, "mail.sent");
        assert_eq!(sending.given_up().kind.name, "mail.failed");
        let recipient = record.fields.iter().find(|field| field.name == "recipient").unwrap();
        assert_eq!((recipient.privacy, recipient.value.as_str()), (kernel::Privacy::Personal, Some(ADA)));
    }
    assert_eq!(world.number(platform_sql!("SELECT count(*) AS a FROM mailbox")).await, 1);
}

#[tokio::test]
async fn the_mailbox_shows_mails_with_links_that_work() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    browser.fill("/orgs/acme-corp/forgot-password", &[("email", ADA)]).await;
    world.work().await;
    let list = browser.get("/dev/mailbox").await.text;
    let path = list.split("href=\"").find(|rest| rest.starts_with("/dev/mailbox/")).unwrap().split('"').next().unwrap();
    let page = browser.get(path).await.text;
    assert!(page.contains("https://id.example.com/orgs/acme-corp/reset-password?token="));
    assert_eq!(browser.try_get("/dev/mailbox/none").await.unwrap_err().kind, FaultKind::NotFound);
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again() {
    let world = World::with_ada().await;
    // Nothing listens on the port of a listener that has gone.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mailer = Mailer::smtp(&Secret::new(format!("smtp://127.0.0.1:{port}")), "id@example.com").unwrap();
    let sending = SendMail::new(&world.services, world.org.id(), "test", ADA, mail()).unwrap();
    assert_eq!(sending.deliver_by(&mailer, &world.services, &world.org).await.unwrap_err().kind, FaultKind::Unavailable);
}

#[tokio::test]
async fn mails_come_in_the_organizations_own_words_and_values_stay_text() {
    let world = World::with_ada().await;
    world.sql(platform_sql!("UPDATE users SET given_name = '<b>Ada</b>' WHERE email = 'ada@example.com'"), &[]).await;
    let template = async |active: &'static str, body: &'static str| {
        world.sql(platform_sql!("DELETE FROM email_templates"), &[]).await;
        let sql = platform_sql!(
            "INSERT INTO email_templates (org_id, kind, language, subject, body_html, is_active, created_at, updated_at)
             SELECT id, 'password_reset', '', 'For {{ user.firstName }}', :body, CASE WHEN :active = 'yes' THEN 1 ELSE 0 END, 0, 0
             FROM organizations WHERE slug = 'acme-corp'"
        );
        world.sql(sql, &[(":body", body.to_owned()), (":active", active.to_owned())]).await;
        world.browser().fill("/orgs/acme-corp/forgot-password", &[("email", ADA)]).await;
        world.mails().await.pop().unwrap()
    };
    let own = "<p>Dear {{ user.firstName }}</p><p><a href=\"{{ action_url }}\">Go</a> within {{ expiration }}</p>";
    let mail = template("yes", own).await;
    assert_eq!(mail.subject, "For <b>Ada</b>");
    assert!(mail.text_body.starts_with("Dear <b>Ada</b>\n\nGo: https://id.example.com/orgs/acme-corp/reset-password?token="));
    assert!(mail.text_body.trim_end().ends_with("within 1 hour"), "{}", mail.text_body);
    let html = world.html_of_latest_mail().await;
    assert!(html.contains("Dear &lt;b&gt;Ada&lt;/b&gt;") && html.contains("href=\"https://id.example.com/orgs/"), "{html}");
    assert!(template("no", own).await.subject.contains("Choose a new password"), "one that is switched off is not used");
    let broken = template("yes", "<script>alert(1)</script>").await;
    assert!(broken.subject.contains("Choose a new password"), "one that could not be saved today is not used");
}
