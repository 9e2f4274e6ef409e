//! Front pages: of the server, and of an organization.

use crate::page::{Page, accepted_language, document};
use flow::{Answer, Catalogue, Cx, NoInput, OneOrg, Operation, Platform, Prep, Prepare, Reads, Route, Surface, Verdict};
use identity::users;
use kernel::{Access, Fault, Silent};
use pages::{Brand, Landing, OrgFront, Shell};

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowLanding>().mount::<ShowFront>()
}

/// Show what this server is.
#[derive(Clone, Debug)]
pub struct ShowLanding {
    /// The organization people come for: the only one beside the platform's own, if there is only one.
    only: Option<String>,
}

impl Prepare<ShowLanding> for NoInput {
    async fn prepare(self, prep: &Prep) -> Result<ShowLanding, Fault> {
        let services = prep.services();
        let orgs = services.store.list_orgs().await?;
        let mut slugs = orgs.iter().filter(|org| *org.id() != services.platform).map(|org| org.slug().to_owned());
        let first = slugs.next();
        Ok(ShowLanding { only: if slugs.next().is_none() { first } else { None } })
    }
}

impl Operation for ShowLanding {
    const ID: &'static str = "pages.show_landing";
    const SUMMARY: &'static str = "The front page of the server.";
    const ROUTE: Route = Route::get("/");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public("It says what this server is, and where to sign in.");
    type Scope = Platform;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<Platform, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let is_dev = cx.services().is_dev;
        let here = |path: &str| is_dev.then(|| path.to_owned());
        let of_org = |rest: &str| self.only.as_ref().map(|slug| format!("/orgs/{slug}/{rest}"));
        let page = Landing {
            shell: Shell::new(accepted_language(&cx.request), Brand::named("LumoAuth")),
            sign_in_url: of_org("signin"),
            docs_url: Some("/docs".to_owned()),
            discovery_url: of_org("api/v1/.well-known/openid-configuration"),
            demo_url: here("/dev/app"),
            mailbox_url: here("/dev/mailbox"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok(Verdict::Done(document(200, page.html(), page.policy()), Silent))
    }
}

flow::input! {
    /// Show an organization's front page.
    #[derive(Clone, Debug)]
    pub struct ShowFront {}
}

impl Operation for ShowFront {
    const ID: &'static str = "pages.show_front";
    const SUMMARY: &'static str = "The front page of an organization.";
    const ROUTE: Route = Route::get("/orgs/{org}");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let page = Page::of(cx);
        let account = match cx.actor.user().cloned() {
            Some(user) => Some(users::load_user(&mut cx.tx, &user).await?.email),
            None => None,
        };
        let document = OrgFront {
            shell: page.shell(),
            sign_in_url: page.path("signin"),
            register_url: page.policy.may_register().then(|| page.path("register")),
            account,
            account_url: page.path("account"),
        };
        Ok(Verdict::Done(page.show(200, document.html(), document.policy()), Silent))
    }
}
