//! The modules of the plan `fapi-ciba-id1-test-plan` (`plain_fapi`), for poll and ping, with assertions and with certificates.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod approval;
mod clients;
mod objects;
mod pings;
mod requests;

use oauth::client::DeliveryMode;
use suite_journeys::ciba::{Asker, Plan, Variant};
use testkit::{Answered, TestApp};

const ONE: &str = "client_ciba_1";
const TWO: &str = "client_ciba_2";
const POLL: Variant = Variant { mode: DeliveryMode::Poll, has_assertion: true };
const PING: Variant = Variant { mode: DeliveryMode::Ping, has_assertion: true };

async fn scene(variant: Variant) -> (TestApp, Plan, Asker) {
    let app = TestApp::start().await;
    let plan = Plan::start(&app).await;
    let client = plan.client(&app, ONE, variant, |_| ()).await;
    (app, plan, client)
}

fn is_refused(answered: &Answered) {
    let error = answered.json()["error"].as_str().unwrap().to_owned();
    assert!(
        [400, 401].contains(&answered.status) && ["invalid_request", "invalid_client"].contains(&&*error),
        "{}",
        answered.text()
    );
}
