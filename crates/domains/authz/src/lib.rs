//! Permission checks: may this person or agent do that?
//!
//! The organization comes from the credential; the routes name none. A check answers for whoever is behind the credential (for
//! an API key the person who made it), or for another subject if the caller may ask about others.
#![deny(missing_docs)]

mod asked;
mod check;
mod list;
mod subject;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use flow::Catalogue;

/// Every operation of this domain.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<check::CheckPermission>()
        .mount::<check::CheckAnyPermission>()
        .mount::<check::CheckAllPermissions>()
        .mount::<check::CheckPermissions>()
        .mount::<list::ListPermissions>()
}
