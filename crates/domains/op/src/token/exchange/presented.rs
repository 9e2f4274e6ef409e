//! The tokens of an exchange, as far as they can be judged before the transaction.

use super::subject::Shape;
use crate::access_tokens::{Verified, is_opaque, living_client, verify};
use crate::clients::{Client, issuer};
use crate::keys;
use flow::{Prep, Services};
use identity::secret::Credential;
use kernel::{Fault, FaultKind, Timestamp};
use oauth::client_authentication::AuthenticatedClient;
use oauth::confirmation::Confirmation;
use oauth::token_exchange::{Request, Shown, TokenType, read_id_token};
use std::sync::Arc;
use store::Org;

/// What was shown.
#[derive(Clone)]
pub(in crate::token) struct Presented {
    pub(super) subject: Shape,
    pub(super) actor: Option<(Arc<Verified>, Arc<Client>)>,
    pub(super) is_authenticated: bool,
    pub(super) shown: Confirmation,
}

impl Presented {
    /// # Errors
    /// 400 `invalid_grant` if the actor token is no good. A subject token that is none is left for the decision.
    pub(in crate::token) async fn read(
        prep: &Prep,
        request: &Request,
        caller: &AuthenticatedClient,
        is_authenticated: bool,
        shown: Confirmation,
    ) -> Result<Self, Fault> {
        let (services, org) = (prep.services(), prep.organization()?);
        let actor = match &request.actor {
            Some(actor) => Some(read(services, org, actor, prep.now).await?.ok_or_else(super::dead_actor)?),
            None => None,
        };
        let subject = shape(services, org, &request.subject, caller, prep.now).await?;
        Ok(Self { subject, actor, is_authenticated, shown })
    }
}

async fn shape(
    services: &Services,
    org: &Org,
    shown: &Shown,
    caller: &AuthenticatedClient,
    now: Timestamp,
) -> Result<Shape, Fault> {
    let shape = match shown.token_type {
        TokenType::AccessToken | TokenType::Jwt => {
            read(services, org, shown, now).await?.map(|(token, client)| Shape::Access(token, client))
        }
        TokenType::RefreshToken => Credential::parse(shown.token.expose()).map(Shape::Refresh),
        TokenType::IdToken => {
            let keys = keys::of(services, org).await?;
            let token = read_id_token(&shown.token, keys.verifying(), &issuer(services, org), caller.client_id(), now);
            token.map(Shape::Id)
        }
        // Nobody's subject: the parameters don't take it.
        TokenType::IdJag => None,
    };
    Ok(shape.unwrap_or(Shape::Nothing))
}

/// An access token of this organization with the client it belongs to, if neither the client nor the organization voids it.
///
/// # Errors
/// Our own failures.
pub(super) async fn read(
    services: &Services,
    org: &Org,
    shown: &Shown,
    now: Timestamp,
) -> Result<Option<(Arc<Verified>, Arc<Client>)>, Fault> {
    if shown.token_type == TokenType::Jwt && is_opaque(&shown.token) {
        return Ok(None);
    }
    let token = match verify(services, org, &shown.token, now).await {
        Ok(token) => token,
        Err(fault) if fault.kind == FaultKind::Unauthenticated => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let client = living_client(services, org, &token).await?;
    Ok(client.map(|client| (token, client)))
}
