//! The device authorization grant (RFC 8628): the endpoint devices ask at, and the pages on which their people answer.
//!
//! The way of a person: [`ShowDevice`], where the code is typed, or compared if it came with the link → [`SubmitDevice`] sends it on, marked
//! as sent by a form of this browser → [`ShowDeviceConsent`], once they are signed in, says what is asked and from where →
//! [`SubmitDevice`] again, with the decision. A code is looked up for people who are signed in only, so that every guess is counted
//! against an account and a source, and no address alone leads to the question.

mod begin;
mod consent;
mod page;
mod sealed;
mod submit;
mod waiting;

pub(crate) use consent::{in_own_words, shown};

pub use begin::{Begin, Begun, DeviceRequest};
pub use consent::{ConsentQuery, ShowDeviceConsent};
pub use page::ShowDevice;
pub use submit::{DeviceForm, SubmitDevice};

use flow::Catalogue;
use kernel::{ClientId, FamilyId, Scopes};

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Begin>().mount::<ShowDevice>().mount::<SubmitDevice>().mount::<ShowDeviceConsent>()
}

kernel::events! {
    /// What happens on the way of a device.
    pub enum Devices {
        /// A device asked for access and waits for its person.
        Begun = "device_authorizations.begun", Info {
            about client: ClientId, public scopes: Scopes, public authorization_details_types: Option<String>
        };
        /// Somebody sent a device's code on.
        Sent = "device_authorizations.code_sent", Info { };
        /// A person was shown what a device asks for.
        Shown = "device_authorizations.shown", Info { about client: ClientId };
        /// A link led to the question of a device whose code was not compared before.
        Stray = "device_authorizations.stray_link", Info { };
        /// A code was sent that no waiting device has.
        CodeRefused = "device_authorizations.code_refused", Warning { public reason: &'static str, public has_locked: bool };
        /// A person may not grant this device anything.
        Forbidden = "device_authorizations.forbidden", Warning { about client: ClientId, public reason: &'static str };
        /// A person granted a device what it asked for.
        Approved = "device_authorizations.approved", Info {
            about client: ClientId, public scopes: Scopes, public authorization_details_types: Option<String>, public family: FamilyId,
            personal device_ip: Option<String>
        };
        /// A person refused what a device asked for.
        Denied = "device_authorizations.denied", Info { about client: ClientId, personal device_ip: Option<String> };
    }
}

/// What the letters of a code are hashed for.
const CODE_PURPOSE: &str = "device user code";

/// The pages of an organization's devices.
fn path(slug: &str) -> String {
    format!("/orgs/{slug}/api/v1/oauth/device")
}
