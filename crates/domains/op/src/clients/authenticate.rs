//! Who calls the token, introspection and revocation endpoints (RFC 6749 §2.3).

use super::remote_keys::Recency;
use super::{Client, Reach, find_current};
use crate::{mutual_tls, params};
use flow::{Incoming, Services, SingleUse};
use jose::digest::sha256;
use jose::jwks::Jwks;
use kernel::{Fault, Timestamp};
use oauth::claim::Key;
use oauth::client::AuthMethod;
use oauth::client_authentication::{self as rules, AuthenticatedClient, Failure, Presented, Proven};
use oauth::private_key_jwt::Refused;
use oauth::{Issuer, Params, mtls};
use std::sync::Arc;
use store::Org;

/// How the path of the endpoint for pushed requests ends.
const PUSHED: &str = "/oauth/par";

/// A client whose proof was checked, unless its assertion was used before.
pub struct Authenticated {
    /// The client.
    pub client: Arc<Client>,
    proven: Proven,
}

impl Authenticated {
    /// What must not have been used before.
    pub fn single_use(&self) -> Vec<SingleUse> {
        let Some(claim) = self.proven.claim() else { return Vec::new() };
        let Key::Assertion { client_id, jti, expires_at } = claim.key() else { return Vec::new() };
        let fault = Fault::from(Failure::Replay);
        let value = format!("{client_id} {jti}");
        vec![SingleUse { kind: "client_assertion", value, expires_at: *expires_at, signed_at: None, fault }]
    }
    /// The client, for an operation that only authenticated clients may call: before it runs, the runner claims every
    /// [`Authenticated::single_use`] and refuses the call if it can't.
    ///
    /// # Errors
    /// None that the runner's claim leaves possible.
    pub fn claimed_by_runner(self) -> Result<(Arc<Client>, AuthenticatedClient), Fault> {
        let claimed = self.proven.claim().map(|claim| claim.outcome(true)).transpose();
        let claimed = claimed.map_err(|_| Failure::Replay)?;
        Ok((self.client, self.proven.settle(claimed.as_ref())?))
    }
}

/// Check the proof a request shows.
///
/// # Errors
/// 401 `invalid_client`, in the same words whatever was wrong; 400 `invalid_request` if there is no proof or more than one.
pub async fn authenticate(services: &Services, org: &Org, incoming: &Incoming, now: Timestamp) -> Result<Authenticated, Fault> {
    let params = params::of_body(incoming)?;
    authenticate_with(services, org, incoming, &params, now).await
}

async fn authenticate_with(
    services: &Services,
    org: &Org,
    incoming: &Incoming,
    params: &Params,
    now: Timestamp,
) -> Result<Authenticated, Fault> {
    let presented = rules::present(params::authorization(incoming)?, params)?;
    // Only what a client pushes can be the first that is heard of it.
    let reach = if incoming.path.ends_with(PUSHED) { Reach::Anywhere(incoming.peer.ip) } else { Reach::Known };
    let client = find_current(services, org, presented.client_id(), now, reach).await?;
    let client = client.unwrap_or_else(|unusable| {
        tracing::info!(client = %presented.client_id(), reason = unusable.reason, "a client's document could not be used");
        None
    });
    let method = client.as_ref().map(|client| client.metadata.token_endpoint_auth_method);
    let certificate = incoming.peer.certificate.as_ref().filter(|_| method.is_some_and(AuthMethod::is_certificate));
    let needs_authority = method == Some(AuthMethod::TlsClientAuth);
    let check = Check {
        services,
        org,
        presented: &presented,
        client: client.as_ref(),
        certificate: certificate.and_then(|shown| mutual_tls::Read::of(services, org, shown, needs_authority, now)),
        issuer: issuer(services, org),
        now,
    };
    let proven = match check.with(check.keys(Recency::Any).await.as_deref()) {
        Err(Failure::Assertion(Refused::UnknownKey) | Failure::Certificate(mtls::Refused::UnknownKey)) => {
            check.with(check.keys(Recency::Again).await.as_deref())
        }
        outcome => outcome,
    };
    match (client, proven) {
        (Some(client), Ok(proven)) => Ok(Authenticated { client, proven }),
        (_, Err(failure)) => Err(failure.into()),
        (None, Ok(_)) => Err(Failure::UnknownClient.into()),
    }
}

struct Check<'a> {
    services: &'a Services,
    org: &'a Org,
    presented: &'a Presented,
    client: Option<&'a Arc<Client>>,
    certificate: Option<mutual_tls::Read>,
    issuer: Issuer,
    now: Timestamp,
}

impl Check<'_> {
    fn with(&self, keys: Option<&Jwks>) -> Result<Proven, Failure> {
        let client = self.client.map(|client| &**client);
        // Stored are keyed hashes; the room compares plain ones. So it is shown the hash of what was presented, or none.
        let right = self.presented.secret().filter(|secret| Client::is_secret(client, self.services, secret, self.now));
        let digest = right.map(|secret| sha256(secret.expose().as_bytes()));
        let facts = rules::Facts {
            client: client.map(|client| &client.metadata),
            secret_digest: digest.as_ref().map(<[u8; 32]>::as_slice),
            keys,
            certificate: self.certificate.as_ref().map(mutual_tls::Read::shown),
            issuer: &self.issuer,
            now: self.now,
        };
        rules::verify(self.presented, &facts)
    }

    /// The client's keys, if the proof needs them.
    async fn keys(&self, recency: Recency) -> Option<Arc<Jwks>> {
        let client = self.client.filter(|client| self.presented.needs_keys(&client.metadata))?;
        client.keys(self.services, self.org, self.now, recency).await
    }
}

/// The organization's issuer identifier.
pub(crate) fn issuer(services: &Services, org: &Org) -> Issuer {
    Issuer::of_org(&services.base_url, org.slug())
}
