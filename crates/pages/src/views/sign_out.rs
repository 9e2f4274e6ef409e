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
    /// Whether the page goes back there by itself, once every frame has loaded (browsers wait for that with a refresh of the page).
    pub leads_on: bool,
    /// Frames that tell applications (OpenID Connect Front-Channel Logout 1.0 §3).
    pub frames: Vec<Frame>,
}

/// A frame nobody sees.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What it loads.
    pub src: String,
    /// The origin of that, for the policy.
    pub origin: String,
}

impl SignedOut {
    /// The whole document.
    pub fn html(&self) -> String {
        crate::document::render(self)
    }
    /// The `Content-Security-Policy` to serve it with: it may frame these applications and nothing else.
    pub fn policy(&self) -> String {
        let mut policy = crate::POLICY.to_owned();
        if !self.frames.is_empty() {
            policy.push_str("; frame-src");
        }
        let mut origins: Vec<&str> = self.frames.iter().map(|frame| frame.origin.as_str()).collect();
        origins.sort_unstable();
        origins.dedup();
        for origin in origins {
            policy.push(' ');
            policy.push_str(origin);
        }
        policy
    }
    fn back_link(&self) -> Option<(&str, &str)> {
        let (name, url) = self.back_to.as_ref()?;
        Some((name, link::home(Some(url))?))
    }
}
