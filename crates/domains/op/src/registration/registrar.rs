//! Who registers, and what the organization lets them.

use super::bounds::{Bounds, TokenBounds};
use super::policy::Mode;
use super::rows::{self, Registered};
use super::tokens;
use crate::policy::Policy;
use flow::Prep;
use identity::guard::{INITIAL_TOKEN_PREFIX, invalid_token};
use kernel::{Actor, Fault};

/// Who registers a client.
#[derive(Clone, Debug)]
pub(super) enum Registrar {
    /// Anyone.
    Anyone,
    /// The bearer of an initial access token.
    Token {
        /// The token's id.
        id: String,
        /// What may be registered with it.
        bounds: TokenBounds,
    },
    /// Somebody who holds the permission.
    Permitted,
}

impl Registrar {
    /// As it is stored, and as the log says it.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Token { .. } => "initial_access_token",
            Self::Permitted => "permission",
        }
    }
    /// The initial access token.
    pub(super) fn token_id(&self) -> Option<&str> {
        match self {
            Self::Token { id, .. } => Some(id),
            Self::Anyone | Self::Permitted => None,
        }
    }
    /// What they may register.
    pub(super) fn bounds(&self, policy: &Policy) -> Bounds {
        match self {
            Self::Anyone => Bounds::of_anyone(policy),
            Self::Token { bounds, .. } => Bounds::of_token(policy, bounds),
            Self::Permitted => Bounds::of_permission(policy),
        }
    }

    /// Who calls, if the organization takes registrations from them.
    ///
    /// # Errors
    /// 403 `registration_not_allowed`; 401 where a credential is missing or is no good.
    pub(super) async fn of(prep: &Prep, policy: &Policy) -> Result<Self, Fault> {
        let mode = policy.registration().mode(prep.services().is_dev);
        let token = rows::presented(&prep.request).filter(|token| token.expose().starts_with(INITIAL_TOKEN_PREFIX));
        match (mode, token, &prep.actor) {
            (Mode::Off, ..) | (Mode::Permission, Some(_), _) => Err(not_allowed()),
            (Mode::Token | Mode::Open, Some(token), _) => {
                let found = prep.read(|mut tx| {
                    let token = token.clone();
                    async move {
                        let found = tokens::find_by_secret(&mut tx, prep.services(), &token).await;
                        (tx, found)
                    }
                });
                let row = found.await?.ok_or_else(|| invalid_token("there is no such initial access token"))?;
                Ok(Self::Token { bounds: row.bounds()?, id: row.id })
            }
            (Mode::Open, None, Actor::Anonymous) => Ok(Self::Anyone),
            (Mode::Permission | Mode::Token, None, Actor::Anonymous) => {
                Err(Fault::unauthenticated("unauthorized", "Registration needs an initial access token or an API key here."))
            }
            // The guard has proven the permission of everybody else.
            (Mode::Permission | Mode::Token | Mode::Open, None, _) => Ok(Self::Permitted),
        }
    }

    /// Who registered a client that is to be changed. If their token is gone, they are like anyone.
    pub(super) async fn of_registered(prep: &Prep, registered: &Registered) -> Result<Self, Fault> {
        match (registered.registrar.as_str(), registered.initial_access_token.clone()) {
            ("permission", _) => Ok(Self::Permitted),
            ("initial_access_token", Some(id)) => {
                let found = prep.read(|mut tx| {
                    let id = id.clone();
                    async move {
                        let found = tokens::find(&mut tx, &id).await;
                        (tx, found)
                    }
                });
                Ok(match found.await? {
                    Some(row) => Self::Token { bounds: row.bounds()?, id },
                    None => Self::Anyone,
                })
            }
            _ => Ok(Self::Anyone),
        }
    }
}

/// Registration is switched off, for everybody or for whoever calls.
pub(super) fn not_allowed() -> Fault {
    Fault::forbidden("registration_not_allowed", "This organization does not let applications register themselves.")
}
