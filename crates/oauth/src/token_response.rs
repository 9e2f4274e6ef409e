//! The answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). Never a null: clients split `scope`.

use crate::grant::SettledPlan;
use crate::rar::Details;
use kernel::Secret;
use serde::{Serialize, Serializer};

/// Tokens on their way to the client. `Debug` shows none of them; send it with `Cache-Control: no-store`.
#[derive(Clone, Debug, Serialize)]
pub struct TokenResponse {
    /// The access token.
    #[serde(serialize_with = "exposed")]
    pub access_token: Secret,
    /// How it is used.
    pub token_type: &'static str,
    /// Seconds until it ends.
    pub expires_in: u64,
    /// What it allows, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What exactly it allows (RFC 9396 §7).
    #[serde(skip_serializing_if = "Details::is_empty")]
    pub authorization_details: Details,
    /// The refresh token, if one was issued now.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "exposed_if_any")]
    pub refresh_token: Option<Secret>,
    /// What `access_token` holds, in the answer to an exchange (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// The ID token.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "exposed_if_any")]
    pub id_token: Option<Secret>,
}

impl TokenResponse {
    /// The answer with an access token alone.
    pub fn new(plan: &SettledPlan, access_token: Secret) -> Self {
        Self {
            access_token,
            token_type: plan.confirmation.token_type(),
            expires_in: plan.access_token_lifetime.as_secs(),
            scope: Some(plan.scopes.to_string()).filter(|scope| !scope.is_empty()),
            authorization_details: plan.authorization_details.clone(),
            refresh_token: None,
            issued_token_type: None,
            id_token: None,
        }
    }
}

fn exposed<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

#[expect(clippy::ref_option, reason = "the signature serde calls")]
fn exposed_if_any<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::tests_support::{settled, settled_for_client};
    use serde_json::json;

    #[test]
    fn absent_members_are_left_out_and_never_null() {
        let plain = TokenResponse::new(&settled_for_client(""), Secret::new("a"));
        assert_eq!(
            serde_json::to_value(&plain).unwrap(),
            json!({"access_token": "a", "token_type": "Bearer", "expires_in": 3600})
        );
        let mut full = TokenResponse::new(&settled("openid email"), Secret::new("hunter1"));
        full.refresh_token = Some(Secret::new("hunter2"));
        full.id_token = Some(Secret::new("hunter3"));
        let json = serde_json::to_value(&full).unwrap();
        assert_eq!(
            (&json["scope"], &json["refresh_token"], &json["id_token"]),
            (&json!("email openid"), &json!("hunter2"), &json!("hunter3"))
        );
        assert!(!format!("{full:?}").contains("hunter"));
    }
}
