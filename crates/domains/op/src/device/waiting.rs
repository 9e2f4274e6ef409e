//! The device behind a code, for somebody who is signed in; and what they may do about it.

use super::{CODE_PURPOSE, Devices};
use crate::clients::{self, Client};
use crate::decoupled::{Stored, check_again, find_by_code, still_allowed};
use crate::policy::Policy;
use flow::{Cx, OneOrg, Prep, Writes};
use identity::administrators::is_administrator;
use identity::guesses::{self, Subject};
use identity::secret;
use kernel::{DecoupledRequestId, Fault, FaultKind, Scopes, Timestamp, UserId};
use oauth::device_authorization::UserCode;
use oauth::grant::decoupled::Kind;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// A device that waits.
#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) id: DecoupledRequestId,
    pub(super) client: Arc<Client>,
    pub(super) stored: Stored,
    /// What it may still get of what it asked for.
    pub(super) scopes: Scopes,
    pub(super) created_at: Timestamp,
}

/// The device that waits under this code. Nothing may follow from it before [`settle`].
///
/// # Errors
/// Whatever the database says.
pub(super) async fn find(prep: &Prep, code: &UserCode) -> Result<Option<Waiting>, Fault> {
    let org = prep.organization()?;
    if !Policy::of(org).devices().are_allowed {
        return Ok(None);
    }
    let (hashes, now) = (secret::hashes(prep.services(), CODE_PURPOSE, &code.secret()), prep.now);
    let hashes = hashes.as_slice();
    let row = prep.read(move |mut tx| async move {
        let row = find_by_code(&mut tx, hashes, now).await;
        (tx, row)
    });
    let Some(row) = row.await? else { return Ok(None) };
    let Some(client) = clients::find(prep.services(), org, &row.client_id).await? else { return Ok(None) };
    let stored: Stored = serde_json::from_str(&row.request).map_err(Fault::internal)?;
    if check_again(&stored, &client, Kind::Device).is_err() {
        return Ok(None);
    }
    let Some(scopes) = still_allowed(org, &stored.asked, &client, Kind::Device) else { return Ok(None) };
    Ok(Some(Waiting { id: row.id, client, stored, scopes, created_at: row.created_at }))
}

/// What came of a code.
pub(super) enum Settled {
    /// A device waits under it.
    Waits(Box<Waiting>),
    /// None does, or this person may not grant it anything: what to tell them, and what to record.
    No(Refusal, Devices),
    /// Too many guesses before this one.
    Locked(Fault),
}

/// Why a person is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Unknown,
    Administrator,
    Elsewhere,
}

/// Count the guess, inside the transaction that acts on it.
pub(super) async fn settle(cx: &mut Cx<OneOrg, Writes>, user: &UserId, found: Option<Box<Waiting>>) -> Result<Settled, Fault> {
    let account = Subject::account(cx.services(), cx.org(), Some(user), "", &cx.request);
    let subjects = [account, Subject::source(cx.org(), cx.request.peer.ip)];
    match guesses::check(&mut cx.tx, &subjects, cx.now).await {
        Err(fault) if fault.kind == FaultKind::TooMany => return Ok(Settled::Locked(fault)),
        outcome => outcome?,
    }
    let Some(waiting) = found else {
        let has_locked = guesses::record_failure(&mut cx.tx, &subjects, cx.now).await?;
        return Ok(Settled::No(Refusal::Unknown, Devices::CodeRefused { reason: "unknown", has_locked }));
    };
    let (policy, client) = (Policy::of(cx.org()).devices(), waiting.client.id().clone());
    if !policy.may_be_of_administrators && is_administrator(&mut cx.tx, user).await? {
        return Ok(Settled::No(Refusal::Administrator, Devices::Forbidden { client, reason: "administrator" }));
    }
    if policy.must_be_near && waiting.stored.ip.map(network) != Some(network(cx.request.peer.ip)) {
        return Ok(Settled::No(Refusal::Elsewhere, Devices::Forbidden { client, reason: "another_network" }));
    }
    Ok(Settled::Waits(waiting))
}

/// One household: an IPv4 address, or an IPv6 /64.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => {
            v6.to_ipv4_mapped().map_or_else(|| IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)), IpAddr::V4)
        }
    }
}
