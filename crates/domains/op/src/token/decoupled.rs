//! A device code or an `auth_req_id` for tokens.

use super::settle::claim;
use super::{Issued, Token, Tokens, refresh, still_allowed};
use crate::decoupled::{Stored, check_again, note_question, purpose};
use crate::families::{self, NewFamily};
use crate::policy::Policy;
use flow::{Cx, OneOrg, Verdict, Writes};
use identity::secret::{self, Credential};
use kernel::{ClientId, DecoupledRequestId, FamilyId, Fault, Timestamp};
use oauth::ProtocolError;
use oauth::client::DeliveryMode;
use oauth::decoupled::{INTERVAL, Pace};
use oauth::grant::decoupled::{Facts, Kind, NotYet, Request, State, decide, lost};
use oauth::grant::{self, Refresh, SettledPlan};
use store::{args, org_sql, rows};

rows! {
    struct RequestRow {
        secret_hash: Vec<u8>, client_id: ClientId, request: String, state: String, family_id: Option<FamilyId>,
        facts: Option<String>, poll_interval: i64, polled_at: Option<Timestamp>, expires_at: Timestamp,
        decided_at: Option<Timestamp>, redeemed_at: Option<Timestamp>, void_before: Option<Timestamp>
    }
}

/// A stored request whose handle was presented.
struct Presented {
    id: DecoupledRequestId,
    row: RequestRow,
    stored: Stored,
    state: State,
}

impl Presented {
    fn facts(&self) -> Facts<'_> {
        let interval = u32::try_from(self.row.poll_interval).unwrap_or(INTERVAL);
        Facts {
            id: &self.id,
            client_id: &self.row.client_id,
            state: &self.state,
            challenge: self.stored.asked.challenge.as_ref(),
            expires_at: self.row.expires_at,
            is_redeemed: self.row.redeemed_at.is_some(),
            pace: Pace { interval, asked_at: self.row.polled_at },
            is_pushed: self.stored.delivery.as_ref().is_some_and(|delivery| delivery.mode == DeliveryMode::Push),
        }
    }
}

pub(super) async fn run(token: &Token, request: &Request, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Issued, Tokens>, Fault> {
    let is_offered = match request.kind {
        Kind::Device => Policy::of(cx.org()).devices().are_allowed,
        Kind::Backchannel => Policy::of(cx.org()).takes_backchannel_requests(),
    };
    if !is_offered {
        return Err(grant::unsupported().into());
    }
    let found = find(token, request, cx).await?;
    if let Some(found) = found.as_ref().filter(|found| found.row.client_id == *token.client().id()) {
        check_again(&found.stored, token.client(), request.kind).map_err(|_| outdated())?;
    }
    let facts = found.as_ref().map(Presented::facts);
    let plan = match decide(request, facts.as_ref(), &token.authenticated, cx.now) {
        Ok(plan) => plan,
        Err(NotYet::Never(error)) => return Err(error.into()),
        Err(NotYet::Wait(error, pace)) => {
            if let Some(found) = &found {
                note_question(cx, &found.id, pace).await?;
                if !found.facts().pace.is_first_of_minute(cx.now) {
                    return Ok(Verdict::RefusedAgain(error.into(), "the first question of this minute is in the log"));
                }
            }
            let event = Tokens::Pending { client: token.client().id().clone(), grant: request.kind.grant_type() };
            return Ok(Verdict::Refused(error.into(), event));
        }
    };
    let mut claimed = Vec::new();
    for wanted in plan.claims() {
        claimed.push(claim(cx, wanted, None).await?.map_err(|_| lost())?);
    }
    let plan = plan.settle(&claimed)?;
    let family = begin_family(token, found.as_ref(), &plan, cx).await?;
    let refresh = plan.refresh.clone();
    let mut issued = Issued::new(token, token.mint.begin(cx, plan).await?);
    if let Refresh::Issue { grant, expires_at, .. } = &refresh {
        let new = refresh::new_credential(cx);
        refresh::insert(cx, &new, &family, token.client().id(), grant, *expires_at).await?;
        issued = issued.with_refresh_token(new.format());
    }
    let event = issued.event(request.kind.grant_type());
    Ok(Verdict::Done(issued, event))
}

/// The client or its profile has become stricter since the request was made.
fn outdated() -> ProtocolError {
    ProtocolError::invalid_grant("This client may not make such a request any more. Please start again.")
}

async fn find(token: &Token, request: &Request, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<Presented>, Fault> {
    let Some(presented) = Credential::parse(request.handle.expose()) else { return Ok(None) };
    let sql = org_sql!(
        "SELECT d.secret_hash, d.client_id, d.request, d.state, d.family_id, d.facts, d.poll_interval, d.polled_at, d.expires_at, \
             d.decided_at, d.redeemed_at, u.tokens_not_before AS void_before \
         FROM decoupled_requests d \
         LEFT JOIN users u ON u.org_id = d.org_id AND u.id = d.user_id AND u.is_active = 1 AND u.is_blocked = 0 \
         WHERE d.org_id = :org AND d.id = :id"
    );
    let Some(row) = cx.tx.fetch_optional::<RequestRow>(sql, args! { id: &presented.id }).await? else { return Ok(None) };
    // The handle of the other grant was hashed for something else.
    if !secret::matches(cx.services(), purpose(request.kind), &presented.secret, &row.secret_hash) {
        return Ok(None);
    }
    let stored = serde_json::from_str(&row.request).map_err(Fault::internal)?;
    let state = state(token, cx, &row)?;
    Ok(Some(Presented { id: presented.id.into(), row, stored, state }))
}

fn state(token: &Token, cx: &Cx<OneOrg, Writes>, row: &RequestRow) -> Result<State, Fault> {
    let (Some(family), Some(facts), Some(decided_at)) = (&row.family_id, &row.facts, row.decided_at) else {
        return Ok(if row.state == "pending" { State::Pending } else { State::Denied });
    };
    let grant = Box::new(still_allowed(token, cx.org(), serde_json::from_str(facts).map_err(Fault::internal)?));
    let is_subject_active = refresh::is_standing(token.client(), cx, decided_at, row.void_before);
    Ok(State::Approved { grant, family: family.clone(), is_subject_active })
}

/// A family lasts as long as its refresh tokens, or else its only access token. It is of no session.
async fn begin_family(
    token: &Token,
    found: Option<&Presented>,
    plan: &SettledPlan,
    cx: &mut Cx<OneOrg, Writes>,
) -> Result<FamilyId, Fault> {
    let Some(State::Approved { grant, family, .. }) = found.map(|found| &found.state) else {
        return Err(Fault::internal("a plan without an approval"));
    };
    let of_access_token = cx.now.plus(plan.access_token_lifetime);
    let expires_at = match &plan.refresh {
        Refresh::Issue { expires_at, .. } => of_access_token.max(*expires_at),
        Refresh::Nothing | Refresh::Keep => of_access_token,
    };
    let (client, user, scopes) = (token.client().id(), &grant.user, &grant.scopes);
    let resources = Some(&*grant.resources);
    let new = NewFamily { id: family, client, user, session: None, scopes, resources, claims: &grant.claims, expires_at };
    families::begin(&mut cx.tx, &new, cx.now).await?;
    Ok(family.clone())
}
