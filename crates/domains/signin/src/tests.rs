//! Stories through the full runner.

mod account;
mod accounts;
mod front;
mod general;
mod invitation;
mod mail;
mod recovery;
mod register;
mod relay;
mod renewal;
mod sign_in;
mod transaction;
