//! The page that asks for which company to act, for clients that ask for the scope `organization`.
//!
//! Somebody who belongs to one company acts for that one; who belongs to none acts for nobody, which is no error. The claim
//! `organization` names the company as long as the person acts for it: it is looked up whenever a token is issued.

use super::Authorization;
use super::asked::{Waiting, waiting};
use super::deliver::{Outcome, WayBack};
use super::proceed::{Scene, cancel, session};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict, Writes};
use identity::browser;
use identity::companies::{Affiliation, list_affiliations};
use kernel::{Access, CompanyId, Denial, Fault, Limit, Secret, Silent};
use pages::KnownCompany;
use pages::fields::CANCEL;
use signin::page::{self, Page, see_other};
use signin::transaction;

const PAGE: &str = "api/v1/oauth/org-select";

/// Where the page is.
pub(super) fn path(slug: &str, handle: &str) -> String {
    format!("/orgs/{slug}/{PAGE}?transaction={handle}")
}

/// For whom a person acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Acting {
    /// For nobody, or nobody asks.
    Nobody,
    /// For this company.
    For(CompanyId),
    /// For one of these.
    Undecided(Vec<Affiliation>),
}

impl Acting {
    /// From what the person chose and where they belong. What they chose counts only while they belong there.
    pub(super) fn of(mut known: Vec<Affiliation>, chosen: Option<&CompanyId>) -> Self {
        match known.iter().find(|company| Some(&company.id) == chosen) {
            Some(company) => Self::For(company.id.clone()),
            None if known.len() > 1 => Self::Undecided(known),
            None => known.pop().map_or(Self::Nobody, |company| Self::For(company.id)),
        }
    }
    /// The company, once it is known.
    pub(super) fn chosen(self) -> Option<CompanyId> {
        match self {
            Self::For(company) => Some(company),
            Self::Nobody | Self::Undecided(_) => None,
        }
    }
}

flow::input! {
    /// Ask for the page.
    #[derive(Clone, Debug)]
    pub struct CompaniesQuery {
        /// The handle of the request that waits.
        query "transaction" => handle: Option<String>,
    }

    /// What the page sends.
    #[derive(Clone, Debug)]
    pub struct CompanyForm {
        /// Against forgery.
        body "csrf" => csrf: Option<Secret>,
        /// The handle of the request that waits.
        body "transaction" => handle: Option<String>,
        /// The company to act for.
        body "organization" => company: Option<CompanyId>,
        /// `cancel` to call the sign-in off.
        body "decision" => decision: Option<Text<0, 16>>,
    }
}

fn nothing_to_choose() -> Fault {
    Fault::not_found("not_found", "Nothing waits for a choice here. Please start again from the application.")
}

/// Show the companies of the person.
#[derive(Clone)]
pub struct ShowCompanies(Box<Waiting>);

impl Prepare<ShowCompanies> for CompaniesQuery {
    async fn prepare(self, prep: &Prep) -> Result<ShowCompanies, Fault> {
        let handle = self.handle.ok_or_else(nothing_to_choose)?;
        Ok(ShowCompanies(Box::new(waiting(prep, &handle).await?)))
    }
}

impl Operation for ShowCompanies {
    const ID: &'static str = "oauth.show_organizations";
    const SUMMARY: &'static str = "The page that asks for which organization to act.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/oauth/org-select");
    const ALSO: &'static [Route] = &[Route::get("/orgs/{org}/choose-organization")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = CompaniesQuery;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let waiting = self.0;
        let acting = match session(cx).await? {
            Some(session) => Scene::of(&waiting).acting(cx, &session).await?,
            None => Acting::Nobody,
        };
        let Acting::Undecided(companies) = acting else {
            // Whatever else is due, the authorization endpoint knows.
            let path = transaction::resume_path(cx.org().slug(), &waiting.handle);
            return Ok(Verdict::Done(see_other(path), Silent));
        };
        let page = Page::new(cx.services(), cx.org(), &cx.request, waiting.display.ui_locales.as_deref());
        let mut form = page.form(PAGE);
        form.hidden = vec![("transaction".to_owned(), waiting.handle.clone())];
        let known = |company: Affiliation| KnownCompany {
            id: company.id.to_string(),
            name: company.name,
            role: company.role,
            logo_url: company.logo_url,
        };
        let document = pages::ChooseCompany {
            shell: page.shell(),
            form,
            client: page::client(&waiting.display),
            companies: companies.into_iter().map(known).collect(),
        };
        let (html, policy) = (document.html(), document.policy());
        Ok(Verdict::Done(page.show(200, html, policy), Silent))
    }
}

/// The person's choice.
#[derive(Clone)]
pub struct ChooseCompany {
    waiting: Box<Waiting>,
    back: WayBack,
    /// `None`: they called the sign-in off.
    company: Option<CompanyId>,
}

impl Prepare<ChooseCompany> for CompanyForm {
    async fn prepare(self, prep: &Prep) -> Result<ChooseCompany, Fault> {
        let handle = self.handle.ok_or_else(nothing_to_choose)?;
        browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &self.csrf.unwrap_or_default())?;
        let company = match (self.company, self.decision) {
            (Some(company), None) => Some(company),
            (None, Some(decision)) if decision.as_str() == CANCEL => None,
            _ => return Err(Fault::invalid("invalid_request", "Please choose one organization, or cancel.")),
        };
        let waiting = waiting(prep, &handle).await?;
        let back = WayBack::of(prep, waiting.client.clone(), &waiting.request).await?;
        Ok(ChooseCompany { waiting: Box::new(waiting), back, company })
    }
}

impl Operation for ChooseCompany {
    const ID: &'static str = "oauth.choose_organization";
    const SUMMARY: &'static str = "Choose the organization to act for.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/org-select");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/choose-organization")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Standard;
    const DENIALS: &'static [Denial] = &[browser::STALE_FORM];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = CompanyForm;
    type Output = Outcome;
    type Event = Authorization;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Outcome, Authorization>, Fault> {
        let Some(company) = self.company else { return cancel(cx, &self.back, &self.waiting).await };
        // Another company, or one the person left meanwhile, changes nothing: the page comes again.
        let mut step = "choose_organization";
        if let Some(session) = session(cx).await?
            && list_affiliations(&mut cx.tx, &session.user).await?.iter().any(|known| known.id == company)
        {
            transaction::note_company(&mut cx.tx, &self.waiting.id, &session.id, &company).await?;
            step = "organization_chosen";
        }
        let path = transaction::resume_path(cx.org().slug(), &self.waiting.handle);
        let event = Authorization::Waiting { client: self.waiting.client.id().clone(), step };
        Ok(Verdict::Done(Outcome::Onward(see_other(path)), event))
    }
}
