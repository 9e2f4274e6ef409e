//! A type of authorization details, as an organization registers it.

use super::{MAX_TYPE, Schema, TYPE, is_printable};
use serde_json::{Map, Value, json};

const MAX_TITLE: usize = 100;
const MAX_DESCRIPTION: usize = 500;
const MEMBERS: [&str; 4] = ["type", "title", "description", "schema"];

/// A type of authorization details.
#[derive(Clone, Debug, PartialEq)]
pub struct DetailType {
    /// Its identifier (§2: `type`).
    pub name: String,
    /// What people read on the consent page: "Make a payment".
    pub title: String,
    /// A sentence more about it.
    pub description: Option<String>,
    /// What its objects look like.
    pub schema: Schema,
}

impl DetailType {
    /// From how it is registered and stored: an object of `type`, `title`, `description` and `schema`.
    ///
    /// # Errors
    /// What is wrong with it, for administrators.
    pub fn parse(registered: &Value) -> Result<Self, String> {
        let members = registered.as_object().ok_or("must be an object of type, title, description and schema")?;
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let shown: String = unknown.chars().filter(|c| !c.is_control()).take(64).collect();
            return Err(format!("must not hold {shown}"));
        }
        let text = |member: &str, most: usize| match members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if (1..=most).contains(&text.chars().count()) && is_printable(text) => {
                Ok(Some(text.clone()))
            }
            Some(_) => Err(format!("{member} must be a text of 1 to {most} characters")),
        };
        let name = text("type", MAX_TYPE)?.filter(|name| name.bytes().all(|c| c.is_ascii_graphic() && c != b'"' && c != b'\\'));
        let schema = members.get("schema").map_or_else(|| Ok(Schema::default()), Schema::parse);
        Ok(Self {
            name: name.ok_or_else(|| format!("type must be 1 to {MAX_TYPE} visible ASCII characters"))?,
            title: text("title", MAX_TITLE)?.ok_or("title is required")?,
            description: text("description", MAX_DESCRIPTION)?,
            schema: schema.map_err(|why| format!("schema{why}"))?,
        })
    }
    /// As it is registered and stored.
    pub fn to_json(&self) -> Value {
        let mut members = json!({ "type": self.name, "title": self.title, "schema": self.schema.as_json() });
        if let (Some(object), Some(description)) = (members.as_object_mut(), &self.description) {
            object.insert("description".to_owned(), json!(description));
        }
        members
    }
    /// Whether an object of the type has its form. `type` itself is no concern of the schema, unless it says so.
    pub(super) fn check(&self, object: &Map<String, Value>) -> Result<(), String> {
        let mut members = object.clone();
        if !self.schema.names(TYPE) {
            members.remove(TYPE);
        }
        self.schema.check(&Value::Object(members))
    }
}
