//! What the chores share: where the checkout is, and the one PostgreSQL cluster a run may need.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::Tool;
use crate::postgres::Cluster;

/// Names the variable through which a PostgreSQL server reaches the tests. A caller may set it to use a server of
/// their own; its user must be allowed to create databases.
pub const POSTGRES_VARIABLE: &str = "LUMOAUTH_TEST_POSTGRES";

/// One run of a chore. Dropping it stops what it started.
pub struct Workshop {
    root: PathBuf,
    postgres: OnceCell<Cluster>,
}

impl Workshop {
    /// Finds the checkout this program was built in.
    pub fn open() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().context("xtask lives one folder below the workspace root")?.to_owned();
        Ok(Self { root, postgres: OnceCell::new() })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A folder below `target/` for what a chore leaves to look at afterwards: logs, data, pictures of failures.
    pub fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target().join("xtask").join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }

    /// The cargo that runs this chore, in the checkout.
    pub fn cargo(&self) -> Tool {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Tool::new(cargo).within(&self.root)
    }

    /// The server binary as `cargo build -p lumoauth` leaves it.
    pub fn binary(&self) -> PathBuf {
        self.target().join("debug").join("lumoauth")
    }

    /// The address of a PostgreSQL server: the caller's, or a private one that lives as long as this run.
    pub fn postgres_url(&self) -> Result<String> {
        if let Ok(url) = std::env::var(POSTGRES_VARIABLE)
            && !url.is_empty()
        {
            return Ok(url);
        }
        if let Some(cluster) = self.postgres.get() {
            return Ok(cluster.url().to_owned());
        }
        let cluster = Cluster::start()?;
        Ok(self.postgres.get_or_init(|| cluster).url().to_owned())
    }

    /// The folder cargo builds in.
    pub fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), |folder| self.root.join(folder))
    }
}
