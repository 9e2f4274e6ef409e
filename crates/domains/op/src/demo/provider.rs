//! What the demo application asks of the provider, over HTTP like any other client.

use super::memory::Trouble;
use super::{CLIENT_ID, redirect_uri};
use flow::{Fetched, OutboundFault, Prep};
use jose::alg::Algorithm;
use jose::claims::{Audience, Moment, issuer as check_issuer, required_text, text};
use jose::digest::constant_time_eq;
use jose::json::parse_strict_object;
use jose::jwks::Jwks;
use jose::jws::{Policy, verify_with_set};
use kernel::{Secret, Timestamp};
use oauth::Issuer;
use serde_json::{Map, Value};
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The provider, as seen from outside.
pub(super) struct Provider<'a> {
    pub(super) prep: &'a Prep,
    pub(super) issuer: Issuer,
}

/// The answer of the token endpoint.
pub(super) struct Tokens {
    pub(super) access_token: Secret,
    pub(super) id_token: Secret,
}

impl Provider<'_> {
    /// Exchange the code (RFC 6749 §4.1.3, RFC 7636 §4.5).
    pub(super) async fn exchange(&self, code: &Secret, verifier: &str) -> Result<Tokens, Trouble> {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", CLIENT_ID)
            .append_pair("redirect_uri", &redirect_uri(&self.prep.services().base_url))
            .append_pair("code", code.expose())
            .append_pair("code_verifier", verifier)
            .finish();
        let url = address(&self.issuer.token_endpoint())?;
        let answer = object(self.prep.outbound().post(&url, FORM, form.into_bytes(), &[]).await)?;
        let secret = |name| required_text(&answer, name).map(Secret::new).map_err(|error| unusable("token", error));
        Ok(Tokens { access_token: secret("access_token")?, id_token: secret("id_token")? })
    }

    /// The claims of the ID token, once it is verified with the published keys.
    pub(super) async fn verified(&self, tokens: &Tokens, nonce: &str) -> Result<Map<String, Value>, Trouble> {
        let url = address(&self.issuer.endpoint(".well-known/jwks.json"))?;
        let set = object(self.prep.outbound().get(&url, "application/json").await)?;
        let keys = Jwks::from_value(&Value::Object(set)).map_err(|error| unusable("keys", error))?;
        verify_id_token(tokens, &keys, &self.issuer, nonce, self.prep.now)
    }

    /// The claims of `UserInfo`, which must be about the person of the ID token (OpenID Connect Core §5.3.2).
    pub(super) async fn userinfo(
        &self,
        access_token: &Secret,
        id_token: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Trouble> {
        let claims = self.claims(access_token).await?;
        if claims.get("sub") == id_token.get("sub") { Ok(claims) } else { Err(unusable("userinfo", "it is about somebody else")) }
    }
}

impl Provider<'_> {
    /// What `UserInfo` says about whoever is behind an access token.
    pub(super) async fn claims(&self, access_token: &Secret) -> Result<Map<String, Value>, Trouble> {
        let url = address(&self.issuer.endpoint("oauth/userinfo"))?;
        let bearer = format!("Bearer {}", access_token.expose());
        object(self.prep.outbound().post(&url, FORM, Vec::new(), &[("authorization", &bearer)]).await)
    }
}

/// OpenID Connect Core §3.1.3.7.
fn verify_id_token(
    tokens: &Tokens,
    keys: &Jwks,
    issuer: &Issuer,
    nonce: &str,
    now: Timestamp,
) -> Result<Map<String, Value>, Trouble> {
    let refused = |error: String| unusable("ID token", error);
    let allowed = [Algorithm::RS256, Algorithm::ES256, Algorithm::PS256];
    let verified = verify_with_set(tokens.id_token.expose(), keys, &allowed, &Policy::typ_or_none(&["JWT"]));
    let verified = verified.map_err(|error| refused(error.to_string()))?;
    let claims = verified.claims;
    let check = || {
        check_issuer(&claims, issuer.as_str())?;
        Audience::of(&claims)?.includes(CLIENT_ID)?;
        Moment::new(now, Duration::from_secs(5)).check(&claims)?;
        required_text(&claims, "sub")?;
        Ok((required_text(&claims, "nonce")?, text(&claims, "at_hash")?))
    };
    let (sent_nonce, at_hash) = check().map_err(|error: jose::claims::ClaimsError| refused(error.to_string()))?;
    if !constant_time_eq(sent_nonce.as_bytes(), nonce.as_bytes()) {
        return Err(refused("it is of another sign-in".to_owned()));
    }
    let expected = verified.header.algorithm.half_hash(tokens.access_token.expose());
    if at_hash.is_some_and(|at_hash| at_hash != expected) {
        return Err(refused("it came with another access token".to_owned()));
    }
    Ok(claims)
}

/// The JSON object of an answer; an OAuth error is told as it is.
pub(super) fn object(fetched: Result<Fetched, OutboundFault>) -> Result<Map<String, Value>, Trouble> {
    let fetched = fetched.map_err(|error| Trouble::new("provider_unreachable", &error.to_string()))?;
    let object = parse_strict_object(&fetched.body).map_err(|error| unusable("answer", error))?;
    if fetched.status == 200 {
        return Ok(object);
    }
    let said = |name| object.get(name).and_then(Value::as_str);
    Err(Trouble::new(said("error").unwrap_or("provider_failed"), said("error_description").unwrap_or_default()))
}

pub(super) fn address(text: &str) -> Result<Url, Trouble> {
    Url::parse(text).map_err(|error| unusable("address", error))
}

pub(super) fn unusable(what: &str, why: impl std::fmt::Display) -> Trouble {
    Trouble::new("invalid_response", &format!("The provider's {what} can't be used: {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jose::jws::sign;
    use jose::key::SigningKey;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn issuer() -> Issuer {
        Issuer::of_org("http://localhost:8080", "acme-corp")
    }
    fn claims(changes: &Value) -> Value {
        let mut claims = json!({
            "iss": issuer().as_str(), "aud": CLIENT_ID, "sub": "u1", "nonce": "n1", "iat": NOW.as_secs(), "exp": NOW.as_secs() + 60,
            "at_hash": Algorithm::ES256.half_hash("a1")
        });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }
    fn run(signer: &SigningKey, published: &SigningKey, typ: &str, changes: &Value) -> Result<Map<String, Value>, Trouble> {
        let keys = Jwks::new(vec![published.public().clone()]).unwrap();
        let id_token = Secret::new(sign(signer, typ, &claims(changes)).unwrap());
        let tokens = Tokens { access_token: Secret::new("a1"), id_token };
        verify_id_token(&tokens, &keys, &issuer(), "n1", NOW)
    }

    #[test]
    fn an_id_token_is_believed_only_if_everything_in_it_is_right() {
        let key = SigningKey::generate(Algorithm::ES256, "k1").unwrap();
        for good in [json!({}), json!({ "at_hash": null }), json!({ "aud": ["other", CLIENT_ID] })] {
            assert_eq!(run(&key, &key, "JWT", &good).unwrap()["sub"], "u1", "{good}");
        }
        for bad in [
            json!({ "iss": "http://localhost:8080/orgs/evil" }),
            json!({ "aud": "client_other" }),
            json!({ "nonce": "n2" }),
            json!({ "nonce": null }),
            json!({ "exp": NOW.as_secs() - 60 }),
            json!({ "iat": NOW.as_secs() + 60 }),
            json!({ "sub": null }),
            json!({ "at_hash": Algorithm::ES256.half_hash("a2") }),
        ] {
            assert_eq!(run(&key, &key, "JWT", &bad).unwrap_err().code, "invalid_response", "{bad}");
        }
        let forger = SigningKey::generate(Algorithm::ES256, "k1").unwrap();
        assert!(run(&forger, &key, "JWT", &json!({})).is_err(), "another key under the same name");
        assert!(run(&key, &key, "at+jwt", &json!({})).is_err(), "an access token");
        let edwards = SigningKey::generate(Algorithm::EdDSA, "k2").unwrap();
        assert!(run(&edwards, &edwards, "JWT", &json!({})).is_err(), "an algorithm nobody agreed on");
    }

    #[test]
    fn the_providers_own_words_are_kept_and_nonsense_is_named() {
        let answered = |status, body: &str| {
            let body = body.as_bytes().to_vec();
            let trouble = object(Ok(Fetched { status, content_type: None, cache_control: None, body })).unwrap_err();
            (trouble.code, trouble.description)
        };
        let refusal = answered(400, r#"{"error":"invalid_grant","error_description":"The code is spent."}"#);
        assert_eq!(refusal, ("invalid_grant".to_owned(), "The code is spent.".to_owned()));
        assert_eq!(answered(500, "{}").0, "provider_failed");
        assert_eq!(answered(200, "<html>").0, "invalid_response");
    }
}
