//! Operations of every mode and scope that leave a mark and end as they are told.

use flow::{Catalogue, Cx, Json, OneOrg, Operation, Platform, Reads, Route, SensitiveReads, Surface, Verdict, Writes};
use kernel::{Access, Fault, Limit, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use store::{args, org_sql, platform_sql};

kernel::events! {
    /// What the operations record.
    pub enum Marking {
        /// A mark was left.
        Left = "marks.left", Info { about mark: String, public how: String, personal email: String };
    }
}

/// What they answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Mark {
    mark: String,
}

/// Leave the mark `name`, then end as `how` says.
macro_rules! operation {
    ($name:ident, $id:literal, $route:literal, $scope:ty, $mode:ty, $event:ty, $limit:expr) => {
        flow::input! {
            /// An operation of a test.
            #[derive(Clone, Debug)]
            pub struct $name {
                /// Which mark.
                body "name" => name: String,
                /// How it ends.
                body "how" => how: String,
            }
        }
        impl Operation for $name {
            const ID: &'static str = $id;
            const SUMMARY: &'static str = "Leave a mark.";
            const ROUTE: Route = Route::post($route);
            const SURFACE: Surface = Surface::Api;
            const ACCESS: Access = Access::Public("a test");
            const LIMIT: Limit = $limit;
            type Scope = $scope;
            type Mode = $mode;
            type Input = Self;
            type Output = Json<Mark>;
            type Event = $event;
            async fn run(self, cx: &mut Cx<$scope, $mode>) -> Result<Verdict<Json<Mark>, $event>, Fault> {
                leave(cx, &self.name, &self.how).await?;
                let output = Json(Mark { mark: self.name.clone() });
                let event = Ending::of(&self.name, &self.how);
                let no = || Fault::conflict("marks.no", "No.");
                match self.how.as_str() {
                    "done" => Ok(Verdict::Done(output, event)),
                    "refused" => Ok(Verdict::Refused(no(), event)),
                    "refused with" => Ok(Verdict::RefusedWith(output, event)),
                    "fault" => Err(no()),
                    "broken" => Err(Fault::internal("a secret detail")),
                    "panic" => panic!("a panic that belongs to the test"),
                    "waits" => {
                        tokio::task::yield_now().await;
                        Ok(Verdict::Done(output, event))
                    }
                    other => panic!("{other} is no way to end"),
                }
            }
        }
    };
}

operation!(WriteMark, "marks.write", "/orgs/{org}/marks", OneOrg, Writes, Marking, Limit::Standard);
operation!(GuessMark, "marks.guess", "/orgs/{org}/guesses", OneOrg, Writes, Marking, Limit::Credential);
operation!(WriteAnywhere, "marks.write_anywhere", "/marks", Platform, Writes, Marking, Limit::Standard);
operation!(ReadMark, "marks.read", "/orgs/{org}/look", OneOrg, Reads, Silent, Limit::Standard);
operation!(ReadClosely, "marks.read_closely", "/orgs/{org}/look-closely", OneOrg, SensitiveReads, Marking, Limit::Standard);

/// One endpoint.
pub fn only<O: Operation>() -> Catalogue {
    Catalogue::default().mount::<O>()
}

/// The body of a request.
pub fn how(name: &str, how: &str) -> String {
    serde_json::json!({ "name": name, "how": how }).to_string()
}

trait Ending {
    fn of(name: &str, how: &str) -> Self;
}
impl Ending for Marking {
    fn of(name: &str, how: &str) -> Self {
        Self::Left { mark: name.to_owned(), how: how.to_owned(), email: "ada@example.com".to_owned() }
    }
}
impl Ending for Silent {
    fn of(_: &str, _: &str) -> Self {
        Self
    }
}

/// Leave the mark, where the transaction allows it.
async fn leave<C: Leaves>(cx: &mut C, name: &str, how: &str) -> Result<(), Fault> {
    cx.leave(name, how).await
}

trait Leaves {
    async fn leave(&mut self, name: &str, how: &str) -> Result<(), Fault>;
}
impl Leaves for Cx<OneOrg, Writes> {
    async fn leave(&mut self, name: &str, _: &str) -> Result<(), Fault> {
        let sql =
            org_sql!("INSERT INTO guess_counters (org_id, subject, failures, window_started_at) VALUES (:org, :name, 1, 0)");
        Ok(self.tx.execute(sql, args! { name: name }).await.map(drop)?)
    }
}
impl Leaves for Cx<Platform, Writes> {
    async fn leave(&mut self, name: &str, _: &str) -> Result<(), Fault> {
        let sql = platform_sql!(
            "INSERT INTO guess_counters (org_id, subject, failures, window_started_at) VALUES ('any', :name, 1, 0)"
        );
        Ok(self.tx.execute(sql, args! { name: name }).await.map(drop)?)
    }
}
impl Leaves for Cx<OneOrg, Reads> {
    async fn leave(&mut self, name: &str, _: &str) -> Result<(), Fault> {
        let sql = org_sql!("SELECT count(*) AS a FROM guess_counters WHERE org_id = :org AND subject = :name");
        Ok(self.tx.fetch_one::<(i64,)>(sql, args! { name: name }).await.map(drop)?)
    }
}
impl Leaves for Cx<OneOrg, SensitiveReads> {
    async fn leave(&mut self, name: &str, _: &str) -> Result<(), Fault> {
        let sql = org_sql!("SELECT count(*) AS a FROM guess_counters WHERE org_id = :org AND subject = :name");
        Ok(self.tx.fetch_one::<(i64,)>(sql, args! { name: name }).await.map(drop)?)
    }
}
