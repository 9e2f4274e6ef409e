//! Making and changing users.

use super::tally::{self, Counted, State};
use super::words::{self, Spoken};
use super::{Email, MoreClaims, User, Username, find_user, not_found};
use flow::PasswordHash;
use kernel::{Denial, Fault, Rng, Timestamp, UserId};
use std::collections::HashSet;
use store::{Arg, OneOrg, StoreError, Tx, Writes, args, org_sql};

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
    let account = NewAccount::new(new, now, rng);
    if !insert_all(tx, std::slice::from_ref(&account), now).await?.contains(&account.id) {
        return Err(taken());
    }
    find_user(tx, &account.id).await?.ok_or_else(not_found)
}

/// A user to be made, with an id that tells when the account began.
pub(crate) struct NewAccount {
    pub(crate) id: UserId,
    pub(crate) user: NewUser,
    pub(crate) created_at: Timestamp,
}

impl NewAccount {
    /// Beginning at `created_at`.
    pub(crate) fn new(user: NewUser, created_at: Timestamp, rng: &dyn Rng) -> Self {
        Self { id: UserId::new(created_at, rng), user, created_at }
    }

    fn spoken(&self) -> Spoken<'_> {
        let NewUser { email, username, profile, .. } = &self.user;
        Spoken {
            email: email.as_str(),
            username: username.as_ref().map(Username::as_str),
            name: profile.name.as_deref(),
            given_name: profile.given_name.as_deref(),
            family_name: profile.family_name.as_deref(),
            phone_number: profile.phone_number.as_deref(),
        }
    }
}

/// What a new account binds, in the order of [`columns`].
const NAMES: [&str; 21] = [
    ":id",
    ":email",
    ":email_key",
    ":email_verified",
    ":username",
    ":username_key",
    ":name",
    ":given_name",
    ":family_name",
    ":picture",
    ":phone_number",
    ":phone_number_verified",
    ":address",
    ":more",
    ":locale",
    ":zoneinfo",
    ":is_active",
    ":hash",
    ":hashed_at",
    ":created_at",
    ":now",
];

/// Make users, all at once. Those whose address or username belongs to somebody, or to one before them, are passed over; the ids
/// of the others are returned.
pub(crate) async fn insert_all(
    tx: &mut Tx<OneOrg, Writes>,
    accounts: &[NewAccount],
    now: Timestamp,
) -> Result<HashSet<UserId>, Fault> {
    let sql = org_sql!(
        "INSERT INTO users (org_id, id, email, email_key, email_verified, username, username_key, name, given_name, family_name,
             picture, phone_number, phone_number_verified, address, profile, locale, zoneinfo, is_active, password_hash,
             password_changed_at, created_at, updated_at, has_words)
         VALUES (:org, :id, :email, :email_key, :email_verified, :username, :username_key, :name, :given_name, :family_name,
             :picture, :phone_number, :phone_number_verified, :address, :more, :locale, :zoneinfo, :is_active, :hash,
             :hashed_at, :created_at, :now, 1)
         ON CONFLICT DO NOTHING"
    );
    let rows: Vec<_> = accounts.iter().map(|account| columns(account, now)).collect();
    let count = tx.execute_each(sql, NAMES, &rows).await?;
    let mut made: HashSet<UserId> = accounts.iter().map(|account| account.id.clone()).collect();
    if count != accounts.len() as u64 {
        let latest = org_sql!("SELECT id AS a FROM users WHERE org_id = :org AND updated_at = :now");
        let latest = tx.fetch_all::<(UserId,)>(latest, args! { now: now }).await?;
        made = latest.into_iter().map(|(id,)| id).filter(|id| made.contains(id)).collect();
    }
    let made_accounts: Vec<_> = accounts.iter().filter(|account| made.contains(&account.id)).collect();
    for account in &made_accounts {
        if let Some(hash) = &account.user.password {
            super::passwords::remember(tx, &account.id, hash, now).await?;
        }
    }
    let spoken: Vec<_> = made_accounts.iter().map(|account| (&account.id, account.spoken())).collect();
    words::insert(tx, &spoken).await?;
    for is_active in [true, false] {
        let such: Vec<_> = made_accounts.iter().filter(|account| account.user.is_active == is_active).collect();
        if let Some(first) = such.first() {
            let of = Counted::State(State { is_active, is_blocked: false });
            tally::add(tx, of, &first.id, i64::try_from(such.len()).unwrap_or(i64::MAX)).await?;
        }
    }
    Ok(made)
}

fn columns(account: &NewAccount, now: Timestamp) -> [Arg<'_>; 21] {
    let NewAccount { id, user, created_at } = account;
    let profile = &user.profile;
    [
        Arg::from(id),
        user.email.as_str().into(),
        user.email.key().as_str().to_owned().into(),
        user.email_verified.into(),
        user.username.as_ref().map(Username::as_str).into(),
        user.username.as_ref().map(Username::key).into(),
        profile.name.as_deref().into(),
        profile.given_name.as_deref().into(),
        profile.family_name.as_deref().into(),
        profile.picture.as_deref().into(),
        profile.phone_number.as_deref().into(),
        (profile.phone_number.is_some() && profile.phone_number_verified).into(),
        profile.address.as_deref().into(),
        (&profile.more).into(),
        profile.locale.as_deref().into(),
        profile.zoneinfo.as_deref().into(),
        user.is_active.into(),
        user.password.as_ref().map(PasswordHash::expose).into(),
        user.password.as_ref().map(|_| now).into(),
        (*created_at).into(),
        now.into(),
    ]
}

/// Store every part of `user` that can be edited: address, username, profile, whether it is active. (Blocking, passwords and
/// sign-ins have functions of their own.)
///
/// # Errors
/// 409 `users.taken` if the address or username belongs to somebody else; 404 if the user is gone.
pub async fn update_user(tx: &mut Tx<OneOrg, Writes>, user: &User, now: Timestamp) -> Result<(), Fault> {
    let before = find_user(tx, &user.id).await?.ok_or_else(not_found)?;
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
        Ok(1) => {}
        Ok(_) => return Err(not_found()),
        Err(StoreError::Taken(_)) => return Err(taken()),
        Err(error) => return Err(error.into()),
    }
    let state = |is_active| State { is_active, is_blocked: before.is_blocked };
    tally::move_over(tx, &user.id, state(before.is_active), state(user.is_active)).await?;
    if before.spoken() != user.spoken() {
        words::replace(tx, &user.id, user.spoken()).await?;
    }
    Ok(())
}

/// What makes a user unlike every other is somebody else's.
pub const TAKEN: Denial = Denial::conflict("users.taken", "That e-mail address or username already belongs to a user.");

fn taken() -> Fault {
    TAKEN.into()
}
