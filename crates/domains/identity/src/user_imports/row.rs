//! One person in an import or export.

use crate::users::{
    Address, Birthdate, Email, Gender, Locale, MoreClaims, Name, PhoneNumber, Picture, Profile, Username, WebPage, Zoneinfo,
};
use flow::{Field, PasswordHash, Text};
use kernel::Timestamp;
use serde_json::{Map, Value};

/// The fields of a row, in the order in which an export writes them.
pub(super) const COLUMNS: [&str; 23] = [
    "email",
    "emailVerified",
    "username",
    "name",
    "givenName",
    "familyName",
    "picture",
    "phoneNumber",
    "locale",
    "zoneinfo",
    "isActive",
    "createdAt",
    "roles",
    "groups",
    "passwordHash",
    "address",
    "phoneNumberVerified",
    "middleName",
    "nickname",
    "profile",
    "website",
    "gender",
    "birthdate",
];
const MOST_KEYS: usize = 100;

/// A person to be brought in: everything about them is well formed.
#[derive(Clone, Debug)]
pub struct ImportRow {
    pub(super) email: Email,
    pub(super) email_verified: Option<bool>,
    pub(super) username: Option<Username>,
    pub(super) profile: Profile,
    pub(super) is_active: bool,
    pub(super) created_at: Option<Timestamp>,
    /// By slug; the role everybody has where it is left out.
    pub(super) roles: Option<Vec<String>>,
    pub(super) groups: Vec<String>,
    pub(super) password_hash: Option<PasswordHash>,
}

impl ImportRow {
    /// From a JSON object.
    ///
    /// # Errors
    /// What is wrong with it, field by field. It quotes no values.
    pub fn of_json(object: &Map<String, Value>) -> Result<Self, String> {
        Cells { cells: object.iter().map(|(name, value)| (name.as_str(), Cell::Json(value))).collect(), problems: Vec::new() }
            .read()
    }
    /// From the cells of a table, each with the name of its column. Empty cells are left out.
    ///
    /// # Errors
    /// As [`ImportRow::of_json`].
    pub fn of_cells<'a>(cells: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let cells = cells.filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, Cell::Text(text))).collect();
        Cells { cells, problems: Vec::new() }.read()
    }
}

enum Cell<'a> {
    Json(&'a Value),
    Text(&'a str),
}

struct Cells<'a> {
    cells: Vec<(&'a str, Cell<'a>)>,
    problems: Vec<String>,
}

impl Cells<'_> {
    fn read(mut self) -> Result<ImportRow, String> {
        for (name, _) in &self.cells {
            if !COLUMNS.contains(name) {
                let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
                self.problems.push(format!("{shown} is not a field of a user"));
            }
        }
        let email = self.take::<Email>("email");
        if email.is_none() && !self.cells.iter().any(|(name, _)| *name == "email") {
            self.problems.push("email is required".to_owned());
        }
        let profile = Profile {
            name: self.take("name").map(Name::into_string),
            given_name: self.take("givenName").map(Name::into_string),
            family_name: self.take("familyName").map(Name::into_string),
            picture: self.take("picture").map(Picture::into_string),
            phone_number: self.take("phoneNumber").map(PhoneNumber::into_string),
            phone_number_verified: self.take("phoneNumberVerified").unwrap_or(false),
            address: self.take("address").map(Address::into_string),
            more: MoreClaims {
                middle_name: self.take("middleName").map(Name::into_string),
                nickname: self.take("nickname").map(Name::into_string),
                profile: self.take("profile").map(WebPage::into_string),
                website: self.take("website").map(WebPage::into_string),
                gender: self.take("gender").map(Gender::into_string),
                birthdate: self.take("birthdate").map(Birthdate::into_string),
            },
            locale: self.take("locale").map(Locale::into_string),
            zoneinfo: self.take("zoneinfo").map(Zoneinfo::into_string),
        };
        let (email_verified, is_active) = (self.take("emailVerified"), self.take("isActive").unwrap_or(true));
        let (username, created_at) = (self.take("username"), self.take("createdAt"));
        let (roles, groups) = (self.take::<Keys>("roles"), self.take::<Keys>("groups"));
        let password_hash = self.take::<Hash>("passwordHash").map(|hash| hash.0);
        match email {
            Some(email) if self.problems.is_empty() => Ok(ImportRow {
                email,
                email_verified,
                username,
                profile,
                is_active,
                created_at,
                roles: roles.map(|keys| keys.0),
                groups: groups.map(|keys| keys.0).unwrap_or_default(),
                password_hash,
            }),
            _ => Err(self.problems.join("; ")),
        }
    }

    fn take<T: Field>(&mut self, name: &str) -> Option<T> {
        let (_, cell) = self.cells.iter().find(|(known, _)| *known == name)?;
        let parsed = match cell {
            Cell::Json(Value::Null) => return None,
            Cell::Json(value) => T::from_json(value),
            Cell::Text(text) => T::from_text(text),
        };
        parsed.map_err(|problem| self.problems.push(format!("{name} {problem}"))).ok()
    }
}

/// Slugs: a JSON list, or text with semicolons between them.
struct Keys(Vec<String>);

impl Field for Keys {
    fn schema() -> Value {
        Vec::<Text<1, 255>>::schema()
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let keys = text.split(';').map(str::trim).filter(|key| !key.is_empty());
        keys.map(Text::<1, 255>::from_text).collect::<Result<Vec<_>, _>>().and_then(Self::of)
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        Vec::from_json(value).and_then(Self::of)
    }
}

impl Keys {
    fn of(keys: Vec<Text<1, 255>>) -> Result<Self, String> {
        if keys.len() > MOST_KEYS {
            return Err(format!("must have at most {MOST_KEYS} entries"));
        }
        Ok(Self(keys.into_iter().map(Text::into_string).collect()))
    }
}

/// A password hash of a known form.
struct Hash(PasswordHash);

impl Field for Hash {
    fn schema() -> Value {
        String::schema()
    }
    fn from_text(text: &str) -> Result<Self, String> {
        PasswordHash::parse(text).map(Self).map_err(|refused| format!("is {refused}"))
    }
}
