//! Groups: people together, and what belonging gives them.

mod members;

use crate::action::{Submit, Then, acts, segment};
use crate::ask::{answer, given, is, items, ready, text, with};
use crate::audit::pager;
use crate::form::{Asking, button, form_of, page_of};
use crate::frame::{News, Section};
use crate::users::moment;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::admin_groups::{
    AddMembers, CreateGroup, DeleteGroup, ListGroups, ListMembers, RemoveMember, ShowGroup, UpdateGroup,
};
use identity::permissions::{GROUPS_READ, GROUPS_WRITE};
use kernel::{Fault, Permission};
use pages::{Action, Block, Cell, ConsoleWords, Link, Search, Table};
use serde_json::Value;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Page<Groups>>()
        .mount::<Page<NewGroup>>()
        .mount::<Page<Group>>()
        .mount::<Submit<MakeGroup>>()
        .mount::<Submit<ChangeGroup>>()
        .mount::<Submit<RemoveGroup>>()
        .mount::<Submit<TakeIn>>()
        .mount::<Submit<LetGo>>()
}

fn new_group(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.groups, &words.things);
    let fields = [("name", t.name), ("slug", t.slug), ("description", t.description), ("roles", t.roles)];
    Asking::of(w.new_title, &fields).with_hint(w.hint).with_button(w.new_button)
}

fn changed_group(words: &'static ConsoleWords) -> Asking {
    let (w, t) = (&words.groups, &words.things);
    let fields = [("name", t.name), ("description", t.description), ("roles", t.roles)];
    Asking::of(w.changed, &fields).with_hint(w.hint).with_changes_only()
}

fn new_members(words: &'static ConsoleWords) -> Asking {
    let w = &words.groups;
    Asking::of(w.add, &[("userIds", w.people)]).with_hint(w.add_hint).with_button(w.add_button)
}

acts! {
    in Groups;
    /// Make a group.
    MakeGroup = "console.create_group", "/orgs/{org}/portal/groups", CreateGroup, asking new_group, |done| {
        let id = text(done.answer.get("data").unwrap_or(&Value::Null), "id");
        Then::Go(done.path(&format!("groups/{}", segment(&id))), News::Created)
    };
    /// Change a group.
    ChangeGroup = "console.change_group", "/orgs/{org}/portal/groups/{groupId}", UpdateGroup, asking changed_group, |done| Then::Go(done.about("groups", "groupId"), News::Saved);
    /// Remove a group.
    RemoveGroup = "console.delete_group", "/orgs/{org}/portal/groups/{groupId}/delete", DeleteGroup, |done| Then::Go(done.path("groups"), News::Deleted);
    /// Add people to a group.
    TakeIn = "console.add_members", "/orgs/{org}/portal/groups/{groupId}/members", AddMembers, asking new_members, |done| Then::Go(done.about("groups", "groupId"), News::Saved);
    /// Take somebody out of a group.
    LetGo = "console.remove_member", "/orgs/{org}/portal/groups/{groupId}/members/{userId}/remove", RemoveMember, |done| Then::Go(done.about("groups", "groupId"), News::Saved);
}

/// The list.
struct Groups;

impl View for Groups {
    const ID: &'static str = "console.groups";
    const SUMMARY: &'static str = "The console: groups.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/groups");
    const NEEDS: Permission = GROUPS_READ;
    type Asked = ListGroups;

    async fn ask(prep: &Prep) -> Result<ListGroups, Fault> {
        let query = given(prep, &["search", "page"])?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await
    }

    async fn show(list: ListGroups, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let action = format!("/orgs/{}/portal/groups", cx.org().slug());
        let found = answer(cx, list).await?;
        let sent = cx.request.query_pairs()?;
        let search = sent.iter().find(|(name, _)| name == "search").map(|(_, value)| value.clone()).unwrap_or_default();
        let row = |group: &Value| {
            let href = format!("{action}/{}", segment(&text(group, "id")));
            let counts = ["memberCount", "roleCount"].map(|name| Cell::text(text(group, name)));
            let mut row = vec![Cell::link(text(group, "name"), href), Cell::Code(text(group, "slug"))];
            row.extend(counts);
            row
        };
        let table = Table {
            id: "groups",
            title: w.groups.all.to_owned(),
            columns: vec![w.things.name, w.things.slug, w.things.members, w.things.roles],
            rows: items(&found, "data").iter().map(row).collect(),
            empty: w.groups.none.to_owned(),
            search: Some(Search::of(action.clone(), "search", w.things.name_or_slug).with_value(search)),
            pager: pager(w, &action, &sent, &found),
            create: Some(Link { text: w.groups.new.to_owned(), href: format!("{action}/new") }),
        };
        Ok(Content::new(Section::Groups, w.sections.groups, vec![Block::Table(table)]).with_lead(w.groups.lead))
    }
}

/// The form for a new group.
struct NewGroup;

impl View for NewGroup {
    const ID: &'static str = "console.new_group";
    const SUMMARY: &'static str = "The console: the form for a new group.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/groups/new");
    const NEEDS: Permission = GROUPS_WRITE;
    type Asked = ();

    async fn ask(_: &Prep) -> Result<(), Fault> {
        Ok(())
    }

    async fn show((): (), cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/groups", cx.org().slug());
        let form = form_of::<MakeGroup>(&page_of(cx), "portal/groups", &Value::Null, &new_group(w));
        Ok(Content::new(Section::Groups, w.groups.new, vec![Block::Entry(form)]).with_back(w.sections.groups, back))
    }
}

/// One group.
struct Group;

impl View for Group {
    const ID: &'static str = "console.group";
    const SUMMARY: &'static str = "The console: a group.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/groups/{groupId}");
    const NEEDS: Permission = GROUPS_READ;
    type Asked = (ShowGroup, ListMembers);

    async fn ask(prep: &Prep) -> Result<Self::Asked, Fault> {
        let query = given(prep, &["page"])?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ok((ready(prep, &[]).await?, ready(prep, &query).await?))
    }

    async fn show((show, list): Self::Asked, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let portal = format!("/orgs/{}/portal", cx.org().slug());
        let found = answer(cx, show).await?;
        let members = answer(cx, list).await?;
        let group = found.get("data").cloned().unwrap_or_default();
        let facts = [
            (w.things.id, Cell::Code(text(&group, "id"))),
            (w.things.slug, Cell::Code(text(&group, "slug"))),
            (w.things.made, moment(&group, "createdAt")),
        ];
        let facts = facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
        let (page, sent) = (page_of(cx), cx.request.query_pairs()?);
        let path = format!("portal/groups/{}", segment(&text(&group, "id")));
        let mut blocks = vec![
            Block::Facts { title: w.things.glance.to_owned(), facts },
            Block::Table(members::table(w, &page, &portal, &path, &sent, &members)),
            Block::Entry(form_of::<TakeIn>(&page, &format!("{path}/members"), &Value::Null, &new_members(w))),
        ];
        if is(&group, "isSystem") {
            blocks.push(Block::Said(w.groups.fixed.to_owned()));
        } else {
            let roles: Vec<String> = items(&group, "roles").iter().map(|role| text(role, "slug")).collect();
            let known = with(&group, "roles", roles);
            let delete = button::<RemoveGroup>(&page, &format!("{path}/delete"), w.groups.delete, &text(&group, "name"));
            blocks.push(Block::Entry(form_of::<ChangeGroup>(&page, &path, &known, &changed_group(w))));
            blocks
                .push(Block::Actions { title: w.things.removal.to_owned(), actions: vec![Action { is_danger: true, ..delete }] });
        }
        let back = format!("{portal}/groups");
        Ok(Content::new(Section::Groups, text(&group, "name"), blocks).with_back(w.sections.groups, back))
    }
}
