//! Each way a request can end leaves exactly the right rows and events.

use crate::operations::{GuessMark, ReadClosely, ReadMark, WriteAnywhere, WriteMark, how, only};
use crate::world::{NOON, World, request, request_without_org};
use kernel::{Actor, FaultKind, Severity};
use ledger::leaf::Outcome;
use store::Arg;

#[tokio::test]
async fn done_keeps_effects_and_event() {
    let world = World::new().await;
    let answer = world.serve(only::<WriteMark>(), request("acme", &how("m", "done"), &[("x-client", "c1")])).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(world.marks().await, ["m"]);
    let log = world.log().await;
    assert_eq!(log.len(), 1);
    let event = &log[0];
    assert_eq!(
        (event.org.as_str(), event.name.as_str(), event.outcome, event.severity),
        ("id-of-acme", "marks.left", Outcome::Success, Severity::Info)
    );
    assert_eq!((event.at, event.request_id.as_deref(), event.client.as_deref()), (NOON, Some("req-1"), Some("c1")));
    assert_eq!((event.actor.kind.as_str(), event.actor.id.as_deref()), ("client", Some("c1")));
    let target = event.target.clone().unwrap();
    assert_eq!((target.kind.as_str(), target.id.as_deref()), ("mark", Some("m")));
    assert_eq!(event.fields.get("how").and_then(|how| how.as_str()), Some("done"));
}

#[tokio::test]
async fn what_is_personal_stands_beside_the_leaf_and_never_in_it() {
    let world = World::new().await;
    world.serve(only::<WriteMark>(), request("acme", &how("m", "done"), &[])).await.unwrap();
    let rows = world.all::<(String, String)>("SELECT leaf AS a, personal AS b FROM events").await;
    let (leaf, personal) = &rows[0];
    for value in ["ada@example.com", "192.0.2.7", "test/1"] {
        assert!(personal.contains(value) && !leaf.contains(value), "{value}: {leaf}");
    }
    let names: Vec<String> = world.log().await.remove(0).commitments.into_keys().collect();
    assert_eq!(names, ["email", "ip_address", "user_agent"]);
}

#[tokio::test]
async fn refused_keeps_effects_and_event_and_says_no() {
    let world = World::new().await;
    let fault = world.serve(only::<WriteMark>(), request("acme", &how("m", "refused"), &[])).await.unwrap_err();
    assert_eq!(fault.code, "marks.no");
    assert_eq!(world.marks().await, ["m"]);
    assert_eq!(world.story().await, ["id-of-acme marks.left refused"]);
    let answer = world.serve(only::<WriteMark>(), request("acme", &how("n", "refused with"), &[])).await.unwrap();
    assert_eq!(answer.status, 200, "in the operation's own words");
    assert_eq!(world.marks().await, ["m", "n"]);
    assert_eq!(world.story().await[1], "id-of-acme marks.left refused");
}

#[tokio::test]
async fn a_fault_keeps_no_effects_and_is_recorded_as_a_refusal() {
    let world = World::new().await;
    let fault = world.serve(only::<WriteMark>(), request("acme", &how("m", "fault"), &[])).await.unwrap_err();
    assert_eq!(fault.code, "marks.no");
    assert!(world.marks().await.is_empty());
    let event = world.log().await.remove(0);
    assert_eq!((event.name.as_str(), event.outcome), ("requests.refused", Outcome::Refused));
    assert_eq!(event.target.unwrap().id.as_deref(), Some("marks.write"));
    assert_eq!(event.fields.get("code").and_then(|code| code.as_str()), Some("marks.no"));
}

#[tokio::test]
async fn our_own_failure_is_recorded_as_one_and_its_detail_is_not() {
    let world = World::new().await;
    let fault = world.serve(only::<WriteMark>(), request("acme", &how("m", "broken"), &[])).await.unwrap_err();
    assert_eq!((fault.kind, fault.code), (FaultKind::Internal, "server_error"));
    assert!(world.marks().await.is_empty());
    assert_eq!(world.story().await, ["id-of-acme requests.failed failed"]);
    let rows = world.all::<(String, String)>("SELECT leaf AS a, personal AS b FROM events").await;
    assert!(!format!("{rows:?}").contains("a secret detail"));
}

#[tokio::test]
async fn an_operation_that_panics_or_waits_fails_alone() {
    let world = World::new().await;
    for end in ["panic", "waits"] {
        let fault = world.serve(only::<WriteMark>(), request("acme", &how("m", end), &[])).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Internal, "{end}");
    }
    world.serve(only::<WriteMark>(), request("acme", &how("n", "done"), &[])).await.unwrap();
    assert_eq!(world.marks().await, ["n"]);
    assert_eq!(
        world.story().await,
        ["id-of-acme requests.failed failed", "id-of-acme requests.failed failed", "id-of-acme marks.left success"]
    );
}

#[tokio::test]
async fn a_row_that_is_there_already_is_a_conflict_and_nothing_else_is_kept() {
    let world = World::new().await;
    world.serve(only::<WriteMark>(), request("acme", &how("m", "done"), &[])).await.unwrap();
    let fault = world.serve(only::<WriteMark>(), request("acme", &how("m", "done"), &[])).await.unwrap_err();
    assert_eq!((fault.kind, fault.code), (FaultKind::Conflict, "conflict"));
    assert_eq!(world.story().await, ["id-of-acme marks.left success", "id-of-acme requests.refused refused"]);
}

#[tokio::test]
async fn a_request_that_can_not_be_parsed_is_refused_and_recorded() {
    let world = World::new().await;
    for body in [
        "{\"name\":",
        "[]",
        "{}",
        "{\"name\":1,\"how\":\"done\"}",
        "{\"name\":\"m\",\"how\":\"done\",\"other\":1}",
        "{\"name\":\"m\\u0000\",\"how\":\"done\"}",
    ] {
        let fault = world.serve(only::<WriteMark>(), request("acme", body, &[])).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid, "{body}");
    }
    assert!(world.marks().await.is_empty());
    assert_eq!(world.story().await, vec!["id-of-acme requests.refused refused"; 6]);
}

#[tokio::test]
async fn a_caller_who_proves_nothing_is_refused_before_anything_is_parsed() {
    let world = World::new().await;
    let fault = world
        .serve(only::<WriteMark>(), request("acme", "not JSON", &[("x-refused", "1"), ("x-client", "c1")]))
        .await
        .unwrap_err();
    assert_eq!(fault.code, "invalid_client");
    let event = world.log().await.remove(0);
    assert_eq!(
        (event.org.as_str(), event.name.as_str(), event.actor.kind.as_str()),
        ("id-of-acme", "requests.refused", "anonymous")
    );
}

#[tokio::test]
async fn an_organization_that_does_not_exist_is_recorded_in_the_platforms_log() {
    let world = World::new().await;
    let fault = world.serve(only::<WriteMark>(), request("nobody", &how("m", "done"), &[])).await.unwrap_err();
    assert_eq!((fault.kind, fault.code), (FaultKind::NotFound, "organizations.not_found"));
    assert_eq!(world.story().await, ["platform requests.refused refused"]);
    world.run("UPDATE organizations SET is_active = 0 WHERE slug = :slug", vec![(":slug", Arg::from("other"))]).await;
    let fault = world.serve(only::<WriteMark>(), request("other", &how("m", "done"), &[])).await.unwrap_err();
    assert_eq!(fault.code, "organizations.not_found", "one that has ended is as good as none");
}

#[tokio::test]
async fn a_credential_of_another_organization_proves_nothing() {
    let world = World::new().await;
    let headers = [("x-client", "c1"), ("x-org", "other"), ("x-proof", "p")];
    let fault = world.serve(only::<WriteMark>(), request("acme", &how("m", "done"), &headers)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unauthenticated);
    assert!(world.marks().await.is_empty());
    let event = world.log().await.remove(0);
    assert_eq!((event.org.as_str(), event.actor.kind.as_str()), ("id-of-acme", "anonymous"));
}

#[tokio::test]
async fn without_an_organization_in_the_path_the_credentials_own_counts() {
    let world = World::new().await;
    let body = how("m", "done");
    world.serve(only::<WriteMark>(), request_without_org(&body, &[("x-client", "c1"), ("x-org", "other")])).await.unwrap();
    assert_eq!(world.story().await, ["id-of-other marks.left success"]);
    let fault = world.serve(only::<WriteMark>(), request_without_org(&body, &[])).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unauthenticated, "where nothing names one");
    assert_eq!(world.story().await[1], "platform requests.refused refused");
}

#[tokio::test]
async fn what_belongs_to_no_organization_is_in_the_platforms_log() {
    let world = World::new().await;
    world.serve(only::<WriteAnywhere>(), request_without_org(&how("m", "done"), &[])).await.unwrap();
    assert_eq!(world.story().await, ["platform marks.left success"]);
}

#[tokio::test]
async fn a_plain_read_records_nothing_but_its_refusal() {
    let world = World::new().await;
    for end in ["done", "refused with"] {
        world.serve(only::<ReadMark>(), request("acme", &how("m", end), &[])).await.unwrap();
    }
    assert!(world.log().await.is_empty());
    for end in ["fault", "refused"] {
        let fault = world.serve(only::<ReadMark>(), request("acme", &how("m", end), &[])).await.unwrap_err();
        assert_eq!(fault.code, "marks.no");
    }
    assert_eq!(world.story().await, vec!["id-of-acme requests.refused refused"; 2]);
}

#[tokio::test]
async fn a_sensitive_read_records_every_call() {
    let world = World::new().await;
    world.serve(only::<ReadClosely>(), request("acme", &how("m", "done"), &[])).await.unwrap();
    world.serve(only::<ReadClosely>(), request("acme", &how("m", "refused with"), &[])).await.unwrap();
    for end in ["refused", "fault"] {
        world.serve(only::<ReadClosely>(), request("acme", &how("m", end), &[])).await.unwrap_err();
    }
    assert_eq!(
        world.story().await,
        [
            "id-of-acme marks.left success",
            "id-of-acme marks.left refused",
            "id-of-acme marks.left refused",
            "id-of-acme requests.refused refused"
        ]
    );
}

#[tokio::test]
async fn a_sensitive_read_that_can_not_be_recorded_is_not_answered() {
    let world = World::new().await;
    world
        .run("CREATE TRIGGER closed BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'the log is full'); END", Vec::new())
        .await;
    let fault = world.serve(only::<ReadClosely>(), request("acme", &how("m", "done"), &[])).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Internal);
    let fault = world.serve(only::<WriteMark>(), request("acme", &how("m", "done"), &[])).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Internal);
    assert!(world.marks().await.is_empty(), "and a write that can not be recorded is not done");
}

#[tokio::test]
async fn a_flood_is_refused_and_recorded_once_a_minute() {
    let world = World::new().await;
    for number in 0..2 {
        world.serve(only::<GuessMark>(), request("acme", &how(&number.to_string(), "done"), &[])).await.unwrap();
    }
    for _ in 0..50 {
        let fault = world.serve(only::<GuessMark>(), request("acme", &how("more", "done"), &[])).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::TooMany);
        assert!(fault.retry_after.is_some());
    }
    let refusals: Vec<String> = world.story().await.into_iter().filter(|event| event.contains("refused")).collect();
    assert_eq!(refusals, ["id-of-acme requests.refused refused"], "a flood must not fill the log");
    let mut elsewhere = request("acme", &how("from elsewhere", "done"), &[]);
    elsewhere.peer.ip = "192.0.2.8".parse().unwrap();
    world.serve(only::<GuessMark>(), elsewhere).await.unwrap();
}

#[tokio::test]
async fn an_operation_without_a_request_names_who_acts() {
    let world = World::new().await;
    let org = world.org("acme").await;
    let operation = WriteMark { name: "m".to_owned(), how: "done".to_owned() };
    flow::act(&world.services, Some(org.clone()), Actor::Operator, operation).await.unwrap();
    let event = world.log().await.remove(0);
    assert_eq!((event.actor.kind.as_str(), event.request_id), ("operator", None));
    let refused = WriteMark { name: "n".to_owned(), how: "fault".to_owned() };
    flow::act(&world.services, Some(org), Actor::System("start"), refused).await.map(drop).unwrap_err();
    assert_eq!(world.story().await[1], "id-of-acme requests.refused refused");
    assert_eq!(world.marks().await, ["m"]);
}

#[tokio::test]
async fn every_event_of_a_request_carries_the_time_at_which_it_began() {
    let world = World::new().await;
    world.clock.advance(std::time::Duration::from_secs(5));
    world.serve(only::<WriteMark>(), request("acme", &how("m", "done"), &[])).await.unwrap();
    assert_eq!(world.log().await[0].at.as_secs(), NOON.as_secs() + 5);
}
