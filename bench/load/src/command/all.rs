//! The whole list against fresh servers, and the others, in one run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::compare::{Others, compare};
use super::loads::Load;
use super::product::Measurement;
use super::start::Binary;
use crate::hash::HashCost;
use crate::postgres::{self, Cluster};
use crate::report::{Machine, Row, Table};

/// What to measure, and where the report goes.
#[derive(Args)]
pub struct AllArguments {
    #[command(flatten)]
    pub binary: Binary,
    #[command(flatten)]
    pub others: Others,
    #[command(flatten)]
    pub load: Load,
    #[command(flatten)]
    pub hash: HashCost,
    /// Measures on a private `PostgreSQL` cluster too, made for this run with default settings
    #[arg(long)]
    pub postgres: bool,
    /// Measures on this empty `PostgreSQL` database too
    #[arg(long, conflicts_with = "postgres")]
    pub postgres_url: Option<String>,
    /// A directory on the disk to measure; a new folder in it is used and removed
    #[arg(long, default_value = "target/bench")]
    pub data: PathBuf,
    /// Client credentials grants per second beside the sign-ins
    #[arg(long, default_value_t = 500)]
    pub grants_beside_logins: u64,
    /// Sessions created for the memory figure; 0 leaves it out
    #[arg(long, default_value_t = 100_000)]
    pub sessions: u64,
    /// People in the organization whose pages are listed; 0 leaves it out
    #[arg(long, default_value_t = 1_000_000)]
    pub people: u64,
    /// Used proofs beside which others are claimed; 0 leaves it out
    #[arg(long, default_value_t = 10_000_000)]
    pub proofs: u64,
    /// Writes the report to this file instead of standard output
    #[arg(long)]
    pub markdown: Option<PathBuf>,
}

/// Runs everything and fails when a goal was missed.
pub async fn all(arguments: AllArguments) -> Result<()> {
    ensure!(arguments.load.rate.is_none(), "the rates of this run are measured, not given: leave --rate out");
    let data = arguments.data.join(format!("run-{}", std::process::id()));
    std::fs::create_dir_all(&data).with_context(|| format!("creating {}", data.display()))?;
    let machine = Machine::describe(&data).await?;
    eprintln!("{machine}");
    let mut tables = Vec::new();
    let mut ours = Vec::new();
    tables.push(product(&arguments, &data, "SQLite", None, &mut ours).await);
    if let Some(url) = &arguments.postgres_url {
        tables.push(product(&arguments, &data, "PostgreSQL", Some(url), &mut ours).await);
    } else if arguments.postgres {
        let cluster = Cluster::start(&data.join("cluster")).await?;
        tables.push(product(&arguments, &data, "PostgreSQL", Some(cluster.url()), &mut ours).await);
        cluster.stop().await?;
    }
    tables.push(compare(&arguments.others, &ours, &arguments.load, &data).await);
    publish(&arguments, &machine, &tables)?;
    ensure!(tables.iter().all(Table::is_complete), "a figure could not be measured; the logs are in {}", data.display());
    std::fs::remove_dir_all(&data)?;
    ensure!(tables.iter().all(Table::meets_its_goals), "a goal was missed");
    Ok(())
}

/// Measures one server on one database, and adds its rate of client credentials grants to `ours`.
async fn product(
    arguments: &AllArguments,
    data: &Path,
    database: &str,
    url: Option<&str>,
    ours: &mut Vec<(String, f64)>,
) -> Table {
    let directory = data.join(database);
    let measurement = Measurement {
        recipe: arguments.binary.recipe(url),
        data: &directory,
        load: &arguments.load,
        hash: arguments.hash,
        grants_beside_logins: arguments.grants_beside_logins,
        sessions: arguments.sessions,
        people: arguments.people,
        proofs: arguments.proofs,
        url,
    };
    let name = format!("LumoAuth on {database}");
    let mut table = Table::new(&name);
    let measured = async {
        if let Some(url) = url {
            table.add(Row::note("PostgreSQL", postgres::describe(url)?));
        }
        measurement.run(&mut table).await
    };
    match measured.await {
        Ok(rate) => ours.push((name, rate)),
        Err(error) => table.add(Row::failed("The rest", &error)),
    }
    table
}

fn publish(arguments: &AllArguments, machine: &Machine, tables: &[Table]) -> Result<()> {
    let Load { connections, seconds, warm_up, .. } = arguments.load;
    let mut report = String::new();
    writeln!(report, "# Benchmarks\n")?;
    writeln!(report, "Written by `bench-load all`; what each figure means is in [bench/README.md](../bench/README.md).")?;
    writeln!(
        report,
        "Loads ran {seconds} s after {warm_up} s of warm-up, on {connections} connections where nothing else is said.\n"
    )?;
    writeln!(report, "{machine}")?;
    for table in tables {
        writeln!(report, "{table}")?;
    }
    let report = report.trim_end();
    if let Some(path) = &arguments.markdown {
        return std::fs::write(path, format!("{report}\n")).with_context(|| format!("writing {}", path.display()));
    }
    println!("{report}");
    Ok(())
}
