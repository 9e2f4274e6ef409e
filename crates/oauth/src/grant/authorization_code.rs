//! The authorization code grant.
//!
//! RFC 6749 §4.1.3 and §10.5, OpenID Connect Core §3.1.3. A code works once, for the client, redirect URI and PKCE challenge it was
//! issued with, for ten minutes at most. A second use revokes everything the first one led to (RFC 9700 §4.5.3).

use super::plan::{TokenPlan, UserGrant};
use super::{AUTHORIZATION_CODE, Refusal, unauthorized};
use crate::authorization_request::AuthorizationRequest;
use crate::claim::Key;
use crate::client_authentication::AuthenticatedClient;
use crate::pkce::{self, Challenge};
use crate::rar::{self, Details};
use crate::{ClientMetadata, ProtocolError, resource};
use kernel::{AuthorizationCodeId, ClientId, FamilyId, Secret, Timestamp};
use serde::{Deserialize, Serialize};

/// `grant_type=authorization_code`.
#[derive(Clone, Debug)]
pub struct Request {
    /// The code.
    pub code: Secret,
    /// The redirect URI of the authorization request, repeated.
    pub redirect_uri: Option<String>,
    /// The PKCE verifier.
    pub code_verifier: Option<Secret>,
    /// Resources to narrow the audience to.
    pub resources: Vec<String>,
    /// The granted authorization details or less.
    pub authorization_details: Option<Details>,
}

/// What a code stands for. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeGrant {
    /// What the person granted.
    #[serde(flatten)]
    pub grant: UserGrant,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// Whether the token request must repeat that.
    pub is_redirect_uri_sent: bool,
    /// The PKCE challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// The thumbprint of the key that redeems it (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// To be repeated in the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Whether the request was pushed.
    #[serde(default)]
    pub is_pushed: bool,
    /// Whether it was an object that the client signed.
    #[serde(default)]
    pub is_signed: bool,
}

impl CodeGrant {
    /// What the answer to `request` stands for, now that the person granted `grant`.
    pub fn new(request: &AuthorizationRequest, grant: UserGrant) -> Self {
        Self {
            grant,
            redirect_uri: request.return_address.redirect_uri.clone(),
            is_redirect_uri_sent: request.is_redirect_uri_sent,
            challenge: request.challenge.clone(),
            dpop_jkt: request.dpop_jkt.clone(),
            nonce: request.nonce.clone(),
            is_pushed: request.is_pushed,
            is_signed: request.is_signed,
        }
    }
}

/// A stored code, found by the id in the presented one, whose secret part was right.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Its id.
    pub id: &'a AuthorizationCodeId,
    /// The client it was issued to.
    pub client_id: &'a ClientId,
    /// What it stands for.
    pub grant: &'a CodeGrant,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it was redeemed before.
    pub is_redeemed: bool,
    /// The family of all tokens it leads to.
    pub family: &'a FamilyId,
    /// Whether the person may still sign in.
    pub is_subject_active: bool,
}

/// Decide. `None` for facts means there is no such code.
pub fn decide(
    request: &Request,
    facts: Option<&Facts<'_>>,
    client: &AuthenticatedClient,
    now: Timestamp,
) -> Result<TokenPlan, Refusal> {
    if !client.metadata().may_use_grant(AUTHORIZATION_CODE) {
        return Err(unauthorized("This client may not use the authorization_code grant.").into());
    }
    // Another client's code is as good as none, and must not be touched for this client's sake.
    let facts = facts.filter(|facts| facts.client_id == client.client_id()).ok_or_else(unknown)?;
    if facts.is_redeemed {
        return Err(Refusal::reuse("The code was used before.", facts.family));
    }
    if facts.expires_at <= now {
        return Err(ProtocolError::invalid_grant("The code has expired.").into());
    }
    check_redirect_uri(request.redirect_uri.as_deref(), facts.grant)?;
    check_profile(facts.grant, client.metadata())?;
    pkce::verify(facts.grant.challenge.as_ref(), request.code_verifier.as_ref().map(Secret::expose))?;
    if facts.grant.dpop_jkt.is_some() && facts.grant.dpop_jkt != client.confirmation().jkt {
        return Err(ProtocolError::invalid_grant("The code is bound to a key that this request does not show.").into());
    }
    if !facts.is_subject_active {
        return Err(unknown().into());
    }
    let grant = &facts.grant.grant;
    let resources = resource::narrowed(&request.resources, &grant.resources)?;
    let audience = resource::audience(resources, client.client_id());
    let details = rar::narrowed(request.authorization_details.as_ref(), &grant.authorization_details)?;
    let plan = TokenPlan::for_user(client.metadata(), client.confirmation(), grant, facts.family, grant.scopes.clone(), audience);
    let mut plan = plan.with_details(details);
    plan.nonce.clone_from(&facts.grant.nonce);
    Ok(plan.redeeming(Key::Code(facts.id.clone()), grant, client, now))
}

/// The answer when the claim was lost: another request redeemed the code in the same moment, which is a replay like any other.
pub fn lost(facts: &Facts<'_>) -> Refusal {
    Refusal::reuse("The code was used before.", facts.family)
}

/// The answer when the session ended in which the code was granted: it is as good as none.
pub fn orphaned() -> Refusal {
    unknown().into()
}

fn check_redirect_uri(presented: Option<&str>, stored: &CodeGrant) -> Result<(), ProtocolError> {
    match presented {
        Some(presented) if presented != stored.redirect_uri => {
            Err(ProtocolError::invalid_grant("The redirect_uri is not the one the code was issued for."))
        }
        None if stored.is_redirect_uri_sent => {
            Err(ProtocolError::invalid_grant("The redirect_uri of the authorization request is missing."))
        }
        _ => Ok(()),
    }
}

/// The client's profile may have been raised since the code was issued.
fn check_profile(stored: &CodeGrant, client: &ClientMetadata) -> Result<(), ProtocolError> {
    let profile = client.profile();
    let is_good = (stored.is_pushed || !profile.must_push())
        && (stored.is_signed || !profile.must_sign())
        && profile.allows_redirect_uri(&stored.redirect_uri, client.application_type)
        && pkce::check_again(stored.challenge.as_ref(), client).is_ok();
    let refused = "The code was issued for a request that this client may not make any more.";
    if is_good { Ok(()) } else { Err(ProtocolError::invalid_grant(refused)) }
}

fn unknown() -> ProtocolError {
    ProtocolError::invalid_grant("The code is not valid.")
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::user_grant;
    use super::super::{REFRESH_TOKEN, Refresh};
    use super::*;
    use crate::client_authentication::tests::authenticated;
    use crate::grant::Subject;
    use crate::{ClientMetadata, ErrorCode, Params};
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    struct Case {
        request: Request,
        stored: CodeGrant,
        client: ClientMetadata,
        owner: &'static str,
        expires_at: Timestamp,
        is_redeemed: bool,
        is_subject_active: bool,
    }
    fn case() -> Case {
        let pairs = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
        let client =
            ClientMetadata { grant_types: vec![AUTHORIZATION_CODE.into(), REFRESH_TOKEN.into()], ..ClientMetadata::new("c") };
        let challenge = pkce::parse(&Params::collect(pairs).unwrap(), &client).unwrap();
        let mut grant = user_grant("openid email");
        grant.resources = vec!["urn:a".into(), "urn:b".into()];
        Case {
            request: Request {
                code: Secret::new("x"),
                redirect_uri: Some("https://app.example/cb".into()),
                code_verifier: Some(Secret::new(VERIFIER)),
                resources: Vec::new(),
                authorization_details: None,
            },
            stored: CodeGrant {
                grant,
                redirect_uri: "https://app.example/cb".into(),
                is_redirect_uri_sent: true,
                challenge,
                dpop_jkt: None,
                nonce: Some("n".into()),
                is_pushed: false,
                is_signed: false,
            },
            client,
            owner: "c",
            expires_at: NOW.plus(Duration::from_secs(1)),
            is_redeemed: false,
            is_subject_active: true,
        }
    }
    impl Case {
        fn decide(self) -> Result<TokenPlan, Refusal> {
            let (id, owner, family) = (AuthorizationCodeId::from("code1"), self.owner.into(), FamilyId::from("f1"));
            let facts = Facts {
                id: &id,
                client_id: &owner,
                grant: &self.stored,
                expires_at: self.expires_at,
                is_redeemed: self.is_redeemed,
                family: &family,
                is_subject_active: self.is_subject_active,
            };
            decide(&self.request, Some(&facts), &authenticated(self.client), NOW)
        }
    }

    #[test]
    fn a_good_code_becomes_a_plan_that_must_claim_it() {
        let plan = case().decide().unwrap();
        assert_eq!(plan.subject, Subject::User("u1".into()));
        assert_eq!((plan.scopes.to_string().as_str(), plan.nonce.as_deref(), plan.is_openid), ("email openid", Some("n"), true));
        assert_eq!(plan.audience, ["urn:a", "urn:b"]);
        assert_eq!(plan.claims().first().unwrap().key(), &Key::Code("code1".into()));
        let Refresh::Issue { expires_at, replaces, .. } = &plan.refresh else { panic!("no refresh token") };
        assert_eq!((*expires_at, replaces), (NOW.plus(Duration::from_hours(30 * 24)), &None));
    }

    #[test]
    fn every_broken_binding_is_invalid_grant_and_revokes_nothing() {
        type Break = fn(&mut Case);
        let breaks: [(&str, Break); 8] = [
            ("another client's code", |case| case.owner = "d"),
            ("expired", |case| case.expires_at = NOW),
            ("another redirect URI", |case| case.request.redirect_uri = Some("https://app.example/cb/".into())),
            ("no redirect URI", |case| case.request.redirect_uri = None),
            ("no verifier", |case| case.request.code_verifier = None),
            ("wrong verifier", |case| case.request.code_verifier = Some(Secret::new(CHALLENGE))),
            ("verifier without challenge", |case| case.stored.challenge = None),
            ("blocked person", |case| case.is_subject_active = false),
        ];
        for (name, broken) in breaks {
            let mut case = case();
            broken(&mut case);
            let refusal = case.decide().unwrap_err();
            assert_eq!((refusal.error.code, refusal.revoke), (ErrorCode::InvalidGrant, None), "{name}");
        }
        let nothing = decide(&case().request, None, &authenticated(case().client), NOW).unwrap_err();
        assert_eq!(nothing.error.code, ErrorCode::InvalidGrant);
    }

    #[test]
    fn a_code_is_judged_by_the_profile_of_now() {
        use crate::fapi::FapiProfile::{self, Fapi2MessageSigning, Fapi2Security};
        type Change = fn(&mut CodeGrant);
        let table: [(&str, FapiProfile, Change, bool); 7] = [
            ("pushed", Fapi2Security, |_| (), true),
            ("not pushed", Fapi2Security, |stored| stored.is_pushed = false, false),
            ("signed", Fapi2MessageSigning, |stored| stored.is_signed = true, true),
            ("not signed", Fapi2MessageSigning, |_| (), false),
            ("without PKCE", Fapi2Security, |stored| stored.challenge = None, false),
            ("unprotected", Fapi2Security, |stored| stored.redirect_uri = "http://localhost/cb".into(), false),
            ("under no profile", FapiProfile::None, |stored| stored.is_pushed = false, true),
        ];
        for (what, profile, change, is_good) in table {
            let Case { mut stored, client, .. } = case();
            stored.is_pushed = true;
            change(&mut stored);
            let client = ClientMetadata { fapi_profile: profile, ..client }.strengthened();
            let judged = check_profile(&stored, &client).map_err(|error| error.code);
            assert_eq!(judged, if is_good { Ok(()) } else { Err(ErrorCode::InvalidGrant) }, "{what}");
        }
    }

    #[test]
    fn attack_17_a_replayed_code_revokes_its_family() {
        let refusal = Case { is_redeemed: true, ..case() }.decide().unwrap_err();
        assert_eq!((refusal.error.code, refusal.revoke), (ErrorCode::InvalidGrant, Some("f1".into())));
        let late = Case { is_redeemed: true, expires_at: NOW, ..case() }.decide().unwrap_err();
        assert!(late.revoke.is_some(), "also after it expired");
        let foreign = Case { is_redeemed: true, owner: "d", ..case() }.decide().unwrap_err();
        assert_eq!(foreign.revoke, None, "another client can't make it happen");
    }

    #[test]
    fn a_redirect_uri_that_was_not_sent_need_not_be_repeated_but_must_be_right() {
        let mut unsent = case();
        unsent.stored.is_redirect_uri_sent = false;
        unsent.request.redirect_uri = None;
        assert!(unsent.decide().is_ok());
        let mut wrong = case();
        wrong.stored.is_redirect_uri_sent = false;
        wrong.request.redirect_uri = Some("https://evil.example/".into());
        assert!(wrong.decide().is_err());
    }

    #[test]
    fn the_audience_can_be_narrowed_and_not_widened() {
        let mut narrow = case();
        narrow.request.resources = vec!["urn:b".into()];
        let plan = narrow.decide().unwrap();
        assert_eq!(plan.audience, ["urn:b"]);
        let Refresh::Issue { grant, .. } = plan.refresh else { panic!("no refresh token") };
        assert_eq!(grant.resources.len(), 2, "the refresh token keeps the whole grant");
        let mut wide = case();
        wide.request.resources = vec!["urn:c".into()];
        assert_eq!(wide.decide().unwrap_err().error.code, ErrorCode::InvalidTarget);
        let mut none = case();
        none.stored.grant.resources.clear();
        assert_eq!(none.decide().unwrap().audience, ["c"]);
    }

    #[test]
    fn without_openid_there_is_no_id_token_and_without_the_grant_no_refresh_token() {
        let mut bare = case();
        bare.stored.grant = user_grant("email");
        bare.client.grant_types = vec![AUTHORIZATION_CODE.into()];
        let plan = bare.decide().unwrap();
        assert!(!plan.is_openid);
        assert_eq!(plan.refresh, Refresh::Nothing);
        let mut unauthorized = case();
        unauthorized.client.grant_types = vec![REFRESH_TOKEN.into()];
        assert_eq!(unauthorized.decide().unwrap_err().error.code, ErrorCode::UnauthorizedClient);
    }

    #[test]
    fn a_stored_code_reads_back() {
        let stored = case().stored;
        let json = serde_json::to_string(&stored).unwrap();
        assert_eq!(serde_json::from_str::<CodeGrant>(&json).unwrap(), stored);
    }
}
