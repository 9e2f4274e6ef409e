//! Nonces that a server remembers without storing them (RFC 9449 §8 and §9).

use jose::digest::{constant_time_eq, hmac_sha256};
use jose::encoding::{base64url, decode_base64url};
use kernel::Timestamp;
use std::fmt;

/// Seconds for which one nonce is handed out. It is good for as long again, so that nobody has to hurry.
const PERIOD: i64 = 300;
/// Octets of the nonce: 144 bits, which nobody guesses within ten minutes.
const LENGTH: usize = 18;

/// The nonces of one organization: a keyed hash of the time, the same on every node that holds the key. They prove that a proof was
/// made lately; that it is used once only is seen to elsewhere.
pub struct Nonces([u8; 32]);

impl Nonces {
    /// Under a key that serves nothing else.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }
    /// The nonce to hand out now.
    pub fn current(&self, now: Timestamp) -> String {
        base64url(self.of(period(now)))
    }
    /// Whether the nonce was handed out lately, by this node or one whose clock differs a little.
    pub fn is_recent(&self, nonce: &str, now: Timestamp) -> bool {
        let Ok(nonce) = decode_base64url(nonce) else { return false };
        let period = period(now);
        [period - 1, period, period + 1]
            .into_iter()
            .fold(false, |found, period| found | constant_time_eq(&self.of(period), &nonce))
    }

    fn of(&self, period: i64) -> [u8; LENGTH] {
        let mac = hmac_sha256(&self.0, &period.to_be_bytes());
        let mut nonce = [0; LENGTH];
        nonce.iter_mut().zip(mac).for_each(|(octet, mac)| *octet = mac);
        nonce
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces")
    }
}

fn period(now: Timestamp) -> i64 {
    now.as_secs().div_euclid(PERIOD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    #[test]
    fn a_nonce_is_good_for_five_to_ten_minutes_on_every_node_with_the_key() {
        let nonces = Nonces::new([1; 32]);
        let nonce = nonces.current(NOW);
        assert_eq!(nonce.len(), 24);
        let node = Nonces::new([1; 32]);
        for (seconds, is_good) in [(0, true), (299, true), (300, true), (599, true), (600, false), (86_400, false)] {
            assert_eq!(node.is_recent(&nonce, NOW.plus(Duration::from_secs(seconds))), is_good, "{seconds}");
        }
        assert!(node.is_recent(&nonce, NOW.minus(Duration::from_secs(1))), "another node's clock is a little behind");
        assert!(!node.is_recent(&nonce, NOW.minus(Duration::from_mins(10))));
        assert_ne!(nonce, nonces.current(NOW.plus(Duration::from_mins(5))));
    }

    #[test]
    fn what_was_never_handed_out_is_refused() {
        let nonces = Nonces::new([1; 32]);
        let other = Nonces::new([2; 32]).current(NOW);
        let longer = format!("{}AAAA", nonces.current(NOW));
        for nonce in ["", "x", "ü", "AAAAAAAAAAAAAAAAAAAAAAAA", &other, &longer] {
            assert!(!nonces.is_recent(nonce, NOW), "{nonce}");
        }
        assert_eq!(format!("{nonces:?}"), "Nonces");
    }
}
