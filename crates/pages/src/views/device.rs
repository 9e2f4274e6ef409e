//! Granting a device what it asks for (RFC 8628 §3.3).

use super::authorize::familiar_first;
use super::{Client, Detail, Scope};
use crate::{Form, Shell, document::document};
use askama::{Template, filters::Safe};
use kernel::Timestamp;

/// Where the code of a device is typed, or compared if it came with the link. It sends `user_code`.
#[derive(Clone, Template)]
#[template(path = "device_code.html")]
pub struct DeviceCode {
    pub shell: Shell,
    pub form: Form,
    /// The code that came with the link; empty if none did.
    pub user_code: String,
}
document!(DeviceCode);

/// Says what a device asks for and from where. The buttons send `decision=allow` or `decision=deny`.
#[derive(Clone, Template)]
#[template(path = "device_consent.html")]
pub struct DeviceConsent {
    pub shell: Shell,
    pub form: Form,
    pub client: Client,
    /// Who is signed in: an email address or username.
    pub account: String,
    /// The code the device must show.
    pub user_code: String,
    /// What the device calls itself.
    pub device: String,
    /// Its address.
    pub place: Option<String>,
    /// When it asked.
    pub at: Timestamp,
    pub scopes: Vec<Scope>,
    /// What exactly.
    pub details: Vec<Detail>,
}
document!(DeviceConsent);

impl DeviceConsent {
    fn wishes(&self) -> Vec<&Scope> {
        familiar_first(&self.scopes)
    }
    fn time(&self) -> Safe<String> {
        self.shell.time(self.at)
    }
}

/// What came of it.
#[derive(Clone, Template)]
#[template(path = "device_done.html")]
pub struct DeviceDone {
    pub shell: Shell,
    pub is_approved: bool,
}
document!(DeviceDone);
