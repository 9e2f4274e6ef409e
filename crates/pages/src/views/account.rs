//! What people see and change of their own account.

use super::Scope;
use super::authorize::familiar_first;
use crate::{Form, Shell, Words, document::document, link};
use askama::{Template, filters::Safe};
use kernel::Timestamp;

/// The account page.
#[derive(Clone, Template)]
#[template(path = "account.html")]
pub struct Account {
    pub shell: Shell,
    pub profile: Profile,
    /// Where people tell more about themselves.
    pub details_url: String,
    /// Where what waits for one's approval is listed.
    pub approvals_url: String,
    /// Where the code for approvals is set.
    pub approval_code_url: String,
    /// Where the password is changed.
    pub change_password_url: String,
    pub password_changed_at: Option<Timestamp>,
    pub sessions: Vec<Session>,
    /// Ends sessions: each button sends its `session`, the last one `session=others`.
    pub revoke: Form,
    pub apps: Vec<ConnectedApp>,
    /// Disconnects applications: each button sends its `app`.
    pub disconnect: Form,
    pub activity: Vec<Activity>,
    /// Where the accounts of this browser are.
    pub accounts_url: String,
    /// Signs out at once.
    pub sign_out: Form,
}
document!(Account);

impl Account {
    fn has_other_sessions(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_current)
    }
    fn password_age(&self) -> String {
        let words = self.shell.words;
        self.password_changed_at
            .map_or_else(|| words.account.password_never.into(), |at| (words.account.password_changed)(&self.shell.day(at)))
    }
}

/// Who somebody is.
#[derive(Clone)]
pub struct Profile {
    pub form: Form,
    pub given_name: String,
    pub family_name: String,
    pub email: String,
    pub is_email_confirmed: bool,
    /// Sends a confirmation link; shown while the address is not confirmed.
    pub confirm: Option<Form>,
}

impl Profile {
    fn display_name(&self) -> String {
        let name = format!("{} {}", self.given_name, self.family_name);
        let name = name.trim();
        if name.is_empty() { self.email.clone() } else { name.to_owned() }
    }
    /// One letter for the picture that is not there.
    fn initial(&self) -> String {
        self.display_name().chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default()
    }
}

/// A place where somebody is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    /// `Firefox on Linux`, or whatever can be said.
    pub device: String,
    /// A city or an address.
    pub place: Option<String>,
    pub last_active: Timestamp,
    /// The session this page was asked for with; it cannot be ended here.
    pub is_current: bool,
}

impl Session {
    fn activity(&self, shell: &Shell) -> Safe<String> {
        shell.words.said_at(shell.words.account.last_active, self.last_active, &shell.brand.zone)
    }
}

/// An application that may use the account.
#[derive(Clone, Debug)]
pub struct ConnectedApp {
    pub id: String,
    pub name: String,
    pub logo_url: Option<String>,
    pub scopes: Vec<Scope>,
    pub since: Timestamp,
}

impl ConnectedApp {
    fn logo(&self) -> Option<&str> {
        link::picture(self.logo_url.as_ref())
    }
    fn wishes(&self) -> Vec<&Scope> {
        familiar_first(&self.scopes)
    }
    fn connected(&self, shell: &Shell) -> String {
        (shell.words.account.connected_since)(&shell.day(self.since))
    }
}

/// A line of the recent past.
#[derive(Clone, Debug)]
pub struct Activity {
    pub what: Happening,
    pub at: Timestamp,
    /// Device, city or address.
    pub place: Option<String>,
}

impl Activity {
    fn time(&self, shell: &Shell) -> Safe<String> {
        shell.time(self.at)
    }
}

/// What happened to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    Registered,
    SignedIn,
    SignInFailed,
    SignedOut,
    EmailConfirmed,
    PasswordChanged,
    PasswordReset,
    ProfileChanged,
    SessionEnded,
    /// The application's name.
    AppConnected(String),
    /// The application's name.
    AppDisconnected(String),
    /// A sentence of the caller's, already in the reader's language.
    Said(String),
}

impl Happening {
    fn text(&self, words: &Words) -> String {
        let a = &words.activity;
        match self {
            Self::Registered => a.registered.into(),
            Self::SignedIn => a.signed_in.into(),
            Self::SignInFailed => a.sign_in_failed.into(),
            Self::SignedOut => a.signed_out.into(),
            Self::EmailConfirmed => a.email_confirmed.into(),
            Self::PasswordChanged => a.password_changed.into(),
            Self::PasswordReset => a.password_reset.into(),
            Self::ProfileChanged => a.profile_changed.into(),
            Self::SessionEnded => a.session_ended.into(),
            Self::AppConnected(app) => (a.app_connected)(app),
            Self::AppDisconnected(app) => (a.app_disconnected)(app),
            Self::Said(text) => text.clone(),
        }
    }
    /// Lines worth a second look.
    fn is_warning(&self) -> bool {
        matches!(self, Self::SignInFailed)
    }
}
