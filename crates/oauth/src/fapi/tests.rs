use super::*;
use crate::authorization_request::{parse, return_address};
use crate::client::{ApplicationType, ClientType};
use crate::metadata::tests::facts;
use crate::registration;
use crate::{ErrorCode, Issuer, metadata};
use serde_json::{Value, json};

const SECURITY: FapiProfile = FapiProfile::Fapi2Security;
const SIGNING: FapiProfile = FapiProfile::Fapi2MessageSigning;
const ADVANCED: FapiProfile = FapiProfile::Fapi1Advanced;
const UNDER_FAPI: [FapiProfile; 4] = [SECURITY, SIGNING, ADVANCED, FapiProfile::FapiCiba];
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client that fits every profile.
fn client(fapi_profile: FapiProfile) -> ClientMetadata {
    ClientMetadata {
        fapi_profile,
        redirect_uris: vec!["https://bank.example/cb".into()],
        token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
        jwks_uri: Some("https://bank.example/jwks".into()),
        tls_client_certificate_bound_access_tokens: true,
        ..ClientMetadata::new("c")
    }
}

fn request(client: &ClientMetadata, more: &[(&str, &str)]) -> Result<AuthorizationRequest, ErrorCode> {
    let usual = [
        ("client_id", "c"),
        ("redirect_uri", "https://bank.example/cb"),
        ("response_type", "code"),
        ("response_mode", "jwt"),
        ("scope", "openid"),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let kept = usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let said = more.iter().copied().filter(|(_, value)| !value.is_empty());
    let params = Params::collect(kept.chain(said)).unwrap();
    let address = return_address(&params, client).map_err(|error| error.code)?;
    parse(&params, client, &ResponseType::ALL, address).map_err(|error| error.code)
}

#[test]
fn the_lists_of_algorithms_are_nested() {
    for one in FapiProfile::ALL {
        for other in FapiProfile::ALL {
            let (one, other) = (one.rules().algorithms, other.rules().algorithms);
            let is_part = |small: &[Algorithm], large: &[Algorithm]| small.iter().all(|algorithm| large.contains(algorithm));
            assert!(is_part(one, other) || is_part(other, one));
        }
    }
}

#[test]
fn a_profile_has_one_name_and_may_be_called_by_its_old_one() {
    for profile in FapiProfile::ALL {
        assert_eq!(FapiProfile::parse(profile.as_str()), Some(profile));
        assert_eq!(serde_json::to_value(profile).unwrap(), profile.as_str());
    }
    for (old, profile) in [("disabled", FapiProfile::None), ("baseline", SECURITY), ("advanced", SIGNING)] {
        assert_eq!(FapiProfile::parse(old), Some(profile));
        assert_eq!(serde_json::from_value::<FapiProfile>(json!(old)).unwrap(), profile);
    }
    assert_eq!(FapiProfile::parse("fapi3"), None);
}

#[test]
fn without_a_profile_nothing_changes() {
    let plain = ClientMetadata { allows_plain_pkce: true, ..ClientMetadata::new("c") };
    assert_eq!(plain.clone().strengthened(), plain);
    assert!(registration::check(&plain).is_empty());
}

#[test]
fn a_client_becomes_what_its_profile_makes_it_and_nothing_weaker() {
    for profile in UNDER_FAPI {
        let made = ClientMetadata { allows_plain_pkce: true, ..client(profile) }.strengthened();
        let is_fapi2 = profile == SECURITY || profile == SIGNING;
        assert_eq!(made.require_pushed_authorization_requests, is_fapi2, "{profile:?}");
        assert_eq!(made.requires_pkce, is_fapi2, "{profile:?}");
        assert_eq!(made.require_signed_request_object, profile != SECURITY, "{profile:?}");
        assert_eq!(made.assertion_audience == AssertionAudience::IssuerOnly, is_fapi2);
        assert_eq!(made.refresh_token_rotation == Rotation::Keep, is_fapi2);
        assert!(made.always_ask_consent && !made.allows_plain_pkce);
        assert_eq!((made.lifetimes.code(), made.lifetimes.access_token()), (Duration::from_mins(1), Duration::from_mins(10)));
        assert_eq!(made.id_token_signed_response_alg, Algorithm::PS256);
        assert_eq!(made.introspection_signed_response_alg, (profile == SIGNING).then_some(Algorithm::PS256));
        assert_eq!(made.clone().strengthened(), made, "twice is once");
    }
    let mut short = client(SECURITY);
    short.lifetimes.code = Some(20);
    short.id_token_signed_response_alg = Algorithm::EdDSA;
    let made = short.strengthened();
    assert_eq!((made.lifetimes.code(), made.id_token_signed_response_alg), (Duration::from_secs(20), Algorithm::EdDSA));
}

#[test]
fn who_is_under_two_profiles_obeys_both() {
    let both = ClientMetadata { organization_profile: ADVANCED, ..client(SECURITY) };
    let profile = both.profile();
    assert_eq!(profile.algorithms(), [Algorithm::PS256, Algorithm::ES256]);
    assert!(profile.must_push() && profile.must_sign() && profile.wants_jwt(ResponseType::Code));
    assert!(profile.allows_response_type(ResponseType::Code) && !profile.allows_response_type(ResponseType::CodeIdToken));
    assert!(
        profile.check_binding(&Confirmation { jkt: Some("a".into()), x5t_s256: None }).is_err(),
        "a proof alone is too little"
    );
    assert!(profile.check_binding(&Confirmation { jkt: None, x5t_s256: Some("c".into()) }).is_ok());
}

#[test]
fn a_client_that_does_not_fit_is_refused_with_the_reason() {
    type Change = fn(&mut ClientMetadata);
    let cases: [(Change, &str, [bool; 4]); 13] = [
        (|_| (), "", [false; 4]),
        (|client| client.token_endpoint_auth_method = AuthMethod::ClientSecretBasic, "token_endpoint_auth_method", [true; 4]),
        (
            |client| (client.token_endpoint_auth_method, client.client_type) = (AuthMethod::None, ClientType::Public),
            "token_endpoint_auth_method",
            [true; 4],
        ),
        (|client| client.tls_client_certificate_bound_access_tokens = false, "_bound_access_tokens", [true; 4]),
        (
            |client| {
                client.tls_client_certificate_bound_access_tokens = false;
                client.dpop_bound_access_tokens = true;
            },
            "tls_client_certificate_bound_access_tokens",
            [false, false, true, true],
        ),
        (|client| client.redirect_uris = vec!["http://localhost/cb".into()], "redirect_uris", [true; 4]),
        (
            |client| {
                client.application_type = ApplicationType::Native;
                client.redirect_uris = vec!["http://127.0.0.1/cb".into()];
            },
            "redirect_uris",
            [false, false, true, true],
        ),
        (
            |client| {
                client.grant_types.push("implicit".into());
                client.response_types = vec!["code id_token".into()];
            },
            "response_types",
            [true, true, false, false],
        ),
        (
            |client| {
                client.grant_types.push("implicit".into());
                client.response_types = vec!["id_token".into()];
            },
            "response_types",
            [true; 4],
        ),
        (|client| client.token_endpoint_auth_signing_alg = Some(Algorithm::RS256), "token_endpoint_auth_signing_alg", [true; 4]),
        (
            |client| client.request_object_signing_alg = Some(Algorithm::EdDSA),
            "request_object_signing_alg",
            [false, false, true, true],
        ),
        (|client| client.id_token_signed_response_alg = Algorithm::PS512, "id_token_signed_response_alg", [true; 4]),
        (|client| client.lifetimes.code = Some(61), "authorizationCodeLifetime", [true; 4]),
    ];
    for (change, member, expected) in cases {
        for (profile, is_refused) in UNDER_FAPI.into_iter().zip(expected) {
            for organization in [false, true] {
                let mut client = client(profile);
                change(&mut client);
                if organization {
                    std::mem::swap(&mut client.fapi_profile, &mut client.organization_profile);
                }
                let problems = registration::check(&client);
                let is_found = problems.iter().any(|problem| problem.member.contains(member) && !member.is_empty());
                assert_eq!((is_found, problems.is_empty()), (is_refused, !is_refused), "{profile:?} {member}: {problems:?}");
                assert!(problems.iter().all(|problem| problem.message.contains("FAPI")), "{problems:?}");
            }
        }
    }
}

#[test]
fn whoever_must_sign_needs_keys() {
    let keyless = |profile| ClientMetadata {
        token_endpoint_auth_method: AuthMethod::TlsClientAuth,
        tls_client_auth_san_dns: Some("bank.example".into()),
        jwks_uri: None,
        ..client(profile)
    };
    assert!(registration::check(&keyless(SECURITY)).is_empty());
    assert!(registration::check(&keyless(SIGNING)).iter().any(|problem| problem.member == "jwks"));
    let machine = ClientMetadata {
        response_types: Vec::new(),
        grant_types: vec!["client_credentials".into()],
        redirect_uris: Vec::new(),
        ..keyless(SIGNING)
    };
    assert!(registration::check(&machine).is_empty(), "it asks for nothing that could be signed");
}

#[test]
fn requests_are_judged_by_the_profile() {
    let hybrid = |profile| ClientMetadata {
        grant_types: vec!["authorization_code".into(), "implicit".into()],
        response_types: vec!["code".into(), "code id_token".into()],
        ..client(profile)
    };
    let by_fragment = [("response_type", "code id_token"), ("response_mode", "")];
    let (invalid, unsupported) = (Some(ErrorCode::InvalidRequest), Some(ErrorCode::UnsupportedResponseType));
    for (more, expected) in [
        (&[][..], [None, None, None]),
        (&[("redirect_uri", "")], [invalid; 3]),
        (&[("scope", "")], [None, None, invalid]),
        (&[("nonce", "")], [None, None, invalid]),
        (&[("response_mode", "")], [None, invalid, invalid]),
        (&[("response_mode", "form_post")], [None, invalid, invalid]),
        (&[("response_mode", "form_post.jwt")], [None; 3]),
        (&[("code_challenge", ""), ("code_challenge_method", "")], [invalid, invalid, None]),
        (&[("code_challenge_method", "plain")], [invalid; 3]),
        (&by_fragment, [unsupported, unsupported, None]),
    ] {
        for (profile, expected) in [SECURITY, SIGNING, ADVANCED].into_iter().zip(expected) {
            let client = hybrid(profile).strengthened();
            assert_eq!(request(&client, more).err(), expected, "{profile:?} {more:?}");
        }
    }
}

#[test]
fn who_pushes_uses_pkce_even_where_others_need_not() {
    let client = client(ADVANCED).strengthened();
    let without = request(&client, &[("code_challenge", ""), ("code_challenge_method", "")]).unwrap();
    assert_eq!(client.profile().check_pushed(&without).unwrap_err().code, ErrorCode::InvalidRequest);
    assert!(client.profile().check_pushed(&request(&client, &[]).unwrap()).is_ok());
    assert!(ClientMetadata::new("c").profile().check_pushed(&without).is_ok());
}

#[test]
fn tokens_are_bound_by_what_the_profile_takes() {
    let shown = |jkt: Option<&str>, x5t: Option<&str>| Confirmation { jkt: jkt.map(Into::into), x5t_s256: x5t.map(Into::into) };
    let unfit = ClientMetadata { tls_client_certificate_bound_access_tokens: false, ..client(SECURITY) };
    assert!(Confirmation::of_tokens(&unfit, shown(None, None)).is_err());
    assert!(Confirmation::of_tokens(&unfit, shown(None, Some("c"))).is_err(), "a certificate nobody registered binds nothing");
    assert!(Confirmation::of_tokens(&unfit, shown(Some("a"), None)).is_ok());
    assert!(Confirmation::of_tokens(&ClientMetadata::new("c"), shown(None, None)).is_ok());
}

#[test]
fn an_organization_with_a_profile_announces_only_what_it_takes() {
    let issuer = Issuer::of_org("https://id.example", "acme");
    let document = |profile| {
        let profile = Profile::of(FapiProfile::None, profile);
        let offered = ResponseType::ALL.into_iter().filter(|offered| profile.allows_response_type(*offered)).collect::<Vec<_>>();
        let facts =
            metadata::Facts { profile, response_types: &offered, id_token_algorithms: &Algorithm::ASYMMETRIC, ..facts(&issuer) };
        metadata::openid_configuration(&facts)
    };
    for profile in UNDER_FAPI {
        let document = document(profile);
        let allowed: Vec<Value> = profile.rules().algorithms.iter().map(|algorithm| json!(algorithm.name())).collect();
        let lists = document.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_signing_alg_values_supported"));
        let mut count = 0;
        for (name, list) in lists {
            let list = list.as_array().unwrap();
            assert!(!list.is_empty() && list.iter().all(|entry| allowed.contains(entry)), "{name} {list:?}");
            count += 1;
        }
        assert!(count >= 7, "{count} lists");
        for place in ["token", "introspection", "revocation"] {
            let methods = document[format!("{place}_endpoint_auth_methods_supported")].to_string();
            assert!(methods.contains("private_key_jwt") && !methods.contains("secret") && !methods.contains("none"), "{methods}");
        }
    }
    assert_eq!(document(SECURITY)["response_types_supported"], json!(["code"]));
    assert!(document(SECURITY)["response_modes_supported"].as_array().unwrap().contains(&json!("query")));
    assert_eq!(document(SIGNING)["response_modes_supported"], json!(["query.jwt", "fragment.jwt", "form_post.jwt", "jwt"]));
    let everything = document(FapiProfile::None);
    assert!(everything["id_token_signing_alg_values_supported"].as_array().unwrap().contains(&json!("RS256")));
    assert!(everything["token_endpoint_auth_methods_supported"].as_array().unwrap().contains(&json!("none")));
}

#[test]
fn a_registration_may_name_a_profile_and_shows_it() {
    let document = json!({
        "redirect_uris": ["https://bank.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://bank.example/jwks", "dpop_bound_access_tokens": true, "fapi_profile": "baseline"
    });
    let mut metadata = ClientMetadata::new("c");
    assert_eq!(registration::read(document.as_object().unwrap(), &mut metadata), []);
    assert_eq!((metadata.fapi_profile, registration::check(&metadata)), (SECURITY, vec![]));
    assert_eq!(registration::show(&metadata)["fapi_profile"], "fapi2_security");
    assert!(!registration::show(&ClientMetadata::new("c")).contains_key("fapi_profile"));
    let stored = serde_json::to_value(&ClientMetadata { organization_profile: ADVANCED, ..metadata }).unwrap();
    let read: ClientMetadata = serde_json::from_value(stored).unwrap();
    assert_eq!((read.fapi_profile, read.organization_profile), (SECURITY, FapiProfile::None), "one is never stored");
}
