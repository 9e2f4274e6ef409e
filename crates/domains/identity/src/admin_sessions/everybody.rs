//! Ending every session of the organization.

use crate::envelope::Message;
use crate::permissions::SESSIONS_WRITE;
use crate::privilege::must_outrank_everybody;
use crate::sessions;
use flow::{Cx, Field, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault};
use serde_json::{Value, json};

/// `true`: whoever does something to everybody says that they mean it.
#[derive(Clone, Copy, Debug)]
pub struct Confirmed;

impl Field for Confirmed {
    fn schema() -> Value {
        json!({ "const": true })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        if bool::from_text(text)? { Ok(Self) } else { Err("must be true".to_owned()) }
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        if bool::from_json(value)? { Ok(Self) } else { Err("must be true".to_owned()) }
    }
}

flow::input! {
    /// End every session.
    #[derive(Clone, Copy, Debug)]
    pub struct EndEverySession {
        /// Whether it is meant: `true`.
        body "confirm" => confirm: Confirmed,
    }
}

kernel::events! {
    /// What ending every session records.
    pub enum EndingAll {
        /// An administrator ended every session of the organization.
        RevokedAll = "sessions.all_revoked", Warning { public count: u64 };
    }
}

impl Operation for EndEverySession {
    const ID: &'static str = "sessions.end_all";
    const SUMMARY: &'static str = "End every session of the organization, the caller's own included.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/sessions/revoke-all");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = EndingAll;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, EndingAll>, Fault> {
        must_outrank_everybody(&mut cx.tx, &cx.actor).await?;
        let count = sessions::end_all(&mut cx.tx, cx.now).await?;
        Ok(Verdict::Done(Json(Message { message: "All sessions were ended." }), EndingAll::RevokedAll { count }))
    }
}
