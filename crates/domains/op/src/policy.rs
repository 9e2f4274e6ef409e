//! What an organization's settings say about OAuth: their member `oauth`.

use oauth::ResponseType;
use serde_json::Value;
use store::Org;

/// The member `oauth` of an organization's settings. What is missing there, or isn't understood, has its default here, so that
/// nothing is switched on by a mistake.
#[derive(Clone, Debug)]
pub struct Policy {
    response_types: Vec<ResponseType>,
}

impl Policy {
    /// Of an organization.
    pub fn of(org: &Org) -> Self {
        Self::read(org.settings())
    }

    fn read(settings: &str) -> Self {
        let settings: Value = serde_json::from_str(settings).unwrap_or_default();
        let member = |name: &str| settings.get("oauth").and_then(|oauth| oauth.get(name));
        Self { response_types: response_types(member("response_types")) }
    }

    /// `response_types`: what clients may ask the authorization endpoint for, if they registered it too. Only `code` unless set.
    pub fn response_types(&self) -> &[ResponseType] {
        &self.response_types
    }
}

/// The listed types, each once. A list without a single known type is a mistake: then there is only `code`.
fn response_types(listed: Option<&Value>) -> Vec<ResponseType> {
    let listed: Vec<ResponseType> = listed
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(ResponseType::parse)
        .collect();
    if listed.is_empty() {
        return vec![ResponseType::Code];
    }
    ResponseType::ALL.into_iter().filter(|known| listed.contains(known)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_switched_on_unless_the_settings_list_more() {
        for (settings, expected) in [
            ("", &["code"][..]),
            ("{}", &["code"]),
            (r#"{"oauth":{}}"#, &["code"]),
            (r#"{"oauth":{"response_types":[]}}"#, &["code"]),
            (r#"{"oauth":{"response_types":"id_token"}}"#, &["code"]),
            (r#"{"oauth":{"response_types":["token","none",7]}}"#, &["code"]),
            (r#"{"oauth":{"response_types":["code id_token","code","id_token code"]}}"#, &["code", "code id_token"]),
            (r#"{"oauth":{"response_types":["token id_token"]}}"#, &["id_token token"]),
        ] {
            let read: Vec<&str> = Policy::read(settings).response_types().iter().map(|known| known.as_str()).collect();
            assert_eq!(read, expected, "{settings}");
        }
    }
}
