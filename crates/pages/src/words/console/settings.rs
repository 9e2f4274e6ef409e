//! What settings are called, section by section. Each sentence has a key: the setting's name as the API has it (`password_policy` and
//! `password_policy.min_length` of a part), `name?` for what it means, `name=value` for a choice; `""` and `"?"` are the section's
//! own title and lead.

mod authentication;
mod branding;
mod general;
mod oauth;
mod scim;
mod security;

/// Keys with their sentence in English, German, French and Spanish.
type Rows = &'static [(&'static str, [&'static str; 4])];

/// The words of one section in one language.
#[derive(Clone, Copy, Debug)]
pub struct AreaWords {
    rows: Rows,
    language: usize,
}

impl AreaWords {
    /// What the section is called.
    pub fn title(&self) -> &'static str {
        self.label("").unwrap_or_default()
    }
    /// What it decides.
    pub fn lead(&self) -> &'static str {
        self.help("").unwrap_or_default()
    }
    /// What a setting, or a part of the section, is called.
    pub fn label(&self, name: &str) -> Option<&'static str> {
        let (_, said) = self.rows.iter().find(|(key, _)| *key == name)?;
        said.get(self.language).copied()
    }
    /// What it means, where its label doesn't say it all.
    pub fn help(&self, name: &str) -> Option<&'static str> {
        self.label(&format!("{name}?"))
    }
    /// What a choice is called.
    pub fn choice(&self, name: &str, value: &str) -> Option<&'static str> {
        self.label(&format!("{name}={value}"))
    }
    /// Every key.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.rows.iter().map(|(key, _)| *key)
    }
}

macro_rules! areas {
    ($($field:ident: $rows:path),* $(,)?) => {
        /// The sections of the settings.
        #[derive(Debug)]
        pub struct AreasWords { $(pub $field: AreaWords),* }

        impl AreasWords {
            pub(crate) const EN: Self = Self::speaking(0);
            pub(crate) const DE: Self = Self::speaking(1);
            pub(crate) const FR: Self = Self::speaking(2);
            pub(crate) const ES: Self = Self::speaking(3);
            #[cfg(test)]
            pub(crate) const ALL: &'static [Rows] = &[$($rows),*];

            const fn speaking(language: usize) -> Self {
                Self { $($field: AreaWords { rows: $rows, language }),* }
            }
        }
    };
}

areas! {
    general: general::GENERAL,
    authentication: authentication::AUTHENTICATION,
    security: security::SECURITY,
    branding: branding::BRANDING,
    mail: general::MAIL,
    oauth: oauth::OAUTH,
    scim: scim::SCIM,
}

/// Rows, each a key and its sentence in every language.
macro_rules! rows {
    ($($key:literal: $en:literal, $de:literal, $fr:literal, $es:literal;)*) => {
        &[$(($key, [$en, $de, $fr, $es])),*]
    };
}
use rows;
