//! The Operation: one endpoint, one value; and the runner that is the only thing that commits.
//!
//! A request goes: find the organization → count it against its rate class → prove who calls ([`Authenticator`]) → parse the input
//! ([`Parse`]) → prepare what needs the network or the hashing pool ([`Prepare`]) → run inside a transaction ([`Operation::run`])
//! → commit effects and event together → reply ([`Reply`]). A refusal at any step is recorded too.
#![deny(missing_docs)]

mod answer;
mod authenticate;
mod catalogue;
mod clock;
mod cx;
mod field;
mod hashing;
mod incoming;
mod input;
mod jobs;
mod limiter;
mod operation;
mod outbound;
mod password;
mod record;
mod rooms;
mod runner;
mod services;
#[cfg(feature = "testing")]
pub mod testing;

pub use answer::{Answer, Body, Cookie, Created, FRAMEABLE, Html, Json, NoContent, Reach, Redirect, Reply, ReplyDoc};
pub use authenticate::{Authenticator, BoxFuture, Caller, SingleUse};
pub use catalogue::{Catalogue, Entry};
pub use clock::SystemClock;
pub use cx::{Cx, Prep};
pub use field::{Field, Text};
pub use hashing::{Hashing, Verification};
pub use incoming::{BodyFields, ClientCertificate, Incoming, Peer};
pub use input::{Fields, NoInput, Parameter, Parse, Source, unknown_field};
pub use jobs::{ATTEMPTS as JOB_ATTEMPTS, Job, Jobs};
pub use limiter::{Budget, Limiter, Rate, Rates};
pub use operation::{Audits, Method, Mode, Operation, Prepare, ResolveScope, Route, SensitiveReads, Surface, Verdict};
pub use outbound::{Blocked, Connection, Fetched, Outbound, OutboundFault, OutboundPolicy};
pub use password::{HashRefused, Password, PasswordHash, PasswordRefused};
pub use record::{FAILED, REFUSED};
pub use rooms::Rooms;
pub use runner::act;
pub use services::{Services, ServicesParts};
pub use store::{OneOrg, Platform, Reads, Writes};
