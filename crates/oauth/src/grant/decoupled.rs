//! The grants of requests that wait for a person at another device.
//!
//! RFC 8628 §3.4 and §3.5, CIBA Core §10 and §11. A client that may use the grant asks until the person has decided. What was approved is
//! redeemed once, by the client that asked. Whoever asks for another client's request, or for none, learns no more than that.

use super::plan::{TokenPlan, UserGrant};
use super::{CIBA, DEVICE_CODE, unauthorized};
use crate::claim::Key;
use crate::client_authentication::AuthenticatedClient;
use crate::confirmation::{Confirmation, Constraint};
use crate::decoupled::Pace;
use crate::pkce::{self, Challenge};
use crate::rar::{self, Details};
use crate::{ClientMetadata, ErrorCode, ProtocolError, resource};
use kernel::{ClientId, DecoupledRequestId, FamilyId, Secret, Timestamp};

/// Which of the grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A device (RFC 8628).
    Device,
    /// A backchannel authentication request (CIBA).
    Backchannel,
}

impl Kind {
    /// Its `grant_type`.
    pub const fn grant_type(self) -> &'static str {
        match self {
            Self::Device => DEVICE_CODE,
            Self::Backchannel => CIBA,
        }
    }
}

/// A client asks what became of a request.
#[derive(Clone, Debug)]
pub struct Request {
    /// By which grant.
    pub kind: Kind,
    /// The device code or the `auth_req_id`.
    pub handle: Secret,
    /// The PKCE verifier.
    pub code_verifier: Option<Secret>,
    /// Resources to narrow the audience to.
    pub resources: Vec<String>,
    /// The granted authorization details or less.
    pub authorization_details: Option<Details>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Nobody has decided.
    Pending,
    /// The person said no.
    Denied,
    /// The person granted this.
    Approved {
        /// What.
        grant: Box<UserGrant>,
        /// The family of all tokens it leads to.
        family: FamilyId,
        /// Whether the person may still sign in.
        is_subject_active: bool,
    },
}

/// A stored request, found by the id in the presented handle, whose secret part was right.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Its id.
    pub id: &'a DecoupledRequestId,
    /// The client that asked.
    pub client_id: &'a ClientId,
    /// What became of it.
    pub state: &'a State,
    /// The PKCE challenge it carried.
    pub challenge: Option<&'a Challenge>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it was redeemed before.
    pub is_redeemed: bool,
    /// How often the client asks.
    pub pace: Pace,
    /// Whether the tokens are sent to the client rather than fetched by it (CIBA Core §10.3).
    pub is_pushed: bool,
}

/// Why there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotYet {
    /// The client may ask again: this is to be remembered.
    Wait(ProtocolError, Pace),
    /// It need not ask again.
    Never(ProtocolError),
}

impl From<ProtocolError> for NotYet {
    fn from(error: ProtocolError) -> Self {
        Self::Never(error)
    }
}

/// Decide. `None` for facts means there is no such request.
///
/// # Errors
/// As typed.
pub fn decide(
    request: &Request,
    facts: Option<&Facts<'_>>,
    client: &AuthenticatedClient,
    now: Timestamp,
) -> Result<TokenPlan, NotYet> {
    if !client.metadata().may_use_grant(request.kind.grant_type()) {
        return Err(unauthorized("This client may not use this grant.").into());
    }
    let facts = facts.filter(|facts| facts.client_id == client.client_id()).ok_or_else(unknown)?;
    if facts.is_pushed {
        return Err(unauthorized("The tokens of this request are pushed.").into());
    }
    if facts.is_redeemed {
        return Err(lost().into());
    }
    if facts.expires_at <= now {
        return Err(ProtocolError::new(ErrorCode::ExpiredToken, "Nobody decided in time. Please start again.").into());
    }
    let (grant, family) = match facts.state {
        State::Pending if facts.pace.is_hasty(now) => {
            let error = ProtocolError::new(ErrorCode::SlowDown, "Nobody has decided yet. Please ask less often.");
            return Err(NotYet::Wait(error, facts.pace.after(now)));
        }
        State::Pending => {
            let error = ProtocolError::new(ErrorCode::AuthorizationPending, "Nobody has decided yet.");
            return Err(NotYet::Wait(error, facts.pace.after(now)));
        }
        State::Denied => return Err(ProtocolError::new(ErrorCode::AccessDenied, "The request was denied.").into()),
        State::Approved { is_subject_active: false, .. } => return Err(unknown().into()),
        State::Approved { grant, family, .. } => (grant, family),
    };
    pkce::verify(facts.challenge, request.code_verifier.as_ref().map(Secret::expose))?;
    let resources = resource::narrowed(&request.resources, &grant.resources)?;
    let audience = resource::audience(resources, client.client_id());
    let details = rar::narrowed(request.authorization_details.as_ref(), &grant.authorization_details)?;
    let plan = TokenPlan::for_user(client.metadata(), client.confirmation(), grant, family, grant.scopes.clone(), audience);
    Ok(plan.with_details(details).redeeming(Key::Decoupled(facts.id.clone()), grant, client, now))
}

/// The plan for tokens that are pushed to a client (CIBA Core §10.3), bound to the keys it showed when it asked.
pub fn push(
    id: &DecoupledRequestId,
    grant: &UserGrant,
    family: &FamilyId,
    client: &ClientMetadata,
    confirmation: &Confirmation,
    now: Timestamp,
) -> TokenPlan {
    let audience = resource::audience(grant.resources.clone(), &client.client_id);
    let plan = TokenPlan::for_user(client, confirmation, grant, family, grant.scopes.clone(), audience);
    let constraint = Constraint::new(confirmation, !client.is_public());
    plan.redeeming_by(Key::Decoupled(id.clone()), UserGrant { constraint, ..grant.clone() }, client, now)
}

/// The answer to whoever comes second. That revokes nothing: a client that asks twice at once is impatient, and nobody else
/// ever sees its handle.
pub fn lost() -> ProtocolError {
    ProtocolError::invalid_grant("The tokens of this request were fetched before.")
}

fn unknown() -> ProtocolError {
    ProtocolError::invalid_grant("There is no such request, or not any more.")
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::user_grant;
    use super::super::{REFRESH_TOKEN, Refresh};
    use super::*;
    use crate::client_authentication::tests::authenticated;
    use crate::decoupled::INTERVAL;
    use crate::{ClientMetadata, Params};
    use serde_json::json;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn details(actions: &[&str]) -> Details {
        Details::from_json(json!([{ "type": "payment", "actions": actions }])).unwrap()
    }

    struct Case {
        request: Request,
        client: ClientMetadata,
        owner: &'static str,
        state: State,
        challenge: Option<Challenge>,
        expires_at: Timestamp,
        is_redeemed: bool,
        asked_at: Option<Timestamp>,
    }
    fn case() -> Case {
        let mut grant = user_grant("openid email");
        grant.resources = vec!["urn:a".into(), "urn:b".into()];
        grant.authorization_details = details(&["initiate", "status"]);
        let request = Request {
            kind: Kind::Device,
            handle: Secret::new("x"),
            code_verifier: None,
            resources: Vec::new(),
            authorization_details: None,
        };
        Case {
            request,
            client: ClientMetadata { grant_types: vec![DEVICE_CODE.into(), REFRESH_TOKEN.into()], ..ClientMetadata::new("c") },
            owner: "c",
            state: State::Approved { grant: Box::new(grant), family: "f1".into(), is_subject_active: true },
            challenge: None,
            expires_at: NOW.plus(Duration::from_secs(1)),
            is_redeemed: false,
            asked_at: None,
        }
    }
    impl Case {
        fn decide(self) -> Result<TokenPlan, NotYet> {
            let (id, owner) = (DecoupledRequestId::from("d1"), self.owner.into());
            let facts = Facts {
                id: &id,
                client_id: &owner,
                state: &self.state,
                challenge: self.challenge.as_ref(),
                expires_at: self.expires_at,
                is_redeemed: self.is_redeemed,
                pace: Pace { interval: INTERVAL, asked_at: self.asked_at },
                is_pushed: false,
            };
            decide(&self.request, Some(&facts), &authenticated(self.client), NOW)
        }
        fn refused(self) -> ErrorCode {
            match self.decide().unwrap_err() {
                NotYet::Never(error) | NotYet::Wait(error, _) => error.code,
            }
        }
    }
    fn s256() -> Option<Challenge> {
        let pairs = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
        pkce::parse(&Params::collect(pairs).unwrap(), &ClientMetadata::new("c")).unwrap()
    }

    #[test]
    fn what_was_approved_becomes_a_plan_that_must_claim_it() {
        let plan = case().decide().unwrap();
        assert_eq!((plan.scopes.to_string().as_str(), plan.is_openid, plan.nonce.clone()), ("email openid", true, None));
        assert_eq!(plan.audience, ["urn:a", "urn:b"]);
        assert_eq!(plan.claims().first().unwrap().key(), &Key::Decoupled("d1".into()));
        assert!(matches!(plan.refresh, Refresh::Issue { .. }));
        let mut narrow = case();
        narrow.request.resources = vec!["urn:b".into()];
        narrow.request.authorization_details = Some(details(&["status"]));
        let plan = narrow.decide().unwrap();
        assert_eq!((plan.audience.as_slice(), &plan.authorization_details), (&["urn:b".to_owned()][..], &details(&["status"])));
        let Refresh::Issue { grant, .. } = &plan.refresh else { panic!("no refresh token") };
        assert_eq!(grant.authorization_details, details(&["initiate", "status"]), "the grant stays whole");
    }

    #[test]
    fn every_other_answer_has_its_own_name() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change, ErrorCode); 11] = [
            ("nobody decided", |case| case.state = State::Pending, ErrorCode::AuthorizationPending),
            ("denied", |case| case.state = State::Denied, ErrorCode::AccessDenied),
            ("too late", |case| case.expires_at = NOW, ErrorCode::ExpiredToken),
            ("fetched before", |case| case.is_redeemed = true, ErrorCode::InvalidGrant),
            ("another client's", |case| case.owner = "d", ErrorCode::InvalidGrant),
            ("without the grant", |case| case.client.grant_types = vec![REFRESH_TOKEN.into()], ErrorCode::UnauthorizedClient),
            ("another resource", |case| case.request.resources = vec!["urn:c".into()], ErrorCode::InvalidTarget),
            (
                "another detail",
                |case| case.request.authorization_details = Some(details(&["refund"])),
                ErrorCode::InvalidAuthorizationDetails,
            ),
            (
                "blocked person",
                |case| {
                    let grant = Box::new(user_grant("openid"));
                    case.state = State::Approved { grant, family: "f1".into(), is_subject_active: false };
                },
                ErrorCode::InvalidGrant,
            ),
            (
                "hasty",
                |case| {
                    case.state = State::Pending;
                    case.asked_at = Some(NOW.minus(Duration::from_secs(2)));
                },
                ErrorCode::SlowDown,
            ),
            (
                "hasty, but decided",
                |case| {
                    case.state = State::Denied;
                    case.asked_at = Some(NOW);
                },
                ErrorCode::AccessDenied,
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = case();
            change(&mut case);
            assert_eq!(case.refused(), expected, "{name}");
        }
        let nothing = decide(&case().request, None, &authenticated(case().client), NOW).unwrap_err();
        assert_eq!(nothing, NotYet::Never(unknown()));
    }

    #[test]
    fn a_question_that_comes_too_early_slows_the_client_down() {
        let hasty = Case { state: State::Pending, asked_at: Some(NOW), ..case() }.decide().unwrap_err();
        assert!(matches!(hasty, NotYet::Wait(_, Pace { interval: 10, asked_at: Some(NOW) })), "{hasty:?}");
        let patient = Case { state: State::Pending, asked_at: Some(NOW.minus(Duration::from_secs(5))), ..case() };
        assert!(matches!(patient.decide(), Err(NotYet::Wait(_, Pace { interval: 5, .. }))));
    }

    #[test]
    fn attack_6_a_challenge_that_was_sent_is_demanded() {
        assert_eq!(Case { challenge: s256(), ..case() }.refused(), ErrorCode::InvalidGrant);
        let mut stray = case();
        stray.request.code_verifier = Some(Secret::new(VERIFIER));
        assert_eq!(stray.refused(), ErrorCode::InvalidGrant);
        let mut right = Case { challenge: s256(), ..case() };
        right.request.code_verifier = Some(Secret::new(VERIFIER));
        assert!(right.decide().is_ok());
        let mut wrong = Case { challenge: s256(), ..case() };
        wrong.request.code_verifier = Some(Secret::new(CHALLENGE));
        assert_eq!(wrong.refused(), ErrorCode::InvalidGrant);
    }
}
