//! Approving what a client asks for on its own (CIBA).

use super::authorize::familiar_first;
use super::{Client, Detail, Scope};
use crate::{Form, Shell, document::document};
use askama::{Template, filters::Safe};
use kernel::Timestamp;

/// What waits for somebody's approval.
#[derive(Clone, Template)]
#[template(path = "approvals.html")]
pub struct Approvals {
    pub shell: Shell,
    pub requests: Vec<ApprovalRequest>,
    /// What came of the decision before.
    pub outcome: Option<ApprovalOutcome>,
    pub back_url: String,
}
document!(Approvals);

impl Approvals {
    fn said(&self) -> Option<&'static str> {
        let words = &self.shell.words.approval;
        self.outcome.map(|outcome| match outcome {
            ApprovalOutcome::Approved => words.approved,
            ApprovalOutcome::Denied => words.denied,
            ApprovalOutcome::Stale => words.stale,
        })
    }
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalOutcome {
    Approved,
    Denied,
    /// It was decided before, or its time was over.
    Stale,
}

/// A request that waits.
#[derive(Clone, Debug)]
pub struct ApprovalRequest {
    /// Where it is shown by itself.
    pub url: String,
    /// Who asks.
    pub client: Client,
    /// What the person compares with what the other side shows, exactly as it was sent.
    pub binding_message: Option<String>,
    pub scopes: Vec<Scope>,
    /// What exactly.
    pub details: Vec<Detail>,
    pub at: Timestamp,
    pub until: Timestamp,
}

impl ApprovalRequest {
    fn wishes(&self) -> Vec<&Scope> {
        familiar_first(&self.scopes)
    }
    fn time(&self, shell: &Shell) -> Safe<String> {
        shell.time(self.at)
    }
    fn end(&self, shell: &Shell) -> Safe<String> {
        shell.time(self.until)
    }
}

/// One request. The buttons send `decision=allow` or `decision=deny`.
#[derive(Clone, Template)]
#[template(path = "approval.html")]
pub struct Approval {
    pub shell: Shell,
    pub form: Form,
    pub request: ApprovalRequest,
    /// Whether the person signed in too weakly to approve it: then they can only refuse.
    pub is_too_weak: bool,
    /// Who is signed in: an email address or username.
    pub account: String,
    pub back_url: String,
}
document!(Approval);

/// The code by which services may ask for one's approval.
#[derive(Clone, Template)]
#[template(path = "approval_code.html")]
pub struct ApprovalCode {
    pub shell: Shell,
    pub form: Form,
    /// Who is signed in: an email address or username.
    pub account: String,
    /// When it was set; `None` if there is none.
    pub set_at: Option<Timestamp>,
    /// Removes it.
    pub remove: Form,
    pub back_url: String,
}
document!(ApprovalCode);

impl ApprovalCode {
    fn standing(&self) -> String {
        let words = self.shell.words;
        self.set_at.map_or_else(|| words.approval.code_none.into(), |at| (words.approval.code_set_at)(&self.shell.day(at)))
    }
}
