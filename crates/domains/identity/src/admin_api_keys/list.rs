//! A page of the organization's keys.

use super::view::ApiKeyView;
use crate::api_keys;
use crate::envelope::Listed;
use crate::paging::{self, PageNumber, PageSize, contains_pattern};
use crate::permissions::API_KEYS_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Silent};

flow::input! {
    /// List API keys.
    #[derive(Clone, Debug)]
    pub struct ListApiKeys {
        /// Which page.
        query "page" => page: PageNumber,
        /// Keys per page.
        query "limit" => limit: PageSize,
        /// Text in the name, or in the address of its person.
        query "search" => search: Option<Text<1, 200>>,
    }
}

impl Operation for ListApiKeys {
    const ID: &'static str = "api_keys.list";
    const SUMMARY: &'static str = "A page of the API keys that aren't revoked, the latest first, without their secrets.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/api-keys");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(API_KEYS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<ApiKeyView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let pattern = self.search.map(|text| contains_pattern(&text.as_str().to_lowercase()));
        let request = paging::page(self.page, self.limit);
        let found = api_keys::page(&mut cx.tx, pattern.as_deref(), request).await?;
        let now = cx.now;
        Ok(Verdict::Done(Json(Listed::new("api_keys", found.map(|key| ApiKeyView::at(key, now)))), Silent))
    }
}
