//! How long personal values stay in the log.
//!
//! Entries themselves stay for ever, or the log could not prove that it is whole. What ends is the life of the personal values
//! beside them: where `autoDelete` is on, they are erased once they are older than `retentionDays`.

mod enforce;

pub(crate) use enforce::Enforcer;

use flow::{Cx, Field, Json, Operation, Route, Surface, Verdict};
use identity::envelope::One;
use identity::permissions::{AUDIT_READ, AUDIT_WRITE};
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{OneOrg, Reads, Topic, Writes, args, org_sql};

/// The member of the organization's settings that holds it.
const MEMBER: &str = "audit_log";
const ROUTE: &str = "/orgs/{org}/api/v1/admin/audit-logs/retention";

/// The fewest days personal values stay. Whoever did something they shouldn't have can't have their traces erased before others had
/// a month to look.
const FEWEST: u32 = 30;
const MOST: u32 = 3650;

/// How long personal values stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Retention {
    retention_days: u32,
    auto_delete: bool,
}

impl Default for Retention {
    fn default() -> Self {
        Self { retention_days: 90, auto_delete: false }
    }
}

impl Retention {
    /// From the organization's settings.
    fn of(settings: &str) -> Self {
        let member = serde_json::from_str::<Map<String, Value>>(settings).ok().and_then(|mut settings| settings.remove(MEMBER));
        let set: Self = member.and_then(|member| serde_json::from_value(member).ok()).unwrap_or_default();
        Self { retention_days: set.retention_days.max(FEWEST), ..set }
    }
    /// Into the organization's settings.
    fn put_into(self, settings: &str) -> Result<String, Fault> {
        let mut settings: Map<String, Value> = serde_json::from_str(settings).map_err(Fault::internal)?;
        settings.insert(MEMBER.to_owned(), serde_json::to_value(self).map_err(Fault::internal)?);
        Ok(Value::Object(settings).to_string())
    }
    fn view(self) -> One<RetentionView> {
        One { data: RetentionView { retention_days: self.retention_days, auto_delete: self.auto_delete, plan_limit_days: None } }
    }
}

/// How long personal values stay in the log.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionView {
    /// Days that personal values stay readable.
    retention_days: u32,
    /// Whether they are erased after that. Entries themselves are never deleted.
    auto_delete: bool,
    /// A limit of the plan; there is none.
    plan_limit_days: Option<u32>,
}

/// 30 to 3650 days.
#[derive(Clone, Copy, Debug)]
pub struct Days(u32);

impl Field for Days {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": FEWEST, "maximum": MOST })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        u32::from_text(text).and_then(Self::checked)
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        u32::from_json(value).and_then(Self::checked)
    }
}
impl Days {
    fn checked(days: u32) -> Result<Self, String> {
        if (FEWEST..=MOST).contains(&days) { Ok(Self(days)) } else { Err(format!("must be between {FEWEST} and {MOST}")) }
    }
}

flow::input! {
    /// Show how long personal values stay in the log.
    #[derive(Clone, Copy, Debug)]
    pub struct ShowRetention {}

    /// Say how long personal values stay in the log.
    #[derive(Clone, Copy, Debug)]
    pub struct UpdateRetention {
        /// Days that personal values stay readable.
        body "retentionDays" => retention_days: Option<Days>,
        /// Whether they are erased after that. Entries themselves are never deleted.
        body "autoDelete" => auto_delete: Option<bool>,
    }
}

kernel::events! {
    /// What changing the retention records.
    pub enum RetentionEvent {
        /// The retention of personal values in the log was changed.
        Changed = "audit_logs.retention_changed", Warning { public retention_days: u32, public auto_delete: bool };
    }
}

impl Operation for ShowRetention {
    const ID: &'static str = "audit_logs.retention";
    const SUMMARY: &'static str = "Show how long personal values stay in the audit log.";
    const ROUTE: Route = Route::get(ROUTE);
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<RetentionView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        Ok(Verdict::Done(Json(Retention::of(cx.org().settings()).view()), Silent))
    }
}

impl Operation for UpdateRetention {
    const ID: &'static str = "audit_logs.update_retention";
    const SUMMARY: &'static str = "Say how long personal values stay in the audit log. What is left out stays as it is.";
    const ROUTE: Route = Route::put(ROUTE);
    const ALSO: &'static [Route] = &[Route::patch(ROUTE)];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<One<RetentionView>>;
    type Event = RetentionEvent;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RetentionEvent>, Fault> {
        let read = org_sql!("SELECT settings AS a FROM organizations WHERE id = :org");
        let (settings,) = cx.tx.fetch_one::<(String,)>(read, &[]).await?;
        let before = Retention::of(&settings);
        let retention = Retention {
            retention_days: self.retention_days.map_or(before.retention_days, |days| days.0),
            auto_delete: self.auto_delete.unwrap_or(before.auto_delete),
        };
        let settings = retention.put_into(&settings)?;
        let write = org_sql!("UPDATE organizations SET settings = :settings, updated_at = :now WHERE id = :org");
        cx.tx.execute(write, args! { settings: &settings, now: cx.now }).await?;
        let org = cx.org().id().clone();
        cx.tx.touch(Topic::Organization(org));
        let event = RetentionEvent::Changed { retention_days: retention.retention_days, auto_delete: retention.auto_delete };
        Ok(Verdict::Done(Json(retention.view()), event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shares_the_settings_with_others() {
        assert_eq!(Retention::of("{}"), Retention { retention_days: 90, auto_delete: false });
        let retention = Retention { retention_days: 40, auto_delete: true };
        let settings = retention.put_into(r#"{"branding":{"logo":"x"}}"#).unwrap();
        assert_eq!(settings, r#"{"audit_log":{"auto_delete":true,"retention_days":40},"branding":{"logo":"x"}}"#);
        assert_eq!(Retention::of(&settings), retention);
        assert!(retention.put_into("[]").is_err());
        assert_eq!(Retention::of(r#"{"audit_log":{"auto_delete":true,"retention_days":1}}"#).retention_days, FEWEST);
    }

    #[test]
    fn days_have_bounds() {
        for bad in [json!(0), json!(29), json!(3651), json!(-1), json!("x"), json!(1.5)] {
            assert!(Days::from_json(&bad).is_err(), "{bad}");
        }
        assert_eq!(Days::from_json(&json!(3650)).unwrap().0, 3650);
    }
}
