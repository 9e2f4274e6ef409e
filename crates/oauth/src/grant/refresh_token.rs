//! Refresh tokens.
//!
//! RFC 6749 §6, RFC 9700 §4.14.2, FAPI 2.0 §5.3.2.1. A refresh token is bound to its client. It is replaced at each use, always
//! for public clients and unless set otherwise for the rest; a replaced one that comes back revokes the whole family. One
//! exception makes rotation bearable: for a few seconds ([`crate::client::REFRESH_GRACE`], per client), and only while its
//! successor was not used, a replaced token gets the very same answer again, so that a lost response or two parallel requests
//! don't sign people out. A family ends when its first token would have: rotation prolongs nothing.

use super::plan::{TokenPlan, UserGrant};
use super::{REFRESH_TOKEN, Refusal, unauthorized};
use crate::client_authentication::AuthenticatedClient;
use crate::rar::{self, Details};
use crate::{ProtocolError, resource, scope};
use kernel::{ClientId, FamilyId, RefreshTokenId, Scopes, Secret, Timestamp};

/// `grant_type=refresh_token`.
#[derive(Clone, Debug)]
pub struct Request {
    /// The token.
    pub refresh_token: Secret,
    /// The granted scopes or fewer.
    pub scopes: Option<Scopes>,
    /// The granted resources or fewer.
    pub resources: Vec<String>,
    /// The granted authorization details or less.
    pub authorization_details: Option<Details>,
}

/// Where a refresh token stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be used.
    Active,
    /// It was replaced.
    Rotated {
        /// When.
        at: Timestamp,
        /// By which.
        successor: RefreshTokenId,
        /// Whether that one was used, for whatever.
        is_successor_used: bool,
    },
    /// It or its family was revoked.
    Revoked,
}

/// A stored refresh token, found by the id in the presented one, whose secret part was right.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Its id.
    pub id: &'a RefreshTokenId,
    /// The client it was issued to.
    pub client_id: &'a ClientId,
    /// Its family.
    pub family: &'a FamilyId,
    /// What it stands for.
    pub grant: &'a UserGrant,
    /// Where it stands.
    pub state: State,
    /// When it and its family end.
    pub expires_at: Timestamp,
    /// Whether the person may still sign in.
    pub is_subject_active: bool,
}

/// What comes of a refresh.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// New tokens. If the claim is lost, another request rotated the token in this moment: load the facts again and decide again.
    Issue(Box<TokenPlan>),
    /// The answer that was given when this token was rotated, byte for byte. It is kept, sealed, for the grace period; if it is no
    /// longer there, or the request asks for something else than then, the answer is [`unusable`].
    Repeat {
        /// The refresh token in that answer.
        successor: RefreshTokenId,
    },
}

/// Decide. `None` for facts means there is no such token.
pub fn decide(
    request: &Request,
    facts: Option<&Facts<'_>>,
    client: &AuthenticatedClient,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    if !client.metadata().may_use_grant(REFRESH_TOKEN) {
        return Err(unauthorized("This client may not use the refresh_token grant.").into());
    }
    // Another client's token is as good as none, and must not be touched for this client's sake.
    let facts = facts.filter(|facts| facts.client_id == client.client_id()).ok_or_else(unusable)?;
    if facts.expires_at <= now || facts.state == State::Revoked || !facts.is_subject_active {
        return Err(unusable().into());
    }
    if facts.grant.constraint.as_ref().is_some_and(|constraint| !constraint.is_met_by(client.confirmation())) {
        return Err(ProtocolError::invalid_grant("The refresh token is bound to a key that this request does not show.").into());
    }
    if let State::Rotated { at, successor, is_successor_used } = &facts.state {
        let is_in_grace = now.since(*at) < client.metadata().grace() && *at <= now;
        return if is_in_grace && !is_successor_used {
            Ok(Decision::Repeat { successor: successor.clone() })
        } else {
            Err(Refusal::reuse("The refresh token was used before.", facts.family))
        };
    }
    let scopes = scope::narrowed(request.scopes.as_ref(), &facts.grant.scopes)?;
    let resources = resource::narrowed(&request.resources, &facts.grant.resources)?;
    let audience = resource::audience(resources, client.client_id());
    let details = rar::narrowed(request.authorization_details.as_ref(), &facts.grant.authorization_details)?;
    let replaced = client.metadata().must_rotate().then(|| facts.id.clone());
    let plan = TokenPlan::for_user(client.metadata(), client.confirmation(), facts.grant, facts.family, scopes, audience);
    Ok(Decision::Issue(Box::new(plan.with_details(details).refreshing(replaced, facts.grant, facts.expires_at, client))))
}

/// The answer to a refresh token that is unknown, expired, revoked or can't be answered again.
pub fn unusable() -> ProtocolError {
    ProtocolError::invalid_grant("The refresh token is not valid.")
}

#[cfg(test)]
mod tests {
    use super::super::Refresh;
    use super::super::plan::tests::user_grant;
    use super::*;
    use crate::claim::Key;
    use crate::client::{AuthMethod, ClientType, Rotation};
    use crate::client_authentication::tests::authenticated;
    use crate::{ClientMetadata, ErrorCode};
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    struct Case {
        request: Request,
        client: ClientMetadata,
        owner: &'static str,
        state: State,
        expires_at: Timestamp,
        is_subject_active: bool,
    }
    fn case() -> Case {
        Case {
            request: Request {
                refresh_token: Secret::new("x"),
                scopes: None,
                resources: Vec::new(),
                authorization_details: None,
            },
            client: ClientMetadata { grant_types: vec![REFRESH_TOKEN.into()], ..ClientMetadata::new("c") },
            owner: "c",
            state: State::Active,
            expires_at: NOW.plus(Duration::from_secs(9)),
            is_subject_active: true,
        }
    }
    fn rotated(seconds_ago: u64, is_successor_used: bool) -> State {
        let at = NOW.minus(Duration::from_secs(seconds_ago));
        State::Rotated { at, successor: "r2".into(), is_successor_used }
    }
    impl Case {
        fn decide(self) -> Result<Decision, Refusal> {
            let (id, owner, family) = (RefreshTokenId::from("r1"), self.owner.into(), FamilyId::from("f1"));
            let mut grant = user_grant("openid email");
            grant.resources = vec!["urn:a".into(), "urn:b".into()];
            let facts = Facts {
                id: &id,
                client_id: &owner,
                family: &family,
                grant: &grant,
                state: self.state,
                expires_at: self.expires_at,
                is_subject_active: self.is_subject_active,
            };
            decide(&self.request, Some(&facts), &authenticated(self.client), NOW)
        }
        fn plan(self) -> TokenPlan {
            match self.decide().unwrap() {
                Decision::Issue(plan) => *plan,
                Decision::Repeat { .. } => panic!("a repetition"),
            }
        }
    }

    #[test]
    fn a_refresh_replaces_the_token_and_prolongs_nothing() {
        let plan = case().plan();
        assert_eq!(plan.claims().first().unwrap().key(), &Key::RefreshToken("r1".into()));
        let Refresh::Issue { expires_at, replaces, .. } = &plan.refresh else { panic!("no refresh token") };
        assert_eq!((*expires_at, replaces), (NOW.plus(Duration::from_secs(9)), &Some("r1".into())));
        assert!(plan.is_openid && plan.nonce.is_none(), "a new ID token without nonce");
        assert_eq!(plan.authentication.unwrap().at, user_grant("openid").auth_time);
        assert_eq!(plan.family, Some("f1".into()));
    }

    #[test]
    fn a_confidential_client_can_keep_its_token_and_a_public_one_never() {
        let keep = ClientMetadata { refresh_token_rotation: Rotation::Keep, ..case().client };
        let plan = Case { client: keep.clone(), ..case() }.plan();
        assert_eq!(plan.refresh, Refresh::Keep);
        assert!(plan.claims().is_empty());
        let public = ClientMetadata { client_type: ClientType::Public, token_endpoint_auth_method: AuthMethod::None, ..keep };
        assert!(matches!(Case { client: public, ..case() }.plan().refresh, Refresh::Issue { .. }));
    }

    #[test]
    fn unusable_tokens_are_invalid_grant_and_revoke_nothing() {
        for broken in [
            Case { owner: "d", ..case() },
            Case { owner: "d", state: rotated(1000, true), ..case() },
            Case { expires_at: NOW, ..case() },
            Case { expires_at: NOW, state: rotated(1, false), ..case() },
            Case { state: State::Revoked, ..case() },
            Case { is_subject_active: false, ..case() },
        ] {
            let refusal = broken.decide().unwrap_err();
            assert_eq!((refusal.error.code, refusal.revoke), (ErrorCode::InvalidGrant, None));
        }
        let unknown = decide(&case().request, None, &authenticated(case().client), NOW).unwrap_err();
        assert_eq!(unknown.error.code, ErrorCode::InvalidGrant);
    }

    #[test]
    fn attack_19_a_replaced_token_revokes_its_family_outside_the_grace() {
        for state in [rotated(30, false), rotated(1000, false), rotated(0, true), rotated(5, true)] {
            let refusal = Case { state, ..case() }.decide().unwrap_err();
            assert_eq!((refusal.error.code, refusal.revoke), (ErrorCode::InvalidGrant, Some("f1".into())));
        }
        let strict = ClientMetadata { refresh_token_grace: 0, ..case().client };
        let refusal = Case { state: rotated(0, false), client: strict, ..case() }.decide().unwrap_err();
        assert!(refusal.revoke.is_some());
    }

    #[test]
    fn within_the_grace_the_same_answer_comes_again() {
        for seconds_ago in [0, 29] {
            let decision = Case { state: rotated(seconds_ago, false), ..case() }.decide().unwrap();
            assert_eq!(decision, Decision::Repeat { successor: "r2".into() });
        }
        let ahead = State::Rotated { at: NOW.plus(Duration::from_secs(100)), successor: "r2".into(), is_successor_used: false };
        assert!(Case { state: ahead, ..case() }.decide().is_err(), "a clock that went back prolongs no grace");
    }

    #[test]
    fn scopes_and_resources_narrow_the_access_token_and_not_the_next_refresh_token() {
        let mut narrow = case();
        narrow.request.scopes = Scopes::parse("email");
        narrow.request.resources = vec!["urn:b".into()];
        let plan = narrow.plan();
        assert_eq!((plan.scopes.to_string().as_str(), plan.is_openid), ("email", false));
        assert_eq!(plan.audience, ["urn:b"]);
        let Refresh::Issue { grant, .. } = plan.refresh else { panic!("no refresh token") };
        assert_eq!((grant.scopes.to_string().as_str(), grant.resources.len()), ("email openid", 2));
        let mut wide = case();
        wide.request.scopes = Scopes::parse("openid admin");
        assert_eq!(wide.decide().unwrap_err().error.code, ErrorCode::InvalidScope);
        let mut wide = case();
        wide.request.resources = vec!["urn:c".into()];
        assert_eq!(wide.decide().unwrap_err().error.code, ErrorCode::InvalidTarget);
    }

    #[test]
    fn a_client_without_the_grant_is_not_authorized() {
        let refusal = Case { client: ClientMetadata::new("c"), ..case() }.decide().unwrap_err();
        assert_eq!(refusal.error.code, ErrorCode::UnauthorizedClient);
    }
}
