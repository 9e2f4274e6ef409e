//! Figures: what happened on which day, as bars and as a table.

use crate::ask::{answer, given, items, ready};
use crate::frame::Section;
use crate::view::{Content, Page, View, words};
use flow::{Catalogue, Cx, OneOrg, Parameter, Parse, Prep, Reads, Route};
use identity::permissions::ANALYTICS_READ;
use kernel::{Fault, Permission, Timestamp};
use pages::{Bar, Block, Cell, FigureWords, Link, Table, Words};
use serde_json::Value;
use signals::{CountLogins, CountUsers};
use std::time::Duration;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Page<Figures>>()
}

/// Figures by day.
struct Figures;

impl View for Figures {
    const ID: &'static str = "console.figures";
    const SUMMARY: &'static str = "The console: sign-ins and new users by day.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/figures");
    const NEEDS: Permission = ANALYTICS_READ;
    type Asked = (CountLogins, CountUsers, u64);

    fn parameters() -> Vec<Parameter> {
        CountUsers::parameters()
    }

    async fn ask(prep: &Prep) -> Result<Self::Asked, Fault> {
        let query = given(prep, &["days"])?;
        let wanted = query.first().and_then(|(_, days)| days.parse::<u64>().ok()).unwrap_or(30).clamp(1, 90);
        let days = wanted.to_string();
        let query = [("days", days.as_str())];
        Ok((ready(prep, &query).await?, ready(prep, &query).await?, wanted))
    }

    async fn show((logins, users, wanted): Self::Asked, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let f = &w.figures;
        let action = format!("/orgs/{}/portal/figures", cx.org().slug());
        let (logins, users) = (answer(cx, logins).await?, answer(cx, users).await?);
        let language = signin::page::Page::of(cx).words();
        let days: Vec<Day> = (0..wanted).rev().map(|ago| Day::of(language, cx.now, ago, &logins, &users)).collect();
        let ways = [("7", f.week), ("30", f.month), ("90", f.quarter)];
        let ways = ways.map(|(days, text)| Link { text: text.to_owned(), href: format!("{action}?days={days}") });
        let blocks = vec![
            Block::Ways { title: f.days.to_owned(), ways: ways.into() },
            bars(f.sign_ins, &days, |day| day.sign_ins),
            bars(f.failed, &days, |day| day.failed),
            bars(f.new_users, &days, |day| day.new_users),
            Block::Table(table(f, &days)),
        ];
        Ok(Content::new(Section::Figures, w.sections.figures, blocks).with_lead(f.lead))
    }
}

/// What happened on a day.
struct Day {
    text: String,
    sign_ins: i64,
    failed: i64,
    new_users: i64,
}

impl Day {
    /// So many days ago. The answers name only days on which something happened.
    fn of(language: &Words, now: Timestamp, ago: u64, logins: &Value, users: &Value) -> Self {
        let at = now.minus(Duration::from_hours(24 * ago));
        let iso = at.to_iso();
        let date = iso.split('T').next().unwrap_or_default();
        let count = |answer: &Value, list: &str, name: &str| {
            let rows = items(answer.get("data").unwrap_or(&Value::Null), list);
            let row = rows.iter().find(|row| row.get("date").and_then(Value::as_str) == Some(date));
            row.and_then(|row| row.get(name)).and_then(Value::as_i64).unwrap_or(0)
        };
        Self {
            text: language.day(at, &pages::Zone::default()),
            sign_ins: count(logins, "daily", "successful"),
            failed: count(logins, "daily", "failed"),
            new_users: count(users, "dailyRegistrations", "count"),
        }
    }
}

fn bars(title: &'static str, days: &[Day], of: fn(&Day) -> i64) -> Block {
    let most = days.iter().map(of).max().unwrap_or(0);
    let bar = |day: &Day| {
        let count = of(day);
        // Whatever happened at all is seen.
        let height = if count == 0 { 0 } else { (count.saturating_mul(100) / most.max(1)).max(2) };
        Bar { text: format!("{}: {count}", day.text), height: u32::try_from(height).unwrap_or(100) }
    };
    let end = |day: Option<&Day>| day.map(|day| day.text.clone()).unwrap_or_default();
    Block::Bars {
        title: title.to_owned(),
        extent: (end(days.first()), end(days.last()), most.to_string()),
        bars: days.iter().map(bar).collect(),
    }
}

fn table(f: &'static FigureWords, days: &[Day]) -> Table {
    let happened = days.iter().rev().filter(|day| day.sign_ins + day.failed + day.new_users > 0);
    let row = |day: &Day| {
        let counts = [day.sign_ins, day.failed, day.new_users].map(|count| Cell::text(count.to_string()));
        std::iter::once(Cell::text(day.text.clone())).chain(counts).collect()
    };
    Table {
        id: "days",
        title: f.by_day.to_owned(),
        columns: vec![f.day, f.sign_ins, f.failed, f.new_users],
        rows: happened.map(row).collect(),
        empty: f.nothing.to_owned(),
        ..Table::default()
    }
}
