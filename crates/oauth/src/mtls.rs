//! Mutual TLS: clients that prove themselves with a certificate, and tokens bound to it.
//!
//! RFC 8705. Supported: `tls_client_auth` with each of the five subject members, over the authorities that the organization and the
//! installation believe; `self_signed_tls_client_auth`, where the certificate's key must be among the client's keys (whoever
//! holds the key can make any certificate for it, so the rest of it is not compared, but its time is heeded); certificate-bound access
//! tokens and, for public clients, refresh tokens; aliases of endpoints on another host or port (§5). Not supported: revocation lists.

use crate::ClientMetadata;
use crate::client::AuthMethod;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use jose::jwks::Jwks;
use jose::x509::{AlternativeName, Certificate, DistinguishedName};
use kernel::Timestamp;
use serde_json::{Map, Value};
use std::net::IpAddr;
use url::Url;

/// This room.
pub const ROOM: Room = Room {
    name: "mtls",
    title: "Mutual-TLS Client Authentication and Certificate-Bound Access Tokens",
    source: "RFC 8705",
    status: Status::Final,
    support: "tls_client_auth, self_signed_tls_client_auth, bound tokens, endpoint aliases",
    visits: &[
        (Endpoint::PushedAuthorization, Stage::Authenticate),
        (Endpoint::Token, Stage::Authenticate),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Userinfo, Stage::Authenticate),
        (Endpoint::Introspection, Stage::Authenticate),
        (Endpoint::Revocation, Stage::Authenticate),
        (Endpoint::DeviceAuthorization, Stage::Authenticate),
        (Endpoint::BackchannelAuthentication, Stage::Authenticate),
    ],
    metadata,
};

/// The certificate of a connection. That its key is held by the client, the handshake has proven.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Whether an authority vouches for it that organization or installation believes.
    pub is_vouched_for: bool,
}

/// A subject of certificates, registered in one of five ways (§2.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The distinguished name.
    Name(DistinguishedName),
    /// An alternative name. DNS names and the hosts of addresses are in lower case.
    Alternative(AlternativeName),
}

impl Subject {
    /// What a member of client metadata names; `None` if the text is none of its kind.
    pub fn parse(member: &str, text: &str) -> Option<Self> {
        let owned = || text.to_owned();
        let name = match member {
            "tls_client_auth_subject_dn" => return DistinguishedName::parse(text).map(Self::Name),
            "tls_client_auth_san_dns" => is_dns_name(text).then(|| AlternativeName::Dns(owned())),
            "tls_client_auth_san_uri" => Url::parse(text).ok().map(|_| AlternativeName::Uri(owned())),
            "tls_client_auth_san_ip" => text.parse::<IpAddr>().ok().map(AlternativeName::Ip),
            "tls_client_auth_san_email" => {
                let is_address = text.split_once('@').is_some_and(|(local, host)| !local.is_empty() && is_dns_name(host));
                is_address.then(|| AlternativeName::Email(owned()))
            }
            _ => None,
        };
        name.map(|name| Self::Alternative(comparable(&name)))
    }

    fn is_of(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Name(name) => certificate.subject() == Some(name),
            Self::Alternative(name) => certificate.alternative_names().iter().any(|known| comparable(known) == *name),
        }
    }
}

/// The subject members of a client that say something, by their registered names. A good registration has one at most.
pub fn registered(client: &ClientMetadata) -> Vec<(&'static str, &str)> {
    [
        ("tls_client_auth_subject_dn", &client.tls_client_auth_subject_dn),
        ("tls_client_auth_san_dns", &client.tls_client_auth_san_dns),
        ("tls_client_auth_san_uri", &client.tls_client_auth_san_uri),
        ("tls_client_auth_san_ip", &client.tls_client_auth_san_ip),
        ("tls_client_auth_san_email", &client.tls_client_auth_san_email),
    ]
    .into_iter()
    .filter_map(|(member, text)| Some((member, text.as_deref()?)))
    .collect()
}

/// Check a certificate by authority and subject (§2.1).
pub(crate) fn check_issued(shown: Option<Shown<'_>>, client: &ClientMetadata) -> Result<(), Refused> {
    let shown = shown.ok_or(Refused::Missing)?;
    let subject = match registered(client).as_slice() {
        [(member, text)] => Subject::parse(member, text).ok_or(Refused::Registration)?,
        _ => return Err(Refused::Registration),
    };
    if !shown.is_vouched_for {
        return Err(Refused::Authority);
    }
    if subject.is_of(shown.certificate) { Ok(()) } else { Err(Refused::Subject) }
}

/// Check a certificate by its key (§2.2).
pub(crate) fn check_own(shown: Option<Shown<'_>>, keys: &Jwks, now: Timestamp) -> Result<(), Refused> {
    let certificate = shown.ok_or(Refused::Missing)?.certificate;
    if !certificate.is_current(now) {
        return Err(Refused::Time);
    }
    let thumbprint = certificate.public_key().ok_or(Refused::UnknownKey)?.thumbprint();
    if keys.keys().iter().any(|known| known.thumbprint() == thumbprint) { Ok(()) } else { Err(Refused::UnknownKey) }
}

/// Why a certificate proves nothing. Callers outside learn `invalid_client`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The connection has none, or none that can be read.
    #[error("no certificate was shown")]
    Missing,
    /// The client's registration doesn't name exactly one subject.
    #[error("the client has no subject registered")]
    Registration,
    /// No authority that is believed vouches for it, now and for clients.
    #[error("no authority vouches for the certificate")]
    Authority,
    /// It is another's.
    #[error("the certificate has another subject")]
    Subject,
    /// Its time is over, or has not come.
    #[error("the certificate is outside its time")]
    Time,
    /// Its key is none of the client's. The client may have rotated its keys, and fetching them again may help.
    #[error("the certificate's key is not among the client's")]
    UnknownKey,
}

/// What the metadata documents depend on.
#[derive(Clone, Copy, Debug)]
pub struct Offered<'a> {
    /// Where clients that use certificates find the endpoints, if not under the issuer's own address: scheme, host and maybe a port.
    pub base_url: Option<&'a str>,
}

/// Comes after all other rooms, for it repeats their endpoints.
fn metadata(facts: &Facts<'_>, document: &mut Document) {
    let Some(offered) = facts.mutual_tls else { return };
    for endpoint in ["token", "revocation", "introspection"] {
        let methods = [AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTlsClientAuth].map(AuthMethod::as_str);
        document.add(&format!("{endpoint}_endpoint_auth_methods_supported"), methods);
    }
    document.set("tls_client_certificate_bound_access_tokens", true);
    let Some(base) = offered.base_url else { return };
    document.derive("mtls_endpoint_aliases", |members| {
        let alias = |name: &str| {
            let endpoint = Url::parse(members.get(name)?.as_str()?).ok()?;
            Some((name.to_owned(), Value::from(format!("{base}{}", endpoint.path()))))
        };
        Some(Value::Object(ALIASED.into_iter().filter_map(alias).collect::<Map<_, _>>()))
    });
}

/// Endpoints that clients call themselves, with a certificate (§5).
const ALIASED: [&str; 8] = [
    "token_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
    "backchannel_authentication_endpoint",
    "registration_endpoint",
    "userinfo_endpoint",
];

fn comparable(name: &AlternativeName) -> AlternativeName {
    match name {
        AlternativeName::Dns(name) => AlternativeName::Dns(name.to_ascii_lowercase()),
        AlternativeName::Email(address) => AlternativeName::Email(match address.rsplit_once('@') {
            Some((local, host)) => format!("{local}@{}", host.to_ascii_lowercase()),
            None => address.clone(),
        }),
        AlternativeName::Uri(_) | AlternativeName::Ip(_) => name.clone(),
    }
}

/// Whether it can stand in a certificate as one host: no wildcard, for that would be many.
fn is_dns_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::{
        AuthMethod, Certificate, ClientMetadata, Facts, Jwks, Offered, Refused, Shown, Timestamp, check_issued, check_own,
    };
    use crate::client_authentication::{Facts as ClientFacts, Failure, present, verify};
    use crate::metadata::tests::facts as metadata_facts;
    use crate::metadata::{authorization_server, openid_configuration};
    use crate::private_key_jwt::tests::{NOW, issuer};
    use crate::{Issuer, Params};
    use jose::jwk::Jwk;
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
    use serde_json::json;
    use std::sync::Arc;

    fn params() -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "DE");
        params.distinguished_name.push(DnType::CommonName, "client");
        params.subject_alt_names = vec![
            SanType::DnsName("Client.example".try_into().unwrap()),
            SanType::URI("https://client.example/id".try_into().unwrap()),
            SanType::Rfc822Name("Ops@Client.example".try_into().unwrap()),
            SanType::IpAddress("2001:db8::7".parse().unwrap()),
        ];
        params
    }
    fn certificate() -> Certificate {
        Certificate::parse(params().self_signed(&KeyPair::generate().unwrap()).unwrap().der()).unwrap()
    }
    fn client(method: AuthMethod) -> ClientMetadata {
        ClientMetadata { token_endpoint_auth_method: method, ..ClientMetadata::new("c") }
    }
    fn registered_as(member: &str, text: &str) -> ClientMetadata {
        let mut client = client(AuthMethod::TlsClientAuth);
        let field = match member {
            "tls_client_auth_subject_dn" => &mut client.tls_client_auth_subject_dn,
            "tls_client_auth_san_dns" => &mut client.tls_client_auth_san_dns,
            "tls_client_auth_san_uri" => &mut client.tls_client_auth_san_uri,
            "tls_client_auth_san_ip" => &mut client.tls_client_auth_san_ip,
            _ => &mut client.tls_client_auth_san_email,
        };
        *field = Some(text.to_owned());
        client
    }

    #[test]
    fn each_form_of_subject_is_compared_by_its_own_rules() {
        let certificate = certificate();
        let shown = Shown { certificate: &certificate, is_vouched_for: true };
        for (member, text, outcome) in [
            ("tls_client_auth_subject_dn", "CN=client,C=DE", Ok(())),
            ("tls_client_auth_subject_dn", "CN=client, c=DE", Ok(())),
            ("tls_client_auth_subject_dn", "C=DE,CN=client", Err(Refused::Subject)),
            ("tls_client_auth_subject_dn", "CN=client", Err(Refused::Subject)),
            ("tls_client_auth_subject_dn", "client", Err(Refused::Registration)),
            ("tls_client_auth_san_dns", "client.example", Ok(())),
            ("tls_client_auth_san_dns", "example", Err(Refused::Subject)),
            ("tls_client_auth_san_dns", "a.client.example", Err(Refused::Subject)),
            ("tls_client_auth_san_dns", "*.example", Err(Refused::Registration)),
            ("tls_client_auth_san_uri", "https://client.example/id", Ok(())),
            ("tls_client_auth_san_uri", "https://client.example/id/", Err(Refused::Subject)),
            ("tls_client_auth_san_uri", "https://CLIENT.example/id", Err(Refused::Subject)),
            ("tls_client_auth_san_ip", "2001:db8::7", Ok(())),
            ("tls_client_auth_san_ip", "2001:0DB8:0:0:0:0:0:7", Ok(())),
            ("tls_client_auth_san_ip", "192.0.2.7", Err(Refused::Subject)),
            ("tls_client_auth_san_ip", "2001:db8::/32", Err(Refused::Registration)),
            ("tls_client_auth_san_email", "Ops@client.example", Ok(())),
            ("tls_client_auth_san_email", "ops@client.example", Err(Refused::Subject)),
            ("tls_client_auth_san_email", "client.example", Err(Refused::Registration)),
        ] {
            assert_eq!(check_issued(Some(shown), &registered_as(member, text)), outcome, "{member} {text}");
        }
    }

    #[test]
    fn a_certificate_nobody_vouches_for_has_no_subject() {
        let certificate = certificate();
        let good = registered_as("tls_client_auth_san_dns", "client.example");
        let shown = Shown { certificate: &certificate, is_vouched_for: false };
        assert_eq!(check_issued(Some(shown), &good), Err(Refused::Authority));
        assert_eq!(check_issued(None, &good), Err(Refused::Missing));
        let vouched = Shown { is_vouched_for: true, ..shown };
        assert_eq!(check_issued(Some(vouched), &client(AuthMethod::TlsClientAuth)), Err(Refused::Registration));
        let two = ClientMetadata { tls_client_auth_san_ip: Some("192.0.2.7".into()), ..good };
        assert_eq!(check_issued(Some(vouched), &two), Err(Refused::Registration), "nobody knows which one is meant");
    }

    #[test]
    fn a_clients_own_certificate_is_known_by_its_key_and_has_its_time() {
        let certificate = certificate();
        let key: Jwk = certificate.public_key().unwrap().clone();
        let shown = Some(Shown { certificate: &certificate, is_vouched_for: false });
        let set = |key: &Jwk| Jwks::from_value(&json!({ "keys": [key] })).unwrap();
        let keys = set(&key);
        assert_eq!(check_own(shown, &keys, NOW), Ok(()));
        assert_eq!(check_own(shown, &keys, Timestamp::from_secs(0)), Err(Refused::Time));
        assert_eq!(check_own(None, &keys, NOW), Err(Refused::Missing));
        assert_eq!(check_own(shown, &Jwks::default(), NOW), Err(Refused::UnknownKey));
        let other = set(self::certificate().public_key().unwrap());
        assert_eq!(check_own(shown, &other, NOW), Err(Refused::UnknownKey));
    }

    #[test]
    fn a_certificate_proves_only_clients_that_registered_it_and_no_other_method_will_do_for_them() {
        let certificate = certificate();
        let shown = Some(Shown { certificate: &certificate, is_vouched_for: true });
        let issuer = issuer();
        let outcome = |client: ClientMetadata, pairs: &[(&str, &str)]| {
            let presented = present(None, &Params::collect(pairs.iter().copied()).unwrap()).unwrap();
            let client = Arc::new(client);
            let facts = ClientFacts {
                client: Some(&client),
                secret_digest: None,
                keys: None,
                certificate: shown,
                issuer: &issuer,
                now: NOW,
            };
            verify(&presented, &facts).map(|proven| proven.settle(None).unwrap().method())
        };
        let good = registered_as("tls_client_auth_san_dns", "client.example");
        let alone = [("client_id", "c")];
        assert_eq!(outcome(good.clone(), &alone), Ok(AuthMethod::TlsClientAuth));
        assert_eq!(outcome(good, &[("client_id", "c"), ("client_secret", "s")]), Err(Failure::Method));
        assert_eq!(outcome(client(AuthMethod::ClientSecretBasic), &alone), Err(Failure::Method));
        assert_eq!(outcome(client(AuthMethod::PrivateKeyJwt), &alone), Err(Failure::Method));
        let own = client(AuthMethod::SelfSignedTlsClientAuth);
        assert_eq!(outcome(own, &alone), Err(Failure::Certificate(Refused::UnknownKey)));
        let other = registered_as("tls_client_auth_san_dns", "other.example");
        assert_eq!(outcome(other, &alone), Err(Failure::Certificate(Refused::Subject)));
    }

    #[test]
    fn aliases_stand_only_for_endpoints_that_stand_beside_them() {
        let issuer = Issuer::of_org("https://id.example", "acme");
        let offered = Offered { base_url: Some("https://mtls.id.example:8443") };
        let facts = Facts { mutual_tls: Some(offered), ..metadata_facts(&issuer) };
        for document in [openid_configuration(&facts), authorization_server(&facts)] {
            assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
            let aliases = document["mtls_endpoint_aliases"].as_object().unwrap();
            assert_eq!(aliases["token_endpoint"], "https://mtls.id.example:8443/orgs/acme/api/v1/oauth/token");
            assert!(aliases.keys().all(|name| document.get(name).is_some()), "{aliases:?}");
            let methods = document["token_endpoint_auth_methods_supported"].as_array().unwrap();
            assert!(methods.contains(&"tls_client_auth".into()) && methods.contains(&"self_signed_tls_client_auth".into()));
        }
        let without_alias = Facts { mutual_tls: Some(Offered { base_url: None }), ..facts };
        assert!(openid_configuration(&without_alias).get("mtls_endpoint_aliases").is_none());
        let nothing = openid_configuration(&metadata_facts(&issuer));
        assert!(nothing.get("tls_client_certificate_bound_access_tokens").is_none());
    }
}
