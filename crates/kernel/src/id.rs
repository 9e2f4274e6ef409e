//! Typed identifiers. An id of one kind can't be passed where another is wanted.

use crate::{Rng, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// A new time-ordered id (UUIDv7).
            pub fn new(now: Timestamp, rng: &dyn Rng) -> Self {
                Self(uuid_v7(now, rng).into())
            }
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
        impl From<$name> for serde_json::Value {
            fn from(id: $name) -> Self {
                Self::String(id.0.into())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

ids! {
    /// An organization. Users, clients, keys and the log belong to exactly one.
    OrgId;
    /// A person. It is also the `sub` of their tokens.
    UserId;
    /// A group of users.
    GroupId;
    /// A role: a named set of permissions.
    RoleId;
    /// A company an organization does business with; the published API calls it an organization.
    CompanyId;
    /// An OAuth client (RFC 6749 §2.2), `client_…`, or an agent's id when an agent authenticates as a client.
    ClientId;
    /// A registered AI agent, `agt_…`.
    AgentId;
    /// A browser session.
    SessionId;
    /// An API key; the lookup part of `lmk_<id>.<secret>`.
    ApiKeyId;
    /// The lookup part of an authorization code.
    AuthorizationCodeId;
    /// The lookup part of a refresh token.
    RefreshTokenId;
    /// All refresh tokens descended from one grant; revoked together (RFC 9700 §4.14).
    FamilyId;
    /// One access token: its `jti` (RFC 9068 §2.2), or the part of it that follows the family.
    TokenId;
    /// A `kid`: one signing key.
    KeyId;
    /// One background job in the outbox.
    JobId;
    /// An authorization request that waits for sign-in or consent.
    TransactionId;
    /// A request that waits for a person at another device; the lookup part of a device code or of an `auth_req_id`.
    DecoupledRequestId;
    /// An import of users.
    UserImportId;
}

/// RFC 9562 §5.7: 48 bits of milliseconds, then randomness. Ordered by time, so that inserts touch one page.
fn uuid_v7(now: Timestamp, rng: &dyn Rng) -> String {
    let mut random = [0_u8; 16];
    rng.fill(&mut random);
    let millis = now.as_micros().max(0).unsigned_abs() / 1000;
    let random = u128::from_be_bytes(random);
    let bits = (u128::from(millis) << 80) | (random & ((1 << 80) - 1));
    let bits = (bits & !(0xF << 76)) | (0x7 << 76);
    let bits = (bits & !(0b11 << 62)) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let mut text = String::with_capacity(36);
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;
    impl Rng for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xFF);
        }
    }

    #[test]
    fn an_id_is_a_version_7_uuid_ordered_by_time() {
        let early = UserId::new(Timestamp::from_micros(1_000), &Ones);
        let late = UserId::new(Timestamp::from_micros(1_763_864_000_000_000), &Ones);
        assert_eq!(early.as_str(), "00000000-0001-7fff-bfff-ffffffffffff");
        assert!(early < late);
    }
}
