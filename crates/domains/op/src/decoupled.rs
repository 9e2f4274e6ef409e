//! Requests that wait for a person at another device, as stored: `<id>.<secret>`, of which only a keyed hash is kept.

use crate::clients::Client;
use crate::policy::Policy;
use flow::{Cx, Incoming, OneOrg, Services, Writes};
use identity::secret::{self, Credential};
use identity::sessions::{self, Session};
use kernel::{ClientId, DecoupledRequestId, FamilyId, Fault, Scopes, Secret, Timestamp, UserId};
use oauth::acr::{Acr, reported};
use oauth::client::DeliveryMode;
use oauth::confirmation::Confirmation;
use oauth::decoupled::{Asked, INTERVAL, Pace};
use oauth::grant::UserGrant;
use oauth::grant::decoupled::Kind;
use oauth::rar::{self, Details};
use oauth::{ProtocolError, ciba, pkce};
use pages::Detail;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use store::{Mode, Org, StoreError, Tx, args, org_sql, rows};

/// A request as it is kept. Stored as JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stored {
    /// What is asked.
    #[serde(flatten)]
    pub(crate) asked: Asked,
    /// From which address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ip: Option<IpAddr>,
    /// By which software, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_agent: Option<String>,
    /// What the person sees at both devices (CIBA Core §7.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binding_message: Option<String>,
    /// How the client learns what came of it (CIBA).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<Delivery>,
    /// Whether it was an object that the client signed (CIBA).
    pub(crate) is_signed: bool,
}

/// How a client learns what came of its request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) mode: DeliveryMode,
    /// The keys that pushed tokens are bound to.
    #[serde(default, skip_serializing_if = "Confirmation::is_empty")]
    pub(crate) confirmation: Confirmation,
}

/// What a client is told with.
pub(crate) struct Notification {
    pub(crate) token: Secret,
    pub(crate) auth_req_id: Secret,
}

impl Stored {
    /// What a request asks, and where it came from.
    pub(crate) fn of(asked: Asked, request: &Incoming) -> Self {
        Self { asked, ip: Some(request.peer.ip), user_agent: request.user_agent(), ..Self::default() }
    }
}

/// A request to be kept.
pub(crate) struct NewRequest<'a> {
    pub(crate) kind: Kind,
    pub(crate) client: &'a ClientId,
    /// Whom it waits for, if that is known.
    pub(crate) user: Option<&'a UserId>,
    /// The hash of the code that people type.
    pub(crate) user_code_hash: Option<&'a [u8; 32]>,
    /// What the client is told with.
    pub(crate) notification_token: Option<&'a Secret>,
    pub(crate) request: &'a Stored,
    pub(crate) expires_at: Timestamp,
}

/// What the secret of a handle is hashed for.
pub(crate) const fn purpose(kind: Kind) -> &'static str {
    match kind {
        Kind::Device => "device code",
        Kind::Backchannel => "auth_req_id",
    }
}

const fn stored_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Device => "device",
        Kind::Backchannel => "backchannel",
    }
}

/// Keep a request; `None` if its user code is another one's already.
pub(crate) async fn insert(cx: &mut Cx<OneOrg, Writes>, new: &NewRequest<'_>) -> Result<Option<Credential>, Fault> {
    let credential = Credential::generate(DecoupledRequestId::new(cx.now, cx.rng()).as_str(), cx.rng());
    let hash = secret::hash(cx.services(), purpose(new.kind), &credential.secret);
    let request = serde_json::to_string(new.request).map_err(Fault::internal)?;
    // Sealed together, for the one is of no use without the other, and both are the client's to know.
    let told = new.notification_token.map(|token| format!("{}\n{}", credential.format().expose(), token.expose()));
    let seal = |told: &String| cx.services().master_keys.seal(&context(cx.org(), &credential.id), told.as_bytes(), cx.rng());
    let told = told.as_ref().map(seal);
    let sql = org_sql!(
        "INSERT INTO decoupled_requests (org_id, id, kind, secret_hash, user_code_hash, client_id, user_id, request, \
             notification_token, poll_interval, created_at, expires_at) \
         VALUES (:org, :id, :kind, :hash, :code, :client, :user, :request, :told, :interval, :now, :expires_at) \
         ON CONFLICT DO NOTHING"
    );
    let values = args! {
        id: &credential.id, kind: stored_kind(new.kind), hash: &hash, code: new.user_code_hash, client: new.client,
        user: new.user, request: request, told: told.as_deref(), interval: INTERVAL, now: cx.now, expires_at: new.expires_at
    };
    let is_kept = cx.tx.execute(sql, values).await? == 1;
    Ok(is_kept.then_some(credential))
}

fn context(org: &Org, id: &str) -> String {
    format!("decoupled_requests {} {id}", org.id())
}

/// What a client is told with, as it was sealed.
///
/// # Errors
/// If none of the master keys at hand opens it.
pub(crate) fn open_notification(
    services: &Services,
    org: &Org,
    id: &DecoupledRequestId,
    sealed: &[u8],
) -> Result<Notification, Fault> {
    let told = services.master_keys.open(&context(org, id.as_str()), sealed).map_err(Fault::internal)?;
    let told = String::from_utf8(told.to_vec()).map_err(|_| Fault::internal("a notification is no text"))?;
    let (auth_req_id, token) = told.split_once('\n').ok_or_else(|| Fault::internal("a notification lacks its token"))?;
    Ok(Notification { token: Secret::new(token), auth_req_id: Secret::new(auth_req_id) })
}

rows! {
    /// A request nobody has decided about.
    #[derive(Clone, Debug)]
    pub(crate) struct PendingRow {
        pub(crate) id: DecoupledRequestId, pub(crate) client_id: ClientId, pub(crate) request: String,
        pub(crate) created_at: Timestamp, pub(crate) expires_at: Timestamp
    }
}

/// The undecided request of that code, under one of these hashes.
pub(crate) async fn find_by_code<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    hashes: &[[u8; 32]],
    now: Timestamp,
) -> Result<Option<PendingRow>, StoreError> {
    for hash in hashes {
        let sql = org_sql!(
            "SELECT id, client_id, request, created_at, expires_at FROM decoupled_requests \
             WHERE org_id = :org AND user_code_hash = :hash AND state = 'pending' AND expires_at > :now"
        );
        if let Some(row) = tx.fetch_optional(sql, args! { hash: hash, now: now }).await? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// What somebody grants a client at another device. It isn't of their session here: this browser may be closed long before
/// the other device is.
pub(crate) fn granted(asked: &Asked, client: &Client, session: &Session) -> UserGrant {
    let authentication = &session.authentication;
    let reached = Acr::parse(&authentication.acr);
    let acr = reached.map(|reached| reported(&asked.acr_values, reached).as_str().to_owned());
    UserGrant {
        user: session.user.clone(),
        scopes: asked.scopes.intersection(&client.metadata.scopes),
        resources: asked.resources.clone(),
        auth_time: authentication.at,
        acr: acr.unwrap_or_else(|| authentication.acr.clone()),
        amr: authentication.amr.clone(),
        session: None,
        claims: oauth::claims_request::ClaimsRequest::default(),
        authorization_details: asked.authorization_details.clone(),
        constraint: None,
        company: None,
    }
}

/// Approve a request, if nobody has decided yet and its time is not over; returns the family of the tokens it leads to.
///
/// # Errors
/// 401 if the session has ended in this very moment.
pub(crate) async fn approve(
    cx: &mut Cx<OneOrg, Writes>,
    id: &DecoupledRequestId,
    grant: &UserGrant,
    session: &Session,
) -> Result<Option<FamilyId>, Fault> {
    if !sessions::hold(&mut cx.tx, &session.id, cx.now).await? {
        return Err(sessions::session_required());
    }
    let family = FamilyId::new(cx.now, cx.rng());
    let facts = serde_json::to_string(grant).map_err(Fault::internal)?;
    let sql = org_sql!(
        "UPDATE decoupled_requests SET state = 'approved', user_id = :user, family_id = :family, facts = :facts, decided_at = :now \
         WHERE org_id = :org AND id = :id AND state = 'pending' AND expires_at > :now AND (user_id IS NULL OR user_id = :user)"
    );
    let values = args! { user: &grant.user, family: &family, facts: facts, now: cx.now, id: id };
    Ok((cx.tx.execute(sql, values).await? == 1).then_some(family))
}

/// Deny a request, if nobody has decided yet and its time is not over.
pub(crate) async fn deny(cx: &mut Cx<OneOrg, Writes>, id: &DecoupledRequestId, user: &UserId) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE decoupled_requests SET state = 'denied', user_id = :user, decided_at = :now \
         WHERE org_id = :org AND id = :id AND state = 'pending' AND expires_at > :now AND (user_id IS NULL OR user_id = :user)"
    );
    Ok(cx.tx.execute(sql, args! { user: user, now: cx.now, id: id }).await? == 1)
}

/// Remember when the client asked, and how long it must wait now.
pub(crate) async fn note_question(cx: &mut Cx<OneOrg, Writes>, id: &DecoupledRequestId, pace: Pace) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE decoupled_requests SET polled_at = :at, poll_interval = :interval \
         WHERE org_id = :org AND id = :id AND state = 'pending'"
    );
    cx.tx.execute(sql, args! { at: pace.asked_at, interval: pace.interval, id: id }).await?;
    Ok(())
}

/// The session of whoever decides.
pub(crate) async fn session<M: flow::Mode>(cx: &mut Cx<OneOrg, M>) -> Result<Session, Fault> {
    let kernel::Actor::Session { session, .. } = &cx.actor else { return Err(sessions::session_required()) };
    sessions::find(&mut cx.tx, session, cx.now).await?.ok_or_else(sessions::session_required)
}

/// Whether a stored request is one that its client may still make: it or its profile may have become stricter since then.
///
/// # Errors
/// What a new one would be refused with.
pub(crate) fn check_again(stored: &Stored, client: &Client, kind: Kind) -> Result<(), ProtocolError> {
    if kind == Kind::Backchannel {
        ciba::check_client(&client.metadata)?;
        if !stored.is_signed {
            ciba::check_optional(&client.metadata)?;
        }
    }
    // Without a challenge these requests are as good as any: nobody can slip another one's code into a browser here.
    stored.asked.challenge.as_ref().map_or(Ok(()), |challenge| pkce::check_again(Some(challenge), &client.metadata))
}

/// What is left of what was asked: registration and settings may have changed since then; `None` if nothing is.
pub(crate) fn still_allowed(org: &Org, asked: &Asked, client: &Client, kind: Kind) -> Option<Scopes> {
    let may_ask = client.is_active() && client.metadata.may_use_grant(kind.grant_type());
    asked.still_allowed(&client.metadata, Policy::of(org).authorization_details_types()).filter(|_| may_ask)
}

/// What exactly is asked, in the words of the organization.
pub(crate) fn details_in_words(org: &Org, details: &Details) -> Vec<Detail> {
    let policy = Policy::of(org);
    let described = rar::describe(details, policy.authorization_details_types());
    let shown = |one: rar::Described| Detail { name: one.name, title: one.title, description: one.description, rows: one.rows };
    described.into_iter().map(shown).collect()
}
