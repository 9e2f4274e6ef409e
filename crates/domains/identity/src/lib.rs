//! Organizations, users, groups, roles, sessions, API keys, and who may call.
#![deny(missing_docs)]

pub mod admin_api_keys;
pub mod admin_companies;
pub mod admin_groups;
pub mod admin_invitations;
pub mod admin_permissions;
pub mod admin_roles;
pub mod admin_sessions;
pub mod admin_users;
pub mod administrators;
pub mod api_keys;
pub mod browser;
pub mod change;
pub mod companies;
pub mod email_templates;
pub mod envelope;
pub mod groups;
pub mod guard;
pub mod guesses;
pub mod holding;
pub mod identities;
pub mod invitations;
pub mod mail_requests;
pub mod me;
pub mod named;
pub mod organizations;
pub mod paging;
pub mod permissions;
pub mod privilege;
pub mod roles;
pub mod scopes;
pub mod secret;
pub mod sessions;
pub mod settings;
pub mod slug;
pub mod step_up;
#[cfg(test)]
mod testing;
pub mod user_imports;
pub mod users;

use flow::{Catalogue, Jobs};

/// Every operation of this domain.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    let catalogue = catalogue.with(settings::mount).with(email_templates::mount);
    let people = catalogue.with(me::mount).with(admin_users::mount).with(user_imports::mount);
    let people = people.with(admin_invitations::mount).with(admin_companies::mount);
    let people = people.with(admin_roles::mount).with(admin_groups::mount).with(admin_permissions::mount);
    people.with(admin_sessions::mount).with(admin_api_keys::mount)
}

/// The jobs this domain queues.
pub fn jobs(jobs: Jobs) -> Jobs {
    jobs.with::<mail_requests::MailRequest>().with::<invitations::InvitationMail>().with::<users::GiveWords>()
}
