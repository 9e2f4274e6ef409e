//! How a person proves who they are, and the pages around it.
#![deny(missing_docs)]

pub mod account;
pub mod accounts;
mod entrance;
pub mod farewell;
pub mod front;
pub mod invitation;
mod links;
mod mail;
pub mod mailbox;
mod onward;
pub mod page;
mod policy;
pub mod recovery;
pub mod register;
pub mod sign_in;
pub mod sign_out;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod transaction;

pub use mail::{Mailer, MailerRefused, SendMail};

use flow::{Catalogue, Jobs, Rooms};
use identity::invitations::InvitationMailer;
use identity::mail_requests::UserMailer;
use std::sync::Arc;

/// Every operation of this domain.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .with(sign_in::mount)
        .with(register::mount)
        .with(invitation::mount)
        .with(recovery::mount)
        .with(sign_out::mount)
        .with(accounts::mount)
        .with(account::mount)
        .with(front::mount)
}

/// What development servers have besides: the mailbox.
pub fn mount_dev(catalogue: Catalogue) -> Catalogue {
    catalogue.with(mailbox::mount)
}

/// The jobs this domain queues.
pub fn jobs(jobs: Jobs) -> Jobs {
    jobs.with::<SendMail>().with::<register::AddressMail>()
}

/// What this domain keeps in memory: the way mail leaves.
pub fn rooms(rooms: Rooms, mailer: Mailer) -> Rooms {
    rooms.with(mailer).with(UserMailer(Arc::new(mail::Postman))).with(InvitationMailer(Arc::new(mail::Inviter)))
}
