//! Authorization codes: `<id>.<secret>`, of which only a keyed hash is kept.

use crate::clients::Client;
use crate::token::CODE_PURPOSE;
use flow::{Cx, OneOrg, Writes};
use identity::secret::{self, Credential};
use identity::sessions::Session;
use kernel::{AuthorizationCodeId, FamilyId, Fault, Secret};
use oauth::authorization_request::AuthorizationRequest;
use oauth::grant::UserGrant;
use oauth::grant::authorization_code::CodeGrant;
use store::{args, org_sql};

/// A code for what the person of this session granted. Whatever it leads to is of `family`.
pub(super) async fn issue(
    cx: &mut Cx<OneOrg, Writes>,
    client: &Client,
    request: &AuthorizationRequest,
    session: &Session,
    grant: UserGrant,
    family: &FamilyId,
) -> Result<Secret, Fault> {
    let facts = serde_json::to_string(&CodeGrant::new(request, grant)).map_err(Fault::internal)?;
    let code = Credential::generate(AuthorizationCodeId::new(cx.now, cx.rng()).as_str(), cx.rng());
    let hash = secret::hash(cx.services(), CODE_PURPOSE, &code.secret);
    let sql = org_sql!(
        "INSERT INTO authorization_codes \
             (org_id, id, secret_hash, client_id, user_id, family_id, session_id, facts, created_at, expires_at) \
         VALUES (:org, :id, :hash, :client, :user, :family, :session, :facts, :now, :expires_at)"
    );
    let values = args! {
        id: &code.id, hash: &hash, client: client.id(), user: &session.user, family: family, session: &session.id,
        facts: facts, now: cx.now, expires_at: cx.now.plus(client.metadata.lifetimes.code())
    };
    cx.tx.execute(sql, values).await?;
    Ok(code.format())
}
