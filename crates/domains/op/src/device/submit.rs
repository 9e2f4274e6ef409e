//! What the pages of a device send: first the code, then the decision.

use super::waiting::{Settled, Waiting, find, settle};
use super::{Devices, page, path, sealed};
use crate::consents;
use crate::decoupled::{approve, deny, granted, session};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Text, Verdict, Writes};
use identity::{browser, sessions};
use kernel::{Access, Denial, Fault, Limit, Secret};
use oauth::device_authorization::UserCode;
use pages::fields::{ALLOW, DENY};
use signin::page::see_other;

flow::input! {
    /// What the pages send.
    #[derive(Clone, Debug)]
    pub struct DeviceForm {
        /// Against forgery.
        body "csrf" => csrf: Secret,
        /// The code.
        body "user_code" => user_code: String,
        /// `allow` or `deny`; nothing while only the code is sent on.
        body "decision" => decision: Option<Text<0, 16>>,
        /// With a decision: the mark of a code that a form of this browser sent.
        body "confirmed" => confirmed: Option<Text<0, 128>>,
    }
}

/// Send a device's code on, or decide what it asks for.
#[derive(Clone)]
pub struct SubmitDevice(Step);

#[derive(Clone)]
enum Step {
    /// What was typed can't be a code.
    NoCode,
    /// On to the question.
    Onward(String),
    Decided {
        found: Option<Box<Waiting>>,
        is_allowed: bool,
    },
}

impl Prepare<SubmitDevice> for DeviceForm {
    async fn prepare(self, prep: &Prep) -> Result<SubmitDevice, Fault> {
        let (services, org) = (prep.services(), prep.organization()?);
        browser::check_csrf(services, org, &prep.request, &self.csrf)?;
        let Some(code) = UserCode::parse(&self.user_code) else { return Ok(SubmitDevice(Step::NoCode)) };
        let is_allowed = match self.decision.as_ref().map(Text::as_str) {
            None => return Ok(SubmitDevice(Step::Onward(sealed::question(services, org, &prep.request, &code)?))),
            Some(ALLOW) => true,
            Some(DENY) => false,
            Some(_) => return Err(Fault::invalid("invalid_request", "The decision must be allow or deny.")),
        };
        let confirmed = self.confirmed.as_ref().map(Text::as_str).unwrap_or_default();
        sealed::check(services, org, &prep.request, &code, confirmed)?;
        if prep.actor.session().is_none() {
            return Err(sessions::session_required());
        }
        Ok(SubmitDevice(Step::Decided { found: find(prep, &code).await?.map(Box::new), is_allowed }))
    }
}

impl Operation for SubmitDevice {
    const ID: &'static str = "oauth.submit_device";
    const SUMMARY: &'static str = "Send the code of a device on, or decide what it asks for (RFC 8628 §3.3).";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/device");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/device")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    const DENIALS: &'static [Denial] = &[sealed::STRAY];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = DeviceForm;
    type Output = Answer;
    type Event = Devices;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Devices>, Fault> {
        let (found, is_allowed) = match self.0 {
            Step::NoCode => {
                let event = Devices::CodeRefused { reason: "malformed", has_locked: false };
                return Ok(Verdict::RefusedWith(page::refused(cx, super::waiting::Refusal::Unknown), event));
            }
            Step::Onward(location) => return Ok(Verdict::Done(see_other(location), Devices::Sent {})),
            Step::Decided { found, is_allowed } => (found, is_allowed),
        };
        let person = session(cx).await?;
        let waiting = match settle(cx, &person.user, found).await? {
            Settled::Waits(waiting) => waiting,
            Settled::Locked(fault) => {
                let event = Devices::CodeRefused { reason: "locked", has_locked: false };
                return Ok(Verdict::RefusedWith(page::locked(cx, &fault), event));
            }
            Settled::No(refusal, event) => return Ok(Verdict::RefusedWith(page::refused(cx, refusal), event)),
        };
        let (client, device_ip) = (waiting.client.id().clone(), waiting.stored.ip.map(|ip| ip.to_string()));
        let decided = if is_allowed {
            let grant = granted(&waiting.stored.asked, &waiting.client, &person);
            match approve(cx, &waiting.id, &grant, &person).await? {
                Some(family) => {
                    consents::remember(&mut cx.tx, &person.user, &client, &grant.scopes, cx.now).await?;
                    let authorization_details_types = waiting.stored.asked.detail_types();
                    let scopes = grant.scopes;
                    Some((page::APPROVED, Devices::Approved { client, scopes, authorization_details_types, family, device_ip }))
                }
                None => None,
            }
        } else {
            deny(cx, &waiting.id, &person.user).await?.then_some((page::DENIED, Devices::Denied { client, device_ip }))
        };
        let Some((result, event)) = decided else {
            // Decided in another window in this very moment, or its time has just ended.
            let event = Devices::CodeRefused { reason: "decided", has_locked: false };
            return Ok(Verdict::RefusedWith(page::refused(cx, super::waiting::Refusal::Unknown), event));
        };
        Ok(Verdict::Done(see_other(format!("{}?result={result}", path(cx.org().slug()))), event))
    }
}
