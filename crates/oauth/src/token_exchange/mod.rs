//! Token exchange: one token for another that allows less, lives no longer, and says who acts.
//!
//! RFC 8693. Supported subjects: access tokens (as `access_token`, and as `jwt` where they are JWTs), ID tokens and refresh tokens of the
//! client that asks. Actors are programs, shown by access tokens of their own. Issued are access tokens. With an actor, or where a client
//! exchanges somebody else's token, the new one names the actor in `act` (delegation); a client that is set up so gets a token without
//! it (impersonation, §1.1), but never one that would make a chain of actors shorter. Agents may leave out client authentication: their
//! own token proves who they are. `audience` is read only where it names another authorization server (see the published contract);
//! the audience follows from `resource`. Authorization details (RFC 9396) of a type that is not the caller's to ask for are left behind.
//! Not supported: SAML assertions (§3), users as actors, refresh tokens in the answer (§2.2.1).

mod actor;
mod decide;
mod id_token;
#[cfg(test)]
mod tests;

pub use actor::{Act, MayAct};
pub use decide::{ActorFacts, Caller, Exchanged, Facts, Manner, Refused, SubjectFacts, decide};
pub use id_token::{IdToken, read as read_id_token};

use crate::metadata::{Document, Facts as MetadataFacts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::rar::{self, Details};
use crate::{Params, ProtocolError, id_jag, resource, scope};
use kernel::{Scopes, Secret};

/// This room.
pub const ROOM: Room = Room {
    name: "token_exchange",
    title: "OAuth 2.0 Token Exchange",
    source: "RFC 8693",
    status: Status::Final,
    support: "delegation with nested act, may_act, impersonation where set up so; access, ID and refresh tokens as subjects",
    visits: &[
        (Endpoint::Token, Stage::Parse),
        (Endpoint::Token, Stage::Authenticate),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Userinfo, Stage::Respond),
        (Endpoint::Introspection, Stage::Respond),
    ],
    metadata,
};

/// `grant_type` of an exchange (§2.1).
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Actors a token can name, one behind the other.
pub const MAX_DEPTH: u8 = 3;
/// What an agent must be able to do to act for others.
pub const ACT_FOR_OTHERS: &str = "delegate:on_behalf";

/// What kind of token something is (§3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// An access token of this issuer, in whatever form.
    AccessToken,
    /// A refresh token of this issuer.
    RefreshToken,
    /// An ID token of this issuer.
    IdToken,
    /// A JWT: here, an access token that is one.
    Jwt,
    /// An identity assertion for another server; see [`crate::id_jag`].
    IdJag,
}

impl TokenType {
    const ALL: [Self; 5] = [Self::AccessToken, Self::RefreshToken, Self::IdToken, Self::Jwt, Self::IdJag];

    /// Its identifier.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::RefreshToken => "urn:ietf:params:oauth:token-type:refresh_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::Jwt => "urn:ietf:params:oauth:token-type:jwt",
            Self::IdJag => id_jag::TOKEN_TYPE,
        }
    }
    /// The type with this identifier.
    pub fn parse(identifier: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == identifier)
    }
    /// Whether it is an access token.
    pub const fn is_access(self) -> bool {
        matches!(self, Self::AccessToken | Self::Jwt)
    }
}

/// A token somebody shows, and what they say it is.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The token.
    pub token: Secret,
    /// Its type.
    pub token_type: TokenType,
}

/// What is wanted for it (§2.1, `requested_token_type`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An access token in the form its client has them in.
    AccessToken,
    /// An access token that is a JWT.
    Jwt,
    /// An identity assertion for another authorization server (ID-JAG §4.3).
    IdentityAssertion {
        /// The issuer identifier of that server.
        audience: String,
    },
}

/// `grant_type=urn:ietf:params:oauth:grant-type:token-exchange`.
#[derive(Clone, Debug)]
pub struct Request {
    /// For whom the new token is to speak.
    pub subject: Shown,
    /// Who is to act, if that isn't the caller.
    pub actor: Option<Shown>,
    /// What kind of token is wanted.
    pub wanted: Wanted,
    /// What it is to allow; all that can be had if it does not say.
    pub scopes: Option<Scopes>,
    /// For which resource servers.
    pub resources: Vec<String>,
    /// What exactly (RFC 9396); everything the caller may have of the subject token's if it does not say.
    pub authorization_details: Option<Details>,
}

impl Request {
    /// The token that says who asks, where nothing else does: the actor's, or else the subject itself.
    pub fn of_the_caller(&self) -> &Shown {
        self.actor.as_ref().unwrap_or(&self.subject)
    }
}

/// Read the parameters (§2.1).
pub fn parse(params: &Params) -> Result<Request, ProtocolError> {
    let invalid = ProtocolError::invalid_request;
    let subject = Shown {
        token: Secret::new(params.required("subject_token")?),
        token_type: token_type(params.required("subject_token_type")?)?,
    };
    let actor = match (params.secret("actor_token")?, params.one("actor_token_type")?) {
        (None, None) => None,
        (Some(token), Some(named)) => Some(Shown { token, token_type: token_type(named)? }),
        (Some(_), None) => return Err(invalid("Missing required parameter: actor_token_type")),
        (None, Some(_)) => return Err(invalid("The actor_token_type must not be sent without an actor_token.")),
    };
    if actor.as_ref().is_some_and(|actor| !actor.token_type.is_access()) {
        return Err(invalid("An actor is shown by an access token of its own."));
    }
    if actor.is_some() && subject.token_type == TokenType::RefreshToken {
        return Err(invalid("A refresh token is not exchanged for an actor: use an access token."));
    }
    let wanted = match params.one("requested_token_type")?.map(TokenType::parse) {
        None | Some(Some(TokenType::AccessToken)) => Wanted::AccessToken,
        Some(Some(TokenType::Jwt)) => Wanted::Jwt,
        Some(Some(TokenType::IdJag)) => Wanted::IdentityAssertion { audience: audience(params)? },
        Some(_) => return Err(invalid("The requested_token_type is not supported.")),
    };
    let (scopes, resources) = (scope::parse(params)?, resource::parse(params)?);
    let authorization_details = rar::parse(params)?;
    if authorization_details.is_some() && matches!(wanted, Wanted::IdentityAssertion { .. }) {
        return Err(rar::refused("An identity assertion carries no authorization_details."));
    }
    Ok(Request { subject, actor, wanted, scopes, resources, authorization_details })
}

/// The one `audience` of an identity assertion.
fn audience(params: &Params) -> Result<String, ProtocolError> {
    let mut named = params.all("audience");
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one.to_owned()),
        _ => Err(ProtocolError::invalid_request("An identity assertion is for exactly one audience.")),
    }
}

fn token_type(identifier: &str) -> Result<TokenType, ProtocolError> {
    let known = TokenType::parse(identifier).filter(|known| *known != TokenType::IdJag);
    known.ok_or_else(|| ProtocolError::invalid_request("The type of token is not supported."))
}

fn metadata(_: &MetadataFacts<'_>, document: &mut Document) {
    document.add("grant_types_supported", [GRANT_TYPE]);
}
