//! Who may call an operation, as a value that documentation, runner and tests all read.

/// A named permission and the API scopes that open the same door for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The permission's slug, as roles grant it: `users.read`.
    pub slug: &'static str,
    /// The scope a token or API key must hold for this area: `admin:users`. `admin` always opens it.
    pub scope: &'static str,
    /// Whether it is more than looking. `admin:read` opens what isn't, `admin:write` both.
    pub writes: bool,
}

/// The access rule of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone, for the reason given.
    Public(&'static str),
    /// A browser: its session cookie is read where there is one; the operation decides what its absence means.
    Browser,
    /// A signed-in person's browser session; without one the visitor is sent to sign in.
    Session,
    /// An OAuth client that proves who it is (RFC 6749 §2.3).
    Client,
    /// Any valid access token; the operation looks at whose it is.
    Token,
    /// A token of anyone, or an API key.
    TokenOrKey,
    /// A user token or API key whose user holds the permission, with a fitting scope; or a program's token with the scope.
    Permission(Permission),
    /// A signed-in person's browser session, if the person holds the permission; without a session the visitor is sent to sign in.
    Console(Permission),
    /// Whoever may register clients: someone with the permission, the bearer of an initial access token, which the operation itself
    /// claims, or anyone. The operation asks the organization's policy which of them it takes (RFC 7591 §3).
    Registration(Permission),
    /// A registered client, by the registration access token it manages its registration with (RFC 7592 §2).
    Registered,
    /// The operator of the installation: command line and start-up, never the network.
    Operator,
}

/// The rate class of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Static documents: metadata, keys, assets, health.
    Cheap,
    /// Everything else.
    Standard,
    /// Token, introspection, userinfo: programs call them without pause.
    Token,
    /// Guesses at a secret: sign-in, password reset, registration.
    Credential,
}
