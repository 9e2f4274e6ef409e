//! Something went wrong.

use crate::words::Trouble3;
use crate::{Shell, document::document};
use askama::Template;

/// What kind of trouble, as the person in front of it sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The application's request is malformed.
    Request,
    UnknownApp,
    /// The redirect address is not registered.
    ReturnAddress,
    /// A page or transaction has run out.
    Expired,
    /// A mailed link was used before, replaced by a newer one, or is too old.
    DeadLink,
    /// An invitation was answered, taken back, or is too old.
    DeadInvitation,
    NotFound,
    Forbidden,
    TooMany,
    Unavailable,
    Server,
}

/// What happened, what to do now, and, small, what the people who run the application need.
#[derive(Clone, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub shell: Shell,
    pub trouble: Trouble,
    /// An error code such as `invalid_request`.
    pub code: Option<String>,
    /// A sentence for developers. It may quote what the application sent.
    pub description: Option<String>,
    pub request_id: String,
    /// A way on, if there is a safe one.
    pub back_url: Option<String>,
}
document!(ErrorPage);

impl ErrorPage {
    fn texts(&self) -> &'static Trouble3 {
        let t = &self.shell.words.trouble;
        match self.trouble {
            Trouble::Request => &t.request,
            Trouble::UnknownApp => &t.unknown_app,
            Trouble::ReturnAddress => &t.return_address,
            Trouble::Expired => &t.expired,
            Trouble::DeadLink => &t.dead_link,
            Trouble::DeadInvitation => &t.dead_invitation,
            Trouble::NotFound => &t.not_found,
            Trouble::Forbidden => &t.forbidden,
            Trouble::TooMany => &t.too_many,
            Trouble::Unavailable => &t.unavailable,
            Trouble::Server => &t.server,
        }
    }
}
