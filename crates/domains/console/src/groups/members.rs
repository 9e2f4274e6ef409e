//! Who belongs to a group.

use super::LetGo;
use crate::action::segment;
use crate::ask::{items, text};
use crate::audit::pager;
use crate::form::button;
use pages::{Action, Cell, ConsoleWords, Table};
use serde_json::Value;
use signin::page::Page;

/// A page of the members, each with a way out.
pub(super) fn table(
    w: &'static ConsoleWords,
    page: &Page,
    portal: &str,
    path: &str,
    sent: &[(String, String)],
    members: &Value,
) -> Table {
    let row = |member: &Value| {
        let own = text(member, "id");
        let id = segment(&own);
        let email = text(member, "email");
        let remove = button::<LetGo>(page, &format!("{path}/members/{id}/remove"), w.things.remove, &email);
        let remove = Action { id: format!("{}-{own}", remove.id), ..remove };
        vec![Cell::link(email, format!("{portal}/users/{id}")), Cell::text(text(member, "name")), Cell::Act(remove)]
    };
    Table {
        id: "members",
        title: w.things.members.to_owned(),
        columns: vec![w.things.email, w.things.name, w.groups.belongs],
        rows: items(members, "data").iter().map(row).collect(),
        empty: w.groups.nobody.to_owned(),
        pager: pager(w, &page.path(path), sent, members),
        ..Table::default()
    }
}
