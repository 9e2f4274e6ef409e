//! The log: searched, and each entry with its proof.

use crate::action::segment;
use crate::ask::{answer, encoded, given, items, ready, text};
use crate::frame::Section;
use crate::users::moment;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Operation, Parameter, Parse, Prep, Reads, Route};
use identity::permissions::AUDIT_READ;
use kernel::{Fault, Permission};
use pages::{AuditWords, Block, Cell, ConsoleWords, Narrow, Pager, Search, Table, said_with};
use serde_json::Value;
use signals::{ListAuditLogs, ProveInclusion, ShowAuditLog};

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Page<AuditLog>>().mount::<Page<AuditEntry>>()
}

const FILTERS: [&str; 8] = ["search", "eventType", "actorId", "targetId", "result", "from", "to", "page"];

/// What administrators look for most.
fn events(w: &AuditWords) -> [(&'static str, &'static str); 8] {
    [
        ("", w.everything),
        ("users.signed_in", w.sign_ins),
        ("users.sign_in_failed", w.failed_sign_ins),
        ("users.created", w.new_users),
        ("users.roles_changed", w.changed_roles),
        ("clients.created", w.new_applications),
        ("settings.changed", w.changed_settings),
        ("tokens.issued", w.issued_tokens),
    ]
}

/// The list.
struct AuditLog;

impl View for AuditLog {
    const ID: &'static str = "console.audit_log";
    const SUMMARY: &'static str = "The console: the audit log.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/audit-log");
    const NEEDS: Permission = AUDIT_READ;
    type Asked = ListAuditLogs;

    fn parameters() -> Vec<Parameter> {
        <ListAuditLogs as Operation>::Input::parameters().into_iter().filter(|known| FILTERS.contains(&known.name)).collect()
    }

    async fn ask(prep: &Prep) -> Result<ListAuditLogs, Fault> {
        let query = given(prep, &FILTERS)?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await
    }

    async fn show(list: ListAuditLogs, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let portal = format!("/orgs/{}/portal", cx.org().slug());
        let log = answer(cx, list).await?;
        let sent = cx.request.query_pairs()?;
        let find = |name: &str| sent.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let action = format!("{portal}/audit-log");
        let narrow = |field, label, choices: &[(&'static str, &'static str)]| Narrow {
            field,
            label,
            value: find(field).unwrap_or_default(),
            choices: choices.to_vec(),
        };
        let a = &w.audit;
        let results = [("", w.things.anything), ("success", a.done), ("refused", a.refused), ("failed", a.failed)];
        let narrowed = vec![
            narrow("eventType", a.what, &events(a)),
            narrow("result", a.how, &results),
            narrow("from", a.from, &[]),
            narrow("to", a.to, &[]),
        ];
        let kept = ["actorId", "targetId"].into_iter().filter_map(|name| Some((name.to_owned(), find(name)?)));
        let table = Table {
            id: "entries",
            title: a.entries.to_owned(),
            columns: entry_columns(w),
            rows: items(&log, "data").iter().map(|entry| entry_row(w, &portal, entry)).collect(),
            empty: a.none.to_owned(),
            search: Some(Search {
                narrowed,
                kept: kept.filter(|(_, value)| !value.is_empty()).collect(),
                ..Search::of(action.clone(), "search", a.search).with_value(find("search").unwrap_or_default())
            }),
            pager: pager(w, &action, &sent, &log),
            create: None,
        };
        Ok(Content::new(Section::AuditLog, w.sections.audit_log, vec![Block::Table(table)]).with_lead(a.lead))
    }
}

/// What [`entry_row`] fills.
pub(crate) fn entry_columns(w: &ConsoleWords) -> Vec<&'static str> {
    vec![w.audit.when, w.audit.what, w.audit.who, w.audit.proof]
}

/// An entry as a row.
pub(crate) fn entry_row(w: &ConsoleWords, portal: &str, entry: &Value) -> Vec<Cell> {
    let id = text(entry, "id");
    // Whoever signs in is nobody yet: then the log says whom it was about.
    let who = match text(entry, "actorType").as_str() {
        "anonymous" => [text(entry, "targetName"), String::new(), w.audit.somebody.to_owned()],
        kind => [text(entry, "actorName"), text(entry, "actorId"), kind.to_owned()],
    };
    let href = format!("{portal}/audit-log/{}", segment(&id));
    vec![
        moment(entry, "createdAt"),
        Cell::event(text(entry, "message"), href.clone()),
        Cell::text(who.into_iter().find(|name| !name.is_empty()).unwrap_or_default()),
        Cell::link(said_with(w.audit.number, &[&id]), href),
    ]
}

/// Where a list of the API goes on.
pub(crate) fn pager(w: &ConsoleWords, action: &str, sent: &[(String, String)], list: &Value) -> Option<Pager> {
    let meta = list.get("meta")?;
    let number = |name: &str| meta.get(name).and_then(Value::as_i64).unwrap_or_default();
    let (page, limit, total) = (number("page"), number("limit"), number("total"));
    let to_page = |page: i64| {
        let mut query: Vec<(&str, &str)> = sent
            .iter()
            .filter(|(name, _)| name != "page" && name != "news")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let page = page.to_string();
        query.push(("page", &page));
        format!("{action}?{}", encoded(&query))
    };
    if total == 0 {
        return None;
    }
    let first = (page - 1) * limit + 1;
    Some(Pager {
        summary: said_with(w.frame.rows, &[&first.to_string(), &(first + limit - 1).min(total).to_string(), &total.to_string()]),
        previous: crate::ask::is(meta, "hasPreviousPage").then(|| to_page(page - 1)),
        next: crate::ask::is(meta, "hasNextPage").then(|| to_page(page + 1)),
    })
}

/// One entry.
struct AuditEntry;

impl View for AuditEntry {
    const ID: &'static str = "console.audit_entry";
    const SUMMARY: &'static str = "The console: an entry of the audit log, and its proof.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/audit-log/{logId}");
    const NEEDS: Permission = AUDIT_READ;
    type Asked = (ShowAuditLog, ProveInclusion);

    async fn ask(prep: &Prep) -> Result<Self::Asked, Fault> {
        Ok((ready(prep, &[]).await?, ready(prep, &[]).await?))
    }

    async fn show((show, prove): Self::Asked, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let back = format!("/orgs/{}/portal/audit-log", cx.org().slug());
        let entry = answer(cx, show).await?;
        let entry = entry.get("data").cloned().unwrap_or_default();
        let facts = entry.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
            let shown = value.as_str().map_or_else(|| Cell::Code(value.to_string()), Cell::text);
            (name.clone(), shown)
        });
        let blocks = vec![Block::Facts { title: w.audit.entry_title.to_owned(), facts: facts.collect() }, proof(cx, prove).await];
        Ok(Content::new(Section::AuditLog, said_with(w.audit.entry, &[&text(&entry, "id")]), blocks)
            .with_back(w.sections.audit_log, back))
    }
}

/// The operation verifies the proof before it answers; an entry that was tampered with has none.
async fn proof(cx: &mut Cx<OneOrg, Reads>, prove: ProveInclusion) -> Block {
    let w = words(cx);
    let a = &w.audit;
    let title = a.proof.to_owned();
    let Ok(found) = answer(cx, prove).await else {
        let warning = Cell::Warn(a.unproven.to_owned());
        return Block::Facts { title, facts: vec![(w.things.state.to_owned(), warning)] };
    };
    let found = found.get("data").cloned().unwrap_or_default();
    let state = Cell::Good(said_with(a.proven, &[&text(&found, "treeSize")]));
    let code = |name: &str| Cell::Code(text(&found, name));
    Block::Facts {
        title,
        facts: vec![
            (w.things.state.to_owned(), state),
            (a.leaf.to_owned(), code("leafHash")),
            (a.root.to_owned(), code("rootHash")),
            (
                a.path.to_owned(),
                Cell::Code(items(&found, "proof").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
            ),
        ],
    }
}
