//! The figures at a glance.

use super::census::{count_clients, count_registrations, count_users, list_days};
use super::span::Span;
use crate::fresh::Fresh;
use flow::{Cx, Json, Operation, Route, Surface, Verdict};
use identity::envelope::One;
use identity::permissions::ANALYTICS_READ;
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use store::{OneOrg, Reads};

flow::input! {
    /// Show the figures at a glance.
    #[derive(Clone, Copy, Debug)]
    pub struct ShowDashboard {}
}

/// The figures at a glance.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    users: Users,
    clients: Total,
    authentication: Authentication,
    audit: Audit,
    generated_at: String,
}

/// Users.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Users {
    total: i64,
    /// Those who may sign in.
    active: i64,
    blocked: i64,
    /// Accounts made on the last 30 days.
    new_last_30_days: i64,
}

/// How many there are.
#[derive(Debug, Serialize, JsonSchema)]
struct Total {
    total: i64,
}

/// Sign-ins on the last seven days.
#[derive(Debug, Serialize, JsonSchema)]
struct Authentication {
    #[serde(rename = "loginsLast7Days")]
    logins: i64,
    #[serde(rename = "failedLoginsLast7Days")]
    failed_logins: i64,
}

/// Entries of the audit log of the last seven days.
#[derive(Debug, Serialize, JsonSchema)]
struct Audit {
    #[serde(rename = "eventsLast7Days")]
    events: i64,
}

impl Operation for ShowDashboard {
    const ID: &'static str = "analytics.dashboard";
    const SUMMARY: &'static str = "How many users and applications there are, and what happened lately.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/analytics/dashboard");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ANALYTICS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Fresh<Self>;
    type Output = Json<One<Dashboard>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let census = count_users(&mut cx.tx).await?;
        let count = |is_meant: fn(bool, bool) -> bool| {
            census.iter().filter(|row| is_meant(row.is_active, row.is_blocked)).map(|row| row.count).sum()
        };
        let (total, active, blocked) =
            (count(|_, _| true), count(|is_active, is_blocked| is_active && !is_blocked), count(|_, is_blocked| is_blocked));
        let new = count_registrations(&mut cx.tx, Span::last(30, cx.now).from()).await?;
        let week = list_days(&mut cx.tx, Span::last(7, cx.now).first).await?;
        let data = Dashboard {
            users: Users { total, active, blocked, new_last_30_days: new.iter().map(|(_, count)| count).sum() },
            clients: Total { total: count_clients(&mut cx.tx).await? },
            authentication: Authentication {
                logins: week.iter().map(|day| day.sign_ins).sum(),
                failed_logins: week.iter().map(|day| day.failed_sign_ins).sum(),
            },
            audit: Audit { events: week.iter().map(|day| day.events).sum() },
            generated_at: cx.now.to_iso(),
        };
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
