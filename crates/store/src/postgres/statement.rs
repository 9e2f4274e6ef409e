//! Statements with named parameters, as PostgreSQL wants them numbered.

use crate::dialect::Dialect;
use crate::{Arg, StoreError};
use kernel::OrgId;
use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

/// A statement one connection has prepared, and the names of its parameters in order.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) statement: Statement,
    pub(super) names: &'static [String],
}

/// A statement's text as PostgreSQL is given it, and the names of its parameters in order; worked out once per text.
#[doc(hidden)]
pub fn numbered(text: &'static str) -> (&'static str, &'static [String]) {
    type Numbered = (String, Vec<String>);
    static KNOWN: OnceLock<RwLock<HashMap<&'static str, &'static Numbered>>> = OnceLock::new();
    let known = KNOWN.get_or_init(RwLock::default);
    if let Some(found) = known.read().unwrap_or_else(PoisonError::into_inner).get(text).copied() {
        return (&found.0, &found.1);
    }
    let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
    let made = known.entry(text).or_insert_with(|| Box::leak(Box::new(Dialect::positional(text))));
    (&made.0, &made.1)
}

/// The values in the order of `names`; `:org` is the transaction's organization.
pub(super) fn ordered<'a>(
    names: &[String],
    org: Option<&'a OrgId>,
    args: &'a [(&'static str, Arg<'a>)],
) -> Result<Vec<Arg<'a>>, StoreError> {
    let is_foreign = |name: &str| !names.iter().any(|known| known == name) || (org.is_some() && name == ":org");
    if let Some((name, _)) = args.iter().find(|(name, _)| is_foreign(name)) {
        return Err(StoreError::Driver(format!("the statement has no {name}")));
    }
    let value = |name: &String| match org {
        Some(org) if name == ":org" => Ok(Arg::from(org)),
        _ => args
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.borrowed())
            .ok_or_else(|| StoreError::Driver(format!("{name} was not bound"))),
    };
    names.iter().map(value).collect()
}

pub(super) fn as_sql<'a>(values: &'a [Arg<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
