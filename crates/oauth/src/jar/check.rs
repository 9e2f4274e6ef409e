//! What a request object must be: signed by its client, meant for us, and of now.

use crate::pipeline::Endpoint;
use crate::{ClientMetadata, ErrorCode, Issuer, ProtocolError};
use jose::alg::Algorithm;
use jose::claims::{self, Audience, ClaimsError, Moment};
use jose::encoding::decode_base64url;
use jose::json::parse_strict_object;
use jose::jwks::Jwks;
use jose::jws::{self, JwsError, Policy};
use kernel::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// How far two clocks may disagree.
const SKEW: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_hours(1);
/// How long a `jti` is remembered at most; an object that lives longer can't be used just once.
const MAX_MEMORY: Duration = Duration::from_hours(24);
const MAX_JTI: usize = 256;
/// The media type of RFC 9101 §10.8, by which an object says that it is one.
const TYP: &str = "oauth-authz-req+jwt";

/// What the check depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The client that sends the object.
    pub client: &'a ClientMetadata,
    /// Its public keys.
    pub keys: Option<&'a Jwks>,
    /// This organization's issuer.
    pub issuer: &'a Issuer,
    /// Where it was sent.
    pub endpoint: Endpoint,
    /// Whether the organization demands signed requests of everybody.
    pub is_signing_required: bool,
    /// Now.
    pub now: Timestamp,
}

/// An object that its client signed, for us and in its time.
#[derive(Clone, Debug)]
pub struct Checked {
    pub(super) claims: Map<String, Value>,
    /// Whether nothing beside it may count, whatever OpenID Connect allows.
    pub(super) is_alone: bool,
    /// What must not have been used before, if the client says that the object is for one use.
    pub once: Option<Once>,
}

/// The name of an object that is for one use (RFC 7519 §4.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Its `jti`.
    pub jti: String,
    /// Until when its use must be remembered.
    pub until: Timestamp,
}

/// What is demanded of an object's claims.
struct Demands {
    /// Claims that must be there.
    has: &'static [&'static str],
    /// How far `exp` may lie ahead and `nbf` behind.
    within: Option<Duration>,
    /// What it may be signed with, if the client registered nothing.
    algorithms: &'static [Algorithm],
}

/// Of anybody: a claim that is there is checked (OpenID Connect Core §6.1, RFC 9101 §4).
const USUAL: Demands = Demands { has: &[], within: None, algorithms: &Algorithm::ASYMMETRIC };
/// Of clients that must sign (FAPI 2.0 Message Signing §5.3.1): an object that anybody could send again for years would protect
/// nothing. A FAPI profile may demand more.
const BOUND: Demands = Demands { has: &["iss", "aud", "exp", "nbf"], within: Some(HOUR), algorithms: &Algorithm::FAPI };

/// Of backchannel authentication requests (CIBA Core §7.1.1, FAPI-CIBA §5.2.2).
const BACKCHANNEL: Demands =
    Demands { has: &["iss", "aud", "exp", "iat", "nbf", "jti"], within: Some(HOUR), algorithms: &Algorithm::ASYMMETRIC };

impl Facts<'_> {
    fn is_backchannel(&self) -> bool {
        self.endpoint == Endpoint::BackchannelAuthentication
    }
    fn demands(&self) -> &'static Demands {
        if self.is_backchannel() {
            return &BACKCHANNEL;
        }
        let is_bound = self.is_signing_required || self.client.require_signed_request_object;
        if is_bound { &BOUND } else { &USUAL }
    }
    fn missing(&self, claims: &Map<String, Value>) -> Option<&'static str> {
        let mut needed = self.demands().has.iter().copied().chain(self.client.profile().object_claims());
        needed.find(|name| !claims.contains_key(*name))
    }
    fn span(&self) -> Option<Duration> {
        self.demands().within.into_iter().chain(self.client.profile().object_span()).min()
    }
    /// The registered algorithm, or else any that is accepted, as far as the profile of the client allows it.
    fn algorithms(&self) -> Vec<Algorithm> {
        let own = if self.is_backchannel() {
            &self.client.backchannel_authentication_request_signing_alg
        } else {
            &self.client.request_object_signing_alg
        };
        let wanted = own.as_ref().map_or(self.demands().algorithms, std::slice::from_ref).iter().copied();
        wanted.filter(|algorithm| self.client.profile().allows_algorithm(*algorithm)).collect()
    }
}

/// Check an object. With [`Refused::UnknownKey`], fetching the client's keys again may help.
///
/// # Errors
/// As typed.
pub fn check(object: &str, facts: &Facts<'_>) -> Result<Checked, Refused> {
    if is_unsigned(object) {
        return Err(Refused::Unsigned);
    }
    let keys = facts.keys.ok_or(Refused::UnknownKey)?;
    let policy = Policy::typ_or_none(&["JWT", TYP]);
    let verified = jws::verify_with_set(object, keys, &facts.algorithms(), &policy);
    let verified =
        verified.map_err(|error| if error == JwsError::UnknownKey { Refused::UnknownKey } else { Refused::Signature })?;
    let is_typed = verified.header.is_typ(TYP);
    let claims = verified.claims;
    check_names(&claims, facts, is_typed)?;
    let expires_at = check_times(&claims, facts)?;
    let once = once(&claims, expires_at, facts.now)?;
    let is_alone = is_typed || facts.span().is_some();
    Ok(Checked { claims, is_alone, once })
}

fn check_names(claims: &Map<String, Value>, facts: &Facts<'_>, is_typed: bool) -> Result<(), Refused> {
    if let Some(missing) = facts.missing(claims) {
        return Err(Refused::Claims(ClaimsError::Missing(missing)));
    }
    let is_client = |name| claims.get(name).is_none_or(|value| value.as_str() == Some(facts.client.client_id.as_str()));
    if !is_client("iss") || !is_client("client_id") {
        return Err(Refused::Client);
    }
    if claims.contains_key("aud") {
        Audience::of(claims).and_then(|audience| audience.includes(facts.issuer.as_str())).map_err(Refused::Claims)?;
    }
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(Refused::Nested);
    }
    // What names the client as issuer and subject would pass for its proof of who it is (RFC 9101 §10.8).
    if !is_typed && claims.contains_key("sub") && is_client("sub") {
        return Err(Refused::Confusable);
    }
    Ok(())
}

/// The moment the object ends, if it says so.
fn check_times(claims: &Map<String, Value>, facts: &Facts<'_>) -> Result<Option<Timestamp>, Refused> {
    let moment = Moment::new(facts.now, SKEW);
    let begins_at = moment.started(claims).map_err(Refused::Claims)?;
    moment.issued(claims).map_err(Refused::Claims)?;
    let expires_at = match claims::time(claims, "exp").map_err(Refused::Claims)? {
        Some(_) => Some(moment.expires(claims).map_err(Refused::Claims)?),
        None => None,
    };
    let Some(within) = facts.span() else { return Ok(expires_at) };
    let (earliest, latest) = (facts.now.minus(within).minus(SKEW), facts.now.plus(within).plus(SKEW));
    if begins_at.is_some_and(|at| at < earliest) || expires_at.is_some_and(|at| at > latest) {
        return Err(Refused::Span);
    }
    Ok(expires_at)
}

/// Without an end there is no saying how long a use had to be remembered: such an object is not for one use.
fn once(claims: &Map<String, Value>, expires_at: Option<Timestamp>, now: Timestamp) -> Result<Option<Once>, Refused> {
    let jti = claims::text(claims, "jti").map_err(Refused::Claims)?;
    let (Some(jti), Some(expires_at)) = (jti, expires_at) else { return Ok(None) };
    if jti.len() > MAX_JTI {
        return Err(Refused::Claims(ClaimsError::Malformed("jti")));
    }
    if expires_at > now.plus(MAX_MEMORY) {
        return Err(Refused::Span);
    }
    Ok(Some(Once { jti: jti.to_owned(), until: expires_at.plus(SKEW) }))
}

/// Whether the header says `none`, however that is written.
fn is_unsigned(object: &str) -> bool {
    let header = object.split('.').next().and_then(|header| decode_base64url(header).ok());
    let members = header.and_then(|header| parse_strict_object(&header).ok()).unwrap_or_default();
    members.get("alg").and_then(Value::as_str).is_some_and(|alg| alg.eq_ignore_ascii_case("none"))
}

/// Why an object is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its algorithm is `none`.
    #[error("Unsigned request objects are not supported.")]
    Unsigned,
    /// It can't be decrypted. There is deliberately no closer reason.
    #[error("The request object can't be decrypted with a key of this server.")]
    Encryption,
    /// No key of the client matches: it may have rotated its keys.
    #[error("No key of the client matches the request object.")]
    UnknownKey,
    /// Signature, algorithm, type or form.
    #[error("The request object is not signed as this client must sign.")]
    Signature,
    /// `iss` or `client_id` is somebody else.
    #[error("The request object's iss and client_id must be the client_id of the request.")]
    Client,
    /// A claim is missing, malformed, or of another time or audience.
    #[error("The request object is refused: {0}.")]
    Claims(ClaimsError),
    /// It lives too long, or began too long ago.
    #[error("The request object's exp lies too far ahead, or its nbf too far behind.")]
    Span,
    /// It refers to another request.
    #[error("A request object can't hold request or request_uri.")]
    Nested,
    /// It could be used as a client assertion.
    #[error("A request object of no type of its own must not name the client as sub.")]
    Confusable,
    /// It was used before.
    #[error("The request object was used before.")]
    Replay,
}

impl Refused {
    /// What the client is told about an object that was fetched.
    pub fn by_reference(self) -> ProtocolError {
        let code = match self {
            Self::Unsigned => ErrorCode::RequestUriNotSupported,
            _ => ErrorCode::InvalidRequestObject,
        };
        ProtocolError::new(code, self.to_string())
    }
    /// What the client is told at this endpoint. Whoever sends unsigned objects to the authorization endpoint learns that we don't support
    /// them (OpenID Connect Core §3.1.2.6).
    pub fn at(self, endpoint: Endpoint) -> ProtocolError {
        let code = match (self, endpoint) {
            (Self::Unsigned, Endpoint::Authorization) => ErrorCode::RequestNotSupported,
            // CIBA Core §13 knows no other name.
            (_, Endpoint::BackchannelAuthentication) => ErrorCode::InvalidRequest,
            _ => ErrorCode::InvalidRequestObject,
        };
        ProtocolError::new(code, self.to_string())
    }
}

#[cfg(test)]
pub(super) mod tests {
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
                if name == "nbf" {
                    Refused::Claims(ClaimsError::NotYetValid)
                } else {
                    Refused::Claims(ClaimsError::IssuedInFuture)
                },
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
            let (signed, _) =
                sign(&own, "JWT").rsplit_once('.').map(|(signed, rest)| (signed.to_owned(), rest.to_owned())).unwrap();
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
}
