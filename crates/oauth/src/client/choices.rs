//! What a client can choose among.

use jose::jwe::{ContentEncryption, KeyManagement};
use serde::{Deserialize, Serialize};

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientType {
    /// It can.
    #[default]
    Confidential,
    /// It can't: an application in a browser or on a device.
    Public,
}

/// Where a client runs (OpenID Connect Dynamic Client Registration §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a server or in a browser.
    #[default]
    Web,
    /// On a device.
    Native,
}

/// How a client proves who it is (OpenID Connect Core §9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Its secret in the `Authorization` header.
    #[default]
    ClientSecretBasic,
    /// Its secret in the form.
    ClientSecretPost,
    /// An assertion signed with its private key.
    PrivateKeyJwt,
    /// Its TLS certificate, which an authority issued to its registered subject (RFC 8705 §2.1).
    TlsClientAuth,
    /// Its TLS certificate, whose key it registered (RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
    /// Not at all: a public client.
    None,
}

impl AuthMethod {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
        Self::None,
    ];

    /// As the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }
    /// Whether the method uses a secret that server and client share.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
    /// Whether the method uses the certificate of the TLS connection.
    pub const fn is_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }
}

/// What the `aud` of a client assertion may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer, or the URL of the token endpoint or the one for pushed requests, alone or in an array (RFC 7523 §3, RFC 9126 §2).
    #[default]
    IssuerOrTokenEndpoint,
    /// The issuer as a single string, as FAPI 2.0 §5.3.2.1 wants it against audience injection.
    IssuerOnly,
}

/// How a client learns what came of a backchannel authentication request (CIBA Core §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMode {
    /// It asks the token endpoint again and again.
    Poll,
    /// It is told when to ask.
    Ping,
    /// It is sent the tokens.
    Push,
}

impl DeliveryMode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Poll, Self::Ping, Self::Push];
    /// As the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Ping => "ping",
            Self::Push => "push",
        }
    }
}

/// What access tokens look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// A signed JWT (RFC 9068).
    #[default]
    Jwt,
    /// A reference only introspection can read.
    Opaque,
}

/// Whether a refresh token changes with each use (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// It does.
    #[default]
    Rotate,
    /// It stays, as FAPI 2.0 §5.3.2.1 prefers for clients that authenticate.
    Keep,
}

/// How a requested resource is compared with the registered audiences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudienceMatch {
    /// Character by character.
    #[default]
    Exact,
    /// The registered one, or anything below it by whole path segments.
    PathPrefix,
}

/// What a client may do with other clients' tokens that are meant for it (RFC 8693 §1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeMode {
    /// Act for their subject: the new token names it as the actor.
    #[default]
    Delegation,
    /// Act as their subject: the new token doesn't.
    Impersonation,
}

/// How `sub` is made (OpenID Connect Core §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The same for every client.
    #[default]
    Public,
    /// Another one for each sector.
    Pairwise,
}

/// How something for a client is encrypted (OpenID Connect Dynamic Client Registration §2: the `…_encrypted_response_alg` and
/// `…_encrypted_response_enc` pairs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// How the content key reaches the client.
    pub alg: KeyManagement,
    /// How the content is encrypted.
    pub enc: ContentEncryption,
}
