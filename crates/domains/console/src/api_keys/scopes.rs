//! What keys open, in words.

use crate::ask::items;
use identity::admin_api_keys::KeyScope;
use pages::ConsoleWords;
use serde_json::Value;

/// The other name of `admin`: it has no box of its own.
const OTHER_NAME: &str = "admin:write";

fn said(words: &ConsoleWords, scope: &str) -> Option<&'static str> {
    let w = &words.key_scopes;
    Some(match scope {
        "admin" | OTHER_NAME => w.everything,
        "admin:read" => w.every_look,
        "admin:users" => w.users,
        "admin:password_hashes" => w.password_hashes,
        "admin:roles" => w.roles,
        "admin:groups" => w.groups,
        "admin:organizations" => w.companies,
        "admin:clients" => w.clients,
        "admin:clients:register" => w.register,
        "admin:sessions" => w.sessions,
        "admin:api_keys" => w.api_keys,
        "admin:keys" => w.keys,
        "admin:audit" => w.audit,
        "admin:analytics" => w.analytics,
        "admin:settings" => w.settings,
        "admin:mail" => w.mail,
        "authz:check" => w.check,
        _ => return None,
    })
}

/// A box for each of these: the scope, and what it opens.
pub(super) fn boxes(words: &ConsoleWords, choices: &[KeyScope]) -> Vec<(String, String)> {
    let names = choices.iter().map(|scope| scope.as_str()).filter(|scope| *scope != OTHER_NAME);
    names.map(|scope| (scope.to_owned(), said(words, scope).unwrap_or(scope).to_owned())).collect()
}

/// What a key opens.
pub(super) fn in_words(words: &ConsoleWords, key: &Value) -> String {
    let scopes = items(key, "scopes").iter().filter_map(Value::as_str);
    scopes.map(|scope| said(words, scope).unwrap_or(scope)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pages::Words;

    #[test]
    fn every_scope_of_keys_is_said_in_words_and_no_two_alike() {
        for language in ["en", "de", "fr", "es"] {
            let words = &Words::choose(Some(language), None).console;
            let boxes = boxes(words, &KeyScope::all());
            assert_eq!(boxes.len(), KeyScope::all().len() - 1);
            for (scope, label) in &boxes {
                assert_ne!(scope, label, "{language}");
                assert_eq!(boxes.iter().filter(|(_, other)| other == label).count(), 1, "{language}: {label}");
            }
        }
    }
}
