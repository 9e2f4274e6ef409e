//! What tokens and `UserInfo` say about a person.

use identity::permissions;
use identity::users::{User, find_user};
use identity::{groups, roles};
use kernel::{Fault, Scopes, UserId};
use oauth::userinfo::Person;
use serde_json::{Value, json};
use store::{Mode, OneOrg, Tx};

/// The person, for claims about them.
pub(crate) async fn find_person<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    user: &UserId,
    with_roles: bool,
) -> Result<Option<Person>, Fault> {
    let Some(user) = find_user(tx, user).await? else { return Ok(None) };
    let roles = if with_roles { role_slugs(tx, &user.id).await? } else { Vec::new() };
    Ok(Some(person(user, roles)))
}

fn person(user: User, roles: Vec<String>) -> Person {
    Person {
        name: user.name,
        given_name: user.given_name,
        family_name: user.family_name,
        preferred_username: user.username,
        picture: user.picture,
        zoneinfo: user.zoneinfo,
        locale: user.locale,
        updated_at: Some(user.updated_at),
        email: Some(user.email),
        email_verified: user.email_verified,
        phone_number: user.phone_number,
        phone_number_verified: user.phone_number_verified,
        address: user.address.and_then(|address| serde_json::from_str(&address).ok()),
        roles,
        ..Person::new(user.id)
    }
}

async fn role_slugs<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<String>, Fault> {
    Ok(roles::list_effective(tx, user).await?.into_iter().map(|role| role.slug).collect())
}

/// Claims of an access token that scopes of the same name ask for.
pub(crate) async fn extras<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    user: &UserId,
    scopes: &Scopes,
) -> Result<Vec<(&'static str, Value)>, Fault> {
    let mut extras = Vec::new();
    if scopes.has("roles") {
        extras.push(("roles", json!(role_slugs(tx, user).await?)));
    }
    if scopes.has("groups") {
        let groups = groups::list_of_user(tx, user).await?;
        extras.push(("groups", json!(groups.into_iter().map(|group| group.slug).collect::<Vec<_>>())));
    }
    if scopes.has("permissions") {
        let held = permissions::effective(tx, user).await?;
        extras.push(("permissions", json!(held.into_iter().map(|permission| permission.slug).collect::<Vec<_>>())));
    }
    Ok(extras)
}
