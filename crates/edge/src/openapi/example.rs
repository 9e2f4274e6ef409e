//! A value for every schema: the same one each time, and one the schema allows.

use flow::Parameter;
use serde_json::{Map, Value, json};

/// Values people can imagine something by, for members of these names. The first one that fits the schema is taken; `*` stands for
/// any beginning of the name.
const LIKELY: &[(&str, &str)] = &[
    ("grant_type", "authorization_code"),
    ("token_type", "Bearer"),
    ("subject_type", "user"),
    ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWBuGJSstw-cM"),
    ("code_challenge_method", "S256"),
    ("response_type", "code"),
    ("redirect_uri", "https://app.example.com/callback"),
    ("scope", "openid profile"),
    ("scopes", "openid"),
    ("*token", "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl"),
    ("code", "0199f3c27a107000.c2VjcmV0"),
    ("org", "acme"),
    ("email", "ada@example.com"),
    ("username", "ada"),
    ("*ivenName", "Ada"),
    ("given_name", "Ada"),
    ("*amilyName", "Lovelace"),
    ("family_name", "Lovelace"),
    ("*hone*umber", "+442071234567"),
    ("client_id", "client_0199f3c27a10"),
    ("clientId", "client_0199f3c27a10"),
    ("*slug", "editors"),
    ("role", "editors"),
    ("roles", "editors"),
    ("group", "staff"),
    ("groups", "staff"),
    ("permission", "document.edit"),
    ("permissions", "document.edit"),
    ("resource", "document"),
    ("action", "edit"),
    ("*name", "Example"),
    ("*Name", "Example"),
    ("description", "An example."),
    ("*essage", "Done."),
    ("reason", "Left the company."),
    ("locale", "en"),
    ("zoneinfo", "Europe/London"),
    ("*language", "en"),
    ("*country", "GB"),
    ("*At", "2026-11-23T08:30:00Z"),
    ("*_at", "2026-11-23T08:30:00Z"),
    ("timestamp", "2026-11-23T08:30:00Z"),
    ("*ipAddress", "192.0.2.7"),
    ("*ip", "192.0.2.7"),
    ("*serAgent", "curl/8.5.0"),
    ("severity", "info"),
    ("resourceType", "users"),
    ("*Id", "0199f3c2-7a10-7000-8000-5d1e0c3f2a44"),
    ("*_id", "0199f3c2-7a10-7000-8000-5d1e0c3f2a44"),
    ("id", "0199f3c2-7a10-7000-8000-5d1e0c3f2a44"),
    ("*uri", "https://app.example.com/"),
    ("*Uri", "https://app.example.com/"),
    ("*url", "https://app.example.com/"),
    ("*domain", "example.com"),
    ("*host", "mail.example.com"),
];

/// Values for formats (JSON Schema 2020-12, Validation §7.3) and for the ones of OpenAPI.
const FORMATS: &[(&str, &str)] = &[
    ("date-time", "2026-11-23T08:30:00Z"),
    ("date", "2026-11-23"),
    ("email", "ada@example.com"),
    ("uri", "https://app.example.com/"),
    ("uri-reference", "https://app.example.com/"),
    ("ipv4", "192.0.2.7"),
    ("ipv6", "2001:db8::7"),
    ("uuid", "0199f3c2-7a10-7000-8000-5d1e0c3f2a44"),
    ("password", "correct horse battery staple"),
];

/// How deep an example goes.
const DEEPEST: usize = 12;
/// Members of a request that need not be there, and stand in its example all the same.
const OPTIONAL_MEMBERS: usize = 3;

/// Makes examples; `schemas` is what references point to.
pub(super) struct Examples<'a> {
    schemas: &'a Map<String, Value>,
    /// Whether all members are shown: of answers, not of requests.
    is_whole: bool,
}

impl<'a> Examples<'a> {
    /// Of what is sent: what must be there, and a little more.
    pub(super) fn sent(schemas: &'a Map<String, Value>) -> Self {
        Self { schemas, is_whole: false }
    }
    /// Of what comes back: everything.
    pub(super) fn answered(schemas: &'a Map<String, Value>) -> Self {
        Self { schemas, is_whole: true }
    }
    /// A value for this schema of a thing of this name.
    pub(super) fn of(&self, schema: &Value, name: &str) -> Value {
        self.make(schema, name, 0)
    }

    /// The fields of a body, of which the first optional ones come along.
    pub(super) fn of_fields(&self, fields: &[&Parameter]) -> Value {
        let shown = fields.iter().filter(|field| !field.is_required).take(OPTIONAL_MEMBERS).map(|field| field.name);
        let shown: Vec<&str> = shown.collect();
        let fields = fields.iter().filter(|field| field.is_required || shown.contains(&field.name));
        Value::Object(fields.map(|field| (field.name.to_owned(), self.of(&field.schema, field.name))).collect())
    }

    fn make(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let known = |member: &str| schema.get(member).cloned();
        let listed = |member: &str| schema.get(member)?.as_array()?.iter().find(|value| !value.is_null()).cloned();
        if depth > DEEPEST {
            return Value::Null;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let found = target.strip_prefix("#/components/schemas/").and_then(|name| self.schemas.get(name));
            return found.map_or(Value::Null, |schema| self.make(schema, name, depth + 1));
        }
        let given = listed("examples").or_else(|| known("const")).or_else(|| listed("enum"));
        if let Some(value) = given.or_else(|| known("default").filter(|value| !value.is_null())) {
            return value;
        }
        let choices = ["anyOf", "oneOf"].into_iter().find_map(|word| schema.get(word)?.as_array());
        if let Some(choices) = choices
            && schema.get("properties").is_none()
        {
            let choice = choices.iter().find(|choice| type_of(choice) != Some("null"));
            return choice.map_or(Value::Null, |choice| self.make(choice, name, depth + 1));
        }
        match type_of(schema) {
            Some("object") => self.object(schema, depth),
            Some("array") => self.array(schema, name, depth),
            Some("boolean") => json!(true),
            Some("integer" | "number") => number(schema, name),
            Some("null") => Value::Null,
            _ => json!(text(schema, name)),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut members = Map::new();
        let mut optional = 0;
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        for part in parts {
            if let Value::Object(more) = self.make(part, "", depth + 1) {
                members.extend(more);
            }
        }
        for (name, of) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let is_required = required.contains(&name.as_str());
            let is_ours = of.get("readOnly") == Some(&json!(true));
            if !is_required && !self.is_whole {
                if is_ours || optional == OPTIONAL_MEMBERS {
                    continue;
                }
                optional += 1;
            }
            members.insert(name.clone(), self.make(of, name, depth + 1));
        }
        Value::Object(members)
    }

    fn array(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let any = json!({});
        let item = self.make(schema.get("items").unwrap_or(&any), name, depth + 1);
        let least = schema.get("minItems").and_then(Value::as_u64).and_then(|least| usize::try_from(least).ok()).unwrap_or(1);
        Value::Array(vec![item; least.clamp(1, 3)])
    }
}

/// The type, or the first of several that isn't null.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        Some(Value::String(name)) => Some(name),
        _ if schema.get("properties").is_some() || schema.get("allOf").is_some() => Some("object"),
        _ => None,
    }
}

fn number(schema: &Value, name: &str) -> Value {
    let likely = match name {
        "expires_in" => 3600,
        "limit" => 25,
        "iat" | "nbf" | "client_id_issued_at" => 1_795_422_600,
        "exp" | "client_secret_expires_at" => 1_795_426_200,
        "status" => 200,
        _ => 1,
    };
    let bound = |member| schema.get(member).and_then(Value::as_i64);
    let least = bound("minimum").unwrap_or(i64::MIN);
    let most = bound("maximum").unwrap_or(i64::MAX);
    json!(likely.max(least).min(most))
}

fn text(schema: &Value, name: &str) -> String {
    let bound = |member| schema.get(member).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    let (least, most) = (bound("minLength").unwrap_or(0), bound("maxLength").unwrap_or(usize::MAX));
    let format = schema.get("format").and_then(Value::as_str);
    let of_format = FORMATS.iter().filter(|(known, _)| Some(*known) == format).map(|(_, value)| *value);
    let of_name = LIKELY.iter().filter(|(pattern, _)| format.is_none() && is_like(pattern, name)).map(|(_, value)| *value);
    let fitting = of_format.chain(of_name).find(|value| (least..=most).contains(&value.chars().count()));
    fitting.map_or_else(|| padded("example", least, most), str::to_owned)
}

/// As long as it must be.
fn padded(word: &str, least: usize, most: usize) -> String {
    word.chars().cycle().take(word.len().max(least).min(most)).collect()
}

/// Whether a name is like a pattern in which `*` stands for any text.
fn is_like(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            let first = after.split('*').next().unwrap_or_default();
            rest.match_indices(first).any(|(at, _)| rest.get(at..).is_some_and(|tail| is_like(after, tail)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(schema: &Value, name: &str) -> Value {
        let schemas = Map::from_iter([("Inner".to_owned(), json!({ "type": "integer", "minimum": 7 }))]);
        Examples::answered(&schemas).of(schema, name)
    }

    #[test]
    fn values_keep_within_the_bounds() {
        assert_eq!(example(&json!({ "type": "string", "minLength": 32, "maxLength": 40 }), "x").as_str().unwrap().len(), 32);
        assert_eq!(example(&json!({ "type": "string", "maxLength": 3 }), "email"), json!("exa"));
        assert_eq!(example(&json!({ "type": "integer", "maximum": 0 }), "x"), json!(0));
        assert_eq!(example(&json!({ "type": "array", "items": { "$ref": "#/components/schemas/Inner" } }), "x"), json!([7]));
    }

    #[test]
    fn what_a_schema_says_itself_comes_first() {
        assert_eq!(example(&json!({ "type": ["string", "null"], "enum": [null, "b"] }), "email"), json!("b"));
        assert_eq!(example(&json!({ "anyOf": [{ "type": "null" }, { "type": "string" }] }), "email"), json!("ada@example.com"));
        assert_eq!(example(&json!({ "type": "string", "examples": ["z"] }), "email"), json!("z"));
    }

    #[test]
    fn requests_show_what_they_must_and_little_more() {
        let text = json!({ "type": "string" });
        let schema = json!({ "type": "object", "required": ["e"], "properties": { "a": text, "b": text, "c": text, "d": text, "e": text } });
        let none = Map::new();
        let Value::Object(members) = Examples::sent(&none).of(&schema, "") else { panic!("not an object") };
        assert_eq!(members.keys().collect::<Vec<_>>(), ["a", "b", "c", "e"]);
    }

    #[test]
    fn names_are_like_patterns() {
        for (pattern, name) in [("*Id", "userId"), ("*hone*umber", "phoneNumber"), ("*hone*umber", "phone_number"), ("id", "id")]
        {
            assert!(is_like(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*Id", "userIds"), ("id", "kid"), ("*At", "AtX")] {
            assert!(!is_like(pattern, name), "{pattern} {name}");
        }
    }
}
