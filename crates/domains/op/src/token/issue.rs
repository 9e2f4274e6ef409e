//! The answer of the token endpoint.

use super::{Token, Tokens};
use crate::mint::Batch;
use flow::{Answer, Body, Reply, ReplyDoc};
use kernel::{Fault, Secret};
use oauth::id_token::Companions;
use oauth::token_response::TokenResponse;
use schemars::SchemaGenerator;
use serde_json::json;

/// Tokens, made after the commit.
pub struct Issued {
    batch: Batch,
    refresh_token: Option<Secret>,
    next_nonce: Option<String>,
}

impl Issued {
    pub(super) fn new(token: &Token, batch: Batch) -> Self {
        Self { batch, refresh_token: None, next_nonce: token.next_nonce.clone() }
    }
    pub(super) fn with_refresh_token(self, token: Secret) -> Self {
        Self { refresh_token: Some(token), ..self }
    }
    pub(super) fn event(&self, grant: &'static str) -> Tokens {
        let plan = self.batch.plan();
        Tokens::Issued {
            client: plan.client_id.clone(),
            grant,
            subject: plan.subject.sub().to_owned(),
            jti: self.batch.jti().to_owned(),
            scopes: plan.scopes.clone(),
            family: plan.family.clone(),
        }
    }
}

impl Reply for Issued {
    fn reply(self) -> Result<Answer, Fault> {
        let access_token = self.batch.access_token()?;
        let companions = Companions { access_token: Some(&access_token), ..Companions::default() };
        let id_token = self.batch.id_token(companions)?;
        let mut response = TokenResponse::new(self.batch.plan(), access_token);
        response.id_token = id_token;
        response.refresh_token = self.refresh_token;
        self.batch.note()?;
        let body = serde_json::to_string(&response).map_err(Fault::internal)?;
        let answer = Answer::new(200, Body::Json(body)).no_store();
        Ok(match self.next_nonce {
            Some(nonce) => answer.header("dpop-nonce", nonce),
            None => answer,
        })
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let text = json!({ "type": "string" });
        let schema = json!({
            "type": "object",
            "required": ["access_token", "token_type", "expires_in"],
            "properties": {
                "access_token": text, "token_type": { "enum": ["Bearer", "DPoP"] }, "expires_in": { "type": "integer" }, "scope": text,
                "refresh_token": text, "id_token": text, "authorization_details": { "type": "array", "items": { "type": "object" } }
            }
        });
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(schema) }
    }
}
