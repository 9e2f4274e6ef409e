//! Whether a token is exchanged, and for what.

use super::{ACT_FOR_OTHERS, Act, GRANT_TYPE, MAX_DEPTH, MayAct, Request, Wanted};
use crate::client::{AccessTokenFormat, ExchangeMode};
use crate::client_authentication::AuthenticatedClient;
use crate::confirmation::Confirmation;
use crate::grant::{Subject, TokenPlan};
use crate::id_jag::{self, Target};
use crate::rar::{self, Details};
use crate::{ErrorCode, Issuer, ProtocolError, resource, scope};
use kernel::{AgentId, Authentication, ClientId, FamilyId, Fault, Scopes, SessionId, Timestamp};
use std::time::Duration;

/// How often a token can descend from another: each exchange adds the tokens it was made from.
const MAX_ORIGINS: usize = 16;

/// A subject token of this organization that is good and alive.
#[derive(Clone, Debug)]
pub struct SubjectFacts {
    /// Whom it is about.
    pub subject: Subject,
    /// To whom it was issued.
    pub client_id: ClientId,
    /// The agent behind that client.
    pub agent: Option<AgentId>,
    /// For whom it is.
    pub audience: Vec<String>,
    /// What it allows.
    pub scopes: Scopes,
    /// What exactly (RFC 9396).
    pub authorization_details: Details,
    /// When and how the person proved who they are.
    pub authentication: Option<Authentication>,
    /// In which session, by its public name.
    pub session: Option<SessionId>,
    /// Who acts with it.
    pub act: Option<Act>,
    /// Who alone may.
    pub may_act: Option<MayAct>,
    /// The keys it is bound to.
    pub confirmation: Confirmation,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How many tokens it descends from.
    pub origins: usize,
}

/// An actor token of this organization that is good and alive.
#[derive(Clone, Debug)]
pub struct ActorFacts {
    /// Whom it is about.
    pub subject: Subject,
    /// To whom it was issued.
    pub client_id: ClientId,
    /// What it allows.
    pub scopes: Scopes,
    /// Who acts with it: nobody else, if it is an actor's own.
    pub act: Option<Act>,
    /// The keys it is bound to.
    pub confirmation: Confirmation,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller<'a> {
    /// The client, by its authentication or by its own token.
    pub client: &'a AuthenticatedClient,
    /// The agent that authenticates as it.
    pub agent: Option<&'a AgentId>,
    /// The actor token.
    pub actor: Option<ActorFacts>,
    /// Whether it authenticated as a client; otherwise only its token speaks for it.
    pub is_authenticated: bool,
    /// The keys the request shows.
    pub shown: &'a Confirmation,
}

/// What an exchange is decided on.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The subject token; `None` if it isn't one of this organization, or not what it is said to be.
    pub subject: Option<&'a SubjectFacts>,
    /// Who asks.
    pub caller: Caller<'a>,
    /// How far the organization lets clients go. Agents need nothing but the ability.
    pub allowed: Option<ExchangeMode>,
    /// The server an identity assertion is for, if this client may go there.
    pub target: Option<&'a Target>,
    /// This issuer.
    pub issuer: &'a Issuer,
    /// The family of the new token, if it is about a person.
    pub family: &'a FamilyId,
    /// Now.
    pub now: Timestamp,
}

/// What kind of exchange it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// The holder gets a narrower token.
    Narrowing,
    /// Somebody acts for the subject, and the token says so.
    Delegation,
    /// Somebody acts as the subject.
    Impersonation,
    /// The subject is vouched for at another server.
    Vouching,
}

impl Manner {
    /// As the log says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Narrowing => "narrowing",
            Self::Delegation => "delegation",
            Self::Impersonation => "impersonation",
            Self::Vouching => "identity_assertion",
        }
    }
}

/// What comes of an exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchanged {
    /// The token.
    pub plan: TokenPlan,
    /// How it came about.
    pub manner: Manner,
}

/// An exchange that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// By a rule of the protocol.
    Protocol(ProtocolError),
    /// Whoever wants to act may not (403).
    NotAllowed(&'static str),
    /// The chain of actors would be longer than [`MAX_DEPTH`] (403).
    TooDeep,
}

impl Refused {
    /// What went wrong, in one word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Protocol(error) => error.code.code(),
            Self::NotAllowed(_) => "delegation_not_allowed",
            Self::TooDeep => "delegation_depth_exceeded",
        }
    }
}

impl From<ProtocolError> for Refused {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        let code = refused.code();
        match refused {
            Refused::Protocol(error) => error.into(),
            Refused::NotAllowed(hint) => Self::forbidden(code, hint),
            Refused::TooDeep => {
                let mut fault = Self::forbidden(code, "Too many actors have passed this token on.");
                fault.max_depth = Some(MAX_DEPTH);
                fault
            }
        }
    }
}

/// Decide.
pub fn decide(request: &Request, facts: &Facts<'_>) -> Result<Exchanged, Refused> {
    let subject = facts.subject.filter(|subject| subject.expires_at > facts.now).ok_or_else(unusable)?;
    let asked = Asked { request, facts, subject };
    asked.check_tokens()?;
    if matches!(request.wanted, Wanted::IdentityAssertion { .. }) {
        return Ok(asked.vouching()?);
    }
    let manner = asked.manner()?;
    let (scopes, audience, lifetime) = (asked.scopes()?, asked.audience(manner)?, asked.lifetime()?);
    let details = rar::narrowed(request.authorization_details.as_ref(), &asked.details())?;
    let mut plan = TokenPlan::exchanged(facts.caller.client, subject, facts.family, scopes, audience).with_details(details);
    plan.access_token_lifetime = lifetime;
    plan.act = asked.act(manner)?;
    plan.confirmation = asked.confirmation();
    if request.wanted == Wanted::Jwt {
        plan.access_token_format = AccessTokenFormat::Jwt;
    }
    Ok(Exchanged { plan, manner })
}

/// A request with its facts.
struct Asked<'a> {
    request: &'a Request,
    facts: &'a Facts<'a>,
    subject: &'a SubjectFacts,
}

impl Asked<'_> {
    fn caller(&self) -> &Caller<'_> {
        &self.facts.caller
    }
    /// Whether the subject token was issued to the caller.
    fn is_holder(&self) -> bool {
        self.subject.client_id == *self.caller().client.client_id()
    }
    fn is_about_person(&self) -> bool {
        matches!(self.subject.subject, Subject::User(_))
    }

    /// The tokens are what they should be, and whoever shows them holds the keys they are bound to.
    fn check_tokens(&self) -> Result<(), ProtocolError> {
        if let Some(actor) = &self.caller().actor {
            let is_own = matches!(&actor.subject, Subject::Client(client) if *client == actor.client_id) && actor.act.is_none();
            if !is_own || actor.client_id != *self.caller().client.client_id() || actor.expires_at <= self.facts.now {
                return Err(invalid_grant("The actor token must be the caller's own."));
            }
            if !self.is_about_person() {
                return Err(ProtocolError::invalid_request("An actor acts for a person: the subject token must be about one."));
            }
        }
        let bound = self.caller().actor.iter().map(|actor| &actor.confirmation).chain([&self.subject.confirmation]);
        for confirmation in bound {
            if !confirmation.is_met_by(self.caller().shown) {
                return Err(invalid_grant("A token is bound to a key that this request does not show."));
            }
        }
        if self.subject.origins >= MAX_ORIGINS {
            return Err(invalid_grant("The subject token was exchanged too often already."));
        }
        Ok(())
    }

    /// Whether the caller may, and what that makes of it.
    fn manner(&self) -> Result<Manner, Refused> {
        if !self.is_about_person() && !self.is_holder() {
            return Err(meant_for_another().into());
        }
        let manner = if self.caller().actor.is_none() && self.is_holder() {
            self.narrowing()?
        } else if self.caller().agent.is_some() {
            self.of_agent()?
        } else {
            self.of_client()?
        };
        let is_permitted = |may_act: &MayAct| may_act.is(&self.names(), self.facts.issuer);
        if manner != Manner::Narrowing && !self.subject.may_act.as_ref().is_none_or(is_permitted) {
            return Err(Refused::NotAllowed("The subject token names somebody else who may act."));
        }
        Ok(manner)
    }

    /// An assertion for another server (ID-JAG §4.3): for a client that proves who it is, about somebody who signed in to it. Its scopes
    /// are that server's.
    fn vouching(&self) -> Result<Exchanged, ProtocolError> {
        let (client, request) = (self.caller().client, self.request);
        if !self.caller().is_authenticated || !client.is_confidential() || !client.metadata().may_use_grant(GRANT_TYPE) {
            return Err(ProtocolError::new(ErrorCode::UnauthorizedClient, "This client may not exchange tokens."));
        }
        if self.caller().actor.is_some() || request.subject.token_type.is_access() || !self.is_about_person() {
            return Err(ProtocolError::invalid_request(
                "An identity assertion is given for an ID token or a refresh token alone.",
            ));
        }
        if !self.is_holder() {
            return Err(meant_for_another());
        }
        let unknown = || ProtocolError::new(ErrorCode::InvalidTarget, "This client may not go to that audience.");
        let target = self.facts.target.ok_or_else(unknown)?;
        let scopes = request.scopes.clone().unwrap_or_default();
        if !scopes.is_subset(&target.scopes) {
            return Err(ProtocolError::new(ErrorCode::InvalidScope, "The scope goes beyond what may be asked for there."));
        }
        let mut plan = TokenPlan::exchanged(client, self.subject, self.facts.family, scopes, vec![target.issuer.clone()]);
        plan.family = None;
        plan.access_token_lifetime = self.lifetime()?.min(id_jag::LIFETIME);
        Ok(Exchanged { plan, manner: Manner::Vouching })
    }

    /// An agent's own token is enough for a narrower one. All others authenticate.
    fn narrowing(&self) -> Result<Manner, Refused> {
        if self.caller().agent.is_some() && (self.caller().is_authenticated || !self.is_about_person()) {
            return Ok(Manner::Narrowing);
        }
        if !self.caller().is_authenticated {
            return Err(ProtocolError::invalid_client().into());
        }
        self.registered()?;
        Ok(Manner::Narrowing)
    }

    /// An agent acts for whoever let it have a token of theirs, if it was made able to. With its own token beside it that token need not be
    /// meant for the agent (the published clients send both and nothing else): what comes of it says who acts, and is for nobody whom the
    /// token was not for. Whoever wants to say who alone may act does so with `may_act`.
    fn of_agent(&self) -> Result<Manner, Refused> {
        let able = self.caller().client.metadata().scopes.has(ACT_FOR_OTHERS);
        let shown = self.caller().actor.as_ref().is_none_or(|actor| actor.scopes.has(ACT_FOR_OTHERS));
        if !able || !shown {
            return Err(Refused::NotAllowed("The agent lacks the capability delegate:on_behalf."));
        }
        if self.caller().actor.is_none() && !self.is_meant_for_caller() {
            return Err(meant_for_another().into());
        }
        Ok(Manner::Delegation)
    }

    /// A client acts with tokens that are meant for it, as far as it is set up to. Its own token doesn't say who asks, for resource servers
    /// have seen it too.
    fn of_client(&self) -> Result<Manner, Refused> {
        if !self.caller().is_authenticated {
            return Err(ProtocolError::invalid_client().into());
        }
        let mode = self.registered()?;
        if !self.is_meant_for_caller() {
            return Err(meant_for_another().into());
        }
        let names_actor = self.caller().actor.is_some() || self.subject.act.is_some();
        Ok(match mode {
            ExchangeMode::Impersonation if !names_actor => Manner::Impersonation,
            ExchangeMode::Impersonation | ExchangeMode::Delegation => Manner::Delegation,
        })
    }

    /// How far a client may go: as far as both the organization and its registration let it.
    fn registered(&self) -> Result<ExchangeMode, ProtocolError> {
        let client = self.caller().client;
        let unauthorized = || ProtocolError::new(ErrorCode::UnauthorizedClient, "This client may not exchange tokens.");
        if !client.is_confidential() || !client.metadata().may_use_grant(GRANT_TYPE) {
            return Err(unauthorized());
        }
        let allowed = self.facts.allowed.ok_or_else(unauthorized)?;
        Ok(allowed.min(client.metadata().token_exchange))
    }

    /// Issued to it, issued for a resource server that it is, or for it to act with.
    fn is_meant_for_caller(&self) -> bool {
        let names = self.names();
        let is_named = self.subject.audience.iter().any(|audience| names.contains(audience));
        let is_permitted = self.subject.may_act.as_ref().is_some_and(|may_act| may_act.is(&names, self.facts.issuer));
        self.is_holder() || is_named || is_permitted || self.is_caller_the_audience()
    }
    fn is_caller_the_audience(&self) -> bool {
        let own = &self.caller().client.metadata().resource_uris;
        self.subject.audience.iter().any(|audience| own.contains(audience))
    }

    /// What the caller is called: the first as `act` has it.
    fn names(&self) -> Vec<String> {
        let client = self.caller().client.client_id();
        match self.caller().agent {
            Some(agent) => vec![format!("agent_{agent}"), agent.to_string(), client.to_string()],
            None => vec![format!("client_{client}"), client.to_string()],
        }
    }

    /// Who acts with the new token.
    fn act(&self, manner: Manner) -> Result<Option<Act>, Refused> {
        if manner != Manner::Delegation {
            return Ok(self.subject.act.clone());
        }
        let names = self.names();
        let actor = names.first().map_or("", String::as_str);
        let act = Act::over(actor, self.subject.act.as_ref());
        if act.depth() > usize::from(MAX_DEPTH) { Err(Refused::TooDeep) } else { Ok(Some(act)) }
    }

    /// What both the subject token and the caller have; never more than was asked for. There is no refresh token, so `offline_access`
    /// means nothing.
    fn scopes(&self) -> Result<Scopes, ProtocolError> {
        let own = &self.caller().client.metadata().scopes;
        let allowed = self.subject.scopes.intersection(own).without(scope::OFFLINE_ACCESS);
        match &self.request.scopes {
            Some(requested) if !requested.is_subset(&allowed) => Err(ProtocolError::new(
                ErrorCode::InvalidScope,
                "The scope goes beyond what the subject token allows or the caller may have.",
            )),
            Some(requested) => Ok(requested.clone()),
            None => Ok(allowed),
        }
    }

    /// For whom the new token is. A token for certain resource servers goes to others only through the hands of one of them, and stays
    /// theirs in all other hands, an agent's too: otherwise two exchanges would do what one may not.
    fn audience(&self, manner: Manner) -> Result<Vec<String>, ProtocolError> {
        let subject = self.subject;
        let is_its_own = |audience: &String| {
            *audience == subject.client_id.as_str() || subject.agent.as_ref().is_some_and(|agent| audience == agent.as_str())
        };
        let may_move = subject.audience.iter().all(is_its_own) || self.is_caller_the_audience();
        let client = self.caller().client;
        if self.request.resources.is_empty() {
            return Ok(match self.caller().agent {
                _ if !may_move => subject.audience.clone(),
                Some(agent) if manner == Manner::Delegation => vec![agent.to_string()],
                _ => vec![client.client_id().to_string()],
            });
        }
        let new: Vec<String> =
            self.request.resources.iter().filter(|resource| !subject.audience.contains(resource)).cloned().collect();
        if !new.is_empty() && !may_move {
            return Err(ProtocolError::new(ErrorCode::InvalidTarget, "The subject token is for other resources."));
        }
        resource::check_registered(&new, client.metadata())?;
        Ok(self.request.resources.clone())
    }

    /// What the subject token says exactly, as far as it is the caller's to ask for.
    fn details(&self) -> Details {
        self.subject.authorization_details.of_client(self.caller().client.metadata())
    }

    /// No token outlives those it was made from.
    fn lifetime(&self) -> Result<Duration, ProtocolError> {
        let own = self.caller().client.metadata().lifetimes.access_token();
        let ends = self.caller().actor.iter().map(|actor| actor.expires_at).chain([self.subject.expires_at]);
        let lifetime = ends.map(|end| end.since(self.facts.now)).fold(own, Duration::min);
        // Tokens count seconds.
        if lifetime.as_secs() == 0 { Err(unusable()) } else { Ok(Duration::from_secs(lifetime.as_secs())) }
    }

    /// What was bound once is never issued unbound.
    fn confirmation(&self) -> Confirmation {
        let (shown, bound) = (self.caller().client.confirmation().clone(), &self.subject.confirmation);
        Confirmation { jkt: shown.jkt.or_else(|| bound.jkt.clone()), x5t_s256: shown.x5t_s256.or_else(|| bound.x5t_s256.clone()) }
    }
}

fn invalid_grant(description: &'static str) -> ProtocolError {
    ProtocolError::invalid_grant(description)
}

/// The answer to a token that is unknown, another organization's, expired, revoked, or not what it is said to be.
pub(super) fn unusable() -> ProtocolError {
    invalid_grant("The subject token is not valid, has ended, or is not of the type that was named.")
}

fn meant_for_another() -> ProtocolError {
    invalid_grant("The subject token is not meant for this client.")
}
