//! One key.

use super::not_found;
use super::view::ApiKeyView;
use crate::api_keys::find_kept;
use crate::envelope::One;
use crate::permissions::API_KEYS_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, ApiKeyId, Fault, Silent};

flow::input! {
    /// Show an API key.
    #[derive(Clone, Debug)]
    pub struct ShowApiKey {
        /// Its id.
        path "keyId" => id: ApiKeyId,
    }
}

impl Operation for ShowApiKey {
    const ID: &'static str = "api_keys.show";
    const SUMMARY: &'static str = "An API key, without its secret.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/api-keys/{keyId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(API_KEYS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<ApiKeyView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let key = find_kept(&mut cx.tx, &self.id).await?.ok_or_else(not_found)?;
        Ok(Verdict::Done(Json(One { data: ApiKeyView::at(key, cx.now) }), Silent))
    }
}
