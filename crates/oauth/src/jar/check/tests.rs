//! Every claim and every time of a request object.

use super::*;
use crate::fapi::FapiProfile;
use crate::private_key_jwt::tests::{NOW, issuer, key, keys};
use jose::encoding::base64url;
use jose::key::SigningKey;
use proptest::prelude::*;
use serde_json::json;

pub(crate) fn claims() -> Value {
    let now = NOW.as_secs();
    json!({
        "iss": "c", "aud": issuer().as_str(), "iat": now, "nbf": now, "exp": now + 300, "client_id": "c",
        "response_type": "code", "redirect_uri": "https://app.example/cb", "scope": "openid", "state": "inner"
    })
}
pub(crate) fn changed(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name)
    } else {
        members.insert(name.to_owned(), value)
    };
    claims
}
pub(crate) fn checked(claims: &Value, client: &ClientMetadata) -> Result<Checked, Refused> {
    let key = key();
    presented(&jws::sign(&key, "JWT", claims).unwrap(), &key, client)
}
fn presented(object: &str, key: &SigningKey, client: &ClientMetadata) -> Result<Checked, Refused> {
    let (keys, issuer) = (keys(key), issuer());
    check(
        object,
        &Facts {
            client,
            keys: Some(&keys),
            issuer: &issuer,
            endpoint: Endpoint::Authorization,
            is_signing_required: false,
            now: NOW,
        },
    )
}
fn free() -> ClientMetadata {
    ClientMetadata::new("c")
}
fn bound() -> ClientMetadata {
    ClientMetadata { require_signed_request_object: true, ..free() }
}
fn fapi() -> ClientMetadata {
    ClientMetadata { fapi_profile: FapiProfile::Fapi2Security, ..free() }
}
/// Refused whoever sends it.
fn always(name: &str, value: &Value, expected: Refused) {
    for client in [free(), bound(), fapi()] {
        assert_eq!(checked(&changed(name, value.clone()), &client).unwrap_err(), expected, "{name} {value}");
    }
}

#[test]
fn the_object_of_core_6_1_verifies_with_the_key_that_is_printed_beside_it() {
    // OpenID Connect Core §6.1 and appendix A.7: RS256, for another server, without a time of its own.
    let object = concat!(
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsyYmRjIn0.ew0KICJpc3MiOiAiczZCaGRSa3F0MyIsDQogImF1ZCI6ICJodHRwczovL3NlcnZlci5leG",
        "FtcGxlLmNvbSIsDQogInJlc3BvbnNlX3R5cGUiOiAiY29kZSBpZF90b2tlbiIsDQogImNsaWVudF9pZCI6ICJzNkJoZFJrcXQzIiwNCiAicmVk",
        "aXJlY3RfdXJpIjogImh0dHBzOi8vY2xpZW50LmV4YW1wbGUub3JnL2NiIiwNCiAic2NvcGUiOiAib3BlbmlkIiwNCiAic3RhdGUiOiAiYWYwaW",
        "Zqc2xka2oiLA0KICJub25jZSI6ICJuLTBTNl9XekEyTWoiLA0KICJtYXhfYWdlIjogODY0MDAsDQogImNsYWltcyI6IA0KICB7DQogICAidXNl",
        "cmluZm8iOiANCiAgICB7DQogICAgICJnaXZlbl9uYW1lIjogeyJlc3NlbnRpYWwiOiB0cnVlfSwNCiAgICAgIm5pY2tuYW1lIjogbnVsbCwNCi",
        "AgICAgImVtYWlsIjogeyJlc3NlbnRpYWwiOiB0cnVlfSwNCiAgICAgImVtYWlsX3ZlcmlmaWVkIjogeyJlc3NlbnRpYWwiOiB0cnVlfSwNCiAg",
        "ICAgInBpY3R1cmUiOiBudWxsDQogICAgfSwNCiAgICJpZF90b2tlbiI6IA0KICAgIHsNCiAgICAgImdlbmRlciI6IG51bGwsDQogICAgICJiaX",
        "J0aGRhdGUiOiB7ImVzc2VudGlhbCI6IHRydWV9LA0KICAgICAiYWNyIjogeyJ2YWx1ZXMiOiBbInVybjptYWNlOmluY29tbW9uOmlhcDpzaWx2",
        "ZXIiXX0NCiAgICB9DQogIH0NCn0.nwwnNsk1-ZkbmnvsF6zTHm8CHERFMGQPhos-EJcaH4Hh-sMgk8ePrGhw_trPYs8KQxsn6R9Emo_wHwajyF",
        "KzuMXZFSZ3p6Mb8dkxtVyjoy2GIzvuJT_u7PkY2t8QU9hjBcHs68PkgjDVTrG1uRTx0GxFbuPbj96tVuj11pTnmFCUR6IEOXKYr7iGOCRB3btf",
        "JhM0_AKQUfqKnRlrRscc8Kol-cSLWoYE9l5QqholImzjT_cMnNIznW9E7CDyWXTsO70xnB4SkG6pXfLSjLLlxmPGiyon_-Te111V8uE83IlzCY",
        "Ib_NMXvtTIVc1jpspnTSD7xMbpL-2QgwUsAlMGzw",
    );
    let key = json!({"keys": [{
        "kty": "RSA", "kid": "k2bdc",
        "n": "y9Lqv4fCp6Ei-u2-ZCKq83YvbFEk6JMs_pSj76eMkddWRuWX2aBKGHAtKlE5P7_vn__PCKZWePt3vGkB6ePgzAFu08NmKemwE5bQI0e6kIChtt_6KzT5OaaXDFI6qCLJmk51Cc4VYFaxgqevMncYrzaW_50mZ1yGSFIQzLYP8bijAHGVjdEFgZaZEN9lsn_GdWLaJpHrB3ROlS50E45wxrlg9xMncVb8qDPuXZarvghLL0HzOuYRadBJVoWZowDNTpKpk2RklZ7QaBO7XDv3uR7s_sf2g-bAjSYxYUGsqkNA9b3xVW53am_UZZ3tZbFTIh557JICWKHlWj5uzeJXaw",
        "e": "AQAB"
    }]});
    let keys = Jwks::from_value(&key).unwrap();
    let client = ClientMetadata::new("s6BhdRkqt3");
    let issuer = Issuer::of_domain("https://server.example.com");
    let facts = Facts {
        client: &client,
        keys: Some(&keys),
        issuer: &issuer,
        endpoint: Endpoint::Authorization,
        is_signing_required: false,
        now: NOW,
    };
    let checked = check(object, &facts).unwrap();
    assert_eq!(checked.claims["max_age"], 86400);
    assert!(!checked.is_alone && checked.once.is_none());
    assert_eq!(checked.claims["claims"]["id_token"]["acr"]["values"], json!(["urn:mace:incommon:iap:silver"]));
    let here = super::tests::issuer();
    assert_eq!(check(object, &Facts { issuer: &here, ..facts }).unwrap_err(), Refused::Claims(ClaimsError::Audience));
    assert_eq!(check(object, &Facts { is_signing_required: true, ..facts }).unwrap_err(), Refused::Signature);
}

#[test]
fn ensure_request_object_with_multiple_aud_succeeds() {
    for client in [free(), bound(), fapi()] {
        let aud = json!([issuer().as_str(), "https://other1.example.com", "https://other2.example.com"]);
        assert!(checked(&changed("aud", aud), &client).is_ok());
    }
}

#[test]
fn ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted() {
    for name in ["nbf", "iat"] {
        assert!(checked(&changed(name, json!(NOW.as_secs() + 8)), &bound()).is_ok(), "{name}");
        always(
            name,
            &json!(NOW.as_secs() + 61),
            if name == "nbf" { Refused::Claims(ClaimsError::NotYetValid) } else { Refused::Claims(ClaimsError::IssuedInFuture) },
        );
    }
}

#[test]
fn what_a_client_that_must_sign_may_not_leave_out_another_may() {
    for name in ["iss", "aud", "exp", "nbf"] {
        assert!(checked(&changed(name, Value::Null), &free()).is_ok(), "{name}");
        for client in [bound(), fapi()] {
            let refused = checked(&changed(name, Value::Null), &client).unwrap_err();
            assert_eq!(refused, Refused::Claims(ClaimsError::Missing(name)));
        }
    }
    for name in ["iat", "client_id", "jti"] {
        assert!(checked(&changed(name, Value::Null), &fapi()).is_ok(), "{name}");
    }
}

#[test]
fn ensure_request_object_with_exp_over_60_fails() {
    let now = NOW.as_secs();
    for (name, value) in [("exp", now + 70 * 60), ("nbf", now - 70 * 60)] {
        assert!(checked(&changed(name, json!(value)), &free()).is_ok(), "{name}");
        for client in [bound(), fapi()] {
            assert_eq!(checked(&changed(name, json!(value)), &client).unwrap_err(), Refused::Span, "{name}");
        }
    }
    for (name, value) in [("exp", now + 60 * 60), ("nbf", now - 60 * 60)] {
        assert!(checked(&changed(name, json!(value)), &fapi()).is_ok(), "{name}");
    }
}

#[test]
fn a_claim_that_is_there_is_checked_whoever_sends_it() {
    let now = NOW.as_secs();
    let claims = Refused::Claims;
    for (name, value, expected) in [
        ("iss", json!("other"), Refused::Client),
        ("iss", json!(7), Refused::Client),
        ("client_id", json!("other"), Refused::Client),
        ("client_id", json!(""), Refused::Client),
        ("aud", json!("https://other.example"), claims(ClaimsError::Audience)),
        ("aud", json!(["https://other.example"]), claims(ClaimsError::Audience)),
        ("aud", json!([]), claims(ClaimsError::Malformed("aud"))),
        ("exp", json!(now - 300), claims(ClaimsError::Expired)),
        ("exp", json!("soon"), claims(ClaimsError::Malformed("exp"))),
        ("nbf", json!("long ago"), claims(ClaimsError::Malformed("nbf"))),
        ("jti", json!(1), claims(ClaimsError::Malformed("jti"))),
        ("jti", json!("j".repeat(257)), claims(ClaimsError::Malformed("jti"))),
        ("request", json!("x.y.z"), Refused::Nested),
        ("request_uri", json!("https://c.example/r"), Refused::Nested),
        ("request_uri", json!(""), Refused::Nested),
        ("sub", json!("c"), Refused::Confusable),
    ] {
        always(name, &value, expected);
    }
    assert!(checked(&changed("sub", json!("somebody")), &free()).is_ok());
}

#[test]
fn attack_14_keys_algorithms_and_types_are_not_the_headers_choice() {
    let (own, other) = (key(), SigningKey::generate(Algorithm::ES256, "k2").unwrap());
    let rsa = SigningKey::generate(Algorithm::RS256, "r1").unwrap();
    let sign = |key: &SigningKey, typ| jws::sign(key, typ, &claims()).unwrap();
    for client in [free(), bound(), fapi()] {
        assert_eq!(presented(&sign(&other, "JWT"), &own, &client).unwrap_err(), Refused::UnknownKey);
        for typ in ["at+jwt", "logout+jwt", "dpop+jwt", "client-authentication+jwt"] {
            assert_eq!(presented(&sign(&own, typ), &own, &client).unwrap_err(), Refused::Signature, "{typ}");
        }
        let (signed, _) = sign(&own, "JWT").rsplit_once('.').map(|(signed, rest)| (signed.to_owned(), rest.to_owned())).unwrap();
        assert_eq!(presented(&format!("{signed}.{}", base64url([7; 64])), &own, &client).unwrap_err(), Refused::Signature);
        for alg in ["none", "None", "NONE"] {
            let header = base64url(json!({ "alg": alg }).to_string());
            let object = format!("{header}.{}.", base64url(claims().to_string()));
            assert_eq!(presented(&object, &own, &client).unwrap_err(), Refused::Unsigned, "{alg}");
        }
        let pinned = ClientMetadata { request_object_signing_alg: Some(Algorithm::PS256), ..client.clone() };
        assert_eq!(presented(&sign(&own, "JWT"), &own, &pinned).unwrap_err(), Refused::Signature);
    }
    assert!(presented(&sign(&rsa, "JWT"), &rsa, &free()).is_ok());
    for client in [bound(), fapi()] {
        assert_eq!(presented(&sign(&rsa, "JWT"), &rsa, &client).unwrap_err(), Refused::Signature, "RS256 under FAPI");
    }
    let chosen = |client| ClientMetadata { request_object_signing_alg: Some(Algorithm::RS256), ..client };
    assert!(presented(&sign(&rsa, "JWT"), &rsa, &chosen(bound())).is_ok(), "registered is registered");
    assert_eq!(presented(&sign(&rsa, "JWT"), &rsa, &chosen(fapi())).unwrap_err(), Refused::Signature);
}

#[test]
fn attack_20_an_object_with_a_jti_is_for_one_use_as_long_as_it_lives() {
    let now = NOW.as_secs();
    let once = |claims: &Value| checked(claims, &free()).map(|checked| checked.once);
    let mut claims = changed("jti", json!("j1"));
    let until = Timestamp::from_secs(now + 310);
    assert_eq!(once(&claims), Ok(Some(Once { jti: "j1".into(), until })));
    assert_eq!(once(&changed("jti", Value::Null)), Ok(None));
    claims["exp"] = json!(now + 90_000);
    assert_eq!(once(&claims), Err(Refused::Span));
    claims.as_object_mut().unwrap().remove("exp");
    assert_eq!(once(&claims), Ok(None));
}

#[test]
fn a_backchannel_request_object_says_everything_about_itself() {
    let (key, issuer, now) = (key(), issuer(), NOW.as_secs());
    let keys = keys(&key);
    let own = ClientMetadata { backchannel_authentication_request_signing_alg: Some(Algorithm::ES256), ..free() };
    let facts = Facts {
        client: &own,
        keys: Some(&keys),
        issuer: &issuer,
        endpoint: Endpoint::BackchannelAuthentication,
        is_signing_required: false,
        now: NOW,
    };
    let mut good = changed("jti", json!("j1"));
    good["scope"] = json!("openid");
    let checked = |claims: &Value| check(&jws::sign(&key, "JWT", claims).unwrap(), &facts).map(|_| ());
    assert_eq!(checked(&good), Ok(()));
    for name in ["iss", "aud", "exp", "iat", "nbf", "jti"] {
        let mut lacking = good.clone();
        lacking.as_object_mut().unwrap().remove(name);
        assert_eq!(checked(&lacking), Err(Refused::Claims(ClaimsError::Missing(name))));
    }
    for (name, value) in [("exp", now + 70 * 60), ("nbf", now - 70 * 60), ("nbf", now + 10 * 60), ("exp", now - 60)] {
        let mut wrong = good.clone();
        wrong[name] = json!(value);
        assert!(checked(&wrong).is_err(), "{name} {value}");
    }
    let pinned = ClientMetadata { backchannel_authentication_request_signing_alg: Some(Algorithm::PS256), ..free() };
    let object = jws::sign(&key, "JWT", &good).unwrap();
    assert_eq!(check(&object, &Facts { client: &pinned, ..facts }).unwrap_err(), Refused::Signature);
    for refused in [Refused::Unsigned, Refused::Signature, Refused::Replay, Refused::Span] {
        assert_eq!(refused.at(Endpoint::BackchannelAuthentication).code, ErrorCode::InvalidRequest);
    }
}

#[test]
fn an_object_of_its_own_type_stands_alone_and_so_does_that_of_a_client_that_must_sign() {
    let key = key();
    let typed = jws::sign(&key, TYP, &changed("sub", json!("c"))).unwrap();
    assert!(presented(&typed, &key, &free()).unwrap().is_alone);
    let prefixed = jws::sign(&key, "application/oauth-authz-req+jwt", &claims()).unwrap();
    assert!(presented(&prefixed, &key, &free()).unwrap().is_alone);
    assert!(!checked(&claims(), &free()).unwrap().is_alone);
    assert!(checked(&claims(), &bound()).unwrap().is_alone && checked(&claims(), &fapi()).unwrap().is_alone);
}

#[test]
fn only_the_authorization_endpoint_calls_unsigned_objects_unsupported() {
    assert_eq!(Refused::Unsigned.at(Endpoint::Authorization).code, ErrorCode::RequestNotSupported);
    assert_eq!(Refused::Unsigned.at(Endpoint::PushedAuthorization).code, ErrorCode::InvalidRequestObject);
    for refused in [Refused::Signature, Refused::Replay, Refused::Claims(ClaimsError::Expired)] {
        assert_eq!(refused.at(Endpoint::Authorization).code, ErrorCode::InvalidRequestObject);
    }
}

proptest! {
    #![proptest_config(crate::fixed_seed())]

    #[test]
    fn any_text_is_refused_without_a_panic(text in ".{0,200}") {
        prop_assert!(presented(&text, &key(), &free()).is_err());
    }
}
