//! The token endpoint's grants: from a request to a plan, and from a settled plan to tokens.
//!
//! RFC 6749 §4.1.3, §4.4, §5, §6; RFC 9700 §4.14. Supported: `authorization_code`, `refresh_token`, `client_credentials`, and the
//! grants of requests that wait for a person elsewhere (RFC 8628, CIBA). The password grant does not exist here (RFC 9700 §2.4).
//!
//! The way of a request: [`parse`] → authenticate the client → load the grant's facts → its `decide` → claim every
//! [`Claim`](crate::claim::Claim) of the [`TokenPlan`] → [`TokenPlan::settle`] → issue from the [`SettledPlan`].

pub mod authorization_code;
pub mod client_credentials;
pub mod decoupled;
pub mod implicit;
mod plan;
pub mod refresh_token;

pub use plan::{Issuance, Refresh, SettledPlan, Subject, TokenPlan, UserGrant};

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ErrorCode, Params, ProtocolError, jwt_bearer, rar, resource, scope, token_exchange};
use kernel::{FamilyId, Fault};

/// This room.
pub const ROOM: Room = Room {
    name: "grant",
    title: "Grants of the token endpoint",
    source: "RFC 6749 §4.1.3, §4.4, §5 and §6, RFC 9700 §4.14",
    status: Status::Final,
    support: "authorization_code, refresh_token, client_credentials",
    visits: &[
        (Endpoint::Token, Stage::Parse),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Token, Stage::Settle),
        (Endpoint::Token, Stage::Issue),
    ],
    metadata,
};

/// `grant_type` of the code grant.
pub const AUTHORIZATION_CODE: &str = "authorization_code";
/// The name of what the authorization endpoint hands out itself, among the grants a client registers (RFC 7591 §2). No token
/// request carries it.
pub const IMPLICIT: &str = "implicit";
/// `grant_type` of a refresh.
pub const REFRESH_TOKEN: &str = "refresh_token";
/// `grant_type` of a client on its own.
pub const CLIENT_CREDENTIALS: &str = "client_credentials";

/// `grant_type` of a device (RFC 8628 §3.4).
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// `grant_type` of a backchannel authentication request (CIBA Core §10.1).
pub const CIBA: &str = "urn:openid:params:grant-type:ciba";

/// A token request.
#[derive(Clone, Debug)]
pub enum Grant {
    /// A code for tokens.
    AuthorizationCode(authorization_code::Request),
    /// A refresh token for new tokens.
    RefreshToken(refresh_token::Request),
    /// A client for itself.
    ClientCredentials(client_credentials::Request),
    /// A client asks what became of a request that waits for a person.
    Decoupled(decoupled::Request),
    /// One token for another.
    TokenExchange(token_exchange::Request),
    /// What another issuer says about somebody.
    JwtBearer(jwt_bearer::Request),
    /// A grant that isn't one of these; [`unsupported`] is the answer unless somebody else knows it.
    Unsupported(String),
}

impl Grant {
    /// The authorization details it asks for.
    pub fn authorization_details(&self) -> Option<&rar::Details> {
        match self {
            Self::AuthorizationCode(request) => request.authorization_details.as_ref(),
            Self::RefreshToken(request) => request.authorization_details.as_ref(),
            Self::ClientCredentials(request) => request.authorization_details.as_ref(),
            Self::Decoupled(request) => request.authorization_details.as_ref(),
            Self::TokenExchange(request) => request.authorization_details.as_ref(),
            Self::JwtBearer(_) | Self::Unsupported(_) => None,
        }
    }
}

/// Read the parameters of a token request.
pub fn parse(params: &Params) -> Result<Grant, ProtocolError> {
    params.check_unique()?;
    let scopes = scope::parse(params)?;
    let resources = resource::parse(params)?;
    let authorization_details = rar::parse(params)?;
    match params.required("grant_type")? {
        AUTHORIZATION_CODE => Ok(Grant::AuthorizationCode(authorization_code::Request {
            code: required_secret(params, "code")?,
            redirect_uri: params.one("redirect_uri")?.map(str::to_owned),
            code_verifier: params.secret("code_verifier")?,
            resources,
            authorization_details,
        })),
        REFRESH_TOKEN => Ok(Grant::RefreshToken(refresh_token::Request {
            refresh_token: required_secret(params, "refresh_token")?,
            scopes,
            resources,
            authorization_details,
        })),
        CLIENT_CREDENTIALS => {
            Ok(Grant::ClientCredentials(client_credentials::Request { scopes, resources, authorization_details }))
        }
        DEVICE_CODE => Ok(Grant::Decoupled(decoupled::Request {
            kind: decoupled::Kind::Device,
            handle: required_secret(params, "device_code")?,
            code_verifier: params.secret("code_verifier")?,
            resources,
            authorization_details,
        })),
        CIBA => Ok(Grant::Decoupled(decoupled::Request {
            kind: decoupled::Kind::Backchannel,
            handle: required_secret(params, "auth_req_id")?,
            code_verifier: params.secret("code_verifier")?,
            resources,
            authorization_details,
        })),
        token_exchange::GRANT_TYPE => token_exchange::parse(params).map(Grant::TokenExchange),
        jwt_bearer::GRANT_TYPE => jwt_bearer::parse(params).map(Grant::JwtBearer),
        other => Ok(Grant::Unsupported(other.to_owned())),
    }
}

/// The answer to a grant nobody knows.
pub fn unsupported() -> ProtocolError {
    ProtocolError::new(ErrorCode::UnsupportedGrantType, "The grant_type is not supported.")
}

/// A grant that is refused, and what has to happen although it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the client is told.
    pub error: ProtocolError,
    /// The family whose every token must be revoked: a single-use thing was used again, so somebody has stolen it.
    pub revoke: Option<FamilyId>,
}

impl Refusal {
    fn reuse(description: &'static str, family: &FamilyId) -> Self {
        Self { error: ProtocolError::invalid_grant(description), revoke: Some(family.clone()) }
    }
}

impl From<ProtocolError> for Refusal {
    fn from(error: ProtocolError) -> Self {
        Self { error, revoke: None }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        refusal.error.into()
    }
}

fn required_secret(params: &Params, name: &str) -> Result<kernel::Secret, ProtocolError> {
    params.required(name).map(kernel::Secret::new)
}

fn unauthorized(description: &'static str) -> ProtocolError {
    ProtocolError::new(ErrorCode::UnauthorizedClient, description)
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.set("token_endpoint", facts.issuer.token_endpoint());
    document.add("grant_types_supported", [REFRESH_TOKEN, CLIENT_CREDENTIALS]);
}

#[cfg(test)]
pub(crate) use plan::tests as tests_support;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(pairs: &[(&str, &str)]) -> Result<Grant, ProtocolError> {
        parse(&Params::collect(pairs.iter().copied()).unwrap())
    }

    #[test]
    fn each_grant_reads_its_own_parameters() {
        let grant = parsed(&[("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", "v"), ("redirect_uri", "r")]);
        let Ok(Grant::AuthorizationCode(request)) = grant else { panic!("{grant:?}") };
        assert_eq!((request.code.expose(), request.redirect_uri.as_deref()), ("x", Some("r")));
        let grant = parsed(&[("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", "a b")]);
        assert!(matches!(grant, Ok(Grant::RefreshToken(request)) if request.scopes.is_some()));
        let grant = parsed(&[("grant_type", "client_credentials"), ("resource", "urn:a"), ("resource", "urn:b")]);
        assert!(matches!(grant, Ok(Grant::ClientCredentials(request)) if request.resources.len() == 2));
        let grant = parsed(&[("grant_type", "password"), ("username", "u")]);
        assert!(matches!(grant, Ok(Grant::Unsupported(name)) if name == "password"));
        assert_eq!(unsupported().code, ErrorCode::UnsupportedGrantType);
    }

    #[test]
    fn incomplete_and_repeated_parameters_are_refused() {
        for (pairs, expected) in [
            (&[][..], ErrorCode::InvalidRequest),
            (&[("grant_type", "authorization_code")], ErrorCode::InvalidRequest),
            (&[("grant_type", "authorization_code"), ("code", "")], ErrorCode::InvalidRequest),
            (&[("grant_type", "authorization_code"), ("code", "a"), ("code", "b")], ErrorCode::InvalidRequest),
            (&[("grant_type", "refresh_token")], ErrorCode::InvalidRequest),
            (&[("grant_type", "client_credentials"), ("scope", "\u{e9}")], ErrorCode::InvalidScope),
            (&[("grant_type", "client_credentials"), ("resource", "x")], ErrorCode::InvalidTarget),
        ] {
            assert_eq!(parsed(pairs).unwrap_err().code, expected, "{pairs:?}");
        }
    }

    #[test]
    fn debug_never_shows_what_is_redeemed() {
        let grant = parsed(&[("grant_type", "authorization_code"), ("code", "hunter1"), ("code_verifier", "hunter2")]);
        assert!(!format!("{grant:?}").contains("hunter"));
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_parameters_parse_or_are_refused(pairs in proptest::collection::vec(("[a-z_]{1,12}", "[^\0]{0,40}"), 0..8)) {
            let _ = parse(&Params::collect(pairs).unwrap());
        }
    }
}
