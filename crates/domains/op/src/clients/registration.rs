//! What may be registered of a client: the editable fields, and the rules they obey together (RFC 7591 §2, OAuth 2.1 §2).

use crate::keys::ID_TOKEN_ALGORITHMS;
use flow::{Field, Fields, Parameter, Source, Text};
use identity::change::Change;
use jose::alg::Algorithm;
use jose::jwks::Jwks;
use kernel::{Fault, Rng, Scopes, Secret};
use oauth::ClientMetadata;
use oauth::client::{AccessTokenFormat, ApplicationType, AudienceMatch, AuthMethod, ClientType, Rotation};
use oauth::grant::{AUTHORIZATION_CODE, CLIENT_CREDENTIALS, IMPLICIT, REFRESH_TOKEN};
use oauth::redirect_uri::check_registration;
use serde_json::Value;
use url::Url;

/// What a client's secret is hashed for.
pub const SECRET_PURPOSE: &str = "client secret";
/// Codes of new clients live a minute: long enough for a redirect and a request.
const CODE_LIFETIME: u32 = 60;
const MAX_URIS: usize = 100;

/// A new client secret with 256 bits of randomness.
pub fn new_secret(rng: &dyn Rng) -> Secret {
    Secret::new(jose::random::token(rng, 32))
}

macro_rules! registration {
    ($($(#[doc = $doc:literal])* $wire:literal => $field:ident : $type:ty),* $(,)?) => {
        /// The fields a request may set; what it leaves out stays as it is.
        #[derive(Clone, Debug)]
        pub struct Registration { $($(#[doc = $doc])* pub $field: $type),* }

        impl Registration {
            /// Take the fields of a body. `None` if one of them is wrong, which [`Fields::finish`] then reports.
            pub fn take(fields: &mut Fields<'_>) -> Option<Self> {
                $(let $field = fields.take::<$type>(Source::Body, $wire);)*
                Some(Self { $($field: $field?),* })
            }
            /// What it takes, for documentation and tests.
            pub fn parameters() -> Vec<Parameter> {
                vec![$(Parameter {
                    name: $wire,
                    source: Source::Body,
                    is_required: false,
                    schema: <$type as Field>::schema(),
                    description: concat!($($doc, "\n"),*),
                }),*]
            }
        }
    };
}

registration! {
    /// What people see.
    "name" => name: Option<Text<1, 200>>,
    /// Where answers may go: exact addresses, `https` or loopback `http`, or a private-use scheme for native applications.
    "redirectUris" => redirect_uris: Option<Vec<String>>,
    /// Where people may go after signing out.
    "postLogoutRedirectUris" => post_logout_redirect_uris: Option<Vec<String>>,
    /// Scopes it may ask for.
    "scopes" => scopes: Option<Scopes>,
    /// The same by its older name.
    "allowedScopes" => allowed_scopes: Option<Scopes>,
    /// `authorization_code`, `refresh_token`, `client_credentials`, `implicit`.
    "grantTypes" => grant_types: Option<Vec<String>>,
    /// Whether it can keep a secret. It can unless this or `isPublic` says otherwise.
    "isConfidential" => is_confidential: Option<bool>,
    /// The opposite of `isConfidential`.
    "isPublic" => is_public: Option<bool>,
    /// Whether it must use PKCE although it is confidential.
    "requiresPkce" => requires_pkce: Option<bool>,
    /// The same by its newer name.
    "pkceRequired" => pkce_required: Option<bool>,
    /// Whether it may use the `plain` challenge method. Never honoured for public clients.
    "allowsPlainPkce" => allows_plain_pkce: Option<bool>,
    /// Whether it may be used at all.
    "isActive" => is_active: Option<bool>,
    /// `web` or `native`.
    "applicationType" => application_type: Option<Choice<ApplicationType>>,
    /// `client_secret_basic`, `client_secret_post`, `private_key_jwt` or `none`.
    "tokenEndpointAuthMethod" => auth_method: Option<Choice<AuthMethod>>,
    /// Its public keys, a JWK set, for `private_key_jwt`.
    "jwks" => jwks: Change<Value>,
    /// Where its public keys are.
    "jwksUri" => jwks_uri: Change<WebUri>,
    /// `RS256`, `ES256` or `PS256`.
    "idTokenSignedResponseAlg" => id_token_alg: Option<Choice<Algorithm>>,
    /// `jwt` or `opaque`.
    "accessTokenFormat" => access_token_format: Option<Choice<AccessTokenFormat>>,
    /// Seconds an access token lives; 3600 unless set.
    "accessTokenLifetime" => access_token_lifetime: Change<Within<60, 86_400>>,
    /// Seconds a refresh token and all that follow it live; 2592000 unless set.
    "refreshTokenLifetime" => refresh_token_lifetime: Change<Within<60, 31_536_000>>,
    /// Seconds an ID token lives; 3600 unless set.
    "idTokenLifetime" => id_token_lifetime: Change<Within<60, 86_400>>,
    /// Seconds an authorization code lives; 60 unless set.
    "authorizationCodeLifetime" => code_lifetime: Option<Within<10, 600>>,
    /// `rotate`, or `keep` for a confidential client whose refresh token is to stay the same.
    "refreshTokenRotation" => rotation: Option<Choice<Rotation>>,
    /// Seconds for which a rotated refresh token gets the same answer again, as long as its successor wasn't used; 0 unless set.
    "refreshTokenGrace" => grace: Option<Within<0, 60>>,
    /// The organization's own application: consent isn't asked for unless it asks for that.
    "firstParty" => first_party: Option<bool>,
    /// Ask for consent at every request.
    "alwaysAskConsent" => always_ask_consent: Option<bool>,
    /// Resource servers its tokens may be for (RFC 8707).
    "audienceUris" => audience_uris: Option<Vec<String>>,
    /// `exact`, or `path_prefix` to take what lies below a registered audience too.
    "audienceMatch" => audience_match: Option<Choice<AudienceMatch>>,
    /// Whether `UserInfo` tells it the person's roles.
    "includesRoles" => includes_roles: Option<bool>,
    /// Its home page.
    "clientUri" => client_uri: Change<WebUri>,
    /// Its logo.
    "logoUri" => logo_uri: Change<WebUri>,
    /// Its privacy policy.
    "policyUri" => policy_uri: Change<WebUri>,
    /// Its terms.
    "tosUri" => tos_uri: Change<WebUri>,
}

/// The metadata a new client begins with.
pub(crate) fn blank(client_id: kernel::ClientId) -> ClientMetadata {
    let mut metadata = ClientMetadata::new(client_id);
    metadata.lifetimes.code = Some(CODE_LIFETIME);
    metadata.refresh_token_grace = 0;
    metadata
}

impl Registration {
    /// Change what it names.
    ///
    /// # Errors
    /// `validation_error` with every rule that is broken.
    pub fn apply(self, metadata: &mut ClientMetadata) -> Result<(), Fault> {
        let is_public = self.is_public.or(self.is_confidential.map(|confidential| !confidential));
        set(&mut metadata.client_name, self.name.map(Text::into_string));
        set(&mut metadata.redirect_uris, self.redirect_uris);
        set(&mut metadata.post_logout_redirect_uris, self.post_logout_redirect_uris);
        set(&mut metadata.scopes, self.scopes.or(self.allowed_scopes));
        set(&mut metadata.grant_types, self.grant_types);
        set(&mut metadata.requires_pkce, self.requires_pkce.or(self.pkce_required));
        set(&mut metadata.allows_plain_pkce, self.allows_plain_pkce);
        set(&mut metadata.is_active, self.is_active);
        set(&mut metadata.application_type, chosen(self.application_type));
        set(&mut metadata.id_token_signed_response_alg, chosen(self.id_token_alg));
        set(&mut metadata.access_token_format, chosen(self.access_token_format));
        set(&mut metadata.refresh_token_rotation, chosen(self.rotation));
        set(&mut metadata.refresh_token_grace, self.grace.map(|seconds| seconds.0));
        set(&mut metadata.first_party, self.first_party);
        set(&mut metadata.always_ask_consent, self.always_ask_consent);
        set(&mut metadata.audience_uris, self.audience_uris);
        set(&mut metadata.audience_match, chosen(self.audience_match));
        set(&mut metadata.includes_roles, self.includes_roles);
        self.jwks.apply(&mut metadata.jwks, |jwks| jwks);
        self.jwks_uri.apply(&mut metadata.jwks_uri, |uri| uri.0);
        self.client_uri.apply(&mut metadata.client_uri, |uri| uri.0);
        self.logo_uri.apply(&mut metadata.logo_uri, |uri| uri.0);
        self.policy_uri.apply(&mut metadata.policy_uri, |uri| uri.0);
        self.tos_uri.apply(&mut metadata.tos_uri, |uri| uri.0);
        self.access_token_lifetime.apply(&mut metadata.lifetimes.access_token, |seconds| seconds.0);
        self.refresh_token_lifetime.apply(&mut metadata.lifetimes.refresh_token, |seconds| seconds.0);
        self.id_token_lifetime.apply(&mut metadata.lifetimes.id_token, |seconds| seconds.0);
        if let Some(seconds) = self.code_lifetime {
            metadata.lifetimes.code = Some(seconds.0);
        }
        set_kind(metadata, is_public, chosen(self.auth_method));
        check(metadata)
    }
}

/// Whether it keeps a secret, and how it proves who it is: each implies the other where only one is said.
fn set_kind(metadata: &mut ClientMetadata, is_public: Option<bool>, method: Option<AuthMethod>) {
    if let Some(method) = method {
        metadata.token_endpoint_auth_method = method;
        if is_public.is_none() {
            let kind = if method == AuthMethod::None { ClientType::Public } else { ClientType::Confidential };
            metadata.client_type = kind;
        }
    }
    match is_public {
        Some(true) => {
            metadata.client_type = ClientType::Public;
            if method.is_none() {
                metadata.token_endpoint_auth_method = AuthMethod::None;
            }
        }
        Some(false) => {
            metadata.client_type = ClientType::Confidential;
            if method.is_none() && metadata.token_endpoint_auth_method == AuthMethod::None {
                metadata.token_endpoint_auth_method = AuthMethod::default();
            }
        }
        None => {}
    }
}

/// The rules the fields obey together.
///
/// # Errors
/// `validation_error` with every rule that is broken.
pub(crate) fn check(metadata: &ClientMetadata) -> Result<(), Fault> {
    let mut problems = Vec::new();
    let mut complain = |field: &str, problem: String| problems.push((field.to_owned(), problem));
    for (field, uris) in
        [("redirectUris", &metadata.redirect_uris), ("postLogoutRedirectUris", &metadata.post_logout_redirect_uris)]
    {
        if uris.len() > MAX_URIS {
            complain(field, format!("must have at most {MAX_URIS} entries"));
        }
        if let Some((uri, why)) =
            uris.iter().find_map(|uri| Some((uri, check_registration(uri, metadata.application_type).err()?)))
        {
            complain(field, format!("{}: {why}", shortened(uri)));
        }
    }
    let known = [AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, IMPLICIT];
    if metadata.grant_types.iter().any(|grant| !known.contains(&grant.as_str())) {
        complain("grantTypes", format!("must be among {}", known.join(", ")));
    }
    if metadata.is_public() && metadata.may_use_grant(CLIENT_CREDENTIALS) {
        complain("grantTypes", "must not hold client_credentials for a public client".to_owned());
    }
    if (metadata.client_type == ClientType::Public) != (metadata.token_endpoint_auth_method == AuthMethod::None) {
        complain("tokenEndpointAuthMethod", "must be none for a public client and another for a confidential one".to_owned());
    }
    check_keys(metadata, &mut complain);
    if !ID_TOKEN_ALGORITHMS.contains(&metadata.id_token_signed_response_alg) {
        complain("idTokenSignedResponseAlg", "must be RS256, ES256 or PS256".to_owned());
    }
    if metadata.audience_uris.len() > MAX_URIS || !metadata.audience_uris.iter().all(|uri| is_audience(uri)) {
        complain("audienceUris", format!("must be at most {MAX_URIS} absolute URIs without fragment"));
    }
    if problems.is_empty() { Ok(()) } else { Err(Fault::fields(problems)) }
}

fn check_keys(metadata: &ClientMetadata, complain: &mut impl FnMut(&str, String)) {
    if let Some(Err(error)) = metadata.jwks.as_ref().map(Jwks::from_value) {
        complain("jwks", error.to_string());
    }
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        complain("jwksUri", "must not be there beside jwks".to_owned());
    }
    let has_keys = metadata.jwks.is_some() || metadata.jwks_uri.is_some();
    if metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt && !has_keys {
        complain("jwks", "or jwksUri is required for private_key_jwt".to_owned());
    }
}

fn is_audience(uri: &str) -> bool {
    uri.len() <= 2048 && !uri.contains('#') && uri.bytes().all(|c| c.is_ascii_graphic()) && Url::parse(uri).is_ok()
}

fn shortened(uri: &str) -> String {
    uri.chars().filter(|c| !c.is_control()).take(100).collect()
}

fn set<T>(stored: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *stored = new;
    }
}

fn chosen<T>(choice: Option<Choice<T>>) -> Option<T> {
    choice.map(|choice| choice.0)
}

/// One of the names an enumeration has on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Choice<T>(pub T);

impl<T: serde::de::DeserializeOwned> Field for Choice<T> {
    fn schema() -> Value {
        serde_json::json!({ "type": "string" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        serde_json::from_value(Value::from(text)).map(Self).map_err(|_| "is not one of the values it may have".to_owned())
    }
}

/// A whole number within bounds.
#[derive(Clone, Copy, Debug)]
pub struct Within<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> Field for Within<MIN, MAX> {
    fn schema() -> Value {
        serde_json::json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        u32::from_text(text).and_then(Self::of)
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        u32::from_json(value).and_then(Self::of)
    }
}

impl<const MIN: u32, const MAX: u32> Within<MIN, MAX> {
    fn of(number: u32) -> Result<Self, String> {
        if (MIN..=MAX).contains(&number) { Ok(Self(number)) } else { Err(format!("must lie between {MIN} and {MAX}")) }
    }
}

/// An address on the web: `https`, or `http` on this machine.
#[derive(Clone, Debug)]
pub struct WebUri(pub String);

impl Field for WebUri {
    fn schema() -> Value {
        serde_json::json!({ "type": "string", "format": "uri", "maxLength": 2048 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        check_registration(text, ApplicationType::Web).map(|()| Self(text.to_owned())).map_err(|why| why.to_string())
    }
}
