//! `UserInfo`: claims about the person behind an access token.
//!
//! OpenID Connect Core §5.1 to §5.5. Supported: claims by scope and by the `claims` parameter, JSON. A user's token must carry
//! `openid`; a machine's token need not, and learns who it is. The answer is JSON, or a JWT that is signed, encrypted, or signed and
//! then encrypted (§5.3.2).

use crate::claims_request::Wish;
use crate::grant::Subject;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, ErrorCode, Issuer, ProtocolError, scope};
use jose::jwe::{ContentEncryption, KeyManagement};
use kernel::{ClientId, Scopes, Timestamp, UserId};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// This room.
pub const ROOM: Room = Room {
    name: "userinfo",
    title: "UserInfo",
    source: "OpenID Connect Core 1.0 §5.3",
    status: Status::Final,
    support: "claims by scope and by name, as JSON or as a JWT",
    visits: &[(Endpoint::Userinfo, Stage::Check), (Endpoint::Userinfo, Stage::Respond)],
    metadata,
};

/// The claims each scope opens (§5.4).
const BY_SCOPE: [(&str, &[&str]); 4] = [
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

/// The media type of an answer that is a JWT (§5.3.2).
pub const MEDIA_TYPE: &str = "application/jwt";
/// Its `typ`. ID tokens have the same, but this is none: it has neither `exp` nor `iat`.
pub const TYP: &str = "JWT";

/// What is known about a person; `None` is never told, not even as null.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the standard claims of OpenID Connect Core §5.1, by their names")]
pub struct Person {
    pub id: UserId,
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
    /// `YYYY-MM-DD`.
    pub birthdate: Option<String>,
    pub zoneinfo: Option<String>,
    pub locale: Option<String>,
    pub updated_at: Option<Timestamp>,
    pub email: Option<String>,
    pub email_verified: bool,
    pub phone_number: Option<String>,
    pub phone_number_verified: bool,
    pub address: Option<Address>,
    /// Told only to clients that were set up so.
    pub roles: Vec<String>,
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

/// The claims these scopes open (§5.4).
pub fn opened_by(scopes: &Scopes) -> impl Iterator<Item = &'static str> {
    BY_SCOPE.iter().filter(|(scope, _)| scopes.has(scope)).flat_map(|(_, names)| names.iter().copied())
}

/// Whether a token with these scopes opens `UserInfo` about `subject`.
///
/// # Errors
/// `insufficient_scope`: a person's token without `openid`.
pub fn check(subject: &Subject, scopes: &Scopes) -> Result<(), ProtocolError> {
    match subject {
        Subject::User(_) if !scopes.has(scope::OPENID) => {
            Err(ProtocolError::new(ErrorCode::InsufficientScope, "The openid scope is required."))
        }
        Subject::User(_) | Subject::Client(_) => Ok(()),
    }
}

/// The answer about a person. `sub` is how the client knows them, `tenant` is the organization's slug, `wishes` the grant's `claims.userinfo`.
pub fn about_person(
    person: &Person,
    scopes: &Scopes,
    wishes: &BTreeMap<String, Wish>,
    client: &ClientMetadata,
    sub: &str,
    tenant: &str,
) -> Map<String, Value> {
    let all = person.claims();
    let asked = wishes.keys().map(String::as_str);
    let mut answer: Map<String, Value> = opened_by(scopes)
        .map(|name| -> &str { name })
        .chain(asked)
        .filter_map(|name| Some((name.to_owned(), all.get(name)?.clone())))
        .collect();
    answer.insert("sub".to_owned(), json!(sub));
    answer.insert("tenant".to_owned(), json!(tenant));
    if client.includes_roles {
        answer.insert("roles".to_owned(), json!(person.roles));
    }
    answer
}

/// An answer as the claims of a JWT: from this issuer, for this client (§5.3.2).
pub fn as_jwt(mut answer: Map<String, Value>, issuer: &Issuer, client: &ClientId) -> Map<String, Value> {
    answer.insert("iss".to_owned(), json!(issuer.as_str()));
    answer.insert("aud".to_owned(), json!(client.as_str()));
    answer
}

/// The answer about a client that calls with its own token.
pub fn about_client(client: &ClientMetadata, tenant: &str) -> Map<String, Value> {
    let subject = Subject::Client(client.client_id.clone()).labelled();
    let mut answer = Map::new();
    answer.insert("sub".to_owned(), json!(subject));
    answer.insert("identity_type".to_owned(), json!("client"));
    answer.insert("client_id".to_owned(), json!(client.client_id.as_str()));
    answer.insert("tenant".to_owned(), json!(tenant));
    if !client.client_name.is_empty() {
        answer.insert("name".to_owned(), json!(client.client_name));
    }
    answer
}

impl Person {
    /// A person of whom only the id is known.
    pub fn new(id: impl Into<UserId>) -> Self {
        Self {
            id: id.into(),
            name: None,
            given_name: None,
            family_name: None,
            middle_name: None,
            nickname: None,
            preferred_username: None,
            profile: None,
            picture: None,
            website: None,
            gender: None,
            birthdate: None,
            zoneinfo: None,
            locale: None,
            updated_at: None,
            email: None,
            email_verified: false,
            phone_number: None,
            phone_number_verified: false,
            address: None,
            roles: Vec::new(),
        }
    }

    /// The claims asked for by name, as far as they are known. Only standard claims about the person can be asked for: `sub`,
    /// `roles` and the protocol's own claims are not among them.
    pub fn requested(&self, wishes: &BTreeMap<String, Wish>) -> Map<String, Value> {
        self.claims().into_iter().filter(|(name, _)| wishes.contains_key(name)).collect()
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

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.set_openid("userinfo_endpoint", facts.issuer.endpoint("oauth/userinfo"));
    document.set_openid("userinfo_signing_alg_values_supported", facts.signing_algorithms());
    document.set_openid("userinfo_encryption_alg_values_supported", KeyManagement::ASYMMETRIC.map(KeyManagement::name).to_vec());
    document.set_openid("userinfo_encryption_enc_values_supported", ContentEncryption::ALL.map(ContentEncryption::name).to_vec());
    let protocol = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"];
    let about_people = BY_SCOPE.iter().flat_map(|(_, names)| names.iter().copied());
    document.set_openid("claims_supported", protocol.into_iter().chain(about_people).collect::<Vec<_>>());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Person {
        Person {
            name: Some("Ada Lovelace".into()),
            given_name: Some("Ada".into()),
            updated_at: Some(Timestamp::from_secs(1_800_000_000)),
            email: Some("ada@acme.example".into()),
            email_verified: true,
            phone_number: Some("+49 30 1234".into()),
            address: Some(Address { country: Some("DE".into()), ..Address::default() }),
            roles: vec!["admin".into()],
            ..Person::new("u1")
        }
    }
    fn answer(scopes: &str, wishes: &[&str]) -> Value {
        let wishes = wishes.iter().map(|name| ((*name).to_owned(), Wish::default())).collect();
        Value::Object(about_person(&person(), &Scopes::parse(scopes).unwrap(), &wishes, &ClientMetadata::new("c"), "u1", "acme"))
    }

    #[test]
    fn each_scope_opens_its_own_claims_with_the_right_types() {
        assert_eq!(answer("openid", &[]), json!({"sub": "u1", "tenant": "acme"}));
        assert_eq!(
            answer("openid profile", &[]),
            json!({"sub": "u1", "tenant": "acme", "name": "Ada Lovelace", "given_name": "Ada", "updated_at": 1_800_000_000})
        );
        assert_eq!(
            answer("openid email", &[]),
            json!({"sub": "u1", "tenant": "acme", "email": "ada@acme.example", "email_verified": true})
        );
        assert_eq!(
            answer("openid phone address", &[]),
            json!({"sub": "u1", "tenant": "acme", "phone_number": "+49 30 1234", "phone_number_verified": false, "address": {"country": "DE"}})
        );
    }

    #[test]
    fn claims_asked_for_by_name_come_without_their_scope_and_unknown_ones_are_ignored() {
        assert_eq!(
            answer("openid", &["name", "roles", "sub", "x"]),
            json!({"sub": "u1", "tenant": "acme", "name": "Ada Lovelace"})
        );
    }

    #[test]
    fn roles_are_told_only_to_clients_set_up_for_them() {
        let client = ClientMetadata { includes_roles: true, ..ClientMetadata::new("c") };
        let answer = about_person(&person(), &Scopes::default(), &BTreeMap::new(), &client, "u1", "acme");
        assert_eq!(answer["roles"], json!(["admin"]));
    }

    #[test]
    fn people_need_openid_and_machines_do_not() {
        let user = Subject::User("u1".into());
        assert_eq!(check(&user, &Scopes::default()).unwrap_err().code, ErrorCode::InsufficientScope);
        assert!(check(&user, &Scopes::parse("openid").unwrap()).is_ok());
        assert!(check(&Subject::Client("c".into()), &Scopes::default()).is_ok());
        let machine = Value::Object(about_client(&ClientMetadata::new("c"), "acme"));
        assert_eq!(machine, json!({"sub": "client_c", "identity_type": "client", "client_id": "c", "tenant": "acme"}));
    }
}
