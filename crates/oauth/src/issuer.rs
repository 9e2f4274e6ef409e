//! The issuer identifier and its place in authorization responses.
//!
//! RFC 9207 (OAuth 2.0 Authorization Server Issuer Identification), RFC 8414 §2, OpenID Connect Core §2. Supported: `iss` in
//! every authorization response, success or error, in every response mode. It is what keeps one client's answers from two
//! servers apart (the mix-up attack of RFC 9700 §4.4), so there is no switch to leave it out.

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use std::fmt;

/// This room.
pub const ROOM: Room = Room {
    name: "issuer",
    title: "Authorization Server Issuer Identification",
    source: "RFC 9207",
    status: Status::Final,
    support: "`iss` in every authorization response",
    visits: &[(Endpoint::Authorization, Stage::Respond)],
    metadata,
};

/// The issuer identifier of one organization: `{base}/orgs/{org}`, or the origin of its own domain.
///
/// It equals `iss` in tokens, authorization responses and introspection, character by character.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Issuer(Box<str>);

impl Issuer {
    /// The issuer of an organization on the installation's own host. `base` is the public URL (a trailing slash is dropped),
    /// `org` the organization's slug.
    pub fn of_org(base: &str, org: &str) -> Self {
        Self(format!("{}/orgs/{org}", base.trim_end_matches('/')).into())
    }
    /// The issuer of an organization that is reached through a domain of its own.
    pub fn of_domain(base: &str) -> Self {
        Self(base.trim_end_matches('/').into())
    }
    /// The identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The URL of an endpoint: `endpoint("oauth/token")`.
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.0)
    }
    /// The URL of the token endpoint, which also is an accepted audience of client assertions (RFC 7523 §3).
    pub fn token_endpoint(&self) -> String {
        self.endpoint("oauth/token")
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({})", self.0)
    }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.set("issuer", facts.issuer.as_str());
    document.set("authorization_response_iss_parameter_supported", true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_the_organizations_address_without_a_trailing_slash() {
        let issuer = Issuer::of_org("https://id.example/", "acme");
        assert_eq!(issuer.as_str(), "https://id.example/orgs/acme");
        assert_eq!(issuer.token_endpoint(), "https://id.example/orgs/acme/api/v1/oauth/token");
        assert_eq!(Issuer::of_domain("https://login.acme.example/").as_str(), "https://login.acme.example");
    }
}
