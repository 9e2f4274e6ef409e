//! The programs the other steps need besides Rust, and how to get them on Debian.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::command::{self, Tool};
use crate::postgres;

struct Need {
    what: &'static str,
    why: &'static str,
    packages: &'static [&'static str],
    is_met: fn() -> bool,
}

const NEEDS: [Need; 6] = [
    Need {
        what: "a C compiler",
        why: "SQLite and AWS-LC",
        packages: &["gcc", "libc6-dev"],
        is_met: || command::find("cc").is_some(),
    },
    Need {
        what: "PostgreSQL 15 or newer",
        why: "the storage and interop tests",
        packages: &["postgresql"],
        is_met: postgres::is_installed,
    },
    Need {
        what: "Chromium",
        why: "the browser journeys",
        packages: &["chromium", "fonts-noto-core"],
        is_met: || chromium().is_some(),
    },
    Need {
        what: "Node.js 20 or newer with npm",
        why: "openid-client and the browser journeys",
        packages: &["nodejs", "npm"],
        is_met: has_node,
    },
    Need {
        what: "OpenSSL",
        why: "certificates of clients, and handshakes as others see them",
        packages: &["openssl"],
        is_met: || command::find("openssl").is_some(),
    },
    Need {
        what: "Python 3.10 or newer with venv and pip",
        why: "Authlib, the published Python clients and Schemathesis",
        packages: &["python3", "python3-venv", "python3-pip"],
        is_met: has_python,
    },
];

/// Makes sure that every need is met, and installs Debian packages for the rest when it may.
pub fn install() -> Result<()> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !report(need)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    let line = format!("apt-get install {}", packages.join(" "));
    if command::find("apt-get").is_none() {
        bail!("install them with this system's package manager (on Debian: {line})");
    }
    if !command::is_root() {
        bail!("this user may not install packages; run: sudo {line}");
    }
    let apt = || Tool::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
    apt().arg("update").run()?;
    apt()
        .args(["install", "--yes", "--no-install-recommends"])
        .args(&packages)
        .run()
        .context("the packages could not be installed")?;
    let still: Vec<&str> = missing.iter().filter(|need| !report(need)).map(|need| need.what).collect();
    if !still.is_empty() {
        bail!("still missing after the installation: {}", still.join(", "));
    }
    Ok(())
}

/// The browser: the one `LUMOAUTH_CHROMIUM` names, or the first found on the path.
pub fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("LUMOAUTH_CHROMIUM").map(PathBuf::from).filter(|file| file.is_file());
    named.or_else(|| ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(command::find))
}

fn report(need: &Need) -> bool {
    let is_met = (need.is_met)();
    let mark = if is_met { "found  " } else { "MISSING" };
    println!("{mark} {} ({})", need.what, need.why);
    is_met
}

fn has_node() -> bool {
    let version = Tool::new("node").arg("--version").output().unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|number| number.parse::<u32>().ok());
    major.is_some_and(|major| major >= 20) && command::find("npm").is_some()
}

fn has_python() -> bool {
    Tool::new("python3").args(["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"]).succeeds()
}
