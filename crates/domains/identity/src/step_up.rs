//! What an organization wants a stronger or more recent sign-in for (RFC 9470): the setting `security.step_up`.

use crate::settings::Settings;
use kernel::{Authentication, Fault, Permission, Timestamp};
use oauth::acr::Acr;
use oauth::step_up::SignIn;
use store::Org;

/// What the rules for any of these names ask together.
pub fn asked_for<'a>(org: &Org, names: impl IntoIterator<Item = &'a str>) -> SignIn {
    let rules = &Settings::of(org).security.step_up;
    let matching = names.into_iter().flat_map(|name| rules.iter().filter(move |rule| rule.scope.as_str() == name));
    let asked = matching.map(|rule| SignIn {
        acr: rule.acr.and_then(|acr| Acr::parse(acr.as_str())),
        max_age: rule.max_age.map(super::settings::Number::value),
    });
    asked.fold(SignIn::default(), SignIn::and)
}

/// Whether somebody who signed in like this may use a permission.
///
/// # Errors
/// 401 `insufficient_user_authentication`.
pub fn check(org: &Org, permission: &Permission, authentication: &Authentication, now: Timestamp) -> Result<(), Fault> {
    let area = permission.scope.split(':').next().unwrap_or_default();
    asked_for(org, [permission.slug, permission.scope, area]).check(&authentication.acr, authentication.at, now)
}
