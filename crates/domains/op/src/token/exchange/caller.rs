//! Who asks for an exchange without authenticating as a client: the bearer of a program's own token.

use super::presented::read;
use crate::access_tokens::Verified;
use crate::clients::Client;
use crate::params;
use crate::prove::prove_alive;
use flow::{Incoming, Services};
use kernel::{Actor, Fault, FaultKind, Timestamp};
use oauth::client_authentication::AuthenticatedClient;
use oauth::token_exchange::{self, Request};
use oauth::{Params, ProtocolError};
use std::sync::Arc;
use store::Org;

/// The caller whom the tokens of an exchange stand for.
pub(crate) struct ByToken {
    pub(crate) actor: Actor,
    pub(crate) client: Arc<Client>,
    pub(crate) authenticated: AuthenticatedClient,
}

/// The exchange that a request asks for, if it names no client: then its tokens are what speaks for the caller.
///
/// # Errors
/// 400 `invalid_request`.
pub(crate) fn speaks_for_itself(incoming: &Incoming) -> Result<Option<Request>, Fault> {
    if incoming.header_count("authorization") > 0 || !incoming.path.ends_with("/oauth/token") {
        return Ok(None);
    }
    let params = params::of_body(incoming)?;
    if params.one("grant_type")? != Some(token_exchange::GRANT_TYPE) || names_client(&params) {
        return Ok(None);
    }
    params.check_unique()?;
    Ok(Some(token_exchange::parse(&params)?))
}

fn names_client(params: &Params) -> bool {
    ["client_id", "client_secret", "client_assertion", "client_assertion_type"].iter().any(|name| params.has(name))
}

/// The program whose own token is shown, as the actor or as the subject.
///
/// # Errors
/// 400 `invalid_grant` if the token is no good; 401 `invalid_client` if it is about a person, for then nobody has said who asks.
pub(crate) async fn by_token(services: &Arc<Services>, org: &Org, request: &Request, now: Timestamp) -> Result<ByToken, Fault> {
    let shown = request.of_the_caller();
    if !shown.token_type.is_access() {
        return Err(ProtocolError::invalid_client().into());
    }
    let (token, _) = read(services, org, shown, now).await?.ok_or_else(unusable)?;
    let (actor, client) = alive(services, org, &token).await?;
    let authenticated = AuthenticatedClient::by_own_token(&client.metadata, &token.claims);
    let authenticated = authenticated.ok_or_else(ProtocolError::invalid_client)?;
    Ok(ByToken { actor, client, authenticated })
}

async fn alive(services: &Services, org: &Org, token: &Verified) -> Result<(Actor, Arc<Client>), Fault> {
    prove_alive(services, org, token).await.map_err(|fault| match fault.kind {
        FaultKind::Unauthenticated => unusable().into(),
        _ => fault,
    })
}

fn unusable() -> ProtocolError {
    ProtocolError::invalid_grant("A token is not valid, has ended, or is not of the type that was named.")
}
