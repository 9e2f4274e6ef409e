//! Sign-ins by day.

use super::census::{DayRow, list_days};
use super::span::{Days, Period, Span, date};
use crate::fresh::Fresh;
use flow::{Cx, Json, Operation, Route, Surface, Verdict};
use identity::envelope::One;
use identity::permissions::ANALYTICS_READ;
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use store::{OneOrg, Reads};

flow::input! {
    /// Count sign-ins by day.
    #[derive(Clone, Copy, Debug)]
    pub struct CountLogins {
        /// How many days, the present one included.
        query "days" => days: Days,
    }
}

/// Sign-ins by day.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Logins {
    /// Days on which somebody tried to sign in, the earliest first.
    daily: Vec<LoginDay>,
    period: Period,
}

/// The sign-ins of a day.
#[derive(Debug, Serialize, JsonSchema)]
struct LoginDay {
    date: String,
    total: i64,
    successful: i64,
    failed: i64,
}

impl From<DayRow> for LoginDay {
    fn from(row: DayRow) -> Self {
        let DayRow { day, sign_ins: successful, failed_sign_ins: failed, .. } = row;
        Self { date: date(day), total: successful + failed, successful, failed }
    }
}

impl Operation for CountLogins {
    const ID: &'static str = "analytics.logins";
    const SUMMARY: &'static str = "How often people signed in, and could not, on which day.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/analytics/logins");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ANALYTICS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Fresh<Self>;
    type Output = Json<One<Logins>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let span = Span::of(self.days, cx.now);
        let days = list_days(&mut cx.tx, span.first).await?.into_iter().map(LoginDay::from);
        let data = Logins { daily: days.filter(|day| day.total > 0).collect(), period: span.period() };
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
