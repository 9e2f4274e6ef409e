//! FAPI: profiles for APIs where much is at stake.
//!
//! FAPI 2.0 Security Profile (final), FAPI 2.0 Message Signing (final), FAPI 1.0 Part 2: Advanced (final), FAPI-CIBA (Implementer's
//! Draft 1). A profile is a set of values, [`Rules`]; nothing else here knows one profile from another, and the other rooms ask
//! [`Profile`] what holds. A client has a profile of its own, an organization may have one for all of its clients, and whoever
//! has both obeys both.
//!
//! A rule that is a fact about a client already, such as `require_pushed_authorization_requests`, becomes that fact:
//! [`Profile::strengthen`]. What a client may be registered as, `check` says. Keys of less than 2048 bits (RSA) or 256 (EC) are
//! refused whatever the profile, every answer carries `iss`, and redirects are 303: that isn't said again here.

mod check;
mod rules;

pub use rules::{Binding, FapiProfile, Pkce, Redirects, Rules};

pub(crate) use check::check;

use crate::authorization_request::AuthorizationRequest;
use crate::client::{ApplicationType, AssertionAudience, AuthMethod, Rotation};
use crate::confirmation::Confirmation;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::response_mode::ResponseMode;
use crate::{ClientMetadata, ErrorCode, Params, ProtocolError, ResponseType};
use jose::alg::Algorithm;
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "fapi",
    title: "FAPI 2.0 Security Profile and Message Signing, FAPI 1.0 Advanced, FAPI-CIBA",
    source: "FAPI 2.0 Security Profile, FAPI 2.0 Message Signing, FAPI 1.0 Part 2, FAPI-CIBA",
    status: Status::Final,
    support: "profiles of clients and organizations",
    visits: &[
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Authenticate),
        (Endpoint::PushedAuthorization, Stage::Check),
        (Endpoint::Token, Stage::Authenticate),
        (Endpoint::Token, Stage::Check),
        (Endpoint::Introspection, Stage::Authenticate),
        (Endpoint::Introspection, Stage::Respond),
        (Endpoint::Revocation, Stage::Authenticate),
        (Endpoint::Registration, Stage::Check),
        (Endpoint::DeviceAuthorization, Stage::Authenticate),
        (Endpoint::BackchannelAuthentication, Stage::Authenticate),
        (Endpoint::BackchannelAuthentication, Stage::Check),
        (Endpoint::Metadata, Stage::Respond),
    ],
    metadata,
};

/// What holds for a client: the rules of its own profile and those of its organization's.
#[derive(Clone, Copy, Debug)]
pub struct Profile([&'static Rules; 2]);

impl Profile {
    /// Of whoever is under both.
    pub const fn of(own: FapiProfile, organization: FapiProfile) -> Self {
        Self([own.rules(), organization.rules()])
    }
    fn any(self, is_so: impl Fn(&Rules) -> bool) -> bool {
        self.0.into_iter().any(is_so)
    }
    fn all(self, is_so: impl Fn(&Rules) -> bool) -> bool {
        self.0.into_iter().all(is_so)
    }
    /// The one of two lists that is part of the other: the lists of algorithms are nested.
    pub fn algorithms(self) -> &'static [Algorithm] {
        let [own, organization] = self.0.map(|rules| rules.algorithms);
        if own.len() <= organization.len() { own } else { organization }
    }
    /// Whether this may sign anything, for or by the client.
    pub fn allows_algorithm(self, algorithm: Algorithm) -> bool {
        self.algorithms().contains(&algorithm)
    }
    /// What signs for the client where it says nothing: `RS256` as OpenID Connect has it, or what takes its place.
    pub fn signature(self) -> Algorithm {
        if self.allows_algorithm(Algorithm::RS256) { Algorithm::RS256 } else { Algorithm::PS256 }
    }
    /// Whether a client may prove itself like this.
    pub fn allows_method(self, method: AuthMethod) -> bool {
        self.all(|rules| rules.methods.contains(&method))
    }
    /// Whether this may be asked for.
    pub fn allows_response_type(self, response_type: ResponseType) -> bool {
        self.all(|rules| rules.response_types.contains(&response_type))
    }
    /// Whether answers to a client of this type may go there.
    pub fn allows_redirect_uri(self, uri: &str, application_type: ApplicationType) -> bool {
        self.all(|rules| rules.redirects.allow(uri, application_type))
    }
    /// Whether an answer of this type must be a JWT.
    pub fn wants_jwt(self, response_type: ResponseType) -> bool {
        self.any(|rules| rules.jwt_responses.contains(&response_type))
    }
    /// Whether every request must be pushed.
    pub fn must_push(self) -> bool {
        self.any(|rules| rules.must_push)
    }
    /// Whether every request must be a signed request object.
    pub fn must_sign(self) -> bool {
        self.any(|rules| rules.must_sign)
    }
    /// Claims every request object has.
    pub fn object_claims(self) -> impl Iterator<Item = &'static str> {
        self.0.into_iter().flat_map(|rules| rules.object_claims.iter().copied())
    }
    /// How far `exp` of a request object may lie ahead and `nbf` behind, and whether nothing beside it counts.
    pub fn object_span(self) -> Option<Duration> {
        self.0.into_iter().filter_map(|rules| rules.object_span).min()
    }
    /// Whether what introspection says is always signed.
    pub fn signs_introspection(self) -> bool {
        self.any(|rules| rules.signs_introspection)
    }
    /// Whether a backchannel request must say what it is about (FAPI-CIBA §5.2.2).
    pub fn needs_context(self) -> bool {
        self.any(|rules| rules.needs_context)
    }
    /// Whether the certificate or the key of a proof must bind each token.
    pub fn must_bind(self) -> bool {
        self.any(|rules| !rules.bindings.is_empty())
    }
    fn allows_binding(self, binding: Binding) -> bool {
        self.all(|rules| rules.bindings.is_empty() || rules.bindings.contains(&binding))
    }

    /// Make the facts about a client what the rules want them to be. What can't be made so, `check` refuses.
    pub fn strengthen(self, metadata: &mut ClientMetadata) {
        metadata.require_pushed_authorization_requests |= self.must_push();
        metadata.require_signed_request_object |= self.must_sign();
        metadata.requires_pkce |= self.any(|rules| rules.pkce == Pkce::Always);
        metadata.allows_plain_pkce &= self.all(|rules| rules.pkce == Pkce::AsUsual);
        metadata.always_ask_consent |= self.any(|rules| rules.asks_consent_always);
        if self.any(|rules| rules.has_one_audience) {
            metadata.assertion_audience = AssertionAudience::IssuerOnly;
        }
        if self.any(|rules| rules.keeps_refresh_tokens) {
            metadata.refresh_token_rotation = Rotation::Keep;
        }
        let shorten = |lifetime: &mut Option<u32>, most: fn(&Rules) -> Option<u32>| {
            let most = self.0.into_iter().filter_map(most).min();
            *lifetime = lifetime.map_or(most, |set| Some(most.map_or(set, |most| set.min(most))));
        };
        shorten(&mut metadata.lifetimes.code, |rules| rules.code_lifetime);
        shorten(&mut metadata.lifetimes.access_token, |rules| rules.access_token_lifetime);
        let sign = |algorithm: &mut Algorithm| {
            if !self.allows_algorithm(*algorithm) {
                *algorithm = self.signature();
            }
        };
        sign(&mut metadata.id_token_signed_response_alg);
        for algorithm in [
            &mut metadata.userinfo_signed_response_alg,
            &mut metadata.authorization_signed_response_alg,
            &mut metadata.introspection_signed_response_alg,
        ] {
            algorithm.iter_mut().for_each(sign);
        }
        if self.signs_introspection() {
            metadata.introspection_signed_response_alg.get_or_insert(self.signature());
        }
    }

    /// Whether a request names what it must name, and will take the answer as it must come.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn check_request(self, params: &Params, request: &AuthorizationRequest) -> Result<(), ProtocolError> {
        let refuse = |description: String| Err(ProtocolError::invalid_request(description));
        if let Some(missing) = self.0.into_iter().flat_map(|rules| rules.parameters).find(|name| !params.has(name)) {
            return refuse(format!("Missing required parameter: {missing}"));
        }
        self.check_answer(request)
    }

    /// Whether a request that was taken some time ago names what it must name now.
    ///
    /// # Errors
    /// `invalid_request`, or `unsupported_response_type`.
    pub fn check_again(self, request: &AuthorizationRequest) -> Result<(), ProtocolError> {
        if !self.allows_response_type(request.response_type) {
            let description = "This client may not ask for this response_type any more.";
            return Err(ProtocolError::new(ErrorCode::UnsupportedResponseType, description));
        }
        if !request.is_redirect_uri_sent && self.any(|rules| rules.parameters.contains(&"redirect_uri")) {
            return Err(ProtocolError::invalid_request("Missing required parameter: redirect_uri"));
        }
        if request.is_pushed {
            self.check_pushed(request)?;
        }
        self.check_answer(request)
    }

    fn check_answer(self, request: &AuthorizationRequest) -> Result<(), ProtocolError> {
        let refuse = |description: String| Err(ProtocolError::invalid_request(description));
        if self.wants_jwt(request.response_type) && !request.return_address.response_mode.is_jwt() {
            return refuse("This client must ask for its answer as a JWT: response_mode=jwt.".to_owned());
        }
        if request.is_openid() && request.nonce.is_none() && self.any(|rules| rules.needs_nonce) {
            return refuse("Missing required parameter: nonce".to_owned());
        }
        Ok(())
    }

    /// Whether a request may be pushed as it is (FAPI 1.0 Part 2 §5.2.2 no. 18).
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn check_pushed(self, request: &AuthorizationRequest) -> Result<(), ProtocolError> {
        if self.any(|rules| rules.pkce != Pkce::AsUsual) && request.response_type.has_code() && request.challenge.is_none() {
            return Err(ProtocolError::invalid_request("PKCE is required: code_challenge is missing."));
        }
        Ok(())
    }

    /// Whether what binds a token will do.
    ///
    /// # Errors
    /// `invalid_request`: nothing binds it that may.
    pub fn check_binding(self, confirmation: &Confirmation) -> Result<(), ProtocolError> {
        let shown = [(Binding::Proof, &confirmation.jkt), (Binding::Certificate, &confirmation.x5t_s256)];
        let binds = |(binding, key): (Binding, &Option<String>)| key.is_some() && self.allows_binding(binding);
        if self.must_bind() && !shown.into_iter().any(binds) {
            let description = "The tokens of this client must be bound to a key: send a DPoP proof or use its certificate.";
            return Err(ProtocolError::invalid_request(description));
        }
        Ok(())
    }
}

/// Cut what all rooms listed down to what the organization's profile leaves. This room is the last of them.
fn metadata(facts: &Facts<'_>, document: &mut Document) {
    let profile = facts.profile;
    let names: Vec<&str> = profile.algorithms().iter().map(|algorithm| algorithm.name()).collect();
    document.retain(|member| member.ends_with("_signing_alg_values_supported"), |name| names.contains(&name));
    let is_method =
        |name: &str| AuthMethod::ALL.into_iter().any(|method| method.as_str() == name && profile.allows_method(method));
    document.retain(|member| member.ends_with("_auth_methods_supported"), is_method);
    if facts.response_types.iter().all(|offered| profile.wants_jwt(*offered)) {
        let is_jwt = |name: &str| name == "jwt" || ResponseMode::parse(name).is_some_and(ResponseMode::is_jwt);
        document.retain(|member| member == "response_modes_supported", is_jwt);
    }
}

#[cfg(test)]
mod tests;
