//! The subcommands.

pub mod all;
pub mod compare;
pub mod loads;
pub mod product;
pub mod proofs;
pub mod start;
