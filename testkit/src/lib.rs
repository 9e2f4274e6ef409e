//! The whole server in a test: real routes over a real database, with a clock and randomness the test holds in its hand.
//!
//! ```no_run
//! # async fn story() {
//! let app = testkit::TestApp::start().await;
//! let token = app.service_token("").await;
//! app.clock.advance(std::time::Duration::from_secs(3600));
//! assert_eq!(app.get("/orgs/acme-corp/api/v1/me").bearer(&token).send().await.status, 401);
//! # }
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "tests stop at the first surprise"
)]

mod app;
mod browser;
mod database;
mod listening;
mod request;
mod web;

pub use app::TestApp;
pub use browser::{Browser, Form, forms};
pub use database::{Database, databases};
pub use flow::testing::{FakeClock, SeededRng};
pub use listening::Listening;
pub use request::{Answered, Sending};
pub use web::{WebCertificate, web_certificate};
