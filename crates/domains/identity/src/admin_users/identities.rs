//! The accounts elsewhere by which a user may sign in.

use crate::envelope::One;
use crate::permissions::USERS_READ;
use crate::users::{UserRef, load_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;

flow::input! {
    /// List a user's identities.
    #[derive(Clone, Debug)]
    pub struct ListIdentities {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

/// How a user signs in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Identities {
    /// The upstream that owns the account; null for accounts of this server.
    auth_source: Option<String>,
    /// Whether only a directory may check the password.
    ldap_only: bool,
    /// Links to accounts elsewhere.
    bindings: Vec<Binding>,
}

/// A link to an account elsewhere.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Binding {
    /// `saml`, `ldap`, `social` or `social_account`.
    #[serde(rename = "type")]
    kind: String,
    /// The upstream's name.
    provider: Option<String>,
}

impl Operation for ListIdentities {
    const ID: &'static str = "users.list_identities";
    const SUMMARY: &'static str = "The accounts elsewhere by which a user may sign in.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/users/{userId}/identities");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<Identities>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        load_user_by(&mut cx.tx, &self.user).await?;
        let data = Identities { auth_source: None, ldap_only: false, bindings: Vec::new() };
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
