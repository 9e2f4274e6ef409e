//! What a client is told about its registration (RFC 7591 §3.2.1, RFC 7592 §3).

use super::document::STATEMENT;
use crate::clients::{StoredClient, issuer};
use flow::{Answer, Body, Reply, ReplyDoc, Services};
use kernel::{Fault, Secret, Timestamp};
use oauth::registration::{MEMBERS, show};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use store::Org;

/// A registration, with the secrets that are shown this once.
pub struct RegistrationAnswer<const STATUS: u16> {
    document: Map<String, Value>,
    secret: Option<Secret>,
    token: Option<Secret>,
}

impl<const STATUS: u16> RegistrationAnswer<STATUS> {
    pub(super) fn new(services: &Services, org: &Org, client: &StoredClient, statement: Option<&str>) -> Self {
        let metadata = &client.metadata.clone().strengthened();
        let mut document = show(metadata);
        let place = issuer(services, org).endpoint(&format!("connect/register/{}", metadata.client_id));
        document.insert("client_id".to_owned(), metadata.client_id.to_string().into());
        document.insert("client_id_issued_at".to_owned(), client.created_at.as_secs().into());
        document.insert("registration_client_uri".to_owned(), place.into());
        if metadata.token_endpoint_auth_method.is_secret() {
            let end = client.secret_expires_at.map_or(0, Timestamp::as_secs);
            document.insert("client_secret_expires_at".to_owned(), end.into());
        }
        if let Some(statement) = statement {
            document.insert(STATEMENT.to_owned(), statement.into());
        }
        Self { document, secret: None, token: None }
    }
    /// With these.
    #[must_use]
    pub(super) fn with(self, secret: Option<Secret>, token: Option<Secret>) -> Self {
        Self { secret, token, ..self }
    }
}

impl<const STATUS: u16> Reply for RegistrationAnswer<STATUS> {
    fn reply(self) -> Result<Answer, Fault> {
        let mut document = self.document;
        for (name, secret) in [("client_secret", self.secret), ("registration_access_token", self.token)] {
            if let Some(secret) = secret {
                document.insert(name.to_owned(), secret.expose().into());
            }
        }
        Ok(Answer::new(STATUS, Body::Json(Value::Object(document).to_string())).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        let of_member = MEMBERS.iter().map(|member| (member.name.to_owned(), member.schema()));
        let mut properties: Map<String, Value> = of_member.collect();
        for name in ["client_id", "client_secret", "registration_access_token", "registration_client_uri", STATEMENT] {
            properties.insert(name.to_owned(), json!({ "type": "string" }));
        }
        for name in ["client_id_issued_at", "client_secret_expires_at"] {
            properties.insert(name.to_owned(), json!({ "type": "integer" }));
        }
        let schema = json!({ "type": "object", "properties": properties, "required": ["client_id", "client_id_issued_at"] });
        ReplyDoc { status: STATUS, content_type: Some("application/json"), schema: Some(schema) }
    }
}
