//! How the answer of the authorization endpoint reaches the client.
//!
//! OAuth 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post Response Mode, RFC 6749 §4.1.2, RFC 9207. Supported:
//! `query`, `fragment`, `form_post`, and the places of the signed modes, which `jarm` is about. Every answer carries `iss`, and
//! `state` as it came. The registered query stays as it is.
//! Tokens never go into a query, where servers and browsers write them down; what was asked for that way is refused, and the
//! refusal goes into the fragment.

use crate::authorization_request::ReturnAddress;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::response_type::{ResponseType, asks_for_tokens};
use crate::{Issuer, Params, ProtocolError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// This room.
pub const ROOM: Room = Room {
    name: "response_mode",
    title: "Response modes, and Form Post Response Mode",
    source: "OAuth 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post Response Mode",
    status: Status::Final,
    support: "query, fragment, form_post",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::Authorization, Stage::Respond),
        (Endpoint::PushedAuthorization, Stage::Parse),
    ],
    metadata,
};

/// Where in the browser's request to the client the answer is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[serde(rename = "query")]
    Query,
    /// In its fragment.
    #[serde(rename = "fragment")]
    Fragment,
    /// In the body of a POST.
    #[serde(rename = "form_post")]
    FormPost,
    /// In the query, as a JWT; see [`crate::jarm`] for this one and the next two.
    #[serde(rename = "query.jwt")]
    QueryJwt,
    /// In the fragment, as a JWT.
    #[serde(rename = "fragment.jwt")]
    FragmentJwt,
    /// In the body of a POST, as a JWT.
    #[serde(rename = "form_post.jwt")]
    FormPostJwt,
}

impl ResponseMode {
    /// Every mode.
    pub const ALL: [Self; 6] =
        [Self::Query, Self::Fragment, Self::FormPost, Self::QueryJwt, Self::FragmentJwt, Self::FormPostJwt];

    /// As the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
            Self::QueryJwt => "query.jwt",
            Self::FragmentJwt => "fragment.jwt",
            Self::FormPostJwt => "form_post.jwt",
        }
    }
    /// The mode of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
    /// Whether the answer is a JWT.
    pub const fn is_jwt(self) -> bool {
        matches!(self, Self::QueryJwt | Self::FragmentJwt | Self::FormPostJwt)
    }
    /// Whether the answer goes into a query.
    pub const fn is_query(self) -> bool {
        matches!(self, Self::Query | Self::QueryJwt)
    }
    /// Whether the answer is carried by a form that posts itself.
    pub const fn is_form_post(self) -> bool {
        matches!(self, Self::FormPost | Self::FormPostJwt)
    }
}

/// What stands for the default of the response type, as a JWT (JARM §2.3.4).
const DEFAULT_JWT: &str = "jwt";

/// The mode a request is answered in, be it good or not: the one it names, if that may be used, or else the default of its response
/// type. What is wrong with the mode itself, [`check`] says.
pub(crate) fn of_request(params: &Params) -> ResponseMode {
    let asked = params.one("response_mode").ok().flatten().unwrap_or_default();
    let (default, default_jwt) = if asks_for_tokens(params) {
        (ResponseMode::Fragment, ResponseMode::FragmentJwt)
    } else {
        (ResponseMode::Query, ResponseMode::QueryJwt)
    };
    match ResponseMode::parse(asked) {
        None if asked == DEFAULT_JWT => default_jwt,
        // A client that waits for tokens looks for its error in the fragment, never in the query.
        Some(ResponseMode::QueryJwt) => default_jwt,
        None | Some(ResponseMode::Query) => default,
        Some(mode) => mode,
    }
}

/// Whether the mode exists and may carry what was asked for.
///
/// # Errors
/// `invalid_request`.
pub(crate) fn check(params: &Params, response_type: ResponseType) -> Result<(), ProtocolError> {
    let Some(asked) = params.one("response_mode")? else { return Ok(()) };
    match ResponseMode::parse(asked) {
        None if asked == DEFAULT_JWT => Ok(()),
        None => Err(ProtocolError::invalid_request("The response_mode is not supported.")),
        Some(mode) if mode.is_query() && response_type.has_tokens() => {
            Err(ProtocolError::invalid_request("Tokens are not sent in a query: use the response_mode fragment or form_post."))
        }
        Some(_) => Ok(()),
    }
}

/// The parameters of an answer, in the order in which they were put in. They are secrets, so `Debug` shows only their names.
#[derive(Clone, Default)]
pub struct Response(Vec<(&'static str, String)>);

impl Response {
    /// An error.
    pub fn error(error: &ProtocolError) -> Self {
        Self::default().with("error", error.code.code()).with("error_description", error.description())
    }
    /// With a parameter more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }
    /// With the `state` of the request, if it had one.
    #[must_use]
    pub fn with_state(self, to: &ReturnAddress) -> Self {
        match &to.state {
            Some(state) => self.with("state", state),
            None => self,
        }
    }
    /// With who answers (RFC 9207). A JWT says so itself.
    #[must_use]
    pub fn with_issuer(self, issuer: &Issuer) -> Self {
        self.with("iss", issuer.as_str())
    }
    /// The parameters.
    pub(crate) fn into_fields(self) -> Vec<(&'static str, String)> {
        self.0
    }
    /// On its way, in the place the mode names.
    pub fn deliver(self, to: &ReturnAddress) -> Delivery {
        let fields = self.0;
        match to.response_mode {
            ResponseMode::FormPost | ResponseMode::FormPostJwt => Delivery::FormPost { action: to.redirect_uri.clone(), fields },
            ResponseMode::Query | ResponseMode::QueryJwt => Delivery::Redirect(with_query(&to.redirect_uri, &fields)),
            ResponseMode::Fragment | ResponseMode::FragmentJwt => {
                Delivery::Redirect(format!("{}#{}", to.redirect_uri, encoded(&fields)))
            }
        }
    }
}

/// An answer on its way to the client. It may hold a code, so `Debug` shows only where it goes.
#[derive(Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Send the browser there, with 303.
    Redirect(String),
    /// Show a form that posts itself, with a button for browsers without scripts.
    FormPost {
        /// The redirect URI.
        action: String,
        /// Hidden fields; escape both when writing HTML.
        fields: Vec<(&'static str, String)>,
    },
}

/// `uri` with `fields` after what its query already holds.
pub(crate) fn with_query(uri: &str, fields: &[(&'static str, String)]) -> String {
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{}", encoded(fields))
}

/// Form encoding with `%20` for spaces, which readers of URLs and of forms both understand.
fn encoded(fields: &[(&'static str, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().replace('+', "%20")
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, uri) = match self {
            Self::Redirect(uri) => ("Redirect", uri),
            Self::FormPost { action, .. } => ("FormPost", action),
        };
        f.debug_tuple(name).field(&uri.split(['?', '#']).next().unwrap_or_default()).finish()
    }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    let may_query = facts.response_types.contains(&ResponseType::Code);
    let modes = ResponseMode::ALL.into_iter().filter(|mode| !mode.is_jwt() && (may_query || *mode != ResponseMode::Query));
    document.add("response_modes_supported", modes.map(ResponseMode::as_str));
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Secret;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn to(redirect_uri: &str, response_mode: ResponseMode, state: Option<&str>) -> ReturnAddress {
        ReturnAddress { redirect_uri: redirect_uri.to_owned(), response_mode, state: state.map(str::to_owned) }
    }
    fn issuer() -> Issuer {
        Issuer::of_org("https://id.example", "acme")
    }
    fn code(to: &ReturnAddress, issuer: &Issuer, code: &Secret) -> Delivery {
        Response::default().with("code", code.expose()).with_state(to).with_issuer(issuer).deliver(to)
    }
    fn error(to: &ReturnAddress, issuer: &Issuer, error: &ProtocolError) -> Delivery {
        Response::error(error).with_state(to).with_issuer(issuer).deliver(to)
    }
    fn redirect(delivery: Delivery) -> String {
        match delivery {
            Delivery::Redirect(uri) => uri,
            Delivery::FormPost { .. } => panic!("a form"),
        }
    }

    #[test]
    fn a_code_comes_with_state_and_iss() {
        let delivery = code(&to("https://app.example/cb", ResponseMode::Query, Some("a b&c")), &issuer(), &Secret::new("xyz"));
        assert_eq!(
            redirect(delivery),
            "https://app.example/cb?code=xyz&state=a%20b%26c&iss=https%3A%2F%2Fid.example%2Forgs%2Facme"
        );
    }

    #[test]
    fn the_registered_query_is_kept() {
        for (registered, start) in [
            ("https://app.example/cb?tenant=1&x=%20+", "https://app.example/cb?tenant=1&x=%20+&code=c&"),
            ("https://app.example/cb?", "https://app.example/cb?code=c&"),
            ("com.example.app:/cb", "com.example.app:/cb?code=c&"),
        ] {
            let uri = redirect(code(&to(registered, ResponseMode::Query, None), &issuer(), &Secret::new("c")));
            assert!(uri.starts_with(start), "{uri}");
        }
    }

    #[test]
    fn errors_take_the_requested_mode_and_no_state_comes_back_that_was_not_sent() {
        let refused = ProtocolError::new(crate::ErrorCode::AccessDenied, "No.");
        let fragment = redirect(error(&to("https://app.example/cb?a=1", ResponseMode::Fragment, None), &issuer(), &refused));
        assert_eq!(
            fragment,
            "https://app.example/cb?a=1#error=access_denied&error_description=No.&iss=https%3A%2F%2Fid.example%2Forgs%2Facme"
        );
        let form = error(&to("https://app.example/cb", ResponseMode::FormPost, Some("<s>")), &issuer(), &refused);
        let Delivery::FormPost { action, fields } = form else { panic!("a redirect") };
        assert_eq!(action, "https://app.example/cb");
        assert_eq!(fields.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["error", "error_description", "state", "iss"]);
        assert_eq!(fields[2].1, "<s>");
    }

    #[test]
    fn debug_never_shows_a_code() {
        for mode in ResponseMode::ALL {
            let delivery = code(&to("https://app.example/cb", mode, None), &issuer(), &Secret::new("hunter2"));
            assert!(!format!("{delivery:?}").contains("hunter2"));
        }
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_state_survives_the_query_whole(state in "[^\0]{1,1000}") {
            let uri = redirect(code(&to("https://app.example/cb?x=1", ResponseMode::Query, Some(&state)), &issuer(), &Secret::new("c")));
            prop_assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()));
            let read: BTreeMap<String, String> = url::Url::parse(&uri).unwrap().query_pairs().into_owned().collect();
            prop_assert_eq!(&read["state"], &state);
            prop_assert_eq!(read.len(), 4);
        }
    }
}
