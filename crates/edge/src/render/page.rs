//! Faults of pages: what happened, and what to do now.

use super::{Look, status};
use flow::{Answer, Body};
use kernel::{Demand, Fault, FaultKind};
use oauth::acr::Acr;
use pages::{Brand, ErrorPage, Shell, Trouble, Words};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub(super) fn fault(look: &Look, fault: &Fault) -> Answer {
    if let (true, Some(org)) = (fault.code == "session_required", &look.org) {
        return Answer::new(303, Body::Empty).header("location", sign_in(look, org)).no_store();
    }
    if let (true, Some(org)) = (is_met_by_signing_in(fault), &look.org) {
        let location = format!("{}&account=again", sign_in(look, org));
        return Answer::new(303, Body::Empty).header("location", location).no_store();
    }
    let page = ErrorPage {
        shell: Shell::new(Words::choose(None, look.accept_language.as_deref()), Brand::named("LumoAuth")),
        trouble: trouble(fault),
        code: shows_code(fault).then(|| fault.code.to_owned()),
        description: shows_code(fault).then(|| description(fault)),
        request_id: look.request_id.clone(),
        back_url: None,
    };
    let policy = page.policy();
    Answer::new(status(fault.kind), Body::Html(page.html())).header("content-security-policy", policy).no_store()
}

/// Whether somebody who signs in once more, with the one factor the sign-in page asks for, may go on. Whoever needs more would come back here
/// for ever.
fn is_met_by_signing_in(fault: &Fault) -> bool {
    let wanted = match fault.demand.as_deref() {
        Some(Demand::SignIn { acr, .. }) => *acr,
        Some(Demand::Nonce(_)) | None => return false,
    };
    fault.code == "insufficient_user_authentication" && wanted.is_none_or(|acr| acr == Acr::SingleFactor.as_str())
}

/// Everything but what needs no encoding (RFC 3986 §2.3). Browsers compare the paths of cookies as they are written, so a slug is
/// written as it is everywhere else.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where to sign in, and to come back afterwards. The way back is a path of this site; from a form, it is the page that showed it.
fn sign_in(look: &Look, org: &str) -> String {
    let asked = || if look.query.is_empty() { look.path.clone() } else { format!("{}?{}", look.path, look.query) };
    let back = look.form_page.clone().unwrap_or_else(asked);
    let back = utf8_percent_encode(&back, RESERVED);
    format!("{}/orgs/{}/signin?continue={back}", look.base_url, utf8_percent_encode(org, RESERVED))
}

fn shows_code(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Invalid | FaultKind::UnsupportedMediaType | FaultKind::TooLarge)
}

fn description(fault: &Fault) -> String {
    let fields = fault.fields.iter().map(|(field, message)| format!("{field} {message}")).collect::<Vec<_>>().join("; ");
    if fields.is_empty() { fault.hint.to_string() } else { fields }
}

fn trouble(fault: &Fault) -> Trouble {
    match (fault.kind, fault.code) {
        (_, "unknown_client" | "client_document") => Trouble::UnknownApp,
        (_, "unregistered_redirect_uri") => Trouble::ReturnAddress,
        (_, "expired" | "invalid_request_uri") | (FaultKind::Gone, _) => Trouble::Expired,
        (FaultKind::NotFound | FaultKind::MethodNotAllowed | FaultKind::Misdirected, _) => Trouble::NotFound,
        (FaultKind::Forbidden | FaultKind::Unauthenticated, _) => Trouble::Forbidden,
        (FaultKind::TooMany, _) => Trouble::TooMany,
        (FaultKind::Unavailable, _) => Trouble::Unavailable,
        (FaultKind::Internal, _) => Trouble::Server,
        _ => Trouble::Request,
    }
}
