//! The only door to the database.
//!
//! Two databases, one SQL text: embedded SQLite by default, PostgreSQL where several nodes share the work. What differs between
//! them lives in [`dialect`](self) and nowhere else. A statement over an organization's tables must bind `:org`, and only a
//! transaction over that organization ([`OneOrg`]) can supply it. Nothing commits without the event that records it ([`Decision`]).
#![deny(missing_docs)]

mod cache;
mod dialect;
mod error;
mod expiry;
mod migrate;
mod org;
mod postgres;
mod sql;
mod sqlite;
mod start;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;
mod value;

pub use cache::{CacheKey, OrgCache, Topic};
pub use error::StoreError;
pub use migrate::Migration;
pub use org::Org;
#[doc(hidden)]
pub use postgres::numbered;
pub use sql::{Filter, OrgSql, PlatformSql};
pub use start::{DatabaseUrl, Store};
pub use tx::{Decision, EventRow, Mode, OneOrg, Platform, Reads, Scope, Tx, Writes};
pub use value::{Arg, FromColumn, FromRow, Row};
