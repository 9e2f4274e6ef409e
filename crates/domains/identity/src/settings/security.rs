//! How guesses and sessions are dealt with.

use super::section::section;
use super::setting::Taking;
use super::values::{Authorities, Number, Word, choices};
use serde_json::{Map, Value};

choices! {
    /// How strongly somebody signed in, as `acr` spells it.
    SignInStrength {
        /// With one factor.
        SingleFactor = "urn:lumoauth:acr:1fa",
        /// With two.
        MultiFactor = "urn:lumoauth:acr:mfa",
        /// With a passkey.
        PhishingResistant = "phr",
        /// With a passkey that can't leave its hardware.
        PhishingResistantHardware = "phrh",
    }
}

section! {
    /// What needs a stronger or more recent sign-in than others.
    pub struct StepUpRule {
        /// A permission (`users.write`), a scope of the API (`admin:users`, or `admin` for all of it), or a scope of `UserInfo` (`email`).
        scope: Word = Word::of("admin"),
        /// How strongly the person must have signed in.
        acr: Option<SignInStrength> = None,
        /// How many seconds ago at most.
        max_age: Option<Number<30, 2_592_000>> = None,
    }
}

section! {
    /// Security settings. Bounds keep guessing hopeless and lockouts bearable.
    pub struct Security {
        /// Whether proofs of possession need a nonce of this server (RFC 9449 §8).
        dpop_require_nonce: bool = false,
        /// Seconds for which a proof of possession is good.
        dpop_max_age: Number<10, 300> = Number::of(60),
        /// Authorities whose certificates of clients are believed (RFC 8705 §2.1), beside those of the installation.
        client_certificate_authorities: Option<Authorities> = None,
        /// Wrong passwords after which an account is locked.
        lockout_threshold: Number<3, 10> = Number::of(5),
        /// Seconds an account is locked at first; each further lock lasts twice as long, a day at most.
        lockout_duration_seconds: Number<60, 86_400> = Number::of(900),
        /// Wrong passwords after which the address they come from is locked.
        source_lockout_threshold: Number<10, 200> = Number::of(20),
        /// Seconds such an address is locked at first.
        source_lockout_duration_seconds: Number<60, 86_400> = Number::of(3600),
        /// Whether signing in ends the person's other sessions.
        single_session: bool = false,
        /// What needs a stronger or more recent sign-in (RFC 9470).
        step_up: Vec<StepUpRule> = Vec::new(),
    }
    settled by settle
}

fn settle(taken: &mut Security, _: &Map<String, Value>, _: &Security, taking: &mut Taking<'_>) {
    if taken.step_up.iter().any(|rule| rule.acr.is_none() && rule.max_age.is_none()) {
        taking.refuse_member("step_up", "must say acr or max_age in each of its rules");
    }
    if taken.step_up.len() > 100 {
        taking.refuse_member("step_up", "must have at most 100 rules");
    }
}
