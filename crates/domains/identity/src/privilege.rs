//! Nobody reaches above themselves: a caller may act only on people who hold nothing the caller doesn't, and may give away
//! only what they hold.

use crate::permissions::{self, SYSTEM_PERMISSIONS, scope_opens};
use crate::roles::{self, Role};
use crate::users::{User, UserRef, load_user_by};
use kernel::{Actor, Denial, Fault, GroupId, Scopes, UserId};
use std::collections::HashSet;
use store::{Mode, OneOrg, Tx};

/// How far a caller reaches, or what a person holds: permissions of the server and permissions of the organization's own.
#[derive(Clone, Debug, Default)]
pub struct Rank {
    /// Slugs of permissions of the server.
    system: HashSet<String>,
    /// Permissions of the organization's own.
    custom: Custom,
}

#[derive(Clone, Debug)]
enum Custom {
    /// Whatever the organization defines, today or later: its administrators, and programs, which aren't given any.
    All,
    /// These slugs.
    Some(HashSet<String>),
}

impl Default for Custom {
    fn default() -> Self {
        Self::Some(HashSet::new())
    }
}

impl Rank {
    /// How far the caller reaches. What a token's or key's scopes don't open doesn't count, whoever it acts for.
    pub async fn of_actor<M: Mode>(tx: &mut Tx<OneOrg, M>, actor: &Actor) -> Result<Self, Fault> {
        let rank = match actor {
            Actor::Session { user, .. } | Actor::User { user, .. } | Actor::ApiKey { user, .. } => {
                Self::of_user(tx, user).await?
            }
            Actor::Client { .. } | Actor::Agent { .. } | Actor::System(_) | Actor::Operator => Self::unlimited(),
            Actor::Anonymous => Self::default(),
        };
        Ok(match actor.scopes() {
            Some(scopes) => rank.within(scopes),
            None => rank,
        })
    }

    /// What a person holds, active or not.
    pub async fn of_user<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Self, Fault> {
        let held = permissions::effective(tx, user).await?;
        let is_admin = roles::list_effective(tx, user).await?.iter().any(Role::is_admin);
        Ok(Self::from_slugs(held.into_iter().map(|permission| permission.slug), is_admin))
    }

    /// What a role gives.
    pub async fn of_role<M: Mode>(tx: &mut Tx<OneOrg, M>, role: &Role) -> Result<Self, Fault> {
        Ok(Self::from_slugs(roles::list_permissions(tx, &role.id).await?, role.is_admin()))
    }

    /// What membership of a group gives.
    pub async fn of_group<M: Mode>(tx: &mut Tx<OneOrg, M>, group: &GroupId) -> Result<Self, Fault> {
        let mut given = Self::default();
        for role in crate::groups::list_roles(tx, group).await? {
            given = given.and(Self::of_role(tx, &role).await?);
        }
        Ok(given)
    }

    /// What a single permission gives.
    pub fn of_permission(slug: &str) -> Self {
        Self::from_slugs([slug.to_owned()], false)
    }

    /// What an API key with these scopes may do for somebody who may do everything. Telling what oneself may do isn't part of it: no
    /// key does that.
    pub fn of_scopes(scopes: &Scopes) -> Self {
        let opened = SYSTEM_PERMISSIONS.iter().filter(|known| scope_opens(scopes, &known.permission));
        let slugs = opened.map(|known| known.permission.slug).filter(|slug| *slug != permissions::AUTHZ_READ.slug);
        Self::from_slugs(slugs.map(str::to_owned), false)
    }

    /// What an API key with these scopes may do for this person.
    pub async fn of_key<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId, scopes: &Scopes) -> Result<Self, Fault> {
        Ok(Self::of_user(tx, user).await?.within(scopes))
    }

    /// Whether this reaches as far as `other`.
    pub fn covers(&self, other: &Self) -> bool {
        let covers_custom = match (&self.custom, &other.custom) {
            (Custom::All, _) => true,
            (Custom::Some(_), Custom::All) => false,
            (Custom::Some(ours), Custom::Some(theirs)) => theirs.is_subset(ours),
        };
        covers_custom && other.system.is_subset(&self.system)
    }

    /// Whether somebody who reaches this far may act on this person: the person holds nothing else.
    pub async fn reaches<M: Mode>(&self, tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<bool, Fault> {
        Ok(self.covers(&Self::of_user(tx, user).await?))
    }

    /// Whether this reaches as far as an administrator, whatever the organization will define.
    pub fn is_unlimited(&self) -> bool {
        matches!(self.custom, Custom::All)
    }

    fn unlimited() -> Self {
        let system = SYSTEM_PERMISSIONS.iter().map(|known| known.permission.slug.to_owned()).collect();
        Self { system, custom: Custom::All }
    }

    fn from_slugs(slugs: impl IntoIterator<Item = String>, is_admin: bool) -> Self {
        if is_admin {
            return Self::unlimited();
        }
        let is_system = |slug: &String| SYSTEM_PERMISSIONS.iter().any(|known| known.permission.slug == slug);
        let (system, custom) = slugs.into_iter().partition(is_system);
        Self { system, custom: Custom::Some(custom) }
    }

    fn and(mut self, other: Self) -> Self {
        self.system.extend(other.system);
        self.custom = match (self.custom, other.custom) {
            (Custom::Some(mut ours), Custom::Some(theirs)) => {
                ours.extend(theirs);
                Custom::Some(ours)
            }
            _ => Custom::All,
        };
        self
    }

    fn within(mut self, scopes: &Scopes) -> Self {
        let opens = |slug: &str| {
            let known = SYSTEM_PERMISSIONS.iter().find(|known| known.permission.slug == slug);
            known.is_some_and(|known| scope_opens(scopes, &known.permission))
        };
        self.system.retain(|slug| opens(slug));
        self
    }
}

/// Whether the caller may act on this person: block them, set their password, change what they hold.
///
/// # Errors
/// 403 `forbidden` if the person holds anything the caller doesn't.
pub async fn must_outrank<M: Mode>(tx: &mut Tx<OneOrg, M>, actor: &Actor, user: &UserId) -> Result<Rank, Fault> {
    let rank = Rank::of_actor(tx, actor).await?;
    must_reach(tx, &rank, user).await?;
    Ok(rank)
}

/// Whether somebody who reaches this far may act on this person.
///
/// # Errors
/// 403 `forbidden` if the person holds anything else.
pub async fn must_reach<M: Mode>(tx: &mut Tx<OneOrg, M>, rank: &Rank, user: &UserId) -> Result<(), Fault> {
    if rank.reaches(tx, user).await? {
        Ok(())
    } else {
        Err(Fault::forbidden("forbidden", "This user holds permissions that you don't: you can't act on them."))
    }
}

/// Whether the caller may act on everybody at once, administrators included.
///
/// # Errors
/// 403 `forbidden` if the caller doesn't hold everything.
pub async fn must_outrank_everybody<M: Mode>(tx: &mut Tx<OneOrg, M>, actor: &Actor) -> Result<(), Fault> {
    if Rank::of_actor(tx, actor).await?.covers(&Rank::unlimited()) {
        Ok(())
    } else {
        Err(Fault::forbidden("forbidden", "This concerns administrators too: only somebody who may do everything can do it."))
    }
}

/// The user who is meant, if the caller may act on them; and how far the caller reaches.
///
/// # Errors
/// 404 `users.not_found`; 403 `forbidden` if the person holds anything the caller doesn't.
pub async fn subordinate<M: Mode>(tx: &mut Tx<OneOrg, M>, actor: &Actor, who: &UserRef) -> Result<(User, Rank), Fault> {
    let user = load_user_by(tx, who).await?;
    let rank = must_outrank(tx, actor, &user.id).await?;
    Ok((user, rank))
}

/// It would be oneself.
pub const ONESELF: Denial = Denial::conflict("users.oneself", "You can't do this to your own account.");

/// Nobody shuts themselves out by mistake.
///
/// # Errors
/// 409 `users.oneself`.
pub fn must_be_someone_else(actor: &Actor, user: &UserId) -> Result<(), Fault> {
    if actor.user() == Some(user) {
        return Err(ONESELF.into());
    }
    Ok(())
}

/// Whether the caller may give this away.
///
/// # Errors
/// 403 `forbidden` if it holds anything the caller doesn't.
pub fn must_cover(rank: &Rank, given: &Rank) -> Result<(), Fault> {
    if rank.covers(given) { Ok(()) } else { Err(Fault::forbidden("forbidden", "You can only grant what you hold yourself.")) }
}

#[cfg(test)]
mod tests;
