//! Inviting somebody, or several at once.

use super::{InviteOne, InviteSeveral};
use crate::action::{Done, Then};
use crate::ask::{items, text};
use crate::form::{Asking, form_of, page_of};
use crate::frame::{News, Section};
use crate::view::{Content, View, words};
use flow::{Cx, OneOrg, Prep, Reads, Route};
use identity::permissions::USERS_WRITE;
use kernel::{Fault, Permission};
use pages::{Block, Cell, ConsoleWords, Table, said_with};
use serde_json::json;

pub(super) fn one(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.invitations, &words.things);
    let fields = [("email", t.email), ("name", t.name), ("roles", t.roles), ("expiresInDays", w.days)];
    Asking::of(w.one, &fields).with_hint(w.hint).with_button(w.invite)
}

pub(super) fn several(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.invitations, &words.things);
    let fields = [("emails", w.addresses), ("roles", t.roles), ("expiresInDays", w.days)];
    Asking::of(w.several, &fields).with_hint(w.several_hint).with_button(w.invite_all)
}

/// Who was skipped is said at once; nobody could find it out later.
pub(super) fn outcome(done: &Done<'_>) -> Then {
    let (w, skipped) = (done.words, items(done.answer, "skipped"));
    let i = &w.invitations;
    if skipped.is_empty() {
        return Then::Go(done.path("invitations"), News::Sent);
    }
    let row = |skipped: &serde_json::Value| {
        let why = match text(skipped, "code").as_str() {
            "users.taken" => i.taken,
            "invitations.too_soon" => i.too_soon,
            _ => i.pending,
        };
        vec![Cell::text(text(skipped, "email")), Cell::text(why)]
    };
    let table = Table {
        id: "skipped",
        title: i.skipped.to_owned(),
        columns: vec![w.things.email, i.why],
        rows: skipped.iter().map(row).collect(),
        ..Table::default()
    };
    let sent = items(done.answer, "data").len().to_string();
    let content = Content::new(Section::Invitations, w.sections.invitations, vec![Block::Table(table)])
        .with_lead(said_with(i.outcome, &[&sent, &skipped.len().to_string()]))
        .with_back(w.sections.invitations, done.path("invitations"));
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
        let w = words(cx);
        let back = format!("/orgs/{}/portal/invitations", cx.org().slug());
        let (page, known) = (page_of(cx), json!({ "expiresInDays": 7 }));
        let forms = vec![
            Block::Entry(form_of::<InviteOne>(&page, "portal/invitations", &known, &one(w))),
            Block::Entry(form_of::<InviteSeveral>(&page, "portal/invitations/several", &known, &several(w))),
        ];
        Ok(Content::new(Section::Invitations, w.invitations.invite, forms).with_back(w.sections.invitations, back))
    }
}
