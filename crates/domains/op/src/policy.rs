//! What an organization's settings say about OAuth: their member `oauth`.

use crate::registration::RegistrationPolicy;
use identity::settings::{OAuth, ResponseTypeName, Settings, TokenExchange};
use oauth::client::ExchangeMode;
use oauth::fapi::{FapiProfile, Profile};
use oauth::metadata::Assertions;
use oauth::rar::DetailType;
use oauth::{ResponseType, par};
use std::sync::Arc;
use std::time::Duration;
use store::Org;

/// The section `oauth` of an organization's settings: see [`identity::settings::OAuth`], where further members go. What is missing
/// there, or isn't understood, has its default, so that nothing is switched on by a mistake.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of an organization")]
pub struct Policy {
    profile: Profile,
    response_types: Vec<ResponseType>,
    authorization_details_types: Vec<Arc<DetailType>>,
    requires_pushed_requests: bool,
    requires_signed_requests: bool,
    pushed_request_lifetime: Duration,
    devices: Devices,
    takes_backchannel_requests: bool,
    token_exchange: Option<ExchangeMode>,
    assertions: Assertions,
    takes_client_documents: bool,
    registration: RegistrationPolicy,
}

impl Policy {
    /// Of an organization.
    pub fn of(org: &Org) -> Self {
        let settings = Settings::of(org);
        let takes_client_documents = settings.authentication.cimd_enabled;
        Self { assertions: assertions(&settings), takes_client_documents, ..Self::read(&settings.oauth, org.settings()) }
    }

    fn read(settings: &OAuth, document: &str) -> Self {
        let profile = Profile::of(FapiProfile::None, settings.fapi_profile.0);
        let mut response_types = response_types(&settings.response_types);
        response_types.retain(|offered| profile.allows_response_type(*offered));
        Self {
            profile,
            response_types,
            authorization_details_types: settings.authorization_details_types.iter().map(|known| known.0.clone()).collect(),
            requires_pushed_requests: settings.require_pushed_authorization_requests || profile.must_push(),
            requires_signed_requests: settings.require_signed_request_object || profile.must_sign(),
            pushed_request_lifetime: par::lifetime(Some(settings.pushed_authorization_request_lifetime.value().into())),
            takes_backchannel_requests: settings.backchannel_authentication_enabled,
            devices: Devices {
                are_allowed: settings.device_authorization_enabled,
                may_be_of_administrators: settings.device_authorization_for_administrators,
                must_be_near: settings.device_authorization_same_network,
            },
            assertions: Assertions::default(),
            takes_client_documents: false,
            token_exchange: match settings.token_exchange {
                TokenExchange::Off => None,
                TokenExchange::Delegation => Some(ExchangeMode::Delegation),
                TokenExchange::Impersonation => Some(ExchangeMode::Impersonation),
            },
            registration: RegistrationPolicy::read(&serde_json::from_str(document).unwrap_or_default()),
        }
    }

    /// `fapi_profile`: what every client of the organization is under, beside a profile of its own.
    pub fn profile(&self) -> Profile {
        self.profile
    }
    /// `response_types`: what clients may ask the authorization endpoint for, if they registered it too. Only `code` unless set.
    pub fn response_types(&self) -> &[ResponseType] {
        &self.response_types
    }
    /// `authorization_details_types`: the types of authorization details that clients may ask for, if they registered them (RFC 9396).
    pub fn authorization_details_types(&self) -> &[Arc<DetailType>] {
        &self.authorization_details_types
    }
    /// `require_pushed_authorization_requests`: whether every authorization request must be pushed (RFC 9126 §5).
    pub fn requires_pushed_requests(&self) -> bool {
        self.requires_pushed_requests
    }
    /// `require_signed_request_object`: whether every authorization request must be a signed request object (RFC 9101 §10.5).
    pub fn requires_signed_requests(&self) -> bool {
        self.requires_signed_requests
    }
    /// `pushed_authorization_request_lifetime`: for how many seconds a reference to a pushed request is good. A minute unless set,
    /// and never ten.
    pub fn pushed_request_lifetime(&self) -> Duration {
        self.pushed_request_lifetime
    }
    /// `device_authorization_…`: whose devices may ask.
    pub fn devices(&self) -> Devices {
        self.devices
    }
    /// `backchannel_authentication_enabled`: whether clients may name the person they want to hear from (CIBA).
    pub fn takes_backchannel_requests(&self) -> bool {
        self.takes_backchannel_requests
    }
    /// What assertions come to here, and ours elsewhere: `assertion_issuers`, `identity_audiences`, and the switches of the published
    /// settings, `authentication.xaa_resource_enabled` and `authentication.xaa_idp_enabled`.
    pub fn assertions(&self) -> Assertions {
        self.assertions
    }
    /// `authentication.cimd_enabled`: whether clients may be known by the address of a document about them.
    pub fn takes_client_documents(&self) -> bool {
        self.takes_client_documents
    }
    /// `token_exchange`: how far clients may go in exchanging tokens; `None` unless set.
    pub fn token_exchange(&self) -> Option<ExchangeMode> {
        self.token_exchange
    }
    /// `registration`: who may register clients, and which.
    pub fn registration(&self) -> &RegistrationPolicy {
        &self.registration
    }
}

/// Which devices may ask people for access (RFC 8628).
#[derive(Clone, Copy, Debug)]
pub struct Devices {
    /// `device_authorization_enabled`: whether any may.
    pub are_allowed: bool,
    /// `device_authorization_for_administrators`: whether administrators may grant them anything.
    pub may_be_of_administrators: bool,
    /// `device_authorization_same_network`: whether a device must be where the person is.
    pub must_be_near: bool,
}

impl Default for Policy {
    /// That of an organization that set nothing.
    fn default() -> Self {
        Self::read(&OAuth::default(), "{}")
    }
}

fn assertions(settings: &Settings) -> Assertions {
    let issuers = &settings.oauth.assertion_issuers;
    let takes_id_jag = settings.authentication.xaa_resource_enabled && issuers.iter().any(|issuer| issuer.identity_assertions);
    Assertions {
        is_taken: takes_id_jag || issuers.iter().any(|issuer| issuer.assertions),
        takes_id_jag,
        issues_id_jag: settings.authentication.xaa_idp_enabled && !settings.oauth.identity_audiences.is_empty(),
    }
}

/// The listed types, each once. A list without a single known type is a mistake: then there is only `code`.
fn response_types(listed: &[ResponseTypeName]) -> Vec<ResponseType> {
    if listed.is_empty() {
        return vec![ResponseType::Code];
    }
    ResponseType::ALL.into_iter().filter(|known| listed.contains(&ResponseTypeName(*known))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &str) -> Policy {
        Policy::read(&Settings::read(document).oauth, document)
    }

    #[test]
    fn only_code_is_switched_on_unless_the_settings_list_more() {
        for (settings, expected) in [
            ("", &["code"][..]),
            ("{}", &["code"]),
            (r#"{"oauth":{}}"#, &["code"]),
            (r#"{"oauth":{"response_types":[]}}"#, &["code"]),
            (r#"{"oauth":{"response_types":"id_token"}}"#, &["code"]),
            (r#"{"oauth":{"response_types":["token","none",7]}}"#, &["code"]),
            (r#"{"oauth":{"response_types":["code id_token","code","id_token code"]}}"#, &["code", "code id_token"]),
            (r#"{"oauth":{"response_types":["token id_token"]}}"#, &["id_token token"]),
        ] {
            let read: Vec<&str> = read(settings).response_types().iter().map(|known| known.as_str()).collect();
            assert_eq!(read, expected, "{settings}");
        }
    }

    #[test]
    fn requests_need_not_be_pushed_unless_the_settings_say_so_plainly() {
        for (settings, is_required, seconds) in [
            ("{}", false, 60),
            (r#"{"oauth":{"require_pushed_authorization_requests":true}}"#, true, 60),
            (r#"{"oauth":{"require_pushed_authorization_requests":"true"}}"#, false, 60),
            (r#"{"oauth":{"pushed_authorization_request_lifetime":300}}"#, false, 300),
            (r#"{"oauth":{"pushed_authorization_request_lifetime":86400}}"#, false, 599),
            (r#"{"oauth":{"pushed_authorization_request_lifetime":-1}}"#, false, 60),
        ] {
            let policy = read(settings);
            assert_eq!(policy.requires_pushed_requests(), is_required, "{settings}");
            assert_eq!(policy.pushed_request_lifetime(), Duration::from_secs(seconds), "{settings}");
        }
    }
}
