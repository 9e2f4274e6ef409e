//! Proofs of possession (RFC 9449).

use crate::Target;
use crate::input::{choice, damaged, lines, seed, signed, words};
use crate::keys::{NOW, key};
use jose::alg::Algorithm;
use jose::digest::sha256;
use jose::encoding::base64url;
use jose::jws::Header;
use kernel::{Secret, Timestamp};
use oauth::dpop::{Expected, MAX_AGE, Nonces, Proof, check};
use serde_json::{Map, Value, json};
use std::time::Duration;
use url::Url;

/// A letter and: a header, whose `jwk` may be `"own"`, and claims, to be signed; after `r` a proof as it is sent.
pub const TARGET: Target = Target {
    name: "dpop",
    words: || {
        words(&[
            "jti", "htm", "htu", "iat", "ath", "nonce", "exp", "nbf", "jwk", "own", "typ", "dpop+jwt", "alg", "crit", "none",
            "POST", URI,
        ])
    },
    seeds,
    try_out,
};

const URI: &str = "https://id.example/orgs/acme/api/v1/oauth/token";
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
/// RFC 9449 §5, figure 4, and §7.1, figure 12.
const EXAMPLES: [&str; 2] = [
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
];

fn nonces() -> Nonces {
    Nonces::new([7; 32])
}

fn seeds() -> Vec<Vec<u8>> {
    let header = |alg: &str| json!({ "typ": "dpop+jwt", "alg": alg, "jwk": "own" }).to_string();
    let ath = base64url(sha256(TOKEN.as_bytes()));
    let plain = json!({ "jti": "e1j3V_bKic8-LAEB", "htm": "POST", "htu": URI, "iat": NOW.as_secs() }).to_string();
    let full = json!({
        "jti": "j", "htm": "POST", "htu": format!("HTTPS://ID.example:443/orgs/%61cme/x/../api/v1/oauth/token?x#y"), "iat": NOW.as_secs() - 59,
        "nbf": NOW.as_secs(), "exp": NOW.as_secs() + 9, "nonce": nonces().current(NOW), "ath": ath, "more": [1, { "a": null }]
    });
    vec![
        seed(b'e', &[&header("ES256"), &plain]),
        seed(b'd', &[&header("EdDSA"), &plain]),
        seed(b'E', &[&header("ES256"), &full.to_string()]),
        seed(b'D', &[&header("Ed25519"), &full.to_string()]),
        seed(b'r', &[EXAMPLES[0]]),
        seed(b'r', &[EXAMPLES[1]]),
    ]
}

fn try_out(input: &[u8]) -> bool {
    let Some((letter, rest)) = choice(input) else { return false };
    if letter == b'r' { std::str::from_utf8(rest).is_ok_and(as_sent) } else { try_signed(letter, rest) }
}

/// Nobody but the authors of the examples can have signed it.
fn as_sent(proof: &str) -> bool {
    let uris = ["https://server.example.com/token".to_owned(), "https://resource.example.org/protectedresource".to_owned()];
    let passes = |method: &str, seconds| {
        let expected = Expected { method, uris: &uris, now: Timestamp::from_secs(seconds), ..plainly(&[]) };
        check(proof, &expected).is_ok()
    };
    let is_accepted = passes("POST", 1_562_262_616) || passes("GET", 1_562_262_618);
    let signed = |token: &str| token.rsplit_once('.').map(|(signed, _)| signed.to_owned());
    let is_known = EXAMPLES.iter().any(|example| signed(example) == signed(proof));
    assert!(!is_accepted || is_known, "what nobody signed passes");
    is_accepted
}

fn plainly(uris: &[String]) -> Expected<'_> {
    Expected {
        method: "POST",
        uris,
        access_token: None,
        algorithms: &Algorithm::ASYMMETRIC,
        nonces: None,
        max_age: MAX_AGE,
        now: NOW,
    }
}

fn try_signed(letter: u8, rest: &[u8]) -> bool {
    let [header, claims] = lines(rest);
    let key = key(letter);
    let header = with_key(header, &json!(key.public().bare()));
    let proof = signed(key, &header, claims);
    let (uris, token, nonces) = ([URI.to_owned()], Secret::new(TOKEN), nonces());
    let is_bound = letter.is_ascii_uppercase();
    let expected = Expected { access_token: is_bound.then_some(&token), nonces: is_bound.then_some(&nonces), ..plainly(&uris) };
    let Ok(accepted) = check(&proof, &expected) else { return false };

    assert_eq!(accepted.jkt(), key.public().thumbprint(), "the key is the one it was signed with");
    assert_means(&accepted, &proof, claims, is_bound);
    let (elsewhere, other_token, other_nonces) = ([format!("{URI}/x")], Secret::new("x"), Nonces::new([8; 32]));
    let mut others = vec![
        Expected { method: "GET", ..expected },
        Expected { uris: &elsewhere, ..expected },
        Expected { algorithms: &[Algorithm::PS256], ..expected },
        Expected { now: NOW.plus(Duration::from_secs(131)), ..expected },
        Expected { now: NOW.minus(Duration::from_secs(131)), ..expected },
    ];
    if is_bound {
        others.push(Expected { access_token: Some(&other_token), ..expected });
        others.push(Expected { nonces: Some(&other_nonces), ..expected });
    }
    for other in others {
        assert!(check(&proof, &other).is_err(), "it passes for {other:?}");
    }
    let changed = damaged(&proof, rest);
    assert!(check(&changed, &expected).is_err(), "{changed} passes");
    true
}

/// The header, with the key in the place of `"own"`.
fn with_key(header: &[u8], jwk: &Value) -> Vec<u8> {
    let Ok(mut members) = serde_json::from_slice::<Map<String, Value>>(header) else { return header.to_vec() };
    if members.get("jwk").and_then(Value::as_str) != Some("own") {
        return header.to_vec();
    }
    members.insert("jwk".to_owned(), jwk.clone());
    Value::Object(members).to_string().into_bytes()
}

/// RFC 9449 §4.3, read once more.
fn assert_means(accepted: &Proof, proof: &str, claims: &[u8], is_bound: bool) {
    let header = Header::parse(proof).expect("it was read before");
    assert!(header.is_typ("dpop+jwt"));
    assert!(header.member("jwk").and_then(Value::as_object).is_some_and(|jwk| !jwk.contains_key("d") && !jwk.contains_key("k")));
    let claims: Map<String, Value> = serde_json::from_slice(claims).expect("it was read before");
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    assert_eq!((text("htm"), text("jti")), ("POST", accepted.jti()));
    assert!(!accepted.jti().is_empty());
    let target = Url::parse(text("htu")).expect("it is an address");
    assert_eq!((target.scheme(), target.host_str(), target.port()), ("https", Some("id.example"), None));
    let signed_at = claims.get("iat").and_then(Value::as_f64).expect("it was made at some time");
    assert!((1_799_999_939.0..1_800_000_011.0).contains(&signed_at), "made at {signed_at}");
    assert_eq!(accepted.expires_at(), accepted.signed_at().plus(MAX_AGE));
    if is_bound {
        assert_eq!(text("ath"), base64url(sha256(TOKEN.as_bytes())));
        assert!(nonces().is_recent(text("nonce"), NOW));
    }
}
