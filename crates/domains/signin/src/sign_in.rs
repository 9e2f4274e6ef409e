//! Signing in with a password.

mod events;
mod login_json;
mod login_submit;
mod show;
mod submit;
mod view;

pub use events::SigningIn;
pub use login_json::{LoginComplete, LoginJson};
pub use login_submit::LoginSubmit;
pub use show::ShowSignIn;
pub(crate) use show::waiting;
pub use submit::SignIn;

use flow::Catalogue;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowSignIn>().mount::<SignIn>().mount::<LoginSubmit>().mount::<LoginJson>()
}
