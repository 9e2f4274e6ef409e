//! The link of an invitation, opened. Nothing happens before a button is pressed: programs open the links of mails too.

use super::find;
use super::view::{gone, invitation};
use crate::links::Opening;
use flow::{Answer, Cx, OneOrg, Operation, Route, SensitiveReads, Surface, Verdict};
use identity::users;
use kernel::{Access, Fault, Secret};

const PURPOSE: &str = "company_invitation";

flow::input! {
    /// Show an invitation.
    #[derive(Clone, Debug)]
    pub struct ShowInvitation {
        /// The token of the link.
        query "token" => token: Option<Secret>,
    }
}

impl Operation for ShowInvitation {
    const ID: &'static str = "companies.show_invitation";
    const SUMMARY: &'static str = "The page an invitation's link leads to.";
    const ROUTE: Route = Route::get("/orgs/{org}/invitation");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = SensitiveReads;
    type Input = Self;
    type Output = Answer;
    type Event = Opening;

    async fn run(self, cx: &mut Cx<OneOrg, SensitiveReads>) -> Result<Verdict<Answer, Opening>, Fault> {
        let token = self.token.unwrap_or_default();
        let Some(offer) = find(cx, &token).await? else {
            return Ok(Verdict::RefusedWith(gone(cx), Opening::Refused { purpose: PURPOSE }));
        };
        let person = match cx.actor.user() {
            Some(user) => users::find_user(&mut cx.tx, user).await?,
            None => None,
        };
        let answer = invitation(cx, &token, &offer, person.as_ref(), None);
        Ok(Verdict::Done(answer, Opening::Opened { purpose: PURPOSE }))
    }
}
