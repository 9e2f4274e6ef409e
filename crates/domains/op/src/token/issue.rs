//! The answer of the token endpoint.

use super::{Token, Tokens};
use crate::mint::{Batch, Vouched};
use flow::{Answer, Body, Reply, ReplyDoc};
use kernel::{Fault, Secret};
use oauth::grant::SettledPlan;
use oauth::id_token::Companions;
use oauth::token_exchange::TokenType;
use oauth::token_response::TokenResponse;
use schemars::SchemaGenerator;
use serde_json::json;

/// Tokens, made after the commit.
pub struct Issued {
    batch: Batch,
    refresh_token: Option<Secret>,
    exchanged_for: Option<&'static str>,
    vouched: Option<Vouched>,
    next_nonce: Option<String>,
}

impl Issued {
    pub(super) fn new(token: &Token, batch: Batch) -> Self {
        Self { batch, refresh_token: None, exchanged_for: None, vouched: None, next_nonce: token.next_nonce.clone() }
    }
    pub(super) fn with_refresh_token(self, token: Secret) -> Self {
        Self { refresh_token: Some(token), ..self }
    }
    /// The same as the answer to an exchange (RFC 8693 §2.2.1).
    pub(super) fn of_type(self, token_type: TokenType) -> Self {
        Self { exchanged_for: Some(token_type.as_str()), ..self }
    }
    /// The same with an identity assertion in place of the access token.
    pub(super) fn vouching(self, vouched: Vouched) -> Self {
        Self { vouched: Some(vouched), ..self }
    }
    pub(super) fn plan(&self) -> &SettledPlan {
        self.batch.plan()
    }
    pub(super) fn jti(&self) -> &str {
        self.batch.jti()
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
        let access_token = match &self.vouched {
            Some(vouched) => self.batch.identity_assertion(vouched)?,
            None => self.batch.access_token()?,
        };
        let companions = Companions { access_token: Some(&access_token), ..Companions::default() };
        let id_token = self.batch.id_token(companions)?;
        let mut response = TokenResponse::new(self.batch.plan(), access_token);
        response.id_token = id_token;
        response.refresh_token = self.refresh_token;
        response.issued_token_type = self.exchanged_for;
        if self.vouched.is_some() {
            // It opens nothing here (RFC 8693 §2.2.1).
            response.token_type = "N_A";
        } else {
            self.batch.note()?;
        }
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
                "access_token": text, "token_type": { "enum": ["Bearer", "DPoP", "N_A"] }, "expires_in": { "type": "integer" }, "scope": text,
                "refresh_token": text, "id_token": text, "issued_token_type": text,
                "authorization_details": { "type": "array", "items": { "type": "object" } }
            }
        });
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(schema) }
    }
}
