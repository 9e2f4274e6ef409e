//! Every way to prove who one is, and every way to fail.

use super::*;
use crate::ErrorCode;
use crate::client::ClientType;
use crate::private_key_jwt::tests::{NOW, claims, issuer, key, keys};
use proptest::prelude::*;

/// An authenticated client for the tests of other rooms.
pub(crate) fn authenticated(metadata: ClientMetadata) -> AuthenticatedClient {
    let method = metadata.token_endpoint_auth_method;
    AuthenticatedClient { metadata: Arc::new(metadata), method, confirmation: Confirmation::default() }
}

fn client(method: AuthMethod) -> Arc<ClientMetadata> {
    let client_type = if method == AuthMethod::None { ClientType::Public } else { ClientType::Confidential };
    Arc::new(ClientMetadata { token_endpoint_auth_method: method, client_type, ..ClientMetadata::new("c") })
}
fn basic(text: &str) -> String {
    format!("Basic {}", jose::encoding::base64(text))
}
fn shown(authorization: Option<&str>, pairs: &[(&str, &str)]) -> Result<Presented, ProtocolError> {
    present(authorization, &Params::collect(pairs.iter().copied()).unwrap())
}
fn outcome(presented: &Presented, client: Option<&Arc<ClientMetadata>>, digest: Option<&[u8]>) -> Result<Proven, Failure> {
    let issuer = issuer();
    verify(presented, &Facts { client, secret_digest: digest, keys: None, certificate: None, issuer: &issuer, now: NOW })
}

#[test]
fn the_example_of_rfc_6749_is_read() {
    // RFC 6749 §2.3.1.
    let presented = shown(Some("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"), &[]).unwrap();
    assert_eq!(presented.client_id().as_str(), "s6BhdRkqt3");
    let digest = sha256(b"7Fjfp0ZBr1KtDRbnfVdmIw");
    let registered = client(AuthMethod::ClientSecretBasic);
    assert!(outcome(&presented, Some(&registered), Some(&digest)).is_ok());
}

#[test]
fn both_parts_of_the_header_are_form_decoded() {
    let presented = shown(Some(&basic("https%3A%2F%2Fapp.example%2Fid:a+b%25%3A")), &[]).unwrap();
    assert_eq!(presented.client_id().as_str(), "https://app.example/id");
    assert!(matches!(&presented.credential, Credential::Basic(secret) if secret.expose() == "a b%:"));
}

#[test]
fn the_scheme_is_read_in_any_case_and_other_schemes_are_left_alone() {
    assert!(shown(Some(&basic("c:s").replace("Basic", "bASIC")), &[]).is_ok());
    for other in ["Bearer abc", "DPoP abc", "Basic", ""] {
        let presented = shown(Some(other), &[("client_id", "c")]).unwrap();
        assert_eq!(presented.method(), AuthMethod::None);
    }
}

#[test]
fn attack_29_odd_headers_are_refused_fast() {
    let huge = basic(&"a".repeat(1_000_000));
    for header in ["Basic !!!", "Basic Yw", &*basic("no-colon"), &*basic(":secret"), &*basic("c:%"), &*basic("c:%ff"), &*huge] {
        assert_eq!(shown(Some(header), &[]).unwrap_err().code, ErrorCode::InvalidClient);
    }
}

#[test]
fn exactly_one_method_may_be_used() {
    let assertion = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", "x.y.z")];
    let both = [("client_id", "c"), ("client_secret", "s"), assertion[0], assertion[1]];
    assert_eq!(shown(None, &both).unwrap_err().code, ErrorCode::InvalidRequest);
    let header = basic("c:s");
    assert_eq!(shown(Some(&header), &[("client_secret", "s")]).unwrap_err().code, ErrorCode::InvalidRequest);
    assert_eq!(shown(Some(&header), &assertion).unwrap_err().code, ErrorCode::InvalidRequest);
    assert_eq!(shown(Some(&header), &[("client_id", "other")]).unwrap_err().code, ErrorCode::InvalidClient);
    assert!(shown(Some(&header), &[("client_id", "c")]).is_ok());
    assert_eq!(shown(None, &[assertion[1]]).unwrap_err().code, ErrorCode::InvalidRequest);
    assert_eq!(shown(None, &[assertion[0]]).unwrap_err().code, ErrorCode::InvalidRequest);
    let other_type = [("client_assertion_type", "saml"), assertion[1]];
    assert_eq!(shown(None, &other_type).unwrap_err().code, ErrorCode::InvalidClient);
    let nobody = shown(None, &[]).unwrap_err();
    assert_eq!((nobody.code, nobody.description()), (ErrorCode::InvalidRequest, "Missing required parameter: client_id"));
}

#[test]
fn the_method_must_be_the_registered_one_but_the_secret_may_travel_either_way() {
    let digest = sha256(b"s");
    let header = basic("c:s");
    let by_header = shown(Some(&header), &[]).unwrap();
    let by_form = shown(None, &[("client_id", "c"), ("client_secret", "s")]).unwrap();
    let by_name = shown(None, &[("client_id", "c")]).unwrap();
    for registered in METHODS {
        let client = client(registered);
        for (presented, is_secret) in [(&by_header, true), (&by_form, true), (&by_name, false)] {
            let expected = if is_secret { registered.is_secret() } else { registered == AuthMethod::None };
            assert_eq!(outcome(presented, Some(&client), Some(&digest)).is_ok(), expected, "{registered:?}");
        }
    }
}

#[test]
fn every_failure_looks_the_same_from_outside() {
    let wrong = shown(None, &[("client_id", "c"), ("client_secret", "wrong")]).unwrap();
    let registered = client(AuthMethod::ClientSecretPost);
    let off = Arc::new(ClientMetadata { is_active: false, ..(*registered).clone() });
    let digest = sha256(b"s");
    let zeros = [0; 32];
    for (client, digest, expected) in [
        (Some(&registered), Some(&digest[..]), Failure::Secret),
        (Some(&registered), Some(&zeros[..]), Failure::Secret),
        (Some(&registered), Some(&[][..]), Failure::Secret),
        (Some(&registered), None, Failure::Secret),
        (Some(&off), Some(&digest[..]), Failure::UnknownClient),
        (None, None, Failure::UnknownClient),
    ] {
        let failure = outcome(&wrong, client, digest).unwrap_err();
        assert_eq!(failure, expected);
        assert_eq!(ProtocolError::from(failure), ProtocolError::invalid_client());
    }
}

#[test]
fn attack_20_an_assertion_counts_only_after_its_jti_was_claimed() {
    let key = key();
    let assertion = jose::jws::sign(&key, "JWT", &claims()).unwrap();
    let presented = shown(None, &[("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion)]).unwrap();
    let (client, keys, issuer) = (client(AuthMethod::PrivateKeyJwt), keys(&key), issuer());
    assert!(presented.needs_keys(&client));
    let facts =
        Facts { client: Some(&client), secret_digest: None, keys: Some(&keys), certificate: None, issuer: &issuer, now: NOW };
    assert_eq!(verify(&presented, &facts).unwrap().settle(None).unwrap_err(), Failure::Replay);
    let proven = verify(&presented, &facts).unwrap();
    let claim = proven.claim().unwrap();
    assert!(matches!(claim.key(), Key::Assertion { jti, .. } if jti == "j1"));
    let claimed = claim.outcome(true).unwrap();
    let settled = proven.settle(Some(&claimed)).unwrap();
    assert!(settled.is_confidential());
    assert!(verify(&presented, &facts).unwrap().claim().unwrap().outcome(false).is_err());
}

#[test]
fn an_assertion_for_another_client_id_is_refused() {
    let key = key();
    let assertion = jose::jws::sign(&key, "JWT", &claims()).unwrap();
    let pairs = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &*assertion), ("client_id", "d")];
    let presented = shown(None, &pairs).unwrap();
    assert_eq!(presented.client_id().as_str(), "d");
    let other = Arc::new(ClientMetadata { token_endpoint_auth_method: AuthMethod::PrivateKeyJwt, ..ClientMetadata::new("d") });
    let (keys, issuer) = (keys(&key), issuer());
    let facts =
        Facts { client: Some(&other), secret_digest: None, keys: Some(&keys), certificate: None, issuer: &issuer, now: NOW };
    assert_eq!(verify(&presented, &facts).unwrap_err(), Failure::Assertion(Refused::Identity));
}

#[test]
fn debug_never_shows_a_secret() {
    let presented = shown(None, &[("client_id", "c"), ("client_secret", "hunter2")]).unwrap();
    assert!(!format!("{presented:?}").contains("hunter2"));
}

proptest! {
    #![proptest_config(crate::fixed_seed())]

    #[test]
    fn any_header_is_read_or_refused(header in ".{0,100}", encoded in "Basic [A-Za-z0-9+/=]{0,60}") {
        let _ = shown(Some(&header), &[]);
        let _ = shown(Some(&encoded), &[]);
    }

    #[test]
    fn what_a_client_encodes_is_what_is_read(id in "[^\0]{1,30}", secret in "[^\0]{1,30}") {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let presented = shown(Some(&basic(&format!("{}:{}", encode(&id), encode(&secret)))), &[]).unwrap();
        prop_assert_eq!(presented.client_id().as_str(), id);
        let Credential::Basic(read) = &presented.credential else { panic!("not Basic") };
        prop_assert_eq!(read.expose(), secret);
    }
}
