//! Revoking one of what was issued.

use super::Revocation;
use crate::families;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use identity::envelope::Message;
use identity::permissions::SESSIONS_WRITE;
use identity::privilege::must_outrank;
use kernel::{Access, ClientId, FamilyId, Fault, Timestamp, UserId};
use store::{args, org_sql, rows};

flow::input! {
    /// Revoke a grant of a person, or a client's own token.
    #[derive(Clone, Copy, Debug)]
    pub struct RevokeToken {
        /// Its number.
        path "tokenId" => number: i64,
    }
}

rows! {
    struct IssuedRow {
        family_id: Option<FamilyId>, jti: Option<String>, client_id: ClientId, user_id: Option<UserId>, expires_at: Timestamp
    }
}

impl Operation for RevokeToken {
    const ID: &'static str = "tokens.withdraw";
    const SUMMARY: &'static str = "Revoke a person's grant with every token of it, or a client's own token.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/tokens/{tokenId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Revocation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Revocation>, Fault> {
        let sql = org_sql!(
            "SELECT family_id, jti, client_id, user_id, expires_at FROM issued_tokens WHERE org_id = :org AND number = :number"
        );
        let row = cx.tx.fetch_optional::<IssuedRow>(sql, args! { number: self.number }).await?;
        let row = row.ok_or_else(|| Fault::not_found("tokens.not_found", "There is no such token."))?;
        if let Some(user) = &row.user_id {
            must_outrank(&mut cx.tx, &cx.actor, user).await?;
        }
        if let Some(family) = &row.family_id {
            families::revoke(&mut cx.tx, family, "revoked by an administrator", cx.now).await?;
        }
        if let Some(jti) = &row.jti {
            let sql = org_sql!(
                "INSERT INTO revoked_tokens (org_id, jti, expires_at) VALUES (:org, :jti, :expires_at) ON CONFLICT DO NOTHING"
            );
            cx.tx.execute(sql, args! { jti: jti, expires_at: row.expires_at }).await?;
        }
        let event = Revocation::One { client: row.client_id, subject: row.user_id, number: self.number };
        Ok(Verdict::Done(Json(Message { message: "The token was revoked." }), event))
    }
}
