//! Which keys the sender of a request holds: proofs in the `DPoP` header (RFC 9449) and certificates (RFC 8705).

use crate::MutualTls;
use crate::access_tokens::Verified;
use flow::{Incoming, Prep, Services, SingleUse};
use identity::guard::{TokenScheme, invalid_token};
use identity::settings::Settings;
use jose::seal::derive;
use jose::x509::thumbprint;
use kernel::{Demand, Fault, Secret, Timestamp};
use oauth::authorization_request::AuthorizationRequest;
use oauth::confirmation::Confirmation;
use oauth::dpop::{self, Expected, Nonces, Proof, Refused};
use oauth::{ClientMetadata, ProtocolError};
use std::time::Duration;
use store::Org;

/// An access token as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Presented {
    pub(crate) scheme: TokenScheme,
    pub(crate) token: Secret,
}

/// What an organization's settings say about proofs: part `security` of the published settings API.
struct Policy {
    /// Proofs must carry a nonce of ours (RFC 9449 §8).
    requires_nonce: bool,
    /// For how long a proof is good.
    max_age: Duration,
}

impl Policy {
    fn of(org: &Org) -> Self {
        let security = &Settings::of(org).security;
        Self { requires_nonce: security.dpop_require_nonce, max_age: security.dpop_max_age.seconds() }
    }
}

/// The keys that a request to an endpoint of OAuth's own shows. What it used up is claimed before the operation runs.
///
/// # Errors
/// 400 `invalid_dpop_proof` or `use_dpop_nonce`.
pub(crate) fn shown_by_client(prep: &Prep, client: &ClientMetadata) -> Result<Confirmation, Fault> {
    let sender = Sender { services: prep.services(), org: prep.organization()?, incoming: &prep.request, now: prep.now };
    let told = |refused: Refused| sender.with_nonce(ProtocolError::from(refused).into(), refused);
    let proof = sender.proof(client, None).map_err(told)?;
    let jkt = proof.map(|proof| {
        prep.uses_up(single_use(&proof, ProtocolError::from(Refused::Replay).into()));
        claimed_by_runner(proof)
    });
    Ok(Confirmation { jkt: jkt.transpose()?, x5t_s256: sender.certificate() })
}

/// The request with the key of its pusher's proof: the code it leads to is redeemed by that key alone (RFC 9449 §10.1).
///
/// # Errors
/// As [`shown_by_client`], and `invalid_dpop_proof` if `dpop_jkt` names another key.
pub(crate) fn bound_by_pusher(
    prep: &Prep,
    client: &ClientMetadata,
    mut request: AuthorizationRequest,
) -> Result<AuthorizationRequest, Fault> {
    let Some(jkt) = shown_by_client(prep, client)?.jkt else { return Ok(request) };
    if request.dpop_jkt.as_ref().is_some_and(|named| *named != jkt) {
        return Err(ProtocolError::from(Refused::OtherKey).into());
    }
    request.dpop_jkt = Some(jkt);
    Ok(request)
}

/// The nonce for a client's next proof, if this organization demands nonces and the client sends proofs.
pub(crate) fn next_nonce(prep: &Prep) -> Result<Option<String>, Fault> {
    let org = prep.organization()?;
    let is_wanted = prep.request.header_count(HEADER) > 0 && Policy::of(org).requires_nonce;
    Ok(is_wanted.then(|| nonces(prep.services(), org).current(prep.now)))
}

/// Check that whoever sends an access token holds the keys it is bound to. Returns what must not have been used before.
///
/// # Errors
/// 401: `invalid_token` if the token is bound to another key or sent as what it is not, `invalid_dpop_proof` or `use_dpop_nonce`
/// if the proof won't do (RFC 9449 §7.1, RFC 8705 §3).
pub(crate) fn check_holder(
    sender: &Sender<'_>,
    presented: &Presented,
    verified: &Verified,
    client: &ClientMetadata,
) -> Result<Vec<SingleUse>, Fault> {
    let bound_to = &verified.claims.cnf;
    if bound_to.x5t_s256.is_some() && bound_to.x5t_s256 != sender.certificate() {
        return Err(invalid_token("it is bound to a certificate that was not shown"));
    }
    let told = |refused: Refused| sender.with_nonce(refused.at_resource(), refused);
    match (&bound_to.jkt, presented.scheme) {
        (None, TokenScheme::Bearer) => Ok(Vec::new()),
        (None, TokenScheme::Dpop) => Err(invalid_token("it is not bound to a key")),
        // A stolen token is sent like this (RFC 9449 §7.2).
        (Some(_), TokenScheme::Bearer) => Err(invalid_token("it is bound to a key, and was sent without a proof")),
        (Some(jkt), TokenScheme::Dpop) => {
            let proof = sender.proof(client, Some(&presented.token)).map_err(told)?;
            let proof = proof.ok_or_else(|| told(Refused::Missing))?;
            if proof.jkt() != jkt {
                return Err(invalid_token("it is bound to another key than that of the proof"));
            }
            Ok(vec![single_use(&proof, Refused::Replay.at_resource())])
        }
    }
}

/// The sender of a request.
pub(crate) struct Sender<'a> {
    pub(crate) services: &'a Services,
    pub(crate) org: &'a Org,
    pub(crate) incoming: &'a Incoming,
    pub(crate) now: Timestamp,
}

const HEADER: &str = "dpop";

impl Sender<'_> {
    /// The proof of the request, if it has one and that is good.
    fn proof(&self, client: &ClientMetadata, access_token: Option<&Secret>) -> Result<Option<Proof>, Refused> {
        let proof = match self.incoming.header_count(HEADER) {
            0 => return Ok(None),
            1 => self.incoming.header(HEADER).unwrap_or_default(),
            _ => return Err(Refused::Several),
        };
        let policy = Policy::of(self.org);
        let nonces = policy.requires_nonce.then(|| nonces(self.services, self.org));
        let mutual_tls = MutualTls::of(self.services);
        let bases = std::iter::once(self.services.base_url.as_str()).chain(mutual_tls.base_url.as_deref());
        let uris: Vec<String> = bases.map(|base| format!("{base}{}", self.incoming.path)).collect();
        let expected = Expected {
            method: &self.incoming.method,
            uris: &uris,
            access_token,
            algorithms: dpop::algorithms(client),
            nonces: nonces.as_ref(),
            max_age: policy.max_age,
            now: self.now,
        };
        dpop::check(proof, &expected).map(Some)
    }

    /// SHA-256 of the certificate of the connection, as `x5t#S256` has it.
    fn certificate(&self) -> Option<String> {
        self.incoming.peer.certificate.as_ref().map(|certificate| thumbprint(&certificate.leaf))
    }

    /// A caller whose proof lacks a nonce is given one to try again with.
    fn with_nonce(&self, mut fault: Fault, refused: Refused) -> Fault {
        if refused == Refused::Nonce {
            fault.demand = Some(Box::new(Demand::Nonce(nonces(self.services, self.org).current(self.now))));
        }
        fault
    }
}

fn nonces(services: &Services, org: &Org) -> Nonces {
    Nonces::new(derive(&services.master_keys.current, &format!("dpop nonces {}", org.id())))
}

/// What the runner claims before the operation runs.
fn single_use(proof: &Proof, fault: Fault) -> SingleUse {
    let value = format!("{} {}", proof.jkt(), proof.jti());
    SingleUse { kind: "dpop_proof", value, expires_at: proof.expires_at(), signed_at: Some(proof.signed_at()), fault }
}

/// The key of a proof that the runner claims before the operation runs, and without which it doesn't run.
fn claimed_by_runner(proof: Proof) -> Result<String, Fault> {
    let claimed = proof.claim().outcome(true).map_err(|_| ProtocolError::from(Refused::Replay))?;
    Ok(proof.settle(&claimed).map_err(ProtocolError::from)?)
}
