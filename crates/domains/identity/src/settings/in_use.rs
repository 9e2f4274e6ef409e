//! Every setting does something: each is read somewhere, or stands in a list with the reason why it isn't. The list may only shrink.

use super::idle::IDLE;
use super::{Authentication, Branding, General, Mail, Member, OAuth, Scim, Section, Security};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where settings are read: a file, and those that it names.
const READ: &[(&str, &[&str])] = &[
    ("domains/identity/src/settings/general.rs", &["general.displayName", "general.timezone", "general.locale"]),
    ("domains/identity/src/settings/area.rs", &["general.name"]),
    (
        "domains/identity/src/settings/brand.rs",
        &[
            "general.support_email",
            "general.support_url",
            "branding.enabled",
            "branding.logo_url",
            "branding.favicon_url",
            "branding.background_color",
            "branding.primary_color",
            "branding.button_text",
            "branding.show_tenant_name",
            "branding.theme",
            "branding.layout",
            "branding.background_type",
            "branding.background_image_url",
            "branding.background_gradient",
            "branding.background_overlay_opacity",
            "branding.show_background_pattern",
            "branding.background_pattern_style",
            "branding.welcome_title",
            "branding.welcome_subtitle",
            "branding.show_tenant_in_subtitle",
            "branding.split_panel_title",
            "branding.split_panel_subtitle",
            "branding.split_panel_image_url",
            "branding.footer_text",
            "branding.show_powered_by",
            "branding.input_style",
            "branding.button_style",
            "branding.form_card_style",
        ],
    ),
    (
        "domains/signin/src/policy.rs",
        &[
            "branding.self_registration_enabled",
            "branding.terms_url",
            "branding.privacy_url",
            "branding.apply_to_registration",
            "branding.apply_to_consent",
            "authentication.login_identifiers",
            "authentication.password_rotation_policy.enabled",
        ],
    ),
    (
        "domains/signin/src/recovery/renewal.rs",
        &["authentication.password_rotation_policy.max_age_days", "authentication.password_rotation_policy.notify_before_days"],
    ),
    ("domains/identity/src/users/passwords.rs", &["authentication.password_rotation_policy.history_count"]),
    ("domains/identity/src/settings/authentication.rs", &["authentication.allowed_email_domains"]),
    (
        "domains/identity/src/settings/passwords.rs",
        &[
            "authentication.password_policy.template",
            "authentication.password_policy.min_length",
            "authentication.password_policy.require_special",
            "authentication.password_policy.require_numbers",
            "authentication.password_policy.require_uppercase",
            "authentication.password_policy.require_lowercase",
        ],
    ),
    (
        "domains/identity/src/settings/authentication.rs",
        &["authentication.password_min_length", "authentication.password_require_special"],
    ),
    (
        "domains/identity/src/sessions.rs",
        &[
            "authentication.session_timeout",
            "authentication.session_idle_timeout",
            "authentication.remember_me_enabled",
            "authentication.remember_me_lifetime",
        ],
    ),
    ("domains/signin/src/sign_in/login_json.rs", &["authentication.trusted_origins"]),
    ("domains/op/src/registration/policy.rs", &["authentication.dynamic_client_registration_enabled"]),
    (
        "domains/op/src/clients/documents.rs",
        &[
            "authentication.cimd_allowed_domains",
            "authentication.cimd_localhost_redirect_policy",
            "authentication.cimd_allowed_scopes",
        ],
    ),
    (
        "domains/op/src/policy.rs",
        &[
            "authentication.xaa_idp_enabled",
            "authentication.xaa_resource_enabled",
            "authentication.cimd_enabled",
            "oauth.response_types",
            "oauth.fapi_profile",
            "oauth.require_pushed_authorization_requests",
            "oauth.require_signed_request_object",
            "oauth.authorization_details_types",
            "oauth.token_exchange",
            "oauth.pushed_authorization_request_lifetime",
            "oauth.device_authorization_enabled",
            "oauth.device_authorization_for_administrators",
            "oauth.device_authorization_same_network",
            "oauth.backchannel_authentication_enabled",
        ],
    ),
    ("domains/op/src/token/assertion.rs", &["oauth.assertion_issuers"]),
    ("domains/op/src/token/exchange/mod.rs", &["oauth.identity_audiences"]),
    ("domains/op/src/mutual_tls.rs", &["security.client_certificate_authorities"]),
    ("domains/identity/src/step_up.rs", &["security.step_up"]),
    ("domains/op/src/possession.rs", &["security.dpop_require_nonce", "security.dpop_max_age"]),
    (
        "domains/identity/src/guesses.rs",
        &[
            "security.lockout_threshold",
            "security.lockout_duration_seconds",
            "security.source_lockout_threshold",
            "security.source_lockout_duration_seconds",
        ],
    ),
    ("domains/signin/src/entrance.rs", &["security.single_session"]),
    (
        "domains/signin/src/mail/relay.rs",
        &[
            "email.from_name",
            "email.from_address",
            "email.smtp_host",
            "email.smtp_port",
            "email.smtp_security",
            "email.smtp_username",
            "email.smtp_password",
        ],
    ),
    ("domains/signin/src/mail/mailer.rs", &["email.reply_to"]),
];

/// Every setting by its name: `email.smtp_host`; those within others too.
fn all() -> BTreeSet<String> {
    let sections: [(&str, Vec<Member>); 7] = [
        ("general", General::members()),
        ("authentication", Authentication::members()),
        ("branding", Branding::members()),
        ("security", Security::members()),
        ("email", Mail::members()),
        ("scim", Scim::members()),
        ("oauth", OAuth::members()),
    ];
    let mut all = BTreeSet::new();
    for (section, members) in sections {
        for member in members {
            collect(&format!("{section}.{}", member.name), &member.schema, &mut all);
        }
    }
    all
}

fn collect(name: &str, schema: &Value, all: &mut BTreeSet<String>) {
    match schema["properties"].as_object() {
        Some(members) => {
            for (member, schema) in members {
                collect(&format!("{name}.{member}"), schema, all);
            }
        }
        None => {
            all.insert(name.to_owned());
        }
    }
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// How Rust spells the last part of a setting's name.
fn spelt(setting: &str) -> String {
    let last = setting.rsplit('.').next().unwrap();
    last.chars().flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] }).collect()
}

/// Whether a text reads a member of that name: as a field, or by its name in the document.
fn reads(text: &str, member: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '(');
    [".", "\"", "/"].iter().any(|before| text.split(&format!("{before}{member}")).skip(1).any(ends))
}

#[test]
fn every_setting_is_read_or_stands_in_the_list() {
    let mut left = all();
    for (file, settings) in READ {
        let text = std::fs::read_to_string(crates().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let text = text.split("#[cfg(test)]").next().unwrap();
        for setting in *settings {
            assert!(left.remove(*setting), "{setting} is listed twice, or there is none");
            assert!(reads(text, &spelt(setting)), "{file} does not read {setting}");
        }
    }
    for (idle, reason) in IDLE {
        let within = format!("{idle}.");
        let before = left.len();
        left.retain(|setting| setting != idle && !setting.starts_with(&within));
        assert!(left.len() < before && !reason.is_empty(), "{idle} is listed twice, or there is none");
    }
    assert!(left.is_empty(), "nobody reads {left:?}: give them effect");
}

#[test]
fn what_is_said_to_be_idle_is_read_nowhere_and_no_more_is_said_to_be() {
    assert!(IDLE.len() <= 21, "the list may only shrink");
    let mut files = Vec::new();
    for folder in
        ["domains/identity/src", "domains/signin/src", "domains/op/src", "domains/signals/src", "domains/authz/src", "edge/src"]
    {
        gather(&crates().join(folder), &mut files);
    }
    let is_meant = |file: &&PathBuf| !["identity/src/settings", "tests"].iter().any(|part| file.to_string_lossy().contains(part));
    for file in files.iter().filter(is_meant) {
        let text = std::fs::read_to_string(file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        for (idle, _) in IDLE.iter().filter(|(idle, _)| idle.contains('.')) {
            assert!(!reads(text, &spelt(idle)), "{} reads {idle}: take it out of the list", file.display());
        }
    }
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
