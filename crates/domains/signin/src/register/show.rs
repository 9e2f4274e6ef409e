//! The registration page, asked for.

use super::view::View;
use crate::onward::Onward;
use crate::page::see_other;
use crate::policy::Policy;
use crate::sign_in::waiting;
use flow::{Answer, Cx, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};

flow::input! {
    /// Show where to register.
    #[derive(Clone, Debug)]
    pub struct ShowRegister {
        /// The authorization request that waits for the person.
        query "transaction" => transaction: Option<String>,
        /// Where to go afterwards: a path of this organization.
        query "continue" => continue_to: Option<String>,
    }
}

impl Operation for ShowRegister {
    const ID: &'static str = "users.show_registration";
    const SUMMARY: &'static str = "The registration page.";
    const ROUTE: Route = Route::get("/orgs/{org}/register");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let onward = Onward::of(cx.org().slug(), self.transaction.as_deref(), self.continue_to.as_deref());
        let waiting = waiting(cx, &onward).await?;
        if let Err(closed) = refuse_if_closed(&Policy::of(cx.services(), cx.org())) {
            // An application that asked for registration (`prompt=create`) gets its person by signing in.
            let sign_in = waiting.map(|_| see_other(onward.carried_to(cx.org().slug(), "signin")));
            return sign_in.map(|answer| Verdict::Done(answer, Silent)).ok_or(closed);
        }
        let display = waiting.as_ref().map(|waiting| &waiting.display);
        let email = display.and_then(|display| display.login_hint.clone()).filter(|hint| hint.contains('@')).unwrap_or_default();
        Ok(Verdict::Done(View { onward, display, email, ..View::default() }.answer(cx, 200), Silent))
    }
}

pub(super) fn refuse_if_closed(policy: &Policy) -> Result<(), Fault> {
    if policy.may_register() {
        Ok(())
    } else {
        Err(Fault::forbidden("registration_closed", "This organization does not let people register."))
    }
}
