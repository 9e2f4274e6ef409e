//! Tokens are made here, from a settled plan, after the commit.

use super::person::{extras, find_person};
use super::{Token, Tokens};
use crate::access_tokens::{jti, seal};
use crate::keys::{ACCESS_TOKEN_ALGORITHM, OrgKeys};
use flow::{Answer, Body, Cx, OneOrg, Reply, ReplyDoc, Services, Writes};
use jose::alg::Algorithm;
use jose::jws::sign;
use kernel::{FamilyId, Fault, Secret, Timestamp, TokenId};
use oauth::access_token::{self, Claims};
use oauth::client::AccessTokenFormat;
use oauth::grant::{SettledPlan, Subject};
use oauth::id_token::{self, Companions};
use oauth::token_response::TokenResponse;
use oauth::userinfo::Person;
use oauth::{Issuer, scope};
use schemars::SchemaGenerator;
use serde_json::{Value, json};
use std::sync::Arc;

/// The claim of an access token that says which claims `UserInfo` is to add: those the `claims` parameter asked for (OpenID Connect
/// Core §5.5).
pub(crate) const USERINFO_CLAIMS: &str = "userinfo_claims";

/// Everything tokens are made from.
pub struct Issued {
    plan: SettledPlan,
    jti: String,
    now: Timestamp,
    issuer: Issuer,
    keys: Arc<OrgKeys>,
    services: Arc<Services>,
    id_token_algorithm: Algorithm,
    /// Known only if the ID token has to say something about them.
    person: Option<Person>,
    extras: Vec<(&'static str, Value)>,
    pub(super) refresh_token: Option<Secret>,
}

/// A new `jti`.
pub(super) fn new_jti(cx: &Cx<OneOrg, Writes>, family: Option<&FamilyId>) -> String {
    jti(family, &TokenId::new(cx.now, cx.rng()))
}

impl Issued {
    pub(super) fn new(token: &Token, cx: &Cx<OneOrg, Writes>, plan: SettledPlan) -> Self {
        Self {
            jti: new_jti(cx, plan.family.as_ref()),
            plan,
            now: cx.now,
            issuer: token.issuer.clone(),
            keys: token.keys.clone(),
            services: cx.services().clone(),
            id_token_algorithm: token.client.metadata.id_token_signed_response_alg,
            person: None,
            extras: Vec::new(),
            refresh_token: None,
        }
    }
    pub(super) fn with_jti(self, jti: String) -> Self {
        Self { jti, ..self }
    }
    pub(super) fn issued_at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }
    pub(super) fn plan(&self) -> &SettledPlan {
        &self.plan
    }
    pub(super) fn event(&self, grant: &'static str) -> Tokens {
        Tokens::Issued {
            client: self.plan.client_id.clone(),
            grant,
            subject: self.plan.subject.sub().to_owned(),
            jti: self.jti.clone(),
            scopes: self.plan.scopes.clone(),
            family: self.plan.family.clone(),
        }
    }
    /// Load what the tokens have to say about their person, if that is anything.
    pub(super) async fn load_about_user(&mut self, cx: &mut Cx<OneOrg, Writes>) -> Result<(), Fault> {
        let Subject::User(user) = &self.plan.subject else { return Ok(()) };
        if self.plan.is_openid && !self.plan.claims.id_token.is_empty() {
            self.person = find_person(&mut cx.tx, user, false).await?;
        }
        self.extras = extras(&mut cx.tx, user, &self.plan.scopes).await?;
        Ok(())
    }

    fn access_token(&self) -> Result<Secret, Fault> {
        let mut claims = Claims::of(&self.plan, &self.issuer, self.jti.as_str(), self.now);
        for (name, value) in &self.extras {
            claims = claims.with(name, value.clone());
        }
        let wishes: Vec<&str> = self.plan.claims.userinfo.keys().map(String::as_str).collect();
        if self.plan.scopes.has(scope::OPENID) && !wishes.is_empty() {
            claims = claims.with(USERINFO_CLAIMS, json!(wishes));
        }
        match self.plan.access_token_format {
            AccessTokenFormat::Jwt => {
                let key = self.keys.signing(ACCESS_TOKEN_ALGORITHM)?;
                sign(key, access_token::TYP, &claims).map(Secret::new).map_err(Fault::internal)
            }
            AccessTokenFormat::Opaque => seal(&self.services, &claims),
        }
    }

    fn id_token(&self, access_token: &Secret) -> Result<Option<Secret>, Fault> {
        let key = self.keys.signing(self.id_token_algorithm)?;
        let companions = Companions { access_token: Some(access_token), ..Companions::default() };
        let claims = id_token::Claims::of(&self.plan, &self.issuer, companions, key.algorithm(), self.person.as_ref(), self.now);
        let signed = claims.map(|claims| sign(key, id_token::TYP, &claims)).transpose();
        Ok(signed.map_err(Fault::internal)?.map(Secret::new))
    }
}

impl Reply for Issued {
    fn reply(self) -> Result<Answer, Fault> {
        let access_token = self.access_token()?;
        let id_token = if self.plan.is_openid { self.id_token(&access_token)? } else { None };
        let mut response = TokenResponse::new(&self.plan, access_token);
        response.id_token = id_token;
        response.refresh_token = self.refresh_token;
        let body = serde_json::to_string(&response).map_err(Fault::internal)?;
        Ok(Answer::new(200, Body::Json(body)).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let text = json!({ "type": "string" });
        let schema = json!({
            "type": "object",
            "required": ["access_token", "token_type", "expires_in"],
            "properties": {
                "access_token": text, "token_type": { "const": "Bearer" }, "expires_in": { "type": "integer" }, "scope": text,
                "refresh_token": text, "id_token": text
            }
        });
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(schema) }
    }
}
