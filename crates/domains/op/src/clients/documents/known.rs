//! Documents as they were last fetched, and how often strangers may make us fetch.
//!
//! Anyone can name an address to the authorization endpoint. So each is fetched by one request at a time while the others wait for what
//! it gets; after a failure it is left alone for ten seconds, and for longer each time it kept us waiting; only so many are fetched at a
//! time (see `turns`); and what nobody was asked about before is fetched so often and no oftener, for each visitor, for each host and in all.

use super::fetch::{Unusable, document};
use super::rules;
use super::turns::Turns;
use flow::Services;
use identity::guesses::network;
use kernel::{Fault, OrgId, Timestamp};
use oauth::ClientMetadata;
use oauth::client_id_metadata::{Rules, judge};
use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;
use store::Org;
use tokio::sync::Mutex;
use url::Url;

/// At 5 KB each.
const KEPT: usize = 4096;
/// After a failure an address is left alone for that long. Nothing that can't be used is kept for longer (§4.4).
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// Who lets us wait that long is slow, as is who doesn't answer at all.
const SLOW: Duration = Duration::from_secs(1);
/// A slow one is left alone for at most that long.
const LONGEST_REST: Duration = Duration::from_mins(10);
/// First fetches an hour, for one visitor, of one host, and in all, for one organization.
const FOR_A_VISITOR: u32 = 20;
const OF_A_HOST: u32 = 30;
const IN_ALL: u32 = 600;
const SPELL: Duration = Duration::from_hours(1);

/// What is known of documents.
pub struct Documents {
    seats: Cache<(OrgId, Box<str>), Seat>,
    counts: Cache<(OrgId, Box<str>), Count>,
    turns: Turns,
}

type Seat = Arc<Mutex<Option<Kept>>>;
type Count = Arc<Lock<(Option<Timestamp>, u32)>>;

struct Kept {
    document: Result<Arc<Map<String, Value>>, Unusable>,
    at: Timestamp,
    until: Timestamp,
    /// How often in a row it was slow and brought nothing.
    slow_failures: u32,
}

/// A client as its document makes it.
pub(super) struct Described {
    pub(super) metadata: ClientMetadata,
    pub(super) fetched_at: Timestamp,
}

impl Default for Documents {
    fn default() -> Self {
        Self { seats: Cache::new(KEPT), counts: Cache::new(KEPT), turns: Turns::default() }
    }
}

impl Documents {
    /// The client at that address. `stranger`: where the request comes from, if nobody was asked about the client before.
    ///
    /// # Errors
    /// 503 if this server is busy fetching; that the document won't do is inside.
    pub(super) async fn describe(
        &self,
        services: &Services,
        org: &Org,
        url: &Url,
        now: Timestamp,
        stranger: Option<IpAddr>,
    ) -> Result<Result<Described, Unusable>, Fault> {
        let rules = rules(org);
        if !rules.allow(url) {
            let message = "This organization takes no documents from that host.";
            return Ok(Err(Unusable::new("domain_not_allowed", message)));
        }
        let place = (org.id().clone(), Box::from(url.as_str()));
        let seat = self.seats.get_or_insert_with(&place, || Ok::<_, Infallible>(Seat::default())).unwrap_or_default();
        let mut at_hand = seat.lock().await;
        if let Some(kept) = at_hand.as_ref().filter(|kept| now < kept.until) {
            return Ok(kept.described(url, &rules));
        }
        if stranger.is_some_and(|from| !self.may_fetch(org.id(), url, from, now)) {
            let message = "Too many unknown applications were named in a short time. Please try again later.";
            return Ok(Err(Unusable::passing("too_many", message)));
        }
        let host = url.host_str().unwrap_or_default();
        let Some(_turn) = self.turns.take(org.id(), host) else {
            return Err(Fault::unavailable("too many documents are being fetched"));
        };
        let began = services.clock.now();
        let found = document(services, url).await;
        let at = services.clock.now();
        let is_slow = at.since(began) >= SLOW || matches!(&found, Err(unusable) if unusable.is_silent());
        let (document, lifetime) =
            found.map_or_else(|why| (Err(why), AFTER_FAILURE), |(found, lifetime)| (Ok(Arc::new(found)), lifetime));
        let kept = Kept { document, at, until: at.plus(lifetime), slow_failures: 0 };
        let described = kept.described(url, &rules);
        *at_hand = Some(if described.is_ok() {
            kept
        } else {
            let before = at_hand.as_ref().map_or(0, |before| before.slow_failures);
            let slow_failures = if is_slow { before.saturating_add(1) } else { 0 };
            Kept { until: at.plus(rest(slow_failures)), slow_failures, ..kept }
        });
        Ok(described)
    }

    /// Count a first fetch; `false` if there were too many lately. What one visitor may not name any more counts against nobody else.
    fn may_fetch(&self, org: &OrgId, url: &Url, from: IpAddr, now: Timestamp) -> bool {
        let host = url.host_str().unwrap_or_default();
        self.count(org, &format!("from {}", network(from)), FOR_A_VISITOR, now)
            && self.count(org, host, OF_A_HOST, now)
            && self.count(org, "", IN_ALL, now)
    }

    fn count(&self, org: &OrgId, of: &str, most: u32, now: Timestamp) -> bool {
        let place = (org.clone(), Box::from(of));
        let count = self.counts.get_or_insert_with(&place, || Ok::<_, Infallible>(Count::default())).unwrap_or_default();
        let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, counted) = &mut *count;
        if began.is_none_or(|began| now.since(began) >= SPELL) {
            (*began, *counted) = (Some(now), 0);
        }
        *counted = counted.saturating_add(1);
        *counted <= most
    }
}

/// How long an address is left alone that brought nothing.
fn rest(slow_failures: u32) -> Duration {
    AFTER_FAILURE.saturating_mul(1 << slow_failures.saturating_sub(1).min(16)).min(LONGEST_REST)
}

impl Kept {
    fn described(&self, url: &Url, rules: &Rules) -> Result<Described, Unusable> {
        let document = self.document.as_ref().map_err(Clone::clone)?;
        Ok(Described { metadata: judge(url, document, rules)?.metadata, fetched_at: self.at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_looked_up_so_often_and_no_oftener() {
        let (documents, org) = (Documents::default(), OrgId::from("o"));
        let at = |seconds: u64| Timestamp::from_secs(1_800_000_000).plus(Duration::from_secs(seconds));
        let url = |host: &str| Url::parse(&format!("https://{host}/c")).unwrap();
        let ask = |from: u16, host: &str, now| documents.may_fetch(&org, &url(host), visitor(from), now);
        assert!((0..20).all(|_| ask(1, "app.example", at(0))));
        assert!(!ask(1, "app.example", at(3599)) && !ask(1, "other.example", at(3599)), "one visitor");
        assert!((0..10).all(|from| ask(2 + from, "app.example", at(0))));
        assert!(!ask(99, "app.example", at(3599)) && ask(99, "other.example", at(3599)), "one host");
        assert!(ask(1, "app.example", at(3600)), "an hour later");
        let hosts = (0..700).filter(|host| ask(100 + *host, &format!("h{host}.example"), at(3600)));
        assert_eq!(hosts.count(), 599, "however many hosts and visitors there are");
        let elsewhere = documents.may_fetch(&OrgId::from("p"), &url("app.example"), visitor(1), at(3600));
        assert!(elsewhere, "organizations don't use up one another's");
    }

    fn visitor(number: u16) -> IpAddr {
        let [high, low] = number.to_be_bytes();
        IpAddr::from([192, 0, high, low])
    }

    #[test]
    fn who_keeps_us_waiting_for_nothing_is_left_alone_for_longer_each_time() {
        let rests = [0, 1, 2, 3, 6, 7, 8, u32::MAX].map(|failures| rest(failures).as_secs());
        assert_eq!(rests, [10, 10, 20, 40, 320, 600, 600, 600]);
    }
}
