//! Attacks on the front channel that must fail: the pages, the authorization endpoint, the ways back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

mod hosts;
mod pages;
mod redirects;
mod requests;
mod sessions;
