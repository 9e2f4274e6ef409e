//! HTTP as cheap as it gets: preassembled requests, keep-alive, and no more parsing than a correctness check needs.

pub mod browser;
pub mod connection;
pub mod cookies;
pub mod form;
pub mod reply;
pub mod request;

pub use browser::{Browser, Credentials};
pub use connection::Connection;
pub use reply::Reply;
pub use request::Origin;
