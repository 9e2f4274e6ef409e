//! How far a caller reaches with API keys: nobody makes one that can do more than they can, and nobody ends one that can.

use super::KeyScope;
use crate::api_keys::{KeptKey, find_alive};
use crate::permissions::scope_opens;
use crate::privilege::{Rank, must_cover};
use kernel::{Actor, ApiKeyId, Fault, Permission, Timestamp};
use store::{Mode, OneOrg, Tx};

/// Whether the caller may make a key with these scopes: they hold everything the scopes open, and if they call with scopes
/// themselves, those hold them too. The second is asked apart, for `admin` opens tomorrow what no list of areas opens.
///
/// # Errors
/// 403 `forbidden`.
pub(super) async fn must_hold<M: Mode>(tx: &mut Tx<OneOrg, M>, actor: &Actor, wanted: &[KeyScope]) -> Result<(), Fault> {
    let rank = Rank::of_actor(tx, actor).await?;
    must_cover(&rank, &Rank::of_scopes(&wanted.iter().map(|scope| scope.as_str()).collect()))?;
    if wanted.iter().all(|scope| is_within(actor, *scope)) { Ok(()) } else { Err(beyond_the_credential()) }
}

/// The scopes that the caller may give to a key.
pub async fn grantable<M: Mode>(tx: &mut Tx<OneOrg, M>, actor: &Actor) -> Result<Vec<KeyScope>, Fault> {
    let rank = Rank::of_actor(tx, actor).await?;
    let may =
        |scope: &KeyScope| rank.covers(&Rank::of_scopes(&std::iter::once(scope.as_str()).collect())) && is_within(actor, *scope);
    Ok(KeyScope::all().into_iter().filter(may).collect())
}

/// Whether what the caller calls with would open a door that asks for this very scope.
fn is_within(actor: &Actor, scope: KeyScope) -> bool {
    let door = Permission { slug: "", scope: scope.as_str(), writes: true };
    actor.scopes().is_none_or(|held| scope_opens(held, &door))
}

fn beyond_the_credential() -> Fault {
    Fault::forbidden("forbidden", "The token or key you call with doesn't hold all of these scopes.")
}

/// The key with which the caller makes another one that ends then, if with one: a key made with a key doesn't outlive it.
///
/// # Errors
/// 403 `forbidden`.
pub(super) async fn made_in_time_with<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    actor: &Actor,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<ApiKeyId>, Fault> {
    let Actor::ApiKey { key, .. } = actor else { return Ok(None) };
    let Some(calling) = find_alive(tx, key, now).await? else {
        return Err(Fault::forbidden("forbidden", "The API key you call with has ended."));
    };
    match calling.expires_at {
        Some(last) if end.is_none_or(|end| end > last) => {
            Err(Fault::forbidden("forbidden", "An API key that is made with another one can't outlive it."))
        }
        _ => Ok(Some(calling.id)),
    }
}

/// Whether the caller may revoke this key: they can do everything it can do for its person.
///
/// # Errors
/// 403 `forbidden`.
pub(super) async fn must_reach<M: Mode>(tx: &mut Tx<OneOrg, M>, actor: &Actor, key: &KeptKey) -> Result<(), Fault> {
    let rank = Rank::of_actor(tx, actor).await?;
    if rank.covers(&Rank::of_key(tx, &key.user_id, &key.scopes).await?) {
        Ok(())
    } else {
        Err(Fault::forbidden("forbidden", "This API key can do what you can't: you can't revoke it."))
    }
}
