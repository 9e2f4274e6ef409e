//! What tokens and `UserInfo` say about a person.

use identity::companies::list_affiliations;
use identity::permissions;
use identity::users::{User, find_user};
use identity::{groups, roles};
use kernel::{CompanyId, Fault, UserId};
use oauth::person::{Held, Person, Telling};
use serde_json::{Value, json};
use store::{Mode, OneOrg, Tx};

/// The person, for claims about them.
pub(crate) async fn find_person<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Option<Person>, Fault> {
    Ok(find_user(tx, user).await?.map(person))
}

fn person(user: User) -> Person {
    Person {
        name: user.name,
        given_name: user.given_name,
        family_name: user.family_name,
        middle_name: user.profile.middle_name,
        nickname: user.profile.nickname,
        preferred_username: user.username,
        profile: user.profile.profile,
        picture: user.picture,
        website: user.profile.website,
        gender: user.profile.gender,
        birthdate: user.profile.birthdate,
        zoneinfo: user.zoneinfo,
        locale: user.locale,
        updated_at: Some(user.updated_at),
        email: Some(user.email),
        email_verified: user.email_verified,
        phone_number: user.phone_number,
        phone_number_verified: user.phone_number_verified,
        address: user.address.and_then(|address| serde_json::from_str(&address).ok()),
        held: Held::default(),
    }
}

/// What the person holds in the organization, as far as somebody is told of it.
pub(crate) async fn held<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId, telling: Telling) -> Result<Held, Fault> {
    let mut held = Held::default();
    if telling.roles {
        held.roles = Some(roles::list_effective(tx, user).await?.into_iter().map(|role| role.slug).collect());
    }
    if telling.groups {
        held.groups = Some(groups::list_of_user(tx, user).await?.into_iter().map(|group| group.slug).collect());
    }
    if telling.permissions {
        let permissions = permissions::effective(tx, user).await?;
        held.permissions = Some(permissions.into_iter().map(|permission| permission.slug).collect());
    }
    Ok(held)
}

/// What a client asks for who wants to know for which company the person acts.
pub(crate) const COMPANY_SCOPE: &str = "organization";

/// The claim about the company a person chose, while they act for it.
pub(crate) async fn acting_for<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    user: &UserId,
    company: Option<&CompanyId>,
) -> Result<Option<Value>, Fault> {
    let Some(company) = company else { return Ok(None) };
    let known = list_affiliations(tx, user).await?.into_iter().find(|known| known.id == *company);
    Ok(known.map(|known| json!({ "id": known.id.as_str(), "slug": known.slug, "name": known.name, "role": known.role })))
}
