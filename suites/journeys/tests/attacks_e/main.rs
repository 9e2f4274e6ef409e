//! Attacks on accounts that must fail: stolen or guessed sessions, enumeration, brute force, lockout as a weapon.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

mod enumeration;
mod guessing;
mod links;
mod sessions;

use std::net::IpAddr;
use suite_journeys::pages::field;
use testkit::Answered;

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

/// What a page says, without what differs from one showing to the next.
fn said(answered: &Answered, secrets: &[&str]) -> (u16, String) {
    let mut text = answered.text();
    for name in ["csrf", "transaction"] {
        if text.contains(&format!(" name=\"{name}\"")) {
            text = text.replace(&field(answered, name), "");
        }
    }
    for secret in secrets {
        text = text.replace(secret, "").replace(&secret.replace('@', "&#64;"), "");
    }
    (answered.status, text)
}
