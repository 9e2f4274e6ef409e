//! Whether a client ID metadata document would do.

use crate::clients::documents::{document, is_enabled, rules};
use crate::clients::{Client, Unusable, find};
use flow::{Cx, Json, OneOrg, Operation, Prep, Prepare, Reads, Route, Services, Surface, Text, Verdict};
use identity::envelope::One;
use identity::permissions::CLIENTS_READ;
use kernel::{Access, ClientId, Denial, Fault, Scopes, Silent};
use oauth::client_id_metadata::{Described, client_id, judge};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use store::Org;
use url::Url;

flow::input! {
    /// Check a client ID metadata document.
    #[derive(Clone, Debug)]
    pub struct CimdQuestion {
        /// The address of the document, which is the client's identifier.
        body "client_id" => client_id: Text<1, 2048>,
        /// Each check fetches the document, whatever this says.
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
    /// Whether people can sign in with such clients here.
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
    /// What is kept of the client, if somebody was asked about it.
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
        let kept = kept(prep, &url).await?;
        Ok(CheckCimd(checked(prep.services(), prep.organization()?, &url, kept).await))
    }
}

async fn checked(services: &Services, org: &Org, url: &Url, kept: Option<ShadowClient>) -> CimdCheck {
    let rules = rules(org);
    let mut check = CimdCheck {
        ok: false,
        client_id: url.to_string(),
        enabled: is_enabled(org),
        reason: None,
        message: None,
        warnings: Vec::new(),
        document: None,
        effective: None,
        shadow_client: kept,
    };
    let document = if rules.allow(url) {
        document(services, url).await
    } else {
        Err(Unusable::new("domain_not_allowed", "This organization takes no documents from that host."))
    };
    let judged = document.and_then(|(document, _)| {
        let judged = judge(url, &document, &rules);
        check.document = Some(document);
        Ok(judged?)
    });
    match judged {
        Ok(described) => {
            check.ok = true;
            check.effective = Some(Effective::of(&described));
            check.warnings = described.warnings;
        }
        Err(unusable) => (check.reason, check.message) = (Some(unusable.reason), Some(unusable.message)),
    }
    check
}

/// What is kept of the client.
async fn kept(prep: &Prep, url: &Url) -> Result<Option<ShadowClient>, Fault> {
    let client = find(prep.services(), prep.organization()?, &ClientId::from(url.as_str())).await?;
    let shadow = |client: Arc<Client>| {
        let last_fetched_at = client.document.as_ref()?.fetched_at.to_iso();
        Some(ShadowClient { id: Some(client.number), last_fetched_at: Some(last_fetched_at) })
    };
    Ok(client.and_then(shadow))
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
