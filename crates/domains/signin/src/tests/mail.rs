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
    assert_eq!(sending.deliver_by(&mailer, &world.services, world.org.id()).await.unwrap_err().kind, FaultKind::Unavailable);
}
