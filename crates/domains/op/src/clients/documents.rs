//! Clients that nobody registered: their client id is the address of a document about them
//! (draft-ietf-oauth-client-id-metadata-document).
//!
//! The document is what counts, and [`find_current`] asks for it wherever such a client asks for something. Consents, codes and tokens
//! refer to a row with what the document said last, which [`keep_described`] writes with the first request that waits for a person. A
//! token is judged by that row alone: whoever calls with it can't make this server fetch anything.

mod fetch;
mod known;
mod turns;

pub use fetch::Unusable;
pub(super) use fetch::document;
pub use known::Documents;

use super::rows::{to_json, touch};
use super::{Client, find, profile_of};
use crate::policy::Policy;
use crate::registration::harmless;
use flow::{Cx, OneOrg, Services, Writes};
use identity::settings::{LocalhostRedirects, Settings};
use jose::jwks::Jwks;
use kernel::{ClientId, Fault, FaultKind, Timestamp};
use known::Described;
use oauth::client_id_metadata::{Rules, client_id, is_address};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use store::{Org, args, org_sql};
use url::Url;

/// A row is written again when the document changed, or after that long: rows nobody looks at any more are removed.
const KEPT_UNWRITTEN: Duration = Duration::from_hours(1);
/// How long the last description stands in for one that can't be fetched: a host that is down ends nobody's work at once.
const STANDS_IN: Duration = Duration::from_hours(24);

/// The document a client is known by.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// When it was fetched.
    pub(crate) fetched_at: Timestamp,
    /// What it says, as it is kept, unless it was read from there.
    pub(crate) news: Option<Arc<str>>,
}

/// How far a request may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To a client that was never heard of, for whoever asks from there.
    Anywhere(IpAddr),
    /// To clients that somebody was asked about before.
    Known,
}

/// What the organization's settings say of such documents (`authentication.cimd_…`). Authorization details are those that clients
/// registered without a permission may ask for.
pub(super) fn rules(org: &Org) -> Rules {
    let (settings, policy) = (&Settings::of(org).authentication, Policy::of(org));
    Rules {
        allowed_domains: settings.cimd_allowed_domains.iter().map(|host| host.as_str().to_owned()).collect(),
        blocks_loopback: settings.cimd_localhost_redirect_policy == LocalhostRedirects::Block,
        allowed_scopes: harmless(&settings.cimd_allowed_scopes.iter().map(identity::settings::Word::as_str).collect()),
        allowed_details: policy.registration().authorization_details_types.clone(),
        profile: profile_of(org),
    }
}

/// Whether the organization takes such documents at all.
pub(super) fn is_enabled(org: &Org) -> bool {
    Settings::of(org).authentication.cimd_enabled
}

/// Whether a client may be known by that address.
pub(super) fn are_taken(org: &Org, id: &ClientId) -> bool {
    is_enabled(org) && client_id(id.as_str()).is_ok_and(|url| rules(org).allow(&url))
}

/// The client of that id as it is now: registered, or as its document describes it.
///
/// # Errors
/// Our own failures; that a document won't do is inside.
pub(crate) async fn find_current(
    services: &Services,
    org: &Org,
    id: &ClientId,
    now: Timestamp,
    reach: Reach,
) -> Result<Result<Option<Arc<Client>>, Unusable>, Fault> {
    let kept = find(services, org, id).await?;
    if kept.as_ref().is_some_and(|client| !client.is_described_elsewhere() || !client.is_active()) {
        return Ok(Ok(kept));
    }
    let url = match client_id(id.as_str()) {
        Ok(url) if is_enabled(org) && (kept.is_some() || reach != Reach::Known) => url,
        Err(why) if is_address(id.as_str()) && is_enabled(org) => return Ok(Err(Unusable::address(why))),
        _ => return Ok(Ok(None)),
    };
    Ok(current(services, org, &url, now, kept.as_deref(), reach).await?.map(Some))
}

async fn current(
    services: &Services,
    org: &Org,
    url: &Url,
    now: Timestamp,
    kept: Option<&Client>,
    reach: Reach,
) -> Result<Result<Arc<Client>, Unusable>, Fault> {
    let room = services.rooms.find::<Documents>()?;
    // Only the first look is counted, and only where it may be one.
    let stranger = if let (Reach::Anywhere(from), None) = (reach, kept) { Some(from) } else { None };
    let recent = kept.filter(|kept| is_recent(kept, now));
    match room.describe(services, org, url, now, stranger).await {
        Ok(Ok(described)) => Ok(Ok(Arc::new(assemble(org, described, kept, now)?))),
        Ok(Err(unusable)) => match recent.filter(|_| unusable.may_pass) {
            Some(kept) => Ok(Ok(Arc::new(kept.clone()))),
            None => Ok(Err(unusable)),
        },
        // However busy this server is with others' documents, whoever is known goes on.
        Err(fault) => match recent.filter(|_| fault.kind == FaultKind::Unavailable) {
            Some(kept) => Ok(Ok(Arc::new(kept.clone()))),
            None => Err(fault),
        },
    }
}

fn is_recent(kept: &Client, now: Timestamp) -> bool {
    kept.document.as_ref().is_some_and(|document| now.since(document.fetched_at) < STANDS_IN)
}

fn assemble(org: &Org, described: Described, kept: Option<&Client>, now: Timestamp) -> Result<Client, Fault> {
    let Described { mut metadata, fetched_at } = described;
    metadata.organization_profile = profile_of(org);
    let news = Some(Arc::from(to_json(&metadata)?));
    let keys = metadata.jwks.as_ref().and_then(|jwks| Jwks::from_value(jwks).ok()).map(Arc::new);
    Ok(Client {
        number: kept.map_or(0, |kept| kept.number),
        metadata: Arc::new(metadata.strengthened()),
        agent: None,
        tokens_not_before: kept.map_or(Timestamp::from_micros(0), |kept| kept.tokens_not_before),
        created_at: kept.map_or(now, |kept| kept.created_at),
        secret_hash: None,
        secret_expires_at: None,
        previous_secret: None,
        keys,
        document: Some(Document { fetched_at, news }),
    })
}

/// Write down what a client's document says, for what is about to refer to it. For all others this does nothing.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn keep_described(cx: &mut Cx<OneOrg, Writes>, client: &Client) -> Result<(), Fault> {
    let Some(Document { fetched_at, news: Some(news) }) = &client.document else { return Ok(()) };
    let (name, is_confidential) = (&client.metadata.client_name, !client.metadata.is_public());
    let is_known = org_sql!("SELECT id AS a FROM clients WHERE org_id = :org AND id = :id");
    let written = if cx.tx.fetch_optional::<(ClientId,)>(is_known, args! { id: client.id() }).await?.is_some() {
        let sql = org_sql!(
            "UPDATE clients SET name = :name, is_confidential = :is_confidential, metadata = :metadata, updated_at = :now, \
                 document_fetched_at = :fetched_at \
             WHERE org_id = :org AND id = :id AND document_fetched_at < :fetched_at \
                 AND (metadata <> :metadata OR document_fetched_at < :stale)"
        );
        let stale = fetched_at.minus(KEPT_UNWRITTEN);
        let values = args! {
            id: client.id(), name: name, is_confidential: is_confidential, metadata: &**news, now: cx.now,
            fetched_at: *fetched_at, stale: stale
        };
        cx.tx.execute(sql, values).await?
    } else {
        let sql = org_sql!(
            "INSERT INTO clients (org_id, id, name, is_active, is_confidential, metadata, created_at, updated_at, document_fetched_at) \
             VALUES (:org, :id, :name, 1, :is_confidential, :metadata, :now, :now, :fetched_at) ON CONFLICT DO NOTHING"
        );
        let values = args! {
            id: client.id(), name: name, is_confidential: is_confidential, metadata: &**news, now: cx.now, fetched_at: *fetched_at
        };
        cx.tx.execute(sql, values).await?
    };
    if written == 1 {
        touch(&mut cx.tx, client.id());
    }
    Ok(())
}
