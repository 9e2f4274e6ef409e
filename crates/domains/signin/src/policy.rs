//! What an organization's settings say about sign-in: who may register, what a password must be like, how pages look.

use flow::{Password, Services};
use identity::users::{HISTORY, MIN_LENGTH};
use kernel::Secret;
use pages::{Brand, Problem};
use serde_json::Value;
use store::Org;

/// Longest password, as [`Password::parse`] has it.
const MAX_BYTES: u32 = 1024;

/// The part of an organization's settings that concerns people who sign in. Names are those of the published settings API
/// (`branding`, `authentication`); what is missing there has its default here.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    settings: Value,
    is_dev: bool,
}

impl Policy {
    /// Of an organization.
    pub(crate) fn of(services: &Services, org: &Org) -> Self {
        Self { settings: serde_json::from_str(org.settings()).unwrap_or_default(), is_dev: services.is_dev }
    }
    /// Whether people may make their own account: closed unless opened, and open on development servers.
    pub(crate) fn may_register(&self) -> bool {
        self.flag("/branding/self_registration_enabled").unwrap_or(self.is_dev)
    }
    /// How the organization's pages look.
    pub(crate) fn brand(&self, org: &Org) -> Brand {
        Brand {
            name: org.name().to_owned(),
            logo_url: self.text("/branding/logo_url"),
            colour: self.text("/branding/primary_color"),
        }
    }
    /// The organization's terms.
    pub(crate) fn terms_url(&self) -> Option<String> {
        self.text("/branding/terms_url")
    }
    /// The organization's privacy policy.
    pub(crate) fn privacy_url(&self) -> Option<String> {
        self.text("/branding/privacy_url")
    }
    /// The least number of characters of a new password; never below what this server insists on.
    pub(crate) fn least_password(&self) -> u32 {
        let floor = u32::try_from(MIN_LENGTH).unwrap_or(u32::MAX);
        let set =
            self.number("/authentication/password_policy/min_length").or(self.number("/authentication/password_min_length"));
        set.unwrap_or(floor).clamp(floor, 128)
    }
    /// How many passwords, the current one included, can't be chosen again.
    pub(crate) fn history(&self) -> usize {
        let most = usize::try_from(HISTORY).unwrap_or(usize::MAX);
        let set =
            self.number("/authentication/password_rotation_policy/history_count").and_then(|count| usize::try_from(count).ok());
        set.unwrap_or(most).min(most)
    }
    /// A new password, if it is good enough. `about` is what the password must not merely repeat: address, names.
    pub(crate) fn new_password(&self, org: &Org, chosen: &Secret, about: &[&str]) -> Result<Password, Problem> {
        let password = Password::parse(chosen.expose()).map_err(|refused| match refused {
            flow::PasswordRefused::Empty => Problem::Missing(pages::fields::PASSWORD),
            flow::PasswordRefused::TooLong => Problem::PasswordTooLong(MAX_BYTES),
            flow::PasswordRefused::ControlCharacter => Problem::PasswordTooSimple,
        })?;
        let least = self.least_password();
        if password.length() < usize::try_from(least).unwrap_or(usize::MAX) {
            return Err(Problem::PasswordTooShort(least));
        }
        if self.lacks_kinds(password.expose()) {
            return Err(Problem::PasswordTooSimple);
        }
        let known = about.iter().copied().chain([org.slug(), org.name(), "lumoauth"]);
        if is_common(password.expose(), known) { Err(Problem::PasswordTooCommon) } else { Ok(password) }
    }

    fn lacks_kinds(&self, password: &str) -> bool {
        let wants = |name: &str| self.flag(&format!("/authentication/password_policy/{name}")).unwrap_or(false);
        let wants_special = wants("require_special") || self.flag("/authentication/password_require_special").unwrap_or(false);
        wants_special && password.chars().all(char::is_alphanumeric)
            || wants("require_numbers") && !password.chars().any(char::is_numeric)
            || wants("require_uppercase") && !password.chars().any(char::is_uppercase)
    }
    fn flag(&self, pointer: &str) -> Option<bool> {
        self.settings.pointer(pointer).and_then(Value::as_bool)
    }
    fn number(&self, pointer: &str) -> Option<u32> {
        self.settings.pointer(pointer).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
    }
    fn text(&self, pointer: &str) -> Option<String> {
        self.settings.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    }
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

    fn policy(settings: &str) -> Policy {
        Policy { settings: serde_json::from_str(settings).unwrap(), is_dev: false }
    }

    #[test]
    fn registration_is_closed_unless_opened_and_open_in_development() {
        assert!(!policy("{}").may_register());
        assert!(policy(r#"{"branding":{"self_registration_enabled":true}}"#).may_register());
        let dev = |settings: &str| Policy { is_dev: true, ..policy(settings) };
        assert!(dev("{}").may_register());
        assert!(!dev(r#"{"branding":{"self_registration_enabled":false}}"#).may_register());
    }

    #[test]
    fn no_setting_lowers_what_the_server_insists_on() {
        for (settings, least) in [
            ("{}", 8),
            (r#"{"authentication":{"password_policy":{"min_length":4}}}"#, 8),
            (r#"{"authentication":{"password_policy":{"min_length":14}}}"#, 14),
            (r#"{"authentication":{"password_min_length":12}}"#, 12),
            (r#"{"authentication":{"password_policy":{"min_length":100000}}}"#, 128),
            (r#"{"authentication":{"password_policy":{"min_length":"x"}}}"#, 8),
        ] {
            assert_eq!(policy(settings).least_password(), least, "{settings}");
        }
    }

    #[test]
    fn kinds_of_characters_are_demanded_only_where_set() {
        let strict = policy(
            r#"{"authentication":{"password_policy":{"require_special":true,"require_numbers":true,"require_uppercase":true}}}"#,
        );
        for (password, lacks) in
            [("correct horse", true), ("Correct horse", true), ("Correct horse 9", false), ("CorrectHorse9", true)]
        {
            assert_eq!(strict.lacks_kinds(password), lacks, "{password}");
        }
        assert!(!policy("{}").lacks_kinds("correct horse"));
    }

    #[test]
    fn passwords_of_everybody_and_about_oneself_are_common() {
        let about = ["ada.lovelace@example.com", "Ada Lovelace", "acme-corp"];
        for common in
            ["password", "PassWord1", "12345678", "qwertyuiop", "aaaaaaaaaa", "Ada.Lovelace1815", "acmecorp!!", "Acme-Corp2026"]
        {
            assert!(is_common(common, about.into_iter()), "{common}");
        }
        for good in ["correct horse battery", "Lovelace was first", "zx9!kf02qq"] {
            assert!(!is_common(good, about.into_iter()), "{good}");
        }
    }
}
