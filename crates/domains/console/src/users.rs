//! People: found, made, changed, shut out.

mod actions;
mod detail;

use crate::action::{Submit, segment};
use crate::ask::{answer, given, is, items, ready, text};
use crate::audit::pager;
use crate::form::{form_of, page_of};
use crate::frame::Section;
use crate::view::{Content, Page, View, words};
use actions::{BlockPerson, ChangePerson, CreatePerson, DeletePerson, SendReset, UnblockPerson, VerifyPerson, new_person};
use detail::Person;
use flow::{Catalogue, Cx, OneOrg, Parameter, Parse, Prep, Reads, Route};
use identity::admin_users::ListUsers;
use identity::permissions::{USERS_READ, USERS_WRITE};
use kernel::{Fault, Permission, Timestamp};
use pages::{Block, Cell, ConsoleWords, Link, Search, Table, said_with};
use serde_json::Value;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Page<People>>()
        .mount::<Page<NewPerson>>()
        .mount::<Page<Person>>()
        .mount::<Submit<CreatePerson>>()
        .mount::<Submit<ChangePerson>>()
        .mount::<Submit<BlockPerson>>()
        .mount::<Submit<UnblockPerson>>()
        .mount::<Submit<VerifyPerson>>()
        .mount::<Submit<SendReset>>()
        .mount::<Submit<DeletePerson>>()
}

const FILTERS: [&str; 7] = ["search", "sortBy", "sortDir", "role", "group", "blocked", "page"];

/// The list.
struct People;

impl View for People {
    const ID: &'static str = "console.users";
    const SUMMARY: &'static str = "The console: users.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/users");
    const NEEDS: Permission = USERS_READ;
    type Asked = ListUsers;

    fn parameters() -> Vec<Parameter> {
        ListUsers::parameters().into_iter().filter(|known| FILTERS.contains(&known.name)).collect()
    }

    async fn ask(prep: &Prep) -> Result<ListUsers, Fault> {
        let query = given(prep, &FILTERS)?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await
    }

    async fn show(list: ListUsers, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let action = format!("/orgs/{}/portal/users", cx.org().slug());
        let found = answer(cx, list).await?;
        let sent = cx.request.query_pairs()?;
        let search = sent.iter().find(|(name, _)| name == "search").map(|(_, value)| value.clone()).unwrap_or_default();
        let table = Table {
            id: "users",
            title: w.users.all.to_owned(),
            columns: vec![w.things.name, w.things.email, w.things.state, w.users.last_sign_in],
            rows: items(&found, "data").iter().map(|user| row(w, &action, user)).collect(),
            empty: w.users.none.to_owned(),
            search: Some(Search::of(action.clone(), "search", w.users.search).with_value(search)),
            pager: pager(w, &action, &sent, &found),
            create: Some(Link { text: w.users.new.to_owned(), href: format!("{action}/new") }),
        };
        let lead = said_with(w.users.lead, &[cx.org().name()]);
        Ok(Content::new(Section::Users, w.sections.users, vec![Block::Table(table)]).with_lead(lead))
    }
}

fn row(w: &ConsoleWords, action: &str, user: &Value) -> Vec<Cell> {
    let name = [text(user, "name"), text(user, "email")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    vec![
        Cell::link(name, format!("{action}/{}", segment(&text(user, "id")))),
        Cell::text(text(user, "email")),
        state(w, user),
        moment(user, "lastLoginAt"),
    ]
}

fn state(w: &ConsoleWords, user: &Value) -> Cell {
    if is(user, "blocked") {
        Cell::Warn(w.things.blocked.to_owned())
    } else if is(user, "isActive") {
        Cell::Good(w.things.active.to_owned())
    } else {
        Cell::Warn(w.things.inactive.to_owned())
    }
}

/// A time of an answer.
pub(crate) fn moment(value: &Value, name: &str) -> Cell {
    Timestamp::parse_iso(&text(value, name)).map_or(Cell::Nothing, Cell::Time)
}

/// The form for somebody new.
struct NewPerson;

impl View for NewPerson {
    const ID: &'static str = "console.new_user";
    const SUMMARY: &'static str = "The console: the form for a new user.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/users/new");
    const NEEDS: Permission = USERS_WRITE;
    type Asked = ();

    async fn ask(_: &Prep) -> Result<(), Fault> {
        Ok(())
    }

    async fn show((): (), cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/users", cx.org().slug());
        let form = form_of::<CreatePerson>(&page_of(cx), "portal/users", &Value::Null, &new_person(w));
        Ok(Content::new(Section::Users, w.users.new, vec![Block::Entry(form)]).with_back(w.sections.users, back))
    }
}
