//! What the examples are about.

use crate::Form;
use crate::views::{Activity, Client, ConnectedApp, Detail, Happening, Scope, Session};
use kernel::Timestamp;

/// A form that goes there.
pub(super) fn form(action: &str) -> Form {
    Form::new(action, "example-csrf-token")
}

pub(super) fn notes() -> Client {
    let logo = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 56 56'%3E%3Crect width='56' height='56' \
                fill='%23f2b705'/%3E%3Cpath d='M18 16h20M18 26h20M18 36h12' stroke='%23fff' stroke-width='4' \
                stroke-linecap='round'/%3E%3C/svg%3E";
    Client {
        name: "Acme Notes".into(),
        logo_url: Some(logo.into()),
        policy_url: Some("https://notes.example.com/privacy".into()),
        terms_url: Some("https://notes.example.com/terms".into()),
        publisher: Some("Acme Ltd".into()),
        stranger: None,
        destination: "notes.example.com".into(),
    }
}

pub(super) fn payment() -> Detail {
    Detail {
        name: "payment_initiation".into(),
        title: "Make a payment".into(),
        description: Some("The money leaves your account at once.".into()),
        rows: vec![("Amount".into(), "123.50 EUR".into()), ("To".into(), "Merchant A <script>".into())],
    }
}

pub(super) fn history() -> (Vec<Session>, Vec<ConnectedApp>, Vec<Activity>) {
    let session = |id: &str, device: &str, place: &str, hours, is_current| Session {
        id: id.into(),
        device: device.into(),
        place: Some(place.into()),
        last_active: hours_ago(hours),
        is_current,
    };
    let app = |id: &str, name: &str, logo_url, hours| ConnectedApp {
        id: id.into(),
        name: name.into(),
        logo_url,
        scopes: vec![Scope::named("profile"), Scope::named("email")],
        since: hours_ago(hours),
    };
    let line = |what, hours, place: Option<&str>| Activity { what, at: hours_ago(hours), place: place.map(str::to_owned) };
    (
        vec![
            session("s1", "Safari on iPhone", "Hamburg, 203.0.113.7", 0, true),
            session("s2", "Firefox on Linux", "Hamburg, 203.0.113.7", 30, false),
            session("s3", "Chrome on Windows", "198.51.100.23", 400, false),
        ],
        vec![app("a1", "Acme Notes", notes().logo_url, 900), app("a2", "Weather <Pro>", None, 4_000)],
        vec![
            line(Happening::SignedIn, 0, Some("Safari on iPhone")),
            line(Happening::SignInFailed, 5, Some("Chrome on Windows, 198.51.100.23")),
            line(Happening::AppConnected("Acme Notes".into()), 900, None),
            line(Happening::PasswordChanged, 2_000, Some("Firefox on Linux")),
            line(Happening::Registered, 2_001, None),
        ],
    )
}

/// Before 23 November 2026, 08:30 UTC.
pub(super) fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::from_secs(1_795_422_600 - hours * 3600)
}
