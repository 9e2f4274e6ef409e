//! An organization is a type.

use crate::rows;
use kernel::{OrgId, Timestamp};
use std::any::Any;
use std::sync::{Arc, OnceLock};

/// An organization that exists and is active. It only comes out of this crate, by looking it up; whoever holds one may open
/// transactions over its data and no other's.
#[derive(Clone)]
pub struct Org(Arc<Held>);

struct Held {
    row: OrgRow,
    /// The settings as they were read last: whoever holds this organization reads the same ones.
    read: OnceLock<Arc<dyn Any + Send + Sync>>,
}

rows! {
    /// The stored organization.
    #[derive(Clone, Debug)]
    pub(crate) struct OrgRow {
        pub(crate) id: OrgId,
        pub(crate) slug: String,
        pub(crate) number: i64,
        pub(crate) name: String,
        pub(crate) settings: String,
        pub(crate) tokens_not_before: Timestamp,
    }
}

impl Org {
    pub(crate) fn new(row: OrgRow) -> Self {
        Self(Arc::new(Held { row, read: OnceLock::new() }))
    }
    /// Its id.
    pub fn id(&self) -> &OrgId {
        &self.0.row.id
    }
    /// Its name in URLs: `acme-corp`.
    pub fn slug(&self) -> &str {
        &self.0.row.slug
    }
    /// Its number, where the published API wants one.
    pub fn number(&self) -> i64 {
        self.0.row.number
    }
    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.0.row.name
    }
    /// Its settings, as JSON text.
    pub fn settings(&self) -> &str {
        &self.0.row.settings
    }
    /// Its settings as a type: read once for as long as this organization is held or cached. A program has one such type; a second
    /// one would be read anew each time.
    pub fn settings_as<T: Any + Send + Sync>(&self, read: impl Fn(&str) -> T) -> Arc<T> {
        let held = self.0.read.get_or_init(|| Arc::new(read(self.settings()))).clone();
        held.downcast().unwrap_or_else(|_| Arc::new(read(self.settings())))
    }
    /// Tokens issued before this moment are void.
    pub fn tokens_not_before(&self) -> Timestamp {
        self.0.row.tokens_not_before
    }
}

impl std::fmt::Debug for Org {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Org({})", self.0.row.slug)
    }
}
