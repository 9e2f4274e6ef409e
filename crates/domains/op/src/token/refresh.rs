//! A refresh token for new tokens.

use super::settle::claim;
use super::{Issued, Token, Tokens, still_allowed};
use crate::clients::Client;
use crate::mint::new_jti;
use flow::{Cx, OneOrg, Verdict, Writes};
use identity::secret::{self, Credential};
use kernel::{ClientId, FamilyId, Fault, RefreshTokenId, Scopes, Secret, Timestamp};
use oauth::confirmation::Confirmation;
use oauth::grant::refresh_token::{Decision, Facts, Request, State, decide, unusable};
use oauth::grant::{Refresh, TokenPlan, UserGrant};
use oauth::rar::Details;
use serde::{Deserialize, Serialize};
use store::{args, org_sql, rows};

/// What a refresh token's secret is hashed for.
pub(crate) const PURPOSE: &str = "refresh token";

rows! {
    struct RefreshRow {
        secret_hash: Vec<u8>, family_id: FamilyId, client_id: ClientId, facts: String, created_at: Timestamp,
        expires_at: Timestamp, rotated_at: Option<Timestamp>, successor: Option<Vec<u8>>, void_before: Option<Timestamp>,
        is_family_alive: Option<bool>
    }
}

/// A stored token whose secret was presented.
struct Presented {
    id: RefreshTokenId,
    row: RefreshRow,
    grant: UserGrant,
    state: State,
    memo: Option<Memo>,
}

/// What a rotated token keeps of the answer it led to, sealed, so that the answer can be given again for a few seconds.
#[derive(Serialize, Deserialize)]
struct Memo {
    refresh_token: String,
    jti: String,
    at: Timestamp,
    scopes: Scopes,
    audience: Vec<String>,
    #[serde(default)]
    authorization_details: Details,
    #[serde(default)]
    confirmation: Confirmation,
}

impl Memo {
    fn of(plan: &TokenPlan, successor: &Credential, jti: &str, at: Timestamp) -> Self {
        let refresh_token = successor.format().expose().to_owned();
        Self {
            refresh_token,
            jti: jti.to_owned(),
            at,
            scopes: plan.scopes.clone(),
            audience: plan.audience.clone(),
            authorization_details: plan.authorization_details.clone(),
            confirmation: plan.confirmation.clone(),
        }
    }
    /// Whether the plan leads to the same answer.
    fn is_of(&self, plan: &TokenPlan) -> bool {
        plan.scopes == self.scopes
            && plan.audience == self.audience
            && plan.authorization_details == self.authorization_details
            && plan.confirmation == self.confirmation
    }
    fn seal(&self, cx: &Cx<OneOrg, Writes>, of: &RefreshTokenId) -> Result<Vec<u8>, Fault> {
        let memo = serde_json::to_vec(self).map_err(Fault::internal)?;
        Ok(cx.services().master_keys.seal(&context(cx, of), &memo, cx.rng()))
    }
    fn open(cx: &Cx<OneOrg, Writes>, of: &RefreshTokenId, sealed: &[u8]) -> Option<Self> {
        let memo = cx.services().master_keys.open(&context(cx, of), sealed).ok()?;
        serde_json::from_slice(&memo).ok()
    }
}

impl Presented {
    fn facts<'a>(&'a self, token: &Token, cx: &Cx<OneOrg, Writes>, state: State) -> Facts<'a> {
        Facts {
            id: &self.id,
            client_id: &self.row.client_id,
            family: &self.row.family_id,
            grant: &self.grant,
            state,
            expires_at: self.row.expires_at,
            is_subject_active: is_standing(token.client(), cx, self.row.created_at, self.row.void_before),
        }
    }
}

pub(super) async fn run(token: &Token, request: &Request, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Issued, Tokens>, Fault> {
    let presented = find(token, request, cx).await?;
    let facts = presented.as_ref().map(|presented| presented.facts(token, cx, presented.state.clone()));
    let decision = match decide(request, facts.as_ref(), &token.authenticated, cx.now) {
        Ok(decision) => decision,
        Err(refusal) => {
            return token.refuse(refusal, cx, |client, family| Tokens::RefreshTokenReused { client, family }).await;
        }
    };
    let presented = presented.as_ref().ok_or_else(|| Fault::internal("a decision without a token"))?;
    match decision {
        Decision::Issue(plan) => issue(token, presented, *plan, cx).await,
        Decision::Repeat { .. } => repeat(token, request, presented, cx).await,
    }
}

async fn issue(
    token: &Token,
    presented: &Presented,
    plan: TokenPlan,
    cx: &mut Cx<OneOrg, Writes>,
) -> Result<Verdict<Issued, Tokens>, Fault> {
    let successor = new_credential(cx);
    let jti = new_jti(cx, plan.family.as_ref());
    // Without a grace period nobody is given the answer again.
    let may_repeat = !token.client().metadata.grace().is_zero();
    let memo = may_repeat.then(|| Memo::of(&plan, &successor, &jti, cx.now).seal(cx, &presented.id)).transpose()?;
    let mut claimed = Vec::new();
    for wanted in plan.claims() {
        // Whoever lost the race may ask again: then the token is known to be rotated.
        let proof = claim(cx, wanted, memo.as_deref()).await?;
        claimed.push(proof.map_err(|_| Fault::unavailable("a refresh token was rotated in this very moment"))?);
    }
    let plan = plan.settle(&claimed)?;
    let refresh = plan.refresh.clone();
    let mut issued = Issued::new(token, token.mint.begin(cx, plan).await?.with_jti(jti));
    if let Refresh::Issue { grant, expires_at, .. } = &refresh {
        insert(cx, &successor, &presented.row.family_id, token.client().id(), grant, *expires_at).await?;
        issued = issued.with_refresh_token(successor.format());
    }
    let event = issued.event(oauth::grant::REFRESH_TOKEN);
    Ok(Verdict::Done(issued, event))
}

/// The answer that was given when the token was rotated: the same refresh token, the same access token but for the random part of
/// its signature. The claim that succeeded then is the one this answer stands on.
async fn repeat(
    token: &Token,
    request: &Request,
    presented: &Presented,
    cx: &mut Cx<OneOrg, Writes>,
) -> Result<Verdict<Issued, Tokens>, Fault> {
    let as_then = presented.facts(token, cx, State::Active);
    let decided = decide(request, Some(&as_then), &token.authenticated, cx.now);
    let memo = presented.memo.as_ref().ok_or_else(unusable)?;
    let plan = match decided.map_err(Fault::from)? {
        Decision::Issue(plan) if memo.is_of(&plan) => plan,
        Decision::Issue(_) | Decision::Repeat { .. } => return Err(unusable().into()),
    };
    let claimed: Result<Vec<_>, _> = plan.claims().into_iter().map(|claim| claim.outcome(true)).collect();
    let plan = plan.settle(&claimed.map_err(|_| unusable())?)?;
    let batch = token.mint.begin(cx, plan).await?.with_jti(memo.jti.clone()).issued_at(memo.at);
    let issued = Issued::new(token, batch).with_refresh_token(Secret::new(memo.refresh_token.clone()));
    let event =
        Tokens::Repeated { client: token.client().id().clone(), jti: memo.jti.clone(), family: presented.row.family_id.clone() };
    Ok(Verdict::Done(issued, event))
}

async fn find(token: &Token, request: &Request, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<Presented>, Fault> {
    let Some(presented) = Credential::parse(request.refresh_token.expose()) else { return Ok(None) };
    let sql = org_sql!(
        "SELECT r.secret_hash, r.family_id, r.client_id, r.facts, r.created_at, r.expires_at, r.rotated_at, r.successor, \
             u.tokens_not_before AS void_before, CASE WHEN f.revoked_at IS NULL THEN 1 ELSE 0 END AS is_family_alive \
         FROM refresh_tokens r \
         JOIN grant_families f ON f.org_id = r.org_id AND f.id = r.family_id \
         LEFT JOIN users u ON u.org_id = r.org_id AND u.id = r.user_id AND u.is_active = 1 AND u.is_blocked = 0 \
         WHERE r.org_id = :org AND r.id = :id"
    );
    let Some(row) = cx.tx.fetch_optional::<RefreshRow>(sql, args! { id: &presented.id }).await? else { return Ok(None) };
    if !secret::matches(cx.services(), PURPOSE, &presented.secret, &row.secret_hash) {
        return Ok(None);
    }
    let id = RefreshTokenId::from(presented.id);
    let grant = still_allowed(token, cx.org(), serde_json::from_str(&row.facts).map_err(Fault::internal)?);
    let memo = row.successor.as_deref().and_then(|sealed| Memo::open(cx, &id, sealed));
    let state = state(cx, &row, memo.as_ref()).await?;
    Ok(Some(Presented { id, row, grant, state, memo }))
}

async fn state(cx: &mut Cx<OneOrg, Writes>, row: &RefreshRow, memo: Option<&Memo>) -> Result<State, Fault> {
    let Some(at) = row.rotated_at else {
        return Ok(if row.is_family_alive == Some(true) { State::Active } else { State::Revoked });
    };
    if row.is_family_alive != Some(true) {
        return Ok(State::Revoked);
    }
    let Some(successor) = memo.and_then(|memo| Credential::parse(&memo.refresh_token)) else {
        return Ok(State::Rotated { at, successor: RefreshTokenId::from(""), is_successor_used: true });
    };
    let successor = RefreshTokenId::from(successor.id);
    let sql = org_sql!("SELECT id AS a FROM refresh_tokens WHERE org_id = :org AND id = :id AND rotated_at IS NULL");
    let unused = cx.tx.fetch_optional::<(String,)>(sql, args! { id: &successor }).await?;
    Ok(State::Rotated { at, successor, is_successor_used: unused.is_none() })
}

/// A new refresh token.
pub(crate) fn new_credential(cx: &Cx<OneOrg, Writes>) -> Credential {
    Credential::generate(RefreshTokenId::new(cx.now, cx.rng()).as_str(), cx.rng())
}

/// Store a refresh token.
pub(crate) async fn insert(
    cx: &mut Cx<OneOrg, Writes>,
    new: &Credential,
    family: &FamilyId,
    client: &ClientId,
    grant: &UserGrant,
    expires_at: Timestamp,
) -> Result<(), Fault> {
    let hash = secret::hash(cx.services(), PURPOSE, &new.secret);
    let facts = serde_json::to_string(grant).map_err(Fault::internal)?;
    let sql = org_sql!(
        "INSERT INTO refresh_tokens (org_id, id, secret_hash, family_id, client_id, user_id, facts, created_at, expires_at) \
         VALUES (:org, :id, :hash, :family, :client, :user, :facts, :now, :expires_at)"
    );
    let values = args! {
        id: &new.id, hash: &hash, family: family, client: client, user: &grant.user, facts: facts, now: cx.now,
        expires_at: expires_at
    };
    cx.tx.execute(sql, values).await?;
    Ok(())
}

/// Whether a credential made at that moment still stands: its person may enter, and nothing voided everything issued before.
pub(crate) fn is_standing(
    client: &Client,
    cx: &Cx<OneOrg, Writes>,
    created_at: Timestamp,
    void_before: Option<Timestamp>,
) -> bool {
    let limits = [cx.org().tokens_not_before(), client.tokens_not_before, client.created_at];
    void_before.is_some_and(|user| created_at >= user) && limits.into_iter().all(|limit| created_at >= limit)
}

fn context(cx: &Cx<OneOrg, Writes>, id: &RefreshTokenId) -> String {
    format!("refresh_tokens {} {id}", cx.org().id())
}
