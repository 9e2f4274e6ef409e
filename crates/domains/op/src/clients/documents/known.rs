//! Documents as they were last fetched, and how often strangers may make us fetch.
//!
//! Anyone can name an address to the authorization endpoint. So each is fetched by one request at a time while the others wait for what
//! it gets; after a failure it is left alone for ten seconds; and what nobody was asked about before is fetched so often and no
//! oftener, for each host and in all.

use super::fetch::{Unusable, document};
use super::rules;
use flow::Services;
use kernel::{Fault, OrgId, Timestamp};
use oauth::ClientMetadata;
use oauth::client_id_metadata::{Rules, judge};
use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;
use store::Org;
use tokio::sync::{Mutex, Semaphore};
use url::Url;

/// At 5 KB each.
const KEPT: usize = 4096;
/// After a failure an address is left alone for that long. Nothing that can't be used is kept for longer (§4.4).
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// Fetches at a time.
const AT_ONCE: usize = 16;
/// First fetches an hour, of one host and in all, for one organization.
const OF_A_HOST: u32 = 30;
const IN_ALL: u32 = 600;
const SPELL: Duration = Duration::from_hours(1);

/// What is known of documents.
pub struct Documents {
    seats: Cache<(OrgId, Box<str>), Seat>,
    counts: Cache<(OrgId, Box<str>), Count>,
    at_once: Semaphore,
}

type Seat = Arc<Mutex<Option<Kept>>>;
type Count = Arc<Lock<(Option<Timestamp>, u32)>>;

struct Kept {
    document: Result<Arc<Map<String, Value>>, Unusable>,
    at: Timestamp,
    until: Timestamp,
}

/// A client as its document makes it.
pub(super) struct Described {
    pub(super) metadata: ClientMetadata,
    pub(super) fetched_at: Timestamp,
}

impl Default for Documents {
    fn default() -> Self {
        Self { seats: Cache::new(KEPT), counts: Cache::new(KEPT), at_once: Semaphore::new(AT_ONCE) }
    }
}

impl Documents {
    /// The client at that address. `is_known`: somebody was asked about it before.
    ///
    /// # Errors
    /// 503 if this server is busy fetching; that the document won't do is inside.
    pub(super) async fn describe(
        &self,
        services: &Services,
        org: &Org,
        url: &Url,
        now: Timestamp,
        is_known: bool,
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
        if !is_known && !self.may_fetch(org.id(), url, now) {
            let message = "Too many unknown applications were named in a short time. Please try again later.";
            return Ok(Err(Unusable::passing("too_many", message)));
        }
        let Ok(_turn) = self.at_once.try_acquire() else {
            return Err(Fault::unavailable("too many documents are being fetched"));
        };
        let found = document(services, url).await;
        let at = services.clock.now();
        let kept = match found {
            Ok((document, lifetime)) => Kept { document: Ok(Arc::new(document)), at, until: at.plus(lifetime) },
            Err(unusable) => Kept { document: Err(unusable), at, until: at.plus(AFTER_FAILURE) },
        };
        let described = kept.described(url, &rules);
        let until = if described.is_ok() { kept.until } else { at.plus(AFTER_FAILURE) };
        *at_hand = Some(Kept { until, ..kept });
        Ok(described)
    }

    /// Count a first fetch; `false` if there were too many lately.
    fn may_fetch(&self, org: &OrgId, url: &Url, now: Timestamp) -> bool {
        let host = url.host_str().unwrap_or_default();
        self.count(org, host, OF_A_HOST, now) && self.count(org, "", IN_ALL, now)
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
        let ask = |host: &str, now| documents.may_fetch(&org, &Url::parse(&format!("https://{host}/c")).unwrap(), now);
        assert!((0..30).all(|_| ask("app.example", at(0))));
        assert!(!ask("app.example", at(3599)) && ask("other.example", at(3599)));
        assert!(ask("app.example", at(3600)), "an hour later");
        let hosts = (0..700).filter(|host| ask(&format!("h{host}.example"), at(3600)));
        assert_eq!(hosts.count(), 599, "however many hosts there are");
        let elsewhere = documents.may_fetch(&OrgId::from("p"), &Url::parse("https://app.example/c").unwrap(), at(3600));
        assert!(elsewhere, "organizations don't use up one another's");
    }
}
