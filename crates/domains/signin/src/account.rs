//! What people see and change of their own account.

mod activity;
mod approval_code;
mod apps;
mod details;
pub(crate) mod device;
mod password;
mod profile;
mod proof;
mod sessions;
mod show;

pub use approval_code::{CodeForm, Coding, RemovalForm, RemoveApprovalCode, SetApprovalCode, ShowApprovalCode};
pub use apps::{AppForm, DisconnectApp, Disconnecting};
pub use details::{DetailsForm, ShowDetails, Telling, UpdateDetails};
pub use device::device;
pub use password::{ChangePassword, Changing, ShowChangePassword};
pub use profile::{Editing, ResendConfirmation, UpdateProfile};
pub use sessions::{EndSession, Ending};
pub use show::ShowAccount;

use flow::{Catalogue, Prep};
use identity::browser;
use kernel::{Fault, Secret};

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ShowAccount>()
        .mount::<UpdateProfile>()
        .mount::<ShowDetails>()
        .mount::<UpdateDetails>()
        .mount::<ResendConfirmation>()
        .mount::<ShowChangePassword>()
        .mount::<ChangePassword>()
        .mount::<ShowApprovalCode>()
        .mount::<SetApprovalCode>()
        .mount::<RemoveApprovalCode>()
        .mount::<EndSession>()
        .mount::<DisconnectApp>()
}

/// Check the token of a form whose page the person can simply open again.
fn check(prep: &Prep, csrf: Option<Secret>) -> Result<(), Fault> {
    browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &csrf.unwrap_or_default())
}
