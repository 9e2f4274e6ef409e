//! The pages of the demonstration television.

use super::{Examples, show};
use crate::views::{TelevisionCode, TelevisionOff, TelevisionOn};
use crate::{Example, Qr};

impl Examples {
    pub(super) fn television(&mut self) {
        let connect_url = "/dev/tv/connect".to_owned();
        let off = TelevisionOff { shell: self.shell(), connect_url: connect_url.clone(), error: None };
        show!(self, "television-off", off.clone());
        let error = Some(("access_denied".into(), "The person said no.".into()));
        show!(self, "television-refused", TelevisionOff { error, ..off });
        let address = "https://id.example/orgs/acme/api/v1/oauth/device".to_owned();
        let waiting = TelevisionCode {
            shell: self.shell(),
            user_code: "WDJB-MJHT".into(),
            qr: Qr::of(&format!("{address}?user_code=WDJB-MJHT")),
            address,
            interval: 5,
        };
        show!(self, "television-code", waiting);
        let on = TelevisionOn {
            shell: self.shell(),
            name: "Example Person".into(),
            claims: vec![("email".into(), "person@example.com".into())],
            connect_url,
        };
        show!(self, "television-on", on);
    }
}
