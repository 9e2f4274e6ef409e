//! Faults of the JSON API: `{error, message, status, details?}` (and an upper-case `code` on authorization routes).

use super::{Look, status};
use flow::{Answer, Body};
use kernel::{Demand, Fault, FaultKind};
use oauth::bearer::Scheme;
use oauth::dpop::challenge_algorithms;
use oauth::protected_resource::WELL_KNOWN;
use serde_json::{Map, Value};

pub(super) fn fault(look: &Look, fault: &Fault) -> Answer {
    let status = status(fault.kind);
    let mut body = Map::from_iter([
        ("error".to_owned(), fault.code.into()),
        ("message".to_owned(), fault.hint.clone().into()),
        ("status".to_owned(), status.into()),
    ]);
    if let Some(details) = details(look, fault) {
        body.insert("details".to_owned(), details);
    }
    if let Some(code) = authorization_code(fault.code) {
        body.insert("code".to_owned(), code.into());
    }
    if let Some(seconds) = fault.retry_after {
        body.insert("error_description".to_owned(), fault.hint.clone().into());
        body.insert("retry_after".to_owned(), seconds.into());
    }
    let answer = Answer::new(status, Body::Json(Value::Object(body).to_string())).header("cache-control", "no-store");
    match fault.kind {
        FaultKind::Unauthenticated => challenged(look, fault, answer),
        _ => answer,
    }
}

/// Tell what the caller should present: an access token, as a bearer token or with a proof (RFC 6750 §3, RFC 9449 §7.1). What was
/// wrong is told to the scheme that was used.
pub(super) fn challenged(look: &Look, fault: &Fault, answer: Answer) -> Answer {
    let used = look.scheme.as_deref().and_then(Scheme::parse);
    let realm = look.org.as_deref().unwrap_or("lumoauth").replace(['"', '\\'], "");
    let is_told =
        matches!(fault.code, "invalid_token" | "invalid_dpop_proof" | "use_dpop_nonce" | "insufficient_user_authentication");
    let error = format!(", error=\"{}\", error_description=\"{}\"{}", fault.code, quoted(fault), sign_in_parameters(fault));
    let metadata = metadata_parameter(look);
    let error_of = |scheme| if is_told && used == Some(scheme) { error.as_str() } else { "" };
    let bearer = format!("Bearer realm=\"{realm}\"{}{metadata}", error_of(Scheme::Bearer));
    let dpop = format!("DPoP realm=\"{realm}\"{}, algs=\"{}\"{metadata}", error_of(Scheme::Dpop), challenge_algorithms());
    let (first, second) = if used == Some(Scheme::Dpop) { (dpop, bearer) } else { (bearer, dpop) };
    answer.header("www-authenticate", first).header("www-authenticate", second)
}

/// How the person must have signed in (RFC 9470 §3).
fn sign_in_parameters(fault: &Fault) -> String {
    let Some(Demand::SignIn { acr, max_age }) = fault.demand.as_deref() else { return String::new() };
    let acr = acr.map(|acr| format!(", acr_values=\"{acr}\"")).unwrap_or_default();
    let max_age = max_age.map(|seconds| format!(", max_age=\"{seconds}\"")).unwrap_or_default();
    acr + &max_age
}

/// Where a client finds out who gives tokens for an organization's API (RFC 9728 §5.1).
fn metadata_parameter(look: &Look) -> String {
    let Some(org) = look.org.as_deref() else { return String::new() };
    let resource = format!("/orgs/{org}/api/v1");
    let is_plain = org.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    if !is_plain || !look.path.starts_with(&resource) {
        return String::new();
    }
    format!(", resource_metadata=\"{}{WELL_KNOWN}{resource}\"", look.base_url)
}

fn quoted(fault: &Fault) -> String {
    fault.hint.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect()
}

fn details(look: &Look, fault: &Fault) -> Option<Value> {
    let mut details = Map::new();
    for (field, message) in &fault.fields {
        details.insert(field.clone(), message.clone().into());
    }
    if let Some(missing) = &fault.missing_scopes {
        details.insert("required_scopes".to_owned(), missing.required.clone().into());
        details.insert("granted_scopes".to_owned(), missing.granted.clone().into());
    }
    if fault.kind == FaultKind::Internal && !look.request_id.is_empty() {
        details.insert("request_id".to_owned(), look.request_id.clone().into());
    }
    (!details.is_empty()).then_some(Value::Object(details))
}

/// Authorization routes add the code in the form older clients look for.
fn authorization_code(code: &str) -> Option<String> {
    matches!(
        code,
        "insufficient_permissions" | "subject_not_found" | "missing_permission" | "invalid_permissions" | "missing_fields"
    )
    .then(|| code.to_ascii_uppercase())
}
