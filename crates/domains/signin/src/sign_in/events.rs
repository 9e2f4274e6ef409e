//! What signing in records.

use crate::entrance::Refusal;
use crate::recovery::renewal::TOO_OLD;
use kernel::{ClientId, Event, EventKind, Loud, Record, Severity, UserId};

/// What signing in records.
#[derive(Clone, Debug)]
pub enum SigningIn {
    /// A person signed in.
    SignedIn {
        /// Who.
        user: UserId,
        /// The application that asked.
        client: Option<ClientId>,
        /// Whether they asked to stay signed in.
        is_remembered: bool,
    },
    /// Somebody could not sign in.
    Failed {
        /// The account, if there is one. What was typed is not recorded: it is often a mistyped secret.
        user: Option<UserId>,
        /// Why; more than the person is told.
        reason: &'static str,
        /// Whether this failure locked the account or the source.
        has_locked: bool,
    },
    /// Somebody called a sign-in off.
    Cancelled,
}

impl SigningIn {
    pub(crate) fn refused(refusal: Refusal) -> Self {
        Self::Failed { user: refusal.user, reason: refusal.reason, has_locked: refusal.has_locked }
    }
    /// The password was right, and too old to come in by.
    pub(crate) fn too_old(user: UserId) -> Self {
        Self::Failed { user: Some(user), reason: TOO_OLD, has_locked: false }
    }
    /// A form that came back unusable.
    pub(crate) fn unusable(reason: &'static str) -> Self {
        Self::Failed { user: None, reason, has_locked: false }
    }
}

const SIGNED_IN: EventKind = EventKind { name: "users.signed_in", severity: Severity::Info, summary: "A person signed in." };
const FAILED: EventKind =
    EventKind { name: "users.sign_in_failed", severity: Severity::Warning, summary: "Somebody could not sign in." };
const CANCELLED: EventKind =
    EventKind { name: "users.sign_in_cancelled", severity: Severity::Info, summary: "Somebody called a sign-in off." };

impl Loud for SigningIn {}
impl Event for SigningIn {
    const KINDS: &'static [&'static EventKind] = &[&SIGNED_IN, &FAILED, &CANCELLED];

    fn record(self) -> Option<Record> {
        Some(match self {
            Self::SignedIn { user, client, is_remembered } => Record::new(&SIGNED_IN)
                .about("user", user.as_str())
                .public("method", "password")
                .public("requested_by", client)
                .public("remembered", is_remembered),
            Self::Failed { user, reason, has_locked } => {
                let failed = Record::new(&FAILED).public("reason", reason).public("locked", has_locked);
                match user {
                    Some(user) => failed.about("user", user.as_str()),
                    None => failed,
                }
            }
            Self::Cancelled => Record::new(&CANCELLED),
        })
    }
}
