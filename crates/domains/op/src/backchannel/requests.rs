//! What waits for a person: looked up, counted, told by mail.

use super::question::path;
use crate::clients::Client;
use crate::decoupled::{Stored, check_again, details_in_words, still_allowed};
use crate::device::{in_own_words, shown};
use flow::{Cx, Mode, OneOrg, Prep, Writes};
use identity::settings::Settings;
use identity::users;
use kernel::{ClientId, DecoupledRequestId, Fault, FaultKind, Scopes, Timestamp, UserId};
use oauth::grant::decoupled::Kind;
use pages::Words;
use pages::mail::ApprovalWanted;
use signin::{SendMail, page};
use std::sync::Arc;
use std::time::Duration;
use store::{Mode as StoreMode, StoreError, Tx, args, org_sql, rows};

/// Requests of one client that may wait for one person at a time: who gets more is being worn down.
const MOST_WAITING_OF_CLIENT: i64 = 10;
/// Requests of all clients together; no single one of them fills that.
const MOST_WAITING: i64 = 30;
/// Mails one person gets within [`SPELL`].
const MOST_MAILS: i64 = 5;
const SPELL: Duration = Duration::from_hours(1);

rows! {
    /// A request that waits for a person.
    #[derive(Clone, Debug)]
    pub(super) struct RequestRow {
        pub(super) id: DecoupledRequestId, pub(super) client_id: ClientId, pub(super) request: String,
        pub(super) created_at: Timestamp, pub(super) expires_at: Timestamp
    }
}

rows! {
    struct CountRow { lately: i64, waiting: i64, own: i64 }
}

/// A request that waits for a person, and who asks.
#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) id: DecoupledRequestId,
    pub(super) client: Arc<Client>,
    pub(super) stored: Stored,
    pub(super) scopes: Scopes,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// The requests that wait for a person, the oldest first.
pub(super) async fn list<M: StoreMode>(
    tx: &mut Tx<OneOrg, M>,
    user: &UserId,
    now: Timestamp,
) -> Result<Vec<RequestRow>, StoreError> {
    let sql = org_sql!(
        "SELECT id, client_id, request, created_at, expires_at FROM decoupled_requests \
         WHERE org_id = :org AND user_id = :user AND kind = 'backchannel' AND state = 'pending' AND expires_at > :now \
         ORDER BY created_at, id LIMIT 50"
    );
    tx.fetch_all(sql, args! { user: user, now: now }).await
}

/// The request of that id that waits for a person.
pub(super) async fn find(prep: &Prep, user: &UserId, id: &DecoupledRequestId) -> Result<Option<Waiting>, Fault> {
    let now = prep.now;
    let row = prep.read(move |mut tx| async move {
        let sql = org_sql!(
            "SELECT id, client_id, request, created_at, expires_at FROM decoupled_requests \
             WHERE org_id = :org AND id = :id AND user_id = :user AND kind = 'backchannel' AND state = 'pending' \
                 AND expires_at > :now"
        );
        let row = tx.fetch_optional::<RequestRow>(sql, args! { id: id, user: user, now: now }).await;
        (tx, row)
    });
    match row.await? {
        Some(row) => with_client(prep, row).await,
        None => Ok(None),
    }
}

/// The request with whoever asks; `None` if that client may not any more.
pub(super) async fn with_client(prep: &Prep, row: RequestRow) -> Result<Option<Waiting>, Fault> {
    let Some(client) = crate::clients::find(prep.services(), prep.organization()?, &row.client_id).await? else {
        return Ok(None);
    };
    let stored: Stored = serde_json::from_str(&row.request).map_err(Fault::internal)?;
    if check_again(&stored, &client, Kind::Backchannel).is_err() {
        return Ok(None);
    }
    let Some(scopes) = still_allowed(prep.organization()?, &stored.asked, &client, Kind::Backchannel) else { return Ok(None) };
    Ok(Some(Waiting { id: row.id, client, stored, scopes, created_at: row.created_at, expires_at: row.expires_at }))
}

/// As a person sees it.
pub(super) async fn as_shown<M: Mode>(
    cx: &mut Cx<OneOrg, M>,
    waiting: &Waiting,
    words: &'static Words,
) -> Result<pages::ApprovalRequest, Fault> {
    Ok(pages::ApprovalRequest {
        url: path(cx.org().slug(), Some(&waiting.id)),
        client: shown(&waiting.client, words),
        binding_message: waiting.stored.binding_message.clone(),
        scopes: in_own_words(cx, &waiting.scopes).await?,
        details: details_in_words(cx.org(), &waiting.stored.asked.authorization_details),
        at: waiting.created_at,
        until: waiting.expires_at,
    })
}

/// Whether a person may be asked once more; returns how often they were lately.
///
/// # Errors
/// 403 `access_denied` if too many requests wait for them.
pub(super) async fn check_flood(cx: &mut Cx<OneOrg, Writes>, user: &UserId, client: &ClientId) -> Result<i64, Fault> {
    // Two requests at the same moment both write the person, so that one of them counts the other.
    let turn = org_sql!("UPDATE users SET updated_at = updated_at WHERE org_id = :org AND id = :user");
    cx.tx.execute(turn, args! { user: user }).await?;
    let sql = org_sql!(
        "SELECT COUNT(*) AS lately, COALESCE(SUM(CASE WHEN state = 'pending' AND expires_at > :now THEN 1 ELSE 0 END), 0) AS waiting, \
             COALESCE(SUM(CASE WHEN state = 'pending' AND expires_at > :now AND client_id = :client THEN 1 ELSE 0 END), 0) AS own \
         FROM decoupled_requests WHERE org_id = :org AND user_id = :user AND kind = 'backchannel' AND created_at > :since"
    );
    let values = args! { user: user, client: client, now: cx.now, since: cx.now.minus(SPELL) };
    let CountRow { lately, waiting, own } = cx.tx.fetch_one::<CountRow>(sql, values).await?;
    if waiting >= MOST_WAITING || own >= MOST_WAITING_OF_CLIENT {
        let hint = "Too many requests wait for this person already.";
        return Err(Fault::new(FaultKind::Forbidden, "access_denied", hint));
    }
    Ok(lately)
}

/// Tell a person by mail that somebody waits for them. The link holds no secret: whoever opens it must sign in.
pub(super) async fn tell(
    cx: &mut Cx<OneOrg, Writes>,
    user: &UserId,
    client: &Client,
    id: &str,
    binding_message: Option<String>,
    lately: i64,
) -> Result<(), Fault> {
    if lately >= MOST_MAILS {
        return Ok(());
    }
    let user = users::load_user(&mut cx.tx, user).await?;
    let (services, org) = (cx.services().clone(), cx.org().clone());
    let words = Settings::of(&org).general.words(user.locale.as_deref(), None);
    let link = format!("{}{}", services.base_url, path(org.slug(), Some(&DecoupledRequestId::from(id))));
    let mail = ApprovalWanted {
        words,
        brand: page::brand_for(&services, &org, user.zoneinfo.as_deref()),
        name: user.given_name.or(user.name),
        client: shown(client, words).name,
        binding_message,
        link,
    };
    let mail = SendMail::new(&services, org.id(), "approval_wanted", &user.email, mail.mail())?;
    mail.queue(&mut cx.tx, &services, cx.now).await
}
