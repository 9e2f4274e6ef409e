//! Making an account of one's own, and showing that the address is one's own.
//!
//! Nobody learns whether an address is taken: the answer is the same, and the mail tells only its owner. An account comes into
//! use when its address was confirmed. The password that was typed counts only if the link was opened in the browser that typed
//! it; opened elsewhere, the person chooses one anew. So nobody can prepare an account with somebody else's address and wait
//! until they confirm it (Sudhodanan and Paverd, "Pre-hijacked accounts", 2022).

mod confirm;
mod events;
mod overdue;
mod pending;
mod resend;
mod show;
mod submit;
mod view;

pub use confirm::{ConfirmEmail, ShowConfirmEmail};
pub use events::{Confirming, Registering};
pub use overdue::{RemoveOverdue, remove_overdue};
pub(crate) use pending::{activate, is_pending, register_anew, wait_until};
pub use resend::{AddressMail, ResendVerification};
pub(crate) use resend::{Wanted, write_again};
pub use show::ShowRegister;
pub use submit::Register;
pub(crate) use submit::full_name;
pub(crate) use view::check_mail;

use flow::Catalogue;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ShowRegister>()
        .mount::<Register>()
        .mount::<ShowConfirmEmail>()
        .mount::<ConfirmEmail>()
        .mount::<ResendVerification>()
}
