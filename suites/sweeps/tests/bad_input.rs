//! Nothing an outsider sends makes the server fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use flow::{Entry, Method, Parameter, Route, Source, Surface};
use serde_json::{Value, json};
use suite_sweeps::{body, complain, entries, path, sample, with_body};
use testkit::{Answered, Sending, TestApp};

/// Values nobody would send by accident.
fn garbage() -> Vec<Value> {
    vec![
        Value::Null,
        json!(""),
        json!(-1),
        json!(1.5),
        json!(true),
        json!([]),
        json!({}),
        json!([[[["x"]]]]),
        json!("\u{0}"),
        json!("' OR 1=1 --"),
        json!("<script>alert(1)</script>"),
        json!("\u{202e}\u{feff}x"),
        json!("a".repeat(100_000)),
        json!(i64::MAX),
        json!("..%2f..%2fetc"),
        json!("\r\nSet-Cookie: x=1"),
    ]
}

/// With the strongest credentials there are, so that the refusal comes from the endpoint itself.
fn authorized<'a>(app: &TestApp, sending: Sending<'a>, entry: &Entry) -> Sending<'a> {
    if entry.surface == Surface::OAuth {
        let client = &app.notes.service_client;
        return sending.basic(&client.client_id, &client.client_secret);
    }
    sending.api_key(&app.notes.api_key)
}

fn note(wrong: &mut Vec<String>, entry: &Entry, route: Route, what: &str, answered: &Answered) {
    if answered.status >= 500 {
        wrong.push(complain(entry, route, what, answered));
    }
}

#[tokio::test]
async fn garbage_in_any_field_is_never_our_failure() {
    let app = TestApp::start().await;
    let mut wrong = Vec::new();
    for entry in entries() {
        let parameters = (entry.parameters)();
        for route in entry.routes.iter().filter(|route| route.method != Method::Get) {
            for target in parameters.iter().filter(|p| p.source == Source::Body) {
                for value in garbage() {
                    let body = body(&parameters, |p: &Parameter| if p.name == target.name { value.clone() } else { sample(p) });
                    let sending = with_body(&app, &entry, *route, &app.notes.org, "none", &body);
                    let answered = authorized(&app, sending, &entry).send().await;
                    note(
                        &mut wrong,
                        &entry,
                        *route,
                        &format!("{} = {}", target.name, value.to_string().chars().take(40).collect::<String>()),
                        &answered,
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn garbage_in_path_and_query_is_never_our_failure() {
    let app = TestApp::start().await;
    let mut wrong = Vec::new();
    for entry in entries() {
        let parameters = (entry.parameters)();
        for route in &entry.routes {
            for filler in ["%00", "%ff", "..", "%2e%2e%2f", "'", "%F0%9F%92%A9", "-1", "99999999999999999999"] {
                let sending = app.request(route.method.as_str(), &path(*route, &app.notes.org, filler));
                let answered = authorized(&app, sending, &entry).send().await;
                note(&mut wrong, &entry, *route, filler, &answered);
            }
            for parameter in parameters.iter().filter(|p| p.source == Source::Query) {
                for value in ["", "%00", "%ff", "-1", "99999999999999999999", "a&", "'%20OR%201=1"] {
                    let query =
                        format!("{}?{}={value}&{}={value}", path(*route, &app.notes.org, "none"), parameter.name, parameter.name);
                    let answered = authorized(&app, app.request(route.method.as_str(), &query), &entry).send().await;
                    note(&mut wrong, &entry, *route, &query, &answered);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_body_that_is_not_what_it_says_is_refused() {
    let app = TestApp::start().await;
    let deep = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    let large = vec![b'a'; 2 * 1024 * 1024];
    let bodies: [(&str, &[u8]); 8] = [
        ("application/json", b"{"),
        ("application/json", b"[1,2]"),
        ("application/json", b"\"text\""),
        ("application/json", b"{\"a\":1,\"a\":2}"),
        ("application/json", b"\xff\xfe{}"),
        ("application/json", deep.as_bytes()),
        ("application/x-www-form-urlencoded", b"a=%ff"),
        ("application/x-www-form-urlencoded", &large),
    ];
    let mut wrong = Vec::new();
    for entry in entries() {
        for route in entry.routes.iter().filter(|route| route.method != Method::Get && route.method != Method::Delete) {
            for (media, bytes) in bodies {
                let sending = app.request(route.method.as_str(), &path(*route, &app.notes.org, "none")).body(media, bytes);
                let answered = authorized(&app, sending, &entry).send().await;
                if !(300..500).contains(&answered.status) {
                    wrong.push(complain(&entry, *route, &format!("a broken {media} body of {} bytes", bytes.len()), &answered));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_field_nobody_asked_for_is_named() {
    let app = TestApp::start().await;
    let mut wrong = Vec::new();
    for entry in entries().iter().filter(|entry| entry.surface == Surface::Api) {
        let parameters = (entry.parameters)();
        if !parameters.iter().any(|p| p.source == Source::Body) {
            continue;
        }
        for route in &entry.routes {
            let mut body = body(&parameters, sample);
            body.insert("nobodyAskedForThis".to_owned(), json!(1));
            let answered = authorized(&app, with_body(&app, entry, *route, &app.notes.org, "none", &body), entry).send().await;
            if answered.status != 400 || !answered.text().contains("nobodyAskedForThis") {
                wrong.push(complain(entry, *route, "an unknown field must be named", &answered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
