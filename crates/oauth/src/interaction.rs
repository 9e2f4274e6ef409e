//! What happens next at the authorization endpoint: sign in, consent, answer or refuse.
//!
//! OpenID Connect Core §3.1.2.3 to §3.1.2.6, RFC 9470 §5 (demanded authentication), RFC 6749 §10.2. One pure decision, asked
//! again after each step the person took, so that no page can be skipped by calling another.

use crate::acr::{self, Acr};
use crate::authorization_request::AuthorizationRequest;
use crate::pipeline::{Endpoint, Room, Stage, Status, no_metadata};
use crate::scope::OPENID;
use crate::{ClientMetadata, ErrorCode, ProtocolError};
use kernel::{Scopes, Timestamp};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "interaction",
    title: "Sign-in, consent and step-up",
    source: "OpenID Connect Core 1.0 §3.1.2.3 to §3.1.2.6, RFC 9470 §5",
    status: Status::Final,
    support: "prompt, max_age, id_token_hint, acr; remembered consent",
    visits: &[(Endpoint::Authorization, Stage::Decide)],
    metadata: no_metadata,
};

/// What the decision depends on besides request and client.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The browser's session, if it is alive.
    pub session: Option<Session<'a>>,
    /// What this person already allowed this client; empty if nothing.
    pub remembered: &'a Scopes,
    /// What the person allowed just now, on the consent page of this very request.
    pub allowed_now: Option<&'a Scopes>,
    /// Now.
    pub now: Timestamp,
}

/// The person in front of the browser.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    /// Who, as this client knows them: their `sub`.
    pub sub: &'a str,
    /// When they last proved it.
    pub auth_time: Timestamp,
    /// How strongly.
    pub acr: Acr,
    /// How strongly they could, with what they have enrolled.
    pub reachable_acr: Acr,
    /// Whether they proved it to answer this very request: then neither `prompt=login` nor `max_age` asks again.
    pub is_fresh: bool,
    /// Whether they chose this account for this very request.
    pub is_chosen: bool,
    /// Whether they chose another account for it than the one that is current now.
    pub is_another_chosen: bool,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Issue a code for these scopes.
    Respond {
        /// What is granted.
        scopes: Scopes,
    },
    /// Show the sign-in page.
    SignIn(Reason),
    /// Show the consent page.
    Consent {
        /// Everything that is asked for.
        scopes: Scopes,
        /// The part the person has not allowed before.
        new: Scopes,
    },
    /// Send this error to the client.
    Refuse(ProtocolError),
}

/// Why a person has to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody is signed in.
    NoSession,
    /// The client wants somebody to register.
    Register,
    /// The client wants a new proof.
    Again,
    /// The last proof is too old.
    TooOld,
    /// The client wants somebody else.
    OtherPerson,
    /// The client wants the person to choose an account.
    ChooseAccount,
    /// The last proof is too weak; this tier is needed.
    StepUp(Acr),
}

/// Decide.
pub fn decide(request: &AuthorizationRequest, client: &ClientMetadata, facts: &Facts<'_>) -> Decision {
    if let Some(reason) = sign_in_reason(request, facts) {
        return if request.prompt.none { Decision::Refuse(silent_refusal(reason)) } else { Decision::SignIn(reason) };
    }
    match &facts.session {
        Some(session) if request.is_acr_essential && !reaches(request, session.acr) => {
            Decision::Refuse(unmet("The demanded authentication context could not be reached."))
        }
        Some(session) if !request.accepts_subject(session.sub) => {
            Decision::Refuse(ProtocolError::new(ErrorCode::LoginRequired, "Another person signed in than the one asked for."))
        }
        _ => consent(request, client, facts),
    }
}

fn sign_in_reason(request: &AuthorizationRequest, facts: &Facts<'_>) -> Option<Reason> {
    let Some(session) = &facts.session else {
        return Some(if request.prompt.create { Reason::Register } else { Reason::NoSession });
    };
    if session.is_fresh {
        return None;
    }
    if session.is_another_chosen {
        return Some(Reason::ChooseAccount);
    }
    if request.prompt.create {
        return Some(Reason::Register);
    }
    if !request.accepts_subject(session.sub) {
        return Some(Reason::OtherPerson);
    }
    if request.prompt.login {
        return Some(Reason::Again);
    }
    if request.prompt.select_account && !session.is_chosen {
        return Some(Reason::ChooseAccount);
    }
    let is_too_old = |max_age: u32| session.auth_time.plus(Duration::from_secs(u64::from(max_age))) < facts.now || max_age == 0;
    if request.max_age.is_some_and(is_too_old) {
        return Some(Reason::TooOld);
    }
    step_up(request, session).map(Reason::StepUp)
}

/// The tier to step up to: the weakest one that would do, unless it is only a wish and out of the person's reach.
fn step_up(request: &AuthorizationRequest, session: &Session<'_>) -> Option<Acr> {
    let wanted = acr::weakest(&request.acr_values)?;
    let is_worth_asking = request.is_acr_essential || wanted <= session.reachable_acr;
    (session.acr < wanted && is_worth_asking).then_some(wanted)
}

fn reaches(request: &AuthorizationRequest, reached: Acr) -> bool {
    acr::weakest(&request.acr_values).is_some_and(|wanted| wanted <= reached)
}

fn consent(request: &AuthorizationRequest, client: &ClientMetadata, facts: &Facts<'_>) -> Decision {
    let asked = &request.scopes;
    if let Some(allowed) = facts.allowed_now {
        let granted = asked.intersection(allowed);
        // Without openid the client's request would silently become another one.
        let lacks_openid = asked.has(OPENID) && !granted.has(OPENID);
        let is_nothing = granted.is_empty() && request.authorization_details.is_empty();
        return if is_nothing || lacks_openid {
            Decision::Refuse(ProtocolError::new(ErrorCode::AccessDenied, "The request was denied."))
        } else {
            Decision::Respond { scopes: granted }
        };
    }
    // Details say what is to happen this once: nobody allows that beforehand.
    let may_be_silent = !request.prompt.consent && !client.always_ask_consent && request.authorization_details.is_empty();
    let all = request.asked_of_people();
    if may_be_silent && (client.first_party || all.is_subset(facts.remembered)) {
        return Decision::Respond { scopes: asked.clone() };
    }
    if request.prompt.none {
        return Decision::Refuse(ProtocolError::new(ErrorCode::ConsentRequired, "Consent is required."));
    }
    let new = all.iter().filter(|scope| !facts.remembered.has(scope)).collect();
    Decision::Consent { scopes: all, new }
}

fn silent_refusal(reason: Reason) -> ProtocolError {
    match reason {
        Reason::ChooseAccount => ProtocolError::new(ErrorCode::AccountSelectionRequired, "An account has to be chosen."),
        Reason::StepUp(_) => ProtocolError::new(ErrorCode::InteractionRequired, "A stronger authentication is required."),
        Reason::NoSession | Reason::Register | Reason::Again | Reason::TooOld | Reason::OtherPerson => {
            ProtocolError::new(ErrorCode::LoginRequired, "Sign-in is required.")
        }
    }
}

fn unmet(description: &'static str) -> ProtocolError {
    ProtocolError::new(ErrorCode::UnmetAuthenticationRequirements, description)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization_request::{parse, return_address};
    use crate::params::Params;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn client() -> ClientMetadata {
        ClientMetadata { redirect_uris: vec!["https://app.example/cb".into()], ..ClientMetadata::new("c") }
    }
    fn request(more: &[(&str, &str)]) -> AuthorizationRequest {
        let pairs = [("response_type", "code"), ("scope", "openid email")];
        let params = Params::collect(pairs.into_iter().chain(more.iter().copied())).unwrap();
        parse(&params, &client(), &crate::ResponseType::ALL, return_address(&params, &client()).unwrap()).unwrap()
    }
    fn session(sub: &str) -> Session<'_> {
        Session {
            sub,
            auth_time: NOW.minus(Duration::from_secs(100)),
            acr: Acr::SingleFactor,
            reachable_acr: Acr::MultiFactor,
            is_fresh: false,
            is_chosen: false,
            is_another_chosen: false,
        }
    }
    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text).unwrap()
    }
    fn refusal(decision: Decision) -> ErrorCode {
        match decision {
            Decision::Refuse(error) => error.code,
            other => panic!("{other:?}"),
        }
    }
    struct Case {
        request: AuthorizationRequest,
        client: ClientMetadata,
        fresh: bool,
        chosen: bool,
        acr: Acr,
        remembered: Scopes,
        allowed: Option<Scopes>,
    }
    fn case(more: &[(&str, &str)]) -> Case {
        Case {
            request: request(more),
            client: client(),
            fresh: false,
            chosen: false,
            acr: Acr::SingleFactor,
            remembered: scopes("openid email"),
            allowed: None,
        }
    }
    impl Case {
        fn decide(&self) -> Decision {
            let session = Session { is_fresh: self.fresh, is_chosen: self.chosen, acr: self.acr, ..session("u1") };
            let facts =
                Facts { session: Some(session), remembered: &self.remembered, allowed_now: self.allowed.as_ref(), now: NOW };
            decide(&self.request, &self.client, &facts)
        }
        fn without_session(&self) -> Decision {
            let facts = Facts { session: None, remembered: &self.remembered, allowed_now: None, now: NOW };
            decide(&self.request, &self.client, &facts)
        }
    }

    #[test]
    fn a_session_with_remembered_consent_is_answered_at_once() {
        let granted = Decision::Respond { scopes: scopes("openid email") };
        assert_eq!(case(&[]).decide(), granted);
        assert_eq!(case(&[("prompt", "none")]).decide(), granted);
        assert_eq!(case(&[("max_age", "10000")]).decide(), granted);
        assert_eq!(case(&[("login_hint", "somebody@else.example")]).decide(), granted);
    }

    #[test]
    fn without_a_session_the_person_signs_in_or_the_silent_request_fails() {
        assert_eq!(case(&[]).without_session(), Decision::SignIn(Reason::NoSession));
        assert_eq!(case(&[("prompt", "create")]).without_session(), Decision::SignIn(Reason::Register));
        assert_eq!(refusal(case(&[("prompt", "none")]).without_session()), ErrorCode::LoginRequired);
    }

    #[test]
    fn a_new_proof_is_asked_for_once_and_not_again() {
        for (more, reason) in [
            (("prompt", "login"), Reason::Again),
            (("prompt", "create"), Reason::Register),
            (("prompt", "select_account"), Reason::ChooseAccount),
            (("max_age", "1"), Reason::TooOld),
            (("max_age", "0"), Reason::TooOld),
        ] {
            let mut case = case(&[more]);
            assert_eq!(case.decide(), Decision::SignIn(reason), "{more:?}");
            case.fresh = true;
            assert!(matches!(case.decide(), Decision::Respond { .. }), "{more:?}");
        }
        let mut chosen = case(&[("prompt", "select_account")]);
        chosen.chosen = true;
        assert!(matches!(chosen.decide(), Decision::Respond { .. }));
    }

    #[test]
    fn an_answer_is_never_about_another_account_than_the_one_that_was_chosen() {
        let everything = scopes("openid email");
        let decided = |more: &[(&str, &str)], is_fresh| {
            let session = Session { is_fresh, is_another_chosen: true, ..session("u1") };
            let facts = Facts { session: Some(session), remembered: &everything, allowed_now: Some(&everything), now: NOW };
            decide(&request(more), &client(), &facts)
        };
        assert_eq!(decided(&[], false), Decision::SignIn(Reason::ChooseAccount));
        assert_eq!(refusal(decided(&[("prompt", "none")], false)), ErrorCode::AccountSelectionRequired);
        assert!(matches!(decided(&[], true), Decision::Respond { .. }), "a password says more than a choice");
    }

    #[test]
    fn a_silent_request_fails_where_something_would_have_to_be_asked() {
        assert_eq!(refusal(case(&[("prompt", "none"), ("max_age", "1")]).decide()), ErrorCode::LoginRequired);
        let acr = [("prompt", "none"), ("acr_values", "urn:lumoauth:acr:mfa")];
        assert_eq!(refusal(case(&acr).decide()), ErrorCode::InteractionRequired);
        let mut unknown = case(&[("prompt", "none")]);
        unknown.remembered = scopes("openid");
        assert_eq!(refusal(unknown.decide()), ErrorCode::ConsentRequired);
        let mut other = case(&[("prompt", "none")]);
        other.request.hinted_subject = Some("u2".into());
        assert_eq!(refusal(other.decide()), ErrorCode::LoginRequired);
    }

    #[test]
    fn a_hint_about_the_same_person_changes_nothing_and_about_another_asks_to_sign_in() {
        let mut case = case(&[("prompt", "none")]);
        case.request.hinted_subject = Some("u1".into());
        assert!(matches!(case.decide(), Decision::Respond { .. }));
        case.request.prompt.none = false;
        case.request.hinted_subject = Some("u2".into());
        assert_eq!(case.decide(), Decision::SignIn(Reason::OtherPerson));
        case.fresh = true;
        assert_eq!(refusal(case.decide()), ErrorCode::LoginRequired);
    }

    #[test]
    fn a_wished_tier_is_asked_for_if_it_can_be_reached_and_an_essential_one_must_be() {
        let wish = case(&[("acr_values", "phr urn:lumoauth:acr:mfa")]);
        assert_eq!(wish.decide(), Decision::SignIn(Reason::StepUp(Acr::MultiFactor)));
        assert!(matches!(case(&[("acr_values", "phrh")]).decide(), Decision::Respond { .. }));
        assert!(matches!(case(&[("acr_values", "unknown")]).decide(), Decision::Respond { .. }));
        let mut must = case(&[("claims", r#"{"id_token":{"acr":{"essential":true,"value":"phr"}}}"#)]);
        assert_eq!(must.decide(), Decision::SignIn(Reason::StepUp(Acr::PhishingResistant)));
        must.fresh = true;
        assert_eq!(refusal(must.decide()), ErrorCode::UnmetAuthenticationRequirements);
        must.acr = Acr::PhishingResistantHardware;
        assert!(matches!(must.decide(), Decision::Respond { .. }));
        let unknown = case(&[("claims", r#"{"id_token":{"acr":{"essential":true,"value":"unknown"}}}"#)]);
        assert_eq!(refusal(unknown.decide()), ErrorCode::UnmetAuthenticationRequirements);
    }

    #[test]
    fn consent_names_what_is_new() {
        let mut case = case(&[]);
        case.remembered = scopes("openid");
        assert_eq!(case.decide(), Decision::Consent { scopes: scopes("openid email"), new: scopes("email") });
        case.client.first_party = true;
        assert!(matches!(case.decide(), Decision::Respond { .. }));
    }

    #[test]
    fn single_claims_need_consent_like_the_scopes_that_open_them() {
        let mut case = case(&[("claims", r#"{"userinfo":{"name":null},"id_token":{"sub":null,"acr":null}}"#)]);
        assert_eq!(case.decide(), Decision::Consent { scopes: scopes("openid email profile"), new: scopes("profile") });
        case.request.prompt.none = true;
        assert_eq!(refusal(case.decide()), ErrorCode::ConsentRequired);
        case.remembered = scopes("openid email profile");
        assert_eq!(case.decide(), Decision::Respond { scopes: scopes("openid email") }, "and become no scopes of the grant");
    }

    #[test]
    fn consent_is_asked_again_where_client_or_request_want_that() {
        for (more, always) in [(&[("prompt", "consent")][..], false), (&[], true)] {
            let mut case = case(more);
            case.client.first_party = true;
            case.client.always_ask_consent = always;
            assert!(matches!(case.decide(), Decision::Consent { .. }));
            case.allowed = Some(scopes("openid email"));
            assert!(matches!(case.decide(), Decision::Respond { .. }));
        }
    }

    #[test]
    fn what_is_allowed_on_the_page_bounds_the_grant() {
        let mut case = case(&[]);
        case.remembered = Scopes::default();
        case.allowed = Some(scopes("openid admin"));
        assert_eq!(case.decide(), Decision::Respond { scopes: scopes("openid") });
        case.allowed = Some(scopes("email"));
        assert_eq!(refusal(case.decide()), ErrorCode::AccessDenied);
        case.allowed = Some(Scopes::default());
        assert_eq!(refusal(case.decide()), ErrorCode::AccessDenied);
    }
}
