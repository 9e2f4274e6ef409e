//! Roles: what people may be given.

use crate::action::{Submit, Then, acts, segment};
use crate::ask::{answer, given, is, items, ready, text, with};
use crate::audit::pager;
use crate::form::{Asking, button, form_of, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::admin_roles::{CreateRole, DeleteRole, ListRoles, ShowRole, UpdateRole};
use identity::permissions::{ROLES_READ, ROLES_WRITE};
use kernel::{Fault, Permission};
use pages::{Action, Block, Cell, ConsoleWords, Link, Search, Table};
use serde_json::Value;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Page<Roles>>()
        .mount::<Page<NewRole>>()
        .mount::<Page<Role>>()
        .mount::<Submit<MakeRole>>()
        .mount::<Submit<ChangeRole>>()
        .mount::<Submit<RemoveRole>>()
}

fn new_role(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.roles, &words.things);
    let fields = [("name", t.name), ("slug", t.slug), ("description", t.description), ("permissions", t.permissions)];
    Asking::of(w.new_title, &fields).with_hint(w.hint).with_button(w.new_button)
}

fn changed_role(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.roles, &words.things);
    let fields = [("name", t.name), ("description", t.description), ("permissions", t.permissions)];
    Asking::of(w.changed, &fields).with_hint(w.hint).with_changes_only()
}

acts! {
    in Roles;
    /// Make a role.
    MakeRole = "console.create_role", "/orgs/{org}/portal/roles", CreateRole, asking new_role, |done| {
        let id = text(done.answer.get("data").unwrap_or(&Value::Null), "id");
        Then::Go(done.path(&format!("roles/{}", segment(&id))), News::Created)
    };
    /// Change a role.
    ChangeRole = "console.change_role", "/orgs/{org}/portal/roles/{roleId}", UpdateRole, asking changed_role, |done| Then::Go(done.about("roles", "roleId"), News::Saved);
    /// Remove a role.
    RemoveRole = "console.delete_role", "/orgs/{org}/portal/roles/{roleId}/delete", DeleteRole, |done| Then::Go(done.path("roles"), News::Deleted);
}

/// The list.
struct Roles;

impl View for Roles {
    const ID: &'static str = "console.roles";
    const SUMMARY: &'static str = "The console: roles.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/roles");
    const NEEDS: Permission = ROLES_READ;
    type Asked = ListRoles;

    async fn ask(prep: &Prep) -> Result<ListRoles, Fault> {
        let query = given(prep, &["search", "page"])?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await
    }

    async fn show(list: ListRoles, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let action = format!("/orgs/{}/portal/roles", cx.org().slug());
        let found = answer(cx, list).await?;
        let sent = cx.request.query_pairs()?;
        let search = sent.iter().find(|(name, _)| name == "search").map(|(_, value)| value.clone()).unwrap_or_default();
        let row = |role: &Value| {
            let kind = if is(role, "isSystem") { Cell::text(w.roles.servers) } else { Cell::text(w.roles.own) };
            let href = format!("{action}/{}", segment(&text(role, "id")));
            vec![Cell::link(text(role, "name"), href), Cell::Code(text(role, "slug")), kind, Cell::text(text(role, "userCount"))]
        };
        let table = Table {
            id: "roles",
            title: w.roles.all.to_owned(),
            columns: vec![w.things.name, w.things.slug, w.roles.whose, w.sections.users],
            rows: items(&found, "data").iter().map(row).collect(),
            empty: w.roles.none.to_owned(),
            search: Some(Search::of(action.clone(), "search", w.things.name_or_slug).with_value(search)),
            pager: pager(w, &action, &sent, &found),
            create: Some(Link { text: w.roles.new.to_owned(), href: format!("{action}/new") }),
        };
        Ok(Content::new(Section::Roles, w.sections.roles, vec![Block::Table(table)]).with_lead(w.roles.lead))
    }
}

/// The form for a new role.
struct NewRole;

impl View for NewRole {
    const ID: &'static str = "console.new_role";
    const SUMMARY: &'static str = "The console: the form for a new role.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/roles/new");
    const NEEDS: Permission = ROLES_WRITE;
    type Asked = ();

    async fn ask(_: &Prep) -> Result<(), Fault> {
        Ok(())
    }

    async fn show((): (), cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/roles", cx.org().slug());
        let form = form_of::<MakeRole>(&page_of(cx), "portal/roles", &Value::Null, &new_role(w));
        Ok(Content::new(Section::Roles, w.roles.new, vec![Block::Entry(form)]).with_back(w.sections.roles, back))
    }
}

/// One role.
struct Role;

impl View for Role {
    const ID: &'static str = "console.role";
    const SUMMARY: &'static str = "The console: a role.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/roles/{roleId}");
    const NEEDS: Permission = ROLES_READ;
    type Asked = ShowRole;

    async fn ask(prep: &Prep) -> Result<ShowRole, Fault> {
        ready(prep, &[]).await
    }

    async fn show(show: ShowRole, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/roles", cx.org().slug());
        let found = answer(cx, show).await?;
        let role = found.get("data").cloned().unwrap_or_default();
        let facts = [
            (w.things.id, Cell::Code(text(&role, "id"))),
            (w.things.slug, Cell::Code(text(&role, "slug"))),
            (w.sections.users, Cell::text(text(&role, "userCount"))),
            (w.things.made, moment(&role, "createdAt")),
        ];
        let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
        let mut blocks = vec![Block::Facts { title: w.things.glance.to_owned(), facts }];
        let permissions: Vec<String> = items(&role, "permissions").iter().map(|granted| text(granted, "slug")).collect();
        if is(&role, "isSystem") {
            blocks.push(Block::Said(w.roles.fixed.to_owned()));
        } else {
            let page = page_of(cx);
            let path = format!("portal/roles/{}", segment(&text(&role, "id")));
            let known = with(&role, "permissions", permissions);
            let form = form_of::<ChangeRole>(&page, &path, &known, &changed_role(w));
            let delete = button::<RemoveRole>(&page, &format!("{path}/delete"), w.roles.delete, &text(&role, "name"));
            blocks.push(Block::Entry(form));
            blocks
                .push(Block::Actions { title: w.things.removal.to_owned(), actions: vec![Action { is_danger: true, ..delete }] });
        }
        Ok(Content::new(Section::Roles, text(&role, "name"), blocks).with_back(w.sections.roles, back))
    }
}
