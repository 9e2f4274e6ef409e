//! The server put together, and its command line.

pub mod assemble;
pub mod cli;
pub mod command;
pub mod dev_tls;
pub mod first_start;
pub mod notes;
pub mod operator;
