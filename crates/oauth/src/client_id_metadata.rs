//! Client ID metadata documents: a client is named by the address of a document that describes it.
//!
//! draft-ietf-oauth-client-id-metadata-document. Supported: judging a document, for administrators who want to know whether one
//! would do. Signing in with such a client is not there yet.

use crate::client::{ApplicationType, AuthMethod};
use crate::pipeline::{Endpoint, Room, Stage, Status, no_metadata};
use crate::redirect_uri::check_registration;
use crate::registration::{check, read};
use crate::{ClientMetadata, scope};
use kernel::Scopes;
use serde_json::{Map, Value};
use url::{Host, Url};

/// This room.
pub const ROOM: Room = Room {
    name: "client_id_metadata",
    title: "OAuth Client ID Metadata Document",
    source: "draft-ietf-oauth-client-id-metadata-document",
    status: Status::Draft,
    support: "documents are judged for administrators; no sign-in with such clients yet",
    visits: &[(Endpoint::Registration, Stage::Parse), (Endpoint::Registration, Stage::Check)],
    metadata: no_metadata,
};

/// Bytes of a document (§6.6 advises 5 KB).
pub const MAX_DOCUMENT: usize = 5 * 1024;
/// Characters of such a client identifier.
const MAX_LENGTH: usize = 2048;

/// The address a client is named by (§3): `https`, with a path, without fragment, user name, password or dot segments.
///
/// # Errors
/// What is wrong with it, for whoever asks.
pub fn client_id(text: &str) -> Result<Url, &'static str> {
    const PLAIN: &str = "must be an https address in its plain spelling, with a path and without fragment or user name";
    let url = Url::parse(text).map_err(|_| PLAIN)?;
    let has_path = text.len() <= MAX_LENGTH && url.path() != "/";
    let is_plain = check_registration(text, ApplicationType::Web).is_ok() && url.scheme() == "https";
    if has_path && is_plain { Ok(url) } else { Err(PLAIN) }
}

/// What an organization says about such clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Hosts documents may come from: `app.example`, `*.app.example`. Any, if none is named.
    pub allowed_domains: Vec<String>,
    /// Whether redirect URIs that lead to the person's own machine are dropped; they are only warned about otherwise.
    pub blocks_loopback: bool,
    /// Scopes they may have beside those of identity.
    pub allowed_scopes: Scopes,
}

impl Rules {
    /// Whether documents may come from there.
    pub fn allow(&self, client_id: &Url) -> bool {
        let host = client_id.host_str().unwrap_or_default();
        let is_host = |allowed: &String| match allowed.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|below| below.len() > 1 && below.ends_with('.')),
            None => allowed == host,
        };
        self.allowed_domains.is_empty() || self.allowed_domains.iter().any(is_host)
    }
}

/// Why a document won't do: a code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// `client_id_mismatch`, …
    pub reason: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Unfit {
    fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

/// A client as its document makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// What would be registered.
    pub metadata: ClientMetadata,
    /// Redirect URIs that can't be used.
    pub dropped_redirect_uris: Vec<String>,
    /// Scopes such a client doesn't get.
    pub dropped_scopes: Scopes,
    /// Whether one of its redirect URIs leads to the person's own machine.
    pub has_loopback_redirect: bool,
    /// What an administrator should know.
    pub warnings: Vec<String>,
}

/// Judge a document that was found at `client_id`.
///
/// # Errors
/// The first reason why it won't do.
pub fn judge(client_id: &Url, document: &Map<String, Value>, rules: &Rules) -> Result<Described, Unfit> {
    if document.get("client_id").and_then(Value::as_str) != Some(client_id.as_str()) {
        return Err(Unfit::new("client_id_mismatch", "The document's client_id is not the address it was fetched from."));
    }
    // §4.1: nothing the two sides would have to keep secret.
    if document.contains_key("client_secret") || document.contains_key("client_secret_expires_at") {
        return Err(Unfit::new("client_secret_not_allowed", "A document that anyone can read must not hold a secret."));
    }
    let mut document = document.clone();
    let unsaid = document.get("token_endpoint_auth_method").is_none_or(Value::is_null);
    if unsaid {
        document.insert("token_endpoint_auth_method".to_owned(), AuthMethod::None.as_str().into());
    }
    let mut warnings = Vec::new();
    let redirects = Redirects::sort(&mut document, rules)?;
    let mut metadata = ClientMetadata::new(client_id.as_str());
    let mut problems = read(&document, &mut metadata);
    problems.extend(check(&metadata));
    if let Some(problem) = problems.first() {
        return Err(Unfit::new("invalid_client_metadata", format!("{} {}.", problem.member, problem.message)));
    }
    if !matches!(metadata.token_endpoint_auth_method, AuthMethod::None | AuthMethod::PrivateKeyJwt) {
        return Err(Unfit::new("auth_method_not_allowed", "The token_endpoint_auth_method must be none or private_key_jwt."));
    }
    let allowed = rules.allowed_scopes.union(&scope::BUILT_IN.into_iter().collect());
    let dropped_scopes: Scopes = metadata.scopes.iter().filter(|scope| !allowed.has(scope)).collect();
    metadata.scopes = metadata.scopes.intersection(&allowed);
    for (is_so, warning) in [
        (client_id.query().is_some(), "The client_id has a query, which the specification advises against."),
        (metadata.client_name.is_empty(), "The document gives no client_name: people see its host."),
        (!redirects.dropped.is_empty(), "Some redirect URIs can't be used."),
        (redirects.has_loopback, "A redirect URI leads to the person's own machine, where any program may wait for the answer."),
        (redirects.is_elsewhere(client_id, &metadata), "A redirect URI leads to another host than the document's."),
        (!dropped_scopes.is_empty(), "Some scopes are not given to such clients."),
    ] {
        if is_so {
            warnings.push(warning.to_owned());
        }
    }
    let (dropped_redirect_uris, has_loopback_redirect) = (redirects.dropped, redirects.has_loopback);
    Ok(Described { metadata, dropped_redirect_uris, dropped_scopes, has_loopback_redirect, warnings })
}

/// The redirect URIs of a document.
struct Redirects {
    dropped: Vec<String>,
    has_loopback: bool,
}

impl Redirects {
    /// Leave in the document those that can be used.
    fn sort(document: &mut Map<String, Value>, rules: &Rules) -> Result<Self, Unfit> {
        let unfit = |message| Unfit::new("invalid_redirect_uri", message);
        let listed = document.get("redirect_uris").and_then(Value::as_array).filter(|uris| uris.len() <= 100);
        let listed: Option<Vec<String>> =
            listed.and_then(|uris| uris.iter().map(|uri| uri.as_str().map(str::to_owned)).collect());
        let listed = listed.ok_or_else(|| unfit("The document must list at most 100 redirect_uris."))?;
        let is_native = document.get("application_type").and_then(Value::as_str) == Some("native");
        let kind = if is_native { ApplicationType::Native } else { ApplicationType::Web };
        let is_good = |uri: &String| check_registration(uri, kind).is_ok() && !(rules.blocks_loopback && is_loopback(uri));
        let has_loopback = listed.iter().any(|uri| is_loopback(uri));
        let (good, dropped): (Vec<String>, Vec<String>) = listed.into_iter().partition(is_good);
        if good.is_empty() {
            return Err(unfit("None of the redirect_uris can be used."));
        }
        document.insert("redirect_uris".to_owned(), good.into());
        Ok(Self { dropped, has_loopback })
    }

    fn is_elsewhere(&self, client_id: &Url, metadata: &ClientMetadata) -> bool {
        let leads_away =
            |uri: &String| Url::parse(uri).is_ok_and(|url| url.scheme() == "https" && url.host() != client_id.host());
        metadata.redirect_uris.iter().chain(&self.dropped).any(leads_away)
    }
}

fn is_loopback(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const ID: &str = "https://app.example/client.json";

    fn document(more: Value) -> Map<String, Value> {
        let mut document = json!({ "client_id": ID, "client_name": "App", "redirect_uris": ["https://app.example/cb"] });
        match (document.as_object_mut(), more) {
            (Some(members), Value::Object(more)) => members.extend(more),
            other => panic!("{other:?} is no object"),
        }
        document.as_object().unwrap().clone()
    }
    fn judged(more: Value, rules: &Rules) -> Result<Described, Unfit> {
        judge(&client_id(ID).unwrap(), &document(more), rules)
    }

    #[test]
    fn a_client_id_is_a_plain_https_address_with_a_path() {
        for good in [ID, "https://app.example:8443/a/b", "https://app.example/c?v=1"] {
            assert!(client_id(good).is_ok(), "{good}");
        }
        for bad in [
            "http://app.example/c",
            "https://app.example",
            "https://app.example/",
            "https://app.example/?v=1",
            "https://app.example/c#f",
            "https://u:p@app.example/c",
            "https://app.example/a/../c",
            "https://app.example/a/%2e%2e/c",
            "https://App.example/c",
            "http://localhost/c",
            "client_abc",
            "",
        ] {
            assert!(client_id(bad).is_err(), "{bad}");
        }
        assert!(client_id(&format!("https://app.example/{}", "x".repeat(2048))).is_err());
    }

    #[test]
    fn a_document_becomes_a_public_client_unless_it_names_keys() {
        let described = judged(json!({}), &Rules::default()).unwrap();
        assert!(described.metadata.is_public() && described.metadata.must_use_pkce());
        assert_eq!((described.warnings.len(), described.has_loopback_redirect), (0, false));
        let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/keys" });
        assert!(!judged(keys, &Rules::default()).unwrap().metadata.is_public());
    }

    #[test]
    fn what_will_not_do_is_named() {
        let blocks = Rules { blocks_loopback: true, ..Rules::default() };
        for (more, rules, reason) in [
            (json!({ "client_id": "https://app.example/other.json" }), &Rules::default(), "client_id_mismatch"),
            (json!({ "client_id": null }), &Rules::default(), "client_id_mismatch"),
            (json!({ "client_secret": "x" }), &Rules::default(), "client_secret_not_allowed"),
            (json!({ "client_secret_expires_at": 0 }), &Rules::default(), "client_secret_not_allowed"),
            (json!({ "token_endpoint_auth_method": "client_secret_basic" }), &Rules::default(), "auth_method_not_allowed"),
            (json!({ "token_endpoint_auth_method": "private_key_jwt" }), &Rules::default(), "invalid_client_metadata"),
            (json!({ "logo_uri": "javascript:alert(1)" }), &Rules::default(), "invalid_client_metadata"),
            (json!({ "redirect_uris": [] }), &Rules::default(), "invalid_redirect_uri"),
            (json!({ "redirect_uris": "https://app.example/cb" }), &Rules::default(), "invalid_redirect_uri"),
            (json!({ "redirect_uris": ["http://app.example/cb", 1] }), &Rules::default(), "invalid_redirect_uri"),
            (json!({ "redirect_uris": ["http://localhost/cb"] }), &blocks, "invalid_redirect_uri"),
        ] {
            assert_eq!(judged(more.clone(), rules).map_err(|unfit| unfit.reason), Err(reason), "{more}");
        }
    }

    #[test]
    fn what_is_left_out_is_said() {
        let rules = Rules { allowed_scopes: Scopes::parse("notes:read").unwrap(), ..Rules::default() };
        let more = json!({
            "redirect_uris": ["https://app.example/cb", "http://localhost:3000/cb", "http://evil.example/cb"],
            "scope": "openid notes:read notes:write admin"
        });
        let described = judged(more, &rules).unwrap();
        assert_eq!(described.metadata.redirect_uris, ["https://app.example/cb", "http://localhost:3000/cb"]);
        assert_eq!(described.dropped_redirect_uris, ["http://evil.example/cb"]);
        assert_eq!(described.metadata.scopes, Scopes::parse("openid notes:read").unwrap());
        assert_eq!(described.dropped_scopes, Scopes::parse("admin notes:write").unwrap());
        assert!(described.has_loopback_redirect);
        assert_eq!(described.warnings.len(), 3, "{:?}", described.warnings);
    }

    #[test]
    fn documents_come_from_where_they_may() {
        let rules = Rules { allowed_domains: vec!["app.example".into(), "*.partner.example".into()], ..Rules::default() };
        for (id, expected) in [
            (ID, true),
            ("https://a.partner.example/c", true),
            ("https://partner.example/c", false),
            ("https://app.example.evil.example/c", false),
            ("https://evilpartner.example/c", false),
        ] {
            assert_eq!(rules.allow(&client_id(id).unwrap()), expected, "{id}");
        }
        assert!(Rules::default().allow(&client_id(ID).unwrap()));
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_text_is_a_client_id_or_none(text in ".{0,60}") {
            let _ = client_id(&text);
            let _ = judged(json!({ "redirect_uris": [text.clone()], "client_name": text }), &Rules::default());
        }
    }
}
