//! The pages, one value each.

mod account;
mod approval;
mod authorize;
mod console;
mod details;
mod dev;
mod device;
mod front;
mod invitation;
mod password;
mod reference;
mod register;
mod sign_in;
mod sign_out;
mod television;
mod trouble;

pub use account::{Account, Activity, ConnectedApp, Happening, Profile, Session};
pub use approval::{Approval, ApprovalCode, ApprovalOutcome, ApprovalRequest, Approvals};
pub use authorize::{
    ChooseAccount, ChooseCompany, Client, Consent, Detail, FormPost, KnownAccount, KnownCompany, Scope, Stranger,
};
pub use console::{
    Action, Bar, Block, Cell, Console, Entry, EntryForm, EntryKind, Figure, Link, Narrow, NavItem, Pager, Search, Table,
};
pub use details::Details;
pub use dev::{DemoHome, DemoSignedIn, MailLine, MailPage, Mailbox};
pub use device::{DeviceCode, DeviceConsent, DeviceDone};
pub use front::{Landing, OrgFront};
pub use invitation::{Invitation, InvitationDeclined, InvitationRegister, Standing};
pub use password::{ChangePassword, ForgotPassword, ResetPassword};
pub(crate) use reference::pieces;
pub use reference::{Reference, ReferenceAnswer, ReferenceField, ReferenceGroup, ReferenceOperation};
pub use register::{CheckMail, ConfirmEmail, EmailVerified, MailPurpose, Register, Verification};
pub use sign_in::SignIn;
pub use sign_out::{Frame, SignOut, SignedOut};
pub use television::{TelevisionCode, TelevisionOff, TelevisionOn};
pub use trouble::{ErrorPage, Trouble};
