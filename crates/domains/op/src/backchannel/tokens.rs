//! Tokens that are sent to a client instead of being fetched by it (CIBA Core §10.3.1).

use crate::clients::Client;
use crate::families::{self, NewFamily};
use crate::mint::{Batch, Mint};
use crate::policy::Policy;
use crate::token;
use flow::{
    Answer, Body, Cx, NoInput, OneOrg, Operation, Prep, Prepare, Reply, ReplyDoc, Route, Services, Surface, Verdict, Writes, act,
};
use kernel::{Access, Actor, ClientId, DecoupledRequestId, FamilyId, Fault, Scopes, Secret, Timestamp};
use oauth::confirmation::Confirmation;
use oauth::grant::decoupled::push;
use oauth::grant::{CIBA, Refresh, UserGrant};
use oauth::id_token::Companions;
use oauth::rar;
use oauth::token_response::TokenResponse;
use schemars::SchemaGenerator;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Org, args, org_sql};

/// An approval whose tokens are to be made.
#[derive(Clone)]
pub(super) struct Push {
    mint: Mint,
    request: DecoupledRequestId,
    grant: UserGrant,
    decided_at: Timestamp,
    family: FamilyId,
    confirmation: Confirmation,
}

/// What a person approved, and when.
pub(super) struct Approval {
    pub(super) request: DecoupledRequestId,
    pub(super) grant: UserGrant,
    pub(super) decided_at: Timestamp,
    pub(super) family: FamilyId,
}

impl Push {
    pub(super) async fn open(
        services: &Arc<Services>,
        org: &Org,
        client: Arc<Client>,
        approval: Approval,
        confirmation: Confirmation,
    ) -> Result<Self, Fault> {
        let Approval { request, mut grant, decided_at, family } = approval;
        grant.scopes = grant.scopes.intersection(&client.metadata.scopes);
        let policy = Policy::of(org);
        let types = policy.authorization_details_types();
        grant.authorization_details = rar::still_allowed(&grant.authorization_details, types, &client.metadata);
        Ok(Self { mint: Mint::open(services, org, client).await?, request, grant, decided_at, family, confirmation })
    }

    /// Whether organization, client and person still let be what was approved, as the token endpoint asks where tokens are fetched.
    async fn is_standing(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<bool, Fault> {
        let client = self.mint.client();
        if !Policy::of(cx.org()).takes_backchannel_requests() || !client.is_active() || !client.metadata.may_use_grant(CIBA) {
            return Ok(false);
        }
        let sql = org_sql!(
            "SELECT tokens_not_before AS a FROM users WHERE org_id = :org AND id = :user AND is_active = 1 AND is_blocked = 0"
        );
        let void_before = cx.tx.fetch_optional::<(Timestamp,)>(sql, args! { user: &self.grant.user }).await?.map(|(at,)| at);
        Ok(token::is_standing(client, cx, self.decided_at, void_before))
    }

    /// Claim the approval and make its tokens; `None` if they were made before.
    pub(super) async fn take(self, services: &Arc<Services>, org: &Org) -> Result<Option<Pushed>, Fault> {
        let Taken(pushed) = Box::pin(act(services, Some(org.clone()), Actor::System("backchannel"), self)).await?;
        Ok(pushed)
    }
}

kernel::events! {
    /// What making such tokens records.
    pub enum Pushing {
        /// Tokens were made to be sent to their client.
        Made = "backchannel_tokens.made", Info {
            about client: ClientId, public subject: String, public scopes: Scopes, public jti: String, public family: FamilyId
        };
        /// Tokens that were to be sent to their client had been made before, or may not be made any more.
        Left = "backchannel_tokens.left", Info { about client: ClientId };
        /// Tokens that did not reach their client were revoked.
        Voided = "backchannel_tokens.voided", Info { about client: ClientId, public family: FamilyId };
    }
}

impl Operation for Push {
    const ID: &'static str = "backchannel.push";
    const SUMMARY: &'static str = "Make the tokens that are pushed to a client.";
    const ROUTE: Route = Route::post("operator/backchannel-push");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = Taken;
    type Event = Pushing;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Taken, Pushing>, Fault> {
        let client = self.mint.client().clone();
        if !self.is_standing(cx).await? {
            return Ok(Verdict::Done(Taken(None), Pushing::Left { client: client.id().clone() }));
        }
        let plan = push(&self.request, &self.grant, &self.family, &client.metadata, &self.confirmation, cx.now);
        let mut claimed = Vec::new();
        for wanted in plan.claims() {
            match token::claim(cx, wanted, None).await? {
                Ok(proof) if !self.grant.scopes.is_empty() => claimed.push(proof),
                _ => return Ok(Verdict::Done(Taken(None), Pushing::Left { client: client.id().clone() })),
            }
        }
        let plan = plan.settle(&claimed)?;
        let expires_at = match &plan.refresh {
            Refresh::Issue { expires_at, .. } => *expires_at,
            Refresh::Nothing | Refresh::Keep => cx.now.plus(plan.access_token_lifetime),
        };
        let (user, scopes) = (&self.grant.user, &self.grant.scopes);
        let claims = &self.grant.claims;
        let resources = Some(&*self.grant.resources);
        let new = NewFamily { id: &self.family, client: client.id(), user, session: None, scopes, resources, claims, expires_at };
        families::begin(&mut cx.tx, &new, cx.now).await?;
        let refresh = plan.refresh.clone();
        let batch = self.mint.begin(cx, plan).await?;
        let refresh_token = match &refresh {
            Refresh::Issue { grant, expires_at, .. } => {
                let new = token::new_refresh_token(cx);
                token::insert_refresh_token(cx, &new, &self.family, client.id(), grant, *expires_at).await?;
                Some(new.format())
            }
            Refresh::Nothing | Refresh::Keep => None,
        };
        let event = Pushing::Made {
            client: client.id().clone(),
            subject: self.grant.user.to_string(),
            scopes: self.grant.scopes.clone(),
            jti: batch.jti().to_owned(),
            family: self.family.clone(),
        };
        let pushed = Pushed { batch, refresh_token, request: self.request, family: self.family, client: client.id().clone() };
        Ok(Verdict::Done(Taken(Some(pushed)), event))
    }
}

impl Prepare<Push> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<Push, Fault> {
        Err(Fault::internal("tokens are never pushed over the network's wish"))
    }
}

/// What came of a claim.
pub(super) struct Taken(Option<Pushed>);

impl Reply for Taken {
    fn reply(self) -> Result<Answer, Fault> {
        Ok(Answer::new(204, Body::Empty))
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        ReplyDoc { status: 204, content_type: None, schema: None }
    }
}

/// Tokens on their way.
pub(super) struct Pushed {
    batch: Batch,
    refresh_token: Option<Secret>,
    request: DecoupledRequestId,
    family: FamilyId,
    client: ClientId,
}

impl Pushed {
    /// What the client is sent: the tokens, tied to one another and to the request by hashes in the ID token.
    ///
    /// # Errors
    /// Only our own failures.
    pub(super) fn body(&self, auth_req_id: &Secret) -> Result<Value, Fault> {
        let access_token = self.batch.access_token()?;
        let companions = Companions {
            access_token: Some(&access_token),
            refresh_token: self.refresh_token.as_ref(),
            auth_req_id: Some(auth_req_id),
            ..Companions::default()
        };
        let id_token = self.batch.id_token(companions)?;
        let mut response = TokenResponse::new(self.batch.plan(), access_token);
        response.id_token = id_token;
        response.refresh_token.clone_from(&self.refresh_token);
        let mut body = serde_json::to_value(&response).map_err(Fault::internal)?;
        if let Some(members) = body.as_object_mut() {
            members.insert("auth_req_id".to_owned(), json!(auth_req_id.expose()));
        }
        Ok(body)
    }

    /// They did not arrive: nobody can use them, and another try makes others.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) async fn void(&self, services: &Arc<Services>, org: &Org) -> Result<(), Fault> {
        void(services, org, self.request.clone(), self.family.clone(), self.client.clone()).await
    }
}

/// Revoke tokens that did not arrive, or of which that isn't known, and let others be made.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn void(
    services: &Arc<Services>,
    org: &Org,
    request: DecoupledRequestId,
    family: FamilyId,
    client: ClientId,
) -> Result<(), Fault> {
    let void = Void { request, family, client };
    act(services, Some(org.clone()), Actor::System("backchannel"), void).await.map(|_| ())
}

#[derive(Clone)]
struct Void {
    request: DecoupledRequestId,
    family: FamilyId,
    client: ClientId,
}

impl Operation for Void {
    const ID: &'static str = "backchannel.void";
    const SUMMARY: &'static str = "Revoke tokens that did not reach their client.";
    const ROUTE: Route = Route::post("operator/backchannel-void");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = Answer;
    type Event = Pushing;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Pushing>, Fault> {
        // What somebody else revoked meanwhile stays revoked, and the request with it.
        if !families::revoke(&mut cx.tx, &self.family, "not delivered", cx.now).await? {
            return Ok(Verdict::Done(Answer::new(204, Body::Empty), Pushing::Left { client: self.client }));
        }
        let next = FamilyId::new(cx.now, cx.rng());
        let sql = org_sql!(
            "UPDATE decoupled_requests SET redeemed_at = NULL, family_id = :next \
             WHERE org_id = :org AND id = :id AND family_id = :family"
        );
        cx.tx.execute(sql, args! { next: &next, id: &self.request, family: &self.family }).await?;
        let event = Pushing::Voided { client: self.client, family: self.family };
        Ok(Verdict::Done(Answer::new(204, Body::Empty), event))
    }
}

impl Prepare<Void> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<Void, Fault> {
        Err(Fault::internal("tokens are never voided over the network's wish"))
    }
}
