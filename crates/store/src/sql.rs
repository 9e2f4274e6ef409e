//! Statements: one text for both databases, checked where it is written.

use std::collections::HashMap;
use std::sync::{OnceLock, RwLock};

/// A statement over an organization's tables. Only [`org_sql!`](crate::org_sql) makes one, and only if it binds `:org`.
#[derive(Clone, Copy, Debug)]
pub struct OrgSql(&'static str);

/// A statement over the tables of the installation, or over several organizations at once.
#[derive(Clone, Copy, Debug)]
pub struct PlatformSql(&'static str);

impl OrgSql {
    /// Used by [`org_sql!`](crate::org_sql).
    #[doc(hidden)]
    #[allow(clippy::panic, reason = "evaluated at compile time: this is the compile error")]
    pub const fn checked(text: &'static str) -> Self {
        assert!(mentions(text, ":org"), "SQL over an organization's tables must bind :org");
        Self(text)
    }
    /// The text.
    pub fn text(self) -> &'static str {
        self.0
    }
}
impl PlatformSql {
    /// Used by [`platform_sql!`](crate::platform_sql).
    #[doc(hidden)]
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }
    /// The text.
    pub fn text(self) -> &'static str {
        self.0
    }
}

const fn mentions(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let mut at = 0;
    while at + word.len() <= text.len() {
        let mut same = 0;
        #[allow(clippy::indexing_slicing, reason = "const code; both indexes are bounded by the loop conditions")]
        while same < word.len() && text[at + same] == word[same] {
            same += 1;
        }
        if same == word.len() {
            return true;
        }
        at += 1;
    }
    false
}

/// A statement over an organization's tables. Forgetting the organization does not compile:
///
/// ```compile_fail
/// let sql = store::org_sql!("DELETE FROM users WHERE id = :id");
/// ```
/// ```
/// let sql = store::org_sql!("DELETE FROM users WHERE org_id = :org AND id = :id");
/// ```
#[macro_export]
macro_rules! org_sql {
    ($text:literal) => {{
        const SQL: $crate::OrgSql = $crate::OrgSql::checked($text);
        SQL
    }};
}

/// A statement over the installation's own tables, or across organizations: migrations, jobs, sequencing, clean-up.
#[macro_export]
macro_rules! platform_sql {
    ($text:literal) => {{
        const SQL: $crate::PlatformSql = $crate::PlatformSql::new($text);
        SQL
    }};
}

/// A list statement put together from fixed pieces, for filters and orders chosen at run time. Values are still bound by name.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
}

impl Filter {
    /// Start from a statement that already binds `:org` in its `WHERE`.
    pub fn from(sql: OrgSql) -> Self {
        Self { text: sql.0.to_owned() }
    }
    /// Add a condition.
    pub fn and(&mut self, condition: &'static str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }
    /// Add what follows the conditions: `ORDER BY … LIMIT :limit`.
    pub fn then(&mut self, clause: &'static str) {
        self.text.push(' ');
        self.text.push_str(clause);
    }
    /// The same rows inside another statement that ends where they begin: `… WHERE u.id IN (`.
    #[must_use]
    pub fn inside(self, outer: OrgSql) -> Self {
        Self { text: format!("{}{})", outer.0, self.text) }
    }
    /// How many rows there are, as column `a`, counted no further than to `:bound`.
    pub fn counted(self) -> OrgSql {
        Self { text: format!("SELECT count(*) AS a FROM ({} LIMIT :bound) counted", self.text) }.finish()
    }
    /// The finished statement. There are only as many texts as there are combinations of pieces, so they are kept for ever.
    pub fn finish(self) -> OrgSql {
        static TEXTS: OnceLock<RwLock<HashMap<String, &'static str>>> = OnceLock::new();
        let texts = TEXTS.get_or_init(RwLock::default);
        if let Some(text) = texts.read().ok().and_then(|known| known.get(&self.text).copied()) {
            return OrgSql(text);
        }
        let text: &'static str = Box::leak(self.text.clone().into_boxed_str());
        texts.write().map_or(OrgSql(text), |mut known| OrgSql(known.entry(self.text).or_insert(text)))
    }
}
