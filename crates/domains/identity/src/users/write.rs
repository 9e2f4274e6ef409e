//! Making and changing users.

use super::{Email, MoreClaims, User, Username, find_user, not_found};
use flow::PasswordHash;
use kernel::{Denial, Fault, Rng, Timestamp, UserId};
use store::{OneOrg, StoreError, Tx, Writes, args, org_sql};

/// The optional parts of a new user.
#[derive(Clone, Debug, Default)]
pub struct Profile {
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
    /// Whether it is known to be theirs.
    pub phone_number_verified: bool,
    /// Postal address: the JSON object of OpenID Connect Core §5.1.1.
    pub address: Option<String>,
    /// Standard claims people seldom fill in.
    pub more: MoreClaims,
    /// Language tag.
    pub locale: Option<String>,
    /// Time zone.
    pub zoneinfo: Option<String>,
}

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their address.
    pub email: Email,
    /// Whether it is known to be theirs.
    pub email_verified: bool,
    /// Another name to sign in with.
    pub username: Option<Username>,
    /// Their password, already hashed.
    pub password: Option<PasswordHash>,
    /// Whether the account may be used.
    pub is_active: bool,
    /// The rest.
    pub profile: Profile,
}

impl NewUser {
    /// An active user about whom only the address is known.
    pub fn with_email(email: Email) -> Self {
        let profile = Profile::default();
        Self { email, email_verified: false, username: None, password: None, is_active: true, profile }
    }
}

/// Make a user. Roles are given apart: see [`assign_default`](crate::roles::assign_default).
///
/// # Errors
/// 409 `users.taken` if the address or username belongs to somebody.
pub async fn insert_user(tx: &mut Tx<OneOrg, Writes>, new: NewUser, now: Timestamp, rng: &dyn Rng) -> Result<User, Fault> {
    let id = insert_unless_taken(tx, &new, now, now, rng).await?.ok_or_else(taken)?;
    find_user(tx, &id).await?.ok_or_else(not_found)
}

/// Make a user whose account began at `created_at`, which their id tells too; `None` if the address or username belongs to
/// somebody.
pub(crate) async fn insert_unless_taken(
    tx: &mut Tx<OneOrg, Writes>,
    new: &NewUser,
    created_at: Timestamp,
    now: Timestamp,
    rng: &dyn Rng,
) -> Result<Option<UserId>, Fault> {
    let id = UserId::new(created_at, rng);
    let email_key = new.email.key();
    let sql = org_sql!(
        "INSERT INTO users (org_id, id, email, email_key, email_verified, username, username_key, name, given_name, family_name,
             picture, phone_number, phone_number_verified, address, profile, locale, zoneinfo, is_active, password_hash,
             password_changed_at, created_at, updated_at)
         VALUES (:org, :id, :email, :email_key, :email_verified, :username, :username_key, :name, :given_name, :family_name,
             :picture, :phone_number, :phone_number_verified, :address, :more, :locale, :zoneinfo, :is_active, :hash,
             :hashed_at, :created_at, :now)
         ON CONFLICT DO NOTHING"
    );
    let profile = &new.profile;
    let values = args! {
        id: &id,
        email: new.email.as_str(),
        email_key: email_key.as_str(),
        email_verified: new.email_verified,
        username: new.username.as_ref().map(Username::as_str),
        username_key: new.username.as_ref().map(Username::key),
        name: profile.name.as_deref(),
        given_name: profile.given_name.as_deref(),
        family_name: profile.family_name.as_deref(),
        picture: profile.picture.as_deref(),
        phone_number: profile.phone_number.as_deref(),
        phone_number_verified: profile.phone_number.is_some() && profile.phone_number_verified,
        address: profile.address.as_deref(),
        more: &profile.more,
        locale: profile.locale.as_deref(),
        zoneinfo: profile.zoneinfo.as_deref(),
        is_active: new.is_active,
        hash: new.password.as_ref().map(PasswordHash::expose),
        hashed_at: new.password.as_ref().map(|_| now),
        created_at: created_at,
        now: now,
    };
    if tx.execute(sql, values).await? != 1 {
        return Ok(None);
    }
    if let Some(hash) = &new.password {
        super::passwords::remember(tx, &id, hash, now).await?;
    }
    Ok(Some(id))
}

/// Store every part of `user` that can be edited: address, username, profile, whether it is active. (Blocking, passwords and
/// sign-ins have functions of their own.)
///
/// # Errors
/// 409 `users.taken` if the address or username belongs to somebody else; 404 if the user is gone.
pub async fn update_user(tx: &mut Tx<OneOrg, Writes>, user: &User, now: Timestamp) -> Result<(), Fault> {
    let email_key = super::EmailKey::of(&user.email);
    let username_key = user.username.as_deref().map(super::email::folded);
    let sql = org_sql!(
        "UPDATE users SET email = :email, email_key = :email_key, email_verified = :email_verified, username = :username,
             username_key = :username_key, name = :name, given_name = :given_name, family_name = :family_name, picture = :picture,
             phone_number = :phone_number, phone_number_verified = :phone_number_verified, address = :address, profile = :more,
             locale = :locale, zoneinfo = :zoneinfo, is_active = :is_active, updated_at = :now
         WHERE org_id = :org AND id = :id"
    );
    let values = args! {
        email: &user.email,
        email_key: email_key.as_str(),
        email_verified: user.email_verified,
        username: user.username.as_deref(),
        username_key: username_key,
        name: user.name.as_deref(),
        given_name: user.given_name.as_deref(),
        family_name: user.family_name.as_deref(),
        picture: user.picture.as_deref(),
        phone_number: user.phone_number.as_deref(),
        phone_number_verified: user.phone_number_verified,
        address: user.address.as_deref(),
        more: &user.profile,
        locale: user.locale.as_deref(),
        zoneinfo: user.zoneinfo.as_deref(),
        is_active: user.is_active,
        now: now,
        id: &user.id,
    };
    match tx.execute(sql, values).await {
        Ok(1) => Ok(()),
        Ok(_) => Err(not_found()),
        Err(StoreError::Taken(_)) => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

/// What makes a user unlike every other is somebody else's.
pub const TAKEN: Denial = Denial::conflict("users.taken", "That e-mail address or username already belongs to a user.");

fn taken() -> Fault {
    TAKEN.into()
}
