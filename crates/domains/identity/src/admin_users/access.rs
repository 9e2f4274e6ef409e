//! What every operation on a user asks first, and changing what a user holds.

use crate::groups::{self, Group};
use crate::privilege::{Rank, must_cover, must_outrank};
use crate::roles::{self, Role};
use crate::users::{User, UserRef, load_user_by};
use flow::{Cx, Text, Writes};
use kernel::{Actor, Fault, UserId};
use store::{Mode, OneOrg, Tx};

/// The user who is meant, if the caller may act on them; and how far the caller reaches.
pub(super) async fn subordinate<M: Mode>(tx: &mut Tx<OneOrg, M>, actor: &Actor, who: &UserRef) -> Result<(User, Rank), Fault> {
    let user = load_user_by(tx, who).await?;
    let rank = must_outrank(tx, actor, &user.id).await?;
    Ok((user, rank))
}

/// Nobody shuts themselves out by mistake.
pub(super) fn must_be_someone_else(actor: &Actor, user: &UserId) -> Result<(), Fault> {
    if actor.user() == Some(user) {
        return Err(Fault::conflict("users.oneself", "You can't do this to your own account."));
    }
    Ok(())
}

/// The name of a role, group or permission in a request: slug or id.
pub(super) type Key = Text<1, 255>;

/// Which names a request holds, under whichever of the accepted fields.
pub(super) fn keys(field: &'static str, many: Option<Vec<Key>>, one: [Option<Key>; 2]) -> Result<Vec<Key>, Fault> {
    let all: Vec<Key> = many.into_iter().flatten().chain(one.into_iter().flatten()).collect();
    if all.is_empty() { Err(Fault::fields(vec![(field.to_owned(), "is required".to_owned())])) } else { Ok(all) }
}

/// What a change of what somebody holds came to.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Slugs that came.
    pub(super) added: Vec<String>,
    /// Slugs that went.
    pub(super) removed: Vec<String>,
}

impl Difference {
    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

fn unknown(field: &'static str, key: &Key) -> Fault {
    Fault::fields(vec![(field.to_owned(), format!("holds something that isn't there: {}", key.as_str()))])
}

/// Give these roles to a user; with `only`, take all others away.
pub(super) async fn give_roles(
    cx: &mut Cx<OneOrg, Writes>,
    rank: &Rank,
    user: &UserId,
    keys: &[Key],
    only: bool,
) -> Result<Difference, Fault> {
    let mut wanted: Vec<Role> = Vec::new();
    for key in keys {
        wanted.push(roles::find_role(&mut cx.tx, key.as_str()).await?.ok_or_else(|| unknown("roles", key))?);
    }
    let mut difference = Difference::default();
    let held = roles::list_of_user(&mut cx.tx, user).await?;
    for role in &wanted {
        if held.contains(role) {
            continue;
        }
        must_cover(rank, &Rank::of_role(&mut cx.tx, role).await?)?;
        if roles::assign(&mut cx.tx, user, &role.id).await? {
            difference.added.push(role.slug.clone());
        }
    }
    for role in held.iter().filter(|role| only && !wanted.contains(role)) {
        roles::unassign(&mut cx.tx, user, &role.id).await?;
        difference.removed.push(role.slug.clone());
    }
    Ok(difference)
}

/// Add a user to these groups; with `only`, remove them from all others.
pub(super) async fn join_groups(
    cx: &mut Cx<OneOrg, Writes>,
    rank: &Rank,
    user: &UserId,
    keys: &[Key],
    only: bool,
) -> Result<Difference, Fault> {
    let mut wanted: Vec<Group> = Vec::new();
    for key in keys {
        wanted.push(groups::find_group(&mut cx.tx, key.as_str()).await?.ok_or_else(|| unknown("groups", key))?);
    }
    let mut difference = Difference::default();
    let held = groups::list_of_user(&mut cx.tx, user).await?;
    for group in &wanted {
        if held.contains(group) {
            continue;
        }
        must_cover(rank, &Rank::of_group(&mut cx.tx, &group.id).await?)?;
        if groups::add_member(&mut cx.tx, &group.id, user, cx.now).await? {
            difference.added.push(group.slug.clone());
        }
    }
    for group in held.iter().filter(|group| only && !wanted.contains(group)) {
        groups::remove_member(&mut cx.tx, &group.id, user).await?;
        difference.removed.push(group.slug.clone());
    }
    Ok(difference)
}
