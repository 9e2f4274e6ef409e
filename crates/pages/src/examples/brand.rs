//! Organizations that look their own way, with example data.

use super::data::{form, notes};
use super::{Example, Examples, show};
use crate::views::{ChooseCompany, KnownCompany};
use crate::{Brand, Ground, Help, Look, Panel, Shell, Theme};

impl Examples {
    pub(super) fn styled(&self) -> Shell {
        let panel = Panel {
            is_last: false,
            title: Some("Globex".into()),
            text: Some("Notes for everybody, wherever they are.".into()),
            picture_url: None,
        };
        let look = Look {
            theme: Theme::Dark,
            ground: Ground::Gradient(["#0b3d5c".into(), "#3b1d5a".into()]),
            classes: vec!["inputs-pill", "buttons-pill", "card-glass", "pattern-hexagonal"],
            title: Some("Globex".into()),
            subtitle: Some("Good to see you.".into()),
            button: Some("Go".into()),
            foot: Some("Globex Ltd, 1 Example Street".into()),
            shows_maker: false,
            panel: Some(panel),
            ..Look::default()
        };
        let help = Help { email: Some("help@globex.example".into()), url: Some("https://globex.example/help".into()) };
        Shell::new(self.words, Brand { colour: Some("#7ad7cd".into()), help, look: Box::new(look), ..Brand::named("Globex") })
    }

    pub(super) fn on_a_picture(&self) -> Shell {
        let picture = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 9'%3E%3Crect width='16' \
                       height='9' fill='%23c8d6e5'/%3E%3Cpath d='M0 9l5-6 4 4 3-3 4 5z' fill='%2354708c'/%3E%3C/svg%3E";
        let look = Look {
            ground: Ground::Picture { url: picture.into(), veil: 30 },
            classes: vec!["inputs-square", "buttons-outline", "card-flat"],
            greets_by_name: false,
            ..Look::default()
        };
        Shell::new(self.words, Brand { look: Box::new(look), ..Brand::named("Initech") })
    }

    pub(super) fn companies(&mut self) {
        let known = |id: &str, name: &str, logo_url: Option<&str>| KnownCompany {
            id: id.to_owned(),
            name: name.to_owned(),
            role: "member".to_owned(),
            logo_url: logo_url.map(str::to_owned),
        };
        let chooser = ChooseCompany {
            shell: self.shell(),
            form: form("/orgs/acme/api/v1/oauth/org-select"),
            client: notes(),
            companies: vec![known("c1", "Globex", None), known("c2", "Initech", Some("https://initech.example/logo.png"))],
        };
        show!(self, "choose-organization", chooser);
    }
}
