//! What a person granted becomes a code, tokens or both, as the response type wants it.

use super::codes;
use super::deliver::Granted;
use super::session_state::session_state;
use crate::families::{self, NewFamily};
use crate::mint::{Batch, Mint};
use flow::{Cx, OneOrg, Writes};
use identity::sessions::Session;
use kernel::{CompanyId, FamilyId, Fault, Scopes, SessionId, Timestamp};
use oauth::authorization_request::AuthorizationRequest;
use oauth::grant::{UserGrant, implicit};

/// What was issued, and the family it is of.
pub(super) struct Issued {
    pub(super) granted: Granted,
    pub(super) family: FamilyId,
    /// The `jti` of the access token, if the answer carries one.
    pub(super) jti: Option<String>,
}

/// Issue what the request asks for.
pub(super) async fn issue(
    cx: &mut Cx<OneOrg, Writes>,
    mint: &Mint,
    request: &AuthorizationRequest,
    session: &Session,
    scopes: Scopes,
    company: Option<CompanyId>,
) -> Result<Issued, Fault> {
    let (client, response_type) = (mint.client(), request.response_type);
    let session_state = session_state(cx, client, request, session, &scopes);
    let sid = SessionId::from(session.public_id.as_str());
    let grant = UserGrant::new(request, scopes, session.user.clone(), Some(sid), &session.authentication);
    let grant = UserGrant { company, ..grant };
    let family = FamilyId::new(cx.now, cx.rng());
    let tokens = match implicit::decide(request, &grant, &client.metadata, &family) {
        Some(plan) => {
            begin_family(cx, mint, session, &grant, &family).await?;
            Some(mint.begin(cx, plan.settle(&[])?).await?)
        }
        None => None,
    };
    let code =
        if response_type.has_code() { Some(codes::issue(cx, client, request, session, grant, &family).await?) } else { None };
    let jti = tokens.as_ref().filter(|_| response_type.has_token()).map(Batch::jti).map(str::to_owned);
    Ok(Issued { granted: Granted { response_type, code, tokens, session_state }, family, jti })
}

/// A family begins with the tokens of the answer, and lasts until whatever the answer holds has ended. A code that is redeemed
/// lengthens it.
async fn begin_family(
    cx: &mut Cx<OneOrg, Writes>,
    mint: &Mint,
    session: &Session,
    grant: &UserGrant,
    family: &FamilyId,
) -> Result<(), Fault> {
    let lifetimes = &mint.client().metadata.lifetimes;
    let ends: [Timestamp; 3] = [lifetimes.access_token(), lifetimes.id_token(), lifetimes.code()].map(|end| cx.now.plus(end));
    let family = NewFamily {
        id: family,
        client: mint.client().id(),
        user: &session.user,
        session: Some(&session.id),
        scopes: &grant.scopes,
        resources: Some(&grant.resources),
        claims: &grant.claims,
        expires_at: ends.into_iter().max().unwrap_or(cx.now),
    };
    Ok(families::begin(&mut cx.tx, &family, cx.now).await?)
}
