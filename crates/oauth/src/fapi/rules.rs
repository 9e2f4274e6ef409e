//! The profiles as values.

use crate::client::{ApplicationType, AuthMethod};
use crate::response_type::ResponseType;
use jose::alg::Algorithm;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A profile by its name in settings and registrations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FapiProfile {
    /// No profile.
    #[default]
    #[serde(rename = "none", alias = "disabled")]
    None,
    /// FAPI 2.0 Security Profile, which was called Baseline.
    #[serde(rename = "fapi2_security", alias = "baseline")]
    Fapi2Security,
    /// FAPI 2.0 Message Signing, which was called Advanced: requests, responses and introspection are signed.
    #[serde(rename = "fapi2_message_signing", alias = "advanced")]
    Fapi2MessageSigning,
    /// FAPI 1.0 Part 2: Advanced.
    #[serde(rename = "fapi1_advanced")]
    Fapi1Advanced,
    /// FAPI-CIBA.
    #[serde(rename = "fapi_ciba")]
    FapiCiba,
}

impl FapiProfile {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::None, Self::Fapi2Security, Self::Fapi2MessageSigning, Self::Fapi1Advanced, Self::FapiCiba];

    /// As the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fapi2Security => "fapi2_security",
            Self::Fapi2MessageSigning => "fapi2_message_signing",
            Self::Fapi1Advanced => "fapi1_advanced",
            Self::FapiCiba => "fapi_ciba",
        }
    }
    /// The profile of that name, or of the name it used to have.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "disabled" => Some(Self::None),
            "baseline" => Some(Self::Fapi2Security),
            "advanced" => Some(Self::Fapi2MessageSigning),
            _ => Self::ALL.into_iter().find(|known| known.as_str() == text),
        }
    }
    /// What it demands.
    pub const fn rules(self) -> &'static Rules {
        match self {
            Self::None => &NONE,
            Self::Fapi2Security => &FAPI2_SECURITY,
            Self::Fapi2MessageSigning => &FAPI2_MESSAGE_SIGNING,
            Self::Fapi1Advanced => &FAPI1_ADVANCED,
            Self::FapiCiba => &FAPI_CIBA,
        }
    }
}

/// What a profile demands. An empty list of demands demands nothing; what is allowed is always listed.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "demands that stand each for itself, as the specifications list them")]
pub struct Rules {
    /// Its name for people.
    pub title: &'static str,
    /// How clients may prove who they are.
    pub methods: &'static [AuthMethod],
    /// What may sign anything, by whomever.
    pub algorithms: &'static [Algorithm],
    /// Whether the `aud` of an assertion is the issuer, as one text.
    pub has_one_audience: bool,
    /// What may bind tokens. One of them must, unless the list is empty.
    pub bindings: &'static [Binding],
    /// Which redirect URIs may be registered.
    pub redirects: Redirects,
    /// Whether requests must be pushed.
    pub must_push: bool,
    /// Whether requests must be signed.
    pub must_sign: bool,
    /// Claims a request object must have.
    pub object_claims: &'static [&'static str],
    /// How far its `exp` may lie ahead and its `nbf` behind.
    pub object_span: Option<Duration>,
    /// Parameters a request must have besides the usual ones.
    pub parameters: &'static [&'static str],
    /// Whether an OpenID Connect request needs a `nonce`.
    pub needs_nonce: bool,
    /// Whether a backchannel request must show the person what it is about: by a message at both devices, or in detail.
    pub needs_context: bool,
    /// When PKCE is a must. It is `S256` then.
    pub pkce: Pkce,
    /// What may be asked for.
    pub response_types: &'static [ResponseType],
    /// What of that is answered by a JWT only (JARM).
    pub jwt_responses: &'static [ResponseType],
    /// Whether what introspection says is always signed.
    pub signs_introspection: bool,
    /// Whether people are asked at each request.
    pub asks_consent_always: bool,
    /// Seconds a code lives at most.
    pub code_lifetime: Option<u32>,
    /// Seconds an access token lives at most.
    pub access_token_lifetime: Option<u32>,
    /// Whether refresh tokens stay as they are.
    pub keeps_refresh_tokens: bool,
}

/// What a token is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The key of DPoP proofs (RFC 9449).
    Proof,
    /// The certificate of the client (RFC 8705).
    Certificate,
}

/// When PKCE is a must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    /// For whom it always is.
    AsUsual,
    /// For whoever pushes requests.
    WhenPushed,
    /// For everybody.
    Always,
}

/// Which redirect URIs may be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Whichever the server allows.
    AsUsual,
    /// No plain `http`, but to the machine a native application runs on.
    Protected,
    /// `https` alone.
    Https,
}

impl Redirects {
    /// Whether answers to a client of this type may go there.
    pub fn allow(self, uri: &str, application_type: ApplicationType) -> bool {
        match self {
            Self::AsUsual => true,
            Self::Protected => !uri.starts_with("http:") || application_type == ApplicationType::Native,
            Self::Https => uri.starts_with("https:"),
        }
    }
}

const ANY_METHOD: &[AuthMethod] = &AuthMethod::ALL;
const BY_KEY: &[AuthMethod] = &[AuthMethod::PrivateKeyJwt, AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTlsClientAuth];
const HOUR: Duration = Duration::from_hours(1);
/// Ten minutes, as the published profile settings have it; the specifications leave it open for tokens that are bound.
const ACCESS_TOKEN_LIFETIME: Option<u32> = Some(600);

const NONE: Rules = Rules {
    title: "none",
    methods: ANY_METHOD,
    algorithms: &Algorithm::ASYMMETRIC,
    has_one_audience: false,
    bindings: &[],
    redirects: Redirects::AsUsual,
    must_push: false,
    must_sign: false,
    object_claims: &[],
    object_span: None,
    parameters: &[],
    needs_nonce: false,
    needs_context: false,
    pkce: Pkce::AsUsual,
    response_types: &ResponseType::ALL,
    jwt_responses: &[],
    signs_introspection: false,
    asks_consent_always: false,
    code_lifetime: None,
    access_token_lifetime: None,
    keeps_refresh_tokens: false,
};

/// FAPI 2.0 Security Profile §5.3.2 and §5.4.1.
const FAPI2_SECURITY: Rules = Rules {
    title: "FAPI 2.0 Security Profile",
    methods: BY_KEY,
    algorithms: &Algorithm::FAPI,
    has_one_audience: true,
    bindings: &[Binding::Proof, Binding::Certificate],
    redirects: Redirects::Protected,
    must_push: true,
    must_sign: false,
    object_claims: &["iss", "aud", "exp", "nbf"],
    object_span: Some(HOUR),
    parameters: &["redirect_uri"],
    needs_nonce: false,
    needs_context: false,
    pkce: Pkce::Always,
    response_types: &[ResponseType::Code],
    jwt_responses: &[],
    signs_introspection: false,
    asks_consent_always: true,
    code_lifetime: Some(60),
    access_token_lifetime: ACCESS_TOKEN_LIFETIME,
    keeps_refresh_tokens: true,
};

/// FAPI 2.0 Message Signing §5.3 to §5.5, all three parts of it. Whoever wants one part alone takes the Security Profile with
/// `require_signed_request_object`, with `response_mode=jwt`, or with `introspection_signed_response_alg`.
const FAPI2_MESSAGE_SIGNING: Rules = Rules {
    title: "FAPI 2.0 Message Signing",
    must_sign: true,
    jwt_responses: &[ResponseType::Code],
    signs_introspection: true,
    ..FAPI2_SECURITY
};

/// FAPI 1.0 Part 2 §5.2.2, with Part 1 §5.2.2 where that stands.
const FAPI1_ADVANCED: Rules = Rules {
    title: "FAPI 1.0 Advanced",
    methods: BY_KEY,
    algorithms: &[Algorithm::PS256, Algorithm::ES256],
    has_one_audience: false,
    bindings: &[Binding::Certificate],
    redirects: Redirects::Https,
    must_push: false,
    must_sign: true,
    object_claims: &["aud", "exp", "nbf"],
    object_span: Some(HOUR),
    parameters: &["redirect_uri", "scope"],
    needs_nonce: true,
    needs_context: false,
    pkce: Pkce::WhenPushed,
    response_types: &[ResponseType::Code, ResponseType::CodeIdToken],
    jwt_responses: &[ResponseType::Code],
    signs_introspection: false,
    asks_consent_always: true,
    code_lifetime: Some(60),
    access_token_lifetime: ACCESS_TOKEN_LIFETIME,
    keeps_refresh_tokens: false,
};

/// FAPI-CIBA §5.2.2, on top of FAPI 1.0 Advanced.
const FAPI_CIBA: Rules = Rules {
    title: "FAPI-CIBA",
    object_claims: &["iss", "aud", "exp", "nbf", "iat", "jti"],
    needs_context: true,
    ..FAPI1_ADVANCED
};
