//! What a subject token stands for now.

use super::origins::{self, Origin};
use crate::access_tokens::{Verified, find_alive};
use crate::clients::Client;
use crate::policy::Policy;
use crate::token::refresh::is_standing;
use crate::token::{REFRESH_PURPOSE, Token, still_allowed};
use flow::{Cx, OneOrg, Writes};
use identity::secret::{self, Credential};
use kernel::{Authentication, ClientId, FamilyId, Fault, Scopes, SessionId, Timestamp, UserId};
use oauth::confirmation::Confirmation;
use oauth::grant::Subject;
use oauth::rar::{self, Details};
use oauth::token_exchange::{IdToken, SubjectFacts};
use oauth::{resource, scope};
use std::sync::Arc;
use std::time::Duration;
use store::{args, org_sql, rows};

/// What was shown as the subject token.
#[derive(Clone)]
pub(super) enum Shape {
    Access(Arc<Verified>, Arc<Client>),
    Refresh(Credential),
    Id(IdToken),
    /// Nothing of ours, or not what it was said to be.
    Nothing,
}

/// A subject token that is alive.
pub(super) struct Loaded {
    pub(super) facts: SubjectFacts,
    /// What it descends from, itself included.
    pub(super) origins: Vec<Origin>,
    /// The session it ends with; `None` if what was granted outlives it (OpenID Connect Core §11).
    pub(super) session: Option<SessionId>,
}

impl Shape {
    pub(super) async fn load(
        &self,
        token: &Token,
        shown: &Confirmation,
        cx: &mut Cx<OneOrg, Writes>,
    ) -> Result<Option<Loaded>, Fault> {
        match self {
            Self::Access(verified, client) => access_token(verified, client, cx).await,
            Self::Refresh(presented) => refresh_token(presented, token, shown, cx).await,
            Self::Id(id_token) => of_session(id_token, token, cx).await,
            Self::Nothing => Ok(None),
        }
    }
}

async fn access_token(token: &Verified, client: &Client, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<Loaded>, Fault> {
    let Some(alive) = find_alive(&mut cx.tx, token).await? else { return Ok(None) };
    let claims = &token.claims;
    let name = token.family.as_ref().map_or(claims.jti.as_str(), FamilyId::as_str);
    let mut origins = origins::list(&mut cx.tx, name).await?;
    let session = match &token.family {
        Some(family) => session_of(family, cx).await?,
        None => None,
    };
    let facts = SubjectFacts {
        subject: alive.user.map_or_else(|| Subject::Client(claims.client_id.clone()), Subject::User),
        client_id: claims.client_id.clone(),
        agent: client.agent.as_ref().map(|agent| agent.id.clone()),
        audience: claims.aud.values().to_vec(),
        // What the client was deprived of since then is gone.
        scopes: claims.scope.intersection(&client.metadata.scopes),
        authorization_details: rar::still_allowed(
            &claims.authorization_details,
            Policy::of(cx.org()).authorization_details_types(),
            &client.metadata,
        ),
        authentication: claims.auth_time.map(|at| Authentication {
            at: Timestamp::from_secs(at),
            acr: claims.acr.clone().unwrap_or_default(),
            amr: claims.amr.clone(),
        }),
        session: claims.sid.clone(),
        act: claims.act.clone(),
        may_act: claims.may_act.clone(),
        confirmation: claims.cnf.clone(),
        expires_at: token.expires_at(),
        origins: origins.len(),
    };
    origins.push(Origin::of(token));
    Ok(Some(Loaded { facts, origins, session }))
}

rows! {
    struct RefreshRow {
        secret_hash: Vec<u8>, family_id: FamilyId, facts: String, created_at: Timestamp, expires_at: Timestamp,
        void_before: Option<Timestamp>
    }
    struct FamilyRow {
        id: FamilyId, user_id: UserId, scopes: Scopes, resources: Option<String>, created_at: Timestamp,
        void_before: Option<Timestamp>
    }
    struct SessionRow { session_id: Option<SessionId>, scopes: Scopes }
}

/// A refresh token of the client that shows it. It stays what it is.
async fn refresh_token(
    presented: &Credential,
    token: &Token,
    shown: &Confirmation,
    cx: &mut Cx<OneOrg, Writes>,
) -> Result<Option<Loaded>, Fault> {
    let sql = org_sql!(
        "SELECT r.secret_hash, r.family_id, r.facts, r.created_at, r.expires_at, u.tokens_not_before AS void_before \
         FROM refresh_tokens r \
         JOIN grant_families f ON f.org_id = r.org_id AND f.id = r.family_id AND f.revoked_at IS NULL \
         JOIN users u ON u.org_id = r.org_id AND u.id = r.user_id AND u.is_active = 1 AND u.is_blocked = 0 \
         WHERE r.org_id = :org AND r.id = :id AND r.client_id = :client AND r.rotated_at IS NULL"
    );
    let client = token.client().id();
    let Some(row) = cx.tx.fetch_optional::<RefreshRow>(sql, args! { id: &presented.id, client: client }).await? else {
        return Ok(None);
    };
    let is_ours = secret::matches(cx.services(), REFRESH_PURPOSE, &presented.secret, &row.secret_hash);
    let grant = still_allowed(token, cx.org(), serde_json::from_str(&row.facts).map_err(Fault::internal)?);
    let is_shown = grant.constraint.as_ref().is_none_or(|constraint| constraint.is_met_by(shown));
    if !is_ours || !is_shown || !is_standing(token.client(), cx, row.created_at, row.void_before) {
        return Ok(None);
    }
    let facts = SubjectFacts {
        scopes: grant.scopes,
        authorization_details: grant.authorization_details,
        audience: resource::audience(grant.resources, client),
        authentication: Some(Authentication { at: grant.auth_time, acr: grant.acr, amr: grant.amr }),
        session: grant.session,
        ..of_grant(token, grant.user, row.expires_at)
    };
    let session = session_of(&row.family_id, cx).await?;
    Ok(Some(Loaded { facts, origins: vec![Origin::of_family(row.family_id)], session }))
}

/// An ID token stands for the grant it came with: the latest one of its session, client and person that was there when it was made, what was
/// made by exchanges aside. It is worth nothing once the session has ended.
async fn of_session(id_token: &IdToken, token: &Token, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<Loaded>, Fault> {
    let sql = org_sql!(
        "SELECT f.id, f.user_id, f.scopes, f.resources, f.created_at, u.tokens_not_before AS void_before \
         FROM session_clients l \
         JOIN sessions s ON s.org_id = l.org_id AND s.user_id = l.user_id AND s.public_id = l.sid AND s.expires_at > :now \
         JOIN grant_families f ON f.org_id = l.org_id AND f.user_id = l.user_id AND f.client_id = l.client_id AND f.session_id = s.id \
             AND f.revoked_at IS NULL AND f.expires_at > :now AND f.created_at < :until \
             AND NOT EXISTS (SELECT 1 FROM token_origins o WHERE o.org_id = f.org_id AND o.token = f.id) \
         JOIN users u ON u.org_id = l.org_id AND u.id = l.user_id AND u.is_active = 1 AND u.is_blocked = 0 \
         WHERE l.org_id = :org AND l.sid = :sid AND l.client_id = :client AND l.ended_at IS NULL ORDER BY f.created_at DESC"
    );
    // ID tokens count seconds.
    let until = id_token.issued_at.plus(Duration::from_secs(1));
    let client = token.client().id();
    let values = args! { sid: &id_token.session, client: client, now: cx.now, until: until };
    let rows = cx.tx.fetch_all::<FamilyRow>(sql, values).await?;
    let is_of_token = |row: &FamilyRow| {
        token.mint.subjects().of_user(&row.user_id) == id_token.sub
            && is_standing(token.client(), cx, row.created_at, row.void_before)
    };
    let Some(row) = rows.into_iter().find(is_of_token) else { return Ok(None) };
    // A grant from before this was written down might be for anyone.
    let Some(resources) = &row.resources else { return Ok(None) };
    let resources: Vec<String> = serde_json::from_str(resources).map_err(Fault::internal)?;
    let facts = SubjectFacts {
        audience: resource::audience(resources, client),
        scopes: row.scopes.intersection(&token.client().metadata.scopes),
        authentication: id_token.authentication.clone(),
        session: Some(id_token.session.clone()),
        ..of_grant(token, row.user_id, id_token.expires_at)
    };
    let session = session_of(&row.id, cx).await?;
    Ok(Some(Loaded { facts, origins: vec![Origin::of_family(row.id)], session }))
}

/// What a grant of this person to the caller comes to, as far as nothing else is known.
fn of_grant(token: &Token, user: UserId, expires_at: Timestamp) -> SubjectFacts {
    let client: &ClientId = token.client().id();
    SubjectFacts {
        subject: Subject::User(user),
        client_id: client.clone(),
        agent: token.client().agent.as_ref().map(|agent| agent.id.clone()),
        audience: vec![client.to_string()],
        scopes: Scopes::default(),
        authorization_details: Details::default(),
        authentication: None,
        session: None,
        act: None,
        may_act: token.client().metadata.may_act.as_ref().map(oauth::token_exchange::MayAct::only),
        confirmation: Confirmation::default(),
        expires_at,
        origins: 0,
    }
}

/// The session a grant ends with.
async fn session_of(family: &FamilyId, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<SessionId>, Fault> {
    let sql = org_sql!("SELECT session_id, scopes FROM grant_families WHERE org_id = :org AND id = :family");
    let row = cx.tx.fetch_optional::<SessionRow>(sql, args! { family: family }).await?;
    Ok(row.filter(|row| !row.scopes.has(scope::OFFLINE_ACCESS)).and_then(|row| row.session_id))
}
