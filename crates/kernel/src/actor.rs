//! Who is calling.

use crate::{AgentId, ApiKeyId, ClientId, Scopes, SessionId, Timestamp, UserId};

/// How and when a person proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// When they last proved it (`auth_time`, OpenID Connect Core §2).
    pub at: Timestamp,
    /// Authentication context class (`acr`).
    pub acr: String,
    /// Methods used (`amr`, RFC 8176).
    pub amr: Vec<String>,
}

/// The caller of an operation, as far as it is proven.
#[derive(Clone, Debug)]
pub enum Actor {
    /// Nobody in particular.
    Anonymous,
    /// A person in a browser.
    Session {
        /// Who.
        user: UserId,
        /// Through which session.
        session: SessionId,
        /// How they signed in.
        authentication: Authentication,
    },
    /// A person, through an access token.
    User {
        /// Who.
        user: UserId,
        /// The client that holds the token.
        client: ClientId,
        /// What the token allows.
        scopes: Scopes,
        /// The session it was granted in, if that is known.
        session: Option<SessionId>,
    },
    /// An organization's API key, acting for the user who made it.
    ApiKey {
        /// Which key.
        key: ApiKeyId,
        /// Who made it.
        user: UserId,
        /// What the key allows.
        scopes: Scopes,
    },
    /// A program: by client authentication, or through its own access token.
    Client {
        /// Which client.
        client: ClientId,
        /// What it may ask for, or what its token allows.
        scopes: Scopes,
    },
    /// An AI agent, through its access token.
    Agent {
        /// Which agent.
        agent: AgentId,
        /// The client it authenticates as.
        client: ClientId,
        /// Its capabilities, as far as the token carries them.
        scopes: Scopes,
    },
    /// The server itself: jobs and start-up. The name says which part.
    System(&'static str),
    /// The operator at the command line.
    Operator,
}

impl Actor {
    /// `user`, `api_key`, `client`, `agent`, `system`, `operator` or `anonymous`, as the log says it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Session { .. } | Self::User { .. } => "user",
            Self::ApiKey { .. } => "api_key",
            Self::Client { .. } => "client",
            Self::Agent { .. } => "agent",
            Self::System(_) => "system",
            Self::Operator => "operator",
        }
    }
    /// The caller's id, as the log says it.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Anonymous | Self::Operator => None,
            Self::Session { user, .. } | Self::User { user, .. } => Some(user.as_str()),
            Self::ApiKey { key, .. } => Some(key.as_str()),
            Self::Client { client, .. } => Some(client.as_str()),
            Self::Agent { agent, .. } => Some(agent.as_str()),
            Self::System(part) => Some(part),
        }
    }
    /// The person behind the call.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Session { user, .. } | Self::User { user, .. } | Self::ApiKey { user, .. } => Some(user),
            _ => None,
        }
    }
    /// The client that carries the call.
    pub fn client(&self) -> Option<&ClientId> {
        match self {
            Self::User { client, .. } | Self::Client { client, .. } | Self::Agent { client, .. } => Some(client),
            _ => None,
        }
    }
    /// The browser session behind the call.
    pub fn session(&self) -> Option<&SessionId> {
        match self {
            Self::Session { session, .. } => Some(session),
            Self::User { session, .. } => session.as_ref(),
            _ => None,
        }
    }
    /// What the credential allows; `None` where scopes don't apply.
    pub fn scopes(&self) -> Option<&Scopes> {
        match self {
            Self::User { scopes, .. }
            | Self::ApiKey { scopes, .. }
            | Self::Client { scopes, .. }
            | Self::Agent { scopes, .. } => Some(scopes),
            _ => None,
        }
    }
}
