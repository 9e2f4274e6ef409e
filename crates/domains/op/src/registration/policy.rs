//! Who may register clients with an organization, and which: the member `oauth.registration` of its settings.

use identity::permissions::{SYSTEM_PERMISSIONS, scope_opens};
use kernel::Scopes;
use oauth::grant::{CIBA, CLIENT_CREDENTIALS, DEVICE_CODE};
use oauth::registration::GRANT_TYPES;
use oauth::scope::BUILT_IN;
use oauth::{jwt_bearer, token_exchange};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who may register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nobody.
    #[default]
    Off,
    /// Who holds the permission `clients.register`.
    Permission,
    /// They, and who holds an initial access token.
    Token,
    /// Anyone.
    Open,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::Off, Self::Permission, Self::Token, Self::Open];

    /// As settings spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Permission => "permission",
            Self::Token => "token",
            Self::Open => "open",
        }
    }
}

/// A publisher of software whose statements are believed (RFC 7591 §2.3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustedIssuer {
    /// The `iss` of its statements.
    pub issuer: String,
    /// Its keys, a JWK set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where its keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
}

/// What an organization lets be registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrationPolicy {
    /// Who may register; unsaid it is nobody, and anyone on a development server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Scopes that clients registered without a permission may get. What opens administration is never among them.
    #[schemars(with = "String")]
    pub scopes: Scopes,
    /// Grants that clients registered by anyone may use.
    pub grant_types: Vec<String>,
    /// Types of authorization details that clients registered without a permission may ask for.
    pub authorization_details_types: Vec<String>,
    /// Hosts their redirect URIs may lead to: `app.example`, `*.app.example`. Any, if none is named.
    pub redirect_hosts: Vec<String>,
    /// How many clients anyone may have registered.
    pub max_clients: u32,
    /// Seconds a secret lives that is given to a client; for ever if unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_lifetime: Option<u32>,
    /// Whether only what carries a software statement is taken.
    pub requires_software_statement: bool,
    /// Whose software statements are believed.
    pub trusted_issuers: Vec<TrustedIssuer>,
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        // What needs no person at all, and what reaches a person who did not begin it: whoever may ask for that ought to be known.
        let by_leave = [CLIENT_CREDENTIALS, token_exchange::GRANT_TYPE, jwt_bearer::GRANT_TYPE, CIBA, DEVICE_CODE];
        let grants = GRANT_TYPES.into_iter().filter(|grant| !by_leave.contains(grant));
        Self {
            mode: None,
            scopes: BUILT_IN.into_iter().collect(),
            grant_types: grants.map(str::to_owned).collect(),
            authorization_details_types: Vec::new(),
            redirect_hosts: Vec::new(),
            max_clients: 10_000,
            secret_lifetime: None,
            requires_software_statement: false,
            trusted_issuers: Vec::new(),
        }
    }
}

impl RegistrationPolicy {
    /// From an organization's settings. What isn't understood switches registration off. The switch of the published settings
    /// (`authentication.dynamic_client_registration_enabled`) goes before the mode when it says no, and opens the door to anyone
    /// when it says yes and no other mode is set.
    pub fn read(settings: &Value) -> Self {
        let switch = settings.pointer("/authentication/dynamic_client_registration_enabled").and_then(Value::as_bool);
        let off = || Self { mode: Some(Mode::Off), ..Self::default() };
        let mut policy = settings
            .pointer("/oauth/registration")
            .map_or_else(Self::default, |member| serde_json::from_value(member.clone()).unwrap_or_else(|_| off()));
        policy.mode = match (switch, policy.mode) {
            (Some(false), _) => Some(Mode::Off),
            (Some(true), None | Some(Mode::Off)) => Some(Mode::Open),
            (_, mode) => mode,
        };
        policy
    }
    /// Who may register here.
    pub fn mode(&self, is_dev: bool) -> Mode {
        self.mode.unwrap_or(if is_dev { Mode::Open } else { Mode::Off })
    }
    /// Scopes that may be had without a permission.
    pub fn scopes(&self) -> Scopes {
        harmless(&self.scopes)
    }
}

/// The scopes that open no door of this server's administration.
pub(crate) fn harmless(scopes: &Scopes) -> Scopes {
    let opens = |scope: &str| {
        let alone: Scopes = [scope].into_iter().collect();
        SYSTEM_PERMISSIONS.iter().any(|known| scope_opens(&alone, &known.permission))
    };
    scopes.iter().filter(|scope| !opens(scope)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nobody_registers_unless_the_settings_say_so_and_anyone_in_development() {
        for (settings, mode, in_development) in [
            (json!({}), Mode::Off, Mode::Open),
            (json!({ "oauth": { "registration": { "mode": "token" } } }), Mode::Token, Mode::Token),
            (json!({ "oauth": { "registration": { "mode": "off" } } }), Mode::Off, Mode::Off),
            (json!({ "oauth": { "registration": { "mode": "opne" } } }), Mode::Off, Mode::Off),
            (json!({ "oauth": { "registration": { "mode": "open", "max_client": 1 } } }), Mode::Off, Mode::Off),
            (json!({ "oauth": { "registration": "open" } }), Mode::Off, Mode::Off),
            (json!({ "authentication": { "dynamic_client_registration_enabled": true } }), Mode::Open, Mode::Open),
            (json!({ "authentication": { "dynamic_client_registration_enabled": false } }), Mode::Off, Mode::Off),
            (json!({ "authentication": { "dynamic_client_registration_enabled": "yes" } }), Mode::Off, Mode::Open),
            (
                json!({ "authentication": { "dynamic_client_registration_enabled": true }, "oauth": { "registration": { "mode": "token" } } }),
                Mode::Token,
                Mode::Token,
            ),
            (
                json!({ "authentication": { "dynamic_client_registration_enabled": false }, "oauth": { "registration": { "mode": "open" } } }),
                Mode::Off,
                Mode::Off,
            ),
        ] {
            let policy = RegistrationPolicy::read(&settings);
            assert_eq!((policy.mode(false), policy.mode(true)), (mode, in_development), "{settings}");
        }
    }

    #[test]
    fn no_policy_gives_away_administration() {
        let settings = json!({ "oauth": { "registration": { "mode": "open", "scopes": "notes:read admin openid admin:users admin:clients authz:check" } } });
        assert_eq!(RegistrationPolicy::read(&settings).scopes(), Scopes::parse("notes:read openid").unwrap());
    }

    #[test]
    fn anyone_gets_no_tokens_without_a_person_and_calls_on_nobody_unless_that_is_said() {
        assert_eq!(RegistrationPolicy::default().grant_types, ["authorization_code", "refresh_token", "implicit"]);
    }
}
