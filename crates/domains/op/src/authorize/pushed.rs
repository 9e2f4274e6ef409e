//! A request that was pushed before, and the browser that comes with a reference to it.
//!
//! Its first use makes it the transaction of its own id, claimed by one statement, and the transaction is answered once. So a page
//! that is loaded again finds the request waiting, and a reference whose request was answered leads nowhere (RFC 9126 §4).

use super::asked::{Waiting, check_again, still_allowed};
use super::proceed;
use crate::clients::{Client, keep_described};
use crate::policy::Policy;
use crate::subjects;
use flow::{Cx, OneOrg, Prep, Reads, Writes};
use identity::secret::{self, Credential};
use kernel::{ClientId, Fault, SessionId, Timestamp};
use oauth::authorization_request::AuthorizationRequest;
use oauth::pairwise::Subjects;
use oauth::{ProtocolError, par as rules};
use signin::transaction;
use std::sync::Arc;
use store::{StoreError, Tx, args, org_sql, rows};

/// What the secret of a reference is hashed for.
const PURPOSE: &str = "pushed request";

/// A pushed request whose reference was shown by its own client, in time.
#[derive(Clone)]
pub struct Pushed {
    credential: Credential,
    client: Arc<Client>,
    /// How the client knows people.
    subjects: Subjects,
    request: AuthorizationRequest,
    /// What is wrong with it by the rules of now.
    problem: Option<ProtocolError>,
}

/// The pushed request behind a handle.
///
/// # Errors
/// For a page: there is none that this client may use now.
pub(super) async fn find(prep: &Prep, client: Arc<Client>, handle: &str) -> Result<Pushed, Fault> {
    let credential = Credential::parse(handle).ok_or_else(rules::unknown)?;
    let (services, now) = (prep.services(), prep.now);
    let id = &*credential.id;
    let found = prep.read(move |mut tx| async move {
        let found = row(&mut tx, id, now).await;
        (tx, found)
    });
    let found = found
        .await?
        .filter(|row| secret::matches(services, PURPOSE, &credential.secret, &row.secret_hash))
        .filter(|row| row.client_id == *client.id() && client.is_active())
        .ok_or_else(rules::unknown)?;
    let request = serde_json::from_str(&found.request).map_err(Fault::internal)?;
    let policy = Policy::of(prep.organization()?);
    let request = still_allowed(&policy, &client, request).ok_or_else(rules::unknown)?;
    let problem = check_again(&policy, &client, &request).err();
    let subjects = subjects::of(services, prep.organization()?, &client).await?;
    Ok(Pushed { credential, client, subjects, request, problem })
}

impl Pushed {
    /// Whose it is.
    pub(super) fn client(&self) -> &Arc<Client> {
        &self.client
    }
    /// What is asked.
    pub(super) fn request(&self) -> &AuthorizationRequest {
        &self.request
    }
    /// Use it: claim it if nobody did before, else go on with what waits.
    ///
    /// # Errors
    /// For a page: it was answered, or its time is over.
    pub(super) async fn begin(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<Waiting, Fault> {
        let services = cx.services().clone();
        let display = proceed::display(cx.org(), &self.client, &self.request, cx.request.header("accept-language"), false);
        if claim(&mut cx.tx, &self.credential.id, cx.now).await? {
            let request = serde_json::to_value(&self.request).map_err(Fault::internal)?;
            let client = self.client.id();
            transaction::begin_as(&mut cx.tx, &services, &self.credential, client, &request, &display, cx.now).await?;
            return Ok(self.waiting(display, None, None));
        }
        let handle = self.credential.format();
        let found = transaction::find(&mut cx.tx, &services, handle.expose(), cx.now).await?;
        let found = found.ok_or_else(rules::unknown)?;
        Ok(self.waiting(found.display, found.session_id, found.chosen_session_id))
    }

    fn waiting(&self, display: transaction::Display, session: Option<SessionId>, chosen: Option<SessionId>) -> Waiting {
        let handle = self.credential.format().expose().to_owned();
        let (id, client, request) = (self.credential.id.as_str().into(), self.client.clone(), self.request.clone());
        let (subjects, problem) = (self.subjects.clone(), self.problem.clone());
        Waiting { id, handle, client, subjects, request, problem, display, session, chosen }
    }
}

/// Store a request under this credential until its time is over.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn insert(
    cx: &mut Cx<OneOrg, Writes>,
    credential: &Credential,
    client: &Client,
    request: &AuthorizationRequest,
    expires_at: Timestamp,
) -> Result<(), Fault> {
    keep_described(cx, client).await?;
    let hash = secret::hash(cx.services(), PURPOSE, &credential.secret);
    let facts = serde_json::to_string(request).map_err(Fault::internal)?;
    let sql = org_sql!(
        "INSERT INTO pushed_requests (org_id, id, secret_hash, client_id, request, created_at, expires_at) \
         VALUES (:org, :id, :hash, :client, :request, :now, :expires_at)"
    );
    let values = args! {
        id: &credential.id, hash: &hash, client: &request.client_id, request: facts, now: cx.now, expires_at: expires_at
    };
    cx.tx.execute(sql, values).await?;
    Ok(())
}

rows! {
    struct PushedRow { secret_hash: Vec<u8>, client_id: ClientId, request: String }
}

async fn row(tx: &mut Tx<OneOrg, Reads>, id: &str, now: Timestamp) -> Result<Option<PushedRow>, StoreError> {
    let sql = org_sql!(
        "SELECT secret_hash, client_id, request FROM pushed_requests WHERE org_id = :org AND id = :id AND expires_at > :now"
    );
    tx.fetch_optional(sql, args! { id: id, now: now }).await
}

/// Claim a request for its one use; `false` if it was used before or its time is over.
async fn claim(tx: &mut Tx<OneOrg, Writes>, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = org_sql!(
        "UPDATE pushed_requests SET used_at = :now WHERE org_id = :org AND id = :id AND used_at IS NULL AND expires_at > :now"
    );
    Ok(tx.execute(sql, args! { id: id, now: now }).await? == 1)
}
