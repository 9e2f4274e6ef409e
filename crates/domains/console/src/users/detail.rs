//! One person.

use super::actions::{self, BlockPerson, ChangePerson, DeletePerson, SendReset, UnblockPerson, VerifyPerson};
use super::{moment, state};
use crate::action::segment;
use crate::ask::{answer, is, items, ready, text, with};
use crate::form::{button, form_of, page_of};
use crate::frame::Section;
use crate::view::{Content, View, words};
use flow::{Cx, OneOrg, Prep, Reads, Route};
use identity::admin_users::ShowUser;
use identity::permissions::USERS_READ;
use kernel::{Fault, Permission};
use pages::{Action, Block, Cell, ConsoleWords};
use serde_json::Value;
use signin::page::Page;

/// One person.
pub(super) struct Person;

impl View for Person {
    const ID: &'static str = "console.user";
    const SUMMARY: &'static str = "The console: a user.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/users/{userId}");
    const NEEDS: Permission = USERS_READ;
    type Asked = ShowUser;

    async fn ask(prep: &Prep) -> Result<ShowUser, Fault> {
        ready(prep, &[]).await
    }

    async fn show(show: ShowUser, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/users", cx.org().slug());
        let found = answer(cx, show).await?;
        let user = found.get("data").cloned().unwrap_or_default();
        let page = page_of(cx);
        let path = format!("portal/users/{}", segment(&text(&user, "id")));
        let title = [text(&user, "name"), text(&user, "email")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let log = format!("/orgs/{}/portal/audit-log?search={}", cx.org().slug(), segment(&text(&user, "id")));
        let sessions = format!("/orgs/{}/portal/sessions?userId={}", cx.org().slug(), segment(&text(&user, "id")));
        let blocks = vec![
            facts(w, &user, log, sessions),
            profile(w, &page, &path, &user),
            access(w, &page, &path, &user),
            removal(w, &page, &path, &user),
        ];
        Ok(Content::new(Section::Users, title, blocks).with_back(w.sections.users, back))
    }
}

fn facts(w: &ConsoleWords, user: &Value, log: String, sessions: String) -> Block {
    let slugs = |name: &str| items(user, name).iter().map(|held| text(held, "name")).collect::<Vec<_>>().join(", ");
    let confirmed = if is(user, "emailVerified") {
        Cell::Good(w.users.confirmed.to_owned())
    } else {
        Cell::Warn(w.users.unconfirmed.to_owned())
    };
    let facts = [
        (w.things.id, Cell::Code(text(user, "id"))),
        (w.things.state, state(w, user)),
        (w.things.email, Cell::text(text(user, "email"))),
        (w.users.address, confirmed),
        (w.things.roles, Cell::text(slugs("roles"))),
        (w.things.groups, Cell::text(slugs("groups"))),
        (w.things.made, moment(user, "createdAt")),
        (w.users.last_sign_in, moment(user, "lastLoginAt")),
        (w.users.signed_in, Cell::link(w.users.sessions, sessions)),
        (w.users.in_log, Cell::link(w.users.log, log)),
    ];
    let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
    Block::Facts { title: w.things.glance.to_owned(), facts }
}

fn profile(w: &'static ConsoleWords, page: &Page, path: &str, user: &Value) -> Block {
    let roles: Vec<String> = items(user, "roles").iter().map(|role| text(role, "slug")).collect();
    let groups: Vec<String> = items(user, "groups").iter().map(|group| text(group, "slug")).collect();
    let known = with(&with(user, "roles", roles), "groups", groups);
    Block::Entry(form_of::<ChangePerson>(page, path, &known, &actions::profile(w)))
}

fn access(w: &ConsoleWords, page: &Page, path: &str, user: &Value) -> Block {
    let name = text(user, "email");
    let mut actions = vec![button::<SendReset>(page, &format!("{path}/password-reset"), w.users.send_reset, &name)];
    if !is(user, "emailVerified") {
        actions.push(button::<VerifyPerson>(page, &format!("{path}/verify"), w.users.verify, &name));
    }
    actions.push(if is(user, "blocked") {
        button::<UnblockPerson>(page, &format!("{path}/unblock"), w.users.unblock, &name)
    } else {
        button::<BlockPerson>(page, &format!("{path}/block"), w.users.block, &name)
    });
    Block::Actions { title: w.things.access.to_owned(), actions }
}

fn removal(w: &ConsoleWords, page: &Page, path: &str, user: &Value) -> Block {
    let delete = button::<DeletePerson>(page, &format!("{path}/delete"), w.users.delete, &text(user, "email"));
    Block::Actions { title: w.things.removal.to_owned(), actions: vec![Action { is_danger: true, ..delete }] }
}
