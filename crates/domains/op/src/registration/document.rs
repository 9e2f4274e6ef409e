//! The body of a registration request.

use flow::{BodyFields, Incoming, Parameter, Parse, Source};
use kernel::{Fault, FaultKind, Secret};
use oauth::registration::MEMBERS;
use serde_json::{Map, Value, json};

/// What is to be registered, as it was sent. It may hold a secret, so it doesn't show.
#[derive(Clone)]
pub struct Document(pub(super) Map<String, Value>);

impl Parse for Document {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        match incoming.body_fields() {
            Ok(BodyFields::Json(document)) => Ok(Self(document)),
            Ok(BodyFields::Form(_)) => {
                let hint = "Please send the registration as application/json.";
                Err(Fault::new(FaultKind::UnsupportedMediaType, "invalid_request", hint))
            }
            Ok(BodyFields::Empty) => Err(Fault::invalid("invalid_client_metadata", "The registration is empty.")),
            Err(fault) if fault.kind == FaultKind::Invalid => Err(Fault { code: "invalid_client_metadata", ..fault }),
            Err(fault) => Err(fault),
        }
    }
    fn parameters() -> Vec<Parameter> {
        let statement = Parameter {
            name: STATEMENT,
            source: Source::Body,
            is_required: false,
            schema: json!({ "type": "string" }),
            description: "Metadata that a publisher this organization trusts has signed (RFC 7591 §2.3).",
        };
        let of_member = MEMBERS.iter().map(|member| Parameter {
            name: member.name,
            source: Source::Body,
            is_required: false,
            schema: member.schema(),
            description: member.description,
        });
        of_member.chain([statement]).collect()
    }
}

/// The member that holds a software statement.
pub(super) const STATEMENT: &str = "software_statement";
/// The longest statement, in bytes.
const MAX_STATEMENT: usize = 16 * 1024;

impl Document {
    /// The software statement.
    ///
    /// # Errors
    /// `invalid_software_statement` if it can't be one.
    pub(super) fn statement(&self) -> Result<Option<&str>, Fault> {
        match self.0.get(STATEMENT) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.len() <= MAX_STATEMENT => Ok(Some(text)),
            Some(_) => Err(oauth::registration::StatementError::Malformed.into()),
        }
    }
    /// What an update must say: the client it is for, and none of what only the server says (RFC 7592 §2.2).
    ///
    /// # Errors
    /// `invalid_request`.
    pub(super) fn check_update(&self, client: &str) -> Result<(), Fault> {
        const OURS: [&str; 4] =
            ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];
        if let Some(name) = OURS.into_iter().find(|name| self.0.contains_key(*name)) {
            return Err(Fault::invalid("invalid_request", format!("An update must not hold {name}.")));
        }
        if self.0.get("client_id").and_then(Value::as_str) != Some(client) {
            return Err(Fault::invalid("invalid_request", "An update must hold the client_id of the client it is for."));
        }
        Ok(())
    }
    /// The secret it repeats, which must be the client's own.
    ///
    /// # Errors
    /// `invalid_request` if it can't be one.
    pub(super) fn client_secret(&self) -> Result<Option<Secret>, Fault> {
        match self.0.get("client_secret") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.len() <= 4096 => Ok(Some(Secret::new(text.as_str()))),
            Some(_) => Err(Fault::invalid("invalid_request", "The client_secret must be the client's.")),
        }
    }
}
