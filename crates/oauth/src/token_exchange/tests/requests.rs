//! Requests, as they are read.

use super::*;

#[test]
fn the_example_of_rfc_8693_section_2_3_is_read() {
    let request = parsed(&[
        ("grant_type", GRANT_TYPE),
        ("resource", "https://backend.example.com/api"),
        ("subject_token", "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC"),
        ("subject_token_type", ACCESS),
    ])
    .unwrap();
    assert_eq!(request.resources, ["https://backend.example.com/api"]);
    assert_eq!((request.subject.token_type, &request.wanted), (TokenType::AccessToken, &Wanted::AccessToken));
    assert!(request.actor.is_none() && request.scopes.is_none());
    assert!(!format!("{request:?}").contains("accVkjcJ"));
}

#[test]
fn requests_that_break_section_2_1_are_invalid() {
    let subject = ("subject_token", "s");
    let named = ("subject_token_type", ACCESS);
    let refresh = ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token");
    for (pairs, what) in [
        (&[][..], "nothing"),
        (&[named], "no subject token"),
        (&[subject], "no type"),
        (&[subject, ("subject_token_type", "access_token")], "a type by a short name"),
        (&[subject, ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")], "a SAML assertion"),
        (&[subject, named, ("actor_token", "a")], "an actor without its type"),
        (&[subject, named, ("actor_token_type", ACCESS)], "a type without an actor"),
        (
            &[subject, named, ("actor_token", "a"), ("actor_token_type", "urn:ietf:params:oauth:token-type:id_token")],
            "a person acts",
        ),
        (&[subject, refresh, ("actor_token", "a"), ("actor_token_type", ACCESS)], "a refresh token for an actor"),
        (&[subject, named, ("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")], "a refresh token wanted"),
        (&[subject, named, ("requested_token_type", "urn:ietf:params:oauth:token-type:id_token")], "an ID token wanted"),
        (&[subject, named, ("requested_token_type", "x")], "something unknown wanted"),
    ] {
        assert_eq!(parsed(pairs).unwrap_err().code, ErrorCode::InvalidRequest, "{what}");
    }
    let fragment = parsed(&[subject, named, ("resource", "https://a.example/#x")]);
    assert_eq!(fragment.unwrap_err().code, ErrorCode::InvalidTarget);
}
