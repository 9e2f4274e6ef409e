//! Applications that may use one's account.

use super::check;
use super::show::{back, caller, news};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, ClientId, Fault, Scopes, Secret, Timestamp, UserId};
use pages::{ConnectedApp, Scope};
use serde_json::Value;
use store::{Mode, Tx, args, org_sql, rows};

flow::input! {
    /// What the buttons beside applications send.
    #[derive(Clone, Debug)]
    pub struct AppForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The application's identifier.
        body "app" => app: Text<1, 1024>,
    }
}

/// Take back what an application was allowed. It keeps no token that still works.
#[derive(Clone, Debug)]
pub struct DisconnectApp {
    client: ClientId,
}

kernel::events! {
    /// What disconnecting an application records.
    pub enum Disconnecting {
        /// A person took back what an application was allowed.
        Disconnected = "consents.revoked", Info { about client: ClientId, public user: UserId, public revoked_grants: u64 };
    }
}

impl Prepare<DisconnectApp> for AppForm {
    async fn prepare(self, prep: &Prep) -> Result<DisconnectApp, Fault> {
        check(prep, self.csrf)?;
        Ok(DisconnectApp { client: ClientId::from(self.app.as_str()) })
    }
}

impl Operation for DisconnectApp {
    const ID: &'static str = "account.disconnect_app";
    const SUMMARY: &'static str = "Take back what an application was allowed.";
    const ROUTE: Route = Route::post("/orgs/{org}/account/apps/disconnect");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = AppForm;
    type Output = Answer;
    type Event = Disconnecting;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Disconnecting>, Fault> {
        let (user, _) = caller(cx)?;
        let forget = org_sql!("DELETE FROM consents WHERE org_id = :org AND user_id = :user AND client_id = :client");
        if cx.tx.execute(forget, args! { user: &user, client: &self.client }).await? == 0 {
            return Err(Fault::not_found("consents.not_found", "That application is not connected."));
        }
        let revoke = org_sql!(
            "UPDATE grant_families SET revoked_at = :now, revoked_reason = 'disconnected by its user'
             WHERE org_id = :org AND user_id = :user AND client_id = :client AND revoked_at IS NULL"
        );
        let revoked_grants = cx.tx.execute(revoke, args! { now: cx.now, user: &user, client: &self.client }).await?;
        let codes = org_sql!(
            "DELETE FROM authorization_codes WHERE org_id = :org AND user_id = :user AND client_id = :client AND redeemed_at IS NULL"
        );
        cx.tx.execute(codes, args! { user: &user, client: &self.client }).await?;
        let approvals = org_sql!(
            "DELETE FROM decoupled_requests
             WHERE org_id = :org AND user_id = :user AND client_id = :client AND state = 'approved' AND redeemed_at IS NULL"
        );
        cx.tx.execute(approvals, args! { user: &user, client: &self.client }).await?;
        let event = Disconnecting::Disconnected { client: self.client, user, revoked_grants };
        Ok(Verdict::Done(back(cx.org().slug(), news::APP_DISCONNECTED), event))
    }
}

rows! {
    struct AppRow { client_id: ClientId, name: String, metadata: String, scopes: Scopes, granted_at: Timestamp }
}

/// The applications a person has allowed something, by name.
pub(super) async fn list<M: Mode>(tx: &mut Tx<store::OneOrg, M>, user: &UserId) -> Result<Vec<ConnectedApp>, Fault> {
    let sql = org_sql!(
        "SELECT s.client_id, c.name, c.metadata, s.scopes, s.granted_at FROM consents s
         JOIN clients c ON c.org_id = s.org_id AND c.id = s.client_id
         WHERE s.org_id = :org AND s.user_id = :user ORDER BY c.name, s.client_id LIMIT 200"
    );
    let rows = tx.fetch_all::<AppRow>(sql, args! { user: user }).await?;
    Ok(rows.into_iter().map(AppRow::shown).collect())
}

impl AppRow {
    fn shown(self) -> ConnectedApp {
        let metadata: Value = serde_json::from_str(&self.metadata).unwrap_or_default();
        ConnectedApp {
            id: self.client_id.to_string(),
            name: self.name,
            logo_url: metadata.get("logo_uri").and_then(Value::as_str).map(str::to_owned),
            scopes: self.scopes.iter().map(Scope::named).collect(),
            since: self.granted_at,
        }
    }
}
