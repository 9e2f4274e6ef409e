//! Response types: what the authorization endpoint hands out.
//!
//! RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices, OpenID Connect Core §3. Supported: `code` and, where an
//! organization switches them on and the client registered them, the implicit and hybrid types of OpenID Connect, their words
//! in any order. Not supported: `token` alone, which says nothing about who signed in and has no protection against a token put
//! in its place (RFC 9700 §2.1.2), and `none`.

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, ErrorCode, Params, ProtocolError, grant, scope};
use kernel::Scopes;
use serde::{Deserialize, Serialize};

/// This room.
pub const ROOM: Room = Room {
    name: "response_type",
    title: "Response types: code, implicit and hybrid",
    source: "OAuth 2.0 Multiple Response Type Encoding Practices, OpenID Connect Core 1.0 §3",
    status: Status::Final,
    support: "code; id_token, id_token token and the three hybrid types where an organization switches them on",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Check),
    ],
    metadata,
};

/// What a client gets from the authorization endpoint. The words of the wire come in any order; this is the one they are stored in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseType {
    /// A code.
    #[default]
    #[serde(rename = "code")]
    Code,
    /// An ID token: the implicit flow.
    #[serde(rename = "id_token")]
    IdToken,
    /// An ID token and an access token: the implicit flow.
    #[serde(rename = "id_token token")]
    IdTokenToken,
    /// A code and an ID token: a hybrid flow.
    #[serde(rename = "code id_token")]
    CodeIdToken,
    /// A code and an access token: a hybrid flow.
    #[serde(rename = "code token")]
    CodeToken,
    /// All three: a hybrid flow.
    #[serde(rename = "code id_token token")]
    CodeIdTokenToken,
}

impl ResponseType {
    /// Every type.
    pub const ALL: [Self; 6] =
        [Self::Code, Self::IdToken, Self::IdTokenToken, Self::CodeIdToken, Self::CodeToken, Self::CodeIdTokenToken];

    /// As discovery spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
            Self::CodeIdToken => "code id_token",
            Self::CodeToken => "code token",
            Self::CodeIdTokenToken => "code id_token token",
        }
    }
    /// The type of these words, in whatever order. A word that comes twice makes none.
    pub fn parse(text: &str) -> Option<Self> {
        let sorted = |text: &str| {
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        let words = sorted(text);
        Self::ALL.into_iter().find(|known| sorted(known.as_str()) == words)
    }
    /// Whether a code is handed out.
    pub const fn has_code(self) -> bool {
        !matches!(self, Self::IdToken | Self::IdTokenToken)
    }
    /// Whether an ID token is handed out, beside the one that a code may lead to.
    pub const fn has_id_token(self) -> bool {
        !matches!(self, Self::Code | Self::CodeToken)
    }
    /// Whether an access token is handed out, beside the one that a code may lead to.
    pub const fn has_token(self) -> bool {
        matches!(self, Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken)
    }
    /// Whether tokens travel through the browser: everything but `code`.
    pub const fn has_tokens(self) -> bool {
        self.has_id_token() || self.has_token()
    }
    /// The scopes a request of this type can be granted: without a code nothing outlives the session (OpenID Connect Core §11).
    #[must_use]
    pub fn grantable(self, scopes: Scopes) -> Scopes {
        if self.has_code() { scopes } else { scopes.without(scope::OFFLINE_ACCESS) }
    }
    /// Whether the client may use it: it registered the type, and the grants that belong to it (OpenID Connect Dynamic Client
    /// Registration §2).
    pub fn is_registered(self, client: &ClientMetadata) -> bool {
        let is_listed = client.response_types.iter().any(|listed| Self::parse(listed) == Some(self));
        is_listed
            && (!self.has_code() || client.may_use_grant(grant::AUTHORIZATION_CODE))
            && (!self.has_tokens() || client.may_use_grant(grant::IMPLICIT))
    }
}

/// Whether what was asked for looks like tokens in the answer, be the type known here or not. Errors of such a request never go
/// into a query.
pub(crate) fn asks_for_tokens(params: &Params) -> bool {
    let asked = params.one("response_type").ok().flatten().unwrap_or_default();
    asked.split(' ').any(|word| matches!(word, "token" | "id_token"))
}

/// The `response_type` parameter. `offered` are the types the organization has switched on.
///
/// # Errors
/// `unsupported_response_type`: unknown, switched off, or tokens for a client that registered none; `unauthorized_client`: a code
/// for a client that may not use codes, or a token for one whose tokens must be bound to a key.
pub fn parse(params: &Params, client: &ClientMetadata, offered: &[ResponseType]) -> Result<ResponseType, ProtocolError> {
    let unsupported = || ProtocolError::new(ErrorCode::UnsupportedResponseType, "The response_type is not supported.");
    let asked = ResponseType::parse(params.required("response_type")?).ok_or_else(unsupported)?;
    check_allowed(asked, client, offered)?;
    Ok(asked)
}

/// Whether the type may still be used: organization and client may have changed while a request waited.
///
/// # Errors
/// As [`parse`].
pub fn check_allowed(asked: ResponseType, client: &ClientMetadata, offered: &[ResponseType]) -> Result<(), ProtocolError> {
    if !offered.contains(&asked) {
        return Err(ProtocolError::new(ErrorCode::UnsupportedResponseType, "The response_type is not supported."));
    }
    if !client.profile().allows_response_type(asked) {
        let description = "The response_type is not supported for this client.";
        return Err(ProtocolError::new(ErrorCode::UnsupportedResponseType, description));
    }
    if !asked.is_registered(client) {
        return Err(if asked == ResponseType::Code {
            ProtocolError::new(ErrorCode::UnauthorizedClient, "This client may not use response_type=code.")
        } else {
            ProtocolError::new(ErrorCode::UnsupportedResponseType, "The response_type is not supported for this client.")
        });
    }
    let must_be_bound = client.dpop_bound_access_tokens || client.tls_client_certificate_bound_access_tokens;
    if asked.has_token() && must_be_bound {
        let description = "The tokens of this client are bound to a key, which the authorization endpoint can't do.";
        return Err(ProtocolError::new(ErrorCode::UnauthorizedClient, description));
    }
    Ok(())
}

/// What a type that hands out an ID token demands of the rest of the request: `openid`, and a nonce, without which an ID token
/// could be replayed (OpenID Connect Core §3.2.2.1, §3.3.2.11).
///
/// # Errors
/// `invalid_request`.
pub fn check_openid(asked: ResponseType, scopes: &Scopes, nonce: Option<&str>) -> Result<(), ProtocolError> {
    if !asked.has_id_token() {
        return Ok(());
    }
    if !scopes.has(scope::OPENID) {
        return Err(ProtocolError::invalid_request("A response_type with id_token needs the scope openid."));
    }
    if nonce.is_none() {
        return Err(ProtocolError::invalid_request("A response_type with id_token needs a nonce."));
    }
    Ok(())
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.add("response_types_supported", facts.response_types.iter().map(|offered| offered.as_str()));
    if facts.response_types.iter().any(|offered| offered.has_code()) {
        document.add("grant_types_supported", [grant::AUTHORIZATION_CODE]);
    }
    if facts.response_types.iter().any(|offered| offered.has_tokens()) {
        document.add("grant_types_supported", [grant::IMPLICIT]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::facts;
    use crate::{Issuer, metadata};
    use proptest::prelude::*;
    use serde_json::json;

    fn client(types: &[ResponseType], grants: &[&str]) -> ClientMetadata {
        ClientMetadata {
            response_types: types.iter().map(|known| known.as_str().to_owned()).collect(),
            grant_types: grants.iter().map(|grant| (*grant).to_owned()).collect(),
            ..ClientMetadata::new("c")
        }
    }
    fn everything() -> ClientMetadata {
        client(&ResponseType::ALL, &["authorization_code", "implicit"])
    }
    fn parsed(text: &str, client: &ClientMetadata, offered: &[ResponseType]) -> Result<ResponseType, ErrorCode> {
        parse(&Params::collect([("response_type", text)]).unwrap(), client, offered).map_err(|error| error.code)
    }

    #[test]
    fn words_come_in_any_order_and_each_once() {
        for (text, expected) in [
            ("code", Some(ResponseType::Code)),
            ("id_token", Some(ResponseType::IdToken)),
            ("token id_token", Some(ResponseType::IdTokenToken)),
            ("id_token token", Some(ResponseType::IdTokenToken)),
            ("id_token code", Some(ResponseType::CodeIdToken)),
            ("token code", Some(ResponseType::CodeToken)),
            ("token code id_token", Some(ResponseType::CodeIdTokenToken)),
            ("id_token token code", Some(ResponseType::CodeIdTokenToken)),
            ("token", None),
            ("none", None),
            ("", None),
            ("code code", None),
            ("code  id_token", None),
            ("Code", None),
            ("code none", None),
            ("code,id_token", None),
        ] {
            assert_eq!(ResponseType::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn each_type_hands_out_what_its_words_say() {
        for known in ResponseType::ALL {
            let words: Vec<&str> = known.as_str().split(' ').collect();
            assert_eq!(known.has_code(), words.contains(&"code"), "{known:?}");
            assert_eq!(known.has_id_token(), words.contains(&"id_token"), "{known:?}");
            assert_eq!(known.has_token(), words.contains(&"token"), "{known:?}");
            assert_eq!(known.has_tokens(), known != ResponseType::Code, "{known:?}");
            assert_eq!(serde_json::to_value(known).unwrap(), known.as_str());
            assert_eq!(serde_json::from_value::<ResponseType>(json!(known.as_str())).unwrap(), known);
        }
    }

    #[test]
    fn attack_4_what_is_switched_off_for_organization_or_client_is_unsupported() {
        let only_code = [ResponseType::Code];
        for asked in ResponseType::ALL.into_iter().filter(|asked| asked.has_tokens()) {
            let name = asked.as_str();
            assert_eq!(parsed(name, &everything(), &ResponseType::ALL), Ok(asked), "{name}");
            assert_eq!(parsed(name, &everything(), &only_code), Err(ErrorCode::UnsupportedResponseType), "{name}");
            let code_only = client(&only_code, &["authorization_code", "implicit"]);
            assert_eq!(parsed(name, &code_only, &ResponseType::ALL), Err(ErrorCode::UnsupportedResponseType), "{name}");
            let without_implicit = client(&ResponseType::ALL, &["authorization_code"]);
            assert_eq!(parsed(name, &without_implicit, &ResponseType::ALL), Err(ErrorCode::UnsupportedResponseType), "{name}");
            let without_code = client(&ResponseType::ALL, &["implicit"]);
            assert_eq!(parsed(name, &without_code, &ResponseType::ALL).is_ok(), !asked.has_code(), "{name}");
        }
        assert_eq!(parsed("code", &everything(), &[ResponseType::IdToken]), Err(ErrorCode::UnsupportedResponseType));
        for unknown in ["token", "none", "code token token"] {
            assert_eq!(parsed(unknown, &everything(), &ResponseType::ALL), Err(ErrorCode::UnsupportedResponseType), "{unknown}");
        }
        assert_eq!(parsed("", &everything(), &ResponseType::ALL), Err(ErrorCode::InvalidRequest));
    }

    #[test]
    fn no_bearer_token_comes_from_the_browser_where_tokens_must_be_bound() {
        let dpop = ClientMetadata { dpop_bound_access_tokens: true, ..everything() };
        let mtls = ClientMetadata { tls_client_certificate_bound_access_tokens: true, ..everything() };
        for bound in [dpop, mtls] {
            for asked in ResponseType::ALL {
                let expected = if asked.has_token() { Err(ErrorCode::UnauthorizedClient) } else { Ok(asked) };
                assert_eq!(parsed(asked.as_str(), &bound, &ResponseType::ALL), expected);
            }
        }
    }

    #[test]
    fn nothing_outlives_the_session_without_a_code() {
        for asked in ResponseType::ALL {
            let granted = asked.grantable(Scopes::parse("openid offline_access").unwrap());
            assert_eq!((granted.has("offline_access"), granted.has("openid")), (asked.has_code(), true), "{asked:?}");
        }
    }

    #[test]
    fn id_tokens_need_openid_and_a_nonce() {
        let (openid, other) = (Scopes::parse("openid email").unwrap(), Scopes::parse("email").unwrap());
        for asked in ResponseType::ALL {
            assert!(check_openid(asked, &openid, Some("n")).is_ok(), "{asked:?}");
            assert_eq!(check_openid(asked, &openid, None).is_err(), asked.has_id_token(), "{asked:?}");
            assert_eq!(check_openid(asked, &other, Some("n")).is_err(), asked.has_id_token(), "{asked:?}");
        }
    }

    #[test]
    fn discovery_follows_what_the_organization_switched_on() {
        let issuer = Issuer::of_org("https://id.example", "acme");
        let document = |offered: &[ResponseType]| {
            metadata::openid_configuration(&metadata::Facts { response_types: offered, ..facts(&issuer) })
        };
        let hybrid = document(&[ResponseType::Code, ResponseType::CodeIdToken]);
        assert_eq!(hybrid["response_types_supported"], json!(["code", "code id_token"]));
        assert!(hybrid["grant_types_supported"].as_array().unwrap().contains(&json!("implicit")));
        assert!(hybrid["response_modes_supported"].as_array().unwrap().contains(&json!("query")));
        let implicit = document(&[ResponseType::IdToken]);
        assert!(!implicit["grant_types_supported"].as_array().unwrap().contains(&json!("authorization_code")));
        assert!(!implicit["response_modes_supported"].as_array().unwrap().contains(&json!("query")));
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_text_is_a_type_or_none(text in "[a-z_ ]{0,40}") {
            if let Some(known) = ResponseType::parse(&text) {
                let mut words: Vec<&str> = text.split(' ').collect();
                let mut expected: Vec<&str> = known.as_str().split(' ').collect();
                words.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(words, expected);
            }
        }
    }
}
