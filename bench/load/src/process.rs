//! Servers started as child processes, and what the kernel says about them.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::wire::{Connection, Origin};

/// How to start a server. `{data}` and `{listen}` in its arguments stand for a directory and an address.
#[derive(Clone)]
pub struct Recipe {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// The user it runs as, when not this one.
    pub user: Option<u32>,
}

/// A running server; killed when dropped.
pub struct Running {
    child: Child,
    executed: Instant,
    log: PathBuf,
}

impl Recipe {
    /// A program with arguments separated by white space.
    pub fn new(program: impl Into<PathBuf>, arguments: &str) -> Self {
        let arguments = arguments.split_whitespace().map(str::to_owned).collect();
        Self { program: program.into(), arguments, environment: Vec::new(), user: None }
    }

    /// Starts the server with its output going to `log`.
    pub fn start(&self, data: &Path, listen: &str, log: &Path) -> Result<Running> {
        let output = File::options().create(true).append(true).open(log)?;
        let data = data.to_str().context("a data directory that is not UTF-8")?;
        let arguments = self.arguments.iter().map(|argument| argument.replace("{data}", data).replace("{listen}", listen));
        let mut command = Command::new(&self.program);
        command.args(arguments).envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        if let Some(user) = self.user {
            command.uid(user).current_dir("/");
        }
        let executed = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {}", self.program.display()))?;
        Ok(Running { child, executed, log: log.to_owned() })
    }
}

impl Running {
    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `path` answers 200, asking every millisecond, and returns the time since the program was executed.
    pub async fn answers(&mut self, origin: &Origin, path: &str) -> Result<Duration> {
        const PATIENCE: Duration = Duration::from_secs(30);
        let request = origin.get(path, "");
        let mut connection = Connection::new(origin.address());
        while self.executed.elapsed() < PATIENCE {
            if connection.exchange(&request).await.is_ok_and(|reply| reply.status == 200) {
                return Ok(self.executed.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended ({status}); its log is {}", self.log.display());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("no answer from {path} within {PATIENCE:?}; the log is {}", self.log.display())
    }

    /// Asks the server to end and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        Command::new("kill").arg("-TERM").arg(self.pid().to_string()).status().context("running kill")?;
        for _ in 0..1500 {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the server did not end within 15 seconds of SIGTERM")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address on loopback that nobody listens on.
pub fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Bytes of resident memory of process `pid`.
pub fn resident_memory(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid}"))?;
    resident(&status).context("no VmRSS in the status of the process")
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(resident("Name:\tx\nVmHWM:\t   90 kB\nVmRSS:\t   84 kB\n"), Some(84 * 1024));
        assert_eq!(resident("Name:\tx\n"), None);
    }

    #[test]
    fn arguments_are_separated_by_white_space() {
        let recipe = Recipe::new("server", "dev  --data {data}\n--listen {listen}");
        assert_eq!(recipe.arguments, ["dev", "--data", "{data}", "--listen", "{listen}"]);
    }
}
