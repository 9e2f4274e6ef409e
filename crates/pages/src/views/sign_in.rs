//! Signing in.

use super::Client;
use crate::{Form, Shell, document::document};
use askama::Template;

/// The sign-in page.
#[derive(Clone, Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    pub shell: Shell,
    pub form: Form,
    /// The application that asks, if one does.
    pub client: Option<Client>,
    /// What to prefill: a `login_hint`, or what was typed before.
    pub identifier: String,
    /// Whether "keep me signed in" is offered.
    pub may_be_remembered: bool,
    /// Whether it is ticked.
    pub remember: bool,
    pub register_url: Option<String>,
    pub forgot_url: Option<String>,
    /// Offer to call the sign-in off, which sends the person back to the application with `access_denied`.
    pub may_cancel: bool,
}
document!(SignIn, |page| page.client.is_some());

impl SignIn {
    fn title(&self) -> &str {
        self.shell.brand.look.title.as_deref().unwrap_or(self.shell.words.sign_in.title)
    }
}
