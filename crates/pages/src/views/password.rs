//! Forgotten, new and changed passwords.

use crate::{Form, Shell, document::document};
use askama::Template;

/// Asks for the address to send a link to. Answer with [`crate::CheckMail`], whoever the address belongs to.
#[derive(Clone, Template)]
#[template(path = "forgot_password.html")]
pub struct ForgotPassword {
    pub shell: Shell,
    pub form: Form,
    pub email: String,
    pub sign_in_url: String,
}
document!(ForgotPassword);

/// Where a reset link leads: choose a new password.
#[derive(Clone, Template)]
#[template(path = "reset_password.html")]
pub struct ResetPassword {
    pub shell: Shell,
    /// The link's token belongs into the hidden fields.
    pub form: Form,
    /// Whose password it is, so that a password manager knows too.
    pub account: String,
    pub least_password: u32,
}
document!(ResetPassword);

/// Changes the password of somebody who is signed in.
#[derive(Clone, Template)]
#[template(path = "change_password.html")]
pub struct ChangePassword {
    pub shell: Shell,
    pub form: Form,
    pub account: String,
    pub least_password: u32,
    pub back_url: String,
}
document!(ChangePassword);
