//! A forgotten password: a link by mail, and a new password by that link.

mod forgot;
mod new_password;
pub(crate) mod renewal;
mod reset;
mod view;

pub use forgot::{Forgetting, ForgotPassword, ShowForgotPassword};
pub(crate) use new_password::new_hash;
pub use reset::{ResetPassword, Resetting, ShowResetPassword};

use flow::Catalogue;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowForgotPassword>().mount::<ForgotPassword>().mount::<ShowResetPassword>().mount::<ResetPassword>()
}
