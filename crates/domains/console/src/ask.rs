//! Asking operations of the API from within.

use flow::{Cx, Incoming, Json, OneOrg, Operation, Parse, Prep, Prepare, Reads, Verdict};
use kernel::{Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An operation, ready to be run, as a request with this page's path and these query parameters would get it.
///
/// # Errors
/// Whatever it refuses.
pub(crate) async fn ready<O: Operation>(prep: &Prep, query: &[(&str, &str)]) -> Result<O, Fault> {
    let incoming = Incoming {
        method: "GET".to_owned(),
        path_params: prep.request.path_params.clone(),
        query: encoded(query),
        ..Incoming::default()
    };
    O::Input::parse(&incoming)?.prepare(prep).await
}

/// The query of this page, as far as it has a value and is among `names`.
pub(crate) fn given(prep: &Prep, names: &[&'static str]) -> Result<Vec<(&'static str, String)>, Fault> {
    let pairs = prep.request.query_pairs()?;
    let find = |name: &&'static str| {
        let (_, value) = pairs.iter().find(|(known, value)| known == name && !value.is_empty())?;
        Some((*name, value.clone()))
    };
    Ok(names.iter().filter_map(find).collect())
}

/// What an operation that reads answers, in the shape of the published API.
///
/// # Errors
/// Whatever it refuses.
pub(crate) async fn answer<O, T>(cx: &mut Cx<OneOrg, Reads>, operation: O) -> Result<Value, Fault>
where
    O: Operation<Scope = OneOrg, Mode = Reads, Output = Json<T>, Event = Silent>,
    T: Serialize + JsonSchema + Send + 'static,
{
    match operation.run(cx).await? {
        Verdict::Done(Json(value), _) | Verdict::RefusedWith(Json(value), _) => {
            serde_json::to_value(value).map_err(Fault::internal)
        }
        Verdict::Refused(fault, _) | Verdict::RefusedAgain(fault, _) => Err(fault),
    }
}

/// A query: `a=b&c=d`.
pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// A member of an answer as text; nothing where it is missing or null.
pub(crate) fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => if *flag { "yes" } else { "no" }.to_owned(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

/// Whether a member of an answer is true.
pub(crate) fn is(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// The list in an answer.
pub(crate) fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The same answer with a member replaced.
pub(crate) fn with(answer: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut members = answer.as_object().cloned().unwrap_or_default();
    members.insert(name.to_owned(), value.into());
    Value::Object(members)
}
