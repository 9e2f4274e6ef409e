//! Roles: what people may be given.

use crate::action::{Submit, Then, acts, segment};
use crate::ask::{answer, given, is, items, ready, text, with};
use crate::audit::pager;
use crate::form::{Asking, button, form_of, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::admin_roles::{CreateRole, DeleteRole, ListRoles, ShowRole, UpdateRole};
use identity::permissions::{ROLES_READ, ROLES_WRITE};
use kernel::{Fault, Permission};
use pages::{Action, Block, Cell, Link, Search, Table};
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

const HINT: &str = "Permissions are written one to a line, by slug: users.read";

fn new_role() -> Asking {
    let fields = [("name", "Name"), ("slug", "Slug"), ("description", "Description"), ("permissions", "Permissions")];
    Asking::of("What is it for?", &fields).with_hint(HINT).with_button("Create role")
}

fn changed_role() -> Asking {
    let fields = [("name", "Name"), ("description", "Description"), ("permissions", "Permissions")];
    Asking::of("What it is, and what it grants", &fields).with_hint(HINT).with_changes_only()
}

acts! {
    in Roles;
    /// Make a role.
    MakeRole = "console.create_role", "/orgs/{org}/portal/roles", CreateRole, asking new_role(), |done| {
        let id = text(done.answer.get("data").unwrap_or(&Value::Null), "id");
        Then::Go(done.path(&format!("roles/{}", segment(&id))), News::Created)
    };
    /// Change a role.
    ChangeRole = "console.change_role", "/orgs/{org}/portal/roles/{roleId}", UpdateRole, asking changed_role(), |done| Then::Go(done.about("roles", "roleId"), News::Saved);
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
        let action = format!("/orgs/{}/portal/roles", cx.org().slug());
        let found = answer(cx, list).await?;
        let sent = cx.request.query_pairs()?;
        let search = sent.iter().find(|(name, _)| name == "search").map(|(_, value)| value.clone()).unwrap_or_default();
        let row = |role: &Value| {
            let kind = if is(role, "isSystem") { Cell::text("the server's") } else { Cell::text("the organization's") };
            let href = format!("{action}/{}", segment(&text(role, "id")));
            vec![Cell::link(text(role, "name"), href), Cell::Code(text(role, "slug")), kind, Cell::text(text(role, "userCount"))]
        };
        let table = Table {
            id: "roles",
            title: "All roles".to_owned(),
            columns: vec!["Name", "Slug", "Whose", "Users"],
            rows: items(&found, "data").iter().map(row).collect(),
            empty: "No role fits.".to_owned(),
            search: Some(Search::of(action.clone(), "search", "Name or slug").with_value(search)),
            pager: pager(&action, &sent, &found),
            create: Some(Link { text: "New role".to_owned(), href: format!("{action}/new") }),
        };
        Ok(Content::new(Section::Roles, "Roles", vec![Block::Table(table)])
            .with_lead("Named sets of permissions, given to users and groups."))
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
        let back = format!("/orgs/{}/portal/roles", cx.org().slug());
        let form = form_of::<MakeRole>(&page_of(cx), "portal/roles", &Value::Null, &new_role());
        Ok(Content::new(Section::Roles, "New role", vec![Block::Entry(form)]).with_back("Roles", back))
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
        let back = format!("/orgs/{}/portal/roles", cx.org().slug());
        let found = answer(cx, show).await?;
        let role = found.get("data").cloned().unwrap_or_default();
        let facts = [
            ("Id", Cell::Code(text(&role, "id"))),
            ("Slug", Cell::Code(text(&role, "slug"))),
            ("Users", Cell::text(text(&role, "userCount"))),
            ("Made", moment(&role, "createdAt")),
        ];
        let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
        let mut blocks = vec![Block::Facts { title: "At a glance".to_owned(), facts }];
        let permissions: Vec<String> = items(&role, "permissions").iter().map(|granted| text(granted, "slug")).collect();
        if is(&role, "isSystem") {
            blocks.push(Block::Said("This role belongs to the server and can't be changed.".to_owned()));
        } else {
            let page = page_of(cx);
            let path = format!("portal/roles/{}", segment(&text(&role, "id")));
            let known = with(&role, "permissions", permissions);
            let form = form_of::<ChangeRole>(&page, &path, &known, &changed_role());
            let delete = button::<RemoveRole>(&page, &format!("{path}/delete"), "Delete this role", &text(&role, "name"));
            blocks.push(Block::Entry(form));
            blocks.push(Block::Actions { title: "Removal".to_owned(), actions: vec![Action { is_danger: true, ..delete }] });
        }
        Ok(Content::new(Section::Roles, text(&role, "name"), blocks).with_back("Roles", back))
    }
}
