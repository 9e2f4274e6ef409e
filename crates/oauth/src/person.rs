//! The standard claims about a person, and who is told which.
//!
//! OpenID Connect Core §5.1, §5.4, §5.5. A claim is told because a scope opens it or because the `claims` parameter asks for it by name;
//! one that is asked for with a value is told by that only if it has the value (§5.5.1). What the person holds in the organization
//! (`roles`, `groups`, `permissions`) is told where the client is set up for it, or was granted the scope of that name. Nothing is ever
//! told as null.

use crate::ClientMetadata;
use crate::claims_request::Wish;
use kernel::{Scopes, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The claims each scope opens (§5.4).
pub(crate) const BY_SCOPE: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    ("address", &["address"]),
];

/// The claims these scopes open (§5.4).
pub(crate) fn opened_by(scopes: &Scopes) -> impl Iterator<Item = &'static str> {
    BY_SCOPE.iter().filter(|(scope, _)| scopes.has(scope)).flat_map(|(_, names)| names.iter().copied())
}

/// The scope that opens a claim; `None` if no scope does.
pub fn scope_of(claim: &str) -> Option<&'static str> {
    BY_SCOPE.iter().find(|(_, names)| names.contains(&claim)).map(|(scope, _)| *scope)
}

/// What is known about a person.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the standard claims of OpenID Connect Core §5.1, by their names")]
pub struct Person {
    pub name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub middle_name: Option<String>,
    pub nickname: Option<String>,
    pub preferred_username: Option<String>,
    pub profile: Option<String>,
    pub picture: Option<String>,
    pub website: Option<String>,
    pub gender: Option<String>,
    /// `YYYY-MM-DD`, `YYYY` alone, or with 0000 for the year.
    pub birthdate: Option<String>,
    pub zoneinfo: Option<String>,
    pub locale: Option<String>,
    pub updated_at: Option<Timestamp>,
    pub email: Option<String>,
    pub email_verified: bool,
    pub phone_number: Option<String>,
    pub phone_number_verified: bool,
    pub address: Option<Address>,
    /// What they hold in the organization, as far as it is to be told.
    pub held: Held,
}

/// The address claim (§5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "the members of OpenID Connect Core §5.1.1, by their names")]
pub struct Address {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// What a person holds in the organization, by slug; `None` is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Their roles, those of their groups among them.
    pub roles: Option<Vec<String>>,
    /// Their groups.
    pub groups: Option<Vec<String>>,
    /// Their permissions, however they came by them.
    pub permissions: Option<Vec<String>>,
}

impl Held {
    /// As much of it as this place tells of.
    #[must_use]
    pub fn only(&self, telling: Telling) -> Self {
        let some = |is_told: bool, held: &Option<Vec<String>>| held.clone().filter(|_| is_told);
        Self {
            roles: some(telling.roles, &self.roles),
            groups: some(telling.groups, &self.groups),
            permissions: some(telling.permissions, &self.permissions),
        }
    }
    /// The claims.
    pub fn claims(&self) -> Map<String, Value> {
        let told = [("roles", &self.roles), ("groups", &self.groups), ("permissions", &self.permissions)];
        told.into_iter().filter_map(|(name, held)| Some((name.to_owned(), json!(held.as_ref()?)))).collect()
    }
}

/// Which of the things a person holds a place tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the claims, by their names")]
pub struct Telling {
    pub roles: bool,
    pub groups: bool,
    pub permissions: bool,
}

impl Telling {
    /// An access token tells of what a scope of that name was granted for.
    pub fn in_access_token(scopes: &Scopes) -> Self {
        Self { roles: scopes.has("roles"), groups: scopes.has("groups"), permissions: scopes.has("permissions") }
    }
    /// `UserInfo` tells of that too, and of what the client is set up for.
    pub fn at_userinfo(client: &ClientMetadata, scopes: &Scopes) -> Self {
        Self::in_access_token(scopes).or(Self::set_up(client))
    }
    /// An ID token tells of what the client is set up for, and of what `UserInfo` would tell if it is asked for here by name.
    pub fn in_id_token(client: &ClientMetadata, scopes: &Scopes, wishes: &BTreeMap<String, Wish>) -> Self {
        let (allowed, set_up) = (Self::at_userinfo(client, scopes), Self::set_up(client));
        let is_asked = |name: &str| wishes.contains_key(name);
        Self {
            roles: set_up.roles || (allowed.roles && is_asked("roles")),
            groups: set_up.groups || (allowed.groups && is_asked("groups")),
            permissions: set_up.permissions || (allowed.permissions && is_asked("permissions")),
        }
    }
    fn set_up(client: &ClientMetadata) -> Self {
        Self { roles: client.includes_roles, groups: client.includes_groups, permissions: client.includes_permissions }
    }
    /// What one of two places tells of.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            roles: self.roles || other.roles,
            groups: self.groups || other.groups,
            permissions: self.permissions || other.permissions,
        }
    }
    /// Whether there is anything to tell.
    pub fn is_anything(self) -> bool {
        self.roles || self.groups || self.permissions
    }
}

impl Person {
    /// The claims these scopes open.
    pub fn opened(&self, scopes: &Scopes) -> Map<String, Value> {
        let mut all = self.claims();
        opened_by(scopes).filter_map(|name| all.remove_entry(name)).collect()
    }

    /// The claims asked for by name, as far as they are known and have a value that would do. Only standard claims about the person
    /// can be asked for: `sub` and the protocol's own claims are not among them.
    pub fn requested(&self, wishes: &BTreeMap<String, Wish>) -> Map<String, Value> {
        let would_do = |(name, value): &(String, Value)| wishes.get(name).is_some_and(|wish| wish.accepts(value));
        self.claims().into_iter().filter(would_do).collect()
    }

    fn claims(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        let texts = [
            ("name", &self.name),
            ("given_name", &self.given_name),
            ("family_name", &self.family_name),
            ("middle_name", &self.middle_name),
            ("nickname", &self.nickname),
            ("preferred_username", &self.preferred_username),
            ("profile", &self.profile),
            ("picture", &self.picture),
            ("website", &self.website),
            ("gender", &self.gender),
            ("birthdate", &self.birthdate),
            ("zoneinfo", &self.zoneinfo),
            ("locale", &self.locale),
            ("email", &self.email),
            ("phone_number", &self.phone_number),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                claims.insert(name.to_owned(), json!(text));
            }
        }
        if self.email.is_some() {
            claims.insert("email_verified".to_owned(), json!(self.email_verified));
        }
        if self.phone_number.is_some() {
            claims.insert("phone_number_verified".to_owned(), json!(self.phone_number_verified));
        }
        if let Some(updated_at) = self.updated_at {
            claims.insert("updated_at".to_owned(), json!(updated_at.as_secs()));
        }
        if let Some(address) = &self.address {
            claims.insert("address".to_owned(), json!(address));
        }
        claims
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn person() -> Person {
        Person {
            name: Some("Ada Lovelace".into()),
            given_name: Some("Ada".into()),
            updated_at: Some(Timestamp::from_secs(1_800_000_000)),
            email: Some("ada@acme.example".into()),
            email_verified: true,
            phone_number: Some("+49 30 1234".into()),
            address: Some(Address { country: Some("DE".into()), ..Address::default() }),
            ..Person::default()
        }
    }
    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text).unwrap()
    }
    fn wishes(json: Value) -> BTreeMap<String, Wish> {
        serde_json::from_value(json).unwrap()
    }
    fn opened(text: &str) -> Value {
        Value::Object(person().opened(&scopes(text)))
    }

    #[test]
    fn each_scope_opens_its_own_claims_with_the_right_types() {
        assert_eq!(opened("openid"), json!({}));
        assert_eq!(opened("openid profile"), json!({"name": "Ada Lovelace", "given_name": "Ada", "updated_at": 1_800_000_000}));
        assert_eq!(opened("email"), json!({"email": "ada@acme.example", "email_verified": true}));
        assert_eq!(opened("phone"), json!({"phone_number": "+49 30 1234", "phone_number_verified": false}));
        assert_eq!(opened("address"), json!({"address": {"country": "DE"}}));
    }

    #[test]
    fn every_claim_of_core_5_1_but_sub_is_opened_by_one_scope() {
        let all: Vec<&str> = BY_SCOPE.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let known = [
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "email",
            "email_verified",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "phone_number",
            "phone_number_verified",
            "address",
            "updated_at",
        ];
        assert_eq!(all.len(), known.len());
        assert!(known.iter().all(|name| all.contains(name)));
    }

    #[test]
    fn a_claim_asked_for_with_values_is_told_only_if_it_has_one_of_them() {
        for (wish, is_told) in [
            (json!({}), true),
            (json!({"essential": true}), true),
            (json!({"values": ["Ada Lovelace"]}), true),
            (json!({"values": ["Grace", "Ada Lovelace"]}), true),
            (json!({"values": ["Grace"]}), false),
            (json!({"essential": true, "values": ["Grace"]}), false),
            (json!({"values": [1]}), false),
        ] {
            let told = person().requested(&wishes(json!({ "name": wish })));
            assert_eq!(told.contains_key("name"), is_told, "{wish}");
        }
        assert!(person().requested(&wishes(json!({"sub": {}, "iss": {}, "roles": {}, "x": {}}))).is_empty());
    }

    #[test]
    fn what_people_hold_is_told_where_the_client_is_set_up_for_it_or_holds_the_scope() {
        let none = Telling { roles: false, groups: false, permissions: false };
        let (plain, asked) = (ClientMetadata::new("c"), wishes(json!({"roles": {}, "groups": {}, "permissions": {}})));
        let granted = scopes("openid roles groups permissions");
        let everything = Telling { roles: true, groups: true, permissions: true };
        assert_eq!(Telling::at_userinfo(&plain, &scopes("openid")), none);
        assert_eq!(Telling::in_id_token(&plain, &scopes("openid"), &asked), none, "asking alone opens nothing");
        assert_eq!(Telling::in_access_token(&granted), everything);
        assert_eq!(Telling::at_userinfo(&plain, &granted), everything);
        assert_eq!(Telling::in_id_token(&plain, &granted, &BTreeMap::new()), none, "an ID token waits to be asked");
        assert_eq!(Telling::in_id_token(&plain, &granted, &asked), everything);
        let set_up = ClientMetadata { includes_groups: true, ..plain };
        let groups = Telling { groups: true, ..none };
        assert_eq!(Telling::at_userinfo(&set_up, &scopes("openid")), groups);
        assert_eq!(Telling::in_id_token(&set_up, &scopes("openid"), &BTreeMap::new()), groups);
        assert_eq!(Telling::in_access_token(&scopes("openid")), none);
        assert!(!none.is_anything() && groups.is_anything());
    }

    #[test]
    fn an_empty_list_is_told_and_an_absent_one_is_not() {
        let held = Held { roles: Some(Vec::new()), groups: Some(vec!["staff".into()]), permissions: None };
        assert_eq!(Value::Object(held.claims()), json!({"roles": [], "groups": ["staff"]}));
        let telling = Telling { roles: true, groups: false, permissions: true };
        assert_eq!(Value::Object(held.only(telling).claims()), json!({"roles": []}));
    }
}
