//! What a client is: the facts about it that rooms decide on (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2).
//!
//! The whole is stored as JSON. Members that a stored client lacks take their defaults and members this version doesn't know
//! are ignored, so both older and newer rows can be read.

mod choices;
mod lifetimes;

pub use choices::{
    AccessTokenFormat, ApplicationType, AssertionAudience, AudienceMatch, AuthMethod, ClientType, DeliveryMode, Encryption,
    ExchangeMode, Rotation, SubjectType,
};
pub use lifetimes::{ACCESS_TOKEN_LIFETIME, CODE_LIFETIME, ID_TOKEN_LIFETIME, Lifetimes, REFRESH_GRACE, REFRESH_TOKEN_LIFETIME};

use crate::fapi::{FapiProfile, Profile};
use crate::pkce;
use jose::alg::Algorithm;
use kernel::{ClientId, Scopes};
use lifetimes::{MAX_REFRESH_GRACE, seconds};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The facts about a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, stored and edited one by one")]
pub struct ClientMetadata {
    /// Its identifier.
    pub client_id: ClientId,
    /// What people see.
    #[serde(default)]
    pub client_name: String,
    /// Whether it may be used at all.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// Whether it can keep a secret.
    #[serde(default)]
    pub client_type: ClientType,
    /// Where it runs.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// Where answers may go; see [`crate::redirect_uri`].
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where people may go after signing out.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Grants it may use.
    #[serde(default = "authorization_code")]
    pub grant_types: Vec<String>,
    /// Response types it may use.
    #[serde(default = "code")]
    pub response_types: Vec<String>,
    /// Scopes it may ask for.
    #[serde(default = "identity_scopes")]
    pub scopes: Scopes,
    /// How it proves who it is.
    #[serde(default)]
    pub token_endpoint_auth_method: AuthMethod,
    /// The one algorithm its assertions use; `None`: any accepted one that fits its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<Algorithm>,
    /// What the `aud` of its assertions may be.
    #[serde(default)]
    pub assertion_audience: AssertionAudience,
    /// Its public keys, a JWK set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where its public keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Whether PKCE is demanded of it though it is confidential. Public clients always need it.
    #[serde(default)]
    pub requires_pkce: bool,
    /// Whether it may use the `plain` challenge method. Never honoured for public clients.
    #[serde(default)]
    pub allows_plain_pkce: bool,
    /// The algorithm of its ID tokens.
    #[serde(default = "rs256")]
    pub id_token_signed_response_alg: Algorithm,
    /// What its access tokens look like.
    #[serde(default)]
    pub access_token_format: AccessTokenFormat,
    /// How long its credentials live.
    #[serde(default)]
    pub lifetimes: Lifetimes,
    /// Whether refresh tokens change with each use. Those of public clients always do.
    #[serde(default)]
    pub refresh_token_rotation: Rotation,
    /// Seconds for which a rotated refresh token is answered again; at most 60, and 0 means never.
    #[serde(default = "grace")]
    pub refresh_token_grace: u32,
    /// The organization's own application: people are not asked for consent unless it asks for that.
    #[serde(default)]
    pub first_party: bool,
    /// Ask for consent at every request, remembered or not.
    #[serde(default)]
    pub always_ask_consent: bool,
    /// Resource servers its tokens may be for (RFC 8707).
    #[serde(default)]
    pub audience_uris: Vec<String>,
    /// How a requested resource is compared with those.
    #[serde(default)]
    pub audience_match: AudienceMatch,
    /// Resource servers it is itself: access tokens for these it may exchange although they were issued to others (RFC 8693).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_uris: Vec<String>,
    /// How far it may go in exchanging tokens, once that grant is registered for it.
    #[serde(default)]
    pub token_exchange: ExchangeMode,
    /// The only one who may act with access tokens that are issued to it (RFC 8693 §4.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_act: Option<String>,
    /// How `sub` is made.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// Whether `UserInfo` and ID tokens tell it the person's roles.
    #[serde(default)]
    pub includes_roles: bool,
    /// `max_age` for requests that don't carry one, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// `acr_values` for requests that don't carry any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// Whether its ID tokens always carry `auth_time`.
    #[serde(default)]
    pub require_auth_time: bool,
    /// Where the hosts of its redirect URIs are listed as one sector (OpenID Connect Core §8.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// How its ID tokens are encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_encryption: Option<Encryption>,
    /// The algorithm that signs its `UserInfo` answers; `None`: plain JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<Algorithm>,
    /// How its `UserInfo` answers are encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_encryption: Option<Encryption>,
    /// The algorithm that signs what introspection tells it (RFC 9701).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_signed_response_alg: Option<Algorithm>,
    /// How what introspection tells it is encrypted (RFC 9701).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_encryption: Option<Encryption>,
    /// The algorithm that signs its authorization responses (JARM §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_signed_response_alg: Option<Algorithm>,
    /// How its authorization responses are encrypted (JARM §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_encryption: Option<Encryption>,
    /// The one algorithm its request objects use; `None`: any accepted one that fits its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<Algorithm>,
    /// How its request objects are encrypted, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_encryption: Option<Encryption>,
    /// Where its request objects may be fetched from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// Whether its requests must be request objects (RFC 9101 §10.5).
    #[serde(default)]
    pub require_signed_request_object: bool,
    /// Whether its requests must be pushed (RFC 9126 §6).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// The FAPI profile it is under.
    #[serde(default)]
    pub fapi_profile: FapiProfile,
    /// The FAPI profile of its organization, which is never stored here.
    #[serde(skip)]
    pub organization_profile: FapiProfile,
    /// Whether its tokens must be bound to a key it proves (RFC 9449 §5.2).
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
    /// Whether its tokens must be bound to its certificate (RFC 8705 §3.4).
    #[serde(default)]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// The subject of its certificates, as RFC 4514 writes it (RFC 8705 §2.1.2). Of this and the four alternative names below
    /// exactly one is registered for `tls_client_auth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_subject_dn: Option<String>,
    /// Or a DNS name in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_dns: Option<String>,
    /// Or a URI in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_uri: Option<String>,
    /// Or an IP address in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_ip: Option<String>,
    /// Or an e-mail address in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_email: Option<String>,
    /// Types of authorization details it may ask for (RFC 9396 §10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types: Vec<String>,
    /// Loaded in a frame when people sign out (OpenID Connect Front-Channel Logout §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether that address gets `iss` and `sid`.
    #[serde(default)]
    pub frontchannel_logout_session_required: bool,
    /// Where logout tokens are sent (OpenID Connect Back-Channel Logout §2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether logout tokens must name the session.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// How it learns what came of a backchannel authentication request (CIBA Core §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_token_delivery_mode: Option<DeliveryMode>,
    /// Where it is told, for ping and push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_client_notification_endpoint: Option<String>,
    /// The one algorithm it signs those requests with; `None`: it need not sign them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_request_signing_alg: Option<Algorithm>,
    /// Whether it sends the code by which a person lets it ask them (CIBA Core §4).
    #[serde(default)]
    pub backchannel_user_code_parameter: bool,
    /// Claims with fixed values that its tokens carry besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_claims: BTreeMap<String, Value>,
    /// Whether `UserInfo` and ID tokens tell it the person's groups.
    #[serde(default)]
    pub includes_groups: bool,
    /// Whether `UserInfo` and ID tokens tell it the person's permissions.
    #[serde(default)]
    pub includes_permissions: bool,
    /// Where a sign-in can be begun from outside (OpenID Connect Core §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Whom to ask about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// The software it is an instance of (RFC 7591 §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// The version of that software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its logo, shown when people sign in and consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its privacy policy, shown likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms, shown likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// What people see, in other languages: `client_name#de` (RFC 7591 §2.2).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub localized: BTreeMap<String, String>,
}

impl ClientMetadata {
    /// A confidential web client with the defaults of registration: authorization code grant, `client_secret_basic`,
    /// the identity scopes.
    pub fn new(client_id: impl Into<ClientId>) -> Self {
        Self {
            client_id: client_id.into(),
            client_name: String::new(),
            is_active: true,
            client_type: ClientType::default(),
            application_type: ApplicationType::default(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: authorization_code(),
            response_types: code(),
            scopes: identity_scopes(),
            token_endpoint_auth_method: AuthMethod::default(),
            token_endpoint_auth_signing_alg: None,
            assertion_audience: AssertionAudience::default(),
            jwks: None,
            jwks_uri: None,
            requires_pkce: false,
            allows_plain_pkce: false,
            id_token_signed_response_alg: rs256(),
            access_token_format: AccessTokenFormat::default(),
            lifetimes: Lifetimes::default(),
            refresh_token_rotation: Rotation::default(),
            refresh_token_grace: REFRESH_GRACE,
            first_party: false,
            always_ask_consent: false,
            audience_uris: Vec::new(),
            audience_match: AudienceMatch::default(),
            resource_uris: Vec::new(),
            token_exchange: ExchangeMode::default(),
            may_act: None,
            subject_type: SubjectType::default(),
            includes_roles: false,
            default_max_age: None,
            default_acr_values: Vec::new(),
            require_auth_time: false,
            sector_identifier_uri: None,
            id_token_encryption: None,
            userinfo_signed_response_alg: None,
            userinfo_encryption: None,
            introspection_signed_response_alg: None,
            introspection_encryption: None,
            authorization_signed_response_alg: None,
            authorization_encryption: None,
            request_object_signing_alg: None,
            request_object_encryption: None,
            request_uris: Vec::new(),
            require_signed_request_object: false,
            require_pushed_authorization_requests: false,
            fapi_profile: FapiProfile::None,
            organization_profile: FapiProfile::None,
            dpop_bound_access_tokens: false,
            tls_client_certificate_bound_access_tokens: false,
            tls_client_auth_subject_dn: None,
            tls_client_auth_san_dns: None,
            tls_client_auth_san_uri: None,
            tls_client_auth_san_ip: None,
            tls_client_auth_san_email: None,
            authorization_details_types: Vec::new(),
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            backchannel_token_delivery_mode: None,
            backchannel_client_notification_endpoint: None,
            backchannel_authentication_request_signing_alg: None,
            backchannel_user_code_parameter: false,
            custom_claims: BTreeMap::new(),
            includes_groups: false,
            includes_permissions: false,
            initiate_login_uri: None,
            contacts: Vec::new(),
            software_id: None,
            software_version: None,
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            localized: BTreeMap::new(),
        }
    }

    /// What its FAPI profile and that of its organization say.
    pub const fn profile(&self) -> Profile {
        Profile::of(self.fapi_profile, self.organization_profile)
    }
    /// The same client as its profiles make it.
    #[must_use]
    pub fn strengthened(mut self) -> Self {
        self.profile().strengthen(&mut self);
        self
    }
    /// Whether it can't keep a secret.
    pub fn is_public(&self) -> bool {
        self.client_type == ClientType::Public || self.token_endpoint_auth_method == AuthMethod::None
    }
    /// Whether it may use the grant.
    pub fn may_use_grant(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|allowed| allowed == grant_type)
    }
    /// Whether PKCE is demanded of it.
    pub fn must_use_pkce(&self) -> bool {
        self.requires_pkce || self.is_public()
    }
    /// Whether it may use this challenge method.
    pub fn may_use_pkce(&self, method: pkce::Method) -> bool {
        method == pkce::Method::S256 || (self.allows_plain_pkce && !self.is_public())
    }
    /// Whether its refresh tokens change with each use.
    pub fn must_rotate(&self) -> bool {
        self.is_public() || self.refresh_token_rotation == Rotation::Rotate
    }
    /// For how long a rotated refresh token is answered again.
    pub fn grace(&self) -> Duration {
        seconds(self.refresh_token_grace.min(MAX_REFRESH_GRACE))
    }
}

fn yes() -> bool {
    true
}
fn grace() -> u32 {
    REFRESH_GRACE
}
fn authorization_code() -> Vec<String> {
    vec!["authorization_code".to_owned()]
}
fn code() -> Vec<String> {
    vec!["code".to_owned()]
}
fn rs256() -> Algorithm {
    Algorithm::RS256
}
fn identity_scopes() -> Scopes {
    ["openid", "profile", "email"].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_almost_empty_row_reads_as_a_client_with_defaults() {
        let read: ClientMetadata = serde_json::from_value(json!({"client_id": "c"})).unwrap();
        assert_eq!(read, ClientMetadata::new("c"));
        assert!(serde_json::from_value::<ClientMetadata>(json!({})).is_err());
    }

    #[test]
    fn a_row_of_a_newer_version_can_be_read_and_a_round_trip_keeps_everything() {
        let row = json!({"client_id": "c", "client_type": "public", "dpop_bound_access_tokens": true, "lifetimes": {"code": 60, "new": 1}});
        let read: ClientMetadata = serde_json::from_value(row).unwrap();
        assert!(read.is_public());
        assert_eq!(read.lifetimes.code(), Duration::from_mins(1));
        let again: ClientMetadata = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
        assert_eq!(again, read);
    }

    #[test]
    fn a_public_client_always_needs_s256_and_rotation() {
        let client = ClientMetadata {
            client_type: ClientType::Public,
            allows_plain_pkce: true,
            refresh_token_rotation: Rotation::Keep,
            ..ClientMetadata::new("c")
        };
        assert!(client.must_use_pkce() && client.must_rotate());
        assert!(!client.may_use_pkce(pkce::Method::Plain));
    }

    #[test]
    fn codes_and_grace_can_be_shorter_but_not_longer() {
        let lifetimes = Lifetimes { code: Some(6000), ..Lifetimes::default() };
        assert_eq!(lifetimes.code(), Duration::from_mins(10));
        let client = ClientMetadata { refresh_token_grace: 3600, ..ClientMetadata::new("c") };
        assert_eq!(client.grace(), Duration::from_mins(1));
    }
}
