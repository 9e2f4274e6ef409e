//! Background programs that never outlive this process, however it ends.
//!
//! A guardian shell holds the reading end of a pipe. When this process stops the program itself it says so through the
//! pipe; when this process dies (Ctrl-C, a cancelled job, `kill -9`) the pipe closes and the guardian stops the program.
//! Both then remove the folder. Program and guardian run in process groups of their own, so Ctrl-C reaches neither.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Waits for a word on standard input: `done` means the program has ended; anything else, and the end of input, means
/// that nobody is left to stop it.
const GUARDIAN: &str = r#"
trap '' INT TERM HUP
read -r word
if [ "$word" != done ]; then
    kill "-$1" "$2" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        kill -0 "$2" 2>/dev/null || break
        sleep 0.25
    done
    kill -KILL "$2" 2>/dev/null
fi
[ -z "$3" ] || rm -rf -- "$3"
"#;

/// How long a program may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running background program, stopped on drop.
pub struct Leash {
    child: Child,
    guardian: Child,
    signal: &'static str,
}

impl Leash {
    /// Starts `command`; `signal` is what asks it to end, `folder` is removed afterwards.
    pub fn start(mut command: Command, signal: &'static str, folder: Option<PathBuf>) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().with_context(|| format!("cannot start {name}"))?;
        let guardian = Command::new("sh")
            .args(["-c", GUARDIAN, "guardian", signal, &child.id().to_string()])
            .arg(folder.unwrap_or_default())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start sh")?;
        Ok(Self { child, guardian, signal })
    }

    /// How the program ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    fn stop(&mut self) {
        if self.ended().is_none() {
            let _ = Command::new("kill").args([&format!("-{}", self.signal), &self.child.id().to_string()]).status();
        }
        let asked = Instant::now();
        while self.ended().is_none() && asked.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.stop();
        if let Some(mut pipe) = self.guardian.stdin.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.guardian.wait();
    }
}

/// Asks `ready` until it says yes. Fails when the time is over or `leash` has ended.
pub fn wait_until(leash: &mut Leash, limit: Duration, what: &str, mut ready: impl FnMut() -> bool) -> Result<()> {
    let begun = Instant::now();
    loop {
        if let Some(status) = leash.ended() {
            anyhow::bail!("{what} ended while starting ({status})");
        }
        if ready() {
            return Ok(());
        }
        if begun.elapsed() > limit {
            anyhow::bail!("{what} was not ready after {} s", limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A TCP port that was free a moment ago on the loopback interface.
pub fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("cannot listen on the loopback interface")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_the_leash_ends_the_program_and_removes_its_folder() {
        let folder = std::env::temp_dir().join(format!("lumoauth-leash-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("sleep");
        command.arg("60");
        let mut leash = Leash::start(command, "TERM", Some(folder.clone())).unwrap();
        assert!(leash.ended().is_none());
        let id = leash.child.id().to_string();
        drop(leash);
        assert!(!folder.exists());
        assert!(!Command::new("kill").args(["-0", &id]).stderr(Stdio::null()).status().unwrap().success());
    }

    #[test]
    fn a_program_that_ends_while_starting_is_reported_at_once() {
        let mut leash = Leash::start(Command::new("false"), "TERM", None).unwrap();
        let error = wait_until(&mut leash, Duration::from_secs(30), "it", || false).unwrap_err();
        assert!(error.to_string().contains("ended while starting"));
    }
}
