//! The sign-in page.

use crate::onward::{ACCOUNT, OTHER, Onward};
use crate::page::{Page, client};
use crate::transaction::Display;
use flow::{Answer, Cx, Mode, OneOrg};
use pages::{Notice, Problem};

/// What the page shows this time.
#[derive(Default)]
pub(super) struct View<'a> {
    pub(super) onward: Onward,
    pub(super) display: Option<&'a Display>,
    pub(super) identifier: String,
    pub(super) is_remembered: bool,
    /// Beside the account that is signed in.
    pub(super) wants_another: bool,
    pub(super) problem: Option<Problem>,
    pub(super) notice: Option<Notice>,
}

impl View<'_> {
    pub(super) fn answer<M: Mode>(self, cx: &Cx<OneOrg, M>, status: u16) -> Answer {
        let ui_locales = self.display.and_then(|display| display.ui_locales.as_deref());
        let page = Page::new(cx.services(), cx.org(), &cx.request, ui_locales);
        let slug = cx.org().slug();
        let mut form = page.form("signin");
        form.hidden = self.onward.hidden();
        if self.wants_another {
            form.hidden.push((ACCOUNT.to_owned(), OTHER.to_owned()));
        }
        form.problem = self.problem;
        let mut shell = page.shell();
        shell.notice = self.notice;
        let document = pages::SignIn {
            shell,
            form,
            client: self.display.map(client),
            identifier: self.identifier,
            may_be_remembered: page.policy.may_be_remembered(),
            remember: self.is_remembered,
            register_url: page.policy.may_register().then(|| self.onward.carried_to(slug, "register")),
            forgot_url: Some(self.onward.carried_to(slug, "forgot-password")),
            may_cancel: self.onward.transaction().is_some(),
        };
        page.show(status, document.html(), document.policy())
    }
}
