//! Error codes of OAuth 2.0 and OpenID Connect.
//!
//! Sources: RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, RFC 8628 §3.5, RFC 8707 §2, RFC 9101 §7, RFC 9449 §5 and §8, RFC 9470 §3, CIBA Core §13,
//! OpenID Connect Core 1.0 §3.1.2.6, OpenID Connect Core Error Code `unmet_authentication_requirements` 1.0.
//! One enum for all of them, so that no code is ever spelled by hand and each says where it may appear.

use kernel::{Fault, FaultKind};
use std::borrow::Cow;

/// An error code as the wire spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// `invalid_request`: malformed, incomplete or contradictory.
    InvalidRequest,
    /// `invalid_client`: the client did not prove who it is.
    InvalidClient,
    /// `invalid_grant`: the code, refresh token or assertion is not (or no longer) good.
    InvalidGrant,
    /// `unauthorized_client`: this client may not use this grant or response type.
    UnauthorizedClient,
    /// `unsupported_grant_type`.
    UnsupportedGrantType,
    /// `unsupported_response_type`.
    UnsupportedResponseType,
    /// `invalid_scope`.
    InvalidScope,
    /// `invalid_target`: a resource indicator that is malformed or not for this client (RFC 8707).
    InvalidTarget,
    /// `invalid_authorization_details`: of an unknown type, of another form, or for somebody else (RFC 9396 §5).
    InvalidAuthorizationDetails,
    /// `access_denied`: the person or a policy said no.
    AccessDenied,
    /// `login_required`: `prompt=none`, and nobody (or not the right person) is signed in.
    LoginRequired,
    /// `consent_required`: `prompt=none`, and consent is missing.
    ConsentRequired,
    /// `interaction_required`: `prompt=none`, and something else has to be asked.
    InteractionRequired,
    /// `account_selection_required`: `prompt=none`, and an account has to be chosen.
    AccountSelectionRequired,
    /// `unmet_authentication_requirements`: the demanded `acr` could not be reached.
    UnmetAuthenticationRequirements,
    /// `request_not_supported`: the `request` parameter.
    RequestNotSupported,
    /// `request_uri_not_supported`: the `request_uri` parameter.
    RequestUriNotSupported,
    /// `invalid_request_uri`: a `request_uri` that leads to no request (RFC 9101 §7).
    InvalidRequestUri,
    /// `invalid_request_object`: a request object that does not hold what it must (RFC 9101 §7).
    InvalidRequestObject,
    /// `unsupported_token_type`: revocation of a kind of token that does not exist here.
    UnsupportedTokenType,
    /// `invalid_token`: an access token that is malformed, expired or revoked.
    InvalidToken,
    /// `insufficient_scope`.
    InsufficientScope,
    /// `insufficient_user_authentication`: the person must have signed in more strongly or lately (RFC 9470 §3).
    InsufficientUserAuthentication,
    /// `invalid_dpop_proof`: a proof of possession that is missing, wrong, late or used before (RFC 9449 §5).
    InvalidDpopProof,
    /// `use_dpop_nonce`: the proof must carry the nonce that comes with this answer (RFC 9449 §8).
    UseDpopNonce,
    /// `authorization_pending`: nobody has decided yet (RFC 8628 §3.5).
    AuthorizationPending,
    /// `slow_down`: the same, and the client asks too often.
    SlowDown,
    /// `expired_token`: nobody decided in time.
    ExpiredToken,
    /// `unknown_user_id`: the hint names nobody who could be asked (CIBA Core §13).
    UnknownUserId,
    /// `expired_login_hint_token`.
    ExpiredLoginHintToken,
    /// `missing_user_code`: the client must send the code by which a person lets it ask them.
    MissingUserCode,
    /// `invalid_user_code`: it isn't theirs, or there is nobody whose it could be.
    InvalidUserCode,
    /// `invalid_binding_message`: it can't be shown to a person.
    InvalidBindingMessage,
    /// `server_error`: our fault.
    ServerError,
    /// `temporarily_unavailable`.
    TemporarilyUnavailable,
}

/// Where an error can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Back to the client through the browser, from the authorization endpoint.
    Authorization,
    /// JSON from the pushed authorization request endpoint (RFC 9126 §2.3).
    PushedAuthorization,
    /// JSON from the token, introspection or revocation endpoint.
    Token,
    /// A protected resource such as `UserInfo`, with a `WWW-Authenticate` challenge.
    Resource,
    /// Only a page for the person in front of the browser: there is no address it would be safe to redirect to.
    Page,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 35] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
        Self::InvalidScope,
        Self::InvalidTarget,
        Self::InvalidAuthorizationDetails,
        Self::AccessDenied,
        Self::LoginRequired,
        Self::ConsentRequired,
        Self::InteractionRequired,
        Self::AccountSelectionRequired,
        Self::UnmetAuthenticationRequirements,
        Self::RequestNotSupported,
        Self::RequestUriNotSupported,
        Self::InvalidRequestUri,
        Self::InvalidRequestObject,
        Self::UnsupportedTokenType,
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::InsufficientUserAuthentication,
        Self::InvalidDpopProof,
        Self::UseDpopNonce,
        Self::AuthorizationPending,
        Self::SlowDown,
        Self::ExpiredToken,
        Self::UnknownUserId,
        Self::ExpiredLoginHintToken,
        Self::MissingUserCode,
        Self::InvalidUserCode,
        Self::InvalidBindingMessage,
        Self::ServerError,
        Self::TemporarilyUnavailable,
    ];

    /// As the wire spells it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientUserAuthentication => "insufficient_user_authentication",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::UnknownUserId => "unknown_user_id",
            Self::ExpiredLoginHintToken => "expired_login_hint_token",
            Self::MissingUserCode => "missing_user_code",
            Self::InvalidUserCode => "invalid_user_code",
            Self::InvalidBindingMessage => "invalid_binding_message",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    /// Whether the specifications let this code appear at `place`. A page may show any of them.
    pub const fn may_appear(self, place: Place) -> bool {
        match place {
            Place::Page => true,
            Place::PushedAuthorization => matches!(self, Self::InvalidClient) || self.may_appear(Place::Authorization),
            Place::Authorization => !matches!(
                self,
                Self::InvalidClient
                    | Self::InvalidGrant
                    | Self::UnsupportedGrantType
                    | Self::UnsupportedTokenType
                    | Self::InvalidToken
                    | Self::InsufficientScope
                    | Self::InsufficientUserAuthentication
                    | Self::InvalidDpopProof
                    | Self::UseDpopNonce
                    | Self::AuthorizationPending
                    | Self::SlowDown
                    | Self::ExpiredToken
                    | Self::UnknownUserId
                    | Self::ExpiredLoginHintToken
                    | Self::MissingUserCode
                    | Self::InvalidUserCode
                    | Self::InvalidBindingMessage
            ),
            Place::Token => matches!(
                self,
                Self::InvalidRequest
                    | Self::InvalidClient
                    | Self::InvalidGrant
                    | Self::UnauthorizedClient
                    | Self::UnsupportedGrantType
                    | Self::InvalidScope
                    | Self::InvalidTarget
                    | Self::InvalidAuthorizationDetails
                    | Self::AccessDenied
                    | Self::AuthorizationPending
                    | Self::SlowDown
                    | Self::ExpiredToken
                    | Self::UnsupportedTokenType
                    | Self::InvalidDpopProof
                    | Self::UseDpopNonce
                    | Self::ServerError
                    | Self::TemporarilyUnavailable
            ),
            Place::Resource => matches!(
                self,
                Self::InvalidRequest
                    | Self::InvalidToken
                    | Self::InsufficientScope
                    | Self::InsufficientUserAuthentication
                    | Self::InvalidDpopProof
                    | Self::UseDpopNonce
                    | Self::ServerError
                    | Self::TemporarilyUnavailable
            ),
        }
    }

    const fn kind(self) -> FaultKind {
        match self {
            Self::InvalidClient | Self::InvalidToken | Self::InsufficientUserAuthentication => FaultKind::Unauthenticated,
            Self::InsufficientScope => FaultKind::Forbidden,
            Self::ServerError => FaultKind::Internal,
            Self::TemporarilyUnavailable => FaultKind::Unavailable,
            _ => FaultKind::Invalid,
        }
    }
}

/// An error of the protocol: a code and one sentence for the developer of the client.
///
/// The description holds only the characters RFC 6749 §5.2 allows (printable ASCII without `"` and `\`), whatever it was
/// made from, so it can be put into a header, a URL or JSON without further thought.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.code())]
pub struct ProtocolError {
    /// What went wrong.
    pub code: ErrorCode,
    description: Cow<'static, str>,
}

impl ProtocolError {
    /// An error with its sentence. Characters that the wire forbids become `?`.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let description = description.into();
        let description = if description.chars().all(is_allowed) && description.len() <= MAX_DESCRIPTION {
            description
        } else {
            description.chars().take(MAX_DESCRIPTION).map(|c| if is_allowed(c) { c } else { '?' }).collect::<String>().into()
        };
        Self { code, description }
    }
    /// `invalid_request`.
    pub fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }
    /// `invalid_grant`.
    pub fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }
    /// `invalid_client`, always in the same words: which part of the proof failed is nobody's business.
    pub fn invalid_client() -> Self {
        Self::new(ErrorCode::InvalidClient, "Client authentication failed.")
    }
    /// The sentence (`error_description`).
    pub fn description(&self) -> &str {
        &self.description
    }
}

const MAX_DESCRIPTION: usize = 300;

fn is_allowed(c: char) -> bool {
    matches!(c, '\x20'..='\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E')
}

impl From<ProtocolError> for Fault {
    fn from(error: ProtocolError) -> Self {
        match error.code {
            ErrorCode::ServerError => Self::internal(error.description),
            code => Self::new(code.kind(), code.code(), error.description),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_code_has_a_spelling_of_its_own() {
        let mut codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
    }

    #[test]
    fn codes_keep_to_the_places_their_specifications_name() {
        assert!(ErrorCode::LoginRequired.may_appear(Place::Authorization));
        assert!(!ErrorCode::LoginRequired.may_appear(Place::Token));
        assert!(!ErrorCode::InvalidGrant.may_appear(Place::Authorization));
        assert!(ErrorCode::InvalidGrant.may_appear(Place::Token));
        assert!(ErrorCode::InvalidClient.may_appear(Place::PushedAuthorization));
        assert!(ErrorCode::InvalidRequestObject.may_appear(Place::PushedAuthorization));
        assert!(!ErrorCode::InvalidGrant.may_appear(Place::PushedAuthorization));
        assert!(!ErrorCode::InvalidRequestObject.may_appear(Place::Token));
        assert!(ErrorCode::InvalidToken.may_appear(Place::Resource));
        assert!(ErrorCode::ALL.iter().all(|code| code.may_appear(Place::Page)));
    }

    #[test]
    fn a_fault_keeps_code_and_sentence_and_gets_the_right_status() {
        let fault = Fault::from(ProtocolError::invalid_client());
        assert_eq!((fault.kind, fault.code), (FaultKind::Unauthenticated, "invalid_client"));
        assert_eq!(fault.hint, "Client authentication failed.");
        assert_eq!(Fault::from(ProtocolError::invalid_grant("x")).kind, FaultKind::Invalid);
        let internal = Fault::from(ProtocolError::new(ErrorCode::ServerError, "which table"));
        assert!(!internal.hint.contains("which table"), "what broke here is for the operator");
    }

    #[test]
    fn descriptions_lose_line_breaks_quotes_and_markup_stays_inert_text() {
        let error = ProtocolError::invalid_request("a\r\nb\t\"c\\é");
        assert_eq!(error.description(), "a??b??c??");
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_description_is_printable_ascii_of_bounded_length(text in ".*") {
            let error = ProtocolError::invalid_request(text);
            prop_assert!(error.description().chars().all(is_allowed));
            prop_assert!(error.description().len() <= MAX_DESCRIPTION);
        }
    }
}
