//! Naming a user in a path or body: by id or by address.

use super::{EmailKey, User, find_user, find_user_by_email, not_found};
use flow::{Field, Text};
use kernel::{Fault, UserId};
use serde_json::{Value, json};
use store::{Mode, OneOrg, Tx};

/// A user named by id or address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// By id.
    Id(UserId),
    /// By address.
    Email(EmailKey),
}

impl UserRef {
    /// The id or address.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Id(id) => id.as_str(),
            Self::Email(key) => key.as_str(),
        }
    }
}

impl Field for UserRef {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": 255, "description": "Id or e-mail address." })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let text = Text::<1, 255>::from_text(text)?;
        Ok(if text.as_str().contains('@') {
            Self::Email(EmailKey::of(text.as_str()))
        } else {
            Self::Id(UserId::from(text.into_string()))
        })
    }
}

/// The user who is meant.
pub async fn find_user_by<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserRef) -> Result<Option<User>, Fault> {
    match user {
        UserRef::Id(id) => find_user(tx, id).await,
        UserRef::Email(key) => find_user_by_email(tx, key).await,
    }
}

/// The user who is meant.
///
/// # Errors
/// 404 `users.not_found`.
pub async fn load_user_by<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserRef) -> Result<User, Fault> {
    find_user_by(tx, user).await?.ok_or_else(not_found)
}
