//! How a person proves who they are, and the pages around it.

pub mod transaction;
