//! Front pages.

use crate::{Shell, document::document};
use askama::Template;

/// The front page of the server: what it is, and where to go. Addresses that are `None` are not offered.
#[derive(Clone, Template)]
#[template(path = "landing.html")]
pub struct Landing {
    pub shell: Shell,
    pub sign_in_url: Option<String>,
    pub docs_url: Option<String>,
    pub discovery_url: Option<String>,
    /// The demo application, in development.
    pub demo_url: Option<String>,
    /// The mailbox, in development.
    pub mailbox_url: Option<String>,
    pub version: String,
}
document!(Landing);

/// The front page of an organization.
#[derive(Clone, Template)]
#[template(path = "org_front.html")]
pub struct OrgFront {
    pub shell: Shell,
    pub sign_in_url: String,
    pub register_url: Option<String>,
    /// Who is signed in, if anybody.
    pub account: Option<String>,
    pub account_url: String,
}
document!(OrgFront);
