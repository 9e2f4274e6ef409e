//! The log's key: one Ed25519 key per organization that signs checkpoints and exports.

use jose::alg::Algorithm;
use jose::encoding::decode_base64url;
use jose::key::SigningKey;
use jose::seal::MasterKeys;
use kernel::{Fault, KeyId, OrgId, Rng, Timestamp};
use ledger::checkpoint::origin;
use ledger::note::{Signer, VerifierKey};
use serde::Deserialize;
use serde_json::Value;
use store::{Mode, OneOrg, Platform, StoreError, Tx, Writes, args, org_sql, platform_sql, rows};

/// What `signing_keys.purpose` says of the log's key.
const PURPOSE: &str = "log";
/// The id of an organization's first log key. It is fixed, so that two nodes can't make two.
const FIRST: &str = "log-1";

/// Give an organization the key of its log, unless it has one. To be called where the organization is created; an organization
/// without one gets it with its first checkpoint.
///
/// The log is named after the `issuer` of this moment and keeps that name: proofs made today stay valid when the server moves.
///
/// # Errors
/// Whatever the database says, or if no key could be made.
pub async fn generate_log_key(
    tx: &mut Tx<Platform, Writes>,
    master_keys: &MasterKeys,
    rng: &dyn Rng,
    org: &OrgId,
    issuer: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let kid = KeyId::from(FIRST);
    let key = SigningKey::generate(Algorithm::EdDSA, FIRST).map_err(Fault::internal)?;
    let pkcs8 = key.to_pkcs8().map_err(Fault::internal)?;
    let sealed = master_keys.seal(&context(org, &kid), &pkcs8, rng);
    let mut jwk = serde_json::to_value(key.public()).map_err(Fault::internal)?;
    if let Value::Object(members) = &mut jwk {
        members.insert("log".to_owned(), origin(issuer).into());
    }
    let sql = platform_sql!(
        "INSERT INTO signing_keys (org_id, id, purpose, algorithm, sealed_key, public_jwk, state, created_at, activated_at) \
         VALUES (:owner, :id, :purpose, :algorithm, :sealed, :jwk, 'active', :now, :now) ON CONFLICT (org_id, id) DO NOTHING"
    );
    let jwk = jwk.to_string();
    let args = args! {
        owner: org, id: &kid, purpose: PURPOSE, algorithm: Algorithm::EdDSA.name(), sealed: &sealed, jwk: &jwk, now: now,
    };
    tx.execute(sql, args).await?;
    Ok(())
}

rows! {
    /// The stored key.
    pub(crate) struct LogKeyRow { id: KeyId, sealed_key: Vec<u8>, public_jwk: String }
}

/// The key in use, if the organization has one yet.
pub(crate) async fn find<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Option<LogKeyRow>, StoreError> {
    let sql = org_sql!(
        "SELECT id, sealed_key, public_jwk FROM signing_keys WHERE org_id = :org AND purpose = :purpose AND state = 'active' \
         ORDER BY activated_at DESC, id DESC LIMIT 1"
    );
    tx.fetch_optional(sql, args! { purpose: PURPOSE }).await
}

/// The key in use.
pub(crate) async fn load<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<LogKeyRow, Fault> {
    find(tx).await?.ok_or_else(|| Fault::not_found("audit_logs.no_key", "This organization's log has no key yet."))
}

/// The members of `public_jwk` that make a verifier key.
#[derive(Deserialize)]
struct Public {
    x: String,
    log: String,
}

impl LogKeyRow {
    /// The public half, under the log's name.
    pub(crate) fn verifier(&self) -> Result<VerifierKey, Fault> {
        let public = self.public()?;
        let x = decode_base64url(&public.x).ok().and_then(|x| <[u8; 32]>::try_from(x).ok());
        let x = x.ok_or_else(|| Fault::internal("the log's public key is damaged"))?;
        VerifierKey::new(&public.log, x).map_err(Fault::internal)
    }
    /// The private half.
    pub(crate) fn open(&self, master_keys: &MasterKeys, org: &OrgId) -> Result<LogKey, Fault> {
        let pkcs8 = master_keys.open(&context(org, &self.id), &self.sealed_key).map_err(Fault::internal)?;
        let key = SigningKey::from_pkcs8(Algorithm::EdDSA, self.id.as_str(), &pkcs8).map_err(Fault::internal)?;
        Ok(LogKey { key, name: self.public()?.log })
    }
    fn public(&self) -> Result<Public, Fault> {
        serde_json::from_str(&self.public_jwk).map_err(Fault::internal)
    }
}

/// The private key of a log, with the log's name.
pub(crate) struct LogKey {
    key: SigningKey,
    name: String,
}

impl LogKey {
    /// What signs.
    pub(crate) fn signer(&self) -> Result<Signer<'_>, Fault> {
        Signer::new(&self.name, &self.key).map_err(Fault::internal)
    }
}

/// What the sealed key is bound to.
fn context(org: &OrgId, kid: &KeyId) -> String {
    format!("{org}/signing_keys/{kid}")
}
