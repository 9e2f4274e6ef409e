//! Which parameters count: those in the object, and sometimes those beside it.
//!
//! RFC 9101 §6.3: only those in the object. OpenID Connect Core §6.1: those beside it too, where the object says nothing, so that an
//! object made in advance can be sent with a fresh `state`. The second answer is given to requests that follow the older rule to
//! the letter, with `response_type` and a `scope` of `openid` beside the object, and never where it would weaken anything: not to
//! clients that must sign, or that are under FAPI, not for objects that say by their type that they follow RFC 9101, and
//! not for pushed ones (RFC 9126 §3). Whoever may send plain parameters as well gains nothing by adding some.

use super::Checked;
use crate::pipeline::Endpoint;
use crate::{ErrorCode, Params, ProtocolError, scope};
use serde_json::Value;
use std::collections::BTreeSet;

/// Claims about the object itself.
const ABOUT_ITSELF: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// The parameters that count.
///
/// # Errors
/// `invalid_request_object` if they can't be parameters, or contradict the ones beside them.
pub fn merge(outer: &Params, object: &Checked, endpoint: Endpoint) -> Result<Params, ProtocolError> {
    let mut members = object.claims.clone();
    members.retain(|name, _| !ABOUT_ITSELF.contains(&name.as_str()));
    let inner = Params::from_members(members).map_err(|error| refused(error.description().to_owned()))?;
    let beside = if endpoint == Endpoint::Authorization && !object.is_alone && is_openid(outer) {
        check_response_type(outer, object)?;
        outer.pairs().filter(|(name, _)| !inner.has(name) && *name != "request" && *name != "request_uri").collect()
    } else {
        outer.pairs().filter(|(name, _)| *name == "client_id" && !inner.has(name)).collect::<Vec<_>>()
    };
    Params::collect(inner.pairs().chain(beside)).map_err(|error| refused(error.description().to_owned()))
}

/// Whether a request follows OpenID Connect Core §6.1, which wants both parameters beside the object.
fn is_openid(outer: &Params) -> bool {
    let scopes = outer.one("scope").ok().flatten().unwrap_or_default();
    outer.has("response_type") && scopes.split(' ').any(|scope| scope == scope::OPENID)
}

fn check_response_type(outer: &Params, object: &Checked) -> Result<(), ProtocolError> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    let Some(inner) = object.claims.get("response_type").and_then(Value::as_str) else { return Ok(()) };
    if outer.one("response_type")?.is_some_and(|outer| words(outer) != words(inner)) {
        return Err(refused("The response_type in the request object must be the one beside it."));
    }
    Ok(())
}

fn refused(description: impl Into<std::borrow::Cow<'static, str>>) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidRequestObject, description)
}

#[cfg(test)]
mod tests {
    use super::super::check::tests::{changed, checked, claims};
    use super::*;
    use crate::ClientMetadata;
    use serde_json::json;

    const OPENID: [(&str, &str); 3] = [("client_id", "c"), ("response_type", "code"), ("scope", "openid email")];

    fn with(
        object: &Value,
        client: &ClientMetadata,
        endpoint: Endpoint,
        beside: &[(&str, &str)],
    ) -> Result<Params, ProtocolError> {
        let outer = Params::collect(beside.iter().copied().chain([("request", "x.y.z")])).unwrap();
        merge(&outer, &checked(object, client).unwrap(), endpoint)
    }
    fn merged(object: &Value, beside: &[(&str, &str)]) -> Params {
        with(object, &ClientMetadata::new("c"), Endpoint::Authorization, beside).unwrap()
    }

    #[test]
    fn nothing_beside_an_object_counts_but_the_client_id() {
        let params = merged(&changed("client_id", Value::Null), &[("client_id", "c"), ("state", "outer"), ("nonce", "outer")]);
        let pairs: Vec<_> = params.pairs().collect();
        assert_eq!(
            pairs,
            [
                ("redirect_uri", "https://app.example/cb"),
                ("response_type", "code"),
                ("scope", "openid"),
                ("state", "inner"),
                ("client_id", "c")
            ]
        );
    }

    #[test]
    fn openid_connect_adds_what_the_object_does_not_say() {
        let beside = [&OPENID[..], &[("state", "outer"), ("nonce", "outer"), ("request_uri", "https://c.example")]].concat();
        let params = merged(&claims(), &beside);
        assert_eq!((params.one("state"), params.one("nonce")), (Ok(Some("inner")), Ok(Some("outer"))));
        assert_eq!(params.one("scope"), Ok(Some("openid")), "what the object says counts");
        assert!(!params.has("request") && !params.has("request_uri"));
        assert!(params.unique().is_ok());
    }

    #[test]
    fn it_adds_nothing_where_that_would_weaken_anything() {
        let free = ClientMetadata::new("c");
        let bound = ClientMetadata { require_signed_request_object: true, ..free.clone() };
        let beside = [&OPENID[..], &[("nonce", "outer")]].concat();
        for (client, endpoint) in [(&bound, Endpoint::Authorization), (&free, Endpoint::PushedAuthorization)] {
            assert!(!with(&claims(), client, endpoint, &beside).unwrap().has("nonce"));
        }
        for lacking in ["response_type", "scope"] {
            let beside: Vec<_> = beside.iter().copied().filter(|(name, _)| *name != lacking).collect();
            assert!(!merged(&claims(), &beside).has("nonce"), "without {lacking} it is no OpenID Connect request");
        }
    }

    #[test]
    fn both_must_want_the_same_response() {
        let beside = [("client_id", "c"), ("response_type", "id_token code"), ("scope", "openid")];
        let object = changed("response_type", json!("code id_token"));
        assert!(with(&object, &ClientMetadata::new("c"), Endpoint::Authorization, &beside).is_ok());
        let refused = with(&claims(), &ClientMetadata::new("c"), Endpoint::Authorization, &beside).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidRequestObject);
    }

    #[test]
    fn values_that_are_no_texts_become_what_they_would_be_as_parameters() {
        let mut object = claims();
        object["max_age"] = json!(300);
        object["claims"] = json!({"userinfo": {"name": null}});
        object["resource"] = json!(["https://a.example", "https://b.example"]);
        object["prompt"] = Value::Null;
        let params = merged(&object, &[("client_id", "c"), ("prompt", "none")]);
        assert_eq!(params.one("max_age"), Ok(Some("300")));
        assert_eq!(params.one("claims"), Ok(Some(r#"{"userinfo":{"name":null}}"#)));
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["https://a.example", "https://b.example"]);
        assert!(!params.has("prompt"));
    }

    #[test]
    fn claims_that_can_be_no_parameters_are_refused() {
        let many: serde_json::Map<String, Value> = (0..65).map(|n| (format!("p{n}"), json!("x"))).collect();
        for object in [changed("state", json!("a\u{0}b")), changed("state", json!("s".repeat(20_000))), Value::Object(many)] {
            let checked = Checked { claims: object.as_object().unwrap().clone(), is_alone: true, once: None };
            let refused = merge(&Params::default(), &checked, Endpoint::Authorization).unwrap_err();
            assert_eq!(refused.code, ErrorCode::InvalidRequestObject);
        }
    }
}
