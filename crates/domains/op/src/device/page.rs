//! The page where a device's code is typed or compared, and the page that tells what came of it.

use super::waiting::Refusal;
use flow::{Answer, Cx, Mode, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Silent};
use oauth::device_authorization::UserCode;
use pages::{DeviceCode, DeviceDone, Problem};
use signin::page::Page;

flow::input! {
    /// Ask for the page.
    #[derive(Clone, Debug)]
    pub struct ShowDevice {
        /// The code, if it came with the link (RFC 8628 §3.3.1).
        query "user_code" => user_code: Option<String>,
        /// What came of a decision: `approved` or `denied`.
        query "result" => result: Option<Text<0, 16>>,
    }
}

impl Operation for ShowDevice {
    const ID: &'static str = "oauth.show_device";
    const SUMMARY: &'static str = "The page where people type the code of a device (RFC 8628 §3.3).";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/oauth/device");
    const ALSO: &'static [Route] = &[Route::get("/orgs/{org}/device")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let is_approved = match self.result.as_ref().map(Text::as_str) {
            Some(APPROVED) => Some(true),
            Some(DENIED) => Some(false),
            _ => None,
        };
        let answer = match is_approved {
            Some(is_approved) => done(cx, is_approved),
            None => entry(cx, 200, self.user_code.as_deref().and_then(UserCode::parse).as_ref(), None),
        };
        Ok(Verdict::Done(answer, Silent))
    }
}

pub(super) const APPROVED: &str = "approved";
pub(super) const DENIED: &str = "denied";

fn done<M: Mode>(cx: &Cx<OneOrg, M>, is_approved: bool) -> Answer {
    let page = Page::of(cx);
    let document = DeviceDone { shell: page.shell(), is_approved };
    page.show(200, document.html(), document.policy())
}

/// The page with this code in it, to be compared.
pub(super) fn entry<M: Mode>(cx: &Cx<OneOrg, M>, status: u16, code: Option<&UserCode>, problem: Option<Problem>) -> Answer {
    let page = Page::of(cx);
    let mut form = page.form("api/v1/oauth/device");
    form.problem = problem;
    let document = DeviceCode { shell: page.shell(), form, user_code: code.map(UserCode::shown).unwrap_or_default() };
    page.show(status, document.html(), document.policy())
}

/// The page again, with why the person is not asked.
pub(super) fn refused<M: Mode>(cx: &Cx<OneOrg, M>, refusal: Refusal) -> Answer {
    let words = &Page::of(cx).words().device;
    let (status, said) = match refusal {
        Refusal::Unknown => (400, words.unknown),
        Refusal::Administrator => (403, words.not_administrators),
        Refusal::Elsewhere => (403, words.elsewhere),
    };
    entry(cx, status, None, Some(Problem::Said(said.to_owned())))
}

/// The page again, for somebody who guessed too often.
pub(super) fn locked<M: Mode>(cx: &Cx<OneOrg, M>, fault: &Fault) -> Answer {
    let seconds = fault.retry_after.unwrap_or(60);
    entry(cx, 429, None, Some(Problem::TooManyTries(seconds.div_ceil(60)))).header("retry-after", seconds.to_string())
}
