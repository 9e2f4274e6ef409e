//! A page of the organization's clients.

use super::view::ClientView;
use crate::clients::rows;
use flow::{Cx, Field, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use identity::envelope::Listed;
use identity::paging::{self, Direction, PageNumber, PageSize, contains_pattern};
use identity::permissions::CLIENTS_READ;
use kernel::{Access, Fault, Page, Silent, SortDirection};
use serde_json::{Value, json};
use store::{Arg, Filter, args, org_sql};

flow::input! {
    /// List clients.
    #[derive(Clone, Debug)]
    pub struct ListClients {
        /// Which page.
        query "page" => page: PageNumber,
        /// Clients per page.
        query "limit" => limit: PageSize,
        /// Text in name or identifier.
        query "search" => search: Option<Text<1, 200>>,
        /// What to sort by; registration where it is left out.
        query "sortBy" => sort_by: Option<ClientSort>,
        /// Which way; the latest first where both are left out.
        query "sortDir" => sort_dir: Option<Direction>,
        /// Only clients that are, or aren't, switched on.
        query "isActive" => is_active: Option<bool>,
    }
}

/// What clients can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientSort {
    /// When it was registered.
    CreatedAt,
    /// Its name.
    Name,
}

impl Field for ClientSort {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["createdAt", "name"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "createdAt" | "id" => Ok(Self::CreatedAt),
            "name" => Ok(Self::Name),
            _ => Err("must be createdAt or name".to_owned()),
        }
    }
}

impl Operation for ListClients {
    const ID: &'static str = "clients.list";
    const SUMMARY: &'static str = "A page of the organization's clients.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/clients");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<ClientView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let request = paging::page(self.page, self.limit);
        let pattern = self.search.as_ref().map(|text| contains_pattern(&text.as_str().to_lowercase()));
        let mut values: Vec<(&'static str, Arg<'_>)> = Vec::new();
        let mut count = Filter::from(org_sql!("SELECT count(*) AS a FROM clients WHERE org_id = :org"));
        let mut rows = Filter::from(org_sql!(
            "SELECT number, id, name, is_active, metadata, agent_id, created_at, secret_expires_at, document_fetched_at FROM clients WHERE org_id = :org"
        ));
        if let Some(pattern) = &pattern {
            const FOUND: &str = "(LOWER(name) LIKE :pattern ESCAPE '!' OR LOWER(id) LIKE :pattern ESCAPE '!')";
            count.and(FOUND);
            rows.and(FOUND);
            values.extend_from_slice(args! { pattern: pattern });
        }
        if let Some(is_active) = self.is_active {
            count.and("is_active = :is_active");
            rows.and("is_active = :is_active");
            values.extend_from_slice(args! { is_active: is_active });
        }
        rows.then(self.order());
        let (total,) = cx.tx.fetch_one::<(i64,)>(count.finish(), &values).await?;
        values.extend_from_slice(args! { limit: request.limit, offset: request.offset() });
        let items = rows::list(&mut cx.tx, rows.finish(), &values).await?.iter().map(ClientView::listed).collect();
        Ok(Verdict::Done(Json(Listed::new("clients", Page { items, total, request })), Silent))
    }
}

impl ListClients {
    fn order(&self) -> &'static str {
        let direction = self.sort_dir.map(|Direction(direction)| direction);
        match (self.sort_by, direction) {
            (None, None) | (None | Some(ClientSort::CreatedAt), Some(SortDirection::Descending)) => {
                "ORDER BY number DESC LIMIT :limit OFFSET :offset"
            }
            (None | Some(ClientSort::CreatedAt), _) => "ORDER BY number LIMIT :limit OFFSET :offset",
            (Some(ClientSort::Name), Some(SortDirection::Descending)) => {
                "ORDER BY name DESC, id DESC LIMIT :limit OFFSET :offset"
            }
            (Some(ClientSort::Name), _) => "ORDER BY name, id LIMIT :limit OFFSET :offset",
        }
    }
}
