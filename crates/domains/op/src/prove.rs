//! Who calls: proofs by access token and by client authentication, for the guard.

use crate::access_tokens::{Alive, Verified, claimed_issuer, find_alive, is_for_api, living_client, verify};
use crate::backchannel::agent;
use crate::clients::{Client, authenticate};
use crate::possession::{Presented, Sender, check_holder};
use crate::token::exchange;
use crate::{params, registration};
use flow::{BoxFuture, Caller, Incoming, Services};
use identity::guard::{ProveClient, ProveToken, ProvenToken, TokenScheme, invalid_token};
use jose::encoding::decode_base64url;
use jose::json::parse_strict_object;
use kernel::{Actor, Authentication, Fault, FaultKind, Secret, Timestamp};
use oauth::ProtocolError;
use std::sync::Arc;
use store::{OneOrg, Org};

/// Proves access tokens and clients of this provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Provider;

impl ProveToken for Provider {
    fn prove<'a>(
        &'a self,
        services: &'a Arc<Services>,
        org: Option<&'a Org>,
        scheme: TokenScheme,
        token: &'a Secret,
        incoming: &'a Incoming,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<ProvenToken, Fault>> {
        Box::pin(async move {
            let org = match org {
                Some(org) => org.clone(),
                None => issuing_org(services, token).await?.ok_or_else(|| invalid_token("nobody here issued it"))?,
            };
            let verified = verify(services, &org, token, now).await?;
            let (actor, client) = prove_alive(services, &org, &verified).await?;
            if !is_for_api(services, &org, &verified, &client) {
                return Err(invalid_token("it is for other resource servers"));
            }
            let sender = Sender { services, org: &org, incoming, now };
            let presented = Presented { scheme, token: token.clone() };
            let single_use = check_holder(&sender, &presented, &verified, &client.metadata)?;
            Ok(ProvenToken { actor, org, single_use, authentication: authentication(&verified) })
        })
    }
}

/// Who calls with this token, and the client that holds it.
pub(crate) async fn prove_alive(services: &Services, org: &Org, token: &Verified) -> Result<(Actor, Arc<Client>), Fault> {
    let client = living_client(services, org, token).await?;
    let client = client.ok_or_else(|| invalid_token("its client is switched off, or its tokens were voided"))?;
    let alive = services.store.read(OneOrg::new(org.clone()), |mut tx| async move {
        let alive = find_alive(&mut tx, token).await;
        (tx, alive)
    });
    let alive = alive.await??.ok_or_else(|| invalid_token("it was revoked, or its person may not enter"))?;
    Ok((actor(token, &client, alive), client))
}

/// How the person of a token signed in.
fn authentication(token: &Verified) -> Option<Authentication> {
    let claims = &token.claims;
    let (at, acr) = (Timestamp::from_secs(claims.auth_time?), claims.acr.clone()?);
    Some(Authentication { at, acr, amr: claims.amr.clone() })
}

/// Whose token it is.
fn actor(token: &Verified, client: &Client, alive: Alive) -> Actor {
    let scopes = token.claims.scope.clone();
    match (alive.user, &client.agent) {
        (Some(user), _) => Actor::User { user, client: client.id().clone(), scopes, session: alive.session },
        (None, Some(agent)) => {
            // What an agent lost since then is not in its tokens either.
            let scopes = scopes.intersection(&agent.capabilities);
            Actor::Agent { agent: agent.id.clone(), client: client.id().clone(), scopes }
        }
        (None, None) => Actor::Client { client: client.id().clone(), scopes },
    }
}

/// The organization an unverified token says it is from: good for nothing but finding the keys to verify it with.
async fn issuing_org(services: &Services, token: &Secret) -> Result<Option<Org>, Fault> {
    let Some(slug) = claimed_slug(services, token.expose()) else { return Ok(None) };
    Ok(services.store.find_org(&slug).await?)
}

fn claimed_slug(services: &Services, token: &str) -> Option<String> {
    let in_payload = || {
        let claims = parse_strict_object(&decode_base64url(token.split('.').nth(1)?).ok()?).ok()?;
        claims.get("iss")?.as_str().map(str::to_owned)
    };
    let issuer = claimed_issuer(services, token).or_else(in_payload)?;
    let slug = issuer.strip_prefix(&services.base_url)?.strip_prefix("/orgs/")?;
    (!slug.contains('/')).then(|| slug.to_owned())
}

impl ProveClient for Provider {
    fn prove<'a>(
        &'a self,
        services: &'a Arc<Services>,
        org: &'a Org,
        incoming: &'a Incoming,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Caller, Fault>> {
        Box::pin(async move {
            if let Some(request) = exchange::speaks_for_itself(incoming)? {
                let caller = exchange::by_token(services, org, &request, now).await?;
                return Ok(Caller { actor: caller.actor, org: Some(org.clone()), single_use: Vec::new() });
            }
            if let Some(by_agent) = agent::prove(services, org, incoming, now).await? {
                return Ok(Caller { actor: by_agent.actor, org: Some(org.clone()), single_use: by_agent.single_use });
            }
            let authenticated = authenticate(services, org, incoming, now).await;
            let authenticated = authenticated.map_err(|fault| as_its_endpoint_says(fault, incoming))?;
            let client = &authenticated.client;
            let (id, scopes) = (client.id().clone(), client.metadata.scopes.clone());
            let actor = match &client.agent {
                Some(agent) => Actor::Agent { agent: agent.id.clone(), client: id, scopes },
                None => Actor::Client { client: id, scopes },
            };
            Ok(Caller { actor, org: Some(org.clone()), single_use: authenticated.single_use() })
        })
    }

    fn prove_registered<'a>(
        &'a self,
        services: &'a Arc<Services>,
        org: &'a Org,
        incoming: &'a Incoming,
    ) -> BoxFuture<'a, Result<Caller, Fault>> {
        Box::pin(async move {
            let actor = registration::prove(services, org, incoming).await?;
            Ok(Caller { actor, org: Some(org.clone()), single_use: Vec::new() })
        })
    }
}

/// A request that names no client at all lacks a parameter at the token endpoint, where public clients only name themselves; at
/// introspection it lacks its authentication (RFC 7662 §2.3).
fn as_its_endpoint_says(fault: Fault, incoming: &Incoming) -> Fault {
    let names_nobody = |params: oauth::Params| !["client_id", "client_assertion"].iter().any(|name| params.has(name));
    let is_introspection = incoming.path.ends_with("/oauth/introspect") && fault.kind == FaultKind::Invalid;
    if is_introspection && incoming.header("authorization").is_none() && params::of_body(incoming).is_ok_and(names_nobody) {
        return ProtocolError::invalid_client().into();
    }
    fault
}
