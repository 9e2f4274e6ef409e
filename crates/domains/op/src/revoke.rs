//! Token revocation (RFC 7009).

use crate::access_tokens::{Verified, verify};
use crate::clients::authenticate;
use crate::{families, params, token};
use flow::{Catalogue, Cx, Incoming, Json, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::secret::{self, Credential};
use kernel::{Access, ClientId, FamilyId, Fault, FaultKind, Limit};
use oauth::client_authentication::AuthenticatedClient;
use oauth::revoke::{self as rules, Decision, Found};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use store::{args, org_sql, rows};

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Revoke>()
}

/// Which token is to be void.
#[derive(Clone, Debug)]
pub struct RevokeRequest(rules::Request);

impl Parse for RevokeRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Ok(Self(rules::parse(&params::of_body(incoming)?)?))
    }
    fn parameters() -> Vec<Parameter> {
        vec![
            token::parameter("token", true, "The token."),
            token::parameter("token_type_hint", false, "`access_token` or `refresh_token`; not needed."),
            token::parameter("client_id", false, "Who asks, unless the Authorization header says so."),
            token::parameter("client_secret", false, "The client's secret, unless the Authorization header carries it."),
        ]
    }
}

/// A client gives a token back.
#[derive(Clone, Debug)]
pub struct Revoke {
    caller: AuthenticatedClient,
    presented: Presented,
}

/// What the token looks like.
#[derive(Clone, Debug)]
enum Presented {
    Access(Arc<Verified>),
    Refresh(Credential),
    Nothing,
}

impl Prepare<Revoke> for RevokeRequest {
    async fn prepare(self, prep: &Prep) -> Result<Revoke, Fault> {
        let (services, org) = (prep.services(), prep.organization()?);
        let proof = authenticate(services, org, &prep.request, prep.now).await?;
        let (_, caller) = proof.claimed_by_runner()?;
        let presented = match verify(services, org, &self.0.token, prep.now).await {
            Ok(verified) => Presented::Access(verified),
            Err(fault) if fault.kind == FaultKind::Unauthenticated => {
                Credential::parse(self.0.token.expose()).map_or(Presented::Nothing, Presented::Refresh)
            }
            Err(fault) => return Err(fault),
        };
        Ok(Revoke { caller, presented })
    }
}

kernel::events! {
    /// What revocation records.
    pub enum Revocation {
        /// An access token was revoked.
        AccessToken = "tokens.revoked", Info { about client: ClientId, public jti: String };
        /// A refresh token was revoked, and with it every token of its grant.
        Family = "tokens.family_revoked", Info { about client: ClientId, public family: FamilyId };
        /// A client tried to revoke a token that it doesn't hold, or that isn't one.
        Nothing = "tokens.revocation_ignored", Info { about client: ClientId };
    }
}

/// `{}`, whether or not there was such a token.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Nothing {}

impl Operation for Revoke {
    const ID: &'static str = "oauth.revoke";
    const SUMMARY: &'static str = "Give a token back (RFC 7009).";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/revoke");
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Client;
    const LIMIT: Limit = Limit::Token;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = RevokeRequest;
    type Output = Json<Nothing>;
    type Event = Revocation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Revocation>, Fault> {
        let client = self.caller.client_id().clone();
        let found = self.find(cx).await?;
        let event = match rules::decide(&self.caller, found) {
            Decision::RevokeAccess { jti } => {
                self.revoke_access(&jti, cx).await?;
                Revocation::AccessToken { client, jti }
            }
            Decision::RevokeFamily(family) => {
                families::revoke(&mut cx.tx, &family, "revoked_by_client", cx.now).await?;
                Revocation::Family { client, family }
            }
            Decision::Nothing => Revocation::Nothing { client },
        };
        Ok(Verdict::Done(Json(Nothing {}), event))
    }
}

rows! {
    struct RefreshRow { secret_hash: Vec<u8>, client_id: ClientId, family_id: FamilyId }
}

impl Revoke {
    async fn find(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<Option<Found>, Fault> {
        let presented = match &self.presented {
            Presented::Access(token) => {
                let (client_id, jti) = (token.claims.client_id.clone(), token.claims.jti.clone());
                return Ok(Some(Found::Access { client_id, jti }));
            }
            Presented::Refresh(presented) => presented,
            Presented::Nothing => return Ok(None),
        };
        let sql = org_sql!("SELECT secret_hash, client_id, family_id FROM refresh_tokens WHERE org_id = :org AND id = :id");
        let row = cx.tx.fetch_optional::<RefreshRow>(sql, args! { id: &presented.id }).await?;
        let ours = row.filter(|row| secret::matches(cx.services(), token::REFRESH_PURPOSE, &presented.secret, &row.secret_hash));
        Ok(ours.map(|row| Found::Refresh { client_id: row.client_id, family: row.family_id }))
    }

    async fn revoke_access(&self, jti: &str, cx: &mut Cx<OneOrg, Writes>) -> Result<(), Fault> {
        let Presented::Access(token) = &self.presented else { return Ok(()) };
        let sql = org_sql!(
            "INSERT INTO revoked_tokens (org_id, jti, expires_at) VALUES (:org, :jti, :expires_at) ON CONFLICT DO NOTHING"
        );
        cx.tx.execute(sql, args! { jti: jti, expires_at: token.expires_at() }).await?;
        Ok(())
    }
}
