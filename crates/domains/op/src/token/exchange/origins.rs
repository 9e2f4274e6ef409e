//! Which tokens an exchanged one was made from.

use crate::access_tokens::Verified;
use kernel::{FamilyId, Timestamp};
use store::{OneOrg, StoreError, Tx, Writes, args, org_sql, rows};

rows! {
    struct OriginRow { origin_jti: Option<String>, origin_family_id: Option<FamilyId> }
}

/// A token that another one descends from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    jti: Option<String>,
    family: Option<FamilyId>,
}

impl Origin {
    /// An access token.
    pub(super) fn of(token: &Verified) -> Self {
        Self { jti: Some(token.claims.jti.clone()), family: token.family.clone() }
    }
    /// A whole grant.
    pub(super) fn of_family(family: FamilyId) -> Self {
        Self { jti: None, family: Some(family) }
    }
}

/// What this token descends from. A token about a person goes by its family, a program's own by its `jti`.
pub(super) async fn list(tx: &mut Tx<OneOrg, Writes>, token: &str) -> Result<Vec<Origin>, StoreError> {
    let sql =
        org_sql!("SELECT origin_jti, origin_family_id FROM token_origins WHERE org_id = :org AND token = :token ORDER BY place");
    let rows = tx.fetch_all::<OriginRow>(sql, args! { token: token }).await?;
    Ok(rows.into_iter().map(|row| Origin { jti: row.origin_jti, family: row.origin_family_id }).collect())
}

/// Write it down, for as long as the token lives.
pub(super) async fn insert(
    tx: &mut Tx<OneOrg, Writes>,
    token: &str,
    origins: Vec<Origin>,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let sql = org_sql!(
        "INSERT INTO token_origins (org_id, token, place, origin_jti, origin_family_id, expires_at) \
         VALUES (:org, :token, :place, :jti, :family, :expires_at)"
    );
    for (place, origin) in (0_i64..).zip(&origins) {
        let values = args! {
            token: token, place: place, jti: origin.jti.as_deref(), family: origin.family.as_ref(), expires_at: expires_at
        };
        tx.execute(sql, values).await?;
    }
    Ok(())
}
