//! Being invited, with example data.

use super::data::{form, hours_ago};
use super::{Example, Examples, show};
use crate::Problem;
use crate::views::{Invitation, InvitationDeclined, InvitationRegister, Standing};

impl Examples {
    pub(super) fn invitation(&mut self) {
        let stranger = Invitation {
            shell: self.shell(),
            form: form("/orgs/acme/invitation"),
            company: "Globex".into(),
            logo_url: None,
            invited_by: Some("Root Person".into()),
            role: Some("Member".into()),
            expires_at: hours_ago(1),
            standing: Standing::Stranger {
                sign_in_url: "/orgs/acme/signin".into(),
                register_url: Some("/orgs/acme/invitation/register".into()),
            },
        };
        let account = "person@example.com".to_owned();
        let invited = Standing::Invited { account: account.clone() };
        show!(self, "invitation-accept", Invitation { standing: invited, ..stranger.clone() });
        let other = Standing::SomebodyElse { account: account.clone() };
        show!(self, "invitation-other-address", Invitation { standing: other, invited_by: None, role: None, ..stranger.clone() });
        show!(self, "invitation", stranger);
        let register = InvitationRegister {
            shell: self.shell(),
            form: form("/orgs/acme/invitation/register").with_problem(Problem::PasswordTooCommon),
            company: "Globex".into(),
            account,
            given_name: "Example".into(),
            family_name: String::new(),
            sign_in_url: "/orgs/acme/signin".into(),
            terms_url: Some("https://acme.example/terms".into()),
            policy_url: Some("https://acme.example/privacy".into()),
            least_password: 8,
        };
        show!(self, "invitation-register", register);
        show!(self, "invitation-declined", InvitationDeclined { shell: self.shell() });
    }
}
