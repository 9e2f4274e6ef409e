//! Making a key.

use super::reach::{made_in_time_with, must_hold};
use super::view::{ApiKeyView, NewApiKeyView};
use super::{ApiKeyChange, KeyDays, KeyScope};
use crate::api_keys::{self, NewApiKey, find_kept};
use crate::envelope::{Changed, ShownOnce};
use crate::permissions::API_KEYS_WRITE;
use flow::{Created, Cx, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Fault, Scopes, Timestamp};

flow::input! {
    /// Make an API key that acts for the caller.
    #[derive(Clone, Debug)]
    pub struct CreateApiKey {
        /// What it is for.
        body "name" => name: Text<1, 200>,
        /// What it opens, as far as its person may do it. Nobody gives what they don't hold themselves.
        body "scopes" => scopes: Vec<KeyScope>,
        /// For how many days it works; until it is revoked, if unset.
        body "expiresInDays" => expires_in_days: Option<KeyDays>,
    }
}

impl Operation for CreateApiKey {
    const ID: &'static str = "api_keys.create";
    const SUMMARY: &'static str = "Make an API key that acts for whoever makes it. It is shown once.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/api-keys");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(API_KEYS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<NewApiKeyView>>;
    type Event = ApiKeyChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ApiKeyChange>, Fault> {
        let Some(user) = cx.actor.user().cloned() else {
            return Err(Fault::forbidden("forbidden", "An API key acts for a person, and no person is behind this request."));
        };
        let name = self.name.as_str().trim().to_owned();
        let problems = [("name", name.is_empty()), ("scopes", self.scopes.is_empty())];
        let problems = problems.into_iter().filter(|(_, is_empty)| *is_empty);
        let problems: Vec<_> = problems.map(|(field, _)| (field.to_owned(), "must not be empty".to_owned())).collect();
        if !problems.is_empty() {
            return Err(Fault::fields(problems));
        }
        let scopes: Scopes = self.scopes.iter().map(|scope| scope.as_str()).collect();
        let expires_at = self.expires_in_days.map(|days| cx.now.plus(days.duration()));
        must_hold(&mut cx.tx, &cx.actor, &self.scopes).await?;
        let made_with = made_in_time_with(&mut cx.tx, &cx.actor, expires_at, cx.now).await?;
        let services = cx.services().clone();
        let new = NewApiKey { user, name, scopes, expires_at, made_with };
        let (key, secret) = api_keys::create(&mut cx.tx, &services, new, cx.now).await?;
        let kept = find_kept(&mut cx.tx, &key.id).await?.ok_or_else(|| Fault::internal("a key that was made is not there"))?;
        let event = ApiKeyChange::Created {
            api_key: key.id,
            user: key.user,
            name: key.name,
            scopes: key.scopes,
            expires_at: key.expires_at.map(Timestamp::to_iso),
        };
        let data = NewApiKeyView { key: ApiKeyView::at(kept, cx.now), secret: ShownOnce::new(secret) };
        Ok(Verdict::Done(Created(Changed { data, message: "The API key was made." }), event))
    }
}
