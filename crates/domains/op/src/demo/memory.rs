//! What the demo application remembers of a visitor: one cookie, sealed, so that a browser can neither read nor change it.

use flow::{Cookie, Incoming, Reach};
use jose::encoding::{base64url, decode_base64url};
use jose::random::token;
use jose::seal::MasterKeys;
use kernel::{Fault, Rng, Secret, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const JAR: Jar = Jar { cookie: "lumoauth_demo", context: "demo application", path: super::PATH };

/// A cookie that a browser keeps for a demonstration, and can neither read nor change.
pub(super) struct Jar {
    pub(super) cookie: &'static str,
    /// What it is sealed for.
    pub(super) context: &'static str,
    pub(super) path: &'static str,
}

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    until: i64,
    memory: T,
}

impl Jar {
    /// What the browser brought along, if it is ours and not too old.
    pub(super) fn recall<T: DeserializeOwned>(&self, keys: &MasterKeys, request: &Incoming, now: Timestamp) -> Option<T> {
        let sealed = decode_base64url(request.cookie(self.cookie)?).ok()?;
        let kept: Kept<T> = serde_json::from_slice(&keys.open(self.context, &sealed).ok()?).ok()?;
        (now < Timestamp::from_secs(kept.until)).then_some(kept.memory)
    }
    /// The cookie for the browser to keep that long.
    pub(super) fn keep<T: Serialize>(
        &self,
        memory: T,
        lifetime: Duration,
        keys: &MasterKeys,
        rng: &dyn Rng,
        now: Timestamp,
    ) -> Result<Cookie, Fault> {
        let kept = Kept { until: now.plus(lifetime).as_secs(), memory };
        let kept = serde_json::to_vec(&kept).map_err(Fault::internal)?;
        let value = Secret::new(base64url(keys.seal(self.context, &kept, rng)));
        Ok(Cookie { name: self.cookie, value, path: self.path.to_owned(), max_age: Some(lifetime), reach: Reach::Server })
    }
    /// The cookie that makes the browser forget.
    pub(super) fn removal(&self) -> Cookie {
        Cookie { name: self.cookie, value: Secret::default(), path: self.path.to_owned(), max_age: None, reach: Reach::Server }
    }
}

/// Where a visitor stands.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Memory {
    /// On the way to the provider and back.
    SigningIn(Pending),
    /// Back without being signed in.
    Failed(Trouble),
    /// Signed in.
    SignedIn(Visitor),
}

/// What the answer of the provider must fit to.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) state: String,
    pub(super) nonce: String,
    /// The PKCE verifier (RFC 7636 §4.1).
    pub(super) verifier: String,
}

/// Why nobody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trouble {
    /// An OAuth error code, or one of ours.
    pub(super) code: String,
    pub(super) description: String,
}

/// Who is signed in.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Visitor {
    pub(super) name: String,
    pub(super) claims: Vec<(String, String)>,
    /// For the way out.
    pub(super) id_token: String,
    pub(super) csrf: String,
}

impl Memory {
    /// What the browser brought along, if it is ours and not too old.
    pub(super) fn recall(keys: &MasterKeys, request: &Incoming, now: Timestamp) -> Option<Self> {
        JAR.recall(keys, request, now)
    }

    /// The cookie for the browser to keep.
    pub(super) fn cookie(self, keys: &MasterKeys, rng: &dyn Rng, now: Timestamp) -> Result<Cookie, Fault> {
        let lifetime = match &self {
            Self::SigningIn(_) => Duration::from_mins(15),
            Self::Failed(_) => Duration::from_mins(1),
            Self::SignedIn(_) => Duration::from_hours(1),
        };
        JAR.keep(self, lifetime, keys, rng, now)
    }
}

/// The cookie that makes the browser forget.
pub(super) fn removal() -> Cookie {
    JAR.removal()
}

impl Pending {
    pub(super) fn new(rng: &dyn Rng) -> Self {
        Self { state: token(rng, 24), nonce: token(rng, 24), verifier: token(rng, 32) }
    }
}

impl Trouble {
    pub(super) fn new(code: &str, description: &str) -> Self {
        let short = |text: &str| text.chars().take(300).collect();
        Self { code: short(code), description: short(description) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jose::random::SystemRng;
    use jose::seal::MasterKey;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn keys(byte: u8) -> MasterKeys {
        MasterKeys::single(MasterKey::from_bytes(&[byte; 32]))
    }
    fn brought(value: &str) -> Incoming {
        Incoming { headers: vec![("cookie".to_owned(), format!("{}={value}", JAR.cookie))], ..Incoming::default() }
    }

    #[test]
    fn a_browser_brings_back_what_it_was_given_until_it_is_too_old() {
        let cookie = Memory::SigningIn(Pending::new(&SystemRng)).cookie(&keys(1), &SystemRng, NOW).unwrap();
        let request = brought(cookie.value.expose());
        let recalled = |minutes: u64| Memory::recall(&keys(1), &request, NOW.plus(Duration::from_secs(60 * minutes)));
        assert!(matches!(recalled(14), Some(Memory::SigningIn(pending)) if pending.verifier.len() >= 43));
        assert!(recalled(15).is_none());
        assert_eq!(cookie.max_age, Some(Duration::from_mins(15)));
    }

    #[test]
    fn what_a_browser_made_up_is_nothing() {
        let cookie = Memory::Failed(Trouble::new("x", "y")).cookie(&keys(1), &SystemRng, NOW).unwrap();
        let value = cookie.value.expose();
        assert!(Memory::recall(&keys(1), &brought(value), NOW).is_some());
        assert!(Memory::recall(&keys(2), &brought(value), NOW).is_none(), "another installation");
        let backwards: String = value.chars().rev().collect();
        for made_up in
            ["", "x", "{}", &backwards, value.trim_start_matches(value.chars().next().unwrap()), &format!("{value}AAAA")]
        {
            assert!(Memory::recall(&keys(1), &brought(made_up), NOW).is_none(), "{made_up}");
        }
        assert!(Memory::recall(&keys(1), &Incoming::default(), NOW).is_none());
    }
}
