//! The demonstration television of development servers: a device that shows a code (RFC 8628 §3.3).

use super::dev::{ClaimLine, lines};
use crate::{Qr, Shell, document::document};
use askama::Template;

/// Switched off.
#[derive(Clone, Template)]
#[template(path = "television_off.html")]
pub struct TelevisionOff {
    pub shell: Shell,
    pub connect_url: String,
    /// What came instead of a person: `access_denied`, and its description.
    pub error: Option<(String, String)>,
}
document!(TelevisionOff);

/// Waiting for somebody to say yes on another device. The page comes again by itself.
#[derive(Clone, Template)]
#[template(path = "television_code.html")]
pub struct TelevisionCode {
    pub shell: Shell,
    pub user_code: String,
    /// Where the code is typed.
    pub address: String,
    /// The address with the code in it, for a camera.
    pub qr: Option<Qr>,
    /// Seconds until the page comes again.
    pub interval: u32,
}
document!(TelevisionCode);

/// Connected.
#[derive(Clone, Template)]
#[template(path = "television_on.html")]
pub struct TelevisionOn {
    pub shell: Shell,
    /// How to greet: a name, or an email address.
    pub name: String,
    /// Claims with their values, in the order to show.
    pub claims: Vec<(String, String)>,
    pub connect_url: String,
}
document!(TelevisionOn);

impl TelevisionOn {
    fn lines(&self) -> Vec<ClaimLine<'_>> {
        lines(self.shell.words, &self.claims)
    }
}
