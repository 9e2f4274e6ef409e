//! Who belongs to a company, who is invited, and as what.

use super::{AskAgain, DropRole, LetGo, TakeBack};
use crate::action::segment;
use crate::ask::{is, items, text};
use crate::audit::pager;
use crate::form::button;
use crate::users::moment;
use pages::{Action, Cell, ConsoleWords, Table};
use serde_json::Value;
use signin::page::Page;

/// A button that is one of many on its page.
fn own(action: Action, key: &str, is_danger: bool) -> Cell {
    Cell::Act(Action { id: format!("{}-{key}", action.id), is_danger, ..action })
}

pub(super) fn members(
    w: &'static ConsoleWords,
    page: &Page,
    (portal, path): (&str, &str),
    sent: &[(String, String)],
    members: &Value,
) -> Table {
    let (c, t) = (&w.companies, &w.things);
    let row = |member: &Value| {
        let (user, role) = (member.get("user").unwrap_or(&Value::Null), member.get("role").unwrap_or(&Value::Null));
        let (id, email) = (text(user, "id"), text(user, "email"));
        let state = match text(member, "status").as_str() {
            "active" => Cell::Good(t.active.to_owned()),
            _ => Cell::Warn(c.suspended.to_owned()),
        };
        let remove = button::<LetGo>(page, &format!("{path}/members/{}/remove", segment(&id)), t.remove, &email);
        vec![
            Cell::link(email, format!("{portal}/users/{}", segment(&id))),
            Cell::text(text(role, "name")),
            state,
            moment(member, "joinedAt"),
            own(remove, &id, false),
        ]
    };
    Table {
        id: "members",
        title: t.members.to_owned(),
        columns: vec![t.email, c.role, t.state, c.joined, t.remove],
        rows: items(members, "data").iter().map(row).collect(),
        empty: c.nobody.to_owned(),
        pager: pager(w, &page.path(path), sent, members),
        ..Table::default()
    }
}

pub(super) fn invitations(w: &'static ConsoleWords, page: &Page, path: &str, invitations: &Value) -> Table {
    let (i, t) = (&w.invitations, &w.things);
    let row = |invitation: &Value| {
        let (id, email) = (text(invitation, "id"), text(invitation, "email"));
        let path = format!("{path}/invitations/{id}");
        let again = button::<AskAgain>(page, &format!("{path}/resend"), i.again, &email);
        let back = button::<TakeBack>(page, &format!("{path}/revoke"), i.back, &email);
        vec![
            Cell::text(email),
            Cell::Code(text(invitation.get("role").unwrap_or(&Value::Null), "slug")),
            moment(invitation, "expiresAt"),
            own(again, &id, false),
            own(back, &id, true),
        ]
    };
    Table {
        id: "invitations",
        title: w.sections.invitations.to_owned(),
        columns: vec![t.email, w.companies.role, i.until, i.again, i.back],
        rows: items(invitations, "data").iter().map(row).collect(),
        empty: i.none.to_owned(),
        ..Table::default()
    }
}

pub(super) fn roles(w: &'static ConsoleWords, page: &Page, path: &str, roles: &Value) -> Table {
    let (c, t) = (&w.companies, &w.things);
    let row = |role: &Value| {
        let (id, name) = (text(role, "id"), text(role, "name"));
        let kind = match (is(role, "isDefault"), is(role, "isOwner")) {
            (true, _) => Cell::Good(c.default.to_owned()),
            (_, true) => Cell::text(c.owner),
            _ => Cell::Nothing,
        };
        let remove = if is(role, "isSystem") {
            Cell::Nothing
        } else {
            own(button::<DropRole>(page, &format!("{path}/roles/{id}/delete"), t.remove, &name), &id, true)
        };
        vec![Cell::text(name), Cell::Code(text(role, "slug")), kind, remove]
    };
    Table {
        id: "roles",
        title: t.roles.to_owned(),
        columns: vec![t.name, t.slug, c.kind, t.remove],
        rows: items(roles, "data").iter().map(row).collect(),
        ..Table::default()
    }
}
