//! What is read on every request and changes rarely: organizations, clients, keys.

use kernel::{ClientId, OrgId};
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

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
    /// As nodes tell each other. PostgreSQL carries less than 8,000 bytes; what is longer becomes "everything".
    pub(crate) fn encode(&self) -> String {
        let text = match self {
            Self::Organization(org) => format!("organization {org}"),
            Self::Client(org, client) => format!("client {org} {client}"),
            Self::Keys(org) => format!("keys {org}"),
            Self::Permissions(org) => format!("permissions {org}"),
            Self::Everything => "everything".to_owned(),
        };
        if text.len() < 7900 { text } else { Self::Everything.encode() }
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

/// The same, borrowed, so that looking something up allocates nothing.
struct KeyRef<'a>(&'a OrgId, &'a str);

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.hash(state);
    }
}
impl Equivalent<CacheKey> for KeyRef<'_> {
    fn equivalent(&self, key: &CacheKey) -> bool {
        *self.0 == key.0 && *self.1 == *key.1
    }
}

/// A cache whose keys carry the organization, cleared by [`Topic`] on every node.
pub struct OrgCache<V> {
    entries: Cache<CacheKey, V>,
    /// How often something was cleared. A loaded value is kept only if that did not happen since its loading began; looking and
    /// keeping, and counting and clearing, are one step each under this lock.
    clearings: Mutex<u64>,
    live: Arc<AtomicBool>,
}

impl<V: Clone> OrgCache<V> {
    fn new(capacity: usize, live: Arc<AtomicBool>) -> Self {
        Self { entries: Cache::new(capacity), clearings: Mutex::new(0), live }
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
        if self.live.load(Ordering::Acquire)
            && let Some(value) = self.entries.get(&KeyRef(org, key))
        {
            return Ok(Some(value));
        }
        // In this order: if hearing from other nodes ends after the count was read, the clearing that follows is counted.
        let before = *self.clearings();
        let is_live = self.live.load(Ordering::Acquire);
        let loaded = load.await?;
        if let Some(value) = loaded.as_ref().filter(|_| is_live) {
            let clearings = self.clearings();
            if *clearings == before {
                self.entries.insert((org.clone(), key.into()), value.clone());
            }
        }
        Ok(loaded)
    }

    fn clear(&self, topic: &Topic, key: &dyn Fn(&Topic) -> Option<CacheKey>) {
        let mut clearings = self.clearings();
        *clearings += 1;
        match (topic, key(topic)) {
            (Topic::Everything, _) => self.entries.clear(),
            (_, Some(entry)) => {
                self.entries.remove(&entry);
            }
            (_, None) => {}
        }
    }

    fn clearings(&self) -> MutexGuard<'_, u64> {
        self.clearings.lock().unwrap_or_else(PoisonError::into_inner)
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
        let clearing: Clearing = Box::new(move |topic| kept.clear(topic, &key));
        self.clearings.write().unwrap_or_else(PoisonError::into_inner).push(clearing);
        cache
    }

    pub(crate) fn clear(&self, topic: &Topic) {
        for clear in self.clearings.read().unwrap_or_else(PoisonError::into_inner).iter() {
            clear(topic);
        }
    }
}

#[cfg(test)]
mod tests;
