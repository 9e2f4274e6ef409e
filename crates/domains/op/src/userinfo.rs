//! `UserInfo`: claims about whoever an access token stands for (OpenID Connect Core §5.3).
//!
//! The token may stand in the header or, for POST, in the form (RFC 6750 §2.2), so the operation reads it itself.

use crate::access_tokens::{Verified, find_alive, is_for_api, living_client, verify};
use crate::clients::{Agent, Client, issuer};
use crate::params;
use crate::person::{find_person, held};
use crate::possession::{Presented, Sender, check_holder};
use crate::subjects;
use crate::wrapping::Wrapping;
use flow::{
    Answer, Body, Catalogue, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reads, Reply, ReplyDoc, Route,
    Surface, Verdict,
};
use identity::guard::invalid_token;
use identity::step_up;
use kernel::{Access, Denial, Fault, Limit, Silent, Timestamp};
use oauth::Issuer;
use oauth::bearer;
use oauth::claims_request::wishes_within;
use oauth::grant::Subject;
use oauth::pairwise::Subjects;
use oauth::person::{Person, Telling};
use oauth::scope::BUILT_IN;
use oauth::userinfo::{MEDIA_TYPE, TYP, about_client, about_person, as_jwt, check};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<UserInfo>()
}

/// A presented access token, not looked at yet.
#[derive(Clone, Debug)]
pub struct UserInfoRequest(Presented);

impl Parse for UserInfoRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let is_form = incoming.method == "POST" && !incoming.body.is_empty();
        let form = if is_form { Some(params::of_body(incoming)?) } else { None };
        let token = bearer::token(params::authorization(incoming)?, form.as_ref())?;
        let hint = "Please authenticate with an access token.";
        let (scheme, token) = token.ok_or_else(|| Fault::unauthenticated("unauthorized", hint))?;
        Ok(Self(Presented { scheme, token }))
    }
    fn parameters() -> Vec<Parameter> {
        vec![crate::token::parameter("access_token", false, "The access token, unless the Authorization header carries it.")]
    }
}

/// Who does this token stand for?
#[derive(Clone, Debug)]
pub struct UserInfo {
    token: Arc<Verified>,
    client: Arc<Client>,
    subjects: Subjects,
    wrapping: Option<Wrapping>,
    issuer: Issuer,
}

impl Prepare<UserInfo> for UserInfoRequest {
    async fn prepare(self, prep: &Prep) -> Result<UserInfo, Fault> {
        let org = prep.organization()?;
        let token = verify(prep.services(), org, &self.0.token, prep.now).await?;
        let client = living_client(prep.services(), org, &token).await?;
        let client = client.ok_or_else(|| invalid_token("its client is switched off, or its tokens were voided"))?;
        if !is_for_api(prep.services(), org, &token, &client) {
            return Err(invalid_token("it is for other resource servers"));
        }
        let sender = Sender { services: prep.services(), org, incoming: &prep.request, now: prep.now };
        for proof in check_holder(&sender, &self.0, &token, &client.metadata)? {
            prep.uses_up(proof);
        }
        if let (Some(at), Some(acr)) = (token.claims.auth_time, &token.claims.acr) {
            let scopes = token.claims.scope.iter().filter(|scope| BUILT_IN.contains(scope));
            step_up::asked_for(org, scopes).check(acr, Timestamp::from_secs(at), prep.now)?;
        }
        let subjects = subjects::of(prep.services(), org, &client).await?;
        let (signed, encrypted) = (client.metadata.userinfo_signed_response_alg, client.metadata.userinfo_encryption);
        let wrapping = Wrapping::find(prep.services(), org, &client, signed, encrypted, prep.now).await?;
        Ok(UserInfo { token, client, subjects, wrapping, issuer: issuer(prep.services(), org) })
    }
}

/// RFC 6750 §3.1.
const UNKNOWN_TOKEN: Denial = Denial::unauthenticated("invalid_token", "The access token is not valid here.");
/// RFC 6750 §3.1.
const NO_SCOPE: Denial = Denial::forbidden("insufficient_scope", "The access token lacks the scope openid.");

/// RFC 9470 §3.
const WEAK_SIGN_IN: Denial =
    Denial::unauthenticated("insufficient_user_authentication", "A more recent or stronger sign-in is needed for this.");

impl Operation for UserInfo {
    const ID: &'static str = "oauth.userinfo";
    const SUMMARY: &'static str = "Claims about whoever the access token stands for.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/oauth/userinfo");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/api/v1/oauth/userinfo")];
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Public("the access token may stand in the form, so the operation proves it itself");
    const LIMIT: Limit = Limit::Token;
    const DENIALS: &'static [Denial] = &[UNKNOWN_TOKEN, NO_SCOPE, WEAK_SIGN_IN];
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = UserInfoRequest;
    type Output = ClaimsAnswer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<ClaimsAnswer, Silent>, Fault> {
        let dead = || invalid_token("it was revoked, or its person may not enter");
        let alive = find_alive(&mut cx.tx, &self.token).await?.ok_or_else(dead)?;
        let tenant = cx.org().slug().to_owned();
        let mut claims = match (alive.user, &self.client.agent) {
            (Some(user), _) => {
                check(&Subject::User(user.clone()), &self.token.claims.scope)?;
                let person = find_person(&mut cx.tx, &user).await?.ok_or_else(dead)?;
                let (scopes, sub) = (&self.token.claims.scope, self.subjects.of_user(&user));
                let telling = Telling::at_userinfo(&self.client.metadata, scopes);
                let person = Person { held: held(&mut cx.tx, &user, telling).await?, ..person };
                let wishes = serde_json::from_str(&alive.userinfo_claims).map_err(Fault::internal)?;
                let wishes = wishes_within(wishes, &self.client.metadata.scopes);
                about_person(&person, scopes, &wishes, &sub, &tenant)
            }
            (None, Some(agent)) => about_agent(agent, &tenant),
            (None, None) => about_client(&self.client.metadata, &tenant),
        };
        if let Some(act) = &self.token.claims.act {
            claims.insert("act".to_owned(), serde_json::to_value(act).map_err(Fault::internal)?);
        }
        let is_jwt = self.wrapping.is_some();
        let claims = if is_jwt { as_jwt(claims, &self.issuer, self.client.id()) } else { claims };
        Ok(Verdict::Done(ClaimsAnswer { claims, wrapping: self.wrapping }, Silent))
    }
}

/// An agent learns who it is and what it may do.
fn about_agent(agent: &Agent, tenant: &str) -> Map<String, Value> {
    let budget: Option<Map<String, Value>> = agent.budget_policy.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let capabilities: Vec<&str> = agent.capabilities.iter().collect();
    let members = [
        ("sub", json!(format!("agent_{}", agent.id))),
        ("identity_type", json!("agent")),
        ("agent_id", json!(agent.id.as_str())),
        ("name", json!(agent.name)),
        ("capabilities", json!(capabilities)),
        ("budget_policy", json!(budget.unwrap_or_default())),
        ("tenant", json!(tenant)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Claims as the client wants them, kept by no cache.
#[derive(Debug)]
pub struct ClaimsAnswer {
    claims: Map<String, Value>,
    /// For a JWT.
    wrapping: Option<Wrapping>,
}

impl Reply for ClaimsAnswer {
    fn reply(self) -> Result<Answer, Fault> {
        let body = match self.wrapping {
            Some(wrapping) => Body::Bytes(MEDIA_TYPE, wrapping.wrap(TYP, &self.claims)?.expose().into()),
            None => Body::Json(Value::Object(self.claims).to_string()),
        };
        Ok(Answer::new(200, body).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let schema = json!({ "type": "object", "required": ["sub"], "properties": { "sub": { "type": "string" } } });
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(schema) }
    }
    fn others() -> Vec<ReplyDoc> {
        vec![ReplyDoc { status: 200, content_type: Some(MEDIA_TYPE), schema: None }]
    }
}
