//! Single-use things, and the proof that they were used now for the first time.
//!
//! A room that accepts a code, a refresh token or an assertion asks for a [`Claim`]. Whoever holds the storage claims it with
//! one conditional statement and says how that went; only success makes a [`Claimed`], and only with that does the room go on.
//! So nothing can be issued for a thing whose first use was not checked (RFC 6749 §4.1.2, RFC 7523 §3, RFC 9700 §4.14).

use kernel::{AuthorizationCodeId, ClientId, DecoupledRequestId, RefreshTokenId, Timestamp};

/// What is to be used once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// An authorization code: issued to redeemed.
    Code(AuthorizationCodeId),
    /// A refresh token: active to rotated.
    RefreshToken(RefreshTokenId),
    /// A device code or an `auth_req_id`: approved to redeemed.
    Decoupled(DecoupledRequestId),
    /// The `jti` of a client's assertion. It need not be remembered beyond `expires_at`, when the assertion is dead by itself.
    Assertion {
        /// Whose.
        client_id: ClientId,
        /// Which.
        jti: String,
        /// Until when the use must be remembered.
        expires_at: Timestamp,
    },
    /// A proof of possession. Who made it is its key, when is the moment it is kept by.
    Proof {
        /// The thumbprint of its key.
        jkt: String,
        /// Which of that key's.
        jti: String,
        /// The moment signed into it.
        signed_at: Timestamp,
        /// Until when it would be good.
        expires_at: Timestamp,
    },
}

/// A thing to be claimed.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Claim(Key);

impl Claim {
    pub(crate) fn new(key: Key) -> Self {
        Self(key)
    }
    /// What to claim.
    pub fn key(&self) -> &Key {
        &self.0
    }
    /// Say whether the conditional statement changed its row.
    pub fn outcome(self, is_first_use: bool) -> Result<Claimed, Lost> {
        if is_first_use { Ok(Claimed(self.0)) } else { Err(Lost(self.0)) }
    }
}

/// The proof of a first use.
#[derive(Debug, PartialEq, Eq)]
pub struct Claimed(Key);

impl Claimed {
    /// What was claimed.
    pub fn key(&self) -> &Key {
        &self.0
    }
}

/// Somebody else used it first.
#[derive(Debug, PartialEq, Eq)]
pub struct Lost(pub Key);
