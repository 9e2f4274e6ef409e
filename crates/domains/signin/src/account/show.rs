//! The account page.

use super::{activity, apps, device::device};
use crate::page::Page;
use flow::{Answer, Cx, Mode, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use identity::{sessions, users};
use kernel::{Access, Fault, SessionId, Silent, UserId};
use pages::{Account, Notice, Profile, Session};

flow::input! {
    /// Show one's own account.
    #[derive(Clone, Debug)]
    pub struct ShowAccount {
        /// Good news from the form before.
        query "notice" => notice: Option<Text<0, 64>>,
    }
}

impl Operation for ShowAccount {
    const ID: &'static str = "account.show";
    const SUMMARY: &'static str = "One's own account: profile, devices, connected applications, recent activity.";
    const ROUTE: Route = Route::get("/orgs/{org}/account");
    // Where forms of this page are sent to; somebody whose session ended in between comes back here by GET.
    const ALSO: &'static [Route] = &[
        Route::get("/orgs/{org}/account/profile"),
        Route::get("/orgs/{org}/account/confirm-email"),
        Route::get("/orgs/{org}/account/sessions/revoke"),
        Route::get("/orgs/{org}/account/apps/disconnect"),
    ];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let notice = self.notice.as_ref().and_then(|notice| said(notice.as_str()));
        Ok(Verdict::Done(page(cx, notice).await?, Silent))
    }
}

/// The news a form of this page leaves behind.
pub(super) mod news {
    pub(in crate::account) const PASSWORD_SAVED: &str = "password_saved";
    pub(in crate::account) const PROFILE_SAVED: &str = "profile_saved";
    pub(in crate::account) const SESSION_ENDED: &str = "session_ended";
    pub(in crate::account) const OTHERS_ENDED: &str = "others_ended";
    pub(in crate::account) const APP_DISCONNECTED: &str = "app_disconnected";
    pub(in crate::account) const APPROVAL_CODE_SAVED: &str = "approval_code_saved";
    pub(in crate::account) const APPROVAL_CODE_REMOVED: &str = "approval_code_removed";
    pub(in crate::account) const MAIL_SENT: &str = "mail_sent";
    pub(in crate::account) const JOINED: &str = "joined";
}

fn said(name: &str) -> Option<Notice> {
    Some(match name {
        news::PASSWORD_SAVED => Notice::PasswordSaved,
        news::PROFILE_SAVED => Notice::ProfileSaved,
        news::SESSION_ENDED => Notice::SessionEnded,
        news::OTHERS_ENDED => Notice::OtherSessionsEnded,
        news::APP_DISCONNECTED => Notice::AppDisconnected,
        news::APPROVAL_CODE_SAVED => Notice::ApprovalCodeSaved,
        news::APPROVAL_CODE_REMOVED => Notice::ApprovalCodeRemoved,
        news::MAIL_SENT => Notice::MailSent,
        news::JOINED => Notice::Joined,
        _ => return None,
    })
}

/// The answer to a form of the account page: back to it, with news.
pub(super) fn back(slug: &str, news: &str) -> Answer {
    crate::page::see_other(format!("/orgs/{slug}/account?notice={news}"))
}

/// The person and session of a caller who has both.
pub(super) fn caller<M: Mode>(cx: &Cx<OneOrg, M>) -> Result<(UserId, SessionId), Fault> {
    cx.actor.user().cloned().zip(cx.actor.session().cloned()).ok_or_else(sessions::session_required)
}

async fn page(cx: &mut Cx<OneOrg, Reads>, notice: Option<Notice>) -> Result<Answer, Fault> {
    let (user, session) = caller(cx)?;
    let user = users::load_user(&mut cx.tx, &user).await?;
    let sessions = sessions::list_of_user(&mut cx.tx, &user.id, cx.now).await?;
    let apps = apps::list(&mut cx.tx, &user.id).await?;
    let activity = activity::list(&mut cx.tx, &user.id).await?;
    let page = Page::of(cx);
    let mut shell = page.shell();
    shell.notice = notice;
    let document = Account {
        shell,
        profile: Profile {
            form: page.form("account/profile"),
            given_name: user.given_name.unwrap_or_default(),
            family_name: user.family_name.unwrap_or_default(),
            email: user.email,
            is_email_confirmed: user.email_verified,
            confirm: (!user.email_verified).then(|| page.form("account/confirm-email")),
        },
        details_url: page.path("account/details"),
        approvals_url: page.path("account/requests"),
        approval_code_url: page.path("account/approval-code"),
        change_password_url: page.path("account/password"),
        password_changed_at: user.password_changed_at,
        sessions: sessions.iter().map(|shown| row(shown, &session)).collect(),
        revoke: page.form("account/sessions/revoke"),
        apps,
        disconnect: page.form("account/apps/disconnect"),
        activity,
        accounts_url: page.path("accounts"),
        sign_out: page.form("signout"),
    };
    Ok(page.show(200, document.html(), document.policy()))
}

fn row(session: &sessions::Session, own: &SessionId) -> Session {
    Session {
        id: session.number.to_string(),
        device: device(session.user_agent.as_deref()),
        place: session.ip.clone(),
        last_active: session.seen_at,
        is_current: session.id == *own,
    }
}
