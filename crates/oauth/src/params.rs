//! Request parameters (RFC 6749 §3.1, §3.2 and appendix B).
//!
//! A parameter sent twice is refused, one sent without a value counts as absent, unknown ones are ignored by whoever reads.
//! JSON bodies are taken where the contract allows them; their members count as parameters.
//! Everything is bounded here, before any room looks at it.

use crate::ProtocolError;
use jose::json::parse_strict_object;
use kernel::Secret;
use serde_json::{Map, Value};
use std::fmt;

/// Bytes of a whole request, encoded.
pub const MAX_BYTES: usize = 64 * 1024;
/// Parameters of a request.
pub const MAX_COUNT: usize = 64;
/// Bytes of a parameter's name.
pub const MAX_NAME: usize = 128;
/// Bytes of a parameter's value: room for a signed request or an id token with many claims.
pub const MAX_VALUE: usize = 16 * 1024;
/// Parameters that may come more than once (RFC 8707 §2, RFC 8693 §2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// The parameters of one request. Values may be secrets, so `Debug` shows only names.
#[derive(Clone, Default)]
pub struct Params(Vec<(Box<str>, Secret)>);

impl Params {
    /// Take decoded pairs, from a query or a form. Duplicates are kept for [`Params::unique`] and [`Params::one`] to refuse,
    /// because the authorization endpoint must know the redirect URI before it can say so to the client.
    ///
    /// # Errors
    /// `invalid_request` if there are too many, one is too long, or one holds a NUL.
    pub fn collect<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, ProtocolError> {
        let mut params = Vec::new();
        let mut bytes = 0_usize;
        for (name, value) in pairs {
            let (name, value) = (name.into(), Secret::new(value));
            bytes = bytes.saturating_add(name.len()).saturating_add(value.expose().len());
            if params.len() >= MAX_COUNT || name.len() > MAX_NAME || value.expose().len() > MAX_VALUE || bytes > MAX_BYTES {
                return Err(ProtocolError::invalid_request("The request is larger than allowed."));
            }
            if name.contains('\0') || value.expose().contains('\0') {
                return Err(ProtocolError::invalid_request("A parameter holds a character that is not allowed."));
            }
            if !value.expose().is_empty() {
                params.push((name.into_boxed_str(), value));
            }
        }
        Ok(Self(params))
    }

    /// Decode a query string or an `application/x-www-form-urlencoded` body.
    pub fn from_form(encoded: &[u8]) -> Result<Self, ProtocolError> {
        if encoded.len() > MAX_BYTES {
            return Err(ProtocolError::invalid_request("The request is larger than allowed."));
        }
        Self::collect(url::form_urlencoded::parse(encoded).map(|(name, value)| (name.into_owned(), value.into_owned())))
    }

    /// Decode a JSON object that names no member twice. Arrays repeat their parameter, `null` is absent, other values become their JSON text.
    pub fn from_json(body: &[u8]) -> Result<Self, ProtocolError> {
        if body.len() > MAX_BYTES {
            return Err(ProtocolError::invalid_request("The request is larger than allowed."));
        }
        let members = parse_strict_object(body)
            .map_err(|_| ProtocolError::invalid_request("The body is not a JSON object with each member once."))?;
        Self::from_members(members)
    }

    /// Take the members of a JSON object as [`Params::from_json`] does.
    ///
    /// # Errors
    /// As [`Params::collect`].
    pub fn from_members(members: Map<String, Value>) -> Result<Self, ProtocolError> {
        let mut pairs = Vec::new();
        for (name, value) in members {
            match value {
                Value::Array(items) if REPEATABLE.contains(&name.as_str()) => {
                    pairs.extend(items.into_iter().map(|item| (name.clone(), text(item))));
                }
                other => pairs.push((name, text(other))),
            }
        }
        Self::collect(pairs)
    }

    /// The same parameters, if none that must be single came twice.
    pub fn unique(self) -> Result<Self, ProtocolError> {
        self.check_unique()?;
        Ok(self)
    }

    /// Refuse if any parameter that must be single came twice.
    pub fn check_unique(&self) -> Result<(), ProtocolError> {
        self.0.iter().filter(|(name, _)| !REPEATABLE.contains(&&**name)).try_for_each(|(name, _)| self.one(name).map(drop))
    }

    /// The value of a parameter; `None` if absent or empty.
    ///
    /// # Errors
    /// `invalid_request` if it came more than once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, ProtocolError> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(ProtocolError::invalid_request(format!("The parameter {name} was sent more than once.")));
        }
        Ok(first)
    }

    /// The value of a parameter that has to be there.
    pub fn required(&self, name: &str) -> Result<&str, ProtocolError> {
        self.one(name)?.ok_or_else(|| ProtocolError::invalid_request(format!("Missing required parameter: {name}")))
    }

    /// A parameter's value as a secret; `None` if absent or empty.
    pub fn secret(&self, name: &str) -> Result<Option<Secret>, ProtocolError> {
        Ok(self.one(name)?.map(Secret::new))
    }

    /// Every value of a parameter, in order.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0.iter().filter(move |(key, _)| **key == *name).map(|(_, value)| value.expose())
    }

    /// Whether the parameter came with a value.
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The pairs in order, for a caller that must repeat the request, such as a sign-in form.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, value.expose()))
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_parameter_sent_twice_is_refused_unless_it_may_repeat() {
        let params = Params::from_form(b"scope=a&scope=b&resource=x&resource=y&state=s").unwrap();
        assert_eq!(params.one("scope").unwrap_err().description(), "The parameter scope was sent more than once.");
        assert_eq!(params.one("state").unwrap(), Some("s"));
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["x", "y"]);
        assert!(params.unique().is_err());
        assert!(Params::from_form(b"resource=x&resource=y").unwrap().unique().is_ok());
    }

    #[test]
    fn a_parameter_without_value_counts_as_absent() {
        let params = Params::from_form(b"scope=&scope=a&nonce").unwrap().unique().unwrap();
        assert_eq!(params.one("scope").unwrap(), Some("a"));
        assert_eq!(params.one("nonce").unwrap(), None);
        assert_eq!(params.required("nonce").unwrap_err().description(), "Missing required parameter: nonce");
    }

    #[test]
    fn json_members_are_parameters_and_repeated_members_are_refused() {
        let body = br#"{"grant_type":"x","max_age":5,"resource":["a","b"],"claims":{"id_token":null},"state":null}"#;
        let params = Params::from_json(body).unwrap();
        assert_eq!(params.one("max_age").unwrap(), Some("5"));
        assert_eq!(params.one("claims").unwrap(), Some(r#"{"id_token":null}"#));
        assert_eq!(params.all("resource").count(), 2);
        assert!(!params.has("state"));
        assert!(Params::from_json(br#"{"code":"a","code":"b"}"#).is_err());
        assert!(Params::from_json(b"[1]").is_err());
        assert!(Params::from_json(b"{").is_err());
    }

    #[test]
    fn oversized_requests_are_refused() {
        let many: Vec<_> = (0..=MAX_COUNT).map(|n| (n.to_string(), "x")).collect();
        assert!(Params::collect(many).is_err());
        assert!(Params::collect([("a", "x".repeat(MAX_VALUE + 1))]).is_err());
        assert!(Params::collect([("n".repeat(MAX_NAME + 1), "x")]).is_err());
        assert!(Params::collect((0..8).map(|n| (n.to_string(), "x".repeat(MAX_VALUE)))).is_err());
        assert!(Params::from_form(b"state=a%00b").is_err());
    }

    #[test]
    fn debug_shows_names_and_never_values() {
        let shown = format!("{:?}", Params::from_form(b"client_secret=hunter2").unwrap());
        assert!(shown.contains("client_secret") && !shown.contains("hunter2"));
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_bytes_parse_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = Params::from_form(&bytes);
            let _ = Params::from_json(&bytes);
        }

        #[test]
        fn what_was_encoded_is_what_is_read(name in "[a-z_]{1,20}", value in "[^\0]{1,200}") {
            let encoded = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            let params = Params::from_form(encoded.as_bytes()).unwrap();
            prop_assert_eq!(params.one(&name).unwrap(), Some(value.as_str()));
        }
    }
}
