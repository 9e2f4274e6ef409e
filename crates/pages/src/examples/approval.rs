//! The pages of what waits for somebody's approval.

use super::data::{form, hours_ago, notes, payment};
use super::{Examples, show};
use crate::views::{Approval, ApprovalCode, ApprovalOutcome, ApprovalRequest, Approvals, Scope};
use crate::{Example, Problem, fields};

impl Examples {
    pub(super) fn approval(&mut self) {
        let request = ApprovalRequest {
            url: "/orgs/acme/account/requests/r1".into(),
            client: notes(),
            binding_message: Some("W4SCT <47>".into()),
            scopes: ["openid", "email"].map(Scope::named).into(),
            details: vec![payment()],
            at: hours_ago(0),
            until: hours_ago(-1),
        };
        let back_url = "/orgs/acme/account".to_owned();
        let two = vec![request.clone(), ApprovalRequest { binding_message: None, ..request.clone() }];
        let list = Approvals { shell: self.shell(), requests: two, outcome: None, back_url: back_url.clone() };
        show!(self, "approvals", list.clone());
        for (name, outcome) in [
            ("approvals-approved", ApprovalOutcome::Approved),
            ("approvals-denied", ApprovalOutcome::Denied),
            ("approvals-stale", ApprovalOutcome::Stale),
        ] {
            let page = Approvals { requests: Vec::new(), outcome: Some(outcome), ..list.clone() };
            let (language, html, policy) = (self.words.tag, page.html(), page.policy());
            self.found.push(Example { name, language, html, policy: policy.into() });
        }
        let one = Approval {
            shell: self.shell(),
            form: form("/orgs/acme/account/requests/r1"),
            request,
            is_too_weak: false,
            account: "person@example.com".into(),
            back_url,
        };
        show!(self, "approval", one.clone());
        show!(self, "approval-too-weak", Approval { is_too_weak: true, ..one });
        let code = ApprovalCode {
            shell: self.shell(),
            form: form("/orgs/acme/account/approval-code"),
            account: "person@example.com".into(),
            set_at: None,
            remove: form("/orgs/acme/account/approval-code/remove"),
            back_url: "/orgs/acme/account".into(),
        };
        show!(self, "approval-code", code.clone());
        let refused = form("/orgs/acme/account/approval-code").with_problem(Problem::Unreadable(fields::APPROVAL_CODE));
        show!(self, "approval-code-refused", ApprovalCode { form: refused, set_at: Some(hours_ago(900)), ..code });
    }
}
