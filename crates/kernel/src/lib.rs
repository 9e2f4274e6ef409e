//! The vocabulary every room shares: ids, secrets, time, actors, faults, events.
//!
//! Nothing here does I/O, knows HTTP, or reads a clock. Time and randomness come in through [`Clock`] and [`Rng`],
//! so that every decision built on this crate can be replayed in a test.
#![deny(missing_docs)]

mod access;
mod actor;
mod event;
mod fault;
mod id;
mod page;
mod random;
mod scope;
mod secret;
mod time;

pub use access::{Access, Limit, Permission};
pub use actor::{Actor, Authentication};
pub use event::{Event, EventKind, Field, Loud, Privacy, Record, Severity, Silent, Target};
pub use fault::{Demand, Denial, Fault, FaultKind, MissingScopes};
pub use id::{
    AgentId, ApiKeyId, AuthorizationCodeId, ClientId, CompanyId, DecoupledRequestId, FamilyId, GroupId, JobId, KeyId, OrgId,
    RefreshTokenId, RoleId, SessionId, TokenId, TransactionId, UserId, UserImportId,
};
pub use page::{Page, PageRequest, SortDirection};
pub use random::Rng;
pub use scope::Scopes;
pub use secret::Secret;
pub use time::{Clock, Timestamp};
