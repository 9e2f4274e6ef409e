//! An authorization code for tokens.

use super::settle::claim;
use super::{Issued, Token, Tokens, refresh, still_allowed};
use crate::families::{self, NewFamily};
use flow::{Cx, OneOrg, Verdict, Writes};
use identity::secret::{self, Credential};
use kernel::{AuthorizationCodeId, ClientId, FamilyId, Fault, SessionId, Timestamp};
use oauth::grant::authorization_code::{CodeGrant, Facts, Request, decide, lost, orphaned};
use oauth::grant::{Refresh, SettledPlan};
use store::{args, org_sql, rows};

/// What a code's secret is hashed for.
pub(crate) const PURPOSE: &str = "authorization code";

rows! {
    struct CodeRow {
        secret_hash: Vec<u8>, client_id: ClientId, family_id: FamilyId, session_id: Option<SessionId>, facts: String,
        created_at: Timestamp, expires_at: Timestamp, redeemed_at: Option<Timestamp>, void_before: Option<Timestamp>,
        is_family_revoked: bool
    }
}

/// A stored code whose secret was presented.
struct Code {
    id: AuthorizationCodeId,
    row: CodeRow,
    grant: CodeGrant,
}

impl Code {
    fn facts<'a>(&'a self, token: &Token, cx: &Cx<OneOrg, Writes>) -> Facts<'a> {
        Facts {
            id: &self.id,
            client_id: &self.row.client_id,
            grant: &self.grant,
            // A profile that was raised meanwhile may leave it less time.
            expires_at: self.row.expires_at.min(self.row.created_at.plus(token.client().metadata.lifetimes.code())),
            is_redeemed: self.row.redeemed_at.is_some(),
            family: &self.row.family_id,
            is_subject_active: !self.row.is_family_revoked
                && refresh::is_standing(token.client(), cx, self.row.created_at, self.row.void_before),
        }
    }
}

pub(super) async fn run(token: &Token, request: &Request, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Issued, Tokens>, Fault> {
    let reused = |client, family| Tokens::CodeReused { client, family };
    let code = find(token, request, cx).await?;
    let facts = code.as_ref().map(|code| code.facts(token, cx));
    let plan = match decide(request, facts.as_ref(), &token.authenticated, cx.now) {
        Ok(plan) => plan,
        Err(refusal) => return token.refuse(refusal, cx, reused).await,
    };
    let Some((code, facts)) = code.as_ref().zip(facts.as_ref()) else {
        return Err(Fault::internal("a plan without a code"));
    };
    let mut claimed = Vec::new();
    for wanted in plan.claims() {
        let Ok(proof) = claim(cx, wanted, None).await? else {
            let refusal = if is_redeemed(code, cx).await? { lost(facts) } else { orphaned() };
            return token.refuse(refusal, cx, reused).await;
        };
        claimed.push(proof);
    }
    let plan = plan.settle(&claimed)?;
    begin_family(code, &plan, cx).await?;
    let refresh = plan.refresh.clone();
    let mut issued = Issued::new(token, token.mint.begin(cx, plan).await?);
    if let Refresh::Issue { grant, expires_at, .. } = &refresh {
        let new = refresh::new_credential(cx);
        refresh::insert(cx, &new, &code.row.family_id, token.client().id(), grant, *expires_at).await?;
        issued = issued.with_refresh_token(new.format());
    }
    let event = issued.event(oauth::grant::AUTHORIZATION_CODE);
    Ok(Verdict::Done(issued, event))
}

async fn find(token: &Token, request: &Request, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<Code>, Fault> {
    let Some(presented) = Credential::parse(request.code.expose()) else { return Ok(None) };
    let sql = org_sql!(
        "SELECT c.secret_hash, c.client_id, c.family_id, c.session_id, c.facts, c.created_at, c.expires_at, c.redeemed_at, \
             u.tokens_not_before AS void_before, CASE WHEN f.revoked_at IS NULL THEN 0 ELSE 1 END AS is_family_revoked \
         FROM authorization_codes c \
         LEFT JOIN grant_families f ON f.org_id = c.org_id AND f.id = c.family_id \
         LEFT JOIN users u ON u.org_id = c.org_id AND u.id = c.user_id AND u.is_active = 1 AND u.is_blocked = 0 \
         WHERE c.org_id = :org AND c.id = :id"
    );
    let Some(row) = cx.tx.fetch_optional::<CodeRow>(sql, args! { id: &presented.id }).await? else { return Ok(None) };
    if !secret::matches(cx.services(), PURPOSE, &presented.secret, &row.secret_hash) {
        return Ok(None);
    }
    let mut grant: CodeGrant = serde_json::from_str(&row.facts).map_err(Fault::internal)?;
    grant.grant = still_allowed(token, cx.org(), grant.grant);
    Ok(Some(Code { id: presented.id.into(), row, grant }))
}

/// Whether a code that could not be claimed was claimed by somebody else. If not, its session has ended.
async fn is_redeemed(code: &Code, cx: &mut Cx<OneOrg, Writes>) -> Result<bool, Fault> {
    let sql = org_sql!("SELECT id AS a FROM authorization_codes WHERE org_id = :org AND id = :id AND redeemed_at IS NOT NULL");
    Ok(cx.tx.fetch_optional::<(AuthorizationCodeId,)>(sql, args! { id: &code.id }).await?.is_some())
}

/// A family lasts as long as its refresh tokens, or else its only access token.
async fn begin_family(code: &Code, plan: &SettledPlan, cx: &mut Cx<OneOrg, Writes>) -> Result<(), Fault> {
    let of_access_token = cx.now.plus(plan.access_token_lifetime);
    let expires_at = match &plan.refresh {
        Refresh::Issue { expires_at, .. } => of_access_token.max(*expires_at),
        Refresh::Nothing | Refresh::Keep => of_access_token,
    };
    let family = NewFamily {
        id: &code.row.family_id,
        client: &code.row.client_id,
        user: &code.grant.grant.user,
        session: code.row.session_id.as_ref(),
        scopes: &code.grant.grant.scopes,
        resources: Some(&code.grant.grant.resources),
        claims: &code.grant.grant.claims,
        expires_at,
    };
    Ok(families::begin(&mut cx.tx, &family, cx.now).await?)
}
