//! Claiming what counts once, each by one conditional statement.

use flow::{Cx, OneOrg, Writes};
use kernel::Fault;
use oauth::claim::{Claim, Claimed, Key, Lost};
use store::{args, org_sql};

/// Claim it. `memo` is what a rotated refresh token keeps of the answer it led to.
pub(crate) async fn claim(
    cx: &mut Cx<OneOrg, Writes>,
    claim: Claim,
    memo: Option<&[u8]>,
) -> Result<Result<Claimed, Lost>, Fault> {
    let is_first = match claim.key() {
        Key::Code(id) => {
            let sql = org_sql!(
                "UPDATE authorization_codes SET redeemed_at = :now \
                 WHERE org_id = :org AND id = :id AND redeemed_at IS NULL AND expires_at > :now \
                     AND (session_id IS NULL OR session_id IN \
                         (SELECT s.id FROM sessions s \
                          WHERE s.org_id = :org AND s.id = authorization_codes.session_id AND s.ended_at IS NULL))"
            );
            cx.tx.execute(sql, args! { now: cx.now, id: id }).await? == 1
        }
        Key::RefreshToken(id) => {
            let sql = org_sql!(
                "UPDATE refresh_tokens SET rotated_at = :now, successor = :memo \
                 WHERE org_id = :org AND id = :id AND rotated_at IS NULL AND expires_at > :now"
            );
            cx.tx.execute(sql, args! { now: cx.now, memo: memo, id: id }).await? == 1
        }
        Key::Decoupled(id) => {
            let sql = org_sql!(
                "UPDATE decoupled_requests SET redeemed_at = :now \
                 WHERE org_id = :org AND id = :id AND state = 'approved' AND redeemed_at IS NULL AND expires_at > :now"
            );
            cx.tx.execute(sql, args! { now: cx.now, id: id }).await? == 1
        }
        // The runner claimed it before this operation began.
        Key::Assertion { .. } | Key::Proof { .. } => return Err(Fault::internal("a proof is not claimed by a grant")),
    };
    Ok(claim.outcome(is_first))
}
