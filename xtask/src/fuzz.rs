//! `cargo xtask fuzz`: what outsiders send, tried out under the guidance of coverage. suites/fuzz/README.md tells more.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::command::Tool;
use crate::workshop::Workshop;

/// What makes the compiler count which branches an input takes, and tell what it was compared with. The stable one can do that too.
const INSTRUMENTED: [&str; 7] = [
    "--cfg",
    "fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
const MANIFEST: &str = "suites/fuzz/Cargo.toml";
const MINUTES: u64 = 10;

/// Runs the target that the arguments name, all of them without any, for so many minutes each.
pub fn run(shop: &Workshop, arguments: &[&str]) -> Result<()> {
    let (target, minutes) = match arguments {
        [] => (None, MINUTES),
        ["--minutes", minutes] => (None, minutes.parse()?),
        [target] => (Some(*target), MINUTES),
        [target, "--minutes", minutes] => (Some(*target), minutes.parse()?),
        _ => bail!("usage: cargo xtask fuzz [TARGET] [--minutes N]"),
    };
    let known = targets(shop)?;
    let chosen: Vec<&String> = known.iter().filter(|name| target.is_none_or(|target| target == *name)).collect();
    ensure!(!chosen.is_empty(), "there is no such target; there are {}", known.join(", "));
    let programs = build(shop)?;
    for name in chosen {
        fuzz(&programs.join(name), &shop.root().join("target/fuzz/runs").join(name), minutes)?;
    }
    Ok(())
}

/// Whether each target still takes its seeds, without libFuzzer.
pub fn check(shop: &Workshop) -> Result<()> {
    let cargo = shop.cargo().args(["test", "--locked", "--manifest-path", MANIFEST]);
    cargo.env("CARGO_TARGET_DIR", shop.target()).run()
}

fn targets(shop: &Workshop) -> Result<Vec<String>> {
    let folder = shop.root().join("suites/fuzz/src/bin");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        names.extend(entry?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Build all of them. Naming the machine's own kind keeps build scripts and macros as they are.
fn build(shop: &Workshop) -> Result<PathBuf> {
    let about = Tool::new("rustc").within(shop.root()).arg("-vV").output()?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc doesn't say where it runs")?;
    let folder = shop.root().join("target/fuzz");
    let cargo = shop.cargo().args(["build", "--release", "--locked", "--bins", "--manifest-path", MANIFEST, "--target", host]);
    cargo.env("RUSTFLAGS", INSTRUMENTED.join(" ")).env("CARGO_TARGET_DIR", &folder).run()?;
    Ok(folder.join(host).join("release"))
}

/// Inputs that lead somewhere new are kept for the next run, and those that break something beside them.
fn fuzz(program: &Path, folder: &Path, minutes: u64) -> Result<()> {
    let (inputs, findings) = (folder.join("inputs"), folder.join("findings"));
    for made in [&inputs, &findings] {
        std::fs::create_dir_all(made).with_context(|| format!("cannot create {}", made.display()))?;
    }
    let options = [
        format!("-dict={}", folder.join("words").display()),
        format!("-artifact_prefix={}/", findings.display()),
        format!("-max_total_time={}", minutes.saturating_mul(60)),
    ];
    let limits = ["-max_len=4096", "-rss_limit_mb=2048", "-timeout=10", "-print_final_stats=1"];
    Tool::new(program).within(folder).arg(&inputs).args(options).args(limits).run()
}
