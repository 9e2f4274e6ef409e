//! Ending one's own sessions elsewhere.

use super::check;
use super::show::{back, caller, news};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Text, Verdict, Writes};
use identity::sessions;
use kernel::{Access, Fault, Secret, UserId};
use pages::fields;

flow::input! {
    /// What the buttons beside sessions send.
    #[derive(Clone, Debug)]
    pub struct SessionForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The number of a session, or `others`.
        body "session" => session: Text<1, 20>,
    }
}

/// End a session of one's own, or all but the present one.
#[derive(Clone, Debug)]
pub struct EndSession {
    /// Which; `None` means all others.
    number: Option<i64>,
}

kernel::events! {
    /// What ending sessions records.
    pub enum Ending {
        /// A person ended sessions of their own.
        Ended = "sessions.ended", Info { about user: UserId, public count: u64 };
    }
}

impl Prepare<EndSession> for SessionForm {
    async fn prepare(self, prep: &Prep) -> Result<EndSession, Fault> {
        check(prep, self.csrf)?;
        let number = match self.session.as_str() {
            fields::OTHERS => None,
            number => Some(number.parse().map_err(|_| not_found())?),
        };
        Ok(EndSession { number })
    }
}

impl Operation for EndSession {
    const ID: &'static str = "account.end_session";
    const SUMMARY: &'static str = "End a session of one's own, or all but the present one.";
    const ROUTE: Route = Route::post("/orgs/{org}/account/sessions/revoke");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = SessionForm;
    type Output = Answer;
    type Event = Ending;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Ending>, Fault> {
        let (user, own) = caller(cx)?;
        let Some(number) = self.number else {
            let count = sessions::end_others_of_user(&mut cx.tx, &user, &own, cx.now).await?;
            return Ok(Verdict::Done(back(cx.org().slug(), news::OTHERS_ENDED), Ending::Ended { user, count }));
        };
        let all = sessions::list_of_user(&mut cx.tx, &user, cx.now).await?;
        let named = all.iter().find(|session| session.number == number && session.id != own).ok_or_else(not_found)?;
        let count = u64::from(sessions::end(&mut cx.tx, &named.id, cx.now).await?);
        Ok(Verdict::Done(back(cx.org().slug(), news::SESSION_ENDED), Ending::Ended { user, count }))
    }
}

fn not_found() -> Fault {
    Fault::not_found("sessions.not_found", "There is no such session.")
}
