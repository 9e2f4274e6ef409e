//! What passwords must be like, how long they last, and whether a chosen one is good enough.

use super::section::section;
use super::setting::{Setting, Taking};
use super::values::{Number, choices};
use crate::users::MIN_LENGTH;
use flow::{Password, PasswordRefused};
use kernel::{Fault, Secret};
use serde_json::{Map, Value};
use store::Org;

choices! {
    /// Rules for passwords, ready to use.
    PasswordTemplate {
        /// 8 characters.
        Fair = "fair",
        /// 10 characters, among them a digit and an upper-case letter.
        Moderate = "moderate",
        /// 12 characters, among them a digit, an upper-case letter, a lower-case letter and a special character.
        Strict = "strict",
        /// What the other members say.
        Custom = "custom",
    }
}

section! {
    /// What passwords must be like.
    pub struct PasswordPolicy {
        /// Rules ready to use; `custom` for those of the other members.
        template: PasswordTemplate = PasswordTemplate::Fair,
        /// Fewest characters.
        min_length: Number<8, 128> = Number::of(8),
        /// Whether there must be one that is neither letter nor digit.
        require_special: bool = false,
        /// Whether there must be a digit.
        require_numbers: bool = false,
        /// Whether there must be an upper-case letter.
        require_uppercase: bool = false,
        /// Whether there must be a lower-case letter.
        require_lowercase: bool = false,
    }
    settled by settle
}

section! {
    /// How old passwords may become, and which can't be chosen again.
    pub struct RotationPolicy {
        /// Whether passwords must be changed now and then.
        enabled: bool = false,
        /// Days a password lasts.
        max_age_days: Number<1, 3650> = Number::of(90),
        /// Days before its end from which on the person is told.
        notify_before_days: Number<0, 90> = Number::of(14),
        /// How many passwords, the current one included, can't be chosen again.
        history_count: Number<0, 24> = Number::of(5),
    }
    settled by settle_rotation
}

fn settle_rotation(taken: &mut RotationPolicy, _: &Map<String, Value>, _: &RotationPolicy, taking: &mut Taking<'_>) {
    if taken.notify_before_days.value() >= taken.max_age_days.value() {
        taking.refuse_member("notify_before_days", "must be less than max_age_days");
    }
}

/// A template brings all rules along; rules of one's own make it `custom`.
fn settle(taken: &mut PasswordPolicy, sent: &Map<String, Value>, _: &PasswordPolicy, taking: &mut Taking<'_>) {
    if !sent.contains_key("template") {
        taken.name_template();
        return;
    }
    if let Some(rules) = taken.template.rules() {
        let (wanted, rules) = (taken.store_rules(), rules.store_rules());
        for ((name, wanted), (_, rule)) in wanted.iter().zip(&rules) {
            if sent.contains_key(*name) && wanted != rule {
                taking.refuse_member(name, "contradicts the template: use the template custom");
            }
        }
        if let Some(rules) = taken.template.rules() {
            *taken = rules;
        }
    }
}

impl PasswordTemplate {
    fn rules(self) -> Option<PasswordPolicy> {
        let of = |min_length, is_moderate, is_strict| PasswordPolicy {
            template: self,
            min_length: Number::of(min_length),
            require_special: is_strict,
            require_numbers: is_moderate,
            require_uppercase: is_moderate,
            require_lowercase: is_strict,
        };
        match self {
            Self::Fair => Some(of(8, false, false)),
            Self::Moderate => Some(of(10, true, false)),
            Self::Strict => Some(of(12, true, true)),
            Self::Custom => None,
        }
    }
}

impl PasswordPolicy {
    /// Rules that are no longer those of their template are `custom`.
    pub(super) fn name_template(&mut self) {
        if self.template.rules().is_some_and(|rules| rules != *self) {
            self.template = PasswordTemplate::Custom;
        }
    }
    fn store_rules(&self) -> [(&'static str, Value); 5] {
        [
            ("min_length", self.min_length.store()),
            ("require_special", self.require_special.store()),
            ("require_numbers", self.require_numbers.store()),
            ("require_uppercase", self.require_uppercase.store()),
            ("require_lowercase", self.require_lowercase.store()),
        ]
    }

    /// The least number of characters of a new password; never below what this server insists on.
    pub fn least(&self) -> u32 {
        self.min_length.value().max(MIN_LENGTH)
    }

    /// A new password, if it is good enough. `about` is what it must not merely repeat: address, names.
    ///
    /// # Errors
    /// What is wrong with it. It never quotes the password.
    pub fn accept(&self, org: &Org, chosen: &Secret, about: &[&str]) -> Result<Password, PasswordProblem> {
        let password = Password::parse(chosen.expose()).map_err(PasswordProblem::Unusable)?;
        let least = self.least();
        if password.length() < usize::try_from(least).unwrap_or(usize::MAX) {
            return Err(PasswordProblem::TooShort(least));
        }
        if self.lacks_kinds(password.expose()) {
            return Err(PasswordProblem::TooSimple);
        }
        let known = about.iter().copied().chain([org.slug(), org.name(), "lumoauth"]);
        if is_common(password.expose(), known) { Err(PasswordProblem::TooCommon) } else { Ok(password) }
    }

    fn lacks_kinds(&self, password: &str) -> bool {
        let lacks = |is_wanted: bool, is_kind: fn(char) -> bool| is_wanted && !password.chars().any(is_kind);
        lacks(self.require_special, |c| !c.is_alphanumeric())
            || lacks(self.require_numbers, char::is_numeric)
            || lacks(self.require_uppercase, char::is_uppercase)
            || lacks(self.require_lowercase, char::is_lowercase)
    }
    fn kinds(&self) -> String {
        let kinds = [
            (self.require_special, "a special character"),
            (self.require_numbers, "a digit"),
            (self.require_uppercase, "an upper-case letter"),
            (self.require_lowercase, "a lower-case letter"),
        ];
        kinds.iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, kind)| *kind).collect::<Vec<_>>().join(", ")
    }

    /// The same for an API request, whose field is called `field`.
    ///
    /// # Errors
    /// 400 `validation_error`.
    pub fn accept_field(&self, org: &Org, field: &str, chosen: &Secret, about: &[&str]) -> Result<Password, Fault> {
        self.accept(org, chosen, about).map_err(|problem| {
            let problem = match problem {
                PasswordProblem::Unusable(refused) => refused.to_string(),
                PasswordProblem::TooShort(least) => format!("must have at least {least} characters"),
                PasswordProblem::TooSimple => format!("must contain {}", self.kinds()),
                PasswordProblem::TooCommon => "is too easy to guess".to_owned(),
            };
            Fault::fields(vec![(field.to_owned(), problem)])
        })
    }
}

/// Why a chosen password isn't taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// It can't be a password at all.
    Unusable(PasswordRefused),
    /// It has fewer characters than this.
    TooShort(u32),
    /// It lacks a kind of character that is demanded.
    TooSimple,
    /// It is among the first that attackers try.
    TooCommon,
}

/// Whether a password is among the first that attackers try (NIST SP 800-63B §3.1.1.2): one of the passwords of everybody, or a
/// word about the person or the place with little around it, or one character over and over.
fn is_common<'a>(password: &str, about: impl Iterator<Item = &'a str>) -> bool {
    let folded = password.to_lowercase();
    let letters: String = folded.chars().filter(|c| c.is_alphabetic()).collect();
    let is_one_character = folded.chars().all(|c| folded.starts_with(c));
    let is_about = |word: &str| {
        let word: String = word.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
        word.chars().count() >= 4 && letters == word
    };
    is_one_character || COMMON.lines().any(|line| line == folded) || about.flat_map(words_of).any(is_about)
}

/// An address stands for itself and for the part before its `@`.
fn words_of(text: &str) -> [&str; 2] {
    [text, text.split('@').next().unwrap_or_default()]
}

/// Passwords of at least eight characters at the top of published lists of breached ones, in lower case.
const COMMON: &str = include_str!("common_passwords.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_characters_are_demanded_only_where_set() {
        let strict =
            PasswordPolicy { require_special: true, require_numbers: true, require_uppercase: true, ..Default::default() };
        for (password, lacks) in
            [("correct horse", true), ("Correct horse", true), ("Correct horse 9", false), ("CorrectHorse9", true)]
        {
            assert_eq!(strict.lacks_kinds(password), lacks, "{password}");
        }
        assert!(!PasswordPolicy::default().lacks_kinds("correct horse"));
        assert!(PasswordPolicy { require_lowercase: true, ..Default::default() }.lacks_kinds("CORRECT HORSE"));
    }

    #[test]
    fn passwords_of_everybody_and_about_oneself_are_common() {
        let about = ["ada.lovelace@example.com", "Ada Lovelace", "acme-corp"];
        for common in
            ["password", "PassWord1", "12345678", "qwertyuiop", "aaaaaaaaaa", "Ada.Lovelace1815", "acmecorp!!", "Acme-Corp2026"]
        {
            assert!(is_common(common, about.into_iter()), "{common}");
        }
        for fine in ["correct horse battery", "lovelace wrote notes", "acme sells anvils", "xk7 pq!m z"] {
            assert!(!is_common(fine, about.into_iter()), "{fine}");
        }
    }
}
