//! API keys, as the operator makes them.

use flow::{Answer, Body, Cx, NoInput, OneOrg, Operation, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::api_keys::{NewApiKey, create};
use identity::users::{Email, find_user_by_email, not_found};
use kernel::{Access, ApiKeyId, Fault, Scopes, UserId};

/// Make an API key. The answer's body is the key.
#[derive(Clone)]
pub struct MakeApiKey {
    /// The person it acts for.
    pub user: Email,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
}

kernel::events! {
    /// What making an API key records.
    pub enum ApiKeyMade {
        /// The operator made an API key.
        Created = "api_keys.created_by_operator", Warning { about api_key: ApiKeyId, public user: UserId, public name: String, public scopes: Scopes };
    }
}

impl Operation for MakeApiKey {
    const ID: &'static str = "api_keys.create_by_operator";
    const SUMMARY: &'static str = "Make an API key.";
    const ROUTE: Route = Route::post("operator/api-keys");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = Answer;
    type Event = ApiKeyMade;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, ApiKeyMade>, Fault> {
        let services = cx.services().clone();
        let user = find_user_by_email(&mut cx.tx, &self.user.key()).await?.ok_or_else(not_found)?.id;
        let new = NewApiKey {
            user: user.clone(),
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            expires_at: None,
            made_with: None,
        };
        let (key, secret) = create(&mut cx.tx, &services, new, cx.now).await?;
        let answer = Answer::new(201, Body::Bytes("text/plain", secret.expose().as_bytes().to_vec()));
        Ok(Verdict::Done(answer, ApiKeyMade::Created { api_key: key.id, user, name: self.name, scopes: self.scopes }))
    }
}

impl Prepare<MakeApiKey> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<MakeApiKey, Fault> {
        Err(super::not_over_the_network())
    }
}
