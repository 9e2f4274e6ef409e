//! What an organization demands besides the password.

use super::section::section;
use super::setting::Taking;
use super::values::{Country, Fixed, Number, choices};

choices! {
    /// Who needs a second factor.
    Requirement {
        /// Nobody; there are none.
        Off = "off",
        /// Whoever has set one up.
        Optional = "optional",
        /// Everybody.
        Required = "required",
        /// Whoever has set one up, and whoever looks unlike themselves.
        RiskBased = "risk_based",
    }
    /// A second factor.
    Factor {
        /// A passkey.
        Passkey = "passkey",
        /// Approval on a phone.
        Push = "push",
        /// Codes that change with time (RFC 6238).
        Totp = "totp",
        /// A code by text message.
        SmsOtp = "sms_otp",
        /// A code by e-mail.
        EmailOtp = "email_otp",
    }
}

section! {
    /// Second factors.
    pub struct MfaPolicy {
        /// Who needs one.
        requirement: Requirement = Requirement::RiskBased,
        /// Which ones people may use.
        allowed_factors: Vec<Factor> = Factor::ALL.to_vec(),
        /// The weakest tier that counts at sign-in: 1 is the strongest.
        min_tier_login: Number<1, 4> = Number::of(4),
        /// The weakest tier that counts before something delicate.
        min_tier_step_up: Number<1, 4> = Number::of(3),
        /// Whether a passkey alone is enough.
        passwordless_passkey: bool = true,
        /// How many factors people must have set up.
        required_factor_count: Number<1, 2> = Number::of(1),
        /// Days people have to set one up.
        grace_period_days: Number<0, 90> = Number::of(14),
        /// Days between reminders meanwhile.
        remind_interval_days: Number<1, 90> = Number::of(7),
        /// Days a browser isn't asked again.
        trusted_device_days: Number<0, 180> = Number::of(30),
        /// Whether a code by e-mail counts as a second factor.
        email_otp_counts_as_mfa: bool = false,
        /// Whether numbers of internet telephony get no codes.
        sms_block_voip: bool = false,
        /// Countries codes are sent to; empty for all.
        sms_country_allowlist: Vec<Country> = Vec::new(),
        /// Countries no codes are sent to.
        sms_country_denylist: Vec<Country> = Vec::new(),
        /// Days between suggestions to set up a stronger factor.
        nudge_interval_days: Number<1, 365> = Number::of(30),
        /// Seconds for which a second factor counts before something delicate.
        step_up_max_age_seconds: Number<60, 3600> = Number::of(600),
        /// Since when everybody needs one, in Unix seconds.
        required_since: Fixed<Option<Number<0, { u32::MAX }>>> = Fixed(None),
    }
}

impl MfaPolicy {
    /// Remember when everybody began to need one: from then on their days of grace count.
    pub(super) fn note_requirement(&mut self, before: &Self, taking: &Taking<'_>) {
        if self.requirement != Requirement::Required {
            self.required_since = Fixed(None);
        } else if before.requirement != Requirement::Required {
            let now = u32::try_from(taking.now().as_secs()).unwrap_or(u32::MAX);
            self.required_since = Fixed(Some(Number::of(now)));
        }
    }
}
