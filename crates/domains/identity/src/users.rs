//! People: what is kept of them and how they are found.

mod approval_codes;
mod backlog;
mod email;
mod more_claims;
mod passwords;
mod profile;
mod reference;
mod state;
pub mod tally;
pub(crate) mod words;
mod write;

pub use approval_codes::{
    LONGEST_APPROVAL_CODE, SHORTEST_APPROVAL_CODE, find_approval_code, remove_approval_code, set_approval_code,
};
pub use backlog::GiveWords;
pub(crate) use backlog::is_left as lacks_words;
pub use email::{Email, EmailKey};
pub use more_claims::MoreClaims;
pub use passwords::{
    MIN_LENGTH, find_password_hash, is_reused, recent_password_hashes, rehash_password, reused, set_password_hash,
};
pub use profile::{Address, Birthdate, Gender, Locale, Name, PhoneNumber, Picture, Username, WebPage, Zoneinfo};
pub use reference::{UserRef, find_user_by, load_user_by};
pub use state::{block, delete, end_access, end_access_elsewhere, mark_email_verified, record_sign_in, revoke_grants, unblock};
pub(crate) use write::{NewAccount, insert_all};
pub use write::{NewUser, Profile, TAKEN, insert_user, update_user};

use kernel::{Fault, Timestamp, UserId};
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

rows! {
    /// A person, as stored. The password hash is kept apart: see [`find_password_hash`].
    #[derive(Clone, Debug)]
    pub struct User {
        /// Their number, where the published API wants one.
        pub number: i64,
        /// Their id; the `sub` of their tokens.
        pub id: UserId,
        /// Their address as they wrote it.
        pub email: String,
        /// Whether they have shown that they read mail sent there.
        pub email_verified: bool,
        /// Another name to sign in with.
        pub username: Option<String>,
        /// Full name.
        pub name: Option<String>,
        /// Given name.
        pub given_name: Option<String>,
        /// Family name.
        pub family_name: Option<String>,
        /// URL of a picture.
        pub picture: Option<String>,
        /// Telephone number.
        pub phone_number: Option<String>,
        /// Whether the number is known to be theirs.
        pub phone_number_verified: bool,
        /// Postal address: the JSON object of OpenID Connect Core §5.1.1.
        pub address: Option<String>,
        /// Standard claims people seldom fill in.
        pub profile: MoreClaims,
        /// Language tag (RFC 5646).
        pub locale: Option<String>,
        /// Time zone: `Europe/Paris`.
        pub zoneinfo: Option<String>,
        /// Whether the account is in use at all.
        pub is_active: bool,
        /// Whether an administrator shut them out.
        pub is_blocked: bool,
        /// Since when.
        pub blocked_at: Option<Timestamp>,
        /// When the password was last set.
        pub password_changed_at: Option<Timestamp>,
        /// Tokens issued before this moment are void.
        pub tokens_not_before: Timestamp,
        /// When they last signed in.
        pub last_login_at: Option<Timestamp>,
        /// How often they signed in.
        pub login_count: i64,
        /// When the account was made.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
    }
}

impl User {
    /// Whether they may sign in and their tokens count.
    pub fn may_enter(&self) -> bool {
        self.is_active && !self.is_blocked
    }
    /// Whether it may be an account that somebody registered and nobody has ever used or touched.
    pub fn may_be_pending(&self) -> bool {
        let is_used = self.is_active || self.is_blocked || self.email_verified || self.last_login_at.is_some();
        !is_used && self.updated_at == self.created_at
    }
    /// What searches look at.
    pub(crate) fn spoken(&self) -> words::Spoken<'_> {
        words::Spoken {
            email: &self.email,
            username: self.username.as_deref(),
            name: self.name.as_deref(),
            given_name: self.given_name.as_deref(),
            family_name: self.family_name.as_deref(),
            phone_number: self.phone_number.as_deref(),
        }
    }
    /// What to call them: their name, or else their address.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.email)
    }
}

/// What callers are told about a user who isn't there, or belongs to another organization.
pub fn not_found() -> Fault {
    Fault::not_found("users.not_found", "There is no such user.")
}

/// The user with this id.
pub async fn find_user<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &UserId) -> Result<Option<User>, Fault> {
    let sql = org_sql!(
        "SELECT number, id, email, email_verified, username, name, given_name, family_name, picture, phone_number,
             phone_number_verified, address, profile, locale, zoneinfo, is_active, is_blocked, blocked_at, password_changed_at,
             tokens_not_before, last_login_at, login_count, created_at, updated_at
         FROM users WHERE org_id = :org AND id = :id"
    );
    Ok(tx.fetch_optional(sql, args! { id: id }).await?)
}

/// The user with this id.
///
/// # Errors
/// 404 `users.not_found`.
pub async fn load_user<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &UserId) -> Result<User, Fault> {
    find_user(tx, id).await?.ok_or_else(not_found)
}

/// The user with this address.
pub async fn find_user_by_email<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &EmailKey) -> Result<Option<User>, Fault> {
    let sql = org_sql!(
        "SELECT number, id, email, email_verified, username, name, given_name, family_name, picture, phone_number,
             phone_number_verified, address, profile, locale, zoneinfo, is_active, is_blocked, blocked_at, password_changed_at,
             tokens_not_before, last_login_at, login_count, created_at, updated_at
         FROM users WHERE org_id = :org AND email_key = :key"
    );
    Ok(tx.fetch_optional(sql, args! { key: key.as_str() }).await?)
}

/// The user who signs in with this identifier: an address if it holds an `@`, else a username. Both are compared as
/// [`EmailKey`] and [`Username::key`] spell them.
pub async fn find_user_by_login<M: Mode>(tx: &mut Tx<OneOrg, M>, identifier: &str) -> Result<Option<User>, Fault> {
    if identifier.contains('@') {
        return find_user_by_email(tx, &EmailKey::of(identifier)).await;
    }
    let sql = org_sql!(
        "SELECT number, id, email, email_verified, username, name, given_name, family_name, picture, phone_number,
             phone_number_verified, address, profile, locale, zoneinfo, is_active, is_blocked, blocked_at, password_changed_at,
             tokens_not_before, last_login_at, login_count, created_at, updated_at
         FROM users WHERE org_id = :org AND username_key = :key"
    );
    Ok(tx.fetch_optional(sql, args! { key: email::folded(identifier) }).await?)
}

/// How many users the organization has.
pub async fn count<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<i64, Fault> {
    tally::total_in(tx, |_| true).await
}

#[cfg(test)]
mod tests;
