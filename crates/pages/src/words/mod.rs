//! Words for people, in the languages compiled in, and the choice among them.

mod console;
mod de;
mod en;
mod es;
mod fr;
mod table;

pub use console::{
    ApiKeyWords, ApplicationWords, AreaWords, AuditWords, CompanyWords, ConsoleWords, FigureWords, KeyScopeWords, OverviewWords,
    PermitWords, TemplateWords, said_with,
};
pub use table::{Trouble3, Words};

/// Every language, the fallback first.
pub static ALL: [&Words; 4] = [&en::EN, &de::DE, &fr::FR, &es::ES];

impl Words {
    /// The language to speak: the first one known from `ui_locales` (space-separated, in order of preference; OpenID Connect
    /// Core 1.0 §3.1.2.1), else the best of `accept_language` (RFC 9110 §12.5.4), else English.
    pub fn choose(ui_locales: Option<&str>, accept_language: Option<&str>) -> &'static Self {
        Self::wished(ui_locales, accept_language).unwrap_or(&en::EN)
    }

    /// The same for a reader whose organization has a language of its own: `None` if they wish for none that is known.
    pub fn wished(ui_locales: Option<&str>, accept_language: Option<&str>) -> Option<&'static Self> {
        ui_locales
            .and_then(|tags| tags.split_ascii_whitespace().find_map(Self::by_tag))
            .or_else(|| accept_language.and_then(best_accepted))
    }

    /// The tags of all languages, the fallback first.
    pub fn languages() -> impl Iterator<Item = &'static str> {
        ALL.into_iter().map(|words| words.tag)
    }

    /// The language of a BCP 47 tag, by its primary subtag: `de-AT` is German.
    pub fn by_tag(tag: &str) -> Option<&'static Self> {
        let primary = tag.split(['-', '_']).next()?;
        ALL.into_iter().find(|words| words.tag.eq_ignore_ascii_case(primary))
    }

    /// What a scope lets an application do, for the scopes every server knows; a server's own scopes bring their own description.
    pub fn scope(&self, name: &str) -> Option<&'static str> {
        let s = &self.scopes;
        Some(match name {
            "openid" => s.openid,
            "profile" => s.profile,
            "email" => s.email,
            "phone" => s.phone,
            "address" => s.address,
            "offline_access" => s.offline_access,
            "roles" => s.roles,
            "groups" => s.groups,
            "permissions" | "entitlements" => s.permissions,
            "organization" => s.organization,
            _ => return None,
        })
    }

    /// How people call a claim; `None` for claims that have only a technical name.
    pub fn claim(&self, name: &str) -> Option<&'static str> {
        let c = &self.claims;
        Some(match name {
            "sub" => c.sub,
            "name" => c.name,
            "given_name" => c.given_name,
            "family_name" => c.family_name,
            "preferred_username" => c.preferred_username,
            "email" => c.email,
            "email_verified" => c.email_verified,
            "phone_number" => c.phone_number,
            "address" => c.address,
            "locale" => c.locale,
            "zoneinfo" => c.zoneinfo,
            "auth_time" => c.auth_time,
            "updated_at" => c.updated_at,
            "tenant" => c.tenant,
            "iss" => c.iss,
            "aud" => c.aud,
            "roles" => c.roles,
            "groups" => c.groups,
            _ => return None,
        })
    }
}

/// The known language with the highest weight; among equals the earlier one. A weight of zero is a refusal.
fn best_accepted(header: &str) -> Option<&'static Words> {
    let mut best = None;
    let mut best_weight = 0;
    for range in header.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = weight(parameters);
        if let Some(words) = Words::by_tag(tag.trim())
            && weight > best_weight
        {
            (best, best_weight) = (Some(words), weight);
        }
    }
    best
}

/// A quality value in thousandths; 1000 where none is given, 0 where it cannot be read.
fn weight(parameters: &str) -> u32 {
    let Some(value) = parameters.trim().strip_prefix("q=") else { return 1000 };
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let thousandths = format!("{fraction:0<3}");
    match (whole, fraction.len() <= 3, thousandths.parse::<u32>()) {
        ("0", true, Ok(part)) => part,
        ("1", true, Ok(0)) => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_chooses_first_then_the_browser_then_english() {
        let cases = [
            (Some("de"), Some("fr"), "de"),
            (Some("nl fr-CA en"), Some("de"), "fr"),
            (Some("nl"), Some("es"), "es"),
            (None, Some("de-AT,de;q=0.9,en;q=0.8"), "de"),
            (None, Some("en;q=0.2, fr;q=0.9"), "fr"),
            (None, Some("fr, de"), "fr"),
            (None, Some("fr;q=0, es;q=0.001"), "es"),
            (None, Some("nl,*"), "en"),
            (None, Some(";;,q=,fr;q=7,de;q=0.12345"), "en"),
            (Some(""), None, "en"),
            (None, None, "en"),
        ];
        for (ui_locales, accept, tag) in cases {
            assert_eq!(Words::choose(ui_locales, accept).tag, tag, "{ui_locales:?} {accept:?}");
        }
    }

    #[test]
    fn sentences_about_something_mention_it() {
        for words in ALL {
            let abouts = [
                words.sign_in.to_org,
                words.sign_in.to_app,
                words.register.at_org,
                words.invitation.title,
                words.invitation.by,
                words.invitation.role,
                words.invitation.until,
                words.consent.title,
                words.consent.lead,
                words.consent.publisher,
                words.consent.destination,
                words.sign_out.signed_in_as,
                words.sign_out.asked_by,
                words.sign_out.back_to,
                words.check_mail.verify,
                words.check_mail.reset,
                words.account.password_changed,
                words.account.last_active,
                words.account.revoke_named,
                words.chooser.sign_out_of,
                words.account.connected_since,
                words.account.disconnect_named,
                words.activity.app_connected,
                words.activity.app_disconnected,
                words.front.org_title,
                words.front.signed_in_as,
                words.dev.returning,
                words.dev.mail_to,
                words.dev.app_hello,
                words.mail.hello,
                words.mail.verify_subject,
                words.mail.verify,
                words.mail.reset_subject,
                words.mail.reset,
                words.mail.exists_subject,
                words.mail.exists,
                words.mail.changed_subject,
                words.mail.changed,
                words.mail.changed_when,
                words.mail.invite_subject,
                words.mail.invite,
                words.mail.invite_sent_by,
                words.mail.valid_for,
                words.mail.sent_by,
                words.mail.help,
                words.mail.ends_subject,
                words.mail.ends,
                words.mail.ends_when,
            ];
            for (index, about) in abouts.into_iter().enumerate() {
                assert!(about("QX").contains("QX"), "{} sentence {index}: {}", words.tag, about("QX"));
            }
            let counts = [
                words.common.password_hint,
                words.problem.too_many_tries,
                words.problem.password_too_short,
                words.problem.password_too_long,
                words.mail.minutes,
                words.mail.hours,
                words.mail.days,
            ];
            for count in counts {
                assert!(count(73).contains("73"), "{}: {}", words.tag, count(73));
            }
        }
    }

    #[test]
    fn languages_do_not_share_sentences_with_english() {
        for words in ALL.into_iter().skip(1) {
            let english = &en::EN;
            assert_ne!(words.sign_in.title, english.sign_in.title);
            assert_ne!(words.consent.allow, english.consent.allow);
            assert_ne!(words.trouble.server.what, english.trouble.server.what);
            assert_ne!(words.problem.wrong_credentials, english.problem.wrong_credentials);
        }
    }
}
