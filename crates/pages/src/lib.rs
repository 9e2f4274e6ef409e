//! Server-rendered pages and mails: templates, one style sheet, words for people.
//!
//! Each page is a plain value ([`SignIn`], [`Consent`], ...) with `html()`, the whole document, and `policy()`, the
//! `Content-Security-Policy` it must be served with. Each mail is a plain value with `mail()`. Nothing here does I/O or knows
//! HTTP. Every text is escaped where it is written; addresses that others chose are shown as links only if they lead to the web.
//!
//! Field names, element ids and addresses are listed in `docs/PAGES.md`; [`fields`] has the names for the code that reads forms.

mod assets;
mod brand;
mod check_session;
mod colour;
mod document;
mod examples;
pub mod fields;
mod form;
mod link;
pub mod mail;
mod moment;
mod qr;
mod sheet;
mod shell;
#[cfg(test)]
mod tests;
mod views;
mod words;

pub use assets::{Asset, asset, assets};
pub use brand::{Brand, Ground, Help, Look, Panel, Theme};
pub use check_session::{CHECK_SESSION_SCRIPT, check_session};
pub use colour::Colour;
pub use document::{POLICY, POLICY_LEAVING};
pub use examples::{Example, all_examples, console_example, reference_example};
pub use form::{Form, Problem};
pub use moment::Zone;
pub use qr::Qr;
pub use shell::{Notice, Shell};
pub use views::{
    Account, Action, Activity, Approval, ApprovalCode, ApprovalOutcome, ApprovalRequest, Approvals, Bar, Block, Cell,
    ChangePassword, CheckMail, ChooseAccount, ChooseCompany, Client, ConfirmEmail, ConnectedApp, Consent, Console, DemoHome,
    DemoSignedIn, Detail, Details, DeviceCode, DeviceConsent, DeviceDone, EmailVerified, Entry, EntryForm, EntryKind, ErrorPage,
    Figure, ForgotPassword, FormPost, Frame, Happening, Invitation, InvitationDeclined, InvitationRegister, KnownAccount,
    KnownCompany, Landing, Link, MailLine, MailPage, MailPurpose, Mailbox, Narrow, NavItem, OrgFront, Pager, Profile, Register,
    ResetPassword, Scope, Search, Session, SignIn, SignOut, SignedOut, Standing, Stranger, Table, TelevisionCode, TelevisionOff,
    TelevisionOn, Trouble, Verification,
};
pub use views::{Reference, ReferenceAnswer, ReferenceField, ReferenceGroup, ReferenceOperation};
pub use words::{
    ApiKeyWords, ApplicationWords, AreaWords, AuditWords, CompanyWords, ConsoleWords, FigureWords, KeyScopeWords, OverviewWords,
    PermitWords, TemplateWords, Words, said_with,
};
