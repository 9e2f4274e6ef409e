//! The agent-initiated form of the endpoint (see the published contract): an agent proves who it is by an access token of its own, and may
//! name itself by `agent_id`. It asks as the client it belongs to, which must be registered for such requests.

use crate::access_tokens::{is_for_api, verify};
use crate::clients::Client;
use crate::params;
use crate::possession::{Presented, Sender, check_holder};
use crate::prove::prove_alive;
use flow::{Incoming, Services, SingleUse};
use identity::guard::invalid_token;
use kernel::{Actor, AgentId, Fault, Scopes, Timestamp};
use oauth::decoupled::Asked;
use oauth::rar::{self, Details};
use oauth::scope::{OFFLINE_ACCESS, OPENID};
use oauth::{Params, ProtocolError};
use std::sync::Arc;
use store::Org;

/// An agent, by its token.
pub(crate) struct ByAgent {
    pub(crate) actor: Actor,
    pub(crate) agent: AgentId,
    pub(crate) client: Arc<Client>,
    /// What its token says it wants to do exactly; nothing if it isn't limited to that.
    details: Details,
    /// What must not have been used before.
    pub(crate) single_use: Vec<SingleUse>,
}

/// The agent that asks; `None` if the request comes without an access token, as from any other client.
///
/// # Errors
/// 401 `invalid_token`, or `invalid_client` if the token is not an agent's own; 400 `invalid_request`.
pub(crate) async fn prove(services: &Services, org: &Org, incoming: &Incoming, now: Timestamp) -> Result<Option<ByAgent>, Fault> {
    if !incoming.path.ends_with("/oauth/bc-authorize") {
        return Ok(None);
    }
    let Some((scheme, token)) = oauth::bearer::token(params::authorization(incoming)?, None)? else { return Ok(None) };
    let verified = verify(services, org, &token, now).await?;
    let (actor, client) = prove_alive(services, org, &verified).await?;
    if !is_for_api(services, org, &verified, &client) {
        return Err(invalid_token("it is for other resource servers"));
    }
    let sender = Sender { services, org, incoming, now };
    let single_use = check_holder(&sender, &Presented { scheme, token }, &verified, &client.metadata)?;
    // A person's token, or one that an agent was given to act with, asks nobody.
    let Actor::Agent { agent, .. } = &actor else { return Err(ProtocolError::invalid_client().into()) };
    let agent = agent.clone();
    let details = verified.claims.authorization_details.clone();
    Ok(Some(ByAgent { actor, agent, client, details, single_use }))
}

impl ByAgent {
    /// Whether the request names this agent, if it names one.
    ///
    /// # Errors
    /// `unauthorized_client`.
    pub(crate) fn check_name(&self, params: &Params) -> Result<(), ProtocolError> {
        let is_own = |name: &str| name == self.agent.as_str() || name == self.client.id().as_str();
        if params.one("agent_id")?.is_none_or(is_own) { Ok(()) } else { Err(oauth::ciba::unauthorized()) }
    }

    /// Cut what is asked for down to what the token allows: whoever holds a narrow one asks people for no more. `openid` and
    /// `offline_access` are in no token of a program; an agent that asks by one with all it may have keeps both.
    ///
    /// # Errors
    /// `invalid_authorization_details` if it asks for others than its token was limited to.
    pub(crate) fn keep_within(&self, asked: &mut Asked) -> Result<(), ProtocolError> {
        let none = Scopes::default();
        let shown = self.actor.scopes().unwrap_or(&none);
        let own = self.client.metadata.scopes.clone().without(OPENID).without(OFFLINE_ACCESS);
        let besides = if own.is_subset(shown) { [OPENID, OFFLINE_ACCESS].as_slice() } else { &[OPENID] };
        asked.scopes = asked.scopes.intersection(&shown.union(&besides.iter().copied().collect()));
        if !self.details.is_empty() && !asked.authorization_details.is_empty() {
            asked.authorization_details = rar::narrowed(Some(&asked.authorization_details), &self.details)?;
        }
        Ok(())
    }
}
