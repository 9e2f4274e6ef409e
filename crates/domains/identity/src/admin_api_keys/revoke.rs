//! Ending a key.

use super::reach::must_reach;
use super::{ApiKeyChange, not_found};
use crate::api_keys::{self, find_kept};
use crate::envelope::Message;
use crate::permissions::API_KEYS_WRITE;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, ApiKeyId, Fault};

flow::input! {
    /// Revoke an API key.
    #[derive(Clone, Debug)]
    pub struct RevokeApiKey {
        /// Its id.
        path "keyId" => id: ApiKeyId,
    }
}

impl Operation for RevokeApiKey {
    const ID: &'static str = "api_keys.revoke";
    const SUMMARY: &'static str = "Revoke an API key and those made with it: whatever sends them is refused from now on.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/api-keys/{keyId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(API_KEYS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = ApiKeyChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ApiKeyChange>, Fault> {
        let key = find_kept(&mut cx.tx, &self.id).await?.ok_or_else(not_found)?;
        must_reach(&mut cx.tx, &cx.actor, &key).await?;
        let mut along = api_keys::revoke(&mut cx.tx, &key.id, cx.now).await?;
        if !along.contains(&key.id) {
            return Err(not_found());
        }
        along.retain(|ended| *ended != key.id);
        let event = ApiKeyChange::Revoked { api_key: key.id, user: key.user_id, along };
        Ok(Verdict::Done(Json(Message { message: "The API key was revoked, and those made with it." }), event))
    }
}
