//! API keys as answers show them.

use crate::api_keys::KeptKey;
use crate::envelope::ShownOnce;
use kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// An API key, without its secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyView {
    /// Its id: what stands between `lmk_` and the dot.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// For whom it acts: whoever made it.
    pub user_id: String,
    /// Their address.
    pub user_email: String,
    /// What it opens, as far as its person may do it.
    pub scopes: Vec<String>,
    /// `active`, `expired`, or `suspended` while its person is blocked or inactive.
    pub status: &'static str,
    /// When it was made.
    pub created_at: String,
    /// When it ends; never, if null.
    pub expires_at: Option<String>,
}

impl ApiKeyView {
    /// As it stands at that moment.
    pub fn at(key: KeptKey, now: Timestamp) -> Self {
        Self {
            status: key.state(now),
            id: key.id.to_string(),
            name: key.name,
            user_id: key.user_id.to_string(),
            user_email: key.email,
            scopes: key.scopes.iter().map(str::to_owned).collect(),
            created_at: key.created_at.to_iso(),
            expires_at: key.expires_at.map(Timestamp::to_iso),
        }
    }
}

/// An API key that was just made, with its secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NewApiKeyView {
    /// The key.
    #[serde(flatten)]
    pub key: ApiKeyView,
    /// What to send as `X-API-Key`, shown this once.
    #[serde(flatten)]
    pub secret: ShownOnce,
}
