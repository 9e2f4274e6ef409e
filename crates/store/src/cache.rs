//! What is read on every request and changes rarely: organizations, clients, keys.

use kernel::{ClientId, OrgId};
use quick_cache::sync::Cache;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

/// Something caches may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The organization itself: name, settings, state.
    Organization(OrgId),
    /// One client.
    Client(OrgId, ClientId),
    /// The organization's signing keys.
    Keys(OrgId),
    /// Who holds which permission.
    Permissions(OrgId),
    /// Everything: what changed isn't known.
    Everything,
}

impl Topic {
    /// As nodes tell each other.
    pub(crate) fn encode(&self) -> String {
        match self {
            Self::Organization(org) => format!("organization {org}"),
            Self::Client(org, client) => format!("client {org} {client}"),
            Self::Keys(org) => format!("keys {org}"),
            Self::Permissions(org) => format!("permissions {org}"),
            Self::Everything => "everything".to_owned(),
        }
    }
    /// What another node said; what isn't understood means everything.
    pub(crate) fn decode(text: &str) -> Self {
        let mut words = text.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("organization"), Some(org), None) => Self::Organization(org.into()),
            (Some("client"), Some(org), Some(client)) => Self::Client(org.into(), client.into()),
            (Some("keys"), Some(org), None) => Self::Keys(org.into()),
            (Some("permissions"), Some(org), None) => Self::Permissions(org.into()),
            _ => Self::Everything,
        }
    }
}

/// What a cached value is known by.
pub type CacheKey = (OrgId, Box<str>);

/// A cache whose keys carry the organization, cleared by [`Topic`] on every node.
pub struct OrgCache<V> {
    entries: Cache<CacheKey, V>,
    epoch: AtomicU64,
    live: Arc<AtomicBool>,
}

impl<V: Clone> OrgCache<V> {
    fn new(capacity: usize, live: Arc<AtomicBool>) -> Self {
        Self { entries: Cache::new(capacity), epoch: AtomicU64::new(0), live }
    }

    /// The cached value, or the one `load` finds. What was loaded while something was cleared is not kept, so that a
    /// committed change can't be hidden by an older read.
    ///
    /// # Errors
    /// Those of `load`.
    pub async fn find_or_load<E>(
        &self,
        org: &OrgId,
        key: &str,
        load: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<V>, E> {
        let entry: CacheKey = (org.clone(), key.into());
        let live = self.live.load(Ordering::Acquire);
        if let Some(value) = self.entries.get(&entry).filter(|_| live) {
            return Ok(Some(value));
        }
        let before = self.epoch.load(Ordering::Acquire);
        let loaded = load.await?;
        if let Some(value) = loaded.as_ref().filter(|_| live && self.epoch.load(Ordering::Acquire) == before) {
            self.entries.insert(entry, value.clone());
        }
        Ok(loaded)
    }

    fn clear(&self, topic: &Topic, key: &dyn Fn(&Topic) -> Option<CacheKey>) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        match (topic, key(topic)) {
            (Topic::Everything, _) => self.entries.clear(),
            (_, Some(entry)) => {
                self.entries.remove(&entry);
            }
            (_, None) => {}
        }
    }
}

type Clearing = Box<dyn Fn(&Topic) + Send + Sync>;

/// All caches of this process.
#[derive(Default)]
pub(crate) struct Caches {
    clearings: RwLock<Vec<Clearing>>,
    live: Arc<AtomicBool>,
}

impl Caches {
    /// Whether other nodes' changes reach us. While they don't, nothing is served from a cache.
    pub(crate) fn set_live(&self, live: bool) {
        self.live.store(live, Ordering::Release);
        if !live {
            self.clear(&Topic::Everything);
        }
    }

    pub(crate) fn create<V: Clone + Send + Sync + 'static>(
        &self,
        capacity: usize,
        key: impl Fn(&Topic) -> Option<CacheKey> + Send + Sync + 'static,
    ) -> Arc<OrgCache<V>> {
        let cache = Arc::new(OrgCache::new(capacity, self.live.clone()));
        let kept = cache.clone();
        if let Ok(mut clearings) = self.clearings.write() {
            clearings.push(Box::new(move |topic| kept.clear(topic, &key)));
        }
        cache
    }

    pub(crate) fn clear(&self, topic: &Topic) {
        if let Ok(clearings) = self.clearings.read() {
            for clear in clearings.iter() {
                clear(topic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_survives_the_way_between_nodes() {
        let topics = [
            Topic::Organization("o".into()),
            Topic::Client("o".into(), "https://app.example/client id".into()),
            Topic::Keys("o".into()),
            Topic::Permissions("o".into()),
            Topic::Everything,
        ];
        for topic in topics {
            assert_eq!(Topic::decode(&topic.encode()), topic);
        }
        assert_eq!(Topic::decode("something new"), Topic::Everything);
    }
}
