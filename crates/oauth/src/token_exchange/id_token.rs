//! ID tokens as subjects: what one says about the grant it came with.

use crate::Issuer;
use jose::alg::Algorithm;
use jose::claims::{Audience, Moment, issuer as check_issuer, required_text, text, time};
use jose::jwks::Jwks;
use jose::jws::{self, Policy};
use kernel::{Authentication, ClientId, Secret, SessionId, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

/// An ID token of this issuer that was made for the client that shows it and hasn't ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdToken {
    /// Whom it is about, as its client knows them.
    pub sub: String,
    /// The session it came from.
    pub session: SessionId,
    /// When and how the person proved who they are.
    pub authentication: Option<Authentication>,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Read one; `None` if it is anything else, or another client's.
pub fn read(token: &Secret, keys: &Jwks, issuer: &Issuer, client: &ClientId, now: Timestamp) -> Option<IdToken> {
    let policy = Policy::typ(&[crate::id_token::TYP]);
    let claims = jws::verify_with_set(token.expose(), keys, &Algorithm::ASYMMETRIC, &policy).ok()?.claims;
    check_issuer(&claims, issuer.as_str()).ok()?;
    Audience::of(&claims).ok()?.is_exactly(client.as_str()).ok()?;
    // No leeway: both moments are read from this server's own clock. A signed UserInfo answer, which is no ID token, has neither.
    let expires_at = Moment::new(now, Duration::ZERO).check(&claims).ok()?;
    Some(IdToken {
        sub: required_text(&claims, "sub").ok()?.to_owned(),
        session: SessionId::from(required_text(&claims, "sid").ok()?),
        authentication: authentication(&claims),
        issued_at: time(&claims, "iat").ok()??,
        expires_at,
    })
}

fn authentication(claims: &Map<String, Value>) -> Option<Authentication> {
    let at = time(claims, "auth_time").ok()??;
    let acr = text(claims, "acr").ok()?.unwrap_or_default().to_owned();
    let amr = claims.get("amr").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    Some(Authentication { at, acr, amr: amr.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_key_jwt::tests::{NOW, issuer, key, keys};
    use serde_json::json;

    #[test]
    fn only_a_living_id_token_of_that_client_is_read() {
        let key = key();
        let good = json!({
            "iss": issuer().as_str(), "sub": "u1", "aud": "c", "sid": "s1", "iat": 1_800_000_000, "exp": 1_800_000_060,
            "auth_time": 1_799_999_000, "acr": "urn:lumoauth:acr:1fa", "amr": ["pwd"],
        });
        let run = |typ: &str, claims: &Value, now| {
            let token = Secret::new(jws::sign(&key, typ, claims).unwrap());
            read(&token, &keys(&key), &issuer(), &"c".into(), now)
        };
        let token = run("JWT", &good, NOW).unwrap();
        assert_eq!((token.sub.as_str(), token.session.as_str(), token.issued_at), ("u1", "s1", NOW));
        assert_eq!(token.authentication.unwrap().amr, ["pwd"]);
        for typ in ["at+jwt", "logout+jwt", "token-introspection+jwt"] {
            assert_eq!(run(typ, &good, NOW), None, "{typ}");
        }
        assert_eq!(run("JWT", &good, NOW.plus(Duration::from_mins(1))), None, "expired");
        for name in ["iss", "sub", "aud", "sid", "iat", "exp"] {
            let mut without = good.clone();
            without.as_object_mut().unwrap().remove(name);
            assert_eq!(run("JWT", &without, NOW), None, "without {name}");
        }
        for (name, other) in [("iss", json!("https://id.example/orgs/other")), ("aud", json!("d")), ("aud", json!(["c", "d"]))] {
            let mut changed = good.clone();
            changed[name] = other;
            assert_eq!(run("JWT", &changed, NOW), None, "another {name}");
        }
    }
}
