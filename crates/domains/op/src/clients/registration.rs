//! What an administrator may register of a client: every member of [`oauth::registration::MEMBERS`] by its name in the admin API,
//! and what only administrators decide.

use flow::{Field, Fields, Parameter, Source, Text};
use identity::change::Change;
use kernel::{Fault, Rng, Scopes, Secret};
use oauth::client::{AccessTokenFormat, AssertionAudience, AudienceMatch, AuthMethod, ClientType, ExchangeMode, Rotation};
use oauth::registration::{MEMBERS, Member, Problem, settle_flows};
use oauth::{ClientMetadata, custom_claims};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a client's secret is hashed for.
pub const SECRET_PURPOSE: &str = "client secret";
/// Codes of new clients live a minute: long enough for a redirect and a request.
const CODE_LIFETIME: u32 = 60;

/// A new client secret with 256 bits of randomness.
pub fn new_secret(rng: &dyn Rng) -> Secret {
    Secret::new(jose::random::token(rng, 32))
}

macro_rules! registration {
    ($($(#[doc = $doc:literal])* $wire:literal => $field:ident : $type:ty),* $(,)?) => {
        /// The fields a request may set; what it leaves out stays as it is.
        #[derive(Clone, Debug)]
        pub struct Registration {
            members: Vec<(&'static Member, Change<Value>)>,
            $($(#[doc = $doc])* $field: $type),*
        }

        impl Registration {
            /// Take the fields of a body. `None` if one of them is wrong, which [`Fields::finish`] then reports.
            pub fn take(fields: &mut Fields<'_>) -> Option<Self> {
                let members = MEMBERS.iter().map(|member| Some((member, fields.take(Source::Body, member.admin_name)?)));
                let members = members.collect::<Option<Vec<_>>>();
                $(let $field = fields.take::<$type>(Source::Body, $wire);)*
                Some(Self { members: members?, $($field: $field?),* })
            }
            /// What it takes, for documentation and tests.
            pub fn parameters() -> Vec<Parameter> {
                let own = [$(Parameter {
                    name: $wire,
                    source: Source::Body,
                    is_required: false,
                    schema: <$type as Field>::schema(),
                    description: concat!($($doc, "\n"),*),
                }),*];
                let of_member = |member: &Member| Parameter {
                    name: member.admin_name,
                    source: Source::Body,
                    is_required: false,
                    schema: member.schema(),
                    description: member.description,
                };
                MEMBERS.iter().map(of_member).chain(own).collect()
            }
        }
    };
}

registration! {
    /// The same as `scopes`, by its older name.
    "allowedScopes" => allowed_scopes: Option<Scopes>,
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
    /// What the `aud` of its assertions may be: `issuer_or_token_endpoint`, or `issuer_only` as FAPI 2.0 wants it.
    "assertionAudience" => assertion_audience: Option<Choice<AssertionAudience>>,
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
    /// `exact`, or `path_prefix` to take what lies below a registered audience too.
    "audienceMatch" => audience_match: Option<Choice<AudienceMatch>>,
    /// How far it may go in exchanging tokens (RFC 8693): `delegation`, or `impersonation` without a trace in the token.
    "tokenExchange" => token_exchange: Option<Choice<ExchangeMode>>,
    /// Resource servers it is itself, and whose tokens it may therefore exchange.
    "resourceUris" => resource_uris: Change<Vec<Text<1, 2048>>>,
    /// The only agent or client that may act with access tokens issued to it.
    "mayAct" => may_act: Change<Text<1, 255>>,
    /// Whether `UserInfo` and ID tokens tell it the person's roles.
    "includesRoles" => includes_roles: Option<bool>,
    /// Whether `UserInfo` and ID tokens tell it the person's groups.
    "includesGroups" => includes_groups: Option<bool>,
    /// Whether `UserInfo` and ID tokens tell it the person's permissions.
    "includesPermissions" => includes_permissions: Option<bool>,
    /// Claims with fixed values that its ID tokens and access tokens carry besides: an object, at most 50 entries and 4096 bytes.
    "customClaims" => custom_claims: Change<CustomClaims>,
}

/// The metadata a new client begins with.
pub(crate) fn blank(client_id: kernel::ClientId) -> ClientMetadata {
    let mut metadata = ClientMetadata::new(client_id);
    metadata.lifetimes.code = Some(CODE_LIFETIME);
    metadata.refresh_token_grace = 0;
    metadata
}

impl Registration {
    /// Whether it sets the member of this registered name.
    pub fn names(&self, member: &str) -> bool {
        self.members.iter().any(|(known, change)| known.name == member && *change != Change::Keep)
    }
    /// Whether it leaves to the organization which scopes may be asked for.
    pub(crate) fn is_silent_about_scopes(&self) -> bool {
        !self.names("scope") && self.allowed_scopes.is_none()
    }
    /// Whether it may name a place that has to be looked at.
    pub(crate) fn names_places(&self) -> bool {
        ["jwks_uri", "sector_identifier_uri", "redirect_uris"].iter().any(|member| self.names(member))
    }
    /// Change what it names.
    ///
    /// # Errors
    /// `validation_error` with every rule that is broken.
    pub fn apply(self, metadata: &mut ClientMetadata) -> Result<(), Fault> {
        let is_said = |name| self.names(name);
        let (grants_said, types_said) = (is_said("grant_types"), is_said("response_types"));
        let method_said = is_said("token_endpoint_auth_method");
        let mut problems = self.set_members(metadata);
        let is_public = self.is_public.or(self.is_confidential.map(|confidential| !confidential));
        if self.is_public.is_some() && self.is_public == self.is_confidential {
            problems.push(("isPublic".to_owned(), "must be the opposite of isConfidential".to_owned()));
        }
        set(&mut metadata.requires_pkce, self.requires_pkce.or(self.pkce_required));
        set(&mut metadata.allows_plain_pkce, self.allows_plain_pkce);
        set(&mut metadata.is_active, self.is_active);
        set(&mut metadata.assertion_audience, chosen(self.assertion_audience));
        set(&mut metadata.access_token_format, chosen(self.access_token_format));
        set(&mut metadata.refresh_token_rotation, chosen(self.rotation));
        set(&mut metadata.refresh_token_grace, self.grace.map(|seconds| seconds.0));
        set(&mut metadata.first_party, self.first_party);
        set(&mut metadata.always_ask_consent, self.always_ask_consent);
        set(&mut metadata.audience_match, chosen(self.audience_match));
        set(&mut metadata.token_exchange, chosen(self.token_exchange));
        self.may_act.apply(&mut metadata.may_act, |sub| sub.as_str().to_owned());
        match self.resource_uris {
            Change::Keep => {}
            Change::Clear => metadata.resource_uris.clear(),
            Change::Set(uris) => metadata.resource_uris = uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
        }
        set(&mut metadata.includes_roles, self.includes_roles);
        set(&mut metadata.includes_groups, self.includes_groups);
        set(&mut metadata.includes_permissions, self.includes_permissions);
        match self.custom_claims {
            Change::Keep => {}
            Change::Clear => metadata.custom_claims.clear(),
            Change::Set(claims) => metadata.custom_claims = claims.0,
        }
        self.access_token_lifetime.apply(&mut metadata.lifetimes.access_token, |seconds| seconds.0);
        self.refresh_token_lifetime.apply(&mut metadata.lifetimes.refresh_token, |seconds| seconds.0);
        self.id_token_lifetime.apply(&mut metadata.lifetimes.id_token, |seconds| seconds.0);
        if let Some(seconds) = self.code_lifetime {
            metadata.lifetimes.code = Some(seconds.0);
        }
        settle_flows(metadata, grants_said, types_said);
        set_kind(metadata, is_public, method_said);
        problems.extend(broken_rules(metadata));
        if problems.is_empty() { Ok(()) } else { Err(Fault::fields(problems)) }
    }

    /// Set the members of client metadata, and tell what is wrong with them.
    fn set_members(&self, metadata: &mut ClientMetadata) -> Vec<(String, String)> {
        if let Some(scopes) = &self.allowed_scopes {
            metadata.scopes = scopes.clone();
        }
        let mut problems = Vec::new();
        for (member, change) in &self.members {
            match change {
                Change::Keep => {}
                Change::Clear => member.clear(metadata),
                Change::Set(value) => {
                    if let Err(message) = member.set(metadata, value) {
                        problems.push((member.admin_name.to_owned(), message));
                    }
                }
            }
        }
        if self.names("client_name") && metadata.client_name.is_empty() && problems.iter().all(|(name, _)| name != "name") {
            problems.push(("name".to_owned(), "must not be empty".to_owned()));
        }
        problems
    }
}

/// Whether it keeps a secret, and how it proves who it is: each implies the other where only one is said.
fn set_kind(metadata: &mut ClientMetadata, is_public: Option<bool>, method_said: bool) {
    let method = metadata.token_endpoint_auth_method;
    match is_public {
        None if method_said => {
            metadata.client_type = if method == AuthMethod::None { ClientType::Public } else { ClientType::Confidential };
        }
        None => {}
        Some(true) => {
            metadata.client_type = ClientType::Public;
            if !method_said {
                metadata.token_endpoint_auth_method = AuthMethod::None;
            }
        }
        Some(false) => {
            metadata.client_type = ClientType::Confidential;
            if !method_said && method == AuthMethod::None {
                metadata.token_endpoint_auth_method = AuthMethod::default();
            }
        }
    }
}

/// The rules the members obey together.
///
/// # Errors
/// `validation_error` with every rule that is broken.
pub(crate) fn check(metadata: &ClientMetadata) -> Result<(), Fault> {
    let problems = broken_rules(metadata);
    if problems.is_empty() { Ok(()) } else { Err(Fault::fields(problems)) }
}

/// The refusal of what is wrong, by the names of the admin API.
pub(crate) fn refused(problems: Vec<Problem>) -> Fault {
    Fault::fields(problems.into_iter().map(named).collect())
}

fn broken_rules(metadata: &ClientMetadata) -> Vec<(String, String)> {
    oauth::registration::check(metadata).into_iter().map(named).collect()
}

fn named(problem: Problem) -> (String, String) {
    let name = Member::find(problem.member).map_or(problem.member, |member| member.admin_name);
    (name.to_owned(), problem.message)
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

/// Claims an organization has a client's tokens carry.
#[derive(Clone, Debug)]
pub struct CustomClaims(BTreeMap<String, Value>);

impl Field for CustomClaims {
    fn schema() -> Value {
        serde_json::json!({ "type": "object", "maxProperties": custom_claims::MOST })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let object = jose::json::parse_strict_object(text.as_bytes()).map_err(|_| "must be a JSON object".to_owned())?;
        Self::from_json(&Value::Object(object))
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        let object = value.as_object().ok_or_else(|| "must be a JSON object".to_owned())?;
        let claims: BTreeMap<String, Value> = object.clone().into_iter().collect();
        custom_claims::check(&claims).map(|()| Self(claims))
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
