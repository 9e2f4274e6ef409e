//! The words of the console. Its pages are many, so each sentence stands in one line with its translations: one that lacks a
//! translation does not compile. `{}` is where something is put in.

mod access;
mod api_keys;
mod applications;
mod frame;
mod insight;
mod people;
mod settings;

pub use access::{GroupWords, RoleWords, SessionWords};
pub use api_keys::{ApiKeyWords, KeyScopeWords};
pub use applications::{ApplicationWords, KeyWords, PermitWords};
pub use frame::{ConsoleFrameWords, NewsWords, SectionWords, ThingWords};
pub use insight::{AuditWords, FigureWords, OverviewWords, SettingsWords, TemplateWords};
pub use people::{CompanyWords, UserInvitationWords, UserWords};
pub use settings::{AreaWords, AreasWords};

/// A section of words in every language: name of each sentence, English, German, French, Spanish.
macro_rules! said {
    ($(#[$doc:meta])* $name:ident; $($field:ident: $en:literal, $de:literal, $fr:literal, $es:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name { $(pub $field: &'static str),* }

        impl $name {
            pub(crate) const EN: Self = Self { $($field: $en),* };
            pub(crate) const DE: Self = Self { $($field: $de),* };
            pub(crate) const FR: Self = Self { $($field: $fr),* };
            pub(crate) const ES: Self = Self { $($field: $es),* };
            #[cfg(test)]
            pub(crate) const ALL: &'static [(&'static str, [&'static str; 4])] =
                &[$((stringify!($field), [$en, $de, $fr, $es])),*];
        }
    };
}
use said;

macro_rules! console_words {
    ($($field:ident: $name:ident),* $(,)?) => {
        /// The console, section by section.
        #[derive(Debug)]
        pub struct ConsoleWords { $(pub $field: $name,)* pub areas: AreasWords }

        impl ConsoleWords {
            pub(crate) const EN: Self = Self { $($field: $name::EN,)* areas: AreasWords::EN };
            pub(crate) const DE: Self = Self { $($field: $name::DE,)* areas: AreasWords::DE };
            pub(crate) const FR: Self = Self { $($field: $name::FR,)* areas: AreasWords::FR };
            pub(crate) const ES: Self = Self { $($field: $name::ES,)* areas: AreasWords::ES };
            #[cfg(test)]
            const ALL: &'static [&'static [(&'static str, [&'static str; 4])]] = &[$($name::ALL),*];
        }
    };
}

console_words! {
    frame: ConsoleFrameWords,
    sections: SectionWords,
    news: NewsWords,
    things: ThingWords,
    overview: OverviewWords,
    users: UserWords,
    invitations: UserInvitationWords,
    companies: CompanyWords,
    groups: GroupWords,
    roles: RoleWords,
    sessions: SessionWords,
    applications: ApplicationWords,
    permits: PermitWords,
    api_keys: ApiKeyWords,
    key_scopes: KeyScopeWords,
    keys: KeyWords,
    figures: FigureWords,
    templates: TemplateWords,
    settings: SettingsWords,
    audit: AuditWords,
}

/// A sentence with these in the places of `{}`, in order.
pub fn said_with(sentence: &str, values: &[&str]) -> String {
    let mut parts = sentence.split("{}");
    let mut said = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        said.push_str(values.get(index).copied().unwrap_or_default());
        said.push_str(part);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_mentions_what_a_sentence_is_about() {
        let mut sentences = 0;
        for (name, said) in ConsoleWords::ALL.iter().chain(AreasWords::ALL).copied().flatten() {
            let [english, ..] = said;
            for other in said {
                assert_eq!(english.matches("{}").count(), other.matches("{}").count(), "{name}: {other}");
                assert!(!other.trim().is_empty() && other.trim() == *other, "{name}: {other}");
            }
            sentences += 1;
        }
        assert!(sentences > 500, "{sentences}");
    }

    #[test]
    fn what_a_sentence_is_about_stands_in_its_place() {
        assert_eq!(said_with("{} to {} of {}", &["1", "2", "3"]), "1 to 2 of 3");
        assert_eq!(said_with("{}", &["{}"]), "{}", "what is put in is not read again");
        assert_eq!(said_with("Nothing.", &["1"]), "Nothing.");
    }
}
