//! Faults of the OAuth endpoints (RFC 6749 §5.2): `{error, error_description}`.

use super::{Look, api, status};
use flow::{Answer, Body};
use kernel::{Fault, FaultKind};
use serde_json::{Map, Value};

pub(super) fn fault(look: &Look, fault: &Fault) -> Answer {
    let mut body = Map::new();
    body.insert("error".to_owned(), code(fault).into());
    body.insert("error_description".to_owned(), description(fault).into());
    if let Some(seconds) = fault.retry_after {
        body.insert("retry_after".to_owned(), seconds.into());
    }
    if let Some(depth) = fault.max_depth {
        body.insert("max_depth".to_owned(), depth.into());
    }
    let answer = Answer::new(status(fault.kind), Body::Json(Value::Object(body).to_string())).no_store();
    if fault.kind != FaultKind::Unauthenticated {
        return answer;
    }
    let realm = look.org.as_deref().unwrap_or("lumoauth").replace(['"', '\\'], "");
    if look.wants_client || fault.code == "invalid_client" {
        return answer.header("www-authenticate", basic_challenge(&realm, code(fault)));
    }
    api::challenged(look, fault, answer)
}

/// HTTP wants a challenge with every 401 (RFC 9110 §15.5.2). It repeats the error for clients that read no further when they see
/// one; others ignore a parameter they don't know (RFC 7617 §2).
fn basic_challenge(realm: &str, error: &str) -> String {
    format!("Basic realm=\"{realm}\", error=\"{error}\"")
}

/// API codes have OAuth names here.
fn code(fault: &Fault) -> &'static str {
    match fault.code {
        "validation_error" => "invalid_request",
        "unauthorized" => "invalid_token",
        "forbidden" if fault.missing_scopes.is_some() => "insufficient_scope",
        code => code,
    }
}

/// RFC 6749 §5.2: printable ASCII without quotes and backslashes.
fn description(fault: &Fault) -> String {
    let named = fault.fields.iter().map(|(field, message)| format!("{field} {message}")).collect::<Vec<_>>().join("; ");
    let text = if named.is_empty() { fault.hint.to_string() } else { named };
    text.chars().map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') { c } else { '\'' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_that_is_too_long_is_told_how_long_it_may_be() {
        let mut too_deep = Fault::forbidden("delegation_depth_exceeded", "Too many.");
        too_deep.max_depth = Some(3);
        let answer = fault(&Look::plain("/"), &too_deep);
        assert_eq!(answer.status, 403);
        assert!(matches!(&answer.body, Body::Json(body) if body.contains(r#""max_depth":3"#)));
    }

    #[test]
    fn a_client_that_failed_to_authenticate_learns_why_from_the_body_and_from_the_challenge() {
        let answer = fault(&Look::plain("/"), &Fault::unauthenticated("invalid_client", "The secret is wrong."));
        let challenge = answer.headers.iter().find_map(|(name, value)| (*name == "www-authenticate").then_some(value.as_str()));
        assert_eq!(challenge, Some("Basic realm=\"lumoauth\", error=\"invalid_client\""));
        assert!(matches!(&answer.body, Body::Json(body) if body.contains(r#""error":"invalid_client""#)));
    }
}
