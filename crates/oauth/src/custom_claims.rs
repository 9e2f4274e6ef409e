//! Claims with fixed values that an organization has a client's tokens carry, and the names they can't have.

use crate::ClientMetadata;
use crate::person::BY_SCOPE;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How many a client may have.
pub const MOST: usize = 50;
/// How many bytes of JSON they may take up: every token carries them.
pub const MOST_BYTES: usize = 4096;

/// Names with a meaning of their own in ID tokens, access tokens, introspection or answers of `UserInfo` (RFC 7519 §4.1, OpenID Connect
/// Core §2 and §5.6.2, OpenID Connect for Identity Assurance §5, RFC 9068 §2.2, RFC 7662 §2.2, RFC 7800 §3.1, RFC 8693 §4, RFC 9396
/// §9), beside those of people.
const PROTOCOL: [&str; 37] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "scope",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "sid",
    "at_hash",
    "c_hash",
    "s_hash",
    "token_use",
    "token_type",
    "token_introspection",
    "active",
    "username",
    "cnf",
    "act",
    "may_act",
    "authorization_details",
    "events",
    "verified_claims",
    "_claim_names",
    "_claim_sources",
    "tenant",
    "identity_type",
    "roles",
    "groups",
    "permissions",
    "organization",
];

/// Whether a claim of that name says something already: an organization could lie with it.
pub fn is_reserved(name: &str) -> bool {
    PROTOCOL.contains(&name) || BY_SCOPE.iter().any(|(_, names)| names.contains(&name))
}

/// What is wrong with a client's claims, if anything.
///
/// # Errors
/// In words for whoever registers them.
pub fn check(claims: &BTreeMap<String, Value>) -> Result<(), String> {
    if claims.len() > MOST {
        return Err(format!("must have at most {MOST} entries"));
    }
    if claims.keys().any(|name| name.is_empty() || name.len() > 255 || !name.bytes().all(|c| c.is_ascii_graphic())) {
        return Err("has a name that can't be one: names have 1 to 255 ASCII characters without spaces".to_owned());
    }
    if let Some(name) = claims.keys().find(|name| is_reserved(name)) {
        return Err(format!("must not set {name}, which says something already"));
    }
    let length = serde_json::to_vec(claims).map_or(usize::MAX, |json| json.len());
    if length > MOST_BYTES { Err(format!("must take up at most {MOST_BYTES} bytes")) } else { Ok(()) }
}

/// What the client's tokens carry besides. Names that became reserved since they were registered are left out.
pub fn of(client: &ClientMetadata) -> Map<String, Value> {
    let kept = client.custom_claims.iter().filter(|(name, _)| !is_reserved(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn custom_claims_never_take_a_name_that_means_something() {
        let mut client = ClientMetadata::new("c");
        for name in PROTOCOL.iter().chain(BY_SCOPE.iter().flat_map(|(_, names)| names.iter())) {
            assert!(is_reserved(name));
            client.custom_claims.insert((*name).to_owned(), json!("evil"));
        }
        client.custom_claims.insert("https://acme.example/plan".to_owned(), json!({"tier": 2}));
        client.custom_claims.insert("Sub".to_owned(), json!("names are compared exactly"));
        let told = of(&client);
        assert_eq!(told.len(), 2);
        assert_eq!(told["https://acme.example/plan"]["tier"], 2);
    }

    #[test]
    fn what_a_client_may_have_is_bounded() {
        let claims = |json: Value| serde_json::from_value::<BTreeMap<String, Value>>(json).unwrap();
        assert_eq!(check(&claims(json!({"plan": {"tier": 2}, "https://acme.example/region": null}))), Ok(()));
        for (refused, why) in [
            (json!({"sub": "u1"}), "must not set sub"),
            (json!({"email": "x"}), "must not set email"),
            (json!({"": 1}), "name"),
            (json!({"a b": 1}), "name"),
            (json!({"ä": 1}), "name"),
            (json!({"n".repeat(256): 1}), "name"),
            (json!({"long": "x".repeat(MOST_BYTES)}), "bytes"),
            (Value::Object((0..=MOST).map(|n| (format!("c{n}"), json!(n))).collect()), "entries"),
        ] {
            let problem = check(&claims(refused)).unwrap_err();
            assert!(problem.contains(why), "{problem}");
        }
    }
}
