//! Looking at the log: a page of entries, one entry, the names of all events.

use crate::criteria::Criteria;
use crate::entries::{AuditLogEntry, Depth, EntryRow, WITH_NAMES};
use crate::fresh::Fresh;
use crate::summaries::Summaries;
use flow::{Cx, Field, Incoming, Json, Operation, Parameter, Parse, Route, Surface, Verdict};
use identity::envelope::{Listed, One, Whole};
use identity::paging::{Direction, PageNumber, PageSize, page};
use identity::permissions::AUDIT_READ;
use kernel::{Access, Fault, Page, PageRequest, Silent, SortDirection};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Arg, Filter, OneOrg, Reads, StoreError, args, org_sql};

flow::input! {
    /// Which page of the list.
    #[derive(Clone, Copy, Debug)]
    struct Paging {
        /// The page, counted from 1.
        query "page" => page: PageNumber,
        /// Entries per page.
        query "limit" => limit: PageSize,
        /// What to sort by: `createdAt` where it is left out.
        query "sortBy" => sort_by: Option<Column>,
        /// Latest first where it is left out.
        query "sortDir" => sort_dir: Option<Direction>,
    }

    /// Show an entry.
    #[derive(Clone, Copy, Debug)]
    pub struct ShowAuditLog {
        /// The entry's `id`.
        path "logId" => id: i64,
    }

    /// List the names of all recorded events.
    #[derive(Clone, Copy, Debug)]
    pub struct ListAuditLogActions {}
}

/// List entries.
#[derive(Clone, Debug)]
pub struct ListAuditLogs {
    criteria: Criteria,
    paging: Paging,
}

impl Parse for ListAuditLogs {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Ok(Self { criteria: Criteria::parse(incoming)?, paging: Paging::parse(incoming)? })
    }
    fn parameters() -> Vec<Parameter> {
        [Criteria::parameters(), Paging::parameters()].concat()
    }
}

impl Operation for ListAuditLogs {
    const ID: &'static str = "audit_logs.list";
    const SUMMARY: &'static str = "List entries of the audit log.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/audit-logs");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Fresh<Self>;
    type Output = Json<Listed<AuditLogEntry>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let request = page(self.paging.page, self.paging.limit);
        let total = self.count(cx).await?;
        let rows = self.select(cx, request).await?;
        let summaries = known_summaries(cx);
        let items = rows.iter().map(|row| row.view(Depth::List, summaries.as_deref())).collect();
        Ok(Verdict::Done(Json(Listed::new("audit_log", Page { items, total, request })), Silent))
    }
}

impl ListAuditLogs {
    /// Of the whole log the length is known; only what is filtered must be counted.
    async fn count(&self, cx: &mut Cx<OneOrg, Reads>) -> Result<i64, StoreError> {
        if self.criteria.is_empty() {
            let sql = org_sql!("SELECT size AS a FROM log_heads WHERE org_id = :org");
            return Ok(cx.tx.fetch_optional::<(i64,)>(sql, &[]).await?.map_or(0, |(size,)| size));
        }
        let mut filter = Filter::from(org_sql!("SELECT count(*) AS a FROM log_entries e WHERE e.org_id = :org"));
        self.criteria.narrow(&mut filter);
        let (total,) = cx.tx.fetch_one::<(i64,)>(filter.finish(), &self.criteria.args()).await?;
        Ok(total)
    }

    async fn select(&self, cx: &mut Cx<OneOrg, Reads>, request: PageRequest) -> Result<Vec<EntryRow>, StoreError> {
        let mut filter = Filter::from(WITH_NAMES);
        self.criteria.narrow(&mut filter);
        filter.then(self.paging.order());
        filter.then("LIMIT :limit OFFSET :offset");
        let mut args = self.criteria.args();
        args.extend([(":limit", Arg::from(request.limit)), (":offset", Arg::from(request.offset()))]);
        cx.tx.fetch_all(filter.finish(), &args).await
    }
}

impl Operation for ShowAuditLog {
    const ID: &'static str = "audit_logs.show";
    const SUMMARY: &'static str = "Show an entry of the audit log with every detail.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/audit-logs/{logId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Fresh<Self>;
    type Output = Json<One<AuditLogEntry>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let mut filter = Filter::from(WITH_NAMES);
        filter.and("e.idx = :idx");
        let row: Option<EntryRow> = cx.tx.fetch_optional(filter.finish(), args! { idx: self.id.saturating_sub(1) }).await?;
        let row = row.ok_or_else(not_found)?;
        let data = row.view(Depth::Detail, known_summaries(cx).as_deref());
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}

impl Operation for ListAuditLogActions {
    const ID: &'static str = "audit_logs.actions";
    const SUMMARY: &'static str = "List the names of all events the audit log holds.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/audit-logs/actions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Fresh<Self>;
    type Output = Json<Whole<String>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        // From each name the index leads straight to the next one, however many entries lie between.
        let sql = org_sql!(
            "WITH RECURSIVE names (name) AS (
                 SELECT min(name) FROM log_entries WHERE org_id = :org
                 UNION ALL
                 SELECT (SELECT min(e.name) FROM log_entries e WHERE e.org_id = :org AND e.name > names.name)
                 FROM names WHERE names.name IS NOT NULL
             ) SELECT name AS a FROM names WHERE name IS NOT NULL ORDER BY name"
        );
        let names = cx.tx.fetch_all::<(String,)>(sql, &[]).await?;
        Ok(Verdict::Done(Json(Whole::new(names.into_iter().map(|(name,)| name).collect())), Silent))
    }
}

/// There is no such entry.
pub(crate) fn not_found() -> Fault {
    Fault::not_found("audit_logs.not_found", "There is no such entry in the audit log.")
}

fn known_summaries(cx: &Cx<OneOrg, Reads>) -> Option<Arc<Summaries>> {
    cx.services().rooms.find::<Summaries>().ok()
}

/// What the list can be sorted by: what an index answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Index,
    CreatedAt,
    Name,
    Actor,
    Target,
}

impl Field for Column {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["createdAt", "id", "eventType", "action", "actorId", "targetId"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "createdAt" | "created_at" => Ok(Self::CreatedAt),
            "id" => Ok(Self::Index),
            "eventType" | "action" => Ok(Self::Name),
            "actorId" => Ok(Self::Actor),
            "targetId" => Ok(Self::Target),
            _ => Err("must be createdAt, id, eventType, actorId or targetId".to_owned()),
        }
    }
}

impl Paging {
    fn order(&self) -> &'static str {
        let direction = self.sort_dir.map_or(SortDirection::Descending, |Direction(direction)| direction);
        match (self.sort_by.unwrap_or(Column::CreatedAt), direction) {
            (Column::Index, SortDirection::Ascending) => "ORDER BY e.idx",
            (Column::Index, SortDirection::Descending) => "ORDER BY e.idx DESC",
            (Column::CreatedAt, SortDirection::Ascending) => "ORDER BY e.at, e.idx",
            (Column::CreatedAt, SortDirection::Descending) => "ORDER BY e.at DESC, e.idx DESC",
            (Column::Name, SortDirection::Ascending) => "ORDER BY e.name, e.idx",
            (Column::Name, SortDirection::Descending) => "ORDER BY e.name DESC, e.idx DESC",
            (Column::Actor, SortDirection::Ascending) => "ORDER BY COALESCE(e.actor_id, ''), e.idx",
            (Column::Actor, SortDirection::Descending) => "ORDER BY COALESCE(e.actor_id, '') DESC, e.idx DESC",
            (Column::Target, SortDirection::Ascending) => "ORDER BY COALESCE(e.target_id, ''), e.idx",
            (Column::Target, SortDirection::Descending) => "ORDER BY COALESCE(e.target_id, '') DESC, e.idx DESC",
        }
    }
}
