//! The pages of what waits for somebody's approval.

use super::data::{form, hours_ago, notes, payment};
use super::{Examples, show};
use crate::Example;
use crate::views::{Approval, ApprovalOutcome, ApprovalRequest, Approvals, Scope};

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
            account: "person@example.com".into(),
            back_url,
        };
        show!(self, "approval", one);
    }
}
