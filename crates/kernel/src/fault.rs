//! What went wrong, as a meaning. One module of `edge` turns it into bytes.

use crate::Scopes;
use std::borrow::Cow;
use std::fmt;

/// The meaning of a fault; it decides the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The request can't be understood or breaks a rule (400).
    Invalid,
    /// The caller did not prove who they are (401).
    Unauthenticated,
    /// The caller may not (403).
    Forbidden,
    /// There is no such thing here (404).
    NotFound,
    /// The route exists, the method doesn't (405).
    MethodNotAllowed,
    /// It clashes with what is there (409).
    Conflict,
    /// It was here and is gone (410).
    Gone,
    /// The body is larger than allowed (413).
    TooLarge,
    /// The body's media type isn't understood (415).
    UnsupportedMediaType,
    /// This server doesn't answer for that host (421).
    Misdirected,
    /// Understood, well formed, and not allowed in this state (422).
    Unprocessable,
    /// Too many requests (429).
    TooMany,
    /// Our fault (500).
    Internal,
    /// Not now (503).
    Unavailable,
}

/// A fault on its way to the caller. `hint` may be shown to anyone; `detail` only ever reaches the operator's log.
#[derive(Clone)]
pub struct Fault {
    /// The meaning.
    pub kind: FaultKind,
    /// A stable code: an OAuth error code, or `users.not_found`.
    pub code: &'static str,
    /// What happened and what to do now, for the caller.
    pub hint: Cow<'static, str>,
    /// For the operator. Never shown to the caller and never a secret.
    pub detail: Option<String>,
    /// Messages by field of the request.
    pub fields: Vec<(String, String)>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u32>,
    /// The scopes that were missing, if that was it.
    pub missing_scopes: Option<Box<MissingScopes>>,
    /// How long a chain of actors may be, if this one was longer.
    pub max_depth: Option<u8>,
    /// What the caller is to bring along next time.
    pub demand: Option<Box<Demand>>,
}

/// A no that an operation is known to say; the API reference lists it with the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The meaning.
    pub kind: FaultKind,
    /// Its code.
    pub code: &'static str,
    /// What the caller is told.
    pub hint: &'static str,
}

impl Denial {
    /// Of any kind.
    pub const fn new(kind: FaultKind, code: &'static str, hint: &'static str) -> Self {
        Self { kind, code, hint }
    }
    /// 401.
    pub const fn unauthenticated(code: &'static str, hint: &'static str) -> Self {
        Self::new(FaultKind::Unauthenticated, code, hint)
    }
    /// 403.
    pub const fn forbidden(code: &'static str, hint: &'static str) -> Self {
        Self::new(FaultKind::Forbidden, code, hint)
    }
    /// 404.
    pub const fn not_found(code: &'static str, hint: &'static str) -> Self {
        Self::new(FaultKind::NotFound, code, hint)
    }
    /// 409.
    pub const fn conflict(code: &'static str, hint: &'static str) -> Self {
        Self::new(FaultKind::Conflict, code, hint)
    }
    /// 410.
    pub const fn gone(code: &'static str, hint: &'static str) -> Self {
        Self::new(FaultKind::Gone, code, hint)
    }
    /// 422.
    pub const fn unprocessable(code: &'static str, hint: &'static str) -> Self {
        Self::new(FaultKind::Unprocessable, code, hint)
    }
}

impl From<Denial> for Fault {
    fn from(denial: Denial) -> Self {
        Self::new(denial.kind, denial.code, denial.hint)
    }
}

/// What a refused caller is to bring along next time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// A proof of possession with this nonce (RFC 9449 §8).
    Nonce(String),
    /// A token of a person who signed in like this (RFC 9470 §3).
    SignIn {
        /// So strongly at least, as `acr` spells it.
        acr: Option<&'static str>,
        /// At most so many seconds ago.
        max_age: Option<u32>,
    },
}

/// What a credential lacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingScopes {
    /// Scopes any of which would have opened the door.
    pub required: Vec<&'static str>,
    /// Scopes the credential has.
    pub granted: Vec<String>,
}

impl Fault {
    /// A fault of any kind.
    pub fn new(kind: FaultKind, code: &'static str, hint: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            code,
            hint: hint.into(),
            detail: None,
            fields: Vec::new(),
            retry_after: None,
            missing_scopes: None,
            max_depth: None,
            demand: None,
        }
    }
    /// 400 with an OAuth or API code.
    pub fn invalid(code: &'static str, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Invalid, code, hint)
    }
    /// 401.
    pub fn unauthenticated(code: &'static str, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Unauthenticated, code, hint)
    }
    /// 403.
    pub fn forbidden(code: &'static str, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Forbidden, code, hint)
    }
    /// 404.
    pub fn not_found(code: &'static str, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::NotFound, code, hint)
    }
    /// 409.
    pub fn conflict(code: &'static str, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Conflict, code, hint)
    }
    /// 500. The caller learns nothing but that it is our fault.
    pub fn internal(detail: impl fmt::Display) -> Self {
        Self::new(FaultKind::Internal, "server_error", "Something went wrong on our side. Please try again.").because(detail)
    }
    /// 503.
    pub fn unavailable(detail: impl fmt::Display) -> Self {
        let mut fault =
            Self::new(FaultKind::Unavailable, "temporarily_unavailable", "The server is busy. Please try again shortly.");
        fault.retry_after = Some(1);
        fault.because(detail)
    }
    /// 429.
    pub fn too_many(retry_after: u32) -> Self {
        let mut fault =
            Self::new(FaultKind::TooMany, "rate_limit_exceeded", "Too many requests. Please wait a moment and try again.");
        fault.retry_after = Some(retry_after);
        fault
    }
    /// 400 `validation_error` with messages by field.
    pub fn fields(fields: Vec<(String, String)>) -> Self {
        let mut fault = Self::invalid("validation_error", "Some fields of the request need attention.");
        fault.fields = fields;
        fault
    }
    /// 403 as the published SDKs expect it when a token lacks a scope.
    pub fn insufficient_scope(required: &[&'static str], granted: &Scopes) -> Self {
        let mut fault = Self::forbidden("forbidden", format!("Insufficient scope: {} is required.", required.join(" or ")));
        let granted = granted.iter().map(str::to_owned).collect();
        fault.missing_scopes = Some(Box::new(MissingScopes { required: required.to_vec(), granted }));
        fault
    }
    /// Add what the operator should know.
    #[must_use]
    pub fn because(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}: {}", self.kind, self.code, self.hint)?;
        self.detail.as_ref().map_or(Ok(()), |detail| write!(f, " ({detail})"))
    }
}
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hint)
    }
}
impl std::error::Error for Fault {}
