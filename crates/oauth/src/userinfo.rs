//! `UserInfo`: claims about the person behind an access token.
//!
//! OpenID Connect Core §5.1 to §5.5. Supported: claims by scope and by the `claims` parameter, JSON. A user's token must carry
//! `openid`; a machine's token need not, and learns who it is. The answer is JSON, or a JWT that is signed, encrypted, or signed and
//! then encrypted (§5.3.2).

use crate::claims_request::Wish;
use crate::grant::Subject;
use crate::metadata::{Document, Facts};
use crate::person::{BY_SCOPE, Person};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, ErrorCode, Issuer, ProtocolError, scope};
use jose::jwe::{ContentEncryption, KeyManagement};
use kernel::{ClientId, Scopes};
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

/// The media type of an answer that is a JWT (§5.3.2).
pub const MEDIA_TYPE: &str = "application/jwt";
/// Its `typ`. ID tokens have the same, but this is none: it has neither `exp` nor `iat`.
pub const TYP: &str = "JWT";

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

/// The answer about a person. `sub` is how the client knows them, `tenant` is the organization's slug, `wishes` the grant's
/// `claims.userinfo`.
pub fn about_person(
    person: &Person,
    scopes: &Scopes,
    wishes: &BTreeMap<String, Wish>,
    sub: &str,
    tenant: &str,
) -> Map<String, Value> {
    let mut answer = person.opened(scopes);
    answer.extend(person.requested(wishes));
    answer.extend(person.held.claims());
    answer.insert("sub".to_owned(), json!(sub));
    answer.insert("tenant".to_owned(), json!(tenant));
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

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.set_openid("userinfo_endpoint", facts.issuer.endpoint("oauth/userinfo"));
    document.set_openid("userinfo_signing_alg_values_supported", facts.signing_algorithms());
    document.set_openid("userinfo_encryption_alg_values_supported", KeyManagement::ASYMMETRIC.map(KeyManagement::name).to_vec());
    document.set_openid("userinfo_encryption_enc_values_supported", ContentEncryption::ALL.map(ContentEncryption::name).to_vec());
    let protocol = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"];
    let about_people =
        BY_SCOPE.iter().flat_map(|(_, names)| names.iter().copied()).chain(["roles", "groups", "permissions", "organization"]);
    document.set_openid("claims_supported", protocol.into_iter().chain(about_people).collect::<Vec<_>>());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::Held;
    use crate::person::tests::person;
    use crate::private_key_jwt::tests::issuer;

    fn answer(scopes: &str, wishes: &[&str]) -> Value {
        let wishes = wishes.iter().map(|name| ((*name).to_owned(), Wish::default())).collect();
        Value::Object(about_person(&person(), &Scopes::parse(scopes).unwrap(), &wishes, "u1", "acme"))
    }

    #[test]
    fn scopes_and_single_wishes_open_claims_and_unknown_ones_are_ignored() {
        assert_eq!(answer("openid", &[]), json!({"sub": "u1", "tenant": "acme"}));
        let email = json!({"sub": "u1", "tenant": "acme", "email": "ada@acme.example", "email_verified": true});
        assert_eq!(answer("openid email", &[]), email);
        let name = json!({"sub": "u1", "tenant": "acme", "name": "Ada Lovelace"});
        assert_eq!(answer("openid", &["name", "roles", "sub", "tenant", "x"]), name);
    }

    #[test]
    fn a_wish_for_another_value_takes_nothing_away_that_a_scope_opens() {
        let wishes = BTreeMap::from([("email".to_owned(), Wish { essential: true, values: vec![json!("else@acme.example")] })]);
        let told = |scopes: &str| about_person(&person(), &Scopes::parse(scopes).unwrap(), &wishes, "u1", "acme");
        assert!(!told("openid").contains_key("email"));
        assert_eq!(told("openid email")["email"], "ada@acme.example");
    }

    #[test]
    fn what_the_person_holds_is_told_as_far_as_it_was_looked_up() {
        let person = Person { held: Held { roles: Some(vec!["admin".into()]), ..Held::default() }, ..person() };
        let answer = about_person(&person, &Scopes::default(), &BTreeMap::new(), "u1", "acme");
        assert_eq!(Value::Object(answer), json!({"sub": "u1", "tenant": "acme", "roles": ["admin"]}));
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

    #[test]
    fn an_answer_that_is_a_jwt_says_who_made_it_for_whom() {
        let Value::Object(plain) = answer("openid", &[]) else { panic!("no object") };
        let told = Value::Object(as_jwt(plain, &issuer(), &"c".into()));
        assert_eq!(told, json!({"sub": "u1", "tenant": "acme", "iss": issuer().as_str(), "aud": "c"}));
    }
}
