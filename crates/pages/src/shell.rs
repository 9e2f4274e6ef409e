//! What every page has around it: a language, an organization's look, and perhaps a notice.

use crate::colour::Colour;
use crate::words::Words;
use crate::{assets, link};

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

/// How an organization looks.
#[derive(Clone, Debug, Default)]
pub struct Brand {
    /// Its name as people know it.
    pub name: String,
    /// Its logo: an `https:` address, a path of this site, or a `data:image/` address. Others are not shown.
    pub logo_url: Option<String>,
    /// Its colour as `#rgb` or `#rrggbb`. Anything else is ignored; a colour that would be hard to read is adjusted.
    pub colour: Option<String>,
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

    /// Whether the notice asks for something, rather than telling that something was done.
    pub(crate) fn is_request(&self) -> bool {
        self.notice == Some(Notice::SignInAgain)
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
        })
    }
}

impl Brand {
    /// A brand that is only a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
    pub(crate) fn logo(&self) -> Option<&str> {
        link::picture(self.logo_url.as_ref())
    }
    pub(crate) fn sheet_path(&self) -> Option<String> {
        self.colour.as_deref().and_then(Colour::parse).map(assets::brand_path)
    }
}
