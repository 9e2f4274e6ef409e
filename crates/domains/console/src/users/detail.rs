//! One person.

use super::actions::{self, BlockPerson, ChangePerson, DeletePerson, SendReset, UnblockPerson, VerifyPerson};
use super::{moment, state};
use crate::action::segment;
use crate::ask::{answer, is, items, ready, text, with};
use crate::form::{button, form_of, page_of};
use crate::frame::Section;
use crate::view::{Content, View};
use flow::{Cx, OneOrg, Prep, Reads, Route};
use identity::admin_users::ShowUser;
use identity::permissions::USERS_READ;
use kernel::{Fault, Permission};
use pages::{Action, Block, Cell};
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
        let back = format!("/orgs/{}/portal/users", cx.org().slug());
        let found = answer(cx, show).await?;
        let user = found.get("data").cloned().unwrap_or_default();
        let page = page_of(cx);
        let path = format!("portal/users/{}", segment(&text(&user, "id")));
        let title = [text(&user, "name"), text(&user, "email")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let log = format!("/orgs/{}/portal/audit-log?search={}", cx.org().slug(), segment(&text(&user, "id")));
        let sessions = format!("/orgs/{}/portal/sessions?userId={}", cx.org().slug(), segment(&text(&user, "id")));
        let blocks = vec![
            facts(&user, log, sessions),
            profile(&page, &path, &user),
            access(&page, &path, &user),
            removal(&page, &path, &user),
        ];
        Ok(Content::new(Section::Users, title, blocks).with_back("Users", back))
    }
}

fn facts(user: &Value, log: String, sessions: String) -> Block {
    let slugs = |name: &str| items(user, name).iter().map(|held| text(held, "name")).collect::<Vec<_>>().join(", ");
    let confirmed =
        if is(user, "emailVerified") { Cell::Good("confirmed".to_owned()) } else { Cell::Warn("not confirmed".to_owned()) };
    let facts = [
        ("Id", Cell::Code(text(user, "id"))),
        ("State", state(user)),
        ("E-mail", Cell::text(text(user, "email"))),
        ("Address", confirmed),
        ("Roles", Cell::text(slugs("roles"))),
        ("Groups", Cell::text(slugs("groups"))),
        ("Made", moment(user, "createdAt")),
        ("Last sign-in", moment(user, "lastLoginAt")),
        ("Signed in", Cell::link("Their sessions", sessions)),
        ("In the log", Cell::link("What they did, and what was done to them", log)),
    ];
    let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
    Block::Facts { title: "At a glance".to_owned(), facts }
}

fn profile(page: &Page, path: &str, user: &Value) -> Block {
    let roles: Vec<String> = items(user, "roles").iter().map(|role| text(role, "slug")).collect();
    let groups: Vec<String> = items(user, "groups").iter().map(|group| text(group, "slug")).collect();
    let known = with(&with(user, "roles", roles), "groups", groups);
    Block::Entry(form_of::<ChangePerson>(page, path, &known, &actions::profile()))
}

fn access(page: &Page, path: &str, user: &Value) -> Block {
    let name = text(user, "email");
    let mut actions =
        vec![button::<SendReset>(page, &format!("{path}/password-reset"), "Send a link to choose a password", &name)];
    if !is(user, "emailVerified") {
        actions.push(button::<VerifyPerson>(page, &format!("{path}/verify"), "Mark the address as confirmed", &name));
    }
    actions.push(if is(user, "blocked") {
        button::<UnblockPerson>(page, &format!("{path}/unblock"), "Unblock", &name)
    } else {
        button::<BlockPerson>(page, &format!("{path}/block"), "Block and sign out everywhere", &name)
    });
    Block::Actions { title: "Access".to_owned(), actions }
}

fn removal(page: &Page, path: &str, user: &Value) -> Block {
    let delete = button::<DeletePerson>(page, &format!("{path}/delete"), "Delete this user", &text(user, "email"));
    Block::Actions { title: "Removal".to_owned(), actions: vec![Action { is_danger: true, ..delete }] }
}
