//! How a person proves who they are, and the pages around it.
#![deny(missing_docs)]

mod entrance;
mod links;
mod mail;
pub mod mailbox;
mod onward;
mod page;
mod policy;
pub mod transaction;

pub use mail::{Mailer, MailerRefused, SendMail};
