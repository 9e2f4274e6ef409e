//! Signing in with a password.

mod events;
mod helpers;
mod show;
mod submit;
mod view;

pub use events::SigningIn;
pub use helpers::{LoginComplete, LoginJson, LoginSubmit};
pub use show::ShowSignIn;
pub(crate) use show::waiting;
pub use submit::SignIn;

use flow::Catalogue;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowSignIn>().mount::<SignIn>().mount::<LoginSubmit>().mount::<LoginJson>()
}
