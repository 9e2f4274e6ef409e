//! What a check asks.

use crate::subject::Named;
use flow::{Field, Incoming, Parameter, Parse};
use kernel::Fault;
use serde_json::{Map, Value, json};

/// The longest name of a permission.
const LONGEST: usize = 255;
/// The most permissions in one request.
const MOST: usize = 100;

flow::input! {
    #[derive(Clone, Debug)]
    struct SentOne {
        /// The permission's slug: `document.edit`.
        body "permission" => permission: Option<Slug>,
        /// Comes back as it is.
        body "context" => context: Option<Context>,
        /// Whom to ask about; the caller where it is left out.
        body "subject" => subject: Option<Named>,
        /// Older callers send it; whom to ask about is what `subject` says.
        body "user_id" => _user_id: Option<Slug>,
    }

    #[derive(Clone, Debug)]
    struct SentMany {
        /// 1 to 100 slugs of permissions.
        body "permissions" => permissions: Option<Slugs>,
        /// Comes back as it is.
        body "context" => context: Option<Context>,
        /// Whom to ask about; the caller where it is left out.
        body "subject" => subject: Option<Named>,
        /// Older callers send it; whom to ask about is what `subject` says.
        body "user_id" => _user_id: Option<Slug>,
    }
}

/// One permission.
#[derive(Clone, Debug)]
pub(crate) struct One {
    pub(crate) permission: String,
    pub(crate) context: Map<String, Value>,
    pub(crate) subject: Option<Named>,
}

/// Several permissions.
#[derive(Clone, Debug)]
pub(crate) struct Many {
    pub(crate) permissions: Vec<String>,
    pub(crate) context: Map<String, Value>,
    pub(crate) subject: Option<Named>,
}

impl Parse for One {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let sent = SentOne::parse(incoming)?;
        let permission = sent.permission.and_then(|Slug(slug)| slug_of(&slug)).ok_or_else(|| {
            Fault::invalid("missing_permission", "Please name the permission to check, like document.edit, in permission.")
        })?;
        Ok(Self { permission, context: sent.context.unwrap_or_default().0, subject: sent.subject })
    }
    fn parameters() -> Vec<Parameter> {
        required(SentOne::parameters())
    }
}

impl Parse for Many {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let sent = SentMany::parse(incoming)?;
        let slugs = sent.permissions.as_ref().and_then(|Slugs(slugs)| slugs.as_array()).map_or(&[][..], Vec::as_slice);
        let permissions: Option<Vec<String>> = slugs.iter().map(slug_of).collect();
        let permissions = permissions.filter(|slugs| (1..=MOST).contains(&slugs.len())).ok_or_else(|| {
            Fault::invalid(
                "invalid_permissions",
                "Please name 1 to 100 permissions to check, as a list of texts, in permissions.",
            )
        })?;
        Ok(Self { permissions, context: sent.context.unwrap_or_default().0, subject: sent.subject })
    }
    fn parameters() -> Vec<Parameter> {
        required(SentMany::parameters())
    }
}

/// The permissions must be there; it is only that their absence has a code of its own.
fn required(mut parameters: Vec<Parameter>) -> Vec<Parameter> {
    for parameter in &mut parameters {
        parameter.is_required = matches!(parameter.name, "permission" | "permissions");
    }
    parameters
}

fn slug_of(value: &Value) -> Option<String> {
    let slug = value.as_str()?;
    let is_slug = !slug.is_empty() && slug.len() <= LONGEST && !slug.contains(char::is_control);
    is_slug.then(|| slug.to_owned())
}

/// Whatever was sent as a permission.
#[derive(Clone, Debug)]
struct Slug(Value);

impl Field for Slug {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": LONGEST })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self(text.into()))
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        Ok(Self(value.clone()))
    }
}

/// Whatever was sent as a list of permissions.
#[derive(Clone, Debug)]
struct Slugs(Value);

impl Field for Slugs {
    fn schema() -> Value {
        json!({ "type": "array", "items": Slug::schema(), "minItems": 1, "maxItems": MOST })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self(json!([text])))
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        Ok(Self(value.clone()))
    }
}

/// A JSON object.
#[derive(Clone, Debug, Default)]
struct Context(Map<String, Value>);

impl Field for Context {
    fn schema() -> Value {
        json!({ "type": "object" })
    }
    fn from_text(_: &str) -> Result<Self, String> {
        Err("must be an object".to_owned())
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        // Some languages write an empty map as an empty list.
        match value {
            Value::Object(context) => Ok(Self(context.clone())),
            Value::Array(list) if list.is_empty() => Ok(Self::default()),
            _ => Err("must be an object".to_owned()),
        }
    }
}
