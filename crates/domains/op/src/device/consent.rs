//! The page that says what a device asks for, and from where.

use super::waiting::{Settled, Waiting, find, settle};
use super::{Devices, page, sealed};
use crate::clients::Client;
use crate::decoupled::details_in_words;
use flow::{Answer, Cx, Mode, OneOrg, Operation, Prep, Prepare, Route, Surface, Text, Verdict, Writes};
use identity::{scopes, users};
use kernel::{Access, Fault, Limit, Scopes};
use oauth::device_authorization::UserCode;
use pages::{DeviceConsent, Scope, Words};
use signin::page::{Page, device_name, see_other};
use std::collections::HashMap;

flow::input! {
    /// Ask for the page.
    #[derive(Clone, Debug)]
    pub struct ConsentQuery {
        /// The code.
        query "user_code" => user_code: String,
        /// The mark of a code that a form of this browser sent.
        query "confirmed" => confirmed: Text<0, 128>,
    }
}

/// Show what a device asks for.
#[derive(Clone)]
pub struct ShowDeviceConsent {
    code: Option<UserCode>,
    confirmed: String,
    found: Option<Box<Waiting>>,
}

impl Prepare<ShowDeviceConsent> for ConsentQuery {
    async fn prepare(self, prep: &Prep) -> Result<ShowDeviceConsent, Fault> {
        let (services, org) = (prep.services(), prep.organization()?);
        let code = UserCode::parse(&self.user_code);
        let code = code.filter(|code| sealed::check(services, org, &prep.request, code, self.confirmed.as_str()).is_ok());
        let found = match &code {
            Some(code) => find(prep, code).await?.map(Box::new),
            None => None,
        };
        Ok(ShowDeviceConsent { code, confirmed: self.confirmed.into_string(), found })
    }
}

impl Operation for ShowDeviceConsent {
    const ID: &'static str = "oauth.show_device_consent";
    const SUMMARY: &'static str = "What a device asks for, and from where.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/oauth/device/confirm");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = ConsentQuery;
    type Output = Answer;
    type Event = Devices;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Devices>, Fault> {
        // Somebody else's link: the code is compared first.
        let Some(code) = self.code else { return Ok(Verdict::Done(see_other(super::path(cx.org().slug())), Devices::Stray {})) };
        let session = crate::decoupled::session(cx).await?;
        match settle(cx, &session.user, self.found).await? {
            Settled::Locked(fault) => {
                let event = Devices::CodeRefused { reason: "locked", has_locked: false };
                Ok(Verdict::RefusedWith(page::locked(cx, &fault), event))
            }
            Settled::No(refusal, event) => Ok(Verdict::RefusedWith(page::refused(cx, refusal), event)),
            Settled::Waits(waiting) => {
                let account = users::load_user(&mut cx.tx, &session.user).await?.email;
                let scopes = in_own_words(cx, &waiting.scopes).await?;
                let answer = question(cx, &code, self.confirmed, &waiting, account, scopes);
                Ok(Verdict::Done(answer, Devices::Shown { client: waiting.client.id().clone() }))
            }
        }
    }
}

fn question(
    cx: &Cx<OneOrg, Writes>,
    code: &UserCode,
    confirmed: String,
    waiting: &Waiting,
    account: String,
    scopes: Vec<Scope>,
) -> Answer {
    let page = Page::of(cx);
    let mut form = page.form("api/v1/oauth/device");
    form.hidden = vec![("user_code".to_owned(), code.shown()), ("confirmed".to_owned(), confirmed)];
    let document = DeviceConsent {
        shell: page.consent_shell(),
        form,
        client: shown(&waiting.client, page.words()),
        account,
        user_code: code.shown(),
        device: device_name(waiting.stored.user_agent.as_deref()),
        place: waiting.stored.ip.map(|ip| ip.to_string()),
        at: waiting.created_at,
        scopes,
        details: details_in_words(cx.org(), &waiting.stored.asked.authorization_details),
    };
    page.show(200, document.html(), document.policy())
}

/// An application as people see it who are not sent back to it.
pub(crate) fn shown(client: &Client, words: &Words) -> pages::Client {
    let metadata = &client.metadata;
    let said = |name, untagged| metadata.in_language(name, untagged, &[words.tag]).map(str::to_owned);
    let name = Some(metadata.client_name.as_str()).filter(|name| !name.is_empty());
    pages::Client {
        name: said("client_name", name).unwrap_or_else(|| client.id().to_string()),
        logo_url: said("logo_uri", metadata.logo_uri.as_deref()),
        policy_url: said("policy_uri", metadata.policy_uri.as_deref()),
        terms_url: said("tos_uri", metadata.tos_uri.as_deref()),
        publisher: None,
        stranger: None,
        destination: String::new(),
    }
}

/// The scopes, each with what the organization says it means.
pub(crate) async fn in_own_words<M: Mode>(cx: &mut Cx<OneOrg, M>, asked: &Scopes) -> Result<Vec<Scope>, Fault> {
    let own = scopes::list(&mut cx.tx).await?;
    let mut own: HashMap<String, Option<String>> = own.into_iter().map(|scope| (scope.name, scope.description)).collect();
    Ok(asked.iter().map(|name| Scope { name: name.to_owned(), description: own.remove(name).flatten() }).collect())
}
