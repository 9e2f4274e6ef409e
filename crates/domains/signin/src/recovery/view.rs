//! The page for a new password, and the one for a link that is gone.

use crate::links::{Link, Purpose};
use crate::page::Page;
use flow::{Answer, Cx, Mode, OneOrg};
use kernel::Secret;
use pages::{ErrorPage, Notice, Problem, Trouble};

/// The form for a new password.
pub(super) fn form<M: Mode>(cx: &Cx<OneOrg, M>, token: &Secret, link: &Link, account: &str, problem: Option<Problem>) -> Answer {
    let page = Page::of(cx);
    let mut form = page.form("reset-password");
    form.hidden = vec![("token".to_owned(), token.expose().to_owned())];
    let status = match &problem {
        None => 200,
        Some(Problem::FormExpired) => 403,
        Some(_) => 400,
    };
    form.problem = problem;
    let least_password = page.policy.least_password();
    let shell = match link.purpose {
        Purpose::RenewPassword => page.shell().with_notice(Notice::PasswordTooOld),
        Purpose::Register | Purpose::VerifyEmail | Purpose::ResetPassword => page.shell(),
    };
    let document = pages::ResetPassword { shell, form, account: account.to_owned(), least_password };
    page.show(status, document.html(), document.policy())
}

/// The link is gone; the way on is to ask for another.
pub(super) fn gone<M: Mode>(cx: &Cx<OneOrg, M>) -> Answer {
    let page = Page::of(cx);
    let document = ErrorPage {
        shell: page.shell(),
        trouble: Trouble::DeadLink,
        code: None,
        description: None,
        request_id: cx.request.request_id.clone(),
        back_url: Some(page.path("forgot-password")),
    };
    page.show(410, document.html(), document.policy())
}
