//! What every page has around it: a language, an organization's look, and perhaps a notice.

use crate::brand::Brand;
use crate::words::Words;
use askama::filters::Safe;
use kernel::Timestamp;

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The language, from [`Words::choose`].
    pub words: &'static Words,
    /// Whose page this is.
    pub brand: Brand,
    /// What to say on top.
    pub notice: Option<Notice>,
}

/// A word on top of a page: what was done, or why something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A fresh sign-in is needed (`prompt=login`, `max_age`, or before something delicate).
    SignInAgain,
    PasswordSaved,
    ProfileSaved,
    SessionEnded,
    OtherSessionsEnded,
    AppDisconnected,
    MailSent,
    ApprovalCodeSaved,
    ApprovalCodeRemoved,
    /// An invitation was accepted.
    Joined,
    /// The password is as old as passwords may become here.
    PasswordTooOld,
}

impl Shell {
    /// A frame without notice.
    pub fn new(words: &'static Words, brand: Brand) -> Self {
        Self { words, brand, notice: None }
    }

    /// The same frame with a notice.
    #[must_use]
    pub fn with_notice(mut self, notice: Notice) -> Self {
        self.notice = Some(notice);
        self
    }

    pub(crate) fn day(&self, at: Timestamp) -> String {
        self.words.day(at, &self.brand.zone)
    }
    pub(crate) fn time(&self, at: Timestamp) -> Safe<String> {
        self.words.time(at, &self.brand.zone)
    }

    /// Whether the notice asks for something, rather than telling that something was done.
    pub(crate) fn is_request(&self) -> bool {
        matches!(self.notice, Some(Notice::SignInAgain | Notice::PasswordTooOld))
    }

    pub(crate) fn notice_text(&self) -> Option<&'static str> {
        let n = &self.words.notice;
        self.notice.map(|notice| match notice {
            Notice::SignInAgain => n.sign_in_again,
            Notice::PasswordSaved => n.password_saved,
            Notice::ProfileSaved => n.profile_saved,
            Notice::SessionEnded => n.session_ended,
            Notice::OtherSessionsEnded => n.sessions_ended,
            Notice::AppDisconnected => n.app_disconnected,
            Notice::MailSent => n.mail_sent,
            Notice::ApprovalCodeSaved => n.approval_code_saved,
            Notice::ApprovalCodeRemoved => n.approval_code_removed,
            Notice::Joined => n.joined,
            Notice::PasswordTooOld => n.password_too_old,
        })
    }
}
