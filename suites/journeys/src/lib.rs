//! Stories through the whole server: what they share. Each file under `tests` has one theme, each test is a sentence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "tests stop at the first surprise"
)]

pub mod admin;
pub mod certificates;
pub mod ciba;
pub mod code;
pub mod device;
pub mod documents;
pub mod dynamic;
pub mod fapi;
pub mod fapi_modules;
pub mod flows;
pub mod holder;
pub mod keys;
pub mod mail;
pub mod modules;
pub mod objects;
pub mod organizations;
pub mod pages;
pub mod people;
pub mod plan;
pub mod plans;
pub mod record;
pub mod rp;
pub mod shape;
pub mod tokens;

/// Run these at the same time and wait for all of them.
pub async fn at_once<T, F>(tasks: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    tasks.into_iter().collect::<tokio::task::JoinSet<T>>().join_all().await
}
