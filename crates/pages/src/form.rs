//! Where a form goes, what travels with it, and why it came back.

use crate::words::Words;

/// A form's outside. It has no `Debug`: the token must not reach a log.
#[derive(Clone, Default)]
pub struct Form {
    /// The address it is sent to, by POST.
    pub action: String,
    /// Anti-forgery token, sent as [`crate::fields::CSRF`].
    pub csrf: String,
    /// Further fields that travel along unseen.
    pub hidden: Vec<(String, String)>,
    /// Why the form is shown again.
    pub problem: Option<Problem>,
}

/// Why a form is shown again. The texts say what to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Identifier and password do not match; never says which of the two.
    WrongCredentials,
    AccountBlocked,
    EmailUnconfirmed,
    /// Wait that many minutes.
    TooManyTries(u32),
    /// The anti-forgery token or the transaction is gone.
    FormExpired,
    /// A field was left empty: its name.
    Missing(&'static str),
    /// A field has something in it that it can't be: its name.
    Unreadable(&'static str),
    EmailInvalid,
    EmailTaken,
    /// Only addresses of certain domains may register.
    EmailNotAllowed,
    /// The least number of characters.
    PasswordTooShort(u32),
    /// The greatest number of characters.
    PasswordTooLong(u32),
    /// Known from breaches or common lists.
    PasswordTooCommon,
    /// Lacks kinds of characters that the organization demands.
    PasswordTooSimple,
    PasswordReused,
    /// The password so far was not the right one.
    PasswordWrong,
    RegistrationClosed,
    /// A sentence of the caller's, already in the reader's language.
    Said(String),
}

impl Form {
    /// A form without hidden fields or problem.
    pub fn new(action: impl Into<String>, csrf: impl Into<String>) -> Self {
        Self { action: action.into(), csrf: csrf.into(), ..Self::default() }
    }

    /// The same form, come back.
    #[must_use]
    pub fn with_problem(mut self, problem: Problem) -> Self {
        self.problem = Some(problem);
        self
    }

    /// Whether the problem lies in the field of that name.
    pub(crate) fn is_faulty(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.fields().contains(&field))
    }
}

impl Problem {
    pub(crate) fn text(&self, words: &Words) -> String {
        let p = &words.problem;
        match self {
            Self::WrongCredentials => p.wrong_credentials.into(),
            Self::AccountBlocked => p.account_blocked.into(),
            Self::EmailUnconfirmed => p.email_unconfirmed.into(),
            Self::TooManyTries(minutes) => (p.too_many_tries)(*minutes),
            Self::FormExpired => p.form_expired.into(),
            Self::Missing(_) => p.missing.into(),
            Self::Unreadable(_) => p.unreadable.into(),
            Self::EmailInvalid => p.email_invalid.into(),
            Self::EmailTaken => p.email_taken.into(),
            Self::EmailNotAllowed => p.email_not_allowed.into(),
            Self::PasswordTooShort(least) => (p.password_too_short)(*least),
            Self::PasswordTooLong(most) => (p.password_too_long)(*most),
            Self::PasswordTooCommon => p.password_too_common.into(),
            Self::PasswordTooSimple => p.password_too_simple.into(),
            Self::PasswordReused => p.password_reused.into(),
            Self::PasswordWrong => p.password_wrong.into(),
            Self::RegistrationClosed => p.registration_closed.into(),
            Self::Said(text) => text.clone(),
        }
    }

    fn fields(&self) -> &[&'static str] {
        match self {
            Self::WrongCredentials => &["identifier", "password"],
            Self::Missing(field) | Self::Unreadable(field) => std::slice::from_ref(field),
            Self::EmailInvalid | Self::EmailTaken | Self::EmailNotAllowed => &["email"],
            Self::PasswordTooShort(_)
            | Self::PasswordTooLong(_)
            | Self::PasswordTooCommon
            | Self::PasswordTooSimple
            | Self::PasswordReused => &["password"],
            Self::PasswordWrong => &["current_password"],
            Self::AccountBlocked
            | Self::EmailUnconfirmed
            | Self::TooManyTries(_)
            | Self::FormExpired
            | Self::RegistrationClosed
            | Self::Said(_) => &[],
        }
    }
}
