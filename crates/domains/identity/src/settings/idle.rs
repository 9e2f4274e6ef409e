//! Settings that are kept, for the API has them, and that nothing obeys: nobody is asked for them.

const NO_SECOND_FACTOR: &str = "nobody can enroll a second factor yet";
const NO_SOCIAL: &str = "nobody signs in by other providers yet";
const NO_MAGIC_LINK: &str = "nobody signs in by a mailed link yet";

/// Settings, or groups of them, and why nothing obeys them. Nothing may be added.
pub(super) const IDLE: &[(&str, &str)] = &[
    ("authentication.passkey_enabled", NO_SECOND_FACTOR),
    ("authentication.biometric_enabled", NO_SECOND_FACTOR),
    ("authentication.passkeys", NO_SECOND_FACTOR),
    ("authentication.mfa_required", "it mirrors mfa_policy.requirement"),
    ("authentication.mfa_methods", "it mirrors mfa_policy.allowed_factors"),
    ("authentication.mfa_sms_enabled", "it mirrors mfa_policy.allowed_factors"),
    ("authentication.mfa_policy", NO_SECOND_FACTOR),
    ("authentication.no_mfa_action", NO_SECOND_FACTOR),
    ("authentication.push_auth_required", NO_SECOND_FACTOR),
    ("authentication.push_app_name", NO_SECOND_FACTOR),
    ("authentication.social_login_enabled", NO_SOCIAL),
    ("authentication.social_providers", NO_SOCIAL),
    ("authentication.social_configs", NO_SOCIAL),
    (
        "authentication.encrypt_client_secrets",
        "it is always so: secrets of clients are kept as hashes, and nobody can change that",
    ),
    ("authentication.progressive_profiling", "people are not asked for their profile bit by bit yet"),
    ("branding.custom_css", "not taken: it could cover a page, or send what is typed somewhere else"),
    ("branding.custom_html", "not taken: it could cover a page, or send what is typed somewhere else"),
    ("branding.magic_link_enabled", NO_MAGIC_LINK),
    ("branding.magic_link_only", NO_MAGIC_LINK),
    ("branding.magic_link_expiry", NO_MAGIC_LINK),
    ("scim", "there is no provisioning yet"),
];

/// Whether a setting of a section does nothing: `scim` and `enabled`, `authentication` and `mfa_policy.requirement`.
pub fn is_idle(section: &str, setting: &str) -> bool {
    let name = format!("{section}.{setting}");
    IDLE.iter().any(|(idle, _)| name.strip_prefix(idle).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}
