//! What the organization is called, and what is assumed about its people.

use super::section::section;
use super::setting::Taking;
use super::values::{Address, Language, Line, TimeZone, WebUrl};
use pages::{Words, Zone};
use serde_json::{Map, Value};
use store::Org;

section! {
    /// General settings.
    pub struct General {
        /// The organization's name.
        name: Option<Line> = None,
        /// What pages and mails call it; its name, if this is empty.
        display_name as "displayName": Option<Line> = None,
        /// The time zone of times in its pages and mails, where the reader's own isn't known.
        timezone: TimeZone = TimeZone::of("UTC"),
        /// The language for people whose browser prefers none that this server speaks.
        locale: Language = Language::of("en"),
        /// Where people who need help may write to.
        support_email: Option<Address> = None,
        /// Where people who need help find it.
        support_url: Option<WebUrl> = None,
    }
    settled by settle
}

impl General {
    /// The language for a reader: the one they wish for (`ui_locales`, `Accept-Language`), or else the organization's.
    pub fn words(&self, ui_locales: Option<&str>, accept_language: Option<&str>) -> &'static Words {
        let own = || Words::by_tag(self.locale.as_str()).unwrap_or_else(|| Words::choose(None, None));
        Words::wished(ui_locales, accept_language).unwrap_or_else(own)
    }
    /// Where its days begin.
    pub fn zone(&self) -> Zone {
        Zone::parse(self.timezone.as_str()).unwrap_or_default()
    }
    /// What pages and mails call the organization.
    pub fn shown_name<'a>(&'a self, org: &'a Org) -> &'a str {
        self.display_name.as_ref().map_or(org.name(), Line::as_str)
    }
}

fn settle(taken: &mut General, _: &Map<String, Value>, before: &General, taking: &mut Taking<'_>) {
    if taken.name.is_none() && before.name.is_some() {
        taking.refuse_member("name", "must not be empty");
    }
}
