//! Standard claims people seldom fill in: one column holds them all.

use serde::{Deserialize, Serialize};
use store::{Arg, FromColumn, Row, StoreError};

/// Standard claims (OpenID Connect Core §5.1) without a column of their own. Stored as a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MoreClaims {
    /// Middle name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// What friends call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// URL of a page about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// URL of a page of theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Gender, in any words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Day of birth: `YYYY-MM-DD`, `YYYY` alone, or with 0000 for the year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
}

impl MoreClaims {
    /// As stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
    /// Take what `new` has, and keep the rest.
    pub fn take(&mut self, new: Self) {
        for (stored, new) in [
            (&mut self.middle_name, new.middle_name),
            (&mut self.nickname, new.nickname),
            (&mut self.profile, new.profile),
            (&mut self.website, new.website),
            (&mut self.gender, new.gender),
            (&mut self.birthdate, new.birthdate),
        ] {
            if new.is_some() {
                *stored = new;
            }
        }
    }
}

impl FromColumn for MoreClaims {
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
        let text: String = row.column(name)?;
        serde_json::from_str(&text)
            .map_err(|_| StoreError::Column { column: name.to_owned(), problem: "not the JSON it should be".to_owned() })
    }
}

impl From<&MoreClaims> for Arg<'_> {
    fn from(claims: &MoreClaims) -> Self {
        claims.to_json().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_reads_back_and_what_a_newer_version_adds_is_no_trouble() {
        let claims =
            MoreClaims { nickname: Some("Countess".into()), birthdate: Some("1815-12-10".into()), ..MoreClaims::default() };
        assert_eq!(claims.to_json(), r#"{"nickname":"Countess","birthdate":"1815-12-10"}"#);
        assert_eq!(serde_json::from_str::<MoreClaims>(&claims.to_json()).unwrap(), claims);
        assert_eq!(serde_json::from_str::<MoreClaims>(r#"{"pronouns":"she"}"#).unwrap(), MoreClaims::default());
    }
}
