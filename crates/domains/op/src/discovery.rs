//! Discovery: what clients can find out about this provider before they know anything.
//!
//! OpenID Connect Discovery puts its document behind the issuer's path, RFC 8414 §3 puts the other one in front of it, and the
//! published clients look below `/api/v1`. All places show the same.

use crate::MutualTls;
use crate::clients::issuer;
use crate::keys::{self, OrgKeys, RESPONSE_ALGORITHMS};
use crate::policy::Policy;
use crate::registration::Mode;
use flow::{
    Answer, Body, Catalogue, Cx, NoInput, OneOrg, Operation, Prep, Prepare, Reads, Reply, ReplyDoc, Route, Surface, Verdict,
};
use identity::scopes;
use kernel::{Access, Fault, Limit, Silent};
use oauth::acr::Acr;
use oauth::metadata::{Facts, authorization_server, openid_configuration};
use schemars::SchemaGenerator;
use serde_json::{Value, json};
use std::sync::Arc;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<OpenidConfiguration>().mount::<AuthorizationServerMetadata>().mount::<KeySet>()
}

pub(crate) const ANYONE: Access = Access::Public("clients read it before they can authenticate");
/// Languages of the pages.
const UI_LOCALES: [&str; 4] = ["en", "de", "fr", "es"];

/// The OpenID Connect discovery document.
#[derive(Clone, Copy, Debug)]
pub struct OpenidConfiguration;

/// The authorization server metadata.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationServerMetadata;

/// The published keys.
#[derive(Clone, Debug)]
pub struct KeySet(Arc<OrgKeys>);

impl Prepare<OpenidConfiguration> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<OpenidConfiguration, Fault> {
        Ok(OpenidConfiguration)
    }
}
impl Prepare<AuthorizationServerMetadata> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<AuthorizationServerMetadata, Fault> {
        Ok(AuthorizationServerMetadata)
    }
}
impl Prepare<KeySet> for NoInput {
    async fn prepare(self, prep: &Prep) -> Result<KeySet, Fault> {
        keys::of(prep.services(), prep.organization()?).await.map(KeySet)
    }
}

impl Operation for OpenidConfiguration {
    const ID: &'static str = "well_known.openid_configuration";
    const SUMMARY: &'static str = "OpenID Connect Discovery 1.0.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/.well-known/openid-configuration");
    const ALSO: &'static [Route] =
        &[Route::get("/orgs/{org}/.well-known/openid-configuration"), Route::get("/.well-known/openid-configuration/orgs/{org}")];
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = ANYONE;
    const LIMIT: Limit = Limit::Cheap;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Document;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Document, Silent>, Fault> {
        Ok(Verdict::Done(described(cx, openid_configuration).await?, Silent))
    }
}

impl Operation for AuthorizationServerMetadata {
    const ID: &'static str = "well_known.oauth_authorization_server";
    const SUMMARY: &'static str = "OAuth 2.0 Authorization Server Metadata (RFC 8414).";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/.well-known/oauth-authorization-server");
    const ALSO: &'static [Route] = &[
        Route::get("/orgs/{org}/.well-known/oauth-authorization-server"),
        Route::get("/.well-known/oauth-authorization-server/orgs/{org}"),
    ];
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = ANYONE;
    const LIMIT: Limit = Limit::Cheap;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Document;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Document, Silent>, Fault> {
        Ok(Verdict::Done(described(cx, authorization_server).await?, Silent))
    }
}

impl Operation for KeySet {
    const ID: &'static str = "well_known.jwks";
    const SUMMARY: &'static str = "The keys that verify what this provider signs (RFC 7517).";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/.well-known/jwks.json");
    const ALSO: &'static [Route] = &[Route::get("/orgs/{org}/.well-known/jwks.json")];
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = ANYONE;
    const LIMIT: Limit = Limit::Cheap;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Document;
    type Event = Silent;

    async fn run(self, _: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Document, Silent>, Fault> {
        Ok(Verdict::Done(Document(self.0.document().to_owned()), Silent))
    }
}

/// The document that `write` makes of the organization's facts.
async fn described(cx: &mut Cx<OneOrg, Reads>, write: fn(&Facts<'_>) -> Value) -> Result<Document, Fault> {
    let own: Vec<String> = scopes::list(&mut cx.tx).await?.into_iter().map(|scope| scope.name).collect();
    // Only what people can reach: they sign in with a password.
    let acr_values = [Acr::SingleFactor.as_str().to_owned()];
    let (issuer, policy, mutual_tls) = (issuer(cx.services(), cx.org()), Policy::of(cx.org()), MutualTls::of(cx.services()));
    let facts = facts(&issuer, &policy, &acr_values, cx.services().is_dev);
    Ok(Document(write(&Facts { scopes: &own, mutual_tls: mutual_tls.offered(), ..facts }).to_string()))
}

fn facts<'a>(issuer: &'a oauth::Issuer, policy: &'a Policy, acr_values: &'a [String], is_dev: bool) -> Facts<'a> {
    Facts {
        issuer,
        requires_pushed_requests: policy.requires_pushed_requests(),
        requires_signed_requests: policy.requires_signed_requests(),
        profile: policy.profile(),
        authorization_details_types: policy.authorization_details_types(),
        scopes: &[],
        response_types: policy.response_types(),
        id_token_algorithms: &RESPONSE_ALGORITHMS,
        acr_values: Some(acr_values),
        ui_locales: &UI_LOCALES,
        service_documentation: None,
        policy_uri: None,
        tos_uri: None,
        has_device_authorization: policy.devices().are_allowed,
        has_backchannel_authentication: policy.takes_backchannel_requests(),
        takes_registrations: policy.registration().mode(is_dev) != Mode::Off,
        takes_client_documents: policy.takes_client_documents(),
        assertions: policy.assertions(),
        mutual_tls: None,
    }
}

/// A JSON document anyone may keep for an hour.
#[derive(Debug)]
pub struct Document(String);

impl Document {
    pub(crate) fn of(document: &Value) -> Self {
        Self(document.to_string())
    }
}

impl Reply for Document {
    fn reply(self) -> Result<Answer, Fault> {
        Ok(Answer::new(200, Body::Json(self.0)).header("cache-control", "public, max-age=3600"))
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        ReplyDoc { status: 200, content_type: Some("application/json"), schema: Some(json!({ "type": "object" })) }
    }
}
