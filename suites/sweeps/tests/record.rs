//! Nothing happens unrecorded, and everything that can be recorded is declared.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use flow::{Rate, Rates, Surface};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use store::{Platform, platform_sql};
use suite_sweeps::{complain, entries, plausible};
use testkit::{Database, TestApp};

async fn events(app: &TestApp) -> i64 {
    let count = app.services.store.read(Platform, |mut tx| async move {
        let count = tx.fetch_one::<(i64,)>(platform_sql!("SELECT count(*) AS a FROM events"), &[]).await;
        (tx, count)
    });
    count.await.unwrap().unwrap().0
}

#[tokio::test]
async fn every_refusal_leaves_an_event() {
    let app = TestApp::start().await;
    let mut wrong = Vec::new();
    for entry in entries() {
        for route in &entry.routes {
            let before = events(&app).await;
            let answered = plausible(&app, &entry, *route, &app.notes.org, "none").send().await;
            let after = events(&app).await;
            if answered.status >= 400 && after == before {
                wrong.push(complain(&entry, *route, "a refusal must be recorded", &answered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_flood_that_is_turned_away_does_not_flood_the_log() {
    let three = NonZeroU32::new(3).unwrap();
    let rate = Some(Rate { per_minute: three, burst: three });
    let app = TestApp::start_with(Database::Sqlite, Rates { standard: rate, credential: rate, ..Rates::default() }).await;
    let (path, too_large) = (format!("/orgs/{}/signin", app.notes.org), "x".repeat(1 << 20));
    let before = events(&app).await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(app.post(&path).form(&[("identifier", &too_large)]).send().await.status);
    }
    assert_eq!(statuses[..3], [413; 3]);
    assert_eq!(statuses[3..], [429; 17], "a body is not even read for whoever has used up their budget");
    assert_eq!(events(&app).await - before, 4, "each refusal within the budget, and the flood once");
}

#[tokio::test]
async fn every_answer_tells_a_program_what_it_has_left_and_pages_tell_nothing() {
    let many = NonZeroU32::new(10_000).unwrap();
    let rate = Some(Rate { per_minute: many, burst: many });
    let rates = Rates { cheap: rate, standard: rate, token: rate, credential: rate };
    let app = TestApp::start_with(Database::Sqlite, rates).await;
    let mut wrong = Vec::new();
    for entry in entries() {
        for route in &entry.routes {
            let answered = plausible(&app, &entry, *route, &app.notes.org, "none").send().await;
            let told = ["limit", "remaining", "reset"].map(|name| answered.headers.contains_key(format!("x-ratelimit-{name}")));
            if told != [entry.surface != Surface::Page; 3] {
                wrong.push(complain(&entry, *route, "programs are told their budget", &answered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_operation_that_writes_declares_its_events() {
    for entry in entries().iter().filter(|entry| entry.recorded) {
        assert!(!entry.events.is_empty(), "{} records nothing", entry.id);
    }
}

#[test]
fn an_event_name_means_one_thing() {
    let mut known = BTreeMap::new();
    for entry in entries() {
        for kind in entry.events {
            let (name, summary) = (kind.name, (kind.severity.as_str(), kind.summary));
            let earlier = known.insert(name, summary);
            assert!(earlier.is_none_or(|earlier| earlier == summary), "{name} means two things: {earlier:?} and {summary:?}");
            assert!(name.contains('.') && !kind.summary.trim().is_empty(), "{name} needs a dot and a summary");
        }
    }
}

#[test]
fn operations_are_named_once_and_described() {
    let mut ids = BTreeSet::new();
    for entry in entries() {
        assert!(ids.insert(entry.id), "{} is mounted twice", entry.id);
        assert!(entry.id.contains('.') && !entry.summary.is_empty(), "{} needs a dot and a summary", entry.id);
    }
}

#[test]
fn no_two_operations_share_an_address() {
    let mut known = BTreeMap::new();
    for entry in entries() {
        for route in &entry.routes {
            let earlier = known.insert((route.method.as_str(), route.path), entry.id);
            assert_eq!(earlier, None, "{} and {earlier:?} both answer {} {}", entry.id, route.method.as_str(), route.path);
        }
    }
}

#[tokio::test]
async fn what_belongs_to_no_organization_is_in_the_log_of_the_platform() {
    let app = TestApp::start().await;
    app.get("/orgs/nobody-here/api/v1/me").send().await.expect(404);
    let platform = app.services.store.find_org("platform").await.unwrap().unwrap();
    assert_eq!(*platform.id(), app.services.platform);
    let mut exported = Vec::new();
    signals::export_log(&app.services, &platform, &mut exported).await.unwrap();
    let report = ledger::verify::verify(std::io::Cursor::new(&exported), None).unwrap();
    assert!(report.entries > 0 && String::from_utf8(exported).unwrap().contains("organizations.not_found"));
}
