//! The claims, as the client wants them.

use crate::clients::Agent;
use crate::wrapping::Wrapping;
use flow::{Answer, Body, Reply, ReplyDoc};
use kernel::Fault;
use oauth::userinfo::{MEDIA_TYPE, TYP};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

/// Claims as the client wants them, kept by no cache.
#[derive(Debug)]
pub struct ClaimsAnswer {
    pub(super) claims: Map<String, Value>,
    /// For a JWT.
    pub(super) wrapping: Option<Wrapping>,
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

/// An agent learns who it is and what it may do.
pub(super) fn about_agent(agent: &Agent, tenant: &str) -> Map<String, Value> {
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
