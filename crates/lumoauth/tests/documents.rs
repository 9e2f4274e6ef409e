//! What the documents say exists: commands, links, and the tests that docs/SECURITY.md names.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

use clap::Parser;
use lumoauth::cli::Cli;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_command_the_documents_print_is_understood() {
    let mut seen = 0;
    for (file, text) in documents() {
        let shell = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
        for line in shell.flat_map(str::lines).filter_map(command) {
            seen += 1;
            if let Err(error) = Cli::try_parse_from(&line) {
                let is_answer = !error.use_stderr();
                assert!(is_answer, "{}: `{}`: {error}", file.display(), line.join(" "));
            }
        }
    }
    assert!(seen > 10, "{seen} commands");
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    for (file, text) in documents() {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
            let path = file.parent().unwrap().join(target.split('#').next().unwrap());
            assert!(path.exists(), "{}: {target}", file.display());
        }
    }
}

#[test]
fn every_test_named_beside_an_attack_exists() {
    let sources: Vec<String> = sources().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let page = fs::read_to_string(root().join("docs/SECURITY.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.chars().nth(2).is_some_and(|c| c.is_ascii_digit()));
    for row in rows {
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for name in last.split('`').skip(1).step_by(2) {
            let declared = format!("fn {name}(");
            assert!(sources.iter().any(|source| source.contains(&declared)), "no test {name}");
        }
    }
}

/// The words of a line that calls the program, without what a shell would take away.
fn command(line: &str) -> Option<Vec<String>> {
    let line = line.split(" #").next()?.trim();
    let rest = ["lumoauth ", "cargo run -- ", "cargo run --release -- "].iter().find_map(|program| line.strip_prefix(program))?;
    let mut words = vec!["lumoauth".to_owned()];
    for (number, part) in rest.split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    Some(words)
}

fn documents() -> Vec<(PathBuf, String)> {
    let mut paths = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    paths.extend(files(&root().join("docs"), "md"));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn sources() -> Vec<PathBuf> {
    ["crates", "suites", "testkit"].iter().flat_map(|folder| files(&root().join(folder), "rs")).collect()
}

/// The files of this kind below a folder; what was installed there is not ours.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if entry.is_dir() && !matches!(name, "node_modules" | "target" | ".venv") {
            found.extend(files(&entry, extension));
        } else if entry.extension().is_some_and(|found| found == extension) {
            found.push(entry);
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent).unwrap()
}
