//! Signing out.

use crate::{Form, Shell, document::document, link};
use askama::Template;

/// Asks whether to sign out (OpenID Connect RP-Initiated Logout 1.0 §2). The buttons send `decision=sign_out` or `decision=stay`.
#[derive(Clone, Template)]
#[template(path = "sign_out.html")]
pub struct SignOut {
    pub shell: Shell,
    pub form: Form,
    /// Who is signed in.
    pub account: String,
    /// The application that asked.
    pub client_name: Option<String>,
}
document!(SignOut, |page| page.client_name.is_some());

/// The end of a session.
#[derive(Clone, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOut {
    pub shell: Shell,
    pub sign_in_url: Option<String>,
    /// The application to go back to: its name and a registered address.
    pub back_to: Option<(String, String)>,
}
document!(SignedOut);

impl SignedOut {
    fn back_link(&self) -> Option<(&str, &str)> {
        let (name, url) = self.back_to.as_ref()?;
        Some((name, link::web(Some(url))?))
    }
}
