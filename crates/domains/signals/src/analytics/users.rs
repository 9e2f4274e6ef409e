//! Users by state, and new ones by day.

use super::census::{count_registrations, count_users};
use super::span::{Days, Period, Span, date};
use flow::{Cx, Json, Operation, Route, Surface, Verdict};
use identity::envelope::One;
use identity::permissions::ANALYTICS_READ;
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use store::{OneOrg, Reads};

flow::input! {
    /// Count users by state, and new ones by day.
    #[derive(Clone, Copy, Debug)]
    pub struct CountUsers {
        /// How many days, the present one included.
        query "days" => days: Days,
    }
}

/// Users by state, and new ones by day.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserFigures {
    /// Days on which accounts were made, the earliest first.
    daily_registrations: Vec<RegistrationDay>,
    by_verification_status: Vec<ByVerification>,
    by_mfa_status: Vec<ByMfa>,
    period: Period,
}

/// The new accounts of a day.
#[derive(Debug, Serialize, JsonSchema)]
struct RegistrationDay {
    date: String,
    count: i64,
}

/// Users whose address is, or isn't, known to be theirs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ByVerification {
    email_verified: bool,
    count: i64,
}

/// Users who have, or don't have, a second factor.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ByMfa {
    mfa_enabled: bool,
    count: i64,
}

impl Operation for CountUsers {
    const ID: &'static str = "analytics.users";
    const SUMMARY: &'static str = "How many users are in which state, and how many came on which day.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/analytics/users");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ANALYTICS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<UserFigures>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let span = Span::of(self.days, cx.now);
        let days = count_registrations(&mut cx.tx, span.from()).await?;
        let census = count_users(&mut cx.tx).await?;
        let verified = |wanted: bool| census.iter().filter(|row| row.email_verified == wanted).map(|row| row.count).sum();
        let total: i64 = census.iter().map(|row| row.count).sum();
        // As the administration of users has it: nobody can enroll a second factor here yet.
        let with_mfa = 0;
        let data = UserFigures {
            daily_registrations: days.into_iter().map(|(day, count)| RegistrationDay { date: date(day), count }).collect(),
            by_verification_status: [true, false]
                .map(|email_verified| ByVerification { email_verified, count: verified(email_verified) })
                .into(),
            by_mfa_status: vec![
                ByMfa { mfa_enabled: true, count: with_mfa },
                ByMfa { mfa_enabled: false, count: total - with_mfa },
            ],
            period: span.period(),
        };
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
