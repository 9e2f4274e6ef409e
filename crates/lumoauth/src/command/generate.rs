//! `lumoauth generate`: documentation pages made from the code, so that they can't be wrong.

use super::say;
use crate::assemble::catalogue;
use crate::cli::Generate;
use anyhow::Context;
use flow::Entry;
use kernel::Access;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;

/// Run it.
///
/// # Errors
/// If a file can't be read or written.
pub fn run(options: &Generate) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(&options.output)?;
    let mut stale = Vec::new();
    for (name, text) in documents() {
        let path = options.output.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        if options.check {
            stale.push(name);
        } else {
            std::fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
            say(format_args!("wrote {}", path.display()));
        }
    }
    if stale.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    say(format_args!("out of date: {}; run `cargo run -p lumoauth -- generate`", stale.join(", ")));
    Ok(ExitCode::FAILURE)
}

fn documents() -> [(&'static str, String); 6] {
    let catalogue = catalogue(true);
    let entries = catalogue.entries();
    [
        ("permissions.md", permissions(entries)),
        ("events.md", events(entries)),
        ("errors.md", edge::errors_markdown()),
        ("pipeline.md", oauth::pipeline::markdown()),
        ("specs.md", oauth::pipeline::specifications()),
        ("config.md", settings::reference_markdown()),
    ]
}

fn permissions(entries: &[Entry]) -> String {
    let mut text =
        String::from("# Endpoints and who may call them\n\n| endpoint | operation | who | writes |\n|---|---|---|---|\n");
    for entry in entries {
        for route in &entry.routes {
            let writes = if entry.writes { "yes" } else { "" };
            let _ = writeln!(
                text,
                "| `{} {}` | `{}` | {} | {writes} |",
                route.method.as_str(),
                route.path,
                entry.id,
                who(entry.access)
            );
        }
    }
    text
}

fn who(access: Access) -> String {
    match access {
        Access::Public(reason) => format!("anyone: {reason}"),
        Access::Browser => "any browser".to_owned(),
        Access::Session => "a signed-in person".to_owned(),
        Access::Client => "an authenticated client".to_owned(),
        Access::Token => "any access token".to_owned(),
        Access::TokenOrKey => "any access token or API key".to_owned(),
        Access::Permission(permission) => format!("permission `{}`, scope `{}`", permission.slug, permission.scope),
        Access::Console(permission) => format!("a signed-in person with permission `{}`", permission.slug),
        Access::Registration(permission) => {
            format!(
                "by the organization's policy: anyone, an initial access token, or permission `{}`, scope `{}`",
                permission.slug, permission.scope
            )
        }
        Access::Registered => "a client's registration access token".to_owned(),
        Access::Operator => "the operator".to_owned(),
    }
}

fn events(entries: &[Entry]) -> String {
    let mut kinds = BTreeMap::new();
    for entry in entries {
        for kind in entry.events {
            kinds.entry(kind.name).or_insert((kind, Vec::new())).1.push(entry.id);
        }
    }
    let mut text = String::from(
        "# Events\n\nEverything the log can say.\n\n| event | severity | meaning | recorded by |\n|---|---|---|---|\n",
    );
    for (name, (kind, operations)) in kinds {
        let by = operations.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "| `{name}` | {} | {} | {by} |", kind.severity.as_str(), kind.summary.trim());
    }
    text
}
