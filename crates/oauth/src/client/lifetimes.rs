//! How long what a client gets is good.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Access tokens live an hour unless the client says otherwise.
pub const ACCESS_TOKEN_LIFETIME: u32 = 3600;
/// Refresh tokens, and with them the whole family, live thirty days.
pub const REFRESH_TOKEN_LIFETIME: u32 = 2_592_000;
/// ID tokens live an hour.
pub const ID_TOKEN_LIFETIME: u32 = 3600;
/// Authorization codes live ten minutes at most (RFC 6749 §4.1.2).
pub const CODE_LIFETIME: u32 = 600;
/// A rotated refresh token is answered again for this long, if its successor was not used yet.
pub const REFRESH_GRACE: u32 = 30;
pub(super) const MAX_REFRESH_GRACE: u32 = 60;

/// How long a client's credentials live, in seconds; `None` takes the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lifetimes {
    /// Access tokens; default [`ACCESS_TOKEN_LIFETIME`].
    pub access_token: Option<u32>,
    /// Refresh tokens, counted from the first of the family; default [`REFRESH_TOKEN_LIFETIME`].
    pub refresh_token: Option<u32>,
    /// ID tokens; default [`ID_TOKEN_LIFETIME`].
    pub id_token: Option<u32>,
    /// Authorization codes; default and maximum [`CODE_LIFETIME`].
    pub code: Option<u32>,
}

impl Lifetimes {
    /// Of an access token.
    pub fn access_token(&self) -> Duration {
        seconds(self.access_token.unwrap_or(ACCESS_TOKEN_LIFETIME))
    }
    /// Of a family of refresh tokens.
    pub fn refresh_token(&self) -> Duration {
        seconds(self.refresh_token.unwrap_or(REFRESH_TOKEN_LIFETIME))
    }
    /// Of an ID token.
    pub fn id_token(&self) -> Duration {
        seconds(self.id_token.unwrap_or(ID_TOKEN_LIFETIME))
    }
    /// Of an authorization code.
    pub fn code(&self) -> Duration {
        seconds(self.code.unwrap_or(CODE_LIFETIME).min(CODE_LIFETIME))
    }
}

pub(super) fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds))
}
