//! The token plan: what a grant came to, before and after its single-use things were claimed.

use crate::acr::{self, Acr};
use crate::authorization_request::AuthorizationRequest;
use crate::claim::{Claim, Claimed, Key};
use crate::claims_request::ClaimsRequest;
use crate::client::AccessTokenFormat;
use crate::client_authentication::AuthenticatedClient;
use crate::confirmation::{Confirmation, Constraint};
use crate::rar::Details;
use crate::token_exchange::{Act, MayAct, SubjectFacts};
use crate::{ClientMetadata, ErrorCode, Issuer, ProtocolError, grant, scope};
use kernel::{Authentication, ClientId, CompanyId, FamilyId, RefreshTokenId, Scopes, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use std::time::Duration;

/// What a person granted a client: what a code and each refresh token after it stand for. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserGrant {
    /// Who.
    pub user: UserId,
    /// What.
    pub scopes: Scopes,
    /// For which resource servers (RFC 8707).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// When they had proved who they are.
    pub auth_time: Timestamp,
    /// The `acr` to report.
    pub acr: String,
    /// How they had (`amr`, RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Single claims asked for.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// What exactly (RFC 9396).
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub authorization_details: Details,
    /// Which keys whoever refreshes must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<Constraint>,
    /// For which company the person acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
}

impl UserGrant {
    /// What `user` granted by answering `request` with `scopes`, in a session they opened as `authentication` says.
    pub fn new(
        request: &AuthorizationRequest,
        scopes: Scopes,
        user: UserId,
        session: Option<SessionId>,
        authentication: &Authentication,
    ) -> Self {
        let reached = Acr::parse(&authentication.acr);
        let acr = reached.map(|reached| acr::reported(&request.acr_values, reached).as_str().to_owned());
        Self {
            user,
            scopes,
            resources: request.resources.clone(),
            auth_time: authentication.at,
            acr: acr.unwrap_or_else(|| authentication.acr.clone()),
            amr: authentication.amr.clone(),
            session,
            claims: request.claims.clone(),
            authorization_details: request.authorization_details.clone(),
            constraint: None,
            company: None,
        }
    }
    /// The grant for a refresh token of `client`: tied to the keys of the first tokens that were bound to any.
    fn constrained(&self, client: &AuthenticatedClient) -> Self {
        let known = self.constraint.clone();
        Self { constraint: known.or_else(|| Constraint::new(client.confirmation(), client.is_confidential())), ..self.clone() }
    }
    /// Whether it outlives the session it was made in (OpenID Connect Core §11).
    pub fn is_offline(&self) -> bool {
        self.scopes.has(scope::OFFLINE_ACCESS)
    }
}

/// Whom a token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A person.
    User(UserId),
    /// The client itself.
    Client(ClientId),
}

impl Subject {
    /// The `sub` of tokens: the user's id, or the client's (RFC 9068 §2.2).
    pub fn sub(&self) -> &str {
        match self {
            Self::User(user) => user.as_str(),
            Self::Client(client) => client.as_str(),
        }
    }
    /// The `sub` as `UserInfo` and introspection spell it: machines get a prefix.
    pub fn labelled(&self) -> String {
        match self {
            Self::User(user) => user.to_string(),
            Self::Client(client) => format!("client_{client}"),
        }
    }
}

/// What happens about refresh tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum Refresh {
    /// There is none.
    Nothing,
    /// A new one is issued.
    Issue {
        /// What it stands for: always the whole grant, however narrow the access token is.
        grant: Box<UserGrant>,
        /// When it and its whole family end.
        expires_at: Timestamp,
        /// The one it takes the place of, if there was one.
        replaces: Option<RefreshTokenId>,
    },
    /// The presented one stays good, and is not repeated in the answer.
    Keep,
}

/// What a grant came to: the tokens to issue once every claim succeeded. Only the grants' `decide` make one.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenPlan {
    /// Whom the tokens are about.
    pub subject: Subject,
    /// Who gets them.
    pub client_id: ClientId,
    /// What the access token allows.
    pub scopes: Scopes,
    /// For whom it is; never empty.
    pub audience: Vec<String>,
    /// What exactly it allows (RFC 9396).
    pub authorization_details: Details,
    /// When and how the person proved who they are.
    pub authentication: Option<Authentication>,
    /// In which session.
    pub session: Option<SessionId>,
    /// The request's `nonce`; only the first ID token of a grant repeats it.
    pub nonce: Option<String>,
    /// Single claims asked for.
    pub claims: ClaimsRequest,
    /// For which company the person acts.
    pub company: Option<CompanyId>,
    /// Whether there is an ID token.
    pub is_openid: bool,
    /// What happens about refresh tokens.
    pub refresh: Refresh,
    /// All tokens of one grant: revoked together.
    pub family: Option<FamilyId>,
    /// The keys the access token is bound to.
    pub confirmation: Confirmation,
    /// Who acts with the access token (RFC 8693 §4.1).
    pub act: Option<Act>,
    /// Who alone may be given it to act with (RFC 8693 §4.4).
    pub may_act: Option<MayAct>,
    /// What the access token looks like.
    pub access_token_format: AccessTokenFormat,
    /// How long the access token lives.
    pub access_token_lifetime: Duration,
    /// How long the ID token lives.
    pub id_token_lifetime: Duration,
    keys: Vec<Key>,
}

impl TokenPlan {
    /// Everything that must be claimed, in order.
    pub fn claims(&self) -> Vec<Claim> {
        self.keys.iter().cloned().map(Claim::new).collect()
    }

    /// The plan as one that may be carried out.
    ///
    /// # Errors
    /// `server_error` if the proofs are not exactly those of [`TokenPlan::claims`]: a mistake of the caller.
    pub fn settle(self, proofs: &[Claimed]) -> Result<SettledPlan, ProtocolError> {
        if self.keys.iter().eq(proofs.iter().map(Claimed::key)) {
            Ok(SettledPlan(self))
        } else {
            Err(ProtocolError::new(ErrorCode::ServerError, "A single-use credential was not claimed."))
        }
    }

    pub(super) fn for_user(
        metadata: &ClientMetadata,
        confirmation: &Confirmation,
        grant: &UserGrant,
        family: &FamilyId,
        scopes: Scopes,
        audience: Vec<String>,
    ) -> Self {
        Self {
            subject: Subject::User(grant.user.clone()),
            client_id: metadata.client_id.clone(),
            is_openid: scopes.has(scope::OPENID),
            scopes,
            audience,
            authorization_details: grant.authorization_details.clone(),
            authentication: Some(Authentication { at: grant.auth_time, acr: grant.acr.clone(), amr: grant.amr.clone() }),
            session: grant.session.clone(),
            nonce: None,
            claims: grant.claims.clone().within(&metadata.scopes),
            company: grant.company.clone(),
            refresh: Refresh::Nothing,
            family: Some(family.clone()),
            confirmation: confirmation.clone(),
            act: None,
            may_act: metadata.may_act.as_ref().map(MayAct::only),
            access_token_format: metadata.access_token_format,
            access_token_lifetime: metadata.lifetimes.access_token(),
            id_token_lifetime: metadata.lifetimes.id_token(),
            keys: Vec::new(),
        }
    }

    pub(super) fn for_client(client: &AuthenticatedClient, scopes: Scopes, audience: Vec<String>) -> Self {
        let metadata = client.metadata();
        Self {
            subject: Subject::Client(metadata.client_id.clone()),
            client_id: metadata.client_id.clone(),
            is_openid: false,
            scopes,
            audience,
            authorization_details: Details::default(),
            authentication: None,
            session: None,
            nonce: None,
            claims: ClaimsRequest::default(),
            company: None,
            refresh: Refresh::Nothing,
            family: None,
            confirmation: client.confirmation().clone(),
            act: None,
            may_act: None,
            access_token_format: metadata.access_token_format,
            access_token_lifetime: metadata.lifetimes.access_token(),
            id_token_lifetime: metadata.lifetimes.id_token(),
            keys: Vec::new(),
        }
    }

    /// The same with these authorization details, which must lie within the grant.
    pub(crate) fn with_details(self, authorization_details: Details) -> Self {
        Self { authorization_details, ..self }
    }

    /// The first tokens of a grant that is used once: its claim, and a refresh token where the client may use one.
    pub(super) fn redeeming(self, once: Key, grant: &UserGrant, client: &AuthenticatedClient, now: Timestamp) -> Self {
        self.redeeming_by(once, grant.constrained(client), client.metadata(), now)
    }

    /// The same, with what the refresh token stands for.
    pub(super) fn redeeming_by(mut self, once: Key, constrained: UserGrant, client: &ClientMetadata, now: Timestamp) -> Self {
        self.keys.push(once);
        if client.may_use_grant(grant::REFRESH_TOKEN) {
            let expires_at = now.plus(client.lifetimes.refresh_token());
            self.refresh = Refresh::Issue { grant: Box::new(constrained), expires_at, replaces: None };
        }
        self
    }

    /// A token about somebody whom another issuer vouches for: it stands for itself, in no session.
    pub(crate) fn asserted(
        client: &AuthenticatedClient,
        user: &UserId,
        family: &FamilyId,
        scopes: Scopes,
        audience: Vec<String>,
    ) -> Self {
        Self {
            subject: Subject::User(user.clone()),
            family: Some(family.clone()),
            may_act: client.metadata().may_act.as_ref().map(MayAct::only),
            ..Self::for_client(client, scopes, audience)
        }
    }

    /// A token for another one: about the same subject, in the same session, and with nothing to follow it. What the subject token said
    /// about who may act goes on; it carries no details unless [`TokenPlan::with_details`] says so.
    pub(crate) fn exchanged(
        client: &AuthenticatedClient,
        subject: &SubjectFacts,
        family: &FamilyId,
        scopes: Scopes,
        audience: Vec<String>,
    ) -> Self {
        Self {
            subject: subject.subject.clone(),
            authentication: subject.authentication.clone(),
            session: subject.session.clone(),
            family: matches!(subject.subject, Subject::User(_)).then(|| family.clone()),
            act: subject.act.clone(),
            may_act: subject.may_act.clone(),
            ..Self::for_client(client, scopes, audience)
        }
    }

    /// A refresh: the presented token stays, or is claimed and replaced by one that ends when it would have.
    pub(super) fn refreshing(
        mut self,
        replaced: Option<RefreshTokenId>,
        grant: &UserGrant,
        expires_at: Timestamp,
        client: &AuthenticatedClient,
    ) -> Self {
        self.refresh = match replaced {
            None => Refresh::Keep,
            Some(id) => {
                self.keys.push(Key::RefreshToken(id.clone()));
                Refresh::Issue { grant: Box::new(grant.constrained(client)), expires_at, replaces: Some(id) }
            }
        };
        self
    }
}

/// A plan whose every claim succeeded. Tokens are made from nothing else:
///
/// ```
/// fn issue(plan: &oauth::grant::SettledPlan, issuance: &oauth::grant::Issuance<'_>) {
///     oauth::access_token::Claims::of(plan, issuance, "jti");
/// }
/// ```
///
/// A plan whose code may have been redeemed by somebody else in the meantime is not accepted.
///
/// ```compile_fail,E0308
/// fn issue(plan: &oauth::grant::TokenPlan, issuance: &oauth::grant::Issuance<'_>) {
///     oauth::access_token::Claims::of(plan, issuance, "jti");
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SettledPlan(TokenPlan);

/// What tokens depend on besides their plan.
#[derive(Clone, Copy, Debug)]
pub struct Issuance<'a> {
    /// Who issues.
    pub issuer: &'a Issuer,
    /// Who gets them.
    pub client: &'a ClientMetadata,
    /// How that client knows whomever they are about; see [`crate::pairwise::Subjects`].
    pub sub: &'a str,
    /// When.
    pub now: Timestamp,
}

impl Deref for SettledPlan {
    type Target = TokenPlan;
    fn deref(&self) -> &TokenPlan {
        &self.0
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ClientMetadata;
    use crate::client_authentication::tests::authenticated;
    use kernel::AuthorizationCodeId;

    pub(crate) fn user_grant(scopes: &str) -> UserGrant {
        UserGrant {
            user: UserId::from("u1"),
            scopes: Scopes::parse(scopes).unwrap(),
            resources: Vec::new(),
            auth_time: Timestamp::from_secs(1_799_999_000),
            acr: "urn:lumoauth:acr:1fa".into(),
            amr: vec!["pwd".into()],
            session: Some(SessionId::from("s1")),
            claims: ClaimsRequest::default(),
            authorization_details: Details::default(),
            constraint: None,
            company: None,
        }
    }
    /// A settled plan for the tests of the token rooms.
    pub(crate) fn settled(scopes: &str) -> SettledPlan {
        let client = authenticated(ClientMetadata::new("c"));
        let grant = user_grant(scopes);
        let mut plan = TokenPlan::for_user(
            client.metadata(),
            client.confirmation(),
            &grant,
            &FamilyId::from("f1"),
            grant.scopes.clone(),
            vec!["c".to_owned()],
        );
        plan.nonce = Some("n".into());
        SettledPlan(plan)
    }
    /// To this client, now, about this `sub`.
    pub(crate) fn issuance<'a>(issuer: &'a Issuer, client: &'a ClientMetadata, sub: &'a str) -> Issuance<'a> {
        Issuance { issuer, client, sub, now: Timestamp::from_secs(1_800_000_000) }
    }
    pub(crate) fn settled_for_client(scopes: &str) -> SettledPlan {
        let client = authenticated(ClientMetadata::new("c"));
        SettledPlan(TokenPlan::for_client(&client, Scopes::parse(scopes).unwrap(), vec!["urn:a".into(), "urn:b".into()]))
    }

    impl SettledPlan {
        pub(crate) fn edit(&mut self, change: impl FnOnce(&mut TokenPlan)) {
            change(&mut self.0);
        }
    }

    #[test]
    fn a_plan_settles_with_exactly_the_proofs_it_asked_for() {
        let code = |id: &str| Key::Code(AuthorizationCodeId::from(id));
        let mut plan = settled("openid").0;
        plan.keys.push(code("code1"));
        assert_eq!(plan.clone().settle(&[]).unwrap_err().code, ErrorCode::ServerError);
        let foreign = Claim::new(code("code2")).outcome(true).unwrap();
        assert!(plan.clone().settle(&[foreign]).is_err());
        let proofs: Vec<_> = plan.claims().into_iter().map(|claim| claim.outcome(true).unwrap()).collect();
        assert!(plan.settle(&proofs).is_ok());
    }

    #[test]
    fn a_grant_remembers_what_was_asked_and_how_the_person_signed_in() {
        let client = ClientMetadata { redirect_uris: vec!["https://app.example/cb".into()], ..ClientMetadata::new("c") };
        let pairs = [("response_type", "code"), ("scope", "openid email"), ("acr_values", "urn:lumoauth:acr:1fa")];
        let params = crate::Params::collect(pairs).unwrap();
        let address = crate::authorization_request::return_address(&params, &client).unwrap();
        let request = crate::authorization_request::parse(&params, &client, &crate::ResponseType::ALL, address).unwrap();
        let signed_in =
            |acr: &str| Authentication { at: Timestamp::from_secs(5), acr: acr.into(), amr: vec!["pwd".into(), "otp".into()] };
        let scopes = Scopes::parse("openid").unwrap();
        let grant = UserGrant::new(&request, scopes.clone(), "u1".into(), None, &signed_in("urn:lumoauth:acr:mfa"));
        assert_eq!(
            (grant.acr.as_str(), grant.auth_time, grant.scopes.clone()),
            ("urn:lumoauth:acr:1fa", Timestamp::from_secs(5), scopes.clone())
        );
        let upstream = UserGrant::new(&request, scopes, "u1".into(), None, &signed_in("https://idp.example/gold"));
        assert_eq!(upstream.acr, "https://idp.example/gold");
    }

    #[test]
    fn a_stored_grant_reads_back() {
        let grant = user_grant("openid offline_access");
        let read: UserGrant = serde_json::from_str(&serde_json::to_string(&grant).unwrap()).unwrap();
        assert_eq!(read, grant);
        assert!(read.is_offline());
    }

    #[test]
    fn machines_are_labelled_where_people_read() {
        assert_eq!(Subject::Client("x".into()).sub(), "x");
        assert_eq!(Subject::Client("x".into()).labelled(), "client_x");
        assert_eq!(Subject::User("u".into()).labelled(), "u");
    }
}
