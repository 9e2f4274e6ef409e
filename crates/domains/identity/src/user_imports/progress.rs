//! How far an import has come.

use flow::Field;
use kernel::{Fault, Timestamp, UserImportId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

/// What happens to a row whose address belongs to somebody already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnExisting {
    /// It is passed over.
    #[default]
    Skip,
    /// The person's profile takes its values. Address, username, password, roles and groups stay as they are.
    Update,
    /// It is refused.
    Refuse,
}

impl OnExisting {
    pub(super) const ALL: [Self; 3] = [Self::Skip, Self::Update, Self::Refuse];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Update => "update",
            Self::Refuse => "refuse",
        }
    }
    /// The one of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

impl Field for OnExisting {
    fn schema() -> Value {
        json!({ "type": "string", "enum": Self::ALL.map(Self::as_str), "default": "skip" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| "must be skip, update or refuse".to_owned())
    }
}

rows! {
    /// An import, as stored.
    #[derive(Clone, Debug)]
    pub(super) struct ImportStateRow {
        pub(super) id: UserImportId,
        pub(super) on_existing: String,
        pub(super) received: i64,
        pub(super) created: i64,
        pub(super) updated: i64,
        pub(super) skipped: i64,
        pub(super) refused: i64,
        pub(super) created_at: Timestamp,
        pub(super) updated_at: Timestamp,
        pub(super) finished_at: Option<Timestamp>,
    }
}

/// An import, as callers see it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportView {
    /// Its id.
    pub id: String,
    /// `open`, or `finished`.
    pub state: &'static str,
    /// What happens to a row whose address belongs to somebody already.
    pub on_existing: OnExisting,
    /// Rows so far: the `offset` of the next request.
    pub received: i64,
    /// Of those, people who were made.
    pub created: i64,
    /// People who were there and were changed.
    pub updated: i64,
    /// People who were there and were passed over.
    pub skipped: i64,
    /// Rows that were refused.
    pub refused: i64,
    /// When it began.
    pub created_at: String,
    /// When the last rows came.
    pub updated_at: String,
    /// When it was finished.
    pub finished_at: Option<String>,
}

impl ImportStateRow {
    pub(super) fn on_existing(&self) -> OnExisting {
        OnExisting::parse(&self.on_existing).unwrap_or_default()
    }
    pub(super) fn view(self) -> ImportView {
        ImportView {
            state: if self.finished_at.is_some() { "finished" } else { "open" },
            on_existing: self.on_existing(),
            id: self.id.to_string(),
            received: self.received,
            created: self.created,
            updated: self.updated,
            skipped: self.skipped,
            refused: self.refused,
            created_at: self.created_at.to_iso(),
            updated_at: self.updated_at.to_iso(),
            finished_at: self.finished_at.map(Timestamp::to_iso),
        }
    }
}

/// The import of that id.
///
/// # Errors
/// 404 `user_imports.not_found`.
pub(super) async fn load<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &UserImportId) -> Result<ImportStateRow, Fault> {
    let sql = org_sql!(
        "SELECT id, on_existing, received, created, updated, skipped, refused, created_at, updated_at, finished_at
         FROM user_imports WHERE org_id = :org AND id = :id"
    );
    let found = tx.fetch_optional(sql, args! { id: id }).await?;
    found.ok_or_else(|| Fault::not_found("user_imports.not_found", "There is no such import."))
}
