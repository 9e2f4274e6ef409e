//! Registrations at rest: who made them, and the hash of the token they are managed with.

use super::Registrar;
use flow::{Incoming, Services};
use identity::guard::{TokenScheme, invalid_token};
use identity::secret;
use kernel::{ClientId, Fault, Rng, Secret, Timestamp};
use oauth::bearer;
use store::{Mode, OneOrg, Org, StoreError, Tx, Writes, args, org_sql, rows};

/// What registration access tokens are hashed for.
const PURPOSE: &str = "registration access token";
/// What registration access tokens begin with.
const PREFIX: &str = "lmr_";

/// A new registration access token.
pub(super) fn new_token(rng: &dyn Rng) -> Secret {
    Secret::new(format!("{PREFIX}{}", jose::random::token(rng, 32)))
}

/// What of a registration access token is stored.
pub(super) fn hash_of(services: &Services, token: &Secret) -> [u8; 32] {
    secret::hash(services, PURPOSE, token)
}

rows! {
    /// How a client came to be registered.
    #[derive(Clone, Debug)]
    pub(super) struct Registered {
        /// The hash of its registration access token.
        pub(super) token_hash: Vec<u8>,
        /// Who registered it, as [`Registrar::as_str`] says it.
        pub(super) registrar: String,
        /// The initial access token it was registered with.
        pub(super) initial_access_token: Option<String>,
        /// The software statement it was registered with.
        pub(super) software_statement: Option<String>,
        /// Whether the client is switched on.
        pub(super) is_active: bool,
    }
}

pub(super) async fn insert(
    tx: &mut Tx<OneOrg, Writes>,
    client: &ClientId,
    registrar: &Registrar,
    token_hash: &[u8],
    statement: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = org_sql!(
        "INSERT INTO client_registrations \
             (org_id, client_id, token_hash, registered_by, initial_access_token, software_statement, created_at, updated_at) \
         VALUES (:org, :client, :hash, :by, :initial, :statement, :now, :now)"
    );
    let values = args! {
        client: client, hash: token_hash, by: registrar.as_str(), initial: registrar.token_id(), statement: statement, now: now
    };
    tx.execute(sql, values).await.map(|_| ())
}

async fn find<M: Mode>(tx: &mut Tx<OneOrg, M>, client: &ClientId) -> Result<Option<Registered>, StoreError> {
    let sql = org_sql!(
        "SELECT r.token_hash, r.registered_by AS registrar, r.initial_access_token, r.software_statement, c.is_active \
         FROM client_registrations r JOIN clients c ON c.org_id = r.org_id AND c.id = r.client_id \
         WHERE r.org_id = :org AND r.client_id = :client"
    );
    tx.fetch_optional(sql, args! { client: client }).await
}

/// The client that the path names, its registration and the token that was shown for it.
pub(super) struct Proven {
    pub(super) client: ClientId,
    pub(super) registered: Registered,
    pub(super) token: Secret,
}

/// Prove that a request carries the registration access token of the client in its path. Whether there is no such client, or its
/// token is another one, is all the same (RFC 7592 §2.1).
///
/// # Errors
/// 401 `invalid_token`.
pub(super) async fn prove(services: &Services, org: &Org, incoming: &Incoming) -> Result<Proven, Fault> {
    let token = presented(incoming).filter(|token| token.expose().starts_with(PREFIX));
    let token = token.ok_or_else(|| invalid_token("it is no registration access token"))?;
    let client = ClientId::from(incoming.path_param("clientId").unwrap_or_default());
    let reading = services.store.read(OneOrg::new(org.clone()), |mut tx| {
        let client = client.clone();
        async move {
            let found = find(&mut tx, &client).await;
            (tx, found)
        }
    });
    let registered = reading.await??.filter(|registered| registered.is_active);
    let registered = registered.filter(|registered| secret::matches(services, PURPOSE, &token, &registered.token_hash));
    let registered = registered.ok_or_else(|| invalid_token("it is not the one of this client"))?;
    Ok(Proven { client, registered, token })
}

/// The bearer token of a request (RFC 6750 §2.1).
pub(super) fn presented(incoming: &Incoming) -> Option<Secret> {
    let (scheme, token) = bearer::token(incoming.header("authorization"), None).ok()??;
    (scheme == TokenScheme::Bearer).then_some(token)
}

/// Put a new token in the place of the one that was proven; `false` if that isn't the one any more. Of two updates with the same
/// token, one comes through.
pub(super) async fn claim_update(
    tx: &mut Tx<OneOrg, Writes>,
    client: &ClientId,
    proven: &[u8],
    new: &[u8],
    statement: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = org_sql!(
        "UPDATE client_registrations SET token_hash = :new, software_statement = :statement, updated_at = :now \
         WHERE org_id = :org AND client_id = :client AND token_hash = :proven"
    );
    let values = args! { new: new, statement: statement, now: now, client: client, proven: proven };
    Ok(tx.execute(sql, values).await? == 1)
}

/// Take the registration away, and with it the right to delete the client; `false` if its token changed or it is gone.
pub(super) async fn claim_deletion(tx: &mut Tx<OneOrg, Writes>, client: &ClientId, proven: &[u8]) -> Result<bool, StoreError> {
    let sql = org_sql!("DELETE FROM client_registrations WHERE org_id = :org AND client_id = :client AND token_hash = :proven");
    Ok(tx.execute(sql, args! { client: client, proven: proven }).await? == 1)
}

/// How many clients anyone registered.
pub(super) async fn count_of_anyone(tx: &mut Tx<OneOrg, Writes>) -> Result<i64, StoreError> {
    let sql = org_sql!("SELECT count(*) AS a FROM client_registrations WHERE org_id = :org AND registered_by = :by");
    Ok(tx.fetch_one::<(i64,)>(sql, args! { by: Registrar::Anyone.as_str() }).await?.0)
}
