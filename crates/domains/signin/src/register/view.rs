//! The registration page and the page that sends people to their inbox.

use crate::onward::Onward;
use crate::page::{Page, client};
use crate::transaction::Display;
use flow::{Answer, Cx, Mode, OneOrg};
use pages::{CheckMail, MailPurpose, Problem};

/// What the registration page shows this time.
#[derive(Default)]
pub(super) struct View<'a> {
    pub(super) onward: Onward,
    pub(super) display: Option<&'a Display>,
    pub(super) given_name: String,
    pub(super) family_name: String,
    pub(super) email: String,
    pub(super) problem: Option<Problem>,
}

impl View<'_> {
    pub(super) fn answer<M: Mode>(self, cx: &Cx<OneOrg, M>, status: u16) -> Answer {
        let ui_locales = self.display.and_then(|display| display.ui_locales.as_deref());
        let page = Page::new(cx.services(), cx.org(), &cx.request, ui_locales);
        let mut form = page.form("register");
        form.hidden = self.onward.hidden();
        form.problem = self.problem;
        let document = pages::Register {
            shell: page.registration_shell(),
            form,
            client: self.display.map(client),
            given_name: self.given_name,
            family_name: self.family_name,
            email: self.email,
            sign_in_url: self.onward.carried_to(cx.org().slug(), "signin"),
            terms_url: page.policy.terms_url(),
            policy_url: page.policy.privacy_url(),
            least_password: page.policy.least_password(),
        };
        page.show(status, document.html(), document.policy())
    }
}

/// "Check your inbox", with a button that asks for the mail again.
pub(crate) fn check_mail<M: Mode>(cx: &Cx<OneOrg, M>, purpose: MailPurpose, email: &str, onward: &Onward) -> Answer {
    let page = Page::of(cx);
    let mut resend = page.form(match purpose {
        MailPurpose::Verify => "verify-email/resend",
        MailPurpose::Reset => "forgot-password",
    });
    resend.hidden = onward.hidden();
    resend.hidden.push((pages::fields::EMAIL.to_owned(), email.to_owned()));
    let document = CheckMail {
        shell: page.shell(),
        purpose,
        email: email.to_owned(),
        resend: Some(resend),
        sign_in_url: Some(onward.carried_to(cx.org().slug(), "signin")),
    };
    page.show(200, document.html(), document.policy())
}
