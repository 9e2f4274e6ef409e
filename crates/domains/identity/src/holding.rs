//! What users are given and what gives them permissions: roles, and membership of groups.

use crate::administrators;
use crate::change::Difference;
use crate::groups::{self, Group};
use crate::named::{Key, unknown};
use crate::privilege::{Rank, must_cover};
use crate::roles::{self, Role};
use flow::{Cx, OneOrg, Writes};
use kernel::{Fault, Timestamp, UserId};
use store::{Mode, Tx};

/// A role, or a group to be a member of.
pub trait Holding: PartialEq + Send + Sync + Sized {
    /// What requests call several of them.
    const FIELD: &'static str;
    /// Its name in requests.
    fn slug(&self) -> &str;
    /// What callers are told about one that isn't there.
    fn not_found() -> Fault;
    /// The one with this slug or id.
    fn find<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> impl Future<Output = Result<Option<Self>, Fault>> + Send;
    /// Those a user was given directly.
    fn list_of_user<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> impl Future<Output = Result<Vec<Self>, Fault>> + Send;
    /// What it gives whoever has it.
    fn rank<M: Mode>(&self, tx: &mut Tx<OneOrg, M>) -> impl Future<Output = Result<Rank, Fault>> + Send;
    /// Give it to a user; `false` if they have it.
    fn give(
        &self,
        tx: &mut Tx<OneOrg, Writes>,
        user: &UserId,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, Fault>> + Send;
    /// Take it from a user; `false` if they didn't have it.
    fn take(&self, tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> impl Future<Output = Result<bool, Fault>> + Send;
}

/// Give these to a user; with `only`, take all others away.
///
/// # Errors
/// `validation_error` for one that isn't there; 403 `forbidden` if one gives more than `rank`; 409 if no administrator is left.
pub async fn change<H: Holding>(
    cx: &mut Cx<OneOrg, Writes>,
    rank: &Rank,
    user: &UserId,
    keys: &[Key],
    only: bool,
) -> Result<Difference, Fault> {
    let mut wanted: Vec<H> = Vec::new();
    for key in keys {
        wanted.push(H::find(&mut cx.tx, key.as_str()).await?.ok_or_else(|| unknown(H::FIELD, key.as_str()))?);
    }
    let mut difference = Difference::default();
    let held = H::list_of_user(&mut cx.tx, user).await?;
    for holding in wanted.iter().filter(|holding| !held.contains(holding)) {
        if give(cx, rank, user, holding).await? {
            difference.added.push(holding.slug().to_owned());
        }
    }
    for holding in held.iter().filter(|holding| only && !wanted.contains(holding)) {
        take(cx, user, holding).await?;
        difference.removed.push(holding.slug().to_owned());
    }
    Ok(difference)
}

/// Give one to a user; `false` if they have it.
///
/// # Errors
/// 403 `forbidden` if it gives more than `rank`.
pub async fn give<H: Holding>(cx: &mut Cx<OneOrg, Writes>, rank: &Rank, user: &UserId, holding: &H) -> Result<bool, Fault> {
    must_cover(rank, &holding.rank(&mut cx.tx).await?)?;
    holding.give(&mut cx.tx, user, cx.now).await
}

/// Take one from a user; `false` if they didn't have it.
///
/// # Errors
/// 409 `users.last_administrator` if it made them the last one.
pub async fn take<H: Holding>(cx: &mut Cx<OneOrg, Writes>, user: &UserId, holding: &H) -> Result<bool, Fault> {
    let is_taken = holding.take(&mut cx.tx, user).await?;
    if is_taken && holding.rank(&mut cx.tx).await?.is_unlimited() {
        administrators::must_remain(&mut cx.tx).await?;
    }
    Ok(is_taken)
}

impl Holding for Role {
    const FIELD: &'static str = "roles";
    fn slug(&self) -> &str {
        &self.slug
    }
    fn not_found() -> Fault {
        roles::not_found()
    }
    async fn find<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Option<Self>, Fault> {
        roles::find_role(tx, key).await
    }
    async fn list_of_user<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<Self>, Fault> {
        roles::list_of_user(tx, user).await
    }
    async fn rank<M: Mode>(&self, tx: &mut Tx<OneOrg, M>) -> Result<Rank, Fault> {
        Rank::of_role(tx, self).await
    }
    async fn give(&self, tx: &mut Tx<OneOrg, Writes>, user: &UserId, _: Timestamp) -> Result<bool, Fault> {
        roles::assign(tx, user, &self.id).await
    }
    async fn take(&self, tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> Result<bool, Fault> {
        roles::unassign(tx, user, &self.id).await
    }
}

impl Holding for Group {
    const FIELD: &'static str = "groups";
    fn slug(&self) -> &str {
        &self.slug
    }
    fn not_found() -> Fault {
        groups::not_found()
    }
    async fn find<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Option<Self>, Fault> {
        groups::find_group(tx, key).await
    }
    async fn list_of_user<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<Self>, Fault> {
        groups::list_of_user(tx, user).await
    }
    async fn rank<M: Mode>(&self, tx: &mut Tx<OneOrg, M>) -> Result<Rank, Fault> {
        Rank::of_group(tx, &self.id).await
    }
    async fn give(&self, tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp) -> Result<bool, Fault> {
        groups::add_member(tx, &self.id, user, now).await
    }
    async fn take(&self, tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> Result<bool, Fault> {
        groups::remove_member(tx, &self.id, user).await
    }
}
