//! An organization is a type.

use crate::rows;
use kernel::{OrgId, Timestamp};
use std::sync::Arc;

/// An organization that exists and is active. It only comes out of this crate, by looking it up; whoever holds one may open
/// transactions over its data and no other's.
#[derive(Clone)]
pub struct Org(pub(crate) Arc<OrgRow>);

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
    /// Its id.
    pub fn id(&self) -> &OrgId {
        &self.0.id
    }
    /// Its name in URLs: `acme-corp`.
    pub fn slug(&self) -> &str {
        &self.0.slug
    }
    /// Its number, where the published API wants one.
    pub fn number(&self) -> i64 {
        self.0.number
    }
    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.0.name
    }
    /// Its settings, as JSON text.
    pub fn settings(&self) -> &str {
        &self.0.settings
    }
    /// Tokens issued before this moment are void.
    pub fn tokens_not_before(&self) -> Timestamp {
        self.0.tokens_not_before
    }
}

impl std::fmt::Debug for Org {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Org({})", self.0.slug)
    }
}
