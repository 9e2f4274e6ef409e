//! The shape of a language: every sentence the pages and mails say, by page.
//!
//! A language is one constant of type [`Words`]. A sentence that lacks a translation is a field that lacks a value, which does not
//! compile. Sentences that speak about something take it as an argument, so that each language may put it where it belongs.

use super::console::ConsoleWords;

/// A sentence about a name, an address or a date.
pub type About = fn(&str) -> String;
/// A sentence about a number.
pub type Count = fn(u32) -> String;

/// One language.
#[derive(Debug)]
pub struct Words {
    /// BCP 47 language tag, for `lang`.
    pub tag: &'static str,
    /// Writing direction, for `dir`: `ltr` or `rtl`.
    pub dir: &'static str,
    pub months: [&'static str; 12],
    /// A date from day, month and year: `23 November 2026`.
    pub date: fn(day: &str, month: &str, year: &str) -> String,
    pub common: Common,
    pub sign_in: SignInWords,
    pub register: RegisterWords,
    pub chooser: ChooserWords,
    pub invitation: InvitationWords,
    pub consent: ConsentWords,
    pub device: DeviceWords,
    pub approval: ApprovalWords,
    pub scopes: ScopeWords,
    pub sign_out: SignOutWords,
    pub password: PasswordWords,
    pub check_mail: CheckMailWords,
    pub verified: VerifiedWords,
    pub account: AccountWords,
    pub details: DetailWords,
    pub activity: ActivityWords,
    pub trouble: TroubleWords,
    pub problem: ProblemWords,
    pub notice: NoticeWords,
    pub front: FrontWords,
    pub dev: DevWords,
    pub claims: ClaimWords,
    pub mail: MailWords,
    pub console: ConsoleWords,
}

/// Said on many pages.
#[derive(Debug)]
pub struct Common {
    pub skip: &'static str,
    pub show: &'static str,
    pub hide: &'static str,
    pub email: &'static str,
    pub password: &'static str,
    pub new_password: &'static str,
    pub password_hint: Count,
    pub privacy: &'static str,
    pub terms: &'static str,
    pub cancel: &'static str,
    pub proceed: &'static str,
    pub back: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub back_to_sign_in: &'static str,
    pub account: &'static str,
    pub help: &'static str,
    pub run_with: &'static str,
}

#[derive(Debug)]
pub struct SignInWords {
    pub title: &'static str,
    pub to_org: About,
    pub to_app: About,
    pub identifier: &'static str,
    pub remember: &'static str,
    pub button: &'static str,
    pub forgot: &'static str,
    pub new_here: &'static str,
    pub register: &'static str,
}

#[derive(Debug)]
pub struct RegisterWords {
    pub title: &'static str,
    pub at_org: About,
    pub button: &'static str,
    pub have_account: &'static str,
    pub agree: &'static str,
}

/// Choosing among accounts.
#[derive(Debug)]
pub struct ChooserWords {
    pub title: &'static str,
    pub other: &'static str,
    pub company: &'static str,
    pub sign_out_of: About,
}

/// Being invited into a company.
#[derive(Debug)]
pub struct InvitationWords {
    pub title: About,
    pub by: About,
    pub by_nobody: &'static str,
    pub role: About,
    pub until: About,
    pub sign_in: &'static str,
    pub other: &'static str,
    pub accept: &'static str,
    pub decline: &'static str,
    pub declined_title: &'static str,
    pub declined: &'static str,
}

#[derive(Debug)]
pub struct ConsentWords {
    pub title: About,
    pub lead: About,
    pub publisher: About,
    /// After the host of an application that this organization didn't register.
    pub stranger: About,
    pub local: &'static str,
    pub signed_in_as: &'static str,
    pub not_you: &'static str,
    pub destination: About,
    pub check_address: &'static str,
    pub allow: &'static str,
    pub deny: &'static str,
    pub later: &'static str,
}

/// Granting a device what it asks for.
#[derive(Debug)]
pub struct DeviceWords {
    pub title: &'static str,
    pub lead: &'static str,
    pub compare: &'static str,
    pub code: &'static str,
    pub unknown: &'static str,
    pub not_administrators: &'static str,
    pub elsewhere: &'static str,
    pub ask: About,
    pub code_shown: &'static str,
    pub software: &'static str,
    pub place: &'static str,
    pub at: &'static str,
    pub warning: &'static str,
    pub allow: &'static str,
    pub deny: &'static str,
    pub approved_title: &'static str,
    pub approved: &'static str,
    pub denied_title: &'static str,
    pub denied: &'static str,
}

/// Approving what a client asks for on its own.
#[derive(Debug)]
pub struct ApprovalWords {
    pub title: &'static str,
    pub lead: &'static str,
    pub none: &'static str,
    pub look: &'static str,
    pub ask: About,
    pub message: &'static str,
    pub compare: &'static str,
    pub warning: &'static str,
    pub at: &'static str,
    pub until: &'static str,
    pub allow: &'static str,
    pub deny: &'static str,
    pub approved: &'static str,
    pub denied: &'static str,
    pub stale: &'static str,
    pub too_weak: &'static str,
    pub code_title: &'static str,
    pub code_lead: &'static str,
    pub code_none: &'static str,
    pub code_set_at: About,
    pub code_new: &'static str,
    pub code_hint: &'static str,
    pub code_open: &'static str,
    pub code_save: &'static str,
    pub code_remove: &'static str,
    pub code_unfit: &'static str,
    pub code_is_password: &'static str,
    pub mail_subject: About,
    pub mail: About,
    pub mail_message: About,
    pub mail_ignore: &'static str,
}

/// The scopes of OpenID Connect Core 1.0 §5.4 and §11, and LumoAuth's own claims scopes, in words of people.
#[derive(Debug)]
pub struct ScopeWords {
    pub openid: &'static str,
    pub profile: &'static str,
    pub email: &'static str,
    pub phone: &'static str,
    pub address: &'static str,
    pub offline_access: &'static str,
    pub roles: &'static str,
    pub groups: &'static str,
    pub permissions: &'static str,
    pub organization: &'static str,
}

#[derive(Debug)]
pub struct SignOutWords {
    pub title: &'static str,
    pub signed_in_as: About,
    pub asked_by: About,
    pub button: &'static str,
    pub stay: &'static str,
    pub done_title: &'static str,
    pub done: &'static str,
    pub again: &'static str,
    pub back_to: About,
}

/// Forgotten, reset and changed passwords.
#[derive(Debug)]
pub struct PasswordWords {
    pub forgot_title: &'static str,
    pub forgot: &'static str,
    pub forgot_button: &'static str,
    pub reset_title: &'static str,
    pub reset_button: &'static str,
    pub change_title: &'static str,
    pub current: &'static str,
    pub change_button: &'static str,
}

#[derive(Debug)]
pub struct CheckMailWords {
    pub title: &'static str,
    pub verify: About,
    pub reset: About,
    pub nothing_there: &'static str,
    pub resend: &'static str,
}

#[derive(Debug)]
pub struct VerifiedWords {
    pub done_title: &'static str,
    pub done: &'static str,
    pub expired_title: &'static str,
    pub expired: &'static str,
    pub resend: &'static str,
}

#[derive(Debug)]
pub struct AccountWords {
    pub title: &'static str,
    pub profile: &'static str,
    pub profile_lead: &'static str,
    pub save: &'static str,
    pub confirmed: &'static str,
    pub unconfirmed: &'static str,
    pub confirm: &'static str,
    pub password_changed: About,
    pub password_never: &'static str,
    pub sessions: &'static str,
    pub sessions_lead: &'static str,
    pub this_device: &'static str,
    pub last_active: About,
    pub revoke: &'static str,
    pub revoke_named: About,
    pub revoke_others: &'static str,
    pub apps: &'static str,
    pub apps_lead: &'static str,
    pub no_apps: &'static str,
    pub connected_since: About,
    pub disconnect: &'static str,
    pub disconnect_named: About,
    pub activity: &'static str,
    pub no_activity: &'static str,
    pub sign_out: &'static str,
}

/// What people tell about themselves besides their name.
#[derive(Debug)]
pub struct DetailWords {
    pub title: &'static str,
    pub lead: &'static str,
    pub open: &'static str,
    pub middle_name: &'static str,
    pub nickname: &'static str,
    pub gender: &'static str,
    pub birthdate: &'static str,
    pub picture: &'static str,
    pub profile: &'static str,
    pub website: &'static str,
    pub locale_hint: &'static str,
    pub zoneinfo_hint: &'static str,
    pub phone_hint: &'static str,
    pub street_address: &'static str,
    pub postal_code: &'static str,
    pub locality: &'static str,
    pub region: &'static str,
    pub country: &'static str,
}

/// What happened to an account, one line each.
#[derive(Debug)]
pub struct ActivityWords {
    pub registered: &'static str,
    pub signed_in: &'static str,
    pub sign_in_failed: &'static str,
    pub signed_out: &'static str,
    pub email_confirmed: &'static str,
    pub password_changed: &'static str,
    pub password_reset: &'static str,
    pub profile_changed: &'static str,
    pub session_ended: &'static str,
    pub app_connected: About,
    pub app_disconnected: About,
}

/// What went wrong, and what to do now.
#[derive(Debug)]
pub struct TroubleWords {
    pub request: Trouble3,
    pub unknown_app: Trouble3,
    pub return_address: Trouble3,
    pub expired: Trouble3,
    pub dead_link: Trouble3,
    pub dead_invitation: Trouble3,
    pub not_found: Trouble3,
    pub forbidden: Trouble3,
    pub too_many: Trouble3,
    pub unavailable: Trouble3,
    pub server: Trouble3,
    pub details: &'static str,
    pub request_id: &'static str,
    pub code: &'static str,
    pub description: &'static str,
}

/// A title, what happened, what to do now.
#[derive(Debug)]
pub struct Trouble3 {
    pub title: &'static str,
    pub what: &'static str,
    pub next: &'static str,
}

/// Why a form came back.
#[derive(Debug)]
pub struct ProblemWords {
    pub wrong_credentials: &'static str,
    pub account_blocked: &'static str,
    pub email_unconfirmed: &'static str,
    pub too_many_tries: Count,
    pub form_expired: &'static str,
    pub missing: &'static str,
    pub unreadable: &'static str,
    pub email_invalid: &'static str,
    pub email_not_allowed: &'static str,
    pub email_taken: &'static str,
    pub password_too_short: Count,
    pub password_too_long: Count,
    pub password_too_common: &'static str,
    pub password_too_simple: &'static str,
    pub password_reused: &'static str,
    pub password_wrong: &'static str,
    pub registration_closed: &'static str,
}

/// What was done, or why something is asked.
#[derive(Debug)]
pub struct NoticeWords {
    pub sign_in_again: &'static str,
    pub password_saved: &'static str,
    pub profile_saved: &'static str,
    pub session_ended: &'static str,
    pub sessions_ended: &'static str,
    pub app_disconnected: &'static str,
    pub mail_sent: &'static str,
    pub approval_code_saved: &'static str,
    pub approval_code_removed: &'static str,
    pub joined: &'static str,
    pub password_too_old: &'static str,
}

/// Front pages of the server and of an organization.
#[derive(Debug)]
pub struct FrontWords {
    pub title: &'static str,
    pub lead: &'static str,
    pub running: &'static str,
    pub docs: &'static str,
    pub docs_lead: &'static str,
    pub discovery: &'static str,
    pub discovery_lead: &'static str,
    pub demo: &'static str,
    pub demo_lead: &'static str,
    pub mailbox: &'static str,
    pub mailbox_lead: &'static str,
    pub org_title: About,
    pub org_lead: &'static str,
    pub signed_in_as: About,
    pub open_account: &'static str,
}

/// The automatic form, the demo application and the development mailbox.
#[derive(Debug)]
pub struct DevWords {
    pub returning: About,
    pub returning_lead: &'static str,
    pub cannot_return: &'static str,
    pub only_here: &'static str,
    pub mailbox: &'static str,
    pub mailbox_lead: &'static str,
    pub mailbox_empty: &'static str,
    pub mail_to: About,
    pub all_mails: &'static str,
    pub app: &'static str,
    pub app_lead: &'static str,
    pub app_login: &'static str,
    pub app_hello: About,
    pub app_learned: &'static str,
    pub app_logout: &'static str,
    pub tv: &'static str,
    pub tv_lead: &'static str,
    pub tv_on: &'static str,
    pub tv_scan: &'static str,
    pub tv_waits: &'static str,
    pub tv_learned: &'static str,
    pub tv_again: &'static str,
}

/// Names of claims (OpenID Connect Core 1.0 §5.1) as people would say them.
#[derive(Debug)]
pub struct ClaimWords {
    pub sub: &'static str,
    pub name: &'static str,
    pub given_name: &'static str,
    pub family_name: &'static str,
    pub preferred_username: &'static str,
    pub email: &'static str,
    pub email_verified: &'static str,
    pub phone_number: &'static str,
    pub address: &'static str,
    pub locale: &'static str,
    pub zoneinfo: &'static str,
    pub auth_time: &'static str,
    pub updated_at: &'static str,
    pub tenant: &'static str,
    pub iss: &'static str,
    pub aud: &'static str,
    pub roles: &'static str,
    pub groups: &'static str,
}

#[derive(Debug)]
pub struct MailWords {
    /// Where people who need help turn to.
    pub help: About,
    pub ends_subject: About,
    pub ends: About,
    pub ends_when: About,
    pub ends_later: &'static str,
    pub hello: About,
    pub hello_nobody: &'static str,
    pub verify_subject: About,
    pub verify: About,
    pub verify_button: &'static str,
    pub verify_ignore: &'static str,
    pub reset_subject: About,
    pub reset: About,
    pub reset_button: &'static str,
    pub reset_ignore: &'static str,
    pub exists_subject: About,
    pub exists: About,
    pub changed_subject: About,
    pub changed: About,
    pub changed_when: About,
    pub changed_not_you: &'static str,
    pub changed_button: &'static str,
    pub linked_subject: About,
    pub linked: About,
    pub unlinked_subject: About,
    pub unlinked: About,
    pub link_unexpected: &'static str,
    pub link_button: &'static str,
    pub invite_subject: About,
    pub invite: About,
    pub invite_button: &'static str,
    pub invite_ignore: &'static str,
    pub invite_sent_by: About,
    pub minutes: Count,
    pub hours: Count,
    pub days: Count,
    pub valid_for: About,
    pub copy_link: &'static str,
    pub sent_by: About,
}
