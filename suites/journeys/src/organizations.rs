//! A second organization on the same server.

use flow::{Body, act};
use identity::users::Email;
use kernel::{Actor, Scopes};
use lumoauth::first_start::provision;
use lumoauth::notes::DevNotes;
use lumoauth::operator::MakeApiKey;
use store::{Decision, OneOrg, Org, Topic, args, org_sql};
use testkit::{SeededRng, TestApp};

/// Make an organization with people, clients and an API key of its own, and return what is known of it.
pub async fn another(app: &TestApp, slug: &str) -> DevNotes {
    let mut notes = DevNotes::invent(&SeededRng::new(77));
    slug.clone_into(&mut notes.org);
    notes.locate(&app.notes.base_url, "test", None);
    provision(&app.services, &mut notes).await.unwrap();
    notes
}

/// The organization of the demo data.
pub async fn own(app: &TestApp) -> Org {
    app.services.store.find_org(&app.notes.org).await.unwrap().unwrap()
}

/// An API key of a person, with these scopes.
pub async fn api_key(app: &TestApp, email: &str, scopes: &str) -> String {
    let user = Email::parse(email).unwrap();
    let make = MakeApiKey { user, name: "Test".to_owned(), scopes: Scopes::from(scopes.to_owned()) };
    let answer = act(&app.services, Some(own(app).await), Actor::Operator, make).await.unwrap();
    match answer.body {
        Body::Bytes(_, key) => String::from_utf8(key).unwrap(),
        other => panic!("no key: {other:?}"),
    }
}

/// Give the organization of the demo data these settings: a JSON object.
pub async fn set_settings(app: &TestApp, settings: &serde_json::Value) {
    set_settings_of(app, &app.notes.org, settings).await;
}

/// Give an organization these settings.
pub async fn set_settings_of(app: &TestApp, slug: &str, settings: &serde_json::Value) {
    let (org, settings) = (app.services.store.find_org(slug).await.unwrap().unwrap(), settings.to_string());
    let written = app.services.store.write(OneOrg::new(org.clone()), move |mut tx| {
        let (org, settings) = (org.clone(), settings.clone());
        async move {
            let sql = org_sql!("UPDATE organizations SET settings = :settings WHERE id = :org");
            let written = tx.execute(sql, args! { settings: settings }).await;
            tx.touch(Topic::Organization(org.id().clone()));
            (tx, Decision::KeepUnrecorded(written, "the scene of a test is no event"))
        }
    });
    assert_eq!(written.await.unwrap().unwrap(), 1);
}
