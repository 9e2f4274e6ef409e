//! What an organization's settings say about sign-in: who may register, what a password must be like, how pages look.

use flow::{Password, PasswordRefused, Services};
use identity::settings::{LoginIdentifier, PasswordProblem, RotationPolicy, Settings};
use identity::users::Email;
use kernel::Secret;
use pages::{Brand, Problem, Words, Zone};
use std::sync::Arc;
use store::Org;

/// Longest password, as [`Password::parse`] has it.
const MAX_BYTES: u32 = 1024;

/// The settings as pages and forms ask them.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    settings: Arc<Settings>,
    is_dev: bool,
}

impl Policy {
    /// Of an organization.
    pub(crate) fn of(services: &Services, org: &Org) -> Self {
        Self { settings: Settings::of(org), is_dev: services.is_dev }
    }
    /// Whether people may make their own account: closed unless opened, and open on development servers.
    pub(crate) fn may_register(&self) -> bool {
        self.settings.branding.self_registration_enabled.unwrap_or(self.is_dev)
    }
    /// Whether people may register with this address: of any domain, or of those that are listed.
    pub(crate) fn may_register_with(&self, email: &Email) -> bool {
        self.settings.authentication.allows_domain_of(email)
    }
    /// Whether what was typed is something people may sign in with here.
    pub(crate) fn may_sign_in_with(&self, identifier: &str) -> bool {
        let kind = if identifier.contains('@') { LoginIdentifier::Email } else { LoginIdentifier::Username };
        self.settings.authentication.login_identifiers.contains(&kind)
    }
    /// Whether people may ask to stay signed in.
    pub(crate) fn may_be_remembered(&self) -> bool {
        self.settings.authentication.remember_me_enabled
    }
    /// How the organization's pages look.
    pub(crate) fn brand(&self, org: &Org) -> Brand {
        self.settings.brand(org)
    }
    /// How its mails to somebody look: times in them are those of the reader, where that is known.
    pub(crate) fn brand_for(&self, org: &Org, zoneinfo: Option<&str>) -> Brand {
        let brand = self.settings.brand(org);
        Brand { zone: zoneinfo.and_then(Zone::parse).unwrap_or(brand.zone), ..brand }
    }
    /// The language for a reader; see [`identity::settings::General::words`].
    pub(crate) fn words(&self, ui_locales: Option<&str>, accept_language: Option<&str>) -> &'static Words {
        self.settings.general.words(ui_locales, accept_language)
    }
    /// Whether pages about registration look like the others.
    pub(crate) fn styles_registration(&self) -> bool {
        self.settings.branding.apply_to_registration
    }
    /// Whether pages about consent look like the others.
    pub(crate) fn styles_consent(&self) -> bool {
        self.settings.branding.apply_to_consent
    }
    /// How old passwords may become.
    pub(crate) fn rotation(&self) -> Option<&RotationPolicy> {
        Some(&self.settings.authentication.password_rotation_policy).filter(|policy| policy.enabled)
    }
    /// The organization's terms.
    pub(crate) fn terms_url(&self) -> Option<String> {
        self.settings.branding.terms_url.as_ref().map(|url| url.as_str().to_owned())
    }
    /// The organization's privacy policy.
    pub(crate) fn privacy_url(&self) -> Option<String> {
        self.settings.branding.privacy_url.as_ref().map(|url| url.as_str().to_owned())
    }
    /// The least number of characters of a new password.
    pub(crate) fn least_password(&self) -> u32 {
        self.settings.authentication.password_policy.least()
    }
    /// A new password, if it is good enough. `about` is what the password must not merely repeat: address, names.
    pub(crate) fn new_password(&self, org: &Org, chosen: &Secret, about: &[&str]) -> Result<Password, Problem> {
        self.settings.authentication.password_policy.accept(org, chosen, about).map_err(|problem| match problem {
            PasswordProblem::Unusable(PasswordRefused::Empty) => Problem::Missing(pages::fields::PASSWORD),
            PasswordProblem::Unusable(PasswordRefused::TooLong) => Problem::PasswordTooLong(MAX_BYTES),
            PasswordProblem::Unusable(PasswordRefused::ControlCharacter) | PasswordProblem::TooSimple => {
                Problem::PasswordTooSimple
            }
            PasswordProblem::TooShort(least) => Problem::PasswordTooShort(least),
            PasswordProblem::TooCommon => Problem::PasswordTooCommon,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(settings: &str) -> Policy {
        Policy { settings: Arc::new(Settings::read(settings)), is_dev: false }
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
    fn addresses_of_listed_domains_may_register_and_those_of_their_subdomains_may_not() {
        let listed = policy(r#"{"authentication":{"allowed_email_domains":["example.com"]}}"#);
        let may = |policy: &Policy, email: &str| policy.may_register_with(&Email::parse(email).unwrap());
        assert!(may(&listed, "ada@example.com") && may(&listed, "ada@EXAMPLE.com"));
        for stranger in ["ada@example.org", "ada@evil.example.com", "ada@notexample.com", "example.com@example.org"] {
            assert!(!may(&listed, stranger), "{stranger}");
        }
        assert!(may(&policy("{}"), "ada@anywhere.example"));
    }

    #[test]
    fn people_sign_in_with_what_is_listed() {
        let by_email = policy(r#"{"authentication":{"login_identifiers":["email"]}}"#);
        assert!(by_email.may_sign_in_with("ada@example.com") && !by_email.may_sign_in_with("ada"));
        assert!(policy("{}").may_sign_in_with("ada"));
    }
}
