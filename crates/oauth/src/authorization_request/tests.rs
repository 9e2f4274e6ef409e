//! What a request says, what it must not, and what becomes of it later.

use super::*;
use crate::client::ClientType;
use proptest::prelude::*;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn client() -> ClientMetadata {
    ClientMetadata {
        redirect_uris: vec!["https://app.example/cb".into()],
        audience_uris: vec!["https://api.example".into()],
        ..ClientMetadata::new("c")
    }
}
fn request(more: &[(&str, &str)]) -> Result<AuthorizationRequest, ProtocolError> {
    with(&client(), more)
}
fn with(client: &ClientMetadata, more: &[(&str, &str)]) -> Result<AuthorizationRequest, ProtocolError> {
    let mut pairs = vec![("client_id", "c"), ("redirect_uri", "https://app.example/cb"), ("response_type", "code")];
    pairs.push(("scope", "openid email"));
    pairs.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let params = Params::collect(pairs.into_iter().chain(more.iter().copied())).unwrap();
    parse(&params, client, &ResponseType::ALL, return_address(&params, client)?)
}
fn refusal(more: &[(&str, &str)]) -> ErrorCode {
    request(more).unwrap_err().code
}

#[test]
fn what_was_taken_before_is_judged_by_the_rules_of_now() {
    use crate::fapi::FapiProfile::{self, Fapi1Advanced, Fapi2MessageSigning, Fapi2Security};
    type Change = fn(&mut AuthorizationRequest);
    let taken = |change: Change| {
        let mut request = request(&[
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("nonce", "n"),
            ("response_mode", "jwt"),
        ])
        .unwrap();
        (request.is_pushed, request.is_signed) = (true, true);
        change(&mut request);
        request
    };
    let plainly: Change = |request| request.return_address.response_mode = ResponseMode::Query;
    let (invalid, unsupported) = (Some(ErrorCode::InvalidRequest), Some(ErrorCode::UnsupportedResponseType));
    // (what was taken, and what becomes of it under each profile)
    let table: [(&str, Change, [Option<ErrorCode>; 3]); 7] = [
        ("all there is", |_| (), [None; 3]),
        ("not pushed", |request| request.is_pushed = false, [invalid, invalid, None]),
        ("not signed", |request| request.is_signed = false, [None, invalid, invalid]),
        ("without a challenge", |request| request.challenge = None, [invalid; 3]),
        ("without nonce", |request| request.nonce = None, [None, None, invalid]),
        ("answered plainly", plainly, [None, invalid, invalid]),
        ("without an address", |request| request.is_redirect_uri_sent = false, [invalid; 3]),
    ];
    let raised = |profile: FapiProfile| ClientMetadata { fapi_profile: profile, ..client() }.strengthened();
    for (what, change, expected) in table {
        for (profile, expected) in [Fapi2Security, Fapi2MessageSigning, Fapi1Advanced].into_iter().zip(expected) {
            let judged = check_again(&taken(change), &raised(profile), false, false);
            assert_eq!(judged.err().map(|error| error.code), expected, "{profile:?}: {what}");
        }
    }
    let hybrid = taken(|request| request.response_type = ResponseType::CodeIdToken);
    let judged = |request: &AuthorizationRequest, profile| check_again(request, &raised(profile), false, false);
    assert_eq!(judged(&hybrid, Fapi2Security).err().map(|error| error.code), unsupported);
    assert!(judged(&hybrid, Fapi1Advanced).is_ok());

    // Without a profile: what client or organization have come to want.
    let plain = taken(|request| {
        (request.is_pushed, request.is_signed, request.challenge) = (false, false, None);
    });
    let easy = ClientMetadata { requires_pkce: false, ..client() };
    assert!(check_again(&plain, &easy, false, false).is_ok());
    for (is_pushed, is_signed) in [(true, false), (false, true)] {
        assert!(check_again(&plain, &easy, is_pushed, is_signed).is_err());
        assert!(check_again(&taken(|_| ()), &easy, is_pushed, is_signed).is_ok());
    }
    assert!(check_again(&plain, &ClientMetadata { requires_pkce: true, ..easy }, false, false).is_err());
}

#[test]
fn a_full_request_is_read() {
    let request = request(&[
        ("state", "s"),
        ("nonce", "n"),
        ("prompt", "login consent"),
        ("max_age", "300"),
        ("acr_values", "phr urn:lumoauth:acr:mfa"),
        ("ui_locales", "de en"),
        ("display", "popup"),
        ("login_hint", "a@b.example"),
        ("id_token_hint", "x.y.z"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", "https://api.example"),
        ("response_mode", "form_post"),
        ("access_type", "offline"),
    ])
    .unwrap();
    assert_eq!(request.return_address.response_mode, ResponseMode::FormPost);
    assert_eq!(request.return_address.state.as_deref(), Some("s"));
    assert!(request.is_openid() && request.is_redirect_uri_sent);
    assert_eq!((request.max_age, request.acr_values.len(), request.ui_locales.len()), (Some(300), 2, 2));
    assert_eq!(request.resources, ["https://api.example"]);
    assert!(request.challenge.is_some() && request.id_token_hint.is_some());
}

#[test]
fn access_type_offline_asks_for_offline_access_where_the_client_may_have_it() {
    let may = ClientMetadata { scopes: Scopes::parse("openid offline_access").unwrap(), ..client() };
    let asked = |client: &ClientMetadata, value: &str| {
        with(client, &[("scope", "openid"), ("access_type", value)]).unwrap().scopes.has("offline_access")
    };
    assert!(asked(&may, "offline"));
    assert!(!asked(&may, "online") && !asked(&may, "Offline"));
    assert!(!asked(&client(), "offline"));
}

#[test]
fn a_stored_request_reads_back_without_the_raw_hint() {
    let mut request = request(&[("id_token_hint", "x.y.z"), ("claims", r#"{"id_token":{"acr":null}}"#)]).unwrap();
    request.hinted_subject = Some("u1".into());
    let json = serde_json::to_value(&request).unwrap();
    assert!(!json.to_string().contains("x.y.z"));
    let read: AuthorizationRequest = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), json);
}

#[test]
fn attack_4_other_response_types_and_request_objects_are_refused_by_name() {
    for (more, expected) in [
        (("response_type", "token"), ErrorCode::UnsupportedResponseType),
        (("response_type", "id_token"), ErrorCode::UnsupportedResponseType),
        (("response_type", "code id_token"), ErrorCode::UnsupportedResponseType),
        (("response_type", "none"), ErrorCode::UnsupportedResponseType),
        (("response_type", ""), ErrorCode::InvalidRequest),
        (("response_mode", "web_message"), ErrorCode::InvalidRequest),
        (("response_mode", "web_message.jwt"), ErrorCode::InvalidRequest),
        (("request", "x.y.z"), ErrorCode::RequestNotSupported),
        (("request_uri", "https://x.example"), ErrorCode::RequestUriNotSupported),
        (("scope", "unknown"), ErrorCode::InvalidScope),
        (("resource", "https://other.example"), ErrorCode::InvalidTarget),
        (("max_age", "-1"), ErrorCode::InvalidRequest),
        (("max_age", "+1"), ErrorCode::InvalidRequest),
        (("max_age", "soon"), ErrorCode::InvalidRequest),
        (("prompt", "none login"), ErrorCode::InvalidRequest),
        (("claims", "{"), ErrorCode::InvalidRequest),
    ] {
        assert_eq!(refusal(&[more]), expected, "{more:?}");
    }
}

#[test]
fn errors_of_token_types_go_to_the_fragment_even_if_the_query_was_asked_for() {
    for mode in ["", "query", "fragment"] {
        let pairs = [("redirect_uri", "https://app.example/cb"), ("response_type", "id_token token"), ("response_mode", mode)];
        let address = return_address(&Params::collect(pairs).unwrap(), &client()).unwrap();
        assert_eq!(address.response_mode, ResponseMode::Fragment);
    }
    let pairs = [("redirect_uri", "https://app.example/cb"), ("response_type", "token"), ("response_mode", "form_post")];
    assert_eq!(return_address(&Params::collect(pairs).unwrap(), &client()).unwrap().response_mode, ResponseMode::FormPost);
}

#[test]
fn what_is_wrong_with_client_or_redirect_uri_is_for_the_page() {
    assert!(client_id(&Params::default()).is_err());
    let twice = Params::from_form(b"client_id=a&client_id=b").unwrap();
    assert!(client_id(&twice).is_err());
    let off = ClientMetadata { is_active: false, ..client() };
    let params = Params::collect([("redirect_uri", "https://app.example/cb")]).unwrap();
    assert_eq!(return_address(&params, &off).unwrap_err().code, ErrorCode::UnauthorizedClient);
    let evil = Params::collect([("redirect_uri", "https://app.example/cb/")]).unwrap();
    assert!(return_address(&evil, &client()).is_err());
}

#[test]
fn a_repeated_parameter_goes_back_to_the_client_but_a_repeated_state_does_not() {
    let query = b"client_id=c&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&state=a&state=b";
    let params = Params::from_form(query).unwrap();
    let address = return_address(&params, &client()).unwrap();
    assert_eq!(address.state, None);
    assert_eq!(parse(&params, &client(), &ResponseType::ALL, address).unwrap_err().code, ErrorCode::InvalidRequest);
}

#[test]
fn a_client_without_the_grant_or_response_type_is_not_authorized() {
    let no_grant = ClientMetadata { grant_types: vec!["client_credentials".into()], ..client() };
    assert_eq!(with(&no_grant, &[]).unwrap_err().code, ErrorCode::UnauthorizedClient);
    let no_type = ClientMetadata { response_types: vec!["none".into()], ..client() };
    assert_eq!(with(&no_type, &[]).unwrap_err().code, ErrorCode::UnauthorizedClient);
}

#[test]
fn a_public_client_without_pkce_is_refused() {
    let public = ClientMetadata { client_type: ClientType::Public, ..client() };
    assert_eq!(with(&public, &[]).unwrap_err().code, ErrorCode::InvalidRequest);
    assert!(with(&public, &[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]).is_ok());
}

#[test]
fn long_states_and_nonces_are_kept_whole_or_refused() {
    let state = "s".repeat(1000);
    let nonce = "n".repeat(384);
    let read = request(&[("state", &state), ("nonce", &nonce)]).unwrap();
    assert_eq!(read.return_address.state.unwrap(), state);
    assert_eq!(read.nonce.unwrap(), nonce);
    assert_eq!(refusal(&[("nonce", &"n".repeat(2000))]), ErrorCode::InvalidRequest);
    assert_eq!(refusal(&[("state", &"s".repeat(5000))]), ErrorCode::InvalidRequest);
}

#[test]
fn an_enormous_max_age_means_no_limit_and_a_default_comes_from_the_client() {
    assert_eq!(request(&[("max_age", "99999999999")]).unwrap().max_age, Some(u32::MAX));
    let strict = ClientMetadata { default_max_age: Some(60), ..client() };
    assert_eq!(with(&strict, &[]).unwrap().max_age, Some(60));
    assert_eq!(with(&strict, &[("max_age", "5")]).unwrap().max_age, Some(5));
}

#[test]
fn acr_values_come_from_the_request_and_only_without_any_from_the_client() {
    let strict = ClientMetadata { default_acr_values: vec!["phr".into()], ..client() };
    let asked = |more: &[(&str, &str)]| {
        let request = with(&strict, more).unwrap();
        (request.acr_values.join(" "), request.is_acr_essential)
    };
    assert_eq!(asked(&[]), ("phr".to_owned(), false));
    assert_eq!(asked(&[("acr_values", "urn:lumoauth:acr:mfa")]), ("urn:lumoauth:acr:mfa".to_owned(), false));
    let essential = r#"{"id_token":{"acr":{"essential":true,"value":"phrh"}}}"#;
    assert_eq!(asked(&[("claims", essential), ("acr_values", "phr")]), ("phrh".to_owned(), true));
}

#[test]
fn single_claims_are_asked_for_only_with_openid_and_within_what_the_client_may_have() {
    let client = ClientMetadata { scopes: Scopes::parse("openid email").unwrap(), ..client() };
    let wishes = ("claims", r#"{"userinfo":{"email":null,"name":null}}"#);
    let request = with(&client, &[("scope", "openid"), wishes]).unwrap();
    assert_eq!(request.claims.userinfo.keys().collect::<Vec<_>>(), ["email"]);
    assert_eq!(request.asked_of_people().to_string(), "email openid");
    let plain = with(&client, &[("scope", "email"), wishes]).unwrap();
    assert!(plain.claims.is_empty());
    assert_eq!(plain.asked_of_people().to_string(), "email");
}

#[test]
fn a_named_subject_must_be_the_person() {
    let mut request = request(&[("claims", r#"{"id_token":{"sub":{"value":"u1"}}}"#)]).unwrap();
    assert!(request.names_subject() && request.accepts_subject("u1") && !request.accepts_subject("u2"));
    request.hinted_subject = Some("u2".into());
    assert!(!request.accepts_subject("u1"));
}

#[test]
fn debug_shows_no_state_nonce_or_hint() {
    let shown = format!("{:?}", request(&[("state", "hunter1"), ("nonce", "hunter2"), ("login_hint", "hunter3")]).unwrap());
    assert!(!shown.contains("hunter"), "{shown}");
}

proptest! {
    #![proptest_config(crate::fixed_seed())]

    #[test]
    fn any_values_parse_or_are_refused(values in proptest::collection::vec(("[a-z_]{1,20}", "[^\0]{0,40}"), 0..10)) {
        let pairs = [("redirect_uri".to_owned(), "https://app.example/cb".to_owned())].into_iter().chain(values);
        let params = Params::collect(pairs).unwrap();
        if let Ok(address) = return_address(&params, &client()) {
            let _ = parse(&params, &client(), &ResponseType::ALL, address);
        }
    }
}
