//! What people tell about themselves besides their name: the standard claims they may set (OpenID Connect Core §5.1).

mod form;
mod known;

pub use form::DetailsForm;

use super::check;
use super::show::{back, caller, news};
use crate::page::Page;
use flow::{Answer, Cx, Mode, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Verdict, Writes};
use identity::change::Change;
use identity::users::{self, User};
use kernel::{Access, Fault, Silent, UserId};
use known::{Typed, apply, shown};
use pages::Problem;

flow::input! {
    /// Show what one tells about oneself.
    #[derive(Clone, Debug)]
    pub struct ShowDetails {}
}

impl Operation for ShowDetails {
    const ID: &'static str = "account.show_details";
    const SUMMARY: &'static str = "The page to say more about oneself.";
    const ROUTE: Route = Route::get("/orgs/{org}/account/details");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let (id, _) = caller(cx)?;
        let user = users::load_user(&mut cx.tx, &id).await?;
        Ok(Verdict::Done(page(cx, &user, &Typed::default(), None), Silent))
    }
}

/// Say more about oneself.
#[derive(Clone, Debug)]
pub struct UpdateDetails {
    typed: Typed,
}

kernel::events! {
    /// What saying more about oneself records.
    pub enum Telling {
        /// A person changed their profile.
        Updated = "users.profile_changed", Info { about user: UserId, public fields: Vec<&'static str> };
        /// A change of a profile was refused, for a field held what it can't be.
        Refused = "users.profile_change_refused", Info { about user: UserId, public field: &'static str };
    }
}

impl Prepare<UpdateDetails> for DetailsForm {
    async fn prepare(self, prep: &Prep) -> Result<UpdateDetails, Fault> {
        let (csrf, typed) = self.taken();
        check(prep, csrf)?;
        Ok(UpdateDetails { typed })
    }
}

impl Operation for UpdateDetails {
    const ID: &'static str = "account.update_details";
    const SUMMARY: &'static str = "Say more about oneself.";
    const ROUTE: Route = Route::post("/orgs/{org}/account/details");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = DetailsForm;
    type Output = Answer;
    type Event = Telling;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Telling>, Fault> {
        let (id, _) = caller(cx)?;
        let mut user = users::load_user(&mut cx.tx, &id).await?;
        match apply(&mut user, &self.typed) {
            Ok(fields) => {
                if !fields.is_empty() {
                    users::update_user(&mut cx.tx, &user, cx.now).await?;
                }
                Ok(Verdict::Done(back(cx.org().slug(), news::PROFILE_SAVED), Telling::Updated { user: id, fields }))
            }
            Err(field) => {
                let stored = users::load_user(&mut cx.tx, &id).await?;
                let answer = page(cx, &stored, &self.typed, Some(field));
                Ok(Verdict::RefusedWith(answer, Telling::Refused { user: id, field }))
            }
        }
    }
}

/// The form with what is known, and over it what was typed.
fn page<M: Mode>(cx: &Cx<OneOrg, M>, user: &User, typed: &Typed, faulty: Option<&'static str>) -> Answer {
    let mut values = shown(user);
    values.extend(typed.iter().filter_map(|(name, change)| match change {
        Change::Keep => None,
        Change::Clear => Some((*name, String::new())),
        Change::Set(text) => Some((*name, text.clone())),
    }));
    let page = Page::of(cx);
    let mut form = page.form("account/details");
    form.problem = faulty.map(Problem::Unreadable);
    let document = pages::Details { shell: page.shell(), form, values, back_url: page.path("account") };
    page.show(if faulty.is_some() { 400 } else { 200 }, document.html(), document.policy())
}
