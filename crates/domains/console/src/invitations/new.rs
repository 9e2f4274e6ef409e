//! Inviting somebody, or several at once.

use super::{InviteOne, InviteSeveral};
use crate::action::{Done, Then};
use crate::ask::{items, text};
use crate::form::{Asking, form_of, page_of};
use crate::frame::{News, Section};
use crate::view::{Content, View};
use flow::{Cx, OneOrg, Prep, Reads, Route};
use identity::permissions::USERS_WRITE;
use kernel::{Fault, Permission};
use pages::{Block, Cell, Table};
use serde_json::json;

const HINT: &str =
    "They choose a password themselves. Roles are written one to a line, by slug, as far as you hold what they give.";

pub(super) fn one() -> Asking {
    let fields = [("email", "E-mail"), ("name", "Name"), ("roles", "Roles"), ("expiresInDays", "Days to answer")];
    Asking::of("Somebody", &fields).with_hint(HINT).with_button("Invite")
}

pub(super) fn several() -> Asking {
    let fields = [("emails", "E-mail addresses"), ("roles", "Roles"), ("expiresInDays", "Days to answer")];
    Asking::of("Several people at once", &fields)
        .with_hint("Up to a hundred addresses, one to a line. All get the same roles.")
        .with_button("Invite all")
}

/// Who was skipped is said at once; nobody could find it out later.
pub(super) fn outcome(done: &Done<'_>) -> Then {
    let skipped = items(done.answer, "skipped");
    if skipped.is_empty() {
        return Then::Go(done.path("invitations"), News::Sent);
    }
    let row = |skipped: &serde_json::Value| vec![Cell::text(text(skipped, "email")), Cell::text(text(skipped, "message"))];
    let table = Table {
        id: "skipped",
        title: "Not invited".to_owned(),
        columns: vec!["E-mail", "Why"],
        rows: skipped.iter().map(row).collect(),
        ..Table::default()
    };
    let sent = items(done.answer, "data").len();
    let content = Content::new(Section::Invitations, "Invitations", vec![Block::Table(table)])
        .with_lead(format!("Invitations sent: {sent}. Addresses that need none: {}.", skipped.len()))
        .with_back("Invitations", done.path("invitations"));
    Then::Show(Box::new(content))
}

/// The forms for new invitations.
pub(super) struct NewInvitation;

impl View for NewInvitation {
    const ID: &'static str = "console.new_invitation";
    const SUMMARY: &'static str = "The console: the forms to invite people.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/invitations/new");
    const ALSO: &'static [Route] = &[Route::get("/orgs/{org}/portal/invitations/several")];
    const NEEDS: Permission = USERS_WRITE;
    type Asked = ();

    async fn ask(_: &Prep) -> Result<(), Fault> {
        Ok(())
    }

    async fn show((): (), cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let back = format!("/orgs/{}/portal/invitations", cx.org().slug());
        let (page, known) = (page_of(cx), json!({ "expiresInDays": 7 }));
        let forms = vec![
            Block::Entry(form_of::<InviteOne>(&page, "portal/invitations", &known, &one())),
            Block::Entry(form_of::<InviteSeveral>(&page, "portal/invitations/several", &known, &several())),
        ];
        Ok(Content::new(Section::Invitations, "Invite", forms).with_back("Invitations", back))
    }
}
