//! A page of the logout tokens of the last thirty days, for administrators.

use super::deliveries::State;
use flow::{Cx, Field, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use identity::envelope::Listed;
use identity::paging::{self, Listing, PageNumber, PageSize};
use identity::permissions::SESSIONS_READ;
use identity::users::{UserRef, find_user_by};
use kernel::{Access, ClientId, Fault, JobId, Page, Silent, Timestamp, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use store::{args, org_sql, rows};

flow::input! {
    /// List logout tokens.
    #[derive(Clone, Debug)]
    pub struct ListLogoutDeliveries {
        /// Which page.
        query "page" => page: PageNumber,
        /// Deliveries per page.
        query "limit" => limit: PageSize,
        /// Only those that stand so.
        query "status" => status: Option<State>,
        /// Only to this client.
        query "clientId" => client: Option<Text<1, 255>>,
        /// Only about this user: id or e-mail address.
        query "userId" => user: Option<UserRef>,
    }
}

impl Field for State {
    fn schema() -> Value {
        json!({ "type": "string", "enum": Self::ALL.map(Self::as_str) })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| "must be pending, delivered, failed or skipped".to_owned())
    }
}

/// A logout token on its way to a client.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView {
    /// Its id.
    id: String,
    /// To whom.
    client_id: String,
    /// Who signed out.
    user_id: String,
    /// What the client's ID tokens call the session that ended.
    sid: String,
    /// `pending`, `delivered`, `failed` or `skipped`.
    status: String,
    /// How often it was tried.
    attempts: i64,
    /// What went wrong the last time.
    last_error: Option<String>,
    /// When it was last tried.
    last_attempt_at: Option<String>,
    /// When the session ended.
    created_at: String,
}

rows! {
    struct DeliveryRow {
        id: JobId, client_id: ClientId, user_id: UserId, sid: String, state: String, attempts: i64, last_error: Option<String>,
        created_at: Timestamp, tried_at: Option<Timestamp>
    }
}

impl From<DeliveryRow> for DeliveryView {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id.to_string(),
            client_id: row.client_id.to_string(),
            user_id: row.user_id.to_string(),
            sid: row.sid,
            status: row.state,
            attempts: row.attempts,
            last_error: row.last_error,
            last_attempt_at: row.tried_at.map(Timestamp::to_iso),
            created_at: row.created_at.to_iso(),
        }
    }
}

impl Operation for ListLogoutDeliveries {
    const ID: &'static str = "logout_tokens.list";
    const SUMMARY: &'static str = "Which clients were told that sessions ended, and which could not be told.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/logout-deliveries");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<DeliveryView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let request = paging::page(self.page, self.limit);
        let user = match &self.user {
            None => None,
            Some(named) => {
                let Some(user) = find_user_by(&mut cx.tx, named).await? else {
                    let nothing = Page { items: Vec::new(), total: 0, request };
                    return Ok(Verdict::Done(Json(Listed::new("logout_deliveries", nothing)), Silent));
                };
                Some(user.id)
            }
        };
        let mut listing = Listing::new(
            org_sql!("SELECT count(*) AS a FROM logout_deliveries WHERE org_id = :org"),
            org_sql!(
                "SELECT id, client_id, user_id, sid, state, attempts, last_error, created_at, tried_at FROM logout_deliveries
                 WHERE org_id = :org"
            ),
        );
        if let Some(status) = self.status {
            listing.and("state = :state", args! { state: status.as_str() });
        }
        if let Some(client) = &self.client {
            listing.and("client_id = :client", args! { client: client.as_str() });
        }
        if let Some(user) = &user {
            listing.and("user_id = :user", args! { user: user });
        }
        let page = listing.page::<DeliveryRow, _>(&mut cx.tx, "ORDER BY id DESC LIMIT :limit OFFSET :offset", request).await?;
        Ok(Verdict::Done(Json(Listed::new("logout_deliveries", page.map(DeliveryView::from))), Silent))
    }
}
