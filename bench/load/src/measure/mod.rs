//! Loops that send requests, and the distribution of how long the answers took.

pub mod drive;
pub mod histogram;
pub mod pace;

pub use drive::{Client, Plan, Run, closed, open};
pub use histogram::Histogram;
