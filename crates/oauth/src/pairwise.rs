//! Pairwise subject identifiers: each sector of clients knows a person by another `sub`.
//!
//! OpenID Connect Core §8. A client's sector is the host of its `sector_identifier_uri`, or else the one host of its redirect URIs; a
//! client with neither is a sector of its own. The `sub` is a keyed hash of sector and person under a salt of the organization's
//! (§8.1), so nobody can work it out or lead it back.
//!
//! The same `sub` stands wherever that client can look: in ID tokens, in `UserInfo`, in logout tokens, in what introspection says about
//! its tokens, and in its access tokens. Those are opaque to clients in theory and readable in practice, and RFC 9068 §6 asks for
//! subjects that resource servers can't put together either.

use crate::ClientMetadata;
use crate::client::SubjectType;
use crate::grant::Subject;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use jose::digest::hmac_sha256;
use jose::encoding::base64url;
use kernel::{Secret, UserId};
use std::sync::Arc;
use url::Url;

/// This room.
pub const ROOM: Room = Room {
    name: "pairwise",
    title: "Pairwise subject identifiers",
    source: "OpenID Connect Core 1.0 §8",
    status: Status::Final,
    support: "public and pairwise, with sector identifiers",
    visits: &[
        (Endpoint::Authorization, Stage::Decide),
        (Endpoint::Token, Stage::Issue),
        (Endpoint::Userinfo, Stage::Respond),
        (Endpoint::Introspection, Stage::Respond),
        (Endpoint::EndSession, Stage::Decide),
    ],
    metadata,
};

/// An organization's secret: 256 random bits as text, made once and never changed, since every pairwise `sub` hangs on it.
#[derive(Clone, Debug)]
pub struct Salt(Secret);

impl Salt {
    /// From its stored text.
    pub fn new(text: Secret) -> Self {
        Self(text)
    }
    /// To be sealed and stored.
    pub fn expose(&self) -> &Secret {
        &self.0
    }
}

/// How a client knows people.
#[derive(Clone, Debug)]
pub enum Subjects {
    /// By their ids, as every such client does.
    Public,
    /// By a `sub` of its sector.
    Pairwise {
        /// The organization's salt.
        salt: Arc<Salt>,
        /// The client's sector.
        sector: String,
    },
}

/// Whether a client must be given the organization's salt to know people by.
pub fn is_pairwise(client: &ClientMetadata) -> bool {
    client.subject_type == SubjectType::Pairwise
}

impl Subjects {
    /// Those of a client for which [`is_pairwise`] holds.
    pub fn pairwise(client: &ClientMetadata, salt: Arc<Salt>) -> Self {
        Self::Pairwise { salt, sector: sector(client) }
    }
    /// The `sub` of a person.
    pub fn of_user(&self, user: &UserId) -> String {
        match self {
            Self::Public => user.to_string(),
            // Neither hosts nor ids hold a line break, so no two pairs make the same text.
            Self::Pairwise { salt, sector } => {
                base64url(hmac_sha256(salt.0.expose().as_bytes(), format!("{sector}\n{user}").as_bytes()))
            }
        }
    }
    /// The `sub` of whomever a token is about (RFC 9068 §2.2).
    pub fn of(&self, subject: &Subject) -> String {
        match subject {
            Subject::User(user) => self.of_user(user),
            Subject::Client(client) => client.to_string(),
        }
    }
    /// The same as `UserInfo` and introspection spell it: machines get a prefix.
    pub fn labelled(&self, subject: &Subject) -> String {
        match subject {
            Subject::User(user) => self.of_user(user),
            Subject::Client(_) => subject.labelled(),
        }
    }
    /// Whether what identifies a person everywhere, such as an address, would give away who is behind a `sub`.
    pub fn hide_people(&self) -> bool {
        matches!(self, Self::Pairwise { .. })
    }
}

/// The sector identifier (§8.1).
fn sector(client: &ClientMetadata) -> String {
    let host = |uri: &String| Url::parse(uri).ok()?.host_str().map(str::to_owned);
    let of_uri = client.sector_identifier_uri.as_ref().and_then(host);
    of_uri.or_else(|| client.redirect_uris.iter().find_map(host)).unwrap_or_else(|| client.client_id.to_string())
}

fn metadata(_: &Facts<'_>, document: &mut Document) {
    document.set_openid("subject_types_supported", vec!["public", "pairwise"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(id: &str, redirect_uris: &[&str], sector: Option<&str>) -> ClientMetadata {
        ClientMetadata {
            subject_type: SubjectType::Pairwise,
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            sector_identifier_uri: sector.map(str::to_owned),
            ..ClientMetadata::new(id)
        }
    }
    fn sub(client: &ClientMetadata, salt: &str, user: &str) -> String {
        Subjects::pairwise(client, Arc::new(Salt::new(Secret::new(salt)))).of_user(&user.into())
    }

    #[test]
    fn a_sub_is_the_hmac_of_sector_and_person_under_the_salt() {
        // printf 'app.example\nu1' | openssl dgst -sha256 -hmac salt -binary | basenc --base64url
        assert_eq!(
            sub(&client("c", &["https://app.example/cb"], None), "salt", "u1"),
            "VZKZLgCZzFHT-2K3OvC6u703fDVDbJ0UuITNxk_tKIk"
        );
    }

    #[test]
    fn clients_of_one_sector_agree_and_all_others_do_not() {
        let one = sub(&client("a", &["https://app.example/cb"], None), "salt", "u1");
        let by_uri = Some("https://app.example/sector.json");
        for same in [
            client("b", &["https://app.example:8443/other?x=1"], None),
            client("b", &["https://b.example/cb"], by_uri),
            client("b", &["https://b.example/", "https://c.example/"], by_uri),
            client("b", &["com.example.app:/cb"], by_uri),
        ] {
            assert_eq!(sub(&same, "salt", "u1"), one, "{:?}", same.redirect_uris);
        }
        for other in [
            client("b", &["https://b.example/cb"], None),
            client("b", &["https://sub.app.example/cb"], None),
            client("b", &["com.example.app:/cb"], None),
            client("app.example.evil", &[], None),
        ] {
            assert_ne!(sub(&other, "salt", "u1"), one, "{:?}", other.redirect_uris);
        }
        assert_ne!(sub(&client("a", &["https://app.example/cb"], None), "salt", "u2"), one, "another person");
        assert_ne!(sub(&client("a", &["https://app.example/cb"], None), "pepper", "u1"), one, "another organization");
    }

    #[test]
    fn clients_without_a_host_are_sectors_of_their_own() {
        let native = |id| sub(&client(id, &["com.example.app:/cb"], None), "salt", "u1");
        assert_ne!(native("a"), native("b"));
        assert_eq!(native("a"), sub(&client("a", &[], None), "salt", "u1"));
    }

    #[test]
    fn public_clients_know_people_by_their_ids_and_machines_are_always_public() {
        let machine = Subject::Client("x".into());
        let pairwise = Subjects::pairwise(&client("a", &[], None), Arc::new(Salt::new(Secret::new("salt"))));
        assert_eq!(Subjects::Public.of_user(&"u1".into()), "u1");
        for subjects in [&Subjects::Public, &pairwise] {
            assert_eq!((subjects.of(&machine), subjects.labelled(&machine)), ("x".to_owned(), "client_x".to_owned()));
        }
        let person = Subject::User("u1".into());
        assert_eq!(pairwise.labelled(&person), pairwise.of(&person));
        assert!(!format!("{pairwise:?}").contains("\"salt\""), "the salt is a secret");
    }
}
