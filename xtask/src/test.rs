//! `cargo xtask test`: every check of this repository, one after the other.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::report::Report;
use crate::workshop::{POSTGRES_VARIABLE, Workshop};
use crate::{direction, fuzz, interop, prerequisites};

struct Step {
    name: &'static str,
    about: &'static str,
    work: fn(&Workshop) -> Result<()>,
}

/// In the order they run: what fails fast comes first.
const STEPS: [Step; 7] = [
    Step { name: "prerequisites", about: "install what the other steps need", work: |_| prerequisites::install() },
    Step { name: "format", about: "the code is formatted", work: |shop| shop.cargo().args(["fmt", "--all", "--check"]).run() },
    Step { name: "direction", about: "crates use each other in the allowed direction", work: direction::check },
    Step { name: "lint", about: "the compiler and clippy have nothing to say", work: lint },
    Step { name: "rust", about: "unit, operation and store tests on SQLite and PostgreSQL", work: rust },
    Step { name: "generated", about: "generated documents are up to date", work: generated },
    Step { name: "interop", about: "real clients and a real browser against a running server", work: interop::run },
];

/// Runs the steps the arguments name, all of them without any. Returns whether everything passed.
pub fn run(arguments: &[&str]) -> Result<bool> {
    let wanted = match arguments {
        [] => STEPS.iter().map(|step| step.name).collect(),
        ["--list"] => {
            for step in &STEPS {
                println!("{:<14} {}", step.name, step.about);
            }
            return Ok(true);
        }
        ["--only", names] => chosen(names)?,
        [option] if option.starts_with("--only=") => chosen(option.trim_start_matches("--only="))?,
        _ => bail!("usage: cargo xtask test [--only STEP,STEP] [--list]"),
    };
    let shop = Workshop::open()?;
    let mut report = Report::of(wanted.len());
    for step in STEPS.iter().filter(|step| wanted.contains(step.name)) {
        report.step(step.name, step.about, || (step.work)(&shop));
    }
    // Background programs end before the closing line, so that it stays the last one.
    drop(shop);
    Ok(report.close())
}

fn chosen(names: &str) -> Result<BTreeSet<&str>> {
    let chosen: BTreeSet<&str> = names.split(',').filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = chosen.iter().find(|name| !STEPS.iter().any(|step| step.name == **name)) {
        bail!("there is no step `{unknown}`; cargo xtask test --list shows them all");
    }
    if chosen.is_empty() {
        bail!("--only names no step");
    }
    Ok(chosen)
}

fn lint(shop: &Workshop) -> Result<()> {
    shop.cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]).run()
}

fn rust(shop: &Workshop) -> Result<()> {
    let url = shop.postgres_url()?;
    shop.cargo().args(["test", "--workspace", "--locked", "--no-fail-fast"]).env(POSTGRES_VARIABLE, url).run()?;
    fuzz::check(shop)
}

fn generated(shop: &Workshop) -> Result<()> {
    let generate = ["generate", "--output", "docs/generated", "--check"];
    shop.cargo().args(["run", "--quiet", "--locked", "--package", "lumoauth", "--"]).args(generate).run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_chosen_by_name() {
        assert_eq!(chosen("lint,format").unwrap(), BTreeSet::from(["format", "lint"]));
        assert!(chosen("lint,nonsense").unwrap_err().to_string().contains("`nonsense`"));
        assert!(chosen("").is_err());
    }
}
