//! From a document to a client, or to the reason why it won't do.

use super::left_out::{drop_strange_logos, drop_strange_places, reduce};
use super::{Rules, is_loopback};
use crate::client::{ApplicationType, AuthMethod};
use crate::grant::AUTHORIZATION_CODE;
use crate::redirect_uri::check_registration;
use crate::registration::{check, read};
use crate::{ClientMetadata, scope};
use kernel::Scopes;
use serde_json::{Map, Value};
use url::Url;

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
    let redirects = Redirects::sort(&mut document, client_id, rules)?;
    let mut metadata = ClientMetadata::new(client_id.as_str());
    metadata.organization_profile = rules.profile;
    let mut problems = read(&document, &mut metadata);
    let is_reduced = reduce(&mut metadata, rules);
    let has_strange_places = drop_strange_places(client_id, &mut metadata, rules);
    problems.extend(check(&metadata));
    if let Some(problem) = problems.first() {
        return Err(Unfit::new("invalid_client_metadata", format!("{} {}.", problem.member, problem.message)));
    }
    must_fit(&metadata)?;
    let has_strange_logo = drop_strange_logos(client_id, &mut metadata);
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
        (
            is_reduced,
            "Such clients get the code and refresh token grants, no fetched or encrypted request objects, no resource servers, and only \
             the authorization details that clients registered without a permission get.",
        ),
        (
            has_strange_places,
            "Keys and addresses for signing in and out are left out that lie on another host than the document.",
        ),
        (has_strange_logo, "A logo from another host than the document's is not shown."),
    ] {
        if is_so {
            warnings.push(warning.to_owned());
        }
    }
    if metadata.client_name.is_empty() {
        client_id.host_str().unwrap_or_default().clone_into(&mut metadata.client_name);
    }
    metadata.always_ask_consent = true;
    let (dropped_redirect_uris, has_loopback_redirect) = (redirects.dropped, redirects.has_loopback);
    Ok(Described { metadata, dropped_redirect_uris, dropped_scopes, has_loopback_redirect, warnings })
}

/// What such a client must be.
fn must_fit(metadata: &ClientMetadata) -> Result<(), Unfit> {
    if !metadata.may_use_grant(AUTHORIZATION_CODE) || metadata.response_types.is_empty() {
        return Err(Unfit::new("invalid_client_metadata", "The document must be of a client that uses authorization codes."));
    }
    if metadata.sector_identifier_uri.is_some() {
        return Err(Unfit::new("invalid_client_metadata", "sector_identifier_uri is not taken from documents."));
    }
    if !matches!(metadata.token_endpoint_auth_method, AuthMethod::None | AuthMethod::PrivateKeyJwt) {
        return Err(Unfit::new("auth_method_not_allowed", "The token_endpoint_auth_method must be none or private_key_jwt."));
    }
    Ok(())
}

/// The redirect URIs of a document.
struct Redirects {
    dropped: Vec<String>,
    has_loopback: bool,
}

impl Redirects {
    /// Leave in the document those that can be used.
    fn sort(document: &mut Map<String, Value>, client_id: &Url, rules: &Rules) -> Result<Self, Unfit> {
        let unfit = |message| Unfit::new("invalid_redirect_uri", message);
        let listed = document.get("redirect_uris").and_then(Value::as_array).filter(|uris| uris.len() <= 100);
        let listed: Option<Vec<String>> =
            listed.and_then(|uris| uris.iter().map(|uri| uri.as_str().map(str::to_owned)).collect());
        let listed = listed.ok_or_else(|| unfit("The document must list at most 100 redirect_uris."))?;
        let is_native = document.get("application_type").and_then(Value::as_str) == Some("native");
        let kind = if is_native { ApplicationType::Native } else { ApplicationType::Web };
        let stays = |uri: &String| Url::parse(uri).is_ok_and(|url| url.scheme() != "https") || rules.stays(client_id, uri);
        let is_blocked = |uri: &String| rules.blocks_loopback && is_loopback(uri);
        let is_good = |uri: &String| check_registration(uri, kind).is_ok() && stays(uri) && !is_blocked(uri);
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
