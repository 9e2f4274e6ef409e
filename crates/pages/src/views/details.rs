//! What people tell about themselves besides their name.

use crate::{Form, Shell, Words, document::document, fields};
use askama::Template;
use std::collections::BTreeMap;

/// The form for it: every standard claim a person may set, none of which has to be.
#[derive(Clone, Template)]
#[template(path = "details.html")]
pub struct Details {
    pub shell: Shell,
    pub form: Form,
    /// What is known or was typed, by the names of [`fields`].
    pub values: BTreeMap<&'static str, String>,
    pub back_url: String,
}
document!(Details);

impl Details {
    fn value(&self, input: &Input) -> &str {
        self.values.get(input.name).map_or("", String::as_str)
    }
    /// A browser's own date field can't show a year alone, or a day without one.
    fn kind(&self, input: &Input) -> &'static str {
        let value = self.value(input);
        let is_whole_day = value.len() == 10 && !value.starts_with("0000");
        if input.kind == "date" && !value.is_empty() && !is_whole_day { "text" } else { input.kind }
    }
}

/// One input of the form.
struct Input {
    name: &'static str,
    kind: &'static str,
    /// What browsers fill in (HTML §4.10.18.7).
    autocomplete: &'static str,
    most: u16,
    label: fn(&Words) -> &'static str,
    hint: Option<fn(&Words) -> &'static str>,
}

impl Input {
    /// The id of its element.
    fn id(&self) -> String {
        self.name.replace('_', "-")
    }
    /// Whether browsers should leave spelling and capitals alone.
    fn is_verbatim(&self) -> bool {
        matches!(self.name, fields::LOCALE | fields::ZONEINFO) || self.kind == "url"
    }
}

const fn input(
    name: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    most: u16,
    label: fn(&Words) -> &'static str,
) -> Input {
    Input { name, kind, autocomplete, most, label, hint: None }
}

const ABOUT: [Input; 10] = [
    input(fields::MIDDLE_NAME, "text", "additional-name", 200, |w| w.details.middle_name),
    input(fields::NICKNAME, "text", "nickname", 200, |w| w.details.nickname),
    input(fields::BIRTHDATE, "date", "bday", 10, |w| w.details.birthdate),
    input(fields::GENDER, "text", "sex", 64, |w| w.details.gender),
    Input { hint: Some(|w| w.details.phone_hint), ..input(fields::PHONE_NUMBER, "tel", "tel", 32, |w| w.claims.phone_number) },
    Input { hint: Some(|w| w.details.locale_hint), ..input(fields::LOCALE, "text", "language", 35, |w| w.claims.locale) },
    Input { hint: Some(|w| w.details.zoneinfo_hint), ..input(fields::ZONEINFO, "text", "off", 64, |w| w.claims.zoneinfo) },
    input(fields::PICTURE, "url", "photo", 2048, |w| w.details.picture),
    input(fields::PROFILE, "url", "off", 2048, |w| w.details.profile),
    input(fields::WEBSITE, "url", "url", 2048, |w| w.details.website),
];

const ADDRESS: [Input; 5] = [
    input(fields::STREET_ADDRESS, "text", "address-line1", 500, |w| w.details.street_address),
    input(fields::POSTAL_CODE, "text", "postal-code", 500, |w| w.details.postal_code),
    input(fields::LOCALITY, "text", "address-level2", 500, |w| w.details.locality),
    input(fields::REGION, "text", "address-level1", 500, |w| w.details.region),
    input(fields::COUNTRY, "text", "country-name", 500, |w| w.details.country),
];
