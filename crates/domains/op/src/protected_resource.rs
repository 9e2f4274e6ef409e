//! Protected resource metadata of an organization's API (RFC 9728).

use crate::MutualTls;
use crate::clients::issuer;
use crate::discovery::{ANYONE, Document};
use flow::{Catalogue, Cx, NoInput, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Verdict};
use identity::scopes;
use kernel::{Access, Fault, Limit, Silent};
use oauth::protected_resource::document;
use oauth::scope::BUILT_IN;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ProtectedResource>()
}

/// The document.
#[derive(Clone, Copy, Debug)]
pub struct ProtectedResource;

impl Prepare<ProtectedResource> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<ProtectedResource, Fault> {
        Ok(ProtectedResource)
    }
}

impl Operation for ProtectedResource {
    const ID: &'static str = "well_known.oauth_protected_resource";
    const SUMMARY: &'static str = "OAuth 2.0 Protected Resource Metadata (RFC 9728).";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/.well-known/oauth-protected-resource");
    const ALSO: &'static [Route] = &[Route::get("/.well-known/oauth-protected-resource/orgs/{org}/api/v1")];
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = ANYONE;
    const LIMIT: Limit = Limit::Cheap;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Document;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Document, Silent>, Fault> {
        let own = scopes::list(&mut cx.tx).await?.into_iter().map(|scope| scope.name);
        let all: Vec<String> = BUILT_IN.into_iter().map(str::to_owned).chain(own).collect();
        let issuer = issuer(cx.services(), cx.org());
        let mutual_tls = MutualTls::of(cx.services());
        let binds = mutual_tls.offered().is_some();
        Ok(Verdict::Done(Document::of(&document(&issuer, &all, binds)), Silent))
    }
}
