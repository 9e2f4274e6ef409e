//! What every page here has around it: the reader's language, the organization's look, and the anti-forgery token of the browser.

use crate::account::device::device;
use crate::policy::Policy;
use crate::transaction::Display;
use flow::{Answer, Body, Cookie, Cx, Incoming, Mode, OneOrg, Services};
use identity::browser;
use identity::settings::Settings;
use pages::{Brand, Client, Form, Shell, Stranger, Words};
use store::Org;

/// A page of an organization on its way to a browser.
pub struct Page {
    /// What the organization's settings say.
    pub(crate) policy: Policy,
    words: &'static Words,
    brand: Brand,
    csrf: String,
    cookie: Option<Cookie>,
    slug: String,
}

impl Page {
    /// For a request. `ui_locales` is what the application that sent the person here asked for.
    pub fn new(services: &Services, org: &Org, request: &Incoming, ui_locales: Option<&str>) -> Self {
        let policy = Policy::of(services, org);
        let (csrf, cookie) = browser::csrf_token(services, org, request);
        let words = policy.words(ui_locales, request.header("accept-language"));
        Self { words, brand: policy.brand(org), policy, csrf, cookie, slug: org.slug().to_owned() }
    }
    /// For the request being run.
    pub fn of<M: Mode>(cx: &Cx<OneOrg, M>) -> Self {
        Self::new(cx.services(), cx.org(), &cx.request, None)
    }
    /// The reader's language.
    pub fn words(&self) -> &'static Words {
        self.words
    }
    /// The frame.
    pub fn shell(&self) -> Shell {
        Shell::new(self.words, self.brand.clone())
    }
    /// The frame of a page about registration.
    pub fn registration_shell(&self) -> Shell {
        self.shell_if(self.policy.styles_registration())
    }
    /// The frame of a page about consent.
    pub fn consent_shell(&self) -> Shell {
        self.shell_if(self.policy.styles_consent())
    }
    fn shell_if(&self, is_styled: bool) -> Shell {
        let brand = self.brand.clone();
        Shell::new(self.words, if is_styled { brand } else { brand.plain() })
    }
    /// A page of the organization: `/orgs/acme/account`.
    pub fn path(&self, page: &str) -> String {
        format!("/orgs/{}/{page}", self.slug)
    }
    /// A form that goes there.
    pub fn form(&self, page: &str) -> Form {
        Form::new(self.path(page), self.csrf.clone())
    }
    /// The answer that shows a document.
    pub fn show(self, status: u16, html: String, policy: &str) -> Answer {
        let answer = document(status, html, policy);
        match self.cookie {
            Some(cookie) => answer.cookie(cookie),
            None => answer,
        }
    }
}

/// The application that asks, as pages show it.
pub fn client(display: &Display) -> Client {
    Client {
        name: display.client_name.clone(),
        logo_url: display.logo_uri.clone(),
        policy_url: display.policy_uri.clone(),
        terms_url: display.tos_uri.clone(),
        publisher: None,
        stranger: display.stranger.as_ref().map(|stranger| Stranger { host: stranger.host.clone(), is_local: stranger.is_local }),
        destination: display.destination.clone(),
    }
}

/// What a device calls itself, in words for people: a claim, good for recognizing one's own.
pub fn device_name(user_agent: Option<&str>) -> String {
    device(user_agent)
}

/// The answer that shows a document: never cached, never framed, only with its own scripts.
pub fn document(status: u16, html: String, policy: &str) -> Answer {
    Answer::new(status, Body::Html(html)).header("content-security-policy", policy).no_store()
}

/// 303: the browser goes on with GET, and a form is never sent twice (RFC 9700 §4.12).
pub fn see_other(path: impl Into<String>) -> Answer {
    Answer::new(303, Body::Empty).header("location", path).no_store()
}

/// How an organization looks to somebody with that time zone.
pub fn brand_for(services: &Services, org: &Org, zoneinfo: Option<&str>) -> Brand {
    Policy::of(services, org).brand_for(org, zoneinfo)
}

/// The language a browser asks for, on pages of no organization.
pub(crate) fn accepted_language(request: &Incoming) -> &'static Words {
    Words::choose(None, request.header("accept-language"))
}

/// The language of the person in front of the browser.
pub(crate) fn language_here<M: Mode>(cx: &Cx<OneOrg, M>) -> &'static Words {
    Settings::of(cx.org()).general.words(None, cx.request.header("accept-language"))
}
