//! How sessions look in the published API.

use crate::sessions::{self, Limits, Session};
use kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use store::{FromRow, Row, StoreError};

/// A session.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub user_id: String,
    /// Their address.
    pub user_email: String,
    /// Where it began.
    pub ip_address: Option<String>,
    /// The software it began with.
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: String,
    /// When it was last used, to the minute.
    pub last_activity_at: Option<String>,
    /// When it ends at the latest.
    pub expires_at: String,
    /// Whether it is still good.
    pub is_active: bool,
}

impl SessionView {
    /// Of a session of the person with this address.
    pub(super) fn new(session: Session, email: String, limits: &Limits, now: Timestamp) -> Self {
        Self {
            id: session.number,
            user_id: session.user.to_string(),
            user_email: email,
            is_active: session.is_live(limits, now),
            ip_address: session.ip,
            user_agent: session.user_agent,
            created_at: session.created_at.to_iso(),
            last_activity_at: Some(session.seen_at.to_iso()),
            expires_at: session.expires_at.to_iso(),
        }
    }
}

/// A session with the address of its person.
pub(super) struct ListedSession {
    session: Session,
    email: String,
}

impl ListedSession {
    pub(super) fn shown(self, limits: &Limits, now: Timestamp) -> SessionView {
        SessionView::new(self.session, self.email, limits, now)
    }
}

impl FromRow for ListedSession {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self { session: sessions::from_row(row)?, email: row.column("email")? })
    }
}
