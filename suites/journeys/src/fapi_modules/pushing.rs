//! Modules about pushed requests that the plans of FAPI 1.0 and FAPI 2.0 share.

use crate::code::{Returned, go_on, visit};
use crate::plan::{Plan, reference};
use serde_json::Value;
use std::time::Duration;
use testkit::Answered;

/// Push with an assertion whose claims were changed.
pub async fn push_by(plan: &Plan, change: impl Fn(&mut Value)) -> Answered {
    let mut how = plan.how(&plan.one, "/oauth/par");
    how.assertion = Some(plan.one.assertion(&plan.app, change));
    plan.push_with(&plan.one, how, &plan.ask(&plan.one)).await
}

/// The page is loaded twice before somebody signs in.
pub async fn par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await;
    let mut browser = plan.browser();
    visit(&plan.app, &mut browser, &carried).await.expect(200);
    let page = visit(&plan.app, &mut browser, &carried).await.expect(200);
    let end = go_on(&mut browser, &plan.app.notes.user, page).await;
    plan.open(&Returned::of(&end)).await.code();
}

/// Nothing but the reference and the client stands in the address.
pub async fn par_without_duplicate_parameters(plan: &Plan) {
    let request_uri = reference(plan.push(&plan.one, &plan.ask(&plan.one)).await);
    plan.go(&plan.referring(&plan.one, &request_uri)).await.code();
}

/// A reference is good for one answer.
pub async fn par_attempt_reuse_request_uri(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await;
    plan.go(&carried).await.code();
    plan.leads_nowhere(&carried, &["invalid_request_uri"]).await;
}

/// A reference ends after a minute.
pub async fn par_attempt_to_use_expired_request_uri(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await;
    plan.app.clock.advance(Duration::from_secs(61));
    plan.leads_nowhere(&carried, &["invalid_request_uri"]).await;
}

/// A reference is for the client that got it.
pub async fn par_attempt_to_use_request_uri_for_different_client(plan: &Plan) {
    let request_uri = reference(plan.push(&plan.one, &plan.ask(&plan.one)).await);
    plan.leads_nowhere(&plan.referring(&plan.two, &request_uri), &["invalid_request_uri", "invalid_request"]).await;
}
