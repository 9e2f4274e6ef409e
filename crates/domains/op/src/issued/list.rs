//! A page of what was issued and hasn't ended long ago.

use super::OwnTokens;
use flow::{Cx, Json, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict};
use identity::envelope::Listed;
use identity::paging::{self, Listing, PageNumber, PageSize};
use identity::permissions::SESSIONS_READ;
use identity::users::{UserRef, find_user_by};
use kernel::{Access, ClientId, Fault, Page, Scopes, Silent, Timestamp, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{args, org_sql, rows};

flow::input! {
    /// List tokens.
    #[derive(Clone, Debug)]
    pub struct TokensWanted {
        /// Which page.
        query "page" => page: PageNumber,
        /// Tokens per page.
        query "limit" => limit: PageSize,
        /// Only those that are, or aren't, revoked.
        query "revoked" => revoked: Option<bool>,
        /// Only this client's.
        query "clientId" => client: Option<Text<1, 255>>,
        /// Only this user's: id or e-mail address.
        query "userId" => user: Option<UserRef>,
    }
}

/// List tokens.
#[derive(Clone, Debug)]
pub struct ListTokens(TokensWanted);

impl Prepare<ListTokens> for TokensWanted {
    async fn prepare(self, prep: &Prep) -> Result<ListTokens, Fault> {
        prep.services().rooms.find::<OwnTokens>()?.flush(prep.services()).await?;
        Ok(ListTokens(self))
    }
}

/// What a client was given: everything of one grant of a person, or a token for itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedView {
    /// Its number.
    id: i64,
    /// To whom.
    client_id: String,
    /// Whose grant it is; none if the client got it for itself.
    user_id: Option<String>,
    /// What it allows.
    scopes: Vec<String>,
    /// Whether it was revoked.
    revoked: bool,
    /// When it ends: the last refresh token of a grant, or the only token.
    expires_at: String,
    /// When it was issued.
    created_at: String,
    /// Whether it has ended by itself.
    is_expired: bool,
}

rows! {
    struct IssuedRow {
        number: i64, client_id: ClientId, user_id: Option<UserId>, scopes: Scopes, created_at: Timestamp, expires_at: Timestamp,
        is_revoked: bool
    }
}

impl IssuedRow {
    fn shown(self, now: Timestamp) -> IssuedView {
        IssuedView {
            id: self.number,
            client_id: self.client_id.to_string(),
            user_id: self.user_id.map(|user| user.to_string()),
            scopes: self.scopes.iter().map(str::to_owned).collect(),
            revoked: self.is_revoked,
            expires_at: self.expires_at.to_iso(),
            created_at: self.created_at.to_iso(),
            is_expired: self.expires_at <= now,
        }
    }
}

impl Operation for ListTokens {
    const ID: &'static str = "tokens.list";
    const SUMMARY: &'static str = "A page of what clients were given: people's grants and clients' own tokens, the latest first.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/tokens");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = TokensWanted;
    type Output = Json<Listed<IssuedView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let wanted = self.0;
        let request = paging::page(wanted.page, wanted.limit);
        let user = match &wanted.user {
            None => None,
            Some(named) => {
                let Some(user) = find_user_by(&mut cx.tx, named).await? else {
                    let nothing = Page { items: Vec::new(), total: 0, request };
                    return Ok(Verdict::Done(Json(Listed::new("tokens", nothing)), Silent));
                };
                Some(user.id)
            }
        };
        let mut listing = listing();
        if let Some(user) = &user {
            listing.and("t.user_id = :user", args! { user: user });
        }
        if let Some(client) = &wanted.client {
            listing.and("t.client_id = :client", args! { client: client.as_str() });
        }
        if let Some(is_revoked) = wanted.revoked {
            listing.and("t.is_revoked = :is_revoked", args! { is_revoked: is_revoked });
        }
        let order = "ORDER BY t.number DESC LIMIT :limit OFFSET :offset";
        let page = listing.page::<IssuedRow, _>(&mut cx.tx, order, request).await?;
        let now = cx.now;
        Ok(Verdict::Done(Json(Listed::new("tokens", page.map(|row| row.shown(now)))), Silent))
    }
}

/// What is revoked: a grant by itself, a token by itself, whatever was issued before client, person or organization were told to
/// honour nothing older, and what was exchanged from any of that, as [`crate::access_tokens::find_alive`] has it.
fn listing<'a>() -> Listing<'a> {
    Listing::new(
        org_sql!(
            "WITH t AS (
                 SELECT i.number, i.client_id, i.user_id,
                     CASE WHEN (i.family_id IS NOT NULL AND (f.id IS NULL OR f.revoked_at IS NOT NULL)) OR r.jti IS NOT NULL
                         OR c.id IS NULL OR i.created_at < c.tokens_not_before
                         OR i.created_at < COALESCE(u.tokens_not_before, 0)
                         OR i.created_at < (SELECT o.tokens_not_before FROM organizations o WHERE o.id = :org)
                         OR EXISTS (SELECT 1 FROM token_origins g
                             LEFT JOIN revoked_tokens gr ON gr.org_id = g.org_id AND gr.jti = g.origin_jti
                             LEFT JOIN grant_families gf ON gf.org_id = g.org_id AND gf.id = g.origin_family_id
                             LEFT JOIN clients gc ON gc.org_id = gf.org_id AND gc.id = gf.client_id
                             LEFT JOIN agents ga ON ga.org_id = gc.org_id AND ga.id = gc.agent_id
                             WHERE g.org_id = :org AND g.token = COALESCE(i.family_id, i.jti)
                                 AND (gr.jti IS NOT NULL OR (g.origin_family_id IS NOT NULL AND (gf.id IS NULL
                                     OR gf.revoked_at IS NOT NULL OR gc.id IS NULL OR gc.is_active = 0 OR ga.status <> 'active'))))
                         THEN 1 ELSE 0 END AS is_revoked
                 FROM issued_tokens i
                 LEFT JOIN grant_families f ON f.org_id = i.org_id AND f.id = i.family_id
                 LEFT JOIN revoked_tokens r ON r.org_id = i.org_id AND r.jti = i.jti
                 LEFT JOIN clients c ON c.org_id = i.org_id AND c.id = i.client_id
                 LEFT JOIN users u ON u.org_id = i.org_id AND u.id = i.user_id
                 WHERE i.org_id = :org
             ) SELECT count(*) AS a FROM t WHERE 1 = 1"
        ),
        org_sql!(
            "WITH t AS (
                 SELECT i.number, i.client_id, i.user_id, i.scopes, i.created_at, i.expires_at,
                     CASE WHEN (i.family_id IS NOT NULL AND (f.id IS NULL OR f.revoked_at IS NOT NULL)) OR r.jti IS NOT NULL
                         OR c.id IS NULL OR i.created_at < c.tokens_not_before
                         OR i.created_at < COALESCE(u.tokens_not_before, 0)
                         OR i.created_at < (SELECT o.tokens_not_before FROM organizations o WHERE o.id = :org)
                         OR EXISTS (SELECT 1 FROM token_origins g
                             LEFT JOIN revoked_tokens gr ON gr.org_id = g.org_id AND gr.jti = g.origin_jti
                             LEFT JOIN grant_families gf ON gf.org_id = g.org_id AND gf.id = g.origin_family_id
                             LEFT JOIN clients gc ON gc.org_id = gf.org_id AND gc.id = gf.client_id
                             LEFT JOIN agents ga ON ga.org_id = gc.org_id AND ga.id = gc.agent_id
                             WHERE g.org_id = :org AND g.token = COALESCE(i.family_id, i.jti)
                                 AND (gr.jti IS NOT NULL OR (g.origin_family_id IS NOT NULL AND (gf.id IS NULL
                                     OR gf.revoked_at IS NOT NULL OR gc.id IS NULL OR gc.is_active = 0 OR ga.status <> 'active'))))
                         THEN 1 ELSE 0 END AS is_revoked
                 FROM issued_tokens i
                 LEFT JOIN grant_families f ON f.org_id = i.org_id AND f.id = i.family_id
                 LEFT JOIN revoked_tokens r ON r.org_id = i.org_id AND r.jti = i.jti
                 LEFT JOIN clients c ON c.org_id = i.org_id AND c.id = i.client_id
                 LEFT JOIN users u ON u.org_id = i.org_id AND u.id = i.user_id
                 WHERE i.org_id = :org
             ) SELECT number, client_id, user_id, scopes, created_at, expires_at, is_revoked FROM t WHERE 1 = 1"
        ),
    )
}
