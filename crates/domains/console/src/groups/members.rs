//! Who belongs to a group.

use super::LetGo;
use crate::action::segment;
use crate::ask::{items, text};
use crate::audit::pager;
use crate::form::button;
use pages::{Action, Cell, Table};
use serde_json::Value;
use signin::page::Page;

/// A page of the members, each with a way out.
pub(super) fn table(page: &Page, portal: &str, path: &str, sent: &[(String, String)], members: &Value) -> Table {
    let row = |member: &Value| {
        let own = text(member, "id");
        let id = segment(&own);
        let email = text(member, "email");
        let remove = button::<LetGo>(page, &format!("{path}/members/{id}/remove"), "Remove", &email);
        let remove = Action { id: format!("{}-{own}", remove.id), ..remove };
        vec![Cell::link(email, format!("{portal}/users/{id}")), Cell::text(text(member, "name")), Cell::Act(remove)]
    };
    Table {
        id: "members",
        title: "Members".to_owned(),
        columns: vec!["E-mail", "Name", "Belongs"],
        rows: items(members, "data").iter().map(row).collect(),
        empty: "Nobody belongs to it yet.".to_owned(),
        pager: pager(&page.path(path), sent, members),
        ..Table::default()
    }
}
