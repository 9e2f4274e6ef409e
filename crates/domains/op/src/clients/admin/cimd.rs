//! Whether a client ID metadata document would do.

use crate::clients::{FetchFault, fetch_bounded};
use flow::{Cx, Fetched, Json, OneOrg, Operation, Prep, Prepare, Reads, Route, Services, Surface, Text, Verdict};
use identity::envelope::One;
use identity::permissions::CLIENTS_READ;
use kernel::{Access, Denial, Fault, Scopes, Silent};
use oauth::client_id_metadata::{Described, MAX_DOCUMENT, Rules, client_id, judge};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use store::Org;
use url::Url;

flow::input! {
    /// Check a client ID metadata document.
    #[derive(Clone, Debug)]
    pub struct CimdQuestion {
        /// The address of the document, which is the client's identifier.
        body "client_id" => client_id: Text<1, 2048>,
        /// Nothing is kept between checks: each one fetches the document, whatever this says.
        body "refresh" => refresh: Option<bool>,
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct CheckCimd(CimdCheck);

/// The outcome of a check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CimdCheck {
    /// Whether the document would do.
    ok: bool,
    /// The client's identifier.
    client_id: String,
    /// Whether people can sign in with such clients here. That is not there yet.
    enabled: bool,
    /// Why it won't do: `client_id_mismatch`, `http_status_404`, …
    reason: Option<String>,
    /// The same for people.
    message: Option<String>,
    /// What an administrator should know besides.
    warnings: Vec<String>,
    /// The document, as far as it is one.
    document: Option<Map<String, Value>>,
    /// What would come of it.
    effective: Option<Effective>,
    /// What is kept of the client: nothing.
    shadow_client: Option<ShadowClient>,
}

/// A client as its document makes it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Effective {
    pub client_name: String,
    pub application_type: Value,
    pub token_endpoint_auth_method: &'static str,
    pub public_client: bool,
    pub pkce_required: bool,
    pub redirect_uris: Vec<String>,
    pub dropped_redirect_uris: Vec<String>,
    pub grant_types: Vec<String>,
    pub scopes: Vec<String>,
    pub dropped_scopes: Vec<String>,
    pub logo_uri: Option<String>,
    pub client_uri: Option<String>,
    pub has_loopback_redirect: bool,
}

/// What is kept of such a client.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ShadowClient {
    /// Its number.
    id: Option<i64>,
    /// When its document was fetched last.
    last_fetched_at: Option<String>,
}

impl Effective {
    fn of(described: &Described) -> Self {
        let (metadata, listed) = (&described.metadata, |scopes: &Scopes| scopes.iter().map(str::to_owned).collect());
        Self {
            client_name: metadata.client_name.clone(),
            application_type: serde_json::to_value(metadata.application_type).unwrap_or_default(),
            token_endpoint_auth_method: metadata.token_endpoint_auth_method.as_str(),
            public_client: metadata.is_public(),
            pkce_required: metadata.must_use_pkce(),
            redirect_uris: metadata.redirect_uris.clone(),
            dropped_redirect_uris: described.dropped_redirect_uris.clone(),
            grant_types: metadata.grant_types.clone(),
            scopes: listed(&metadata.scopes),
            dropped_scopes: listed(&described.dropped_scopes),
            logo_uri: metadata.logo_uri.clone(),
            client_uri: metadata.client_uri.clone(),
            has_loopback_redirect: described.has_loopback_redirect,
        }
    }
}

/// The identifier can't be where a document is.
const NO_DOCUMENT: Denial = Denial::unprocessable("clients.cimd_client_id", "The client_id can't name a client by its document.");

impl Prepare<CheckCimd> for CimdQuestion {
    async fn prepare(self, prep: &Prep) -> Result<CheckCimd, Fault> {
        let unprocessable = |why| Fault { fields: vec![("client_id".to_owned(), String::from(why))], ..NO_DOCUMENT.into() };
        let url = client_id(self.client_id.as_str()).map_err(unprocessable)?;
        Ok(CheckCimd(checked(prep.services(), prep.organization()?, &url).await))
    }
}

async fn checked(services: &Services, org: &Org, url: &Url) -> CimdCheck {
    let rules = rules(org);
    let mut check = CimdCheck {
        ok: false,
        client_id: url.to_string(),
        enabled: false,
        reason: None,
        message: None,
        warnings: Vec::new(),
        document: None,
        effective: None,
        shadow_client: None,
    };
    let document = if rules.allow(url) {
        document(services, url).await
    } else {
        Err(("domain_not_allowed".to_owned(), "This organization takes no documents from that host.".to_owned()))
    };
    let judged = document.and_then(|document| {
        let judged = judge(url, &document, &rules);
        check.document = Some(document);
        judged.map_err(|unfit| (unfit.reason.to_owned(), unfit.message))
    });
    match judged {
        Ok(described) => {
            check.ok = true;
            check.effective = Some(Effective::of(&described));
            check.warnings = described.warnings;
        }
        Err((reason, message)) => (check.reason, check.message) = (Some(reason), Some(message)),
    }
    check
}

/// A code for programs and a sentence for people.
type Why = (String, String);

fn because(reason: &str, message: &str) -> Why {
    (reason.to_owned(), message.to_owned())
}

/// The document, or why there is none.
async fn document(services: &Services, url: &Url) -> Result<Map<String, Value>, Why> {
    match fetch_bounded(services, url, "application/json", MAX_DOCUMENT).await {
        Ok(fetched) => in_answer(&fetched),
        Err(FetchFault::TooLarge) => Err(because("document_too_large", "The document has more than 5 KB.")),
        Err(FetchFault::Blocked) => Err(because("address_not_allowed", "This server does not fetch from that address.")),
        Err(FetchFault::Failed) => Err(because("fetch_failed", "The document could not be fetched.")),
    }
}

/// The document in an answer: 200, no redirect, and JSON that says so.
fn in_answer(fetched: &Fetched) -> Result<Map<String, Value>, Why> {
    if fetched.status != 200 {
        let reason = format!("http_status_{}", fetched.status);
        return Err(because(&reason, &format!("The address answered with status {}.", fetched.status)));
    }
    if !is_json(fetched) {
        return Err(because("content_type_not_json", "The document does not say that it is JSON."));
    }
    let document = jose::json::parse_strict_object(&fetched.body);
    document.map_err(|_| because("invalid_json", "The document is not a JSON object."))
}

fn is_json(fetched: &Fetched) -> bool {
    let media = fetched.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json") || media.to_ascii_lowercase().ends_with("+json")
}

/// What the organization's settings say (`authentication.cimd_…`).
fn rules(org: &Org) -> Rules {
    let settings: Value = serde_json::from_str(org.settings()).unwrap_or_default();
    let member = |name: &str| settings.get("authentication").and_then(|member| member.get(name));
    let texts = |name: &str| member(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    Rules {
        allowed_domains: texts("cimd_allowed_domains").map(str::to_ascii_lowercase).collect(),
        blocks_loopback: member("cimd_localhost_redirect_policy").and_then(Value::as_str) == Some("block"),
        allowed_scopes: texts("cimd_allowed_scopes").collect(),
    }
}

impl Operation for CheckCimd {
    const ID: &'static str = "clients.check_cimd";
    const SUMMARY: &'static str = "Fetch a client ID metadata document and tell whether it would do, and why not.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/clients/cimd/check");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_READ);
    const DENIALS: &'static [Denial] = &[NO_DOCUMENT];
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = CimdQuestion;
    type Output = Json<One<CimdCheck>>;
    type Event = Silent;

    async fn run(self, _: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        Ok(Verdict::Done(Json(One { data: self.0 }), Silent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_a_document_or_a_reason() {
        for (status, media, body, expected) in [
            (200, Some("application/json"), "{}", ""),
            (200, Some("application/client+json; charset=utf-8"), "{}", ""),
            (404, Some("application/json"), "{}", "http_status_404"),
            (302, None, "", "http_status_302"),
            (200, None, "{}", "content_type_not_json"),
            (200, Some("text/html"), "{}", "content_type_not_json"),
            (200, Some("application/json"), "[]", "invalid_json"),
            (200, Some("application/json"), r#"{"a":1,"a":2}"#, "invalid_json"),
            (200, Some("application/json"), "\u{0}", "invalid_json"),
        ] {
            let content_type = media.map(str::to_owned);
            let fetched = Fetched { status, content_type, cache_control: None, body: body.as_bytes().to_vec() };
            let found = in_answer(&fetched).map_or_else(|(reason, _)| reason, |_| String::new());
            assert_eq!(found, expected, "{status} {media:?} {body}");
        }
    }
}
