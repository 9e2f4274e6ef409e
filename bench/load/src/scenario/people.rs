//! Many people: how long they take to bring in, and how long a page of them takes to list.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use crate::dev::Server;
use crate::measure::Histogram;
use crate::wire::Connection;

/// Rows in a request, as many as the server takes at once.
const BATCH: u64 = 1000;
/// One of so many people is shut out, so that the filter finds some.
const BLOCKED_ONE_IN: u64 = 50;

#[derive(Deserialize)]
struct Begun {
    data: Import,
}

#[derive(Deserialize)]
struct Import {
    id: String,
}

/// Imports people numbered from `first`, without passwords, and says how long that took.
pub async fn import(server: &Server, first: u64, count: u64) -> Result<Duration> {
    let mut connection = Connection::new(server.origin.address());
    let request = server.origin.post_json(&server.api("admin/user-imports"), &server.api_key(), "{}");
    let begun: Begun = connection.exchange(&request).await?.expect(201)?.json()?;
    let started = Instant::now();
    let mut sent = 0;
    while sent < count {
        let rows: Vec<_> = (sent..count.min(sent + BATCH)).map(|row| person(first + row)).collect();
        let body = serde_json::to_string(&rows)?;
        let target = server.api(&format!("admin/user-imports/{}/rows?offset={sent}", begun.data.id));
        connection.exchange(&server.origin.post_json(&target, &server.api_key(), &body)).await?.expect(200)?;
        sent += rows.len() as u64;
    }
    Ok(started.elapsed())
}

fn person(number: u64) -> serde_json::Value {
    // Names in another order than the addresses, so that no order comes for free.
    let name = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    json!({
        "email": format!("person{number:07}@people.example"),
        "username": format!("p{name:08}{number:07}"),
        "name": format!("Person {name:08}"),
        "isActive": !number.is_multiple_of(BLOCKED_ONE_IN),
    })
}

#[derive(Deserialize)]
struct Page {
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    total: u64,
}

/// The queries that are measured, with what each is called: every filter and every order, and places far inside.
pub fn queries(total: u64) -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for sort in ["createdAt", "updatedAt", "lastLoginAt", "email", "username", "name"] {
        for direction in ["ASC", "DESC"] {
            queries.push((format!("by {sort}, {direction}"), format!("sortBy={sort}&sortDir={direction}")));
        }
    }
    let middle = (total / 200).max(1);
    for (name, query) in [
        ("inactive", "active=false"),
        ("active and not blocked", "active=true&blocked=false"),
        ("blocked", "blocked=true"),
        ("inactive, by name", "active=false&sortBy=name"),
        ("with the role user", "role=user"),
        ("with the role user, by name", "role=user&sortBy=name"),
        ("in a group", "group=bench"),
        ("in a group, by name", "group=bench&sortBy=name"),
        ("searched, one fits", "search=person0000042"),
        ("searched, hundreds fit", "search=person00002"),
        ("searched, everybody fits, by name", "search=person&sortBy=name"),
        ("searched by two words", "search=person%20crowd&active=true"),
    ] {
        queries.push((name.to_owned(), query.to_owned()));
    }
    queries.push(("in the middle of the list".to_owned(), format!("page={middle}")));
    queries.push(("in the middle of the list by name".to_owned(), format!("page={middle}&sortBy=name")));
    queries
}

/// Makes a group of some hundred of those imported.
pub async fn group(server: &Server) -> Result<()> {
    let mut connection = Connection::new(server.origin.address());
    let make = server.origin.post_json(&server.api("admin/groups"), &server.api_key(), r#"{"name":"Bench","slug":"bench"}"#);
    connection.exchange(&make).await?.expect(201).context("making a group")?;
    for number in 0..200 {
        let target = server.api(&format!("admin/users/person{number:07}@people.example/groups"));
        let add = server.origin.post_json(&target, &server.api_key(), r#"{"groups":["bench"]}"#);
        connection.exchange(&add).await?.expect(200).context("adding to a group")?;
    }
    Ok(())
}

/// How long pages of 100 take for a query, one after another.
pub async fn pages(server: &Server, query: &str, times: u32) -> Result<Histogram> {
    let mut target = server.api("admin/users?limit=100&");
    write!(target, "{query}")?;
    let request = server.origin.get(&target, &server.api_key());
    let mut connection = Connection::new(server.origin.address());
    let mut histogram = Histogram::default();
    for _ in 0..times {
        let started = Instant::now();
        let page: Page = connection.exchange(&request).await?.expect(200).with_context(|| query.to_owned())?.json()?;
        histogram.record(started.elapsed());
        anyhow::ensure!(page.meta.total > 0, "{query} finds nobody");
    }
    Ok(histogram)
}
