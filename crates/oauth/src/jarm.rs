//! Authorization responses as JWTs.
//!
//! JWT Secured Authorization Response Mode for OAuth 2.0 (JARM), final. Supported: `query.jwt`, `fragment.jwt`, `form_post.jwt`, and
//! `jwt` for the default of the response type; signed with the algorithm the client registered, `RS256` (under FAPI `PS256`) unless it did, and
//! encrypted after that where it registered for it. Errors are answered the same way. The response lives for five minutes.
//! Not supported: unsigned responses, and tokens in a query even where the response is encrypted (§2.3.1 would allow that).

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::response_mode::{Response, ResponseMode};
use crate::{ClientMetadata, Issuer, ResponseType};
use jose::alg::Algorithm;
use jose::jwe::{ContentEncryption, KeyManagement};
use kernel::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "jarm",
    title: "JWT Secured Authorization Response Mode for OAuth 2.0",
    source: "JARM",
    status: Status::Final,
    support: "query.jwt, fragment.jwt, form_post.jwt, jwt; signed, and encrypted where the client wants that",
    visits: &[(Endpoint::Authorization, Stage::Respond)],
    metadata,
};

/// The `typ` of a response. It can't pass for an ID token, for it has no `sub`.
pub const TYP: &str = "JWT";
/// How long a response can be used: ten minutes would be the most (§2.1).
pub const LIFETIME: Duration = Duration::from_mins(5);
/// The one parameter of the answer.
pub const PARAMETER: &str = "response";

/// The algorithm that signs a client's responses (§3).
pub fn algorithm(client: &ClientMetadata) -> Algorithm {
    client.authorization_signed_response_alg.unwrap_or(client.profile().signature())
}

/// The claims of the JWT that carries `response`, its `state` included (§2.1).
pub fn claims(response: Response, issuer: &Issuer, client: &ClientMetadata, now: Timestamp) -> Map<String, Value> {
    let mut claims: Map<String, Value> =
        response.into_fields().into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    claims.insert("iss".to_owned(), issuer.as_str().into());
    claims.insert("aud".to_owned(), client.client_id.as_str().into());
    claims.insert("exp".to_owned(), now.plus(LIFETIME).as_secs().into());
    claims
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    let may_query = facts.response_types.contains(&ResponseType::Code);
    let modes = ResponseMode::ALL.into_iter().filter(|mode| mode.is_jwt() && (may_query || *mode != ResponseMode::QueryJwt));
    document.add("response_modes_supported", modes.map(ResponseMode::as_str).chain(["jwt"]));
    let signing = facts.id_token_algorithms.iter().map(|algorithm| algorithm.name());
    document.add("authorization_signing_alg_values_supported", signing);
    let key_management = KeyManagement::ASYMMETRIC.map(KeyManagement::name);
    document.add("authorization_encryption_alg_values_supported", key_management);
    document.add("authorization_encryption_enc_values_supported", ContentEncryption::ALL.map(ContentEncryption::name));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::facts;
    use crate::{ErrorCode, ProtocolError, metadata};
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_secs(1_311_281_670);

    fn issuer() -> Issuer {
        Issuer::of_domain("https://accounts.example.com")
    }

    #[test]
    fn the_example_of_section_2_1_1() {
        let response = Response::default()
            .with("code", "PyyFaux2o7Q0YfXBU32jhw.5FXSQpvr8akv9CeRDSd0QA")
            .with("state", "S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw");
        assert_eq!(
            Value::Object(claims(response, &issuer(), &ClientMetadata::new("s6BhdRkqt3"), NOW)),
            json!({
                "iss": "https://accounts.example.com",
                "aud": "s6BhdRkqt3",
                "exp": 1_311_281_970,
                "code": "PyyFaux2o7Q0YfXBU32jhw.5FXSQpvr8akv9CeRDSd0QA",
                "state": "S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw"
            })
        );
    }

    #[test]
    fn an_error_has_the_same_envelope_and_no_parameter_takes_its_place() {
        let response = Response::error(&ProtocolError::new(ErrorCode::AccessDenied, "No.")).with("iss", "https://evil.example");
        let claims = claims(response, &issuer(), &ClientMetadata::new("c"), NOW);
        assert_eq!((&claims["iss"], &claims["error"]), (&json!("https://accounts.example.com"), &json!("access_denied")));
        assert_eq!((&claims["aud"], claims.len()), (&json!("c"), 5));
    }

    #[test]
    fn responses_are_signed_with_what_the_client_registered() {
        assert_eq!(algorithm(&ClientMetadata::new("c")), Algorithm::RS256);
        let client = ClientMetadata { authorization_signed_response_alg: Some(Algorithm::PS256), ..ClientMetadata::new("c") };
        assert_eq!(algorithm(&client), Algorithm::PS256);
    }

    #[test]
    fn a_response_lives_between_ten_seconds_and_ten_minutes() {
        assert!((10..=600).contains(&LIFETIME.as_secs()));
    }

    #[test]
    fn discovery_names_modes_and_algorithms() {
        let issuer = issuer();
        let document = metadata::authorization_server(&facts(&issuer));
        let holds = |name: &str, value: &str| document[name].as_array().unwrap().contains(&json!(value));
        for mode in ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"] {
            assert!(holds("response_modes_supported", mode), "{mode}");
        }
        assert!(holds("authorization_signing_alg_values_supported", "ES256"));
        assert!(!holds("authorization_signing_alg_values_supported", "none"));
        assert!(holds("authorization_encryption_alg_values_supported", "RSA-OAEP-256"));
        assert!(holds("authorization_encryption_enc_values_supported", "A256GCM"));
    }
}
