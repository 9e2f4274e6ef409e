//! Figures: how many users there are, and how often they sign in.
//!
//! What happened is counted by day when events get their place in the log, so that nothing here walks through it. Days are those of
//! UTC. A day on which nothing happened has no row.

mod census;
mod dashboard;
mod logins;
mod span;
mod users;

pub use dashboard::ShowDashboard;
pub use logins::CountLogins;
pub use users::CountUsers;

use flow::Catalogue;

/// The operations of this module.
pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowDashboard>().mount::<CountLogins>().mount::<CountUsers>()
}

#[cfg(test)]
mod tests;
