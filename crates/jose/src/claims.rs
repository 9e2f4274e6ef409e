//! Registered claims (RFC 7519 §4.1), checked against a time that is passed in.

use kernel::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// The moment of a check and how far the signer's clock may be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Our time.
    pub now: Timestamp,
    /// The tolerated difference, in either direction.
    pub leeway: Duration,
}

impl Moment {
    /// A check at `now` that forgives `leeway`.
    pub const fn new(now: Timestamp, leeway: Duration) -> Self {
        Self { now, leeway }
    }
    /// The usual check: `exp` is there and ahead, `nbf` and `iat` are not ahead if they are there. Returns `exp`.
    pub fn check(self, claims: &Map<String, Value>) -> Result<Timestamp, ClaimsError> {
        self.started(claims)?;
        self.issued(claims)?;
        self.expires(claims)
    }
    /// `exp`, which must be there and lie ahead: at that very moment the token is already dead.
    pub fn expires(self, claims: &Map<String, Value>) -> Result<Timestamp, ClaimsError> {
        let exp = time(claims, "exp")?.ok_or(ClaimsError::Missing("exp"))?;
        if exp.plus(self.leeway) <= self.now { Err(ClaimsError::Expired) } else { Ok(exp) }
    }
    /// `nbf`, which must not lie ahead.
    pub fn started(self, claims: &Map<String, Value>) -> Result<Option<Timestamp>, ClaimsError> {
        let nbf = time(claims, "nbf")?;
        if nbf.is_some_and(|nbf| nbf > self.now.plus(self.leeway)) { Err(ClaimsError::NotYetValid) } else { Ok(nbf) }
    }
    /// `iat`, which must not lie ahead.
    pub fn issued(self, claims: &Map<String, Value>) -> Result<Option<Timestamp>, ClaimsError> {
        let iat = time(claims, "iat")?;
        if iat.is_some_and(|iat| iat > self.now.plus(self.leeway)) { Err(ClaimsError::IssuedInFuture) } else { Ok(iat) }
    }
    /// `iat`, which must be there, not lie ahead, and be no older than `max_age`.
    pub fn issued_within(self, claims: &Map<String, Value>, max_age: Duration) -> Result<Timestamp, ClaimsError> {
        let iat = self.issued(claims)?.ok_or(ClaimsError::Missing("iat"))?;
        if iat.plus(max_age).plus(self.leeway) < self.now { Err(ClaimsError::TooOld) } else { Ok(iat) }
    }
}

/// A time claim (`NumericDate`, RFC 7519 §2), which may have a fraction.
pub fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, ClaimsError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let whole = value.as_i64().map(Timestamp::from_secs);
    let fraction = || {
        let since_epoch = Duration::try_from_secs_f64(value.as_f64()?).ok()?;
        i64::try_from(since_epoch.as_micros()).ok().map(Timestamp::from_micros)
    };
    whole.or_else(fraction).map(Some).ok_or(ClaimsError::Malformed(name))
}

/// A claim that is text and not empty.
pub fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, ClaimsError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    value.as_str().filter(|text| !text.is_empty()).map(Some).ok_or(ClaimsError::Malformed(name))
}

/// A claim that is text, not empty, and there.
pub fn required_text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, ClaimsError> {
    text(claims, name)?.ok_or(ClaimsError::Missing(name))
}

/// `iss` must be there and be `expected`, byte for byte.
pub fn issuer(claims: &Map<String, Value>, expected: &str) -> Result<(), ClaimsError> {
    if required_text(claims, "iss")? == expected { Ok(()) } else { Err(ClaimsError::Issuer) }
}

/// `aud` (RFC 7519 §4.1.3): one text or an array of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience<'a> {
    values: Vec<&'a str>,
    is_array: bool,
}

impl<'a> Audience<'a> {
    /// The audience of a token, which must have one.
    pub fn of(claims: &'a Map<String, Value>) -> Result<Self, ClaimsError> {
        let aud = claims.get("aud").ok_or(ClaimsError::Missing("aud"))?;
        let values: Option<Vec<&str>> = match aud {
            Value::String(one) => Some(vec![one]),
            Value::Array(many) => many.iter().map(Value::as_str).collect(),
            _ => None,
        };
        let values = values.filter(|values| !values.is_empty() && !values.contains(&""));
        values.map(|values| Self { values, is_array: aud.is_array() }).ok_or(ClaimsError::Malformed("aud"))
    }
    /// The token is meant for `us`, perhaps among others.
    pub fn includes(&self, us: &str) -> Result<(), ClaimsError> {
        if self.values.contains(&us) { Ok(()) } else { Err(ClaimsError::Audience) }
    }
    /// The token is meant for one of our names, perhaps among others.
    pub fn includes_any(&self, ours: &[&str]) -> Result<(), ClaimsError> {
        if ours.iter().any(|us| self.values.contains(us)) { Ok(()) } else { Err(ClaimsError::Audience) }
    }
    /// `aud` is `us` as a single text, not an array: what FAPI 2.0 §5.3.2.1 demands of client assertions against audience injection.
    pub fn is_exactly(&self, us: &str) -> Result<(), ClaimsError> {
        if !self.is_array && self.values == [us] { Ok(()) } else { Err(ClaimsError::Audience) }
    }
    /// All values.
    pub fn values(&self) -> &[&'a str] {
        &self.values
    }
}

/// Why claims are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// The claim must be there.
    #[error("the claim {0} is missing")]
    Missing(&'static str),
    /// The claim has the wrong type.
    #[error("the claim {0} has the wrong type")]
    Malformed(&'static str),
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` lies ahead.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` lies ahead.
    #[error("the token claims to be issued in the future")]
    IssuedInFuture,
    /// `iat` is too long ago.
    #[error("the token was issued too long ago")]
    TooOld,
    /// `iss` is somebody else.
    #[error("the token's issuer is not the one expected")]
    Issuer,
    /// `aud` is not us.
    #[error("the token is meant for another audience")]
    Audience,
}

impl ClaimsError {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing(_) => "claims.missing",
            Self::Malformed(_) => "claims.malformed",
            Self::Expired => "claims.expired",
            Self::NotYetValid => "claims.not_yet_valid",
            Self::IssuedInFuture => "claims.issued_in_future",
            Self::TooOld => "claims.too_old",
            Self::Issuer => "claims.issuer",
            Self::Audience => "claims.audience",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_000;

    fn moment(leeway: u64) -> Moment {
        Moment::new(Timestamp::from_secs(NOW), Duration::from_secs(leeway))
    }
    fn claims(json: Value) -> Map<String, Value> {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_token_lives_until_the_second_it_expires() {
        for (leeway, exp, outcome) in [
            (0, json!(NOW + 1), Ok(())),
            (0, json!(NOW), Err(ClaimsError::Expired)),
            (0, json!(1000.5), Ok(())),
            (10, json!(NOW - 9), Ok(())),
            (10, json!(NOW - 10), Err(ClaimsError::Expired)),
            (0, json!(-1), Err(ClaimsError::Expired)),
            (0, json!(i64::MAX), Ok(())),
            (0, json!("2000"), Err(ClaimsError::Malformed("exp"))),
            (0, json!(1e300), Err(ClaimsError::Malformed("exp"))),
            (0, json!(u64::MAX), Err(ClaimsError::Malformed("exp"))),
            (0, json!(null), Err(ClaimsError::Malformed("exp"))),
        ] {
            let checked = moment(leeway).check(&claims(json!({ "exp": exp }))).map(|_| ());
            assert_eq!(checked, outcome, "{exp} with leeway {leeway}");
        }
        assert_eq!(moment(0).check(&claims(json!({}))), Err(ClaimsError::Missing("exp")));
    }

    #[test]
    fn nbf_and_iat_may_not_lie_ahead_beyond_the_leeway() {
        for (name, error) in [("nbf", ClaimsError::NotYetValid), ("iat", ClaimsError::IssuedInFuture)] {
            for (leeway, time, is_good) in [(0, NOW, true), (0, NOW + 1, false), (10, NOW + 10, true), (10, NOW + 11, false)] {
                let checked = moment(leeway).check(&claims(json!({ "exp": NOW + 60, name: time })));
                assert_eq!(checked.map(|_| ()), if is_good { Ok(()) } else { Err(error) }, "{name} {time} {leeway}");
            }
        }
    }

    #[test]
    fn an_old_iat_is_refused_where_age_counts() {
        let minute = Duration::from_mins(1);
        assert_eq!(moment(0).issued_within(&claims(json!({"iat": NOW - 60})), minute), Ok(Timestamp::from_secs(NOW - 60)));
        assert_eq!(moment(0).issued_within(&claims(json!({"iat": NOW - 61})), minute), Err(ClaimsError::TooOld));
        assert_eq!(moment(5).issued_within(&claims(json!({"iat": NOW - 65})), minute), Ok(Timestamp::from_secs(NOW - 65)));
        assert_eq!(moment(0).issued_within(&claims(json!({"iat": NOW + 1})), minute), Err(ClaimsError::IssuedInFuture));
        assert_eq!(moment(0).issued_within(&claims(json!({})), minute), Err(ClaimsError::Missing("iat")));
    }

    #[test]
    fn an_audience_is_a_text_or_an_array_of_texts() {
        let single = claims(json!({"aud": "us"}));
        let single = Audience::of(&single).unwrap();
        assert!(single.includes("us").is_ok() && single.is_exactly("us").is_ok() && single.includes_any(&["x", "us"]).is_ok());
        assert_eq!(single.includes("US"), Err(ClaimsError::Audience));
        let many = claims(json!({"aud": ["them", "us"]}));
        let many = Audience::of(&many).unwrap();
        assert!(many.includes("us").is_ok());
        assert_eq!(many.includes_any(&["u", ""]), Err(ClaimsError::Audience));
        assert_eq!(many.is_exactly("us"), Err(ClaimsError::Audience));
        assert_eq!(many.values(), ["them", "us"]);
        let alone = claims(json!({"aud": ["us"]}));
        assert_eq!(Audience::of(&alone).unwrap().is_exactly("us"), Err(ClaimsError::Audience));
        for bad in [json!(1), json!([]), json!(["us", 1]), json!(""), json!({"us": 1}), json!(null)] {
            assert_eq!(Audience::of(&claims(json!({ "aud": bad }))), Err(ClaimsError::Malformed("aud")), "{bad}");
        }
        assert_eq!(Audience::of(&claims(json!({}))), Err(ClaimsError::Missing("aud")));
    }

    #[test]
    fn an_issuer_is_compared_byte_for_byte() {
        let issued = claims(json!({"iss": "https://op.example"}));
        assert_eq!(issuer(&issued, "https://op.example"), Ok(()));
        assert_eq!(issuer(&issued, "https://op.example/"), Err(ClaimsError::Issuer));
        assert_eq!(issuer(&claims(json!({})), ""), Err(ClaimsError::Missing("iss")));
        assert_eq!(issuer(&claims(json!({"iss": ""})), ""), Err(ClaimsError::Malformed("iss")));
    }
}
