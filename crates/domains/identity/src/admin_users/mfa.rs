//! A door that was closed: second factors are no longer reset by an administrator.

use crate::permissions::USERS_WRITE;
use crate::users::{UserRef, load_user_by};
use flow::{Cx, NoContent, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Denial, Fault, Silent};

flow::input! {
    /// Reset a user's second factors: always gone.
    #[derive(Clone, Debug)]
    pub struct ResetMfa {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

/// What it always says.
const GONE: Denial = Denial::gone("gone", "Second factors can't be reset any more. Remove single authenticators instead.");

impl Operation for ResetMfa {
    const ID: &'static str = "users.reset_mfa";
    const SUMMARY: &'static str = "No longer there: it always answers 410.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/mfa/reset");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[GONE];
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = NoContent;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<NoContent, Silent>, Fault> {
        load_user_by(&mut cx.tx, &self.user).await?;
        Err(GONE.into())
    }
}
