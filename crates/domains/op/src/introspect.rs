//! Token introspection (RFC 7662).

use crate::access_tokens::{Verified, find_alive, living_client, verify};
use crate::clients::{Client, authenticate, issuer};
use crate::wrapping::Wrapping;
use crate::{clients, params, subjects, token};
use flow::{
    Answer, Body, Catalogue, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reads, Reply, ReplyDoc, Route,
    Surface, Verdict,
};
use identity::secret::{self, Credential};
use kernel::{Access, ClientId, Fault, FaultKind, Limit, Scopes, Secret, Silent, Timestamp, UserId};
use oauth::Issuer;
use oauth::client_authentication::AuthenticatedClient;
use oauth::confirmation::Confirmation;
use oauth::grant::{Subject, UserGrant};
use oauth::introspect::{self as rules, Facts, Kind, Response};
use oauth::pairwise::Subjects;
use schemars::SchemaGenerator;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{args, org_sql, rows};

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Introspect>()
}

/// Which token is asked about.
#[derive(Clone, Debug)]
pub struct IntrospectRequest(rules::Request);

impl Parse for IntrospectRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Ok(Self(rules::parse(&params::of_body(incoming)?)?))
    }
    fn parameters() -> Vec<Parameter> {
        vec![
            token::parameter("token", true, "The token."),
            token::parameter("token_type_hint", false, "What it is; not needed."),
            token::parameter("client_id", false, "Who asks, unless the Authorization header says so."),
            token::parameter("client_secret", false, "The client's secret, unless the Authorization header carries it."),
        ]
    }
}

/// A client asks what a token is worth.
#[derive(Clone, Debug)]
pub struct Introspect {
    caller: AuthenticatedClient,
    issuer: Issuer,
    asked: Asked,
    /// How the token's client knows people; a refresh token is described to its own client only.
    subjects: Subjects,
    /// For an answer that is a JWT.
    wrapping: Option<Wrapping>,
}

/// What the token looks like.
#[derive(Clone, Debug)]
enum Asked {
    Access(Arc<Verified>, Arc<Client>),
    Refresh(Credential),
    Nothing,
}

impl Prepare<Introspect> for IntrospectRequest {
    async fn prepare(self, prep: &Prep) -> Result<Introspect, Fault> {
        let (services, org) = (prep.services(), prep.organization()?);
        let proof = authenticate(services, org, &prep.request, prep.now).await?;
        let (calling, caller) = proof.claimed_by_runner()?;
        let asked = match verify(services, org, &self.0.token, prep.now).await {
            Ok(verified) => match living_client(services, org, &verified).await? {
                // A stranger is told about its own tokens alone.
                Some(client) if calling.is_described_elsewhere() && client.id() != calling.id() => Asked::Nothing,
                Some(client) => Asked::Access(verified, client),
                None => Asked::Nothing,
            },
            Err(fault) if fault.kind == FaultKind::Unauthenticated => refresh_token(&self.0.token),
            Err(fault) => return Err(fault),
        };
        let holder = if let Asked::Access(_, client) = &asked { client } else { &calling };
        let subjects = subjects::of(services, org, holder).await?;
        let wrapping = match rules::jwt_algorithm(prep.request.header("accept"), &calling.metadata) {
            Some(algorithm) => {
                let encryption = calling.metadata.introspection_encryption;
                Wrapping::find(services, org, &calling, Some(algorithm), encryption, prep.now).await?
            }
            None => None,
        };
        Ok(Introspect { caller, issuer: issuer(services, org), asked, subjects, wrapping })
    }
}

fn refresh_token(token: &Secret) -> Asked {
    Credential::parse(token.expose()).map_or(Asked::Nothing, Asked::Refresh)
}

impl Operation for Introspect {
    const ID: &'static str = "oauth.introspect";
    const SUMMARY: &'static str = "What a token is worth (RFC 7662).";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/introspect");
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Client;
    const LIMIT: Limit = Limit::Token;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = IntrospectRequest;
    type Output = Introspected;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Introspected, Silent>, Fault> {
        let (facts, agent) = match &self.asked {
            Asked::Access(token, client) => (about_access_token(token, &self.subjects, cx).await?, client.agent.as_ref()),
            Asked::Refresh(presented) => (about_refresh_token(presented, &self.subjects, cx).await?, None),
            Asked::Nothing => (None, None),
        };
        let is_about_person = facts.as_ref().is_some_and(|facts| matches!(facts.subject, Subject::User(_)));
        let mut response = rules::respond(&self.caller, facts, &self.issuer, cx.now)?;
        if let (Response::Active(active), Some(agent)) = (&mut response, agent.filter(|_| !is_about_person)) {
            active.sub = format!("agent_{}", agent.id);
        }
        let jwt = self.wrapping.map(|wrapping| {
            let claims = rules::jwt_claims(&response, &self.issuer, self.caller.client_id(), cx.now);
            (wrapping, claims)
        });
        Ok(Verdict::Done(Introspected { response, jwt }, Silent))
    }
}

async fn about_access_token(token: &Verified, subjects: &Subjects, cx: &mut Cx<OneOrg, Reads>) -> Result<Option<Facts>, Fault> {
    let Some(alive) = find_alive(&mut cx.tx, token).await? else { return Ok(None) };
    let claims = &token.claims;
    Ok(Some(Facts {
        kind: Kind::Access,
        client_id: claims.client_id.clone(),
        subject: alive.user.map_or_else(|| Subject::Client(claims.client_id.clone()), Subject::User),
        subjects: subjects.clone(),
        username: alive.email,
        scopes: claims.scope.clone(),
        audience: claims.aud.values().to_vec(),
        issued_at: Timestamp::from_secs(claims.iat),
        expires_at: token.expires_at(),
        jti: Some(claims.jti.clone()),
        signed_in: claims.acr.clone().zip(claims.auth_time),
        authorization_details: claims.authorization_details.clone(),
        confirmation: claims.cnf.clone(),
        act: claims.act.clone(),
        may_act: claims.may_act.clone(),
        is_alive: true,
    }))
}

rows! {
    struct RefreshRow {
        secret_hash: Vec<u8>, client_id: ClientId, user_id: UserId, email: String, facts: String, created_at: Timestamp,
        expires_at: Timestamp, void_before: Timestamp
    }
}

async fn about_refresh_token(
    presented: &Credential,
    subjects: &Subjects,
    cx: &mut Cx<OneOrg, Reads>,
) -> Result<Option<Facts>, Fault> {
    let sql = org_sql!(
        "SELECT r.secret_hash, r.client_id, r.user_id, u.email, r.facts, r.created_at, r.expires_at, u.tokens_not_before AS void_before \
         FROM refresh_tokens r \
         JOIN grant_families f ON f.org_id = r.org_id AND f.id = r.family_id AND f.revoked_at IS NULL \
         JOIN users u ON u.org_id = r.org_id AND u.id = r.user_id AND u.is_active = 1 AND u.is_blocked = 0 \
         WHERE r.org_id = :org AND r.id = :id AND r.rotated_at IS NULL"
    );
    let Some(row) = cx.tx.fetch_optional::<RefreshRow>(sql, args! { id: &presented.id }).await? else { return Ok(None) };
    let is_ours = secret::matches(cx.services(), token::REFRESH_PURPOSE, &presented.secret, &row.secret_hash);
    let services = cx.services().clone();
    let client = clients::find(&services, cx.org(), &row.client_id).await?;
    let is_alive = client.is_some_and(|client| {
        let limits = [row.void_before, cx.org().tokens_not_before(), client.tokens_not_before, client.created_at];
        client.is_active() && limits.into_iter().all(|limit| row.created_at >= limit)
    });
    if !is_ours {
        return Ok(None);
    }
    let grant: UserGrant = serde_json::from_str(&row.facts).map_err(Fault::internal)?;
    let scopes: Scopes = grant.scopes;
    Ok(Some(Facts {
        kind: Kind::Refresh,
        audience: oauth::resource::audience(grant.resources, &row.client_id),
        client_id: row.client_id,
        subject: Subject::User(row.user_id),
        subjects: subjects.clone(),
        username: Some(row.email),
        scopes,
        issued_at: row.created_at,
        expires_at: row.expires_at,
        jti: None,
        signed_in: None,
        authorization_details: grant.authorization_details,
        confirmation: Confirmation::default(),
        act: None,
        may_act: None,
        is_alive,
    }))
}

/// The answer, kept by no cache.
#[derive(Debug)]
pub struct Introspected {
    response: Response,
    /// The same as a JWT, and the keys for it (RFC 9701).
    jwt: Option<(Wrapping, Value)>,
}

impl Reply for Introspected {
    fn reply(self) -> Result<Answer, Fault> {
        let body = match self.jwt {
            Some((wrapping, claims)) => Body::Bytes(rules::MEDIA_TYPE, wrapping.wrap(rules::TYP, &claims)?.expose().into()),
            None => Body::Json(serde_json::to_string(&self.response).map_err(Fault::internal)?),
        };
        Ok(Answer::new(200, body).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let text = json!({ "type": "string" });
        let number = json!({ "type": "integer" });
        let schema = json!({
            "type": "object",
            "required": ["active"],
            "properties": {
                "active": { "type": "boolean" }, "token_type": text, "scope": text, "client_id": text, "sub": text,
                "username": text, "exp": number, "iat": number, "nbf": number, "iss": text, "jti": text, "cnf": { "type": "object" },
                "acr": text, "auth_time": number,
                "authorization_details": { "type": "array", "items": { "type": "object" } },
                "act": { "type": "object" }, "may_act": { "type": "object" }
            }
        });
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(schema) }
    }
    fn others() -> Vec<ReplyDoc> {
        vec![ReplyDoc { status: 200, content_type: Some(rules::MEDIA_TYPE), schema: None }]
    }
}
