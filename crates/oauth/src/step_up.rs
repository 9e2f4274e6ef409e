//! Step-up authentication challenges: an operation needs a more recent or stronger sign-in than the one behind a token.
//!
//! RFC 9470. Supported: challenges of the organization's API and of `UserInfo` (§3), `acr` and `auth_time` in access tokens and
//! introspection (§6). That `acr_values` and `max_age` of the next authorization request are honoured (§5), `interaction` sees to.

use crate::acr::Acr;
use crate::pipeline::{Endpoint, Room, Stage, Status, no_metadata};
use crate::{ErrorCode, ProtocolError};
use kernel::{Demand, Fault, Timestamp};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "step_up",
    title: "OAuth 2.0 Step Up Authentication Challenge Protocol",
    source: "RFC 9470",
    status: Status::Final,
    support: "acr_values and max_age, by permission or scope, as the organization sets them",
    visits: &[(Endpoint::Userinfo, Stage::Check)],
    metadata: no_metadata,
};

/// How the person behind a call must have signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignIn {
    /// So strongly at least.
    pub acr: Option<Acr>,
    /// At most so many seconds ago.
    pub max_age: Option<u32>,
}

impl SignIn {
    /// Both of them.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let max_age = self.max_age.into_iter().chain(other.max_age).min();
        Self { acr: self.acr.max(other.acr), max_age }
    }

    /// Whether whoever signed in then, in that way, may go on.
    ///
    /// # Errors
    /// 401 `insufficient_user_authentication`, with what is asked for.
    pub fn check(self, acr: &str, auth_time: Timestamp, now: Timestamp) -> Result<(), Fault> {
        let is_strong = self.acr.is_none_or(|wanted| Acr::parse(acr).is_some_and(|reached| wanted <= reached));
        let is_recent = |max_age: u32| now <= auth_time.plus(Duration::from_secs(max_age.into()));
        if is_strong && self.max_age.is_none_or(is_recent) {
            return Ok(());
        }
        let description = "A more recent or stronger sign-in is needed for this.";
        let mut fault = Fault::from(ProtocolError::new(ErrorCode::InsufficientUserAuthentication, description));
        fault.demand = Some(Box::new(Demand::SignIn { acr: self.acr.map(Acr::as_str), max_age: self.max_age }));
        Err(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::FaultKind;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn sign_in(acr: Option<Acr>, max_age: Option<u32>) -> SignIn {
        SignIn { acr, max_age }
    }

    #[test]
    fn a_sign_in_is_good_until_it_is_too_old_or_where_it_is_strong_enough() {
        let (weak, strong) = (Acr::SingleFactor, Acr::MultiFactor);
        for (asked, acr, age, is_good) in [
            (sign_in(None, None), weak.as_str(), 1_000_000, true),
            (sign_in(None, None), "unknown", 0, true),
            (sign_in(None, Some(300)), weak.as_str(), 300, true),
            (sign_in(None, Some(300)), strong.as_str(), 301, false),
            (sign_in(None, Some(0)), weak.as_str(), 0, true),
            (sign_in(Some(strong), None), strong.as_str(), 1_000_000, true),
            (sign_in(Some(strong), None), "phr", 0, true),
            (sign_in(Some(strong), None), weak.as_str(), 0, false),
            (sign_in(Some(weak), None), "unknown", 0, false),
            (sign_in(Some(weak), None), "", 0, false),
            (sign_in(Some(strong), Some(60)), strong.as_str(), 61, false),
            (sign_in(Some(strong), Some(60)), weak.as_str(), 0, false),
        ] {
            let checked = asked.check(acr, NOW.minus(Duration::from_secs(age)), NOW);
            assert_eq!(checked.is_ok(), is_good, "{asked:?} {acr} {age}");
            if let Err(fault) = checked {
                assert_eq!((fault.kind, fault.code), (FaultKind::Unauthenticated, "insufficient_user_authentication"));
                let demand = Demand::SignIn { acr: asked.acr.map(Acr::as_str), max_age: asked.max_age };
                assert_eq!(fault.demand.as_deref(), Some(&demand));
            }
        }
    }

    #[test]
    fn of_two_demands_each_part_of_the_stricter_one_holds() {
        let (one, other) = (sign_in(Some(Acr::MultiFactor), Some(600)), sign_in(None, Some(60)));
        let both = sign_in(Some(Acr::MultiFactor), Some(60));
        assert_eq!((one.and(other), other.and(one)), (both, both));
        assert_eq!(SignIn::default().and(one), one);
    }
}
