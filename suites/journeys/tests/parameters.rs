//! Every parameter of the authorization endpoint: missing, empty, twice, wrong, too long, hostile. Each leads to the specified error in the
//! specified place, and never to an address that isn't registered (RFC 6749 §3.1 and §4.1.2.1, RFC 9126 §2.3).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use End::{GoesOn, Page, Told};
use serde_json::json;
use suite_journeys::admin::make_client;
use suite_journeys::code::{Ask, CALLBACK, Returned, STATE, visit};
use suite_journeys::pages::has_id;
use suite_journeys::tokens::Client;
use testkit::{Answered, TestApp};

/// Where a request ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// At the sign-in page: nothing is wrong with it.
    GoesOn,
    /// At a page that leads nowhere.
    Page,
    /// At the client's address, with one of these errors.
    Told(&'static [&'static str]),
}

const INVALID: End = Told(&["invalid_request"]);
/// What of a request object is wrong is told by whoever reads it; it is never passed over.
const NO_OBJECT: End = Told(&["invalid_request_object", "request_not_supported", "invalid_request"]);
const NO_REFERENCE: End = Told(&["invalid_request_uri", "request_uri_not_supported", "invalid_request"]);
/// Characters of a parameter that is too long.
const LONG: usize = 5000;

/// What becomes of requests in which one parameter is not as it should be.
struct Line {
    name: &'static str,
    /// Without it, and equally with an empty one (RFC 6749 §3.1).
    missing: End,
    twice: End,
    wrong: &'static [(&'static str, End)],
    /// With five thousand characters.
    long: End,
}

const fn line(name: &'static str, missing: End, wrong: &'static [(&'static str, End)], long: End) -> Line {
    Line { name, missing, twice: INVALID, wrong, long }
}

const UNSUPPORTED_TYPE: End = Told(&["unsupported_response_type"]);
const INVALID_SCOPE: End = Told(&["invalid_scope"]);
const INVALID_TARGET: End = Told(&["invalid_target"]);
const INVALID_DETAILS: End = Told(&["invalid_authorization_details"]);

const LINES: [Line; 23] = [
    line(
        "response_type",
        INVALID,
        &[("token", UNSUPPORTED_TYPE), ("evil", UNSUPPORTED_TYPE), ("CODE", UNSUPPORTED_TYPE), ("code evil", UNSUPPORTED_TYPE)],
        UNSUPPORTED_TYPE,
    ),
    Line {
        twice: Page,
        ..line("client_id", Page, &[("nobody", Page), ("' OR 1=1 --", Page), ("\u{2400}", Page), ("[]", Page)], Page)
    },
    Line {
        twice: Page,
        ..line(
            "redirect_uri",
            Page,
            &[
                ("https://elsewhere.example/callback", Page),
                ("http://localhost/callback/", Page),
                ("http://localhost/callback?x=1", Page),
                ("http://localhost/callback#x", Page),
                ("http://localhost/Callback", Page),
                ("http://localhost/x/../callback", Page),
                ("http://localhost@evil.example/callback", Page),
                ("http://localhost.evil.example/callback", Page),
                ("//localhost/callback", Page),
                ("/callback", Page),
                ("javascript:alert(1)", Page),
                ("data:text/html,x", Page),
                ("http://localhost/callback http://localhost/other", Page),
            ],
            Page,
        )
    },
    line(
        "scope",
        GoesOn,
        &[
            ("unknown", INVALID_SCOPE),
            ("openid \"x\"", INVALID_SCOPE),
            ("open\u{ef}d", INVALID_SCOPE),
            ("openid\\", INVALID_SCOPE),
        ],
        INVALID_SCOPE,
    ),
    line("state", GoesOn, &[("\u{20ac} <>\"'&%23", GoesOn)], INVALID),
    line("response_mode", GoesOn, &[("evil", INVALID), ("QUERY", INVALID), ("query fragment", INVALID)], INVALID),
    line("nonce", GoesOn, &[("\u{20ac}", GoesOn)], INVALID),
    line(
        "prompt",
        GoesOn,
        &[("evil", INVALID), ("none login", INVALID), ("Login", INVALID), ("none", Told(&["login_required"]))],
        INVALID,
    ),
    line("access_type", GoesOn, &[("evil", GoesOn)], GoesOn),
    line(
        "max_age",
        GoesOn,
        &[
            ("x", INVALID),
            ("-1", INVALID),
            ("+1", INVALID),
            ("1.5", INVALID),
            ("1e3", INVALID),
            ("0x10", INVALID),
            ("\u{0661}", INVALID),
        ],
        INVALID,
    ),
    line("display", GoesOn, &[("evil", GoesOn)], INVALID),
    line("login_hint", GoesOn, &[("\u{20ac} nobody", GoesOn)], INVALID),
    line("ui_locales", GoesOn, &[("!! ../../x", GoesOn)], GoesOn),
    line("id_token_hint", GoesOn, &[("x", INVALID), ("a.b.c", INVALID), ("eyJhbGciOiJub25lIn0.e30.", INVALID)], INVALID),
    line("acr_values", GoesOn, &[("evil", GoesOn)], GoesOn),
    line(
        "authorization_details",
        GoesOn,
        &[
            ("evil", INVALID_DETAILS),
            ("{}", INVALID_DETAILS),
            ("[]", INVALID_DETAILS),
            ("[1]", INVALID_DETAILS),
            ("[{}]", INVALID_DETAILS),
            ("[{\"type\":1}]", INVALID_DETAILS),
            ("[{\"type\":\"unknown\"}]", INVALID_DETAILS),
        ],
        INVALID_DETAILS,
    ),
    line(
        "claims",
        GoesOn,
        &[
            ("evil", INVALID),
            ("[]", INVALID),
            ("1", INVALID),
            ("{", INVALID),
            ("{\"userinfo\":1}", INVALID),
            ("{\"userinfo\":{\"name\":1}}", INVALID),
            ("{\"userinfo\":{},\"userinfo\":{}}", INVALID),
        ],
        INVALID,
    ),
    line(
        "code_challenge",
        INVALID,
        &[("short", INVALID), ("a challenge with spaces, but long enough to be one", INVALID)],
        INVALID,
    ),
    line("code_challenge_method", INVALID, &[("evil", INVALID), ("s256", INVALID), ("plain", INVALID)], INVALID),
    line("dpop_jkt", GoesOn, &[("evil", INVALID), ("\u{20ac}", INVALID)], INVALID),
    Line {
        twice: INVALID_TARGET,
        ..line("resource", GoesOn, &[("evil", INVALID_TARGET), ("https://api.example/#x", INVALID_TARGET)], INVALID_TARGET)
    },
    line("request", GoesOn, &[("evil", NO_OBJECT), ("a.b.c", NO_OBJECT), ("eyJhbGciOiJub25lIn0.e30.", NO_OBJECT)], NO_OBJECT),
    line("request_uri", GoesOn, &[("evil", NO_REFERENCE), ("http://127.0.0.1:1/x", NO_REFERENCE)], NO_REFERENCE),
];

/// A client with two addresses, so that it must always say which.
async fn client(app: &TestApp) -> Client {
    let body = json!({
        "name": "Careful", "redirectUris": [CALLBACK, "http://localhost/other"], "scopes": ["openid", "email"], "requiresPkce": true
    });
    make_client(app, body).await.0
}

/// A page for a person that leads nowhere: neither by redirect nor by a form.
fn leads_nowhere(answered: &Answered) -> bool {
    (400..500).contains(&answered.status)
        && has_id(answered, "error")
        && !answered.text().contains("<form")
        && answered.header("location").is_empty()
}

fn is_sign_in(answered: &Answered) -> bool {
    answered.status == 200 && has_id(answered, "sign-in-form")
}

/// The answer went to the registered address, or it went nowhere. Which of the two?
fn is_told(answered: &Answered, why: &str) -> Option<Returned> {
    if leads_nowhere(answered) || is_sign_in(answered) {
        return None;
    }
    let returned = Returned::of(answered);
    assert_eq!(returned.to, CALLBACK, "{why}");
    Some(returned)
}

/// Send it by GET, by POST, and as a pushed request: the same is wrong with it everywhere.
async fn expect(app: &TestApp, client: &Client, ask: &Ask, name: &str, end: End) {
    let why = format!("{name}: {:?}", ask.pairs().iter().filter(|(known, _)| known == name).collect::<Vec<_>>());
    let by_get = visit(app, &mut app.browser(), ask).await;
    let mut browser = app.browser();
    let posted = browser.post(&app.api("/oauth/authorize"), ask.pairs()).await;
    let by_post = browser.follow(posted).await;
    for (way, answered) in [("GET", by_get), ("POST", by_post)] {
        let why = format!("{way} {why}: {} {}", answered.status, answered.header("location"));
        let told = is_told(&answered, &why);
        match end {
            GoesOn => assert!(is_sign_in(&answered), "{why}"),
            Page => assert!(leads_nowhere(&answered), "{why}"),
            Told(errors) => {
                let told = told.unwrap_or_else(|| panic!("{why}: the client is not told"));
                assert!(errors.contains(&told.param("error")), "{why}");
                assert_eq!(told.param("iss"), app.notes.issuer, "{why}");
                if name != "state" {
                    assert_eq!(told.param("state"), STATE, "{why}");
                }
                for secret in ["code", "id_token", "access_token"] {
                    assert!(!told.params.contains_key(secret), "{why}");
                }
            }
        }
    }
    // Who the client is, the header says there; a reference is out of place, and an object alone counts.
    if !["client_id", "request_uri", "request"].contains(&name) {
        let pairs: Vec<(&str, &str)> = ask.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let pushed = client.post(app, "/oauth/par", &pairs).await;
        let error = pushed.json()["error"].as_str().map(str::to_owned);
        let why = format!("pushed {why}: {}", pushed.text());
        match (end, error.as_deref()) {
            // Nobody is asked to sign in yet, so nobody is missed.
            (GoesOn | Told(["login_required"]), None) => assert_eq!(pushed.status, 201, "{why}"),
            (Page, Some(error)) => assert_eq!((pushed.status, error), (400, "invalid_request"), "{why}"),
            (Told(errors), Some(error)) => assert!(pushed.status == 400 && errors.contains(&error), "{why}"),
            _ => panic!("{why}"),
        }
    }
}

#[tokio::test]
async fn every_declared_parameter_has_a_line_here() {
    let entries = lumoauth::assemble::catalogue(false).into_entries();
    let endpoint = entries.iter().find(|entry| entry.id == "oauth.authorize").unwrap();
    let mut declared: Vec<&str> = (endpoint.parameters)().iter().map(|parameter| parameter.name).collect();
    let mut lines: Vec<&str> = LINES.iter().map(|line| line.name).collect();
    declared.sort_unstable();
    lines.sort_unstable();
    assert_eq!(declared, lines);
}

#[tokio::test]
async fn parameters_that_are_missing_or_empty_are_not_there() {
    let app = TestApp::start().await;
    let client = client(&app).await;
    for line in &LINES {
        let ask = Ask::of(&client.id, CALLBACK).without(line.name);
        expect(&app, &client, &ask, line.name, line.missing).await;
        expect(&app, &client, &ask.with(line.name, ""), line.name, line.missing).await;
    }
}

#[tokio::test]
async fn parameters_that_come_twice_are_refused_even_if_they_agree() {
    let app = TestApp::start().await;
    let client = client(&app).await;
    for line in &LINES {
        let usual = Ask::of(&client.id, CALLBACK);
        let sent = usual.pairs().iter().find(|(name, _)| name == line.name).map_or("x", |(_, value)| value).to_owned();
        for other in [sent.as_str(), "other"] {
            let ask = usual.clone().with(line.name, &sent).and(line.name, other);
            expect(&app, &client, &ask, line.name, line.twice).await;
        }
    }
}

#[tokio::test]
async fn parameters_that_are_wrong_lead_to_their_error_in_its_place() {
    let app = TestApp::start().await;
    let client = client(&app).await;
    for line in &LINES {
        for (value, end) in line.wrong {
            expect(&app, &client, &Ask::of(&client.id, CALLBACK).with(line.name, value), line.name, *end).await;
        }
    }
}

#[tokio::test]
async fn parameters_that_are_too_long_are_refused_and_never_cut() {
    let app = TestApp::start().await;
    let client = client(&app).await;
    for line in &LINES {
        let ask = Ask::of(&client.id, CALLBACK);
        expect(&app, &client, &ask.clone().with(line.name, &"x".repeat(LONG)), line.name, line.long).await;
        // Beyond what any parameter may have, nobody looks at what the others say.
        let beyond = visit(&app, &mut app.browser(), &ask.with(line.name, &"x".repeat(17_000))).await;
        assert!(leads_nowhere(&beyond) || beyond.status == 431 || beyond.status == 414, "{}: {}", line.name, beyond.status);
    }
}

#[tokio::test]
async fn attack_2_hostile_characters_lead_nowhere_but_home() {
    const HOSTILE: [&str; 13] = [
        "\0",
        "x\0",
        "x\r\nLocation: https://evil.example/\r\nSet-Cookie: evil=1",
        "\r\n\r\n<script>alert(1)</script>",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onfocus=alert(1) autofocus='",
        "https://evil.example/",
        "//evil.example",
        "\\\\evil.example",
        "\u{202e}\u{feff}\u{fffd}\u{10ffff}",
        "%00%0d%0a%23%26",
        "${jndi:ldap://evil.example}{{7*7}}",
    ];
    let app = TestApp::start().await;
    let client = client(&app).await;
    for name in LINES.iter().map(|line| line.name).chain(["transaction", "decision", "unknown"]) {
        for value in HOSTILE {
            let ask = Ask::of(&client.id, CALLBACK).with(name, value);
            let answered = visit(&app, &mut app.browser(), &ask).await;
            is_harmless(&answered, name, value);
            if let Some(told) = is_told(&answered, name).filter(|_| name == "state") {
                assert_eq!(told.param("state"), value);
            }
        }
        let path = Ask::of(&client.id, CALLBACK).without(name).path(&app);
        let mut browser = app.browser();
        let opened = browser.open(&format!("{path}&{name}=%ff%c0%af%ed%a0%80")).await;
        is_harmless(&browser.follow(opened).await, name, "bytes that are no text");
    }
}

fn is_harmless(answered: &Answered, name: &str, value: &str) {
    let why = format!("{name}={value:?}: {} {}", answered.status, answered.header("location"));
    assert!(answered.status < 500, "{why}");
    is_told(answered, &why);
    let page = answered.text();
    for trace in ["<script>alert", "<img src=x", "' onfocus=alert(1) autofocus='"] {
        assert!(!page.contains(trace), "{why}: {page}");
    }
    assert!(!answered.header("set-cookie").contains("evil"), "{why}");
    assert!(!answered.header("location").starts_with("https://evil"), "{why}");
}
