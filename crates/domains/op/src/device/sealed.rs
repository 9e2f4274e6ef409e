//! The mark of a code that a form of this browser sent: without it no address leads to the question whether a device may have
//! access. So a link from somebody else always ends at the page where the code is compared first (RFC 8628 §5.4).

use super::path;
use flow::{Incoming, Services};
use identity::browser;
use jose::digest::{constant_time_eq, hmac_sha256};
use jose::encoding::base64url;
use jose::seal::{MasterKey, derive};
use kernel::{Denial, Fault};
use oauth::device_authorization::UserCode;
use store::Org;

/// Where the question for this code is, for this browser.
///
/// # Errors
/// 403 `csrf` if the browser has no name, and so sent no form of ours.
pub(super) fn question(services: &Services, org: &Org, incoming: &Incoming, code: &UserCode) -> Result<String, Fault> {
    let mark = mark(&services.master_keys.current, org, incoming, code).ok_or_else(stray)?;
    Ok(format!("{}/confirm?user_code={}&confirmed={mark}", path(org.slug()), code.shown()))
}

/// Whether a form of this browser sent the code.
///
/// # Errors
/// 403 `csrf`.
pub(super) fn check(services: &Services, org: &Org, incoming: &Incoming, code: &UserCode, sent: &str) -> Result<(), Fault> {
    let keys = &services.master_keys;
    let marks = std::iter::once(&keys.current).chain(&keys.previous).filter_map(|key| mark(key, org, incoming, code));
    let is_ours = marks.fold(false, |found, mark| found | constant_time_eq(mark.as_bytes(), sent.as_bytes()));
    if is_ours { Ok(()) } else { Err(stray()) }
}

fn mark(key: &MasterKey, org: &Org, incoming: &Incoming, code: &UserCode) -> Option<String> {
    let browser = browser::id(incoming)?;
    let bound = format!("{}\n{browser}\n{}", org.id(), code.shown());
    Some(base64url(hmac_sha256(&derive(key, "device code sent"), bound.as_bytes())))
}

/// The refusal of what no form of this browser sent.
pub(super) const STRAY: Denial =
    Denial::forbidden("csrf", "This form has expired. Please go back, reload the page and try again.");

fn stray() -> Fault {
    STRAY.into()
}
