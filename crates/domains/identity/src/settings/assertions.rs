//! Whose word about people is taken, and where people are vouched for.

use super::section::section;
use super::setting::{Setting, Taking};
use super::values::{Line, WebUrl, Word, choices};
use jose::alg::Algorithm;
use jose::jwks::Jwks;
use kernel::Scopes;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most issuers or servers of an organization.
const MOST: usize = 50;

choices! {
    /// Whom an assertion is about.
    AssertionSubject {
        /// The person with that id here.
        UserId = "user_id",
        /// The person with the address in the claim `email`, which the issuer says it verified (`email_verified`) and which is verified here.
        Email = "email",
    }
}

/// An algorithm with a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningAlgorithm(pub Algorithm);

impl Setting for SigningAlgorithm {
    fn schema() -> Value {
        json!({ "type": "string", "enum": Algorithm::ASYMMETRIC.map(Algorithm::name) })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        Self::load(sent)
            .or_else(|| taking.refuse(format!("must be one of {}", Algorithm::ASYMMETRIC.map(Algorithm::name).join(", "))))
    }
    fn store(&self) -> Value {
        json!(self.0.name())
    }
    fn load(stored: &Value) -> Option<Self> {
        stored.as_str().and_then(Algorithm::parse).filter(|algorithm| !algorithm.is_symmetric()).map(Self)
    }
}

/// Public keys: a JWK set.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicKeys(Value);

impl PublicKeys {
    /// To verify with.
    pub fn read(&self) -> Option<Jwks> {
        Jwks::from_value(&self.0).ok()
    }
}

impl Setting for PublicKeys {
    fn schema() -> Value {
        json!({ "type": "object", "required": ["keys"], "properties": { "keys": { "type": "array" } } })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        match Jwks::from_value(sent) {
            Ok(_) => Some(Self(sent.clone())),
            Err(error) => taking.refuse(error.to_string()),
        }
    }
    fn store(&self) -> Value {
        self.0.clone()
    }
    fn load(stored: &Value) -> Option<Self> {
        Jwks::from_value(stored).is_ok().then(|| Self(stored.clone()))
    }
}

section! {
    /// An issuer whose assertions about people are taken as grants (RFC 7523 §2.1).
    pub struct AssertionIssuer {
        /// Its identifier: the `iss` of what it signs.
        issuer: Option<WebUrl> = None,
        /// Its public keys.
        jwks: Option<PublicKeys> = None,
        /// Or where they are.
        jwks_uri: Option<WebUrl> = None,
        /// What it signs with; any algorithm with a public key if none is named.
        algorithms: Vec<SigningAlgorithm> = Vec::new(),
        /// Whether its plain assertions are taken.
        assertions: bool = true,
        /// Whether its identity assertions (ID-JAG) are, once `authentication.xaa_resource_enabled` is on.
        identity_assertions: bool = false,
        /// Whom they are about.
        subject: AssertionSubject = AssertionSubject::UserId,
        /// Scopes it may let people in for, besides those about the person.
        scopes: Vec<Word> = Vec::new(),
        /// The clients that may bring its assertions; any client with that grant if none is named.
        clients: Vec<Line> = Vec::new(),
    }
}

section! {
    /// A server that people are vouched for at (ID-JAG), once `authentication.xaa_idp_enabled` is on.
    pub struct IdentityAudience {
        /// Its issuer identifier.
        audience: Option<WebUrl> = None,
        /// Scopes of that server that may be asked for.
        scopes: Vec<Word> = Vec::new(),
        /// The clients that may go there, each with what it is called there.
        clients: BTreeMap<String, Line> = BTreeMap::new(),
    }
}

impl AssertionIssuer {
    /// The issuer with this identifier.
    pub fn is(&self, issuer: &str) -> bool {
        self.issuer.as_ref().is_some_and(|own| own.as_str() == issuer)
    }
    /// Whether this client may bring its assertions.
    pub fn lets(&self, client: &str) -> bool {
        self.clients.is_empty() || self.clients.iter().any(|known| known.as_str() == client)
    }
    /// What it may let people in for.
    pub fn all_scopes(&self) -> Scopes {
        oauth::scope::BUILT_IN.into_iter().chain(self.scopes.iter().map(Word::as_str)).collect()
    }
}

impl IdentityAudience {
    /// What this client is called there; `None` if it may not go there, or this is another server.
    pub fn name_of(&self, audience: &str, client: &str) -> Option<&str> {
        let is_it = self.audience.as_ref().is_some_and(|own| own.as_str() == audience);
        self.clients.get(client).filter(|_| is_it).map(Line::as_str)
    }
    /// What may be asked for there.
    pub fn all_scopes(&self) -> Scopes {
        self.scopes.iter().map(Word::as_str).collect()
    }
}

/// What is wrong with these issuers, if anything.
pub(super) fn problem_of_issuers(issuers: &[AssertionIssuer]) -> Option<&'static str> {
    let repeats = |at: usize, one: &AssertionIssuer| issuers.iter().take(at).any(|other| other.issuer == one.issuer);
    if issuers.len() > MOST {
        return Some("must be at most 50");
    }
    issuers.iter().enumerate().find_map(|(at, one)| {
        if one.issuer.is_none() {
            Some("must each have an issuer")
        } else if one.jwks.is_some() == one.jwks_uri.is_some() {
            Some("must each have either jwks or jwks_uri")
        } else if repeats(at, one) {
            Some("must name each issuer once")
        } else {
            None
        }
    })
}

/// What is wrong with these servers, if anything.
pub(super) fn problem_of_audiences(audiences: &[IdentityAudience]) -> Option<&'static str> {
    let repeats = |at: usize, one: &IdentityAudience| audiences.iter().take(at).any(|other| other.audience == one.audience);
    if audiences.len() > MOST {
        return Some("must be at most 50");
    }
    audiences.iter().enumerate().find_map(|(at, one)| {
        if one.audience.is_none() {
            Some("must each have an audience")
        } else {
            repeats(at, one).then_some("must name each audience once")
        }
    })
}
