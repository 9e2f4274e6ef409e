//! An authorization request that waits for a person: stored by the authorization endpoint, carried by a handle through the
//! sign-in pages and back, and answered once.
//!
//! The way of a request: `authorize` calls [`begin`] and sends the browser to [`sign_in_path`] → the person signs in, which
//! [`note_session`]s the new session → the browser returns by [`resume_path`] (or [`cancel_path`], if the person called it off) →
//! `authorize` calls [`find`], decides, and claims the request with [`complete`] in the transaction that issues the answer.

use flow::Services;
use identity::secret::{self, Credential};
use kernel::{ClientId, CompanyId, SessionId, Timestamp, TransactionId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use store::{Mode, OneOrg, StoreError, Tx, Writes, args, org_sql, rows};

/// How long a request waits for its person: long enough to register and confirm an address on the way.
pub const LIFETIME: Duration = Duration::from_hours(1);
/// The purpose under which handles are hashed.
const PURPOSE: &str = "transaction";

/// A waiting authorization request.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The lookup part of its handle.
    pub id: TransactionId,
    /// Who asks.
    pub client_id: ClientId,
    /// The request, as the authorization endpoint stored it.
    pub request: Value,
    /// What pages on the way show.
    pub display: Display,
    /// The session in which the person signed in for this very request, if they did.
    pub session_id: Option<SessionId>,
    /// The session whose account the person chose for this very request, if they were asked to.
    pub chosen_session_id: Option<SessionId>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it stops waiting.
    pub expires_at: Timestamp,
}

/// What pages on the way show of a request. It comes from a client's registration and the request itself: not to be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Display {
    /// The application's name.
    pub client_name: String,
    /// `logo_uri` of its registration.
    pub logo_uri: Option<String>,
    /// `policy_uri` of its registration.
    pub policy_uri: Option<String>,
    /// `tos_uri` of its registration.
    pub tos_uri: Option<String>,
    /// Host of the redirect address, or its scheme for an installed application.
    pub destination: String,
    /// For an application that nobody registered.
    pub stranger: Option<Stranger>,
    /// `login_hint` (OpenID Connect Core §3.1.2.1).
    pub login_hint: Option<String>,
    /// `ui_locales` (OpenID Connect Core §3.1.2.1).
    pub ui_locales: Option<String>,
    /// Somebody who is signed in must prove it again: `prompt=login`, or `max_age` has passed.
    pub signs_in_again: bool,
}

/// What is known of an application that nobody registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// Where it describes itself.
    pub host: String,
    /// Whether its answer goes to the person's own machine.
    pub is_local: bool,
}

/// Store a request; returns the handle `<id>.<secret>` under which it can be found.
///
/// # Errors
/// Whatever the database says; [`StoreError::Dangling`] if there is no such client.
pub async fn begin(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    client: &ClientId,
    request: &Value,
    display: &Display,
    now: Timestamp,
) -> Result<String, StoreError> {
    let id = TransactionId::new(now, &*services.rng);
    let credential = Credential::generate(id.as_str(), &*services.rng);
    begin_as(tx, services, &credential, client, request, display, now).await?;
    Ok(credential.format().expose().to_owned())
}

/// Store a request under a handle that its holder already knows: a pushed one becomes the transaction of its own reference.
///
/// # Errors
/// Whatever the database says; [`StoreError::Dangling`] if there is no such client.
pub async fn begin_as(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    credential: &Credential,
    client: &ClientId,
    request: &Value,
    display: &Display,
    now: Timestamp,
) -> Result<(), StoreError> {
    let display = serde_json::to_string(display).unwrap_or_default();
    let hash = secret::hash(services, PURPOSE, &credential.secret);
    let sql = org_sql!(
        "INSERT INTO transactions (org_id, id, secret_hash, client_id, request, display, created_at, expires_at) \
         VALUES (:org, :id, :hash, :client, :request, :display, :now, :expires_at)"
    );
    let args = args! { id: &credential.id, hash: &hash, client: client, request: request.to_string(), display: display, now: now,
    expires_at: now.plus(LIFETIME) };
    tx.execute(sql, args).await.map(drop)
}

/// The waiting request behind a handle; `None` if there is none, it was answered, or its time is over.
///
/// # Errors
/// Whatever the database says.
pub async fn find<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    services: &Services,
    handle: &str,
    now: Timestamp,
) -> Result<Option<Transaction>, StoreError> {
    let Some(credential) = Credential::parse(handle) else { return Ok(None) };
    let sql = org_sql!(
        "SELECT id, secret_hash, client_id, request, display, session_id, chosen_session_id, created_at, expires_at FROM transactions \
         WHERE org_id = :org AND id = :id AND completed_at IS NULL AND expires_at > :now"
    );
    let row = tx.fetch_optional::<TransactionRow>(sql, args! { id: &credential.id, now: now }).await?;
    Ok(row.filter(|row| secret::matches(services, PURPOSE, &credential.secret, &row.secret_hash)).map(Transaction::from))
}

/// Remember that the person signed in for this request, in that session: it goes on with no other account. For which company they act is
/// asked anew.
///
/// # Errors
/// Whatever the database says.
pub async fn note_session(tx: &mut Tx<OneOrg, Writes>, id: &TransactionId, session: &SessionId) -> Result<(), StoreError> {
    let sql = org_sql!(
        "UPDATE transactions SET session_id = :session, chosen_session_id = :session, company_id = NULL \
         WHERE org_id = :org AND id = :id AND completed_at IS NULL"
    );
    tx.execute(sql, args! { session: session, id: id }).await.map(|_| ())
}

/// Remember that the person chose to go on with the account of that session; that they signed in to another one before counts no more.
/// For which company they act is asked anew.
///
/// # Errors
/// Whatever the database says.
pub async fn note_choice(tx: &mut Tx<OneOrg, Writes>, id: &TransactionId, session: &SessionId) -> Result<(), StoreError> {
    let sql = org_sql!(
        "UPDATE transactions SET chosen_session_id = :session, company_id = NULL, \
             session_id = CASE WHEN session_id = :session THEN session_id END \
         WHERE org_id = :org AND id = :id AND completed_at IS NULL"
    );
    tx.execute(sql, args! { session: session, id: id }).await.map(|_| ())
}

/// Remember for which company the person of that session acts. The request goes on with no other account: it would act for a company
/// that somebody else chose.
///
/// # Errors
/// Whatever the database says.
pub async fn note_company(
    tx: &mut Tx<OneOrg, Writes>,
    id: &TransactionId,
    session: &SessionId,
    company: &CompanyId,
) -> Result<(), StoreError> {
    let sql = org_sql!(
        "UPDATE transactions SET company_id = :company, chosen_session_id = :session \
         WHERE org_id = :org AND id = :id AND completed_at IS NULL"
    );
    tx.execute(sql, args! { company: company, session: session, id: id }).await.map(|_| ())
}

/// For which company the person acts, if they were asked for this request.
///
/// # Errors
/// Whatever the database says.
pub async fn chosen_company<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &TransactionId) -> Result<Option<CompanyId>, StoreError> {
    let sql = org_sql!("SELECT company_id AS a FROM transactions WHERE org_id = :org AND id = :id");
    Ok(tx.fetch_optional::<(Option<CompanyId>,)>(sql, args! { id: id }).await?.and_then(|(company,)| company))
}

/// The stored request a handle names, whether or not there is one.
pub fn named_by(handle: &str) -> Option<TransactionId> {
    Credential::parse(handle).map(|credential| TransactionId::from(credential.id))
}

/// Claim the request for its answer; `false` if it was answered before or its time is over.
///
/// # Errors
/// Whatever the database says.
pub async fn complete(tx: &mut Tx<OneOrg, Writes>, id: &TransactionId, now: Timestamp) -> Result<bool, StoreError> {
    let sql = org_sql!(
        "UPDATE transactions SET completed_at = :now WHERE org_id = :org AND id = :id AND completed_at IS NULL AND expires_at > :now"
    );
    Ok(tx.execute(sql, args! { id: id, now: now }).await? == 1)
}

/// Where a person signs in for the request.
pub fn sign_in_path(slug: &str, handle: &str) -> String {
    format!("/orgs/{slug}/signin?transaction={handle}")
}
/// Where a person signs in for the request with another account than the one they are signed in to.
pub fn other_account_path(slug: &str, handle: &str) -> String {
    format!("{}&account=other", sign_in_path(slug, handle))
}
/// Where a person chooses among the accounts of their browser for the request.
pub fn choose_account_path(slug: &str, handle: &str) -> String {
    format!("/orgs/{slug}/choose-account?transaction={handle}")
}
/// Where the authorization endpoint goes on with the request.
pub fn resume_path(slug: &str, handle: &str) -> String {
    format!("/orgs/{slug}/api/v1/oauth/authorize?transaction={handle}")
}
/// Where the authorization endpoint answers `access_denied`, because the person called the sign-in off.
pub fn cancel_path(slug: &str, handle: &str) -> String {
    format!("/orgs/{slug}/api/v1/oauth/authorize?transaction={handle}&decision=cancel")
}

rows! {
    struct TransactionRow {
        id: TransactionId,
        secret_hash: Vec<u8>,
        client_id: ClientId,
        request: String,
        display: String,
        session_id: Option<SessionId>,
        chosen_session_id: Option<SessionId>,
        created_at: Timestamp,
        expires_at: Timestamp,
    }
}

impl From<TransactionRow> for Transaction {
    fn from(row: TransactionRow) -> Self {
        Self {
            id: row.id,
            client_id: row.client_id,
            request: serde_json::from_str(&row.request).unwrap_or_default(),
            display: serde_json::from_str(&row.display).unwrap_or_default(),
            session_id: row.session_id,
            chosen_session_id: row.chosen_session_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}
