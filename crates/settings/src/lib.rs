//! Process configuration: what `lumoauth serve` needs to know before it can open its database.
//!
//! One table (`keys.rs`) declares every key with its meaning, default and example. Loading, the explanation, the reference page
//! and the example file are all made from it. Values come from a TOML file and, over it, from environment variables, which the
//! caller hands in. Settings of an organization are not here but in the database.
#![deny(missing_docs)]

mod explain;
mod given;
mod key;
mod keys;
mod load;
mod nearest;
mod problem;
mod read;
mod reader;
mod types;

pub use explain::{Explained, Explanation, example_toml, reference_markdown};
pub use given::Origin;
pub use problem::{Place, Problem};
pub use types::{
    ClientCertificates, Database, Encryption, Hashing, Limits, Log, LogFormat, Mail, Mtls, Outbound, Proxy, Rate, Settings, Smtp,
    Tls,
};
