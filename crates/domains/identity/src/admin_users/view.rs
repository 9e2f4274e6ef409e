//! How users look in the published API.

use crate::groups::{self, Group};
use crate::roles::{self, NamedRef, Role};
use crate::users::User;
use kernel::{Fault, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use store::{Mode, OneOrg, Tx};

/// A user.
#[allow(clippy::struct_excessive_bools, reason = "the published shape")]
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    /// Their id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Another name they sign in with.
    pub username: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// URL of a picture.
    pub picture: Option<String>,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
    /// Telephone number.
    pub phone_number: Option<String>,
    /// Whether the number is known to be theirs.
    pub phone_number_verified: bool,
    /// Whether the account is in use.
    pub is_active: bool,
    /// Whether they are shut out.
    pub blocked: bool,
    /// Whether they have a second factor.
    pub mfa_enabled: bool,
    /// Whether they may do everything.
    pub is_admin: bool,
    /// When the account was made.
    pub created_at: String,
    /// When they last signed in.
    pub last_login_at: Option<String>,
    /// How often they signed in.
    pub login_count: i64,
    /// What lists leave out.
    #[serde(flatten)]
    pub detail: Option<UserDetail>,
}

/// What is shown of a single user only.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDetail {
    /// Roles given to them directly.
    pub roles: Vec<NamedRef>,
    /// Groups they belong to.
    pub groups: Vec<NamedRef>,
    /// Middle name.
    pub middle_name: Option<String>,
    /// What friends call them.
    pub nickname: Option<String>,
    /// URL of a page about them.
    pub profile: Option<String>,
    /// URL of a page of theirs.
    pub website: Option<String>,
    /// Gender, in any words.
    pub gender: Option<String>,
    /// Day of birth: `YYYY-MM-DD`, `YYYY` alone, or with 0000 for the year.
    pub birthdate: Option<String>,
    /// Postal address, as the claim `address` has it.
    pub address: Option<Value>,
    /// Language tag.
    pub locale: Option<String>,
    /// Time zone.
    pub zoneinfo: Option<String>,
    /// When the account last changed.
    pub updated_at: Option<String>,
    /// Since when they are shut out.
    pub blocked_at: Option<String>,
    /// Whether the account was made when they first came from elsewhere.
    pub is_jit_provisioned: bool,
    /// From where.
    pub jit_provisioned_by: Option<String>,
    /// The social account it was made from.
    pub social_provider: Option<String>,
}

impl UserView {
    /// As a list shows it.
    pub fn listed(user: User, is_admin: bool) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email,
            username: user.username,
            name: user.name,
            given_name: user.given_name,
            family_name: user.family_name,
            picture: user.picture,
            email_verified: user.email_verified,
            phone_number: user.phone_number,
            phone_number_verified: user.phone_number_verified,
            is_active: user.is_active,
            blocked: user.is_blocked,
            mfa_enabled: false,
            is_admin,
            created_at: user.created_at.to_iso(),
            last_login_at: user.last_login_at.map(Timestamp::to_iso),
            login_count: user.login_count,
            detail: None,
        }
    }

    /// With everything that is shown of a single user.
    pub async fn detailed<M: Mode>(tx: &mut Tx<OneOrg, M>, user: User) -> Result<Self, Fault> {
        let detail = UserDetail {
            roles: roles::list_of_user(tx, &user.id).await?.into_iter().map(NamedRef::from).collect(),
            groups: groups::list_of_user(tx, &user.id).await?.into_iter().map(NamedRef::from).collect(),
            middle_name: user.profile.middle_name.clone(),
            nickname: user.profile.nickname.clone(),
            profile: user.profile.profile.clone(),
            website: user.profile.website.clone(),
            gender: user.profile.gender.clone(),
            birthdate: user.profile.birthdate.clone(),
            address: user.address.as_deref().and_then(|address| serde_json::from_str(address).ok()),
            locale: user.locale.clone(),
            zoneinfo: user.zoneinfo.clone(),
            updated_at: Some(user.updated_at.to_iso()),
            blocked_at: user.blocked_at.map(Timestamp::to_iso),
            is_jit_provisioned: false,
            jit_provisioned_by: None,
            social_provider: None,
        };
        let is_admin = roles::list_effective(tx, &user.id).await?.iter().any(Role::is_admin);
        Ok(Self { detail: Some(detail), ..Self::listed(user, is_admin) })
    }

    /// The user with this id as they are now.
    pub async fn reload<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &kernel::UserId) -> Result<Self, Fault> {
        let user = crate::users::load_user(tx, id).await?;
        Self::detailed(tx, user).await
    }
}

/// A role or group of a user.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NamedRow {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its name in requests.
    pub slug: String,
    /// What it is for.
    pub description: Option<String>,
}

impl From<Role> for NamedRow {
    fn from(role: Role) -> Self {
        Self { id: role.id.to_string(), name: role.name, slug: role.slug, description: role.description }
    }
}
impl From<Group> for NamedRow {
    fn from(group: Group) -> Self {
        Self { id: group.id.to_string(), name: group.name, slug: group.slug, description: group.description }
    }
}
