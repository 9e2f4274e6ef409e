//! What the figures were measured on.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use time::OffsetDateTime;

use crate::measure::Histogram;

/// Machine, commit and date of a run.
pub struct Machine {
    processor: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
    commit: String,
    date: String,
    foreign_load: f64,
    sync: Histogram,
}

impl Machine {
    /// Describes this machine; `data` is a directory on the disk that is measured.
    pub async fn describe(data: &Path) -> Result<Self> {
        Ok(Self {
            foreign_load: foreign_load().await?,
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: cores(),
            memory_gib: memory_kib().div_ceil(1024 * 1024),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            commit: commit(),
            date: OffsetDateTime::now_utc().date().to_string(),
            sync: durable_appends(data)?,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | |\n|---|---|")?;
        writeln!(f, "| Processor | {} |", self.processor)?;
        writeln!(f, "| Cores | {}, shared by the server and the load generator |", self.cores)?;
        writeln!(f, "| Memory | {} GiB |", self.memory_gib)?;
        writeln!(f, "| Kernel | {} |", self.kernel)?;
        let (p50, p99) = (self.sync.quantile(500).as_micros(), self.sync.quantile(990).as_micros());
        writeln!(f, "| One durable 4 KiB append (write, fdatasync) | p50 {p50} µs, p99 {p99} µs |")?;
        writeln!(f, "| Busy with something else before the run | {:.0} % |", self.foreign_load * 100.0)?;
        writeln!(f, "| Commit | {} |", self.commit)?;
        writeln!(f, "| Date | {} |", self.date)
    }
}

/// Cores this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn memory_kib() -> u64 {
    let total = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    total.trim_end_matches("kB").trim().parse().unwrap_or(0)
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    match (git(&["rev-parse", "--short=12", "HEAD"]), git(&["status", "--porcelain", "--untracked-files=no"])) {
        (Some(commit), Some(changes)) if changes.is_empty() => commit,
        (Some(commit), _) => format!("{commit}, with local changes"),
        (None, _) => "unknown".to_owned(),
    }
}

/// The share of all cores that others keep busy while nothing is measured.
async fn foreign_load() -> Result<f64> {
    let before = processor_times(&fs::read_to_string("/proc/stat")?).context("no processor times")?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = processor_times(&fs::read_to_string("/proc/stat")?).context("no processor times")?;
    let total = (after.total - before.total) as f64;
    Ok(1.0 - (after.idle - before.idle) as f64 / total)
}

struct ProcessorTimes {
    idle: u64,
    total: u64,
}

fn processor_times(stat: &str) -> Option<ProcessorTimes> {
    let all_cores = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let times: Vec<u64> = all_cores.split_whitespace().take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
    let [_, _, _, idle, waiting, ..] = times.as_slice() else { return None };
    Some(ProcessorTimes { idle: idle + waiting, total: times.iter().sum() })
}

/// What durability costs on this disk: the floor under every commit that is not shared.
fn durable_appends(data: &Path) -> Result<Histogram> {
    let path = data.join("append");
    let mut file = fs::File::create(&path)?;
    let mut latency = Histogram::default();
    for _ in 0..500 {
        let start = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        latency.record(start.elapsed());
    }
    fs::remove_file(path)?;
    Ok(latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_the_disk_counts_as_idle() {
        let times = processor_times("cpu  10 1 5 100 7 0 2 3 50 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n").unwrap();
        assert_eq!((times.idle, times.total), (107, 128));
        assert!(processor_times("intr 1 2 3\n").is_none());
    }
}
