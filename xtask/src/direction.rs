//! Checks that crates use each other only in the direction docs/ARCHITECTURE.md allows, that each heavy library stays in
//! its one room, and that no second TLS or crypto library gets into the build.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workshop::Workshop;

/// Each product crate and what it may use. A crate that is not named here may not exist: a new room is a decision.
const ALLOWED: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("jose", &["kernel"]),
    ("oauth", &["kernel", "jose"]),
    ("ledger", &["kernel", "jose"]),
    ("settings", &["kernel", "jose"]),
    ("pages", &["kernel"]),
    ("store", &["kernel", "jose"]),
    ("flow", &["kernel", "jose", "ledger", "store"]),
    ("identity", &["kernel", "jose", "oauth", "ledger", "store", "flow", "pages"]),
    ("signin", &["kernel", "jose", "oauth", "ledger", "store", "flow", "pages", "identity"]),
    ("op", &["kernel", "jose", "oauth", "ledger", "store", "flow", "pages", "identity", "signin"]),
    ("authz", &["kernel", "jose", "oauth", "ledger", "store", "flow", "pages", "identity"]),
    ("signals", &["kernel", "jose", "oauth", "ledger", "store", "flow", "pages", "identity"]),
    ("console", &["kernel", "jose", "oauth", "ledger", "store", "flow", "pages", "identity", "signin", "op", "authz", "signals"]),
    (
        "edge",
        &[
            "kernel", "jose", "oauth", "ledger", "store", "flow", "pages", "settings", "identity", "signin", "op", "authz",
            "signals", "console",
        ],
    ),
    (
        "lumoauth",
        &[
            "kernel", "jose", "oauth", "ledger", "store", "flow", "pages", "settings", "identity", "signin", "op", "authz",
            "signals", "console", "edge",
        ],
    ),
];

/// Libraries with exactly one room, and that room.
const ONLY_IN: [(&str, &str); 7] = [
    ("aws-lc-rs", "jose"),
    ("rustls-webpki", "jose"),
    ("x509-parser", "jose"),
    ("rusqlite", "store"),
    ("tokio-postgres", "store"),
    ("tokio-postgres-rustls", "store"),
    ("axum", "edge"),
];

/// Libraries that must not be in the Linux build at all: one TLS and one crypto library is enough.
const BANNED: [&str; 4] = ["openssl", "openssl-sys", "native-tls", "ring"];

/// Fails with every violation found.
pub fn check(shop: &Workshop) -> Result<()> {
    let metadata = shop.cargo().args(["metadata", "--no-deps", "--format-version", "1", "--locked"]).output()?;
    let crates = parse(&metadata)?;
    let mut wrong = violations(&crates);
    let tree = ["tree", "--workspace", "--locked", "--target", "x86_64-unknown-linux-gnu", "--prefix", "none", "--format", "{p}"];
    wrong.extend(banned(&shop.cargo().args(tree).output()?));
    if !wrong.is_empty() {
        bail!("{} violations:\n  {}", wrong.len(), wrong.join("\n  "));
    }
    println!("{} crates use each other in the allowed direction only", crates.len());
    Ok(())
}

/// One member of the workspace. Members that are no rooms hold tests, chores and measurements: they may use every room,
/// and no room may use them, except that `testkit` serves the tests of the rooms.
struct Member {
    name: String,
    is_room: bool,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    is_for_tests: bool,
}

fn parse(metadata: &str) -> Result<Vec<Member>> {
    let metadata: Value = serde_json::from_str(metadata).context("cargo metadata printed no JSON")?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("cargo metadata names no packages")?;
    let root = metadata.get("workspace_root").and_then(Value::as_str).context("cargo metadata names no workspace root")?;
    let rooms = format!("{root}/crates/");
    packages.iter().map(|package| member(package, &rooms)).collect::<Option<_>>().context("cargo metadata has an unexpected form")
}

/// Reads one package; what lies below the folder `rooms` is part of the product.
fn member(package: &Value, rooms: &str) -> Option<Member> {
    let dependencies = package.get("dependencies")?.as_array()?.iter().map(|dependency| {
        let is_for_tests = dependency.get("kind").and_then(Value::as_str) == Some("dev");
        Some(Dependency { name: dependency.get("name")?.as_str()?.to_owned(), is_for_tests })
    });
    Some(Member {
        name: package.get("name")?.as_str()?.to_owned(),
        is_room: package.get("manifest_path")?.as_str()?.starts_with(rooms),
        dependencies: dependencies.collect::<Option<_>>()?,
    })
}

fn violations(members: &[Member]) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let names: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let mut wrong = Vec::new();
    for member in members {
        wrong.extend(misplaced(member));
        match allowed.get(member.name.as_str()) {
            Some(allowed) => wrong.extend(forbidden(member, allowed, &names)),
            None if member.is_room => wrong.push(format!("{} has no place in the allowed directions", member.name)),
            None => {}
        }
    }
    wrong
}

fn forbidden(member: &Member, allowed: &[&str], names: &BTreeSet<&str>) -> Vec<String> {
    let own = member.dependencies.iter().filter(|dependency| names.contains(dependency.name.as_str()));
    let bad = own.filter(|dependency| {
        let name = dependency.name.as_str();
        let is_outside = !ALLOWED.iter().any(|(room, _)| *room == name);
        if dependency.is_for_tests { is_outside && name != "testkit" } else { is_outside || !allowed.contains(&name) }
    });
    bad.map(|dependency| format!("{} may not use {}", member.name, dependency.name)).collect()
}

fn misplaced(member: &Member) -> Vec<String> {
    let used = member.dependencies.iter().filter(|dependency| member.is_room && !dependency.is_for_tests);
    let rules = used.flat_map(|dependency| ONLY_IN.iter().filter(move |(library, _)| *library == dependency.name));
    let bad = rules.filter(|(_, room)| *room != member.name);
    bad.map(|(library, room)| format!("only {room} may use {library}, but {} does", member.name)).collect()
}

fn banned(tree: &str) -> Vec<String> {
    let used: BTreeSet<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    BANNED
        .into_iter()
        .filter(|name| used.contains(name))
        .map(|name| format!("{name} is in the build: see cargo tree -i {name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, and whether only tests use it.
    type Uses<'a> = &'a [(&'a str, bool)];

    fn room(name: &str, dependencies: Uses) -> Member {
        let dependencies =
            dependencies.iter().map(|(name, is_for_tests)| Dependency { name: (*name).to_owned(), is_for_tests: *is_for_tests });
        Member { name: name.to_owned(), is_room: true, dependencies: dependencies.collect() }
    }

    fn wrong(name: &str, dependencies: Uses) -> Vec<String> {
        let known = ["kernel", "store", "edge", "op", "identity", "testkit"];
        let mut members: Vec<Member> = known.iter().filter(|known| **known != name).map(|name| room(name, &[])).collect();
        members.retain(|member| member.name != "testkit");
        members.push(Member { name: "testkit".to_owned(), is_room: false, dependencies: Vec::new() });
        members.push(room(name, dependencies));
        violations(&members)
    }

    #[test]
    fn the_allowed_direction_passes() {
        assert_eq!(wrong("store", &[("kernel", false), ("rusqlite", false), ("testkit", true)]), Vec::<String>::new());
    }

    #[test]
    fn every_forbidden_use_is_named() {
        let cases: [(&str, Uses, &str); 6] = [
            ("kernel", &[("store", false)], "kernel may not use store"),
            ("identity", &[("op", false)], "identity may not use op"),
            ("op", &[("testkit", false)], "op may not use testkit"),
            ("op", &[("axum", false)], "only edge may use axum, but op does"),
            ("edge", &[("rusqlite", false)], "only store may use rusqlite, but edge does"),
            ("attic", &[], "attic has no place in the allowed directions"),
        ];
        for (name, dependencies, expected) in cases {
            assert_eq!(wrong(name, dependencies), [expected]);
        }
    }

    #[test]
    fn a_second_crypto_library_is_found_in_the_tree() {
        assert_eq!(
            banned("store v0.1.0 (/x)\nring v0.17.8\nstring-cache v1.0.0"),
            ["ring is in the build: see cargo tree -i ring"]
        );
        assert!(banned("aws-lc-rs v1.19.0\nspring v1.0.0").is_empty());
    }
}
