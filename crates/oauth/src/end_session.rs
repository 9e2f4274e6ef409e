//! Signing out at a client's request.
//!
//! OpenID Connect RP-Initiated Logout 1.0. Supported: GET and POST, `id_token_hint`, `client_id`, `post_logout_redirect_uri`, `state`,
//! `ui_locales`. Signing out without a question needs a hint about the very person who is signed in; anyone else could make a
//! browser visit this address. The way back needs a verified hint too: without one, a registered address is offered as a link
//! and never as a redirect. Not supported here: telling other clients (front-channel and back-channel logout).

use crate::id_token::Hint;
use crate::metadata::{Document, Facts as MetadataFacts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::response_mode::with_query;
use crate::{ClientMetadata, Params, ProtocolError, redirect_uri};
use kernel::{ClientId, Secret, UserId};

/// This room.
pub const ROOM: Room = Room {
    name: "end_session",
    title: "RP-Initiated Logout",
    source: "OpenID Connect RP-Initiated Logout 1.0",
    status: Status::Final,
    support: "confirmation unless a hint proves the person; registered return addresses",
    visits: &[(Endpoint::EndSession, Stage::Parse), (Endpoint::EndSession, Stage::Decide)],
    metadata,
};

const MAX_STATE: usize = 4096;

/// A logout request. All of it is optional.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// An earlier ID token about the person, to be verified with [`crate::id_token::check_hint`]. One that does not verify counts
    /// as none.
    pub id_token_hint: Option<Secret>,
    /// Who asks.
    pub client_id: Option<ClientId>,
    /// Where the person wants to go then.
    pub post_logout_redirect_uri: Option<String>,
    /// To be given back there.
    pub state: Option<String>,
    /// Preferred languages.
    pub ui_locales: Option<String>,
}

/// Read the parameters.
///
/// # Errors
/// For a page.
pub fn parse(params: &Params) -> Result<Request, ProtocolError> {
    params.check_unique()?;
    let text = |name| params.one(name).map(|value| value.map(str::to_owned));
    let state = text("state")?;
    if state.as_ref().is_some_and(|state| state.len() > MAX_STATE) {
        return Err(ProtocolError::invalid_request("The parameter state is too long."));
    }
    Ok(Request {
        id_token_hint: params.secret("id_token_hint")?,
        client_id: params.one("client_id")?.map(ClientId::from),
        post_logout_redirect_uri: text("post_logout_redirect_uri")?,
        state,
        ui_locales: text("ui_locales")?,
    })
}

impl Request {
    /// The client to load: the one that was named, or the one the hint was made for.
    pub fn client_to_load<'a>(&'a self, hint: Option<&'a Hint>) -> Option<&'a ClientId> {
        self.client_id.as_ref().or_else(|| hint?.clients.first())
    }
}

/// What the decision depends on.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The hint, if there was one and it verified.
    pub hint: Option<&'a Hint>,
    /// The client of [`Request::client_to_load`], if it exists.
    pub client: Option<&'a ClientMetadata>,
    /// Who is signed in.
    pub user: Option<&'a UserId>,
    /// Whether the person pressed the button of the confirmation page, with its token against forgery.
    pub is_confirmed: bool,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Ask the person whether they want to sign out.
    Confirm,
    /// End the session if there is one, then go on.
    SignOut(Then),
}

/// What comes after signing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Send the browser there.
    Redirect(String),
    /// Show that the person is signed out, with a link to the application.
    Offer(String),
    /// Show that the person is signed out.
    Page,
}

/// Decide.
pub fn decide(request: &Request, facts: &Facts<'_>) -> Decision {
    // A hint made for another client than the one that was named proves nothing (§2).
    let hint = facts.hint.filter(|hint| request.client_id.as_ref().is_none_or(|client| hint.clients.contains(client)));
    let is_proven = match (facts.user, hint) {
        (None, _) => true,
        (Some(user), Some(hint)) => hint.subject == user.as_str(),
        (Some(_), None) => false,
    };
    if !is_proven && !facts.is_confirmed {
        return Decision::Confirm;
    }
    let registered = facts.client.map(|client| client.post_logout_redirect_uris.as_slice()).unwrap_or_default();
    let wanted = request.post_logout_redirect_uri.as_deref().filter(|uri| redirect_uri::is_registered(registered, uri));
    Decision::SignOut(match wanted {
        Some(uri) if hint.is_some() && is_proven => {
            let state = request.state.clone().map(|state| vec![("state", state)]);
            Then::Redirect(state.map_or_else(|| uri.to_owned(), |state| with_query(uri, &state)))
        }
        Some(uri) => Then::Offer(uri.to_owned()),
        None => Then::Page,
    })
}

fn metadata(facts: &MetadataFacts<'_>, document: &mut Document) {
    document.set_openid("end_session_endpoint", facts.issuer.endpoint("oauth/logout"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: &str = "https://app.example/bye?x=1";

    fn client() -> ClientMetadata {
        ClientMetadata { post_logout_redirect_uris: vec![BACK.into()], ..ClientMetadata::new("c") }
    }
    fn hint(subject: &str, client: &str) -> Hint {
        Hint { subject: subject.into(), clients: vec![client.into()], session: None }
    }
    fn request(pairs: &[(&str, &str)]) -> Request {
        parse(&Params::collect(pairs.iter().copied()).unwrap()).unwrap()
    }
    fn run(pairs: &[(&str, &str)], hint: Option<&Hint>, user: Option<&str>, is_confirmed: bool) -> Decision {
        let (user, client) = (user.map(UserId::from), client());
        decide(&request(pairs), &Facts { hint, client: Some(&client), user: user.as_ref(), is_confirmed })
    }

    #[test]
    fn a_hint_about_the_signed_in_person_signs_out_at_once_and_leads_back_with_state() {
        let hint = hint("u1", "c");
        let pairs = [("post_logout_redirect_uri", BACK), ("state", "a b")];
        let there = Decision::SignOut(Then::Redirect(format!("{BACK}&state=a%20b")));
        assert_eq!(run(&pairs, Some(&hint), Some("u1"), false), there);
        assert_eq!(run(&pairs, Some(&hint), None, false), there, "already signed out");
        assert_eq!(run(&pairs[..1], Some(&hint), Some("u1"), false), Decision::SignOut(Then::Redirect(BACK.into())));
        assert_eq!(run(&[], Some(&hint), Some("u1"), false), Decision::SignOut(Then::Page));
    }

    #[test]
    fn without_a_fitting_hint_the_person_is_asked() {
        let (other, foreign) = (hint("u2", "c"), hint("u1", "d"));
        let pairs = [("client_id", "c"), ("post_logout_redirect_uri", BACK)];
        for hint in [None, Some(&other), Some(&foreign)] {
            assert_eq!(run(&pairs, hint, Some("u1"), false), Decision::Confirm);
            assert!(!matches!(run(&pairs, hint, Some("u1"), true), Decision::SignOut(Then::Redirect(_))));
        }
        assert_eq!(run(&[("state", "s")], None, Some("u1"), false), Decision::Confirm);
    }

    #[test]
    fn attack_11_only_a_registered_address_with_a_hint_is_a_redirect() {
        let good = hint("u1", "c");
        for uri in ["https://evil.example/", "https://app.example/bye", "https://app.example/bye?x=1&y=2", "//evil.example"] {
            assert_eq!(
                run(&[("post_logout_redirect_uri", uri)], Some(&good), Some("u1"), false),
                Decision::SignOut(Then::Page),
                "{uri}"
            );
        }
        let by_client = [("client_id", "c"), ("post_logout_redirect_uri", BACK)];
        assert_eq!(run(&by_client, None, Some("u1"), true), Decision::SignOut(Then::Offer(BACK.into())));
        assert_eq!(run(&by_client, None, None, false), Decision::SignOut(Then::Offer(BACK.into())));
    }

    #[test]
    fn the_client_comes_from_the_request_or_else_from_the_hint() {
        let hint = hint("u1", "c");
        assert_eq!(request(&[]).client_to_load(Some(&hint)), Some(&"c".into()));
        assert_eq!(request(&[("client_id", "d")]).client_to_load(Some(&hint)), Some(&"d".into()));
        assert_eq!(request(&[]).client_to_load(None), None);
        let twice = Params::from_form(b"state=a&state=b").unwrap();
        assert!(parse(&twice).is_err());
    }
}
