//! How often what happened.

use crate::criteria::Until;
use crate::fresh::Fresh;
use flow::{Cx, Json, Operation, Route, Surface, Verdict};
use identity::envelope::One;
use identity::permissions::AUDIT_READ;
use kernel::{Access, Fault, Silent, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use store::{OneOrg, Reads, args, org_sql};

/// The span where none is asked for.
const LATELY: Duration = Duration::from_hours(30 * 24);
/// How many kinds of events are named at most.
const TOP: usize = 10;

flow::input! {
    /// Count entries by kind.
    #[derive(Clone, Copy, Debug)]
    pub struct CountAuditLogs {
        /// The beginning; 30 days before the end where it is left out.
        query "from" => from: Option<Timestamp>,
        /// The end; now where it is left out. A date means the whole day.
        query "to" => to: Option<Until>,
    }
}

/// How often what happened in a span of time.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditLogStats {
    /// Entries in the span.
    total: i64,
    /// The span.
    period: Period,
    /// The ten most frequent events.
    by_event_type: BTreeMap<String, i64>,
    /// All events.
    by_action: BTreeMap<String, i64>,
    /// By severity.
    by_severity: BTreeMap<String, i64>,
}

/// A span of time.
#[derive(Debug, Serialize, JsonSchema)]
struct Period {
    from: String,
    to: String,
}

impl Operation for CountAuditLogs {
    const ID: &'static str = "audit_logs.stats";
    const SUMMARY: &'static str = "Count the entries of the audit log by event and severity.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/audit-logs/stats");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Fresh<Self>;
    type Output = Json<One<AuditLogStats>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let to = self.to.map_or(cx.now, |Until(to)| to);
        let from = self.from.unwrap_or_else(|| to.minus(LATELY));
        let sql = org_sql!(
            "SELECT name AS a, severity AS b, count(*) AS c FROM log_entries
             WHERE org_id = :org AND at >= :from AND at <= :to GROUP BY name, severity"
        );
        let counts = cx.tx.fetch_all::<(String, String, i64)>(sql, args! { from: from, to: to }).await?;
        Ok(Verdict::Done(Json(One { data: AuditLogStats::of(&counts, from, to) }), Silent))
    }
}

impl AuditLogStats {
    fn of(counts: &[(String, String, i64)], from: Timestamp, to: Timestamp) -> Self {
        let mut by_action = BTreeMap::new();
        let mut by_severity = BTreeMap::new();
        for (name, severity, count) in counts {
            *by_action.entry(name.clone()).or_default() += count;
            *by_severity.entry(severity.clone()).or_default() += count;
        }
        let mut most: Vec<(String, i64)> = by_action.clone().into_iter().collect();
        most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        most.truncate(TOP);
        Self {
            total: counts.iter().map(|(_, _, count)| count).sum(),
            period: Period { from: from.to_iso(), to: to.to_iso() },
            by_event_type: most.into_iter().collect(),
            by_action,
            by_severity,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_most_frequent_kinds_are_named() {
        let counts: Vec<_> = (1..=12)
            .map(|n| (format!("e{n:02}"), "info".to_owned(), n))
            .chain([("e12".to_owned(), "error".to_owned(), 5)])
            .collect();
        let stats = AuditLogStats::of(&counts, Timestamp::from_secs(0), Timestamp::from_secs(60));
        assert_eq!(stats.total, 83);
        assert_eq!((stats.by_event_type.len(), stats.by_action.len()), (10, 12));
        assert_eq!(stats.by_event_type["e12"], 17);
        assert!(!stats.by_event_type.contains_key("e02"));
        assert_eq!(stats.by_severity, BTreeMap::from([("info".to_owned(), 78), ("error".to_owned(), 5)]));
    }
}
