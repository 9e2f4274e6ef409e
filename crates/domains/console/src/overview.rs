//! The overview: numbers at a glance, and what happened last.

use crate::ask::{answer, items, ready, text};
use crate::audit::{entry_columns, entry_row};
use crate::frame::Section;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::admin_users::ListUsers;
use identity::permissions::{AUDIT_READ, CLIENTS_READ, CLIENTS_WRITE, USERS_READ, USERS_WRITE, holds};
use kernel::{Fault, Permission};
use op::clients::admin::ListClients;
use pages::{Block, Figure, Link, OverviewWords, Table};
use serde_json::Value;
use signals::ListAuditLogs;
use std::time::Duration;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Page<Overview>>()
}

/// The overview.
struct Overview;

impl View for Overview {
    const ID: &'static str = "console.overview";
    const SUMMARY: &'static str = "The console: numbers at a glance, and what happened last.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal");
    const NEEDS: Permission = USERS_READ;
    type Asked = (ListUsers, ListClients, ListAuditLogs);

    async fn ask(prep: &Prep) -> Result<Self::Asked, Fault> {
        let one = [("limit", "1")];
        Ok((ready(prep, &one).await?, ready(prep, &one).await?, ready(prep, &[("limit", "10")]).await?))
    }

    async fn show((users, clients, log): Self::Asked, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let portal = format!("/orgs/{}/portal", cx.org().slug());
        let total = |list: &Value| text(list.get("meta").unwrap_or(&Value::Null), "total");
        let users = answer(cx, users).await?;
        let mut figures = vec![Figure { label: w.sections.users, value: total(&users), href: Some(format!("{portal}/users")) }];
        // The door of this page asked for one permission; whatever else is shown takes its own.
        if may(cx, CLIENTS_READ).await? {
            let clients = answer(cx, clients).await?;
            let href = Some(format!("{portal}/applications"));
            figures.push(Figure { label: w.sections.applications, value: total(&clients), href });
        }
        let mut blocks = Vec::new();
        if may(cx, AUDIT_READ).await? {
            let log = answer(cx, log).await?;
            figures.push(Figure { label: w.overview.entries, value: total(&log), href: Some(format!("{portal}/audit-log")) });
            blocks.push(Block::Table(Table {
                id: "latest",
                title: w.overview.latest.to_owned(),
                columns: entry_columns(w),
                rows: items(&log, "data").iter().map(|entry| entry_row(w, &portal, entry)).collect(),
                empty: w.overview.nothing.to_owned(),
                ..Table::default()
            }));
        }
        let ways = ways(cx, &w.overview, &portal).await?;
        if !ways.is_empty() {
            blocks.insert(0, Block::Ways { title: w.overview.next.to_owned(), ways });
        }
        blocks.insert(0, Block::Figures(figures));
        Ok(Content::new(Section::Overview, cx.org().name().to_owned(), blocks))
    }
}

/// What administrators come for most, as far as the reader may.
async fn ways(cx: &mut Cx<OneOrg, Reads>, w: &OverviewWords, portal: &str) -> Result<Vec<Link>, Fault> {
    let yesterday = cx.now.minus(Duration::from_hours(24)).to_iso();
    let yesterday = yesterday.split('T').next().unwrap_or_default();
    let mut ways = Vec::new();
    for (needs, text, page) in [
        (CLIENTS_WRITE, w.register, "applications/new".to_owned()),
        (USERS_WRITE, w.invite, "invitations/new".to_owned()),
        (AUDIT_READ, w.yesterday, format!("audit-log?eventType=users.signed_in&from={yesterday}&to={yesterday}")),
    ] {
        if may(cx, needs).await? {
            ways.push(Link { text: text.to_owned(), href: format!("{portal}/{page}") });
        }
    }
    Ok(ways)
}

/// Whether the reader holds the permission.
async fn may(cx: &mut Cx<OneOrg, Reads>, permission: Permission) -> Result<bool, Fault> {
    match cx.actor.user().cloned() {
        Some(reader) => holds(&mut cx.tx, &reader, permission.slug).await,
        None => Ok(false),
    }
}
