//! Stories through the full runner.

mod account;
mod front;
mod invitation;
mod mail;
mod recovery;
mod register;
mod sign_in;
mod transaction;
