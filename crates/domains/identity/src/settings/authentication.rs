//! How people prove who they are, and for how long that counts.

use super::mfa::MfaPolicy;
use super::passwords::{PasswordPolicy, RotationPolicy};
use super::sealed::SealedSecret;
use super::section::section;
use super::setting::Taking;
use super::values::{Fixed, HostPattern, Line, MailDomain, Number, Origin, Word, choices};
use crate::users::Email;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

choices! {
    /// What people may type to say who they are.
    LoginIdentifier {
        /// Their e-mail address.
        Email = "email",
        /// Their username.
        Username = "username",
    }
    /// What happens to somebody who must have a second factor and has none.
    NoMfaAction {
        /// They come in, and are asked to set one up.
        Prompt = "prompt",
        /// They must set one up before they come in.
        Enroll = "enroll",
        /// They don't come in.
        Block = "block",
    }
    /// How redirect addresses on the user's own machine are taken from a client's metadata document.
    LocalhostRedirects {
        /// With a warning on the consent page.
        Warn = "warn",
        /// Not at all.
        Block = "block",
    }
}

section! {
    /// What passkeys must be like.
    pub struct Passkeys {
        /// Only authenticators whose make is certified.
        require_certified_authenticator: bool = false,
    }
}

section! {
    /// A social provider, as this organization is registered there.
    pub struct SocialConfig {
        /// Whether people may use it.
        enabled: bool = false,
        /// What the provider calls this organization.
        client_id: Option<Line> = None,
        /// The secret that goes with it.
        client_secret: Option<SealedSecret> = None,
        /// Scopes asked for.
        scopes: Vec<Word> = Vec::new(),
    }
}

section! {
    /// Something to ask people for once they have signed in a few times.
    pub struct ProfilingRule {
        /// The claim to ask for.
        field: Word = Word::of("name"),
        /// After how many sign-ins.
        after_logins: Number<1, 1000> = Number::of(1),
        /// Whether they can't go on without it.
        required: bool = false,
    }
}

section! {
    /// Asking people for their profile bit by bit.
    pub struct ProgressiveProfiling {
        /// Whether it is done.
        enabled: bool = false,
        /// What is asked for.
        rules: Vec<ProfilingRule> = Vec::new(),
    }
}

section! {
    /// Authentication settings.
    pub struct Authentication {
        /// Whether people may sign in with passkeys.
        passkey_enabled: bool = true,
        /// Whether passkeys may be on the device itself, opened by face or finger.
        biometric_enabled: bool = true,
        /// What passkeys must be like.
        passkeys: Passkeys = Passkeys::default(),
        /// Whether everybody needs a second factor: the same as `mfa_policy.requirement` being `required`.
        mfa_required: bool = false,
        /// Second factors people may use: the same as `mfa_policy.allowed_factors`.
        mfa_methods: Vec<super::mfa::Factor> = super::mfa::Factor::ALL.to_vec(),
        /// Whether codes by text message are among them.
        mfa_sms_enabled: bool = true,
        /// Second factors in detail.
        mfa_policy: MfaPolicy = MfaPolicy::default(),
        /// Whether people must approve sign-ins on their phone.
        push_auth_required: bool = false,
        /// What the approving app calls this organization.
        push_app_name: Option<Line> = None,
        /// Whether people may sign in with social providers.
        social_login_enabled: bool = false,
        /// Which ones.
        social_providers: Vec<Word> = Vec::new(),
        /// How this organization is registered with each.
        social_configs: BTreeMap<String, SocialConfig> = BTreeMap::new(),
        /// Fewest characters of a password: the same as `password_policy.min_length`.
        password_min_length: Number<8, 128> = Number::of(8),
        /// Whether passwords need a special character: the same as `password_policy.require_special`.
        password_require_special: bool = false,
        /// What passwords must be like.
        password_policy: PasswordPolicy = PasswordPolicy::default(),
        /// How old passwords may become.
        password_rotation_policy: RotationPolicy = RotationPolicy::default(),
        /// What happens to somebody who must have a second factor and has none.
        no_mfa_action: NoMfaAction = NoMfaAction::Enroll,
        /// Seconds a session lasts at most.
        session_timeout: Number<300, 2_592_000> = Number::of(86_400),
        /// Seconds a session may go unused, unless the person asked to be remembered.
        session_idle_timeout: Number<300, 604_800> = Number::of(1800),
        /// Whether people may ask to stay signed in.
        remember_me_enabled: bool = true,
        /// Seconds a session lasts whose person asked to stay signed in.
        remember_me_lifetime: Number<3600, 31_536_000> = Number::of(2_592_000),
        /// What people may type to say who they are.
        login_identifiers: Vec<LoginIdentifier> = LoginIdentifier::ALL.to_vec(),
        /// Domains whose addresses people may register with; empty for all.
        allowed_email_domains: Vec<MailDomain> = Vec::new(),
        /// Origins of applications whose scripts may sign people in: `https://app.example.com`.
        trusted_origins: Vec<Origin> = Vec::new(),
        /// Secrets of clients are never kept as they are.
        encrypt_client_secrets: Fixed<bool> = Fixed(true),
        /// Whether programs may register themselves as clients; `settings/client-registration` says which. Left out, they may on
        /// development servers only.
        dynamic_client_registration_enabled: Option<bool> = None,
        /// Whether a client may be known by the address of its metadata document: clients nobody registered, which this server looks up.
        cimd_enabled: bool = false,
        /// Hosts such documents may come from, `app.example` or `*.app.example`; empty for all.
        cimd_allowed_domains: Vec<HostPattern> = Vec::new(),
        /// How redirect addresses on the user's own machine are taken from such a document.
        cimd_localhost_redirect_policy: LocalhostRedirects = LocalhostRedirects::Warn,
        /// Scopes such clients may ask for, besides those about the person.
        cimd_allowed_scopes: Vec<Word> = Vec::new(),
        /// Whether identity assertions for other applications are issued.
        xaa_idp_enabled: bool = false,
        /// Whether identity assertions of other providers are accepted.
        xaa_resource_enabled: bool = false,
        /// Asking people for their profile bit by bit.
        progressive_profiling: ProgressiveProfiling = ProgressiveProfiling::default(),
    }
    settled by settle
}

impl Authentication {
    /// Whether people may register with an address of this domain: any, or one that is listed. Its subdomains are others.
    pub fn allows_domain_of(&self, email: &Email) -> bool {
        let domain = email.as_str().rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
        self.allowed_email_domains.is_empty() || self.allowed_email_domains.iter().any(|known| known.as_str() == domain)
    }
}

fn settle(taken: &mut Authentication, sent: &Map<String, Value>, before: &Authentication, taking: &mut Taking<'_>) {
    settle_passwords(taken, sent, taking);
    settle_factors(taken, sent, before, taking);
    if taken.session_idle_timeout.value() > taken.session_timeout.value() {
        taking.refuse_member("session_idle_timeout", "must not be longer than session_timeout");
    }
    if taken.remember_me_lifetime.value() < taken.session_timeout.value() {
        taking.refuse_member("remember_me_lifetime", "must not be shorter than session_timeout");
    }
    if taken.login_identifiers.is_empty() {
        taking.refuse_member("login_identifiers", "must name at least one");
    }
}

/// The older names stand for the same settings: whichever was sent counts, and they always agree.
fn settle_passwords(taken: &mut Authentication, sent: &Map<String, Value>, taking: &mut Taking<'_>) {
    let policy = sent.get("password_policy").and_then(Value::as_object);
    let sends = |member: &str| policy.is_some_and(|policy| policy.contains_key(member) || policy.contains_key("template"));
    if sent.contains_key("password_min_length") && !sends("min_length") {
        taken.password_policy.min_length = taken.password_min_length;
    }
    if sent.contains_key("password_require_special") && !sends("require_special") {
        taken.password_policy.require_special = taken.password_require_special;
    }
    taken.password_policy.name_template();
    let agree = taken.password_policy.min_length == taken.password_min_length || !sent.contains_key("password_min_length");
    if !agree {
        taking.refuse_member("password_min_length", "contradicts password_policy.min_length");
    }
    let agree =
        taken.password_policy.require_special == taken.password_require_special || !sent.contains_key("password_require_special");
    if !agree {
        taking.refuse_member("password_require_special", "contradicts password_policy.require_special");
    }
    taken.password_min_length = taken.password_policy.min_length;
    taken.password_require_special = taken.password_policy.require_special;
}

fn settle_factors(taken: &mut Authentication, sent: &Map<String, Value>, before: &Authentication, taking: &mut Taking<'_>) {
    use super::mfa::{Factor, Requirement};
    let policy = sent.get("mfa_policy").and_then(Value::as_object);
    let sends = |member: &str| policy.is_some_and(|policy| policy.contains_key(member));
    if sent.contains_key("mfa_methods") && !sends("allowed_factors") {
        taken.mfa_policy.allowed_factors.clone_from(&taken.mfa_methods);
    }
    if sent.contains_key("mfa_sms_enabled") && !sends("allowed_factors") && !sent.contains_key("mfa_methods") {
        taken.mfa_policy.allowed_factors.retain(|factor| *factor != Factor::SmsOtp);
        if taken.mfa_sms_enabled {
            taken.mfa_policy.allowed_factors.push(Factor::SmsOtp);
        }
    }
    if sent.contains_key("mfa_required") && !sends("requirement") {
        let was_required = before.mfa_policy.requirement == Requirement::Required;
        taken.mfa_policy.requirement = match taken.mfa_required {
            true => Requirement::Required,
            false if was_required => Requirement::Optional,
            false => before.mfa_policy.requirement,
        };
    }
    if taken.mfa_policy.allowed_factors.is_empty() {
        taking.refuse_member("mfa_policy", "must allow at least one factor");
    }
    taken.mfa_policy.note_requirement(&before.mfa_policy, taking);
    taken.mfa_required = taken.mfa_policy.requirement == Requirement::Required;
    taken.mfa_methods.clone_from(&taken.mfa_policy.allowed_factors);
    taken.mfa_sms_enabled = taken.mfa_policy.allowed_factors.contains(&Factor::SmsOtp);
}
