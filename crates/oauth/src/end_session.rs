//! Signing out at a client's request.
//!
//! OpenID Connect RP-Initiated Logout 1.0. Supported: GET and POST, `id_token_hint`, `client_id`, `post_logout_redirect_uri`, `state`,
//! `logout_hint`, `ui_locales`. Signing out without a question needs a hint about the very session that is to end; anyone else could
//! make a browser visit this address. The way back needs a verified hint too: without one, a registered address is offered as a link
//! and never as a redirect. An address that is not registered is an error and nothing ends. A `logout_hint` proves nothing and is
//! only carried along: the page names who is signed in. Telling other clients is the business of `frontchannel_logout` and
//! `backchannel_logout`.

use crate::id_token::Hint;
use crate::metadata::{Document, Facts as MetadataFacts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::response_mode::with_query;
use crate::{ClientMetadata, Params, ProtocolError, redirect_uri};
use kernel::{ClientId, Secret};

/// This room.
pub const ROOM: Room = Room {
    name: "end_session",
    title: "RP-Initiated Logout",
    source: "OpenID Connect RP-Initiated Logout 1.0",
    status: Status::Final,
    support: "confirmation unless a hint proves the session; registered return addresses",
    visits: &[(Endpoint::EndSession, Stage::Parse), (Endpoint::EndSession, Stage::Decide)],
    metadata,
};

const MAX_STATE: usize = 4096;
const MAX_LOGOUT_HINT: usize = 512;

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
    let text = |name, limit: usize| {
        let value = params.one(name)?;
        if value.is_some_and(|value| value.len() > limit) {
            return Err(ProtocolError::invalid_request(format!("The parameter {name} is too long.")));
        }
        Ok(value.map(str::to_owned))
    };
    text("logout_hint", MAX_LOGOUT_HINT)?;
    Ok(Request {
        id_token_hint: params.secret("id_token_hint")?,
        client_id: params.one("client_id")?.map(ClientId::from),
        post_logout_redirect_uri: text("post_logout_redirect_uri", crate::params::MAX_VALUE)?,
        state: text("state", MAX_STATE)?,
        ui_locales: text("ui_locales", crate::params::MAX_VALUE)?,
    })
}

impl Request {
    /// The client to load: the one that was named, or the one the hint was made for.
    pub fn client_to_load<'a>(&'a self, hint: Option<&'a Hint>) -> Option<&'a ClientId> {
        self.client_id.as_ref().or_else(|| hint?.clients.first())
    }
}

/// Who is signed in, as the client the request comes from knows them.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn<'a> {
    /// Their `sub`.
    pub subject: &'a str,
    /// Their session's `sid`.
    pub session: &'a str,
}

/// What the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The hint, if there was one and it verified.
    pub hint: Option<&'a Hint>,
    /// The client of [`Request::client_to_load`], if it exists.
    pub client: Option<&'a ClientMetadata>,
    /// Who is signed in.
    pub signed_in: Option<SignedIn<'a>>,
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

/// What a hint says about whoever is signed in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// It is about this very session, or nobody is signed in any more.
    Session,
    /// It is about the same person, but another session of theirs (§2: suspect).
    Person,
    /// It is about somebody else, or there is none.
    None,
}

/// Decide.
///
/// # Errors
/// For a page: the client did not register the address to return to.
pub fn decide(request: &Request, facts: &Facts<'_>) -> Result<Decision, ProtocolError> {
    let way_back = way_back(request, facts.client)?;
    // A hint made for another client than the one that was named proves nothing (§2).
    let hint = facts.hint.filter(|hint| request.client_id.as_ref().is_none_or(|client| hint.clients.contains(client)));
    let proof = proof(hint, facts.signed_in);
    if facts.signed_in.is_some() && proof != Proof::Session && !facts.is_confirmed {
        return Ok(Decision::Confirm);
    }
    Ok(Decision::SignOut(match way_back {
        Some(uri) if proof != Proof::None => {
            let state = request.state.clone().map(|state| vec![("state", state)]);
            Then::Redirect(state.map_or_else(|| uri.to_owned(), |state| with_query(uri, &state)))
        }
        Some(uri) => Then::Offer(uri.to_owned()),
        None => Then::Page,
    }))
}

/// The wanted address, if it is known whose it would have to be.
fn way_back<'a>(request: &'a Request, client: Option<&ClientMetadata>) -> Result<Option<&'a str>, ProtocolError> {
    let (Some(uri), Some(client)) = (request.post_logout_redirect_uri.as_deref(), client) else { return Ok(None) };
    if redirect_uri::is_registered(&client.post_logout_redirect_uris, uri) {
        Ok(Some(uri))
    } else {
        Err(ProtocolError::invalid_request("The application did not register the address it wants people to return to."))
    }
}

fn proof(hint: Option<&Hint>, signed_in: Option<SignedIn<'_>>) -> Proof {
    match (hint, signed_in) {
        (None, _) => Proof::None,
        (Some(_), None) => Proof::Session,
        (Some(hint), Some(signed_in)) if hint.subject != signed_in.subject => Proof::None,
        (Some(hint), Some(signed_in)) => match &hint.session {
            Some(session) if session.as_str() != signed_in.session => Proof::Person,
            _ => Proof::Session,
        },
    }
}

fn metadata(facts: &MetadataFacts<'_>, document: &mut Document) {
    document.set_openid("end_session_endpoint", facts.issuer.endpoint("oauth/logout"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: &str = "https://app.example/bye?x=1";
    const ME: SignedIn<'_> = SignedIn { subject: "u1", session: "s1" };

    fn client() -> ClientMetadata {
        ClientMetadata { post_logout_redirect_uris: vec![BACK.into()], ..ClientMetadata::new("c") }
    }
    fn hint(subject: &str, client: &str, session: Option<&str>) -> Hint {
        Hint { subject: subject.into(), clients: vec![client.into()], session: session.map(Into::into) }
    }
    fn request(pairs: &[(&str, &str)]) -> Request {
        parse(&Params::collect(pairs.iter().copied()).unwrap()).unwrap()
    }
    fn run(
        pairs: &[(&str, &str)],
        hint: Option<&Hint>,
        signed_in: Option<SignedIn<'_>>,
        is_confirmed: bool,
    ) -> Result<Decision, ProtocolError> {
        decide(&request(pairs), &Facts { hint, client: Some(&client()), signed_in, is_confirmed })
    }
    fn there(uri: &str) -> Decision {
        Decision::SignOut(Then::Redirect(uri.into()))
    }

    #[test]
    fn a_hint_about_the_session_signs_out_at_once_and_leads_back_with_state() {
        let pairs = [("post_logout_redirect_uri", BACK), ("state", "a b")];
        for hint in [hint("u1", "c", Some("s1")), hint("u1", "c", None)] {
            let with_state = format!("{BACK}&state=a%20b");
            assert_eq!(run(&pairs, Some(&hint), Some(ME), false), Ok(there(&with_state)));
            assert_eq!(run(&pairs, Some(&hint), None, false), Ok(there(&with_state)), "already signed out");
            assert_eq!(run(&pairs[..1], Some(&hint), Some(ME), false), Ok(there(BACK)));
            assert_eq!(run(&[], Some(&hint), Some(ME), false), Ok(Decision::SignOut(Then::Page)));
        }
    }

    #[test]
    fn without_a_fitting_hint_the_person_is_asked() {
        let (other, foreign) = (hint("u2", "c", None), hint("u1", "d", Some("s1")));
        let pairs = [("client_id", "c"), ("post_logout_redirect_uri", BACK)];
        for hint in [None, Some(&other), Some(&foreign)] {
            assert_eq!(run(&pairs, hint, Some(ME), false), Ok(Decision::Confirm));
            assert_eq!(run(&pairs, hint, Some(ME), true), Ok(Decision::SignOut(Then::Offer(BACK.into()))));
        }
        assert_eq!(run(&[("state", "s")], None, Some(ME), false), Ok(Decision::Confirm));
    }

    #[test]
    fn a_hint_about_another_session_of_the_same_person_is_asked_about_and_then_leads_back() {
        let hint = hint("u1", "c", Some("s0"));
        let pairs = [("post_logout_redirect_uri", BACK)];
        assert_eq!(run(&pairs, Some(&hint), Some(ME), false), Ok(Decision::Confirm));
        assert_eq!(run(&pairs, Some(&hint), Some(ME), true), Ok(there(BACK)));
    }

    #[test]
    fn attack_11_only_a_registered_address_with_a_hint_is_a_redirect() {
        let good = hint("u1", "c", Some("s1"));
        for uri in ["https://evil.example/", "https://app.example/bye", "https://app.example/bye?x=1&y=2", "//evil.example"] {
            for (signed_in, is_confirmed) in [(Some(ME), false), (Some(ME), true), (None, false)] {
                for hint in [Some(&good), None] {
                    let pairs = [("client_id", "c"), ("post_logout_redirect_uri", uri)];
                    assert!(run(&pairs, hint, signed_in, is_confirmed).is_err(), "{uri}");
                }
            }
        }
        let by_client = [("client_id", "c"), ("post_logout_redirect_uri", BACK)];
        assert_eq!(run(&by_client, None, Some(ME), true), Ok(Decision::SignOut(Then::Offer(BACK.into()))));
        assert_eq!(run(&by_client, None, None, false), Ok(Decision::SignOut(Then::Offer(BACK.into()))));
        let unnamed = request(&[("post_logout_redirect_uri", BACK)]);
        let facts = Facts { hint: None, client: None, signed_in: None, is_confirmed: false };
        assert_eq!(decide(&unnamed, &facts), Ok(Decision::SignOut(Then::Page)), "nobody knows whose address it would be");
    }

    #[test]
    fn the_client_comes_from_the_request_or_else_from_the_hint() {
        let hint = hint("u1", "c", None);
        assert_eq!(request(&[]).client_to_load(Some(&hint)), Some(&"c".into()));
        assert_eq!(request(&[("client_id", "d")]).client_to_load(Some(&hint)), Some(&"d".into()));
        assert_eq!(request(&[]).client_to_load(None), None);
    }

    #[test]
    fn what_is_sent_twice_or_without_end_is_refused() {
        let endless = |name: &str, length: usize| format!("{name}={}", "a".repeat(length));
        for form in ["state=a&state=b".to_owned(), endless("state", MAX_STATE + 1), endless("logout_hint", MAX_LOGOUT_HINT + 1)] {
            let refused = Params::from_form(form.as_bytes()).map(|params| parse(&params));
            assert!(!matches!(refused, Ok(Ok(_))), "{form}");
        }
        assert!(parse(&Params::collect([("logout_hint", "mia@example.com")]).unwrap()).is_ok());
    }
}
