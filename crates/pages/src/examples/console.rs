//! One page of the console with every kind of block.

use super::Example;
use super::data::{form, hours_ago};
use crate::Shell;
use crate::views::{
    Action, Bar, Block, Cell, Console, Entry, EntryForm, EntryKind, Figure, Link, Narrow, NavItem, Pager, Search, Table,
};

pub(super) fn example(shell: Shell) -> Example {
    let page = Console {
        nav: vec![
            NavItem { label: "Overview", href: "/orgs/acme/portal".into(), is_current: false },
            NavItem { label: "Users", href: "/orgs/acme/portal/users".into(), is_current: true },
            NavItem { label: "Audit log", href: "/orgs/acme/portal/audit-log".into(), is_current: false },
        ],
        account: "admin@example.com".into(),
        account_url: "/orgs/acme/account".into(),
        sign_out: form("/orgs/acme/signout"),
        back: Some(Link { text: "Overview".into(), href: "/orgs/acme/portal".into() }),
        title: "Users".into(),
        lead: Some("People who can sign in to Acme.".into()),
        news: Some("Created.".into()),
        blocks: vec![
            figures(),
            users(),
            facts(),
            new_user(),
            actions(),
            secret(),
            bars(),
            ways(),
            Block::Said("That is all.".into()),
        ],
        shell,
    };
    Example { name: "console", language: "en", html: page.html(), policy: page.policy().into() }
}

fn bars() -> Block {
    let bar = |(day, height): (u32, u32)| Bar { text: format!("{day} May 2026: {height}"), height };
    let extent = ("1 May 2026".into(), "3 May 2026".into(), "100".into());
    Block::Bars { title: "Sign-ins".into(), extent, bars: [(1, 20), (2, 0), (3, 100)].into_iter().map(bar).collect() }
}

fn ways() -> Block {
    let ways = vec![Link { text: "Invite a colleague".into(), href: "/orgs/acme/portal/invitations/new".into() }];
    Block::Ways { title: "What next?".into(), ways }
}

fn figures() -> Block {
    Block::Figures(vec![
        Figure { label: "Users", value: "1,204".into(), href: Some("/orgs/acme/portal/users".into()) },
        Figure { label: "Sign-ins today", value: "317".into(), href: None },
    ])
}

fn users() -> Block {
    let row = |name: &str, email: &str, state: Cell, at: Cell| {
        vec![Cell::link(name, "/orgs/acme/portal/users/u1"), Cell::text(email), state, at]
    };
    Block::Table(Table {
        id: "users",
        title: "All users".into(),
        columns: vec!["Name", "E-mail", "State", "Last sign-in"],
        rows: vec![
            row("Example Person", "person@example.com", Cell::Good("active".into()), Cell::Time(hours_ago(2))),
            row("<b>Bold</b>", "bold@example.com", Cell::Warn("blocked".into()), Cell::Nothing),
        ],
        empty: "Nobody is called that.".into(),
        search: Some(Search {
            action: "/orgs/acme/portal/users".into(),
            field: "search",
            value: "\"><script>".into(),
            label: "Name, address or id",
            narrowed: vec![
                Narrow { field: "from", label: "From", value: "2026-01-01".into(), choices: Vec::new() },
                Narrow { field: "state", label: "State", value: "on".into(), choices: vec![("", "any"), ("on", "on")] },
            ],
            kept: vec![("sortBy".into(), "name".into())],
        }),
        pager: Some(Pager { summary: "1 to 2 of 2".into(), previous: None, next: Some("/orgs/acme/portal/users?page=2".into()) }),
        create: Some(Link { text: "New user".into(), href: "/orgs/acme/portal/users/new".into() }),
    })
}

fn facts() -> Block {
    Block::Facts {
        title: "What is known".into(),
        facts: vec![
            ("Id".into(), Cell::Code("0199f3a0-0000-7000-8000-000000000000".into())),
            ("Site".into(), Cell::Web("https://acme.example/".into())),
            ("Odd site".into(), Cell::Web("javascript:alert(1)".into())),
        ],
    }
}

fn new_user() -> Block {
    let field = |name: &str, label: &str, kind: EntryKind| Entry {
        problem: None,
        name: name.into(),
        label: label.into(),
        hint: Some("A hint.".into()),
        is_required: name == "email",
        kind,
        value: String::new(),
    };
    let yes_or_no = vec![(String::new(), "as it is".into()), ("true".into(), "yes".into()), ("false".into(), "no".into())];
    let areas = vec![("admin:users".into(), "Users & invitations".into()), ("admin:roles".into(), "Roles".into())];
    let several = Entry {
        problem: Some("Must not be empty.".into()),
        value: "admin:roles".into(),
        ..field("scopes", "What it may do", EntryKind::Several(areas))
    };
    Block::Entry(EntryForm {
        id: "create-user".into(),
        title: "New user".into(),
        hint: Some("They choose a password by mail.".into()),
        form: form("/orgs/acme/portal/users"),
        fields: vec![
            field("email", "E-mail", EntryKind::Email),
            field("name", "Name", EntryKind::Text),
            field("isActive", "Active", EntryKind::Choice(yes_or_no)),
            field("roles", "Roles", EntryKind::Lines),
            several,
        ],
        button: "Create user".into(),
        is_danger: false,
    })
}

fn actions() -> Block {
    let action = |id: &str, label: &str, is_danger| Action {
        id: id.into(),
        label: label.into(),
        name: format!("{label} Example Person"),
        form: form("/orgs/acme/portal/users/u1/block"),
        is_danger,
    };
    Block::Actions { title: "Access".into(), actions: vec![action("block", "Block", false), action("delete", "Delete", true)] }
}

fn secret() -> Block {
    Block::Secret {
        title: "Client secret".into(),
        hint: "It is shown this once.".into(),
        values: vec![("client_secret".into(), "example-secret".into())],
    }
}
