//! How many sessions there are.

use crate::envelope::One;
use crate::permissions::SESSIONS_READ;
use crate::sessions::Limits;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, args, org_sql};

flow::input! {
    /// Count live sessions.
    #[derive(Clone, Copy, Debug)]
    pub struct CountSessions {}
    /// Figures about sessions.
    #[derive(Clone, Copy, Debug)]
    pub struct SessionFigures {}
}

/// How many sessions are live.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Count {
    /// That many.
    pub count: i64,
}

/// How many sessions there are.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Figures {
    /// Live ones, and those that ended and are not forgotten yet.
    pub total: i64,
    /// Live ones.
    pub active: i64,
    /// The others.
    pub inactive: i64,
}

impl Operation for CountSessions {
    const ID: &'static str = "sessions.count";
    const SUMMARY: &'static str = "How many sessions are live.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/sessions/count");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<Count>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let (_, count) = count(&mut cx.tx, cx.now).await?;
        Ok(Verdict::Done(Json(One { data: Count { count } }), Silent))
    }
}

impl Operation for SessionFigures {
    const ID: &'static str = "sessions.stats";
    const SUMMARY: &'static str = "How many sessions are live, and how many have ended lately.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/sessions/stats");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<Figures>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let (total, active) = count(&mut cx.tx, cx.now).await?;
        Ok(Verdict::Done(Json(One { data: Figures { total, active, inactive: total - active } }), Silent))
    }
}

/// All sessions that are remembered, and the live ones among them.
async fn count(tx: &mut Tx<OneOrg, store::Reads>, now: Timestamp) -> Result<(i64, i64), Fault> {
    let bounds = Limits::of(tx.org()).bounds(now);
    let sql = org_sql!(
        "SELECT count(*) AS a, count(CASE WHEN ended_at IS NULL AND expires_at > :now
             AND ((remembered = 1 AND created_at > :remembered_from AND :remembered_from > 0)
                 OR ((remembered = 0 OR :remembered_from = 0) AND created_at > :from AND seen_at > :idle)) THEN 1 END) AS b
         FROM sessions WHERE org_id = :org"
    );
    let values = args! { now: now, remembered_from: bounds.remembered_from, from: bounds.from, idle: bounds.idle };
    Ok(tx.fetch_one(sql, values).await?)
}
