//! Proof Key for Code Exchange.
//!
//! RFC 7636. Supported: `S256`. `plain` proves nothing against someone who reads the request (RFC 9700 §2.1.1); a confidential
//! client can be allowed it, a public one never. Public clients must use PKCE. A request that names no method means `plain`
//! (§4.3) and is judged as such.

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, Params, ProtocolError};
use jose::digest::{constant_time_eq, sha256};
use jose::encoding::base64url;
use serde::{Deserialize, Serialize};

/// This room.
pub const ROOM: Room = Room {
    name: "pkce",
    title: "Proof Key for Code Exchange",
    source: "RFC 7636",
    status: Status::Final,
    support: "S256; plain only for confidential clients that were allowed it",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Check),
        (Endpoint::Token, Stage::Check),
        (Endpoint::DeviceAuthorization, Stage::Parse),
        (Endpoint::BackchannelAuthentication, Stage::Parse),
    ],
    metadata,
};

/// How a challenge is made from its verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// The challenge is the verifier.
    #[serde(rename = "plain")]
    Plain,
    /// The challenge is the base64url SHA-256 of the verifier.
    S256,
}

/// A `code_challenge` with its method, as a code remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    method: Method,
    value: String,
}

impl Challenge {
    /// How it was made.
    pub fn method(&self) -> Method {
        self.method
    }
}

/// The challenge of an authorization request, if there is one, allowed for this client and present if demanded.
///
/// # Errors
/// `invalid_request`.
pub fn parse(params: &Params, client: &ClientMetadata) -> Result<Option<Challenge>, ProtocolError> {
    let refuse = |description| Err(ProtocolError::invalid_request(description));
    let method = match params.one("code_challenge_method")? {
        None | Some("plain") => Method::Plain,
        Some("S256") => Method::S256,
        Some(_) => return refuse("The code_challenge_method is not supported; use S256."),
    };
    let Some(value) = params.one("code_challenge")? else {
        if params.has("code_challenge_method") {
            return refuse("Missing required parameter: code_challenge");
        }
        return if client.must_use_pkce() { refuse("PKCE is required: code_challenge is missing.") } else { Ok(None) };
    };
    if !client.may_use_pkce(method) {
        return refuse("This client must use PKCE with code_challenge_method=S256.");
    }
    if value.len() < 43 {
        return refuse("The code_challenge is too short.");
    }
    if !is_well_formed(value) {
        return refuse("The code_challenge must be 43 to 128 unreserved characters.");
    }
    Ok(Some(Challenge { method, value: value.to_owned() }))
}

/// Whether a challenge that was taken some time ago will still do for this client.
///
/// # Errors
/// `invalid_request`.
pub fn check_again(challenge: Option<&Challenge>, client: &ClientMetadata) -> Result<(), ProtocolError> {
    match challenge {
        None if client.must_use_pkce() => Err(ProtocolError::invalid_request("PKCE is required: code_challenge is missing.")),
        Some(challenge) if !client.may_use_pkce(challenge.method) => {
            Err(ProtocolError::invalid_request("This client must use PKCE with code_challenge_method=S256."))
        }
        None | Some(_) => Ok(()),
    }
}

/// Whether the verifier of a token request answers the challenge its code was issued with.
///
/// # Errors
/// `invalid_grant`, also when only one of the two is there: a verifier without a challenge means that somebody removed the
/// challenge on the way (the downgrade of RFC 9700 §4.8.2).
pub fn verify(challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<(), ProtocolError> {
    let refuse = |description| Err(ProtocolError::invalid_grant(description));
    let (challenge, verifier) = match (challenge, verifier) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return refuse("PKCE verification failed: the code was issued without a code_challenge."),
        (Some(_), None) => return refuse("PKCE is required: code_verifier is missing."),
        (Some(challenge), Some(verifier)) => (challenge, verifier),
    };
    if verifier.len() < 43 {
        return refuse("PKCE verification failed: the code_verifier is too short.");
    }
    if !is_well_formed(verifier) {
        return refuse("PKCE verification failed: the code_verifier must be 43 to 128 unreserved characters.");
    }
    let expected = match challenge.method {
        Method::Plain => verifier.to_owned(),
        Method::S256 => base64url(sha256(verifier.as_bytes())),
    };
    if constant_time_eq(expected.as_bytes(), challenge.value.as_bytes()) { Ok(()) } else { refuse("PKCE verification failed.") }
}

/// RFC 7636 §4.1 and §4.2: 43 to 128 unreserved characters.
fn is_well_formed(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~'))
}

fn metadata(_: &Facts<'_>, document: &mut Document) {
    document.add("code_challenge_methods_supported", ["S256"]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;
    use crate::client::ClientType;
    use proptest::prelude::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn public() -> ClientMetadata {
        ClientMetadata { client_type: ClientType::Public, ..ClientMetadata::new("c") }
    }
    fn parsed(pairs: &[(&str, &str)], client: &ClientMetadata) -> Result<Option<Challenge>, ProtocolError> {
        parse(&Params::collect(pairs.iter().copied()).unwrap(), client)
    }
    fn s256() -> Challenge {
        parsed(&[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")], &public()).unwrap().unwrap()
    }

    #[test]
    fn the_example_of_appendix_b_verifies() {
        assert_eq!(verify(Some(&s256()), Some(VERIFIER)), Ok(()));
    }

    #[test]
    fn attack_5_missing_plain_empty_or_stray_verifiers_are_invalid_grant() {
        let long = "a".repeat(129);
        let other = "a".repeat(43);
        for (challenge, verifier) in [
            (Some(s256()), None),
            (Some(s256()), Some("")),
            (Some(s256()), Some(CHALLENGE)),
            (Some(s256()), Some("short")),
            (Some(s256()), Some(&*long)),
            (Some(s256()), Some(&*other)),
            (Some(s256()), Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX ")),
            (None, Some(VERIFIER)),
        ] {
            assert_eq!(verify(challenge.as_ref(), verifier).unwrap_err().code, ErrorCode::InvalidGrant, "{verifier:?}");
        }
        assert_eq!(verify(None, None), Ok(()));
    }

    #[test]
    fn a_public_client_must_send_an_s256_challenge() {
        for pairs in [
            &[][..],
            &[("code_challenge", CHALLENGE)],
            &[("code_challenge", CHALLENGE), ("code_challenge_method", "plain")],
            &[("code_challenge", CHALLENGE), ("code_challenge_method", "s256")],
            &[("code_challenge", "short"), ("code_challenge_method", "S256")],
            &[("code_challenge_method", "S256")],
        ] {
            assert_eq!(parsed(pairs, &public()).unwrap_err().code, ErrorCode::InvalidRequest, "{pairs:?}");
        }
    }

    #[test]
    fn a_confidential_client_may_leave_pkce_out_but_plain_has_to_be_allowed() {
        let client = ClientMetadata::new("c");
        assert_eq!(parsed(&[], &client).unwrap(), None);
        assert!(parsed(&[("code_challenge", VERIFIER)], &client).is_err());
        let lenient = ClientMetadata { allows_plain_pkce: true, ..client.clone() };
        let plain = parsed(&[("code_challenge", VERIFIER)], &lenient).unwrap().unwrap();
        assert_eq!(plain.method(), Method::Plain);
        assert_eq!(verify(Some(&plain), Some(VERIFIER)), Ok(()));
        let strict = ClientMetadata { requires_pkce: true, ..client };
        assert!(parsed(&[], &strict).unwrap_err().description().contains("required"));
    }

    #[test]
    fn a_stored_challenge_reads_back() {
        let json = serde_json::to_string(&s256()).unwrap();
        assert_eq!(json, format!(r#"{{"method":"S256","value":"{CHALLENGE}"}}"#));
        assert_eq!(serde_json::from_str::<Challenge>(&json).unwrap(), s256());
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn every_well_formed_verifier_proves_its_own_challenge_and_no_other(one in "[A-Za-z0-9._~-]{43,128}", two in "[A-Za-z0-9._~-]{43,128}") {
            let challenge = Challenge { method: Method::S256, value: base64url(sha256(one.as_bytes())) };
            prop_assert!(verify(Some(&challenge), Some(&one)).is_ok());
            prop_assert_eq!(verify(Some(&challenge), Some(&two)).is_ok(), one == two);
        }
    }
}
