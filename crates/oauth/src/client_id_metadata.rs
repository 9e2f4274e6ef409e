//! Client ID metadata documents: a client is named by the address of a document that describes it.
//!
//! draft-ietf-oauth-client-id-metadata-document. Supported where the organization says so: at the authorization endpoint, for pushed
//! requests and at the token endpoint; public clients, and such as sign with a key they publish. Such a client is a stranger: it
//! gets the code and refresh token grants and nothing else, people are asked at every request, and its answers stay with the host its
//! document came from, on the person's own machine, or with hosts that the organization lists (§6.1 leaves that open). So do its keys and
//! whatever is called or shown when people sign out. What its tokens are for, and which authorization details it may ask for, it doesn't say
//! itself.
//! Not supported: request objects that are fetched or encrypted, and sectors, which nobody would have looked at.

use crate::client::{ApplicationType, AuthMethod};
use crate::fapi::FapiProfile;
use crate::grant::{AUTHORIZATION_CODE, REFRESH_TOKEN};
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::redirect_uri::check_registration;
use crate::registration::{check, read};
use crate::{ClientMetadata, scope};
use kernel::Scopes;
use serde_json::{Map, Value};
use std::time::Duration;
use url::{Host, Url};

/// This room.
pub const ROOM: Room = Room {
    name: "client_id_metadata",
    title: "OAuth Client ID Metadata Document",
    source: "draft-ietf-oauth-client-id-metadata-document",
    status: Status::Draft,
    support: "public clients and private_key_jwt; code and refresh token grants; off unless the organization says so",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Authenticate),
        (Endpoint::Token, Stage::Authenticate),
        (Endpoint::Metadata, Stage::Respond),
    ],
    metadata,
};

/// Bytes of a document (§6.6 advises 5 KB).
pub const MAX_DOCUMENT: usize = 5 * 1024;
/// Characters of such a client identifier: it is a key of tables.
const MAX_LENGTH: usize = 1024;
/// How long a document is kept whose answer doesn't say, and the bounds of what it may say (§4.4).
const LIFETIME: Duration = Duration::from_mins(10);
const SHORTEST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(24);
/// Grants of such clients.
const GRANTS: [&str; 2] = [AUTHORIZATION_CODE, REFRESH_TOKEN];

/// Whether a client identifier is meant as an address: no other client's begins like this.
pub fn is_address(client_id: &str) -> bool {
    client_id.starts_with("https://")
}

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
    /// Types of authorization details they may ask for.
    pub allowed_details: Vec<String>,
    /// The FAPI profile of the organization.
    pub profile: FapiProfile,
}

impl Rules {
    /// Whether documents may come from there.
    pub fn allow(&self, client_id: &Url) -> bool {
        self.allowed_domains.is_empty() || self.list(client_id)
    }
    /// Whether what the document names there is its own: on its own origin, or on a host that is named.
    fn stays(&self, client_id: &Url, uri: &str) -> bool {
        Url::parse(uri).is_ok_and(|url| url.origin() == client_id.origin() || (url.scheme() == "https" && self.list(&url)))
    }
    /// Whether its host is named.
    fn list(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let is_host = |allowed: &String| match allowed.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|below| below.len() > 1 && below.ends_with('.')),
            None => allowed == host,
        };
        self.allowed_domains.iter().any(is_host)
    }
}

/// How long a document may be kept by what its answer says (`Cache-Control`, RFC 9111 §5.2.2).
pub fn lifetime(cache_control: Option<&str>) -> Duration {
    let Some(said) = cache_control else { return LIFETIME };
    let directives: Vec<String> = said.split(',').map(|directive| directive.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| directive.starts_with("no-store") || directive.starts_with("no-cache")) {
        return SHORTEST;
    }
    let seconds = |directive: &String| directive.strip_prefix("max-age=").map(|text| text.trim_matches('"').parse::<u64>());
    match directives.iter().find_map(seconds) {
        Some(Ok(seconds)) => Duration::from_secs(seconds).clamp(SHORTEST, LONGEST),
        Some(Err(_)) => SHORTEST,
        None => LIFETIME,
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

/// Take away what strangers don't get; whether there was anything.
fn reduce(metadata: &mut ClientMetadata, rules: &Rules) -> bool {
    let sizes = |metadata: &ClientMetadata| {
        let ClientMetadata { grant_types, response_types, authorization_details_types, audience_uris, .. } = metadata;
        [grant_types.len(), response_types.len(), authorization_details_types.len(), audience_uris.len()]
    };
    let before = sizes(metadata);
    metadata.grant_types.retain(|grant| GRANTS.contains(&grant.as_str()));
    metadata.response_types.retain(|kind| kind == "code");
    metadata.authorization_details_types.retain(|name| rules.allowed_details.contains(name));
    metadata.audience_uris.clear();
    let has_objects = !metadata.request_uris.is_empty() || metadata.request_object_encryption.is_some();
    metadata.request_uris.clear();
    metadata.request_object_encryption = None;
    has_objects || before != sizes(metadata)
}

/// Take away addresses that this server or people's browsers would be sent to and that are not the document's own; whether there were any.
fn drop_strange_places(client_id: &Url, metadata: &mut ClientMetadata, rules: &Rules) -> bool {
    let kept = metadata.post_logout_redirect_uris.len();
    let is_of_an_app = |uri: &str| Url::parse(uri).is_ok_and(|url| !matches!(url.scheme(), "http" | "https"));
    let stays = |uri: &str| rules.stays(client_id, uri) || is_of_an_app(uri) || (!rules.blocks_loopback && is_loopback(uri));
    metadata.post_logout_redirect_uris.retain(|uri| stays(uri));
    let mut has_strange = kept != metadata.post_logout_redirect_uris.len();
    for place in [
        &mut metadata.jwks_uri,
        &mut metadata.backchannel_logout_uri,
        &mut metadata.frontchannel_logout_uri,
        &mut metadata.initiate_login_uri,
        &mut metadata.backchannel_client_notification_endpoint,
    ] {
        if place.as_deref().is_some_and(|uri| !rules.stays(client_id, uri)) {
            (*place, has_strange) = (None, true);
        }
    }
    has_strange
}

/// Whoever made the document vouches for what lies beside it (§6.7); whether a logo lies elsewhere.
fn drop_strange_logos(client_id: &Url, metadata: &mut ClientMetadata) -> bool {
    let is_strange = |logo: &String| !Url::parse(logo).is_ok_and(|logo| logo.origin() == client_id.origin());
    let localized = metadata.localized.len();
    metadata.localized.retain(|name, logo| !name.starts_with("logo_uri#") || !is_strange(logo));
    let had_logo = metadata.logo_uri.is_some();
    metadata.logo_uri = metadata.logo_uri.take().filter(|logo| !is_strange(logo));
    had_logo != metadata.logo_uri.is_some() || localized != metadata.localized.len()
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

/// Whether an address leads to the person's own machine.
pub fn is_loopback(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    if facts.takes_client_documents {
        document.set("client_id_metadata_document_supported", true);
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
        assert!(client_id(&format!("https://app.example/{}", "x".repeat(1024))).is_err());
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
            (json!({ "redirect_uris": ["https://evil.example/cb"] }), &Rules::default(), "invalid_redirect_uri"),
            (json!({ "redirect_uris": ["https://app.example:8443/cb"] }), &Rules::default(), "invalid_redirect_uri"),
            (json!({ "token_endpoint_auth_method": "client_secret_post" }), &Rules::default(), "auth_method_not_allowed"),
            (json!({ "token_endpoint_auth_method": "client_secret_jwt" }), &Rules::default(), "invalid_client_metadata"),
            (
                json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks_uri": "https://app.example/keys" }),
                &Rules::default(),
                "auth_method_not_allowed",
            ),
            (json!({ "grant_types": ["client_credentials"] }), &Rules::default(), "invalid_client_metadata"),
            (
                json!({ "grant_types": ["implicit"], "response_types": ["id_token"] }),
                &Rules::default(),
                "invalid_client_metadata",
            ),
            (
                json!({ "subject_type": "pairwise", "sector_identifier_uri": "https://bank.example/sector" }),
                &Rules::default(),
                "invalid_client_metadata",
            ),
            (json!({}), &Rules { profile: FapiProfile::Fapi2Security, ..Rules::default() }, "invalid_client_metadata"),
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
    fn a_stranger_gets_no_more_than_a_stranger_needs() {
        let more = json!({
            "grant_types": ["authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "request_uris": ["https://elsewhere.example/object"],
            "request_object_encryption_alg": "RSA-OAEP-256",
            "logo_uri": "https://elsewhere.example/logo.png",
            "logo_uri#de": "https://app.example/logo-de.png",
        });
        let described = judged(more, &Rules::default()).unwrap();
        let metadata = described.metadata;
        assert_eq!(metadata.grant_types, ["authorization_code", "refresh_token"]);
        assert!(metadata.request_uris.is_empty() && metadata.request_object_encryption.is_none() && metadata.logo_uri.is_none());
        assert_eq!(metadata.localized.len(), 1);
        assert!(metadata.always_ask_consent && !metadata.first_party);
        assert_eq!(described.warnings.len(), 2, "{:?}", described.warnings);
        let beside =
            judged(json!({ "logo_uri": "https://app.example/logo.png", "client_name": null }), &Rules::default()).unwrap();
        assert_eq!(
            (beside.metadata.logo_uri.as_deref(), &*beside.metadata.client_name),
            (Some("https://app.example/logo.png"), "app.example")
        );
    }

    #[test]
    fn a_stranger_gives_itself_neither_kinds_of_details_nor_resource_servers() {
        let more = json!({
            "authorization_details_types": ["payment_initiation", "account_information"],
            "audience_uris": ["https://api.bank.example"],
        });
        let described = judged(more.clone(), &Rules::default()).unwrap();
        assert!(described.metadata.authorization_details_types.is_empty() && described.metadata.audience_uris.is_empty());
        assert_eq!(described.warnings.len(), 1, "{:?}", described.warnings);
        let rules = Rules { allowed_details: vec!["account_information".into()], ..Rules::default() };
        let described = judged(more, &rules).unwrap();
        assert_eq!(described.metadata.authorization_details_types, ["account_information"]);
    }

    #[test]
    fn what_a_document_names_elsewhere_is_left_out() {
        let rules = Rules { allowed_domains: vec!["app.example".into(), "other.example".into()], ..Rules::default() };
        let more = json!({
            "post_logout_redirect_uris": ["https://app.example/out", "https://other.example/out", "https://evil.example/out"],
            "backchannel_logout_uri": "https://evil.example/logout",
            "frontchannel_logout_uri": "https://app.example/logout",
            "initiate_login_uri": "https://evil.example/begin",
            "jwks_uri": "https://evil.example/keys",
        });
        let described = judged(more.clone(), &rules).unwrap();
        let metadata = &described.metadata;
        assert_eq!(metadata.post_logout_redirect_uris, ["https://app.example/out", "https://other.example/out"]);
        assert_eq!(metadata.frontchannel_logout_uri.as_deref(), Some("https://app.example/logout"));
        for gone in [&metadata.backchannel_logout_uri, &metadata.initiate_login_uri, &metadata.jwks_uri] {
            assert_eq!(*gone, None);
        }
        assert_eq!(described.warnings.len(), 1, "{:?}", described.warnings);
        assert_eq!(judged(more, &Rules::default()).unwrap().metadata.post_logout_redirect_uris, ["https://app.example/out"]);
        let keys_elsewhere = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://evil.example/keys" });
        assert_eq!(judged(keys_elsewhere, &rules).unwrap_err().reason, "invalid_client_metadata");
    }

    #[test]
    fn answers_stay_with_the_document_or_where_the_organization_says() {
        let rules = Rules { allowed_domains: vec!["app.example".into(), "other.example".into()], ..Rules::default() };
        let more = json!({ "redirect_uris": ["https://app.example/cb", "https://other.example/cb", "https://evil.example/cb"] });
        let described = judged(more.clone(), &rules).unwrap();
        assert_eq!(described.metadata.redirect_uris, ["https://app.example/cb", "https://other.example/cb"]);
        assert_eq!(described.dropped_redirect_uris, ["https://evil.example/cb"]);
        assert_eq!(judged(more, &Rules::default()).unwrap().metadata.redirect_uris, ["https://app.example/cb"]);
    }

    #[test]
    fn a_document_is_kept_for_as_long_as_it_says_within_bounds() {
        for (said, seconds) in [
            (None, 600),
            (Some("public"), 600),
            (Some("max-age=300"), 300),
            (Some("public, Max-Age=7200"), 7200),
            (Some("max-age=0"), 60),
            (Some("max-age=31536000, immutable"), 86_400),
            (Some("max-age=99999999999999999999"), 60),
            (Some("max-age=-1"), 60),
            (Some("no-store"), 60),
            (Some("max-age=300, no-cache"), 60),
            (Some(""), 600),
        ] {
            assert_eq!(lifetime(said), Duration::from_secs(seconds), "{said:?}");
        }
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
