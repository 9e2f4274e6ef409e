//! Nobody is worn down by requests, and naming people finds nobody out.

use super::{ask, plain};
use oauth::client::DeliveryMode;
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::record::entries;
use suite_journeys::tokens::expect_error;
use suite_journeys::{at_once, mail};
use testkit::{TestApp, databases};

#[tokio::test]
async fn nobody_is_worn_down_by_requests() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    for _ in 0..10 {
        ask(&app, &client, &[]).await.expect(200);
    }
    expect_error(ask(&app, &client, &[]).await, 403, "access_denied");
    assert_eq!(mail::to(&app, &app.notes.user.email).await.len(), 5);
    app.clock.advance(Duration::from_secs(121));
    ask(&app, &client, &[]).await.expect(200);
}

#[tokio::test]
async fn no_client_takes_up_all_the_room_a_person_has_for_requests() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let greedy = plain(&app, "client_greedy", DeliveryMode::Poll).await.client;
        let asked = at_once((0..25).map(|_| {
            let (app, greedy) = (app.clone(), greedy.clone());
            async move { ask(&app, &greedy, &[]).await.status }
        }));
        let asked = asked.await;
        assert_eq!(asked.iter().filter(|status| **status == 200).count(), 10, "{database:?}");
        assert!(asked.iter().all(|status| [200, 403].contains(status)));
        for name in ["client_b", "client_c"] {
            let client = plain(&app, name, DeliveryMode::Poll).await.client;
            for _ in 0..10 {
                ask(&app, &client, &[]).await.expect(200);
            }
        }
        let late = plain(&app, "client_d", DeliveryMode::Poll).await.client;
        expect_error(ask(&app, &late, &[]).await, 403, "access_denied");
    }
}

#[tokio::test]
async fn attack_49_naming_people_is_no_way_to_find_out_who_has_an_account() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
        let other = plain(&app, "client_other", DeliveryMode::Poll).await.client;
        for guess in 0..30 {
            let login = format!("guess-{guess}@acme.example");
            expect_error(ask(&app, &client, &[("login_hint", &login)]).await, 400, "unknown_user_id");
        }
        for login in ["guess-30@acme.example", &app.notes.user.email] {
            ask(&app, &client, &[("login_hint", login)]).await.expect(429);
        }
        ask(&app, &other, &[]).await.expect(200);
        app.clock.advance(Duration::from_hours(1));
        let misnamed = entries(&app, "backchannel_requests.misnamed").await;
        assert_eq!(misnamed.len(), 30, "{database:?}");
        assert!(!misnamed[0].to_string().contains("guess-19"), "what was guessed may be somebody's");
        ask(&app, &client, &[]).await.expect(200);
    }
}
