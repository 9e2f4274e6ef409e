//! Administration of initial access tokens (RFC 7591 §3).

use super::bounds::{TokenBounds, is_host_rule};
use super::policy::harmless;
use super::tokens::{self, NewToken, TokenRow};
use flow::{Created, Cx, Field, Json, NoInput, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict, Writes};
use identity::envelope::{Changed, Message, ShownOnce, Whole};
use identity::permissions::{CLIENTS_READ, CLIENTS_WRITE};
use kernel::{Access, Fault, FaultKind, Scopes, Silent, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

const PLACE: &str = "/orgs/{org}/api/v1/admin/initial-access-tokens";

flow::input! {
    /// Make an initial access token.
    #[derive(Clone, Debug)]
    pub struct CreateInitialToken {
        /// What it is for.
        body "name" => name: Text<1, 200>,
        /// How many clients may be registered with it; as many as wanted, if unset.
        body "maxUses" => max_uses: Option<Uses>,
        /// When it ends; never, if unset.
        body "expiresAt" => expires_at: Option<Timestamp>,
        /// Hosts that redirect URIs may lead to (`app.example`, `*.app.example`), in place of the organization's.
        body "redirectHosts" => redirect_hosts: Option<Vec<Host>>,
        /// Scopes that may be had, in place of the organization's.
        body "scopes" => scopes: Option<Scopes>,
    }

    /// Revoke an initial access token.
    #[derive(Clone, Debug)]
    pub struct RevokeInitialToken {
        /// Its id.
        path "tokenId" => id: Text<1, 64>,
    }
}

/// List initial access tokens.
#[derive(Clone, Copy, Debug)]
pub struct ListInitialTokens;

impl Prepare<ListInitialTokens> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<ListInitialTokens, Fault> {
        Ok(ListInitialTokens)
    }
}

kernel::events! {
    /// What administration of initial access tokens records.
    pub enum InitialTokenChange {
        /// An initial access token was made: whoever holds it can register clients.
        Created = "initial_access_tokens.created", Warning { about initial_access_token: String, public name: String, public max_uses: Option<u32> };
        /// An initial access token was revoked.
        Revoked = "initial_access_tokens.revoked", Info { about initial_access_token: String };
    }
}

/// An initial access token, without its secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InitialTokenView {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// How many clients may be registered with it.
    pub max_uses: Option<i64>,
    /// How many were.
    pub uses: i64,
    /// Hosts that redirect URIs may lead to, in place of the organization's.
    pub redirect_hosts: Vec<String>,
    /// Scopes that may be had, in place of the organization's.
    pub scopes: Option<Vec<String>>,
    /// When it was made.
    pub created_at: String,
    /// When it ends.
    pub expires_at: Option<String>,
    /// When it was used last.
    pub last_used_at: Option<String>,
}

impl InitialTokenView {
    fn of(row: &TokenRow) -> Result<Self, Fault> {
        let bounds = row.bounds()?;
        Ok(Self {
            id: row.id.clone(),
            name: row.name.clone(),
            max_uses: row.max_uses,
            uses: row.uses,
            redirect_hosts: bounds.redirect_hosts,
            scopes: bounds.scopes.map(|scopes| scopes.iter().map(str::to_owned).collect()),
            created_at: row.created_at.to_iso(),
            expires_at: row.expires_at.map(Timestamp::to_iso),
            last_used_at: row.last_used_at.map(Timestamp::to_iso),
        })
    }
}

/// A token that was just made, with its secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NewInitialTokenView {
    /// The token.
    #[serde(flatten)]
    pub token: InitialTokenView,
    /// What to send as a bearer token, shown this once.
    #[serde(flatten)]
    pub secret: ShownOnce,
}

impl Operation for CreateInitialToken {
    const ID: &'static str = "initial_access_tokens.create";
    const SUMMARY: &'static str = "Make an initial access token, with which clients can be registered. It is shown once.";
    const ROUTE: Route = Route::post(PLACE);
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<NewInitialTokenView>>;
    type Event = InitialTokenChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, InitialTokenChange>, Fault> {
        self.check(cx.now)?;
        let redirect_hosts = self.redirect_hosts.unwrap_or_default().into_iter().map(|host| host.0).collect();
        let bounds = TokenBounds { scopes: self.scopes, redirect_hosts };
        let (name, max_uses) = (self.name.into_string(), self.max_uses.map(|uses| uses.0));
        let new = NewToken { name: name.clone(), bounds, max_uses, expires_at: self.expires_at };
        let services = cx.services().clone();
        let (id, secret) = tokens::create(&mut cx.tx, &services, &new, cx.now).await?;
        let row = tokens::find(&mut cx.tx, &id).await?.ok_or_else(|| Fault::internal("a token that was made is not there"))?;
        let data = NewInitialTokenView { token: InitialTokenView::of(&row)?, secret: ShownOnce::new(secret) };
        let event = InitialTokenChange::Created { initial_access_token: id, name, max_uses };
        Ok(Verdict::Done(Created(Changed { data, message: "The initial access token was made." }), event))
    }
}

impl CreateInitialToken {
    /// What one field can't say.
    fn check(&self, now: Timestamp) -> Result<(), Fault> {
        let mut problems = Vec::new();
        if self.expires_at.is_some_and(|end| end <= now) {
            problems.push(("expiresAt".to_owned(), "must lie ahead".to_owned()));
        }
        if self.scopes.as_ref().is_some_and(|scopes| harmless(scopes) != *scopes) {
            problems.push(("scopes".to_owned(), "must not open administration".to_owned()));
        }
        if problems.is_empty() { Ok(()) } else { Err(Fault::fields(problems)) }
    }
}

impl Operation for ListInitialTokens {
    const ID: &'static str = "initial_access_tokens.list";
    const SUMMARY: &'static str = "The initial access tokens that aren't revoked, without their secrets.";
    const ROUTE: Route = Route::get(PLACE);
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Json<Whole<InitialTokenView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let rows = tokens::list(&mut cx.tx).await?;
        let data = rows.iter().map(InitialTokenView::of).collect::<Result<Vec<_>, _>>()?;
        Ok(Verdict::Done(Json(Whole::new(data)), Silent))
    }
}

impl Operation for RevokeInitialToken {
    const ID: &'static str = "initial_access_tokens.revoke";
    const SUMMARY: &'static str = "Revoke an initial access token. Clients that were registered with it stay.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/initial-access-tokens/{tokenId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = InitialTokenChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, InitialTokenChange>, Fault> {
        let id = self.id.into_string();
        if !tokens::revoke(&mut cx.tx, &id, cx.now).await? {
            let hint = "There is no such initial access token.";
            return Err(Fault::new(FaultKind::NotFound, "initial_access_tokens.not_found", hint));
        }
        let event = InitialTokenChange::Revoked { initial_access_token: id };
        Ok(Verdict::Done(Json(Message { message: "The initial access token was revoked." }), event))
    }
}

/// A number of uses.
#[derive(Clone, Copy, Debug)]
pub struct Uses(u32);

impl Field for Uses {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        u32::from_text(text).and_then(Self::of)
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        u32::from_json(value).and_then(Self::of)
    }
}

impl Uses {
    fn of(number: u32) -> Result<Self, String> {
        if (1..=1_000_000).contains(&number) { Ok(Self(number)) } else { Err("must lie between 1 and 1000000".to_owned()) }
    }
}

/// A host, perhaps with `*.` before it.
#[derive(Clone, Debug)]
pub struct Host(pub(super) String);

impl Field for Host {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": 253 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        if is_host_rule(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be hosts, such as app.example or *.app.example".to_owned())
        }
    }
}
