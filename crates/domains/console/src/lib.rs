//! The console: `/orgs/{org}/portal`, the administration as server-rendered pages.
//!
//! It knows no rules of its own. A page asks operations of the API and shows what they answer ([`view`]); a form of a page is an
//! operation of the API that takes its fields from the form ([`action`]). So whatever the console does obeys the same rules, is
//! recorded by the same events, and can be done by a program as well.
#![deny(missing_docs)]

pub mod action;
mod api_keys;
mod applications;
mod ask;
mod audit;
mod companies;
mod figures;
mod form;
mod frame;
mod groups;
mod invitations;
mod keys;
mod overview;
mod permits;
mod roles;
mod sessions;
mod settings;
mod templates;
mod users;
pub mod view;

use flow::Catalogue;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .with(overview::mount)
        .with(figures::mount)
        .with(users::mount)
        .with(invitations::mount)
        .with(groups::mount)
        .with(roles::mount)
        .with(companies::mount)
        .with(sessions::mount)
        .with(applications::mount)
        .with(permits::mount)
        .with(api_keys::mount)
        .with(keys::mount)
        .with(templates::mount)
        .with(settings::mount)
        .with(audit::mount)
}
