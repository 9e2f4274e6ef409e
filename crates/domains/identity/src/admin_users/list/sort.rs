//! The orders of users, and places in them.

use crate::users::{EmailKey, User, Username};
use flow::Field;
use jose::encoding::{base64url, decode_base64url};
use kernel::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Arg;

/// What users can be sorted by. The id decides where all else is equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UserSort {
    /// When the account was made.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// When they last signed in; never comes last.
    LastLoginAt,
    /// Address.
    Email,
    /// Username; none comes last.
    Username,
    /// Full name; none comes last.
    Name,
}

impl Field for UserSort {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["createdAt", "updatedAt", "lastLoginAt", "email", "username", "name"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        serde_json::from_value(text.into())
            .map_err(|_| "must be createdAt, updatedAt, lastLoginAt, email, username or name".to_owned())
    }
}

/// A sort and its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Order {
    #[serde(rename = "s")]
    pub(super) sort: UserSort,
    #[serde(rename = "d")]
    pub(super) is_descending: bool,
}

impl Order {
    /// From the other end.
    pub(super) fn reversed(self) -> Self {
        Self { is_descending: !self.is_descending, ..self }
    }

    /// The order of the rows to choose from (`f`).
    pub(super) fn inner(self) -> &'static str {
        match (self.sort, self.is_descending) {
            // Ids are ordered by the time they were made.
            (UserSort::CreatedAt, false) => "ORDER BY f.id",
            (UserSort::CreatedAt, true) => "ORDER BY f.id DESC",
            (UserSort::UpdatedAt, false) => "ORDER BY f.updated_at, f.id",
            (UserSort::UpdatedAt, true) => "ORDER BY f.updated_at DESC, f.id DESC",
            (UserSort::LastLoginAt, false) => "ORDER BY f.login_order, f.id",
            (UserSort::LastLoginAt, true) => "ORDER BY f.login_order DESC, f.id DESC",
            // Nobody shares an address.
            (UserSort::Email, false) => "ORDER BY f.email_key",
            (UserSort::Email, true) => "ORDER BY f.email_key DESC",
            (UserSort::Username, false) => "ORDER BY f.username_order, f.id",
            (UserSort::Username, true) => "ORDER BY f.username_order DESC, f.id DESC",
            (UserSort::Name, false) => "ORDER BY f.name_order, f.id",
            (UserSort::Name, true) => "ORDER BY f.name_order DESC, f.id DESC",
        }
    }

    /// The order of the chosen rows (`u`).
    pub(super) fn outer(self) -> &'static str {
        match (self.sort, self.is_descending) {
            (UserSort::CreatedAt, false) => "ORDER BY u.id",
            (UserSort::CreatedAt, true) => "ORDER BY u.id DESC",
            (UserSort::UpdatedAt, false) => "ORDER BY u.updated_at, u.id",
            (UserSort::UpdatedAt, true) => "ORDER BY u.updated_at DESC, u.id DESC",
            (UserSort::LastLoginAt, false) => "ORDER BY u.login_order, u.id",
            (UserSort::LastLoginAt, true) => "ORDER BY u.login_order DESC, u.id DESC",
            (UserSort::Email, false) => "ORDER BY u.email_key",
            (UserSort::Email, true) => "ORDER BY u.email_key DESC",
            (UserSort::Username, false) => "ORDER BY u.username_order, u.id",
            (UserSort::Username, true) => "ORDER BY u.username_order DESC, u.id DESC",
            (UserSort::Name, false) => "ORDER BY u.name_order, u.id",
            (UserSort::Name, true) => "ORDER BY u.name_order DESC, u.id DESC",
        }
    }

    /// What lies behind `:key` and `:after` in the order of the rows to choose from.
    pub(super) fn behind(self) -> &'static str {
        match (self.sort, self.is_descending) {
            (UserSort::CreatedAt, false) => "f.id > :after",
            (UserSort::CreatedAt, true) => "f.id < :after",
            (UserSort::UpdatedAt, false) => "(f.updated_at, f.id) > (:key, :after)",
            (UserSort::UpdatedAt, true) => "(f.updated_at, f.id) < (:key, :after)",
            (UserSort::LastLoginAt, false) => "(f.login_order, f.id) > (:key, :after)",
            (UserSort::LastLoginAt, true) => "(f.login_order, f.id) < (:key, :after)",
            (UserSort::Email, false) => "f.email_key > :key",
            (UserSort::Email, true) => "f.email_key < :key",
            (UserSort::Username, false) => "(f.username_order, f.id) > (:key, :after)",
            (UserSort::Username, true) => "(f.username_order, f.id) < (:key, :after)",
            (UserSort::Name, false) => "(f.name_order, f.id) > (:key, :after)",
            (UserSort::Name, true) => "(f.name_order, f.id) < (:key, :after)",
        }
    }
}

/// What a row is ordered by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Key {
    /// Nothing but its id.
    Id(()),
    /// A time.
    Time(i64),
    /// A text.
    Text(String),
}

/// A place in an order: behind this row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    #[serde(rename = "k")]
    key: Key,
    #[serde(rename = "i")]
    id: UserId,
}

impl Place {
    /// Behind a user.
    pub(super) fn behind(user: &User, sort: UserSort) -> Self {
        let text_or_last = |text: Option<String>| Key::Text(text.map_or_else(|| "1".to_owned(), |text| format!("0{text}")));
        let key = match sort {
            UserSort::CreatedAt => Key::Id(()),
            UserSort::UpdatedAt => Key::Time(user.updated_at.as_micros()),
            UserSort::LastLoginAt => Key::Time(user.last_login_at.map_or(i64::MAX, kernel::Timestamp::as_micros)),
            UserSort::Email => Key::Text(EmailKey::of(&user.email).as_str().to_owned()),
            UserSort::Username => text_or_last(user.username.as_deref().map(Username::key_of)),
            UserSort::Name => text_or_last(user.name.clone()),
        };
        Self { key, id: user.id.clone() }
    }

    fn fits(&self, sort: UserSort) -> bool {
        match sort {
            UserSort::CreatedAt => self.key == Key::Id(()),
            UserSort::UpdatedAt | UserSort::LastLoginAt => matches!(self.key, Key::Time(_)),
            UserSort::Email | UserSort::Username | UserSort::Name => matches!(self.key, Key::Text(_)),
        }
    }

    /// What [`Order::behind`] binds.
    pub(super) fn values(&self, sort: UserSort) -> Vec<(&'static str, Arg<'_>)> {
        let mut values = Vec::new();
        if sort != UserSort::Email {
            values.push((":after", Arg::from(&self.id)));
        }
        match &self.key {
            Key::Id(()) => {}
            Key::Time(time) => values.push((":key", (*time).into())),
            Key::Text(text) => values.push((":key", text.into())),
        }
        values
    }
}

/// Where a page begins, as callers hand it back: nothing secret, nothing to rely on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    #[serde(rename = "o")]
    pub(super) order: Order,
    #[serde(rename = "a")]
    pub(super) place: Place,
    /// The number of the page.
    #[serde(rename = "p")]
    pub(super) page: u32,
}

impl Cursor {
    pub(super) fn encode(&self) -> String {
        base64url(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl Field for Cursor {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": 2048 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let decoded = decode_base64url(text).ok().filter(|_| text.len() <= 2048);
        let cursor: Option<Self> = decoded.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor
            .filter(|cursor| cursor.page > 0 && cursor.place.fits(cursor.order.sort) && !text_has_nul(&cursor.place))
            .ok_or_else(|| "must be the nextCursor of a page".to_owned())
    }
}

/// Neither database stores a NUL, and one of them refuses to look for it.
fn text_has_nul(place: &Place) -> bool {
    place.id.as_str().contains('\0') || matches!(&place.key, Key::Text(text) if text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_and_nothing_else_is_one() {
        let of = |sort, key| Cursor {
            order: Order { sort, is_descending: true },
            place: Place { key, id: UserId::from("01999999-0000-7000-8000-000000000000") },
            page: 7,
        };
        let good = [
            of(UserSort::CreatedAt, Key::Id(())),
            of(UserSort::LastLoginAt, Key::Time(i64::MAX)),
            of(UserSort::Name, Key::Text("0Zoë".to_owned())),
        ];
        for cursor in good {
            assert_eq!(Cursor::from_text(&cursor.encode()).unwrap(), cursor);
        }
        let bad = [
            of(UserSort::CreatedAt, Key::Time(1)).encode(),
            of(UserSort::Email, Key::Id(())).encode(),
            of(UserSort::UpdatedAt, Key::Text("1".to_owned())).encode(),
            of(UserSort::Name, Key::Text("0\0".to_owned())).encode(),
            Cursor { page: 0, ..of(UserSort::CreatedAt, Key::Id(())) }.encode(),
            base64url("{}"),
            "!".to_owned(),
            String::new(),
        ];
        for text in bad {
            assert!(Cursor::from_text(&text).is_err(), "{text}");
        }
    }
}
