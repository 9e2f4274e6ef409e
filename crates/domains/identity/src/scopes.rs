//! Scopes: what applications may ask for. Those of the server itself, and those an organization made for its own applications
//! (RFC 6749 §3.3).

use crate::permissions::{ADMIN_SCOPE, SYSTEM_PERMISSIONS};
use flow::Field;
use kernel::{Denial, Fault, Scopes, Timestamp};
use serde_json::{Value, json};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql, rows};

rows! {
    /// A scope of the organization's own.
    #[derive(Clone, Debug)]
    pub struct OwnScope {
        /// Its number.
        pub number: i64,
        /// Its name: `calendar:read`.
        pub name: String,
        /// What it lets an application do, for the person who is asked.
        pub description: Option<String>,
        /// Whether a client that is registered without scopes may ask for it.
        pub is_default: bool,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// A name for a scope of an organization's own. What the server's own scopes are called, today or later, it can't be: people
/// would allow one thing and give away another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeName(String);

const MAX: usize = 100;
/// The first parts of scopes that mean something to the server: `admin`, `admin:users`, `admin.read`.
const AREAS: [&str; 6] = ["admin", "authz", "abac", "jit", "agents", "delegate"];
/// What tells applications about people beside OpenID Connect's own scopes.
const ABOUT_PEOPLE: [&str; 5] = ["roles", "groups", "permissions", "entitlements", "organization"];

impl ScopeName {
    /// Parse it.
    ///
    /// # Errors
    /// What is wrong, for the caller.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_token = Scopes::parse(text).is_some_and(|scopes| scopes.iter().eq([text]));
        if text.chars().all(|c| c.is_ascii_digit()) {
            return Err("must not look like a number".to_owned());
        }
        if !is_token || text.len() > MAX {
            return Err(format!("must be at most {MAX} printable characters without space, quotation mark or backslash"));
        }
        let folded = text.to_ascii_lowercase();
        let area = folded.split([':', '.', '/']).next().unwrap_or_default();
        let (standard, own) = (oauth::scope::BUILT_IN.as_slice(), ABOUT_PEOPLE.as_slice());
        if AREAS.contains(&area) || standard.iter().chain(own).any(|reserved| *reserved == folded) {
            return Err("is or may become one of the server's own scopes".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field for ScopeName {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": MAX })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

/// The server's own scopes, each with what it is for: OpenID Connect's, and those that open its API.
pub fn of_the_server() -> Vec<(&'static str, String)> {
    let standard = oauth::scope::BUILT_IN.iter().map(|name| (*name, format!("OpenID Connect: {name}.")));
    let mut all: Vec<(&'static str, String)> = standard.collect();
    all.push((ADMIN_SCOPE, "Everything in the administration.".to_owned()));
    for known in SYSTEM_PERMISSIONS {
        match all.iter_mut().find(|(name, _)| *name == known.permission.scope) {
            Some((_, description)) => *description = format!("{description} {}", known.description),
            None => all.push((known.permission.scope, known.description.to_owned())),
        }
    }
    all
}

/// What callers are told about a scope that isn't there.
pub fn not_found() -> Fault {
    Fault::not_found("scopes.not_found", "There is no such scope.")
}

/// The organization's own scopes, by name.
pub async fn list<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Vec<OwnScope>, Fault> {
    let sql = org_sql!("SELECT number, name, description, is_default, created_at FROM scopes WHERE org_id = :org ORDER BY name");
    Ok(tx.fetch_all(sql, &[]).await?)
}

/// What a client may ask for that was registered without scopes.
pub async fn defaults<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Scopes, Fault> {
    Ok(list(tx).await?.into_iter().filter(|scope| scope.is_default).map(|scope| scope.name).collect())
}

/// The scope of the organization's own with this number or name.
///
/// # Errors
/// 404 `scopes.not_found`.
pub async fn load<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<OwnScope, Fault> {
    let by_name =
        org_sql!("SELECT number, name, description, is_default, created_at FROM scopes WHERE org_id = :org AND name = :key");
    if let Some(found) = tx.fetch_optional(by_name, args! { key: key }).await? {
        return Ok(found);
    }
    let Ok(number) = key.parse::<i64>() else { return Err(not_found()) };
    let by_number =
        org_sql!("SELECT number, name, description, is_default, created_at FROM scopes WHERE org_id = :org AND number = :number");
    tx.fetch_optional(by_number, args! { number: number }).await?.ok_or_else(not_found)
}

/// The name is another one's.
pub const TAKEN: Denial = Denial::conflict("scopes.taken", "There is a scope of that name already.");

/// Make a scope.
///
/// # Errors
/// 409 `scopes.taken` if there is one of that name.
pub async fn insert(
    tx: &mut Tx<OneOrg, Writes>,
    name: &ScopeName,
    description: Option<&str>,
    is_default: bool,
    now: Timestamp,
) -> Result<OwnScope, Fault> {
    let sql = org_sql!(
        "INSERT INTO scopes (org_id, name, description, is_default, created_at)
         VALUES (:org, :name, :description, :is_default, :now) ON CONFLICT (org_id, name) DO NOTHING"
    );
    let values = args! { name: name.as_str(), description: description, is_default: is_default, now: now };
    if tx.execute(sql, values).await? != 1 {
        return Err(TAKEN.into());
    }
    load(tx, name.as_str()).await
}

/// Remove a scope. Clients that were registered for its name keep the name.
///
/// # Errors
/// 404 `scopes.not_found` if it is gone.
pub async fn delete(tx: &mut Tx<OneOrg, Writes>, name: &str) -> Result<(), Fault> {
    let gone = tx.execute(org_sql!("DELETE FROM scopes WHERE org_id = :org AND name = :name"), args! { name: name }).await?;
    if gone == 1 { Ok(()) } else { Err(not_found()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scope_can_be_taken_for_one_of_the_servers() {
        for good in ["calendar", "calendar:read", "https://api.example.com/invoices.write", "administer", "Kalender-lesen"] {
            assert!(ScopeName::parse(good).is_ok(), "{good}");
        }
        let long = "x".repeat(101);
        for bad in ["", " ", "a b", "a\"b", "a\\b", "ä", "a\n", "42", long.as_str()] {
            assert!(ScopeName::parse(bad).is_err(), "{bad:?}");
        }
        for (own, _) in of_the_server() {
            assert!(ScopeName::parse(own).is_err() && ScopeName::parse(&own.to_uppercase()).is_err(), "{own}");
        }
        for own in ["admin:read", "admin:new-area", "Admin", "admin.read", "jit:approve", "abac:write", "groups", "openid"] {
            assert!(ScopeName::parse(own).is_err(), "{own}");
        }
    }
}
