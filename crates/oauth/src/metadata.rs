//! Discovery documents.
//!
//! OpenID Connect Discovery 1.0 and RFC 8414 (OAuth 2.0 Authorization Server Metadata). Both are built from the same rooms:
//! each adds what it really does, so a document can't promise a feature that isn't there. No member is ever null.
//! Not supported: signed metadata (RFC 8414 §2.1), which nobody asks for.

use crate::fapi::Profile;
use crate::mtls::Offered;
use crate::pipeline::{Endpoint, ROOMS, Room, Stage, Status};
use crate::rar::DetailType;
use crate::{Issuer, ResponseType, acr};
use jose::alg::Algorithm;
use serde_json::{Map, Value};
use std::sync::Arc;

/// This room.
pub const ROOM: Room = Room {
    name: "metadata",
    title: "OpenID Connect Discovery and Authorization Server Metadata",
    source: "OpenID Connect Discovery 1.0, RFC 8414",
    status: Status::Final,
    support: "both documents; no signed metadata",
    visits: &[(Endpoint::Metadata, Stage::Respond)],
    metadata,
};

/// What the documents depend on besides the rooms.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of an organization")]
pub struct Facts<'a> {
    /// The organization's issuer.
    pub issuer: &'a Issuer,
    /// Whether every authorization request of the organization must be pushed (RFC 9126 §5).
    pub requires_pushed_requests: bool,
    /// Whether every authorization request of the organization must be a signed request object (RFC 9101 §10.5).
    pub requires_signed_requests: bool,
    /// What holds for every client of the organization.
    pub profile: Profile,
    /// The types of authorization details the organization knows (RFC 9396).
    pub authorization_details_types: &'a [Arc<DetailType>],
    /// The organization's own scopes, listed after the built-in ones.
    pub scopes: &'a [String],
    /// The response types the organization has switched on.
    pub response_types: &'a [ResponseType],
    /// Algorithms the organization signs ID tokens and other answers with. `RS256` is listed whatever this says, because Discovery
    /// §3 demands it.
    pub id_token_algorithms: &'a [Algorithm],
    /// The organization's `acr` values, if it set its own; else [`acr::Acr::ALL`].
    pub acr_values: Option<&'a [String]>,
    /// Languages of the pages, as BCP 47 tags.
    pub ui_locales: &'a [&'a str],
    /// Where developers read about this server.
    pub service_documentation: Option<&'a str>,
    /// The organization's privacy policy.
    pub policy_uri: Option<&'a str>,
    /// The organization's terms.
    pub tos_uri: Option<&'a str>,
    /// Whether devices may ask for people elsewhere (RFC 8628).
    pub has_device_authorization: bool,
    /// Whether clients may name the person they want to hear from (CIBA).
    pub has_backchannel_authentication: bool,
    /// Whether the organization lets clients register themselves.
    pub takes_registrations: bool,
    /// Whether clients may be known by the address of a document about them.
    pub takes_client_documents: bool,
    /// What other issuers' assertions come to here, and ours elsewhere.
    pub assertions: Assertions,
    /// How certificates of clients reach this server, if they do.
    pub mutual_tls: Option<Offered<'a>>,
}

/// Assertions as grants, as far as the organization takes or issues them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Assertions {
    /// Whether any issuer's are taken (RFC 7523 §2.1).
    pub is_taken: bool,
    /// Whether identity assertions of others are taken (ID-JAG).
    pub takes_id_jag: bool,
    /// Whether identity assertions are issued.
    pub issues_id_jag: bool,
}

impl Facts<'_> {
    /// The names of what answers for clients can be signed with, the default first.
    pub(crate) fn signing_algorithms(&self) -> Vec<&'static str> {
        let others = self.id_token_algorithms.iter().filter(|algorithm| **algorithm != Algorithm::RS256);
        [Algorithm::RS256].iter().chain(others).map(|algorithm| algorithm.name()).collect()
    }
}

/// `…/.well-known/openid-configuration`.
pub fn openid_configuration(facts: &Facts<'_>) -> Value {
    Value::Object(build(facts).openid)
}

/// `…/.well-known/oauth-authorization-server`.
pub fn authorization_server(facts: &Facts<'_>) -> Value {
    Value::Object(build(facts).oauth)
}

fn build(facts: &Facts<'_>) -> Document {
    let mut document = Document::default();
    for room in ROOMS {
        (room.metadata)(facts, &mut document);
    }
    document
}

/// The two documents while they are built.
#[derive(Debug, Default)]
pub struct Document {
    openid: Map<String, Value>,
    oauth: Map<String, Value>,
}

impl Document {
    /// Set a member of both documents. Nulls are left out.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        if !value.is_null() {
            self.openid.insert(name.to_owned(), value.clone());
            self.oauth.insert(name.to_owned(), value);
        }
    }
    /// Set a member only OpenID Connect knows.
    pub fn set_openid(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        if !value.is_null() {
            self.openid.insert(name.to_owned(), value);
        }
    }
    /// Set a member of each document to what follows from the rest of it; `None` leaves it out.
    pub fn derive(&mut self, name: &str, derived: impl Fn(&Map<String, Value>) -> Option<Value>) {
        for document in [&mut self.openid, &mut self.oauth] {
            if let Some(value) = derived(document) {
                document.insert(name.to_owned(), value);
            }
        }
    }
    /// Keep of every list whose name `is_meant` only the entries that `is_kept`. A list without entries is left out.
    pub fn retain(&mut self, is_meant: impl Fn(&str) -> bool, is_kept: impl Fn(&str) -> bool) {
        for document in [&mut self.openid, &mut self.oauth] {
            for (name, value) in document.iter_mut().filter(|(name, _)| is_meant(name)) {
                debug_assert!(value.is_array(), "{name} is no list");
                if let Some(list) = value.as_array_mut() {
                    list.retain(|entry| entry.as_str().is_none_or(&is_kept));
                }
            }
            document.retain(|name, value| !is_meant(name) || value.as_array().is_none_or(|list| !list.is_empty()));
        }
    }
    /// Add values to a list in both documents, without duplicates.
    pub fn add<S: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = S>) {
        let mut list = self.openid.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        for value in values {
            let value = Value::from(value.as_ref());
            if !list.contains(&value) {
                list.push(value);
            }
        }
        self.set(name, list);
    }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.set("jwks_uri", facts.issuer.endpoint(".well-known/jwks.json"));
    document.set_openid("claim_types_supported", vec!["normal"]);
    let acr_values: Vec<&str> = match facts.acr_values {
        Some(own) => own.iter().map(String::as_str).collect(),
        None => acr::Acr::ALL.iter().map(|acr| acr.as_str()).collect(),
    };
    document.set_openid("acr_values_supported", acr_values);
    if !facts.ui_locales.is_empty() {
        document.set("ui_locales_supported", facts.ui_locales.to_vec());
    }
    document.set("service_documentation", facts.service_documentation);
    document.set("op_policy_uri", facts.policy_uri);
    document.set("op_tos_uri", facts.tos_uri);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::fapi::FapiProfile;

    pub(crate) fn facts(issuer: &Issuer) -> Facts<'_> {
        Facts {
            issuer,
            requires_pushed_requests: false,
            requires_signed_requests: false,
            profile: Profile::of(FapiProfile::None, FapiProfile::None),
            authorization_details_types: &[],
            scopes: &[],
            response_types: &[ResponseType::Code],
            id_token_algorithms: &[Algorithm::ES256],
            acr_values: None,
            ui_locales: &["en"],
            service_documentation: None,
            policy_uri: None,
            tos_uri: Some("https://acme.example/terms"),
            has_device_authorization: true,
            has_backchannel_authentication: true,
            takes_registrations: true,
            takes_client_documents: false,
            assertions: Assertions::default(),
            mutual_tls: None,
        }
    }

    fn document() -> Value {
        openid_configuration(&facts(&Issuer::of_org("https://id.example", "acme")))
    }

    #[test]
    fn every_required_member_is_there_and_none_is_null() {
        let issuer = Issuer::of_org("https://id.example", "acme");
        for (document, required) in [
            (openid_configuration(&facts(&issuer)), &["subject_types_supported", "id_token_signing_alg_values_supported"][..]),
            (authorization_server(&facts(&issuer)), &[]),
        ] {
            let members = document.as_object().unwrap();
            assert!(members.values().all(|value| !value.is_null()));
            let common = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported"];
            for name in common.iter().chain(required) {
                assert!(members.contains_key(*name), "{name} is missing");
            }
        }
    }

    #[test]
    fn endpoints_lie_under_the_issuer() {
        let document = document();
        assert_eq!(document["issuer"], "https://id.example/orgs/acme");
        for (name, value) in document.as_object().unwrap() {
            if name.ends_with("_endpoint") || name == "jwks_uri" {
                assert!(value.as_str().unwrap().starts_with("https://id.example/orgs/acme/api/v1/"), "{name}");
            }
        }
        assert_eq!(document["jwks_uri"], "https://id.example/orgs/acme/api/v1/.well-known/jwks.json");
        assert_eq!(document["authorization_endpoint"], "https://id.example/orgs/acme/api/v1/oauth/authorize");
        assert_eq!(document["end_session_endpoint"], "https://id.example/orgs/acme/api/v1/oauth/logout");
    }

    #[test]
    fn defaults_that_would_promise_too_much_are_stated() {
        let document = document();
        assert_eq!(document["request_parameter_supported"], true);
        assert_eq!(document["request_uri_parameter_supported"], true);
        assert_eq!(document["require_request_uri_registration"], true);
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
        assert_eq!(document["response_types_supported"], serde_json::json!(["code"]));
        assert_eq!(
            document["response_modes_supported"],
            serde_json::json!(["query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt"])
        );
        assert_eq!(
            document["grant_types_supported"],
            serde_json::json!([
                "authorization_code",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code",
                "urn:openid:params:grant-type:ciba",
                "urn:ietf:params:oauth:grant-type:token-exchange"
            ])
        );
    }

    #[test]
    fn rs256_is_always_among_the_id_token_algorithms_and_none_never() {
        assert_eq!(document()["id_token_signing_alg_values_supported"], serde_json::json!(["RS256", "ES256"]));
    }

    #[test]
    fn lists_have_no_duplicates_and_scopes_hold_openid() {
        let document = document();
        for value in document.as_object().unwrap().values().filter_map(Value::as_array) {
            let mut seen = value.clone();
            seen.dedup();
            assert_eq!(&seen, value);
            assert!(!value.is_empty());
        }
        assert!(document["scopes_supported"].as_array().unwrap().contains(&"openid".into()));
        assert!(document["claims_supported"].as_array().unwrap().contains(&"sub".into()));
        assert_eq!(document["acr_values_supported"].as_array().unwrap().len(), 4);
    }

    #[test]
    fn the_oauth_document_leaves_openid_members_out() {
        let issuer = Issuer::of_org("https://id.example", "acme");
        let document = authorization_server(&facts(&issuer));
        for name in ["userinfo_endpoint", "subject_types_supported", "claims_supported", "end_session_endpoint"] {
            assert!(document.get(name).is_none(), "{name}");
        }
    }
}
