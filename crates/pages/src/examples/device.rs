//! The pages of a device.

use super::data::{form, hours_ago, notes, payment};
use super::{Examples, show};
use crate::views::{DeviceCode, DeviceConsent, DeviceDone, Scope};
use crate::{Example, Form, Problem};

impl Examples {
    pub(super) fn device(&mut self) {
        let typed = DeviceCode { shell: self.shell(), form: form("/orgs/acme/device"), user_code: String::new() };
        show!(self, "device-code", typed.clone());
        show!(self, "device-code-from-link", DeviceCode { user_code: "WDJB-MJHT".into(), ..typed.clone() });
        let unknown = form("/orgs/acme/device").with_problem(Problem::Said(self.words.device.unknown.into()));
        show!(self, "device-code-unknown", DeviceCode { form: unknown, ..typed });
        let consent = DeviceConsent {
            shell: self.shell(),
            form: Form { hidden: vec![("user_code".into(), "WDJB-MJHT".into())], ..form("/orgs/acme/device") },
            client: notes(),
            account: "person@example.com".into(),
            user_code: "WDJB-MJHT".into(),
            device: "Notes TV <2>".into(),
            place: Some("203.0.113.7".into()),
            at: hours_ago(0),
            scopes: ["openid", "profile", "offline_access"].map(Scope::named).into(),
            details: vec![payment()],
        };
        show!(self, "device-consent", consent);
        show!(self, "device-approved", DeviceDone { shell: self.shell(), is_approved: true });
        show!(self, "device-denied", DeviceDone { shell: self.shell(), is_approved: false });
    }
}
