//! Running other programs, with their output going straight to the terminal.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A program and its arguments, ready to run.
pub struct Tool(Command);

impl Tool {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        Self(command)
    }

    pub fn within(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    pub fn args<I, S>(mut self, arguments: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.0.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs to the end and streams the output. Fails when the program does.
    pub fn run(mut self) -> Result<()> {
        let line = self.line();
        println!("$ {line}");
        let status = self.0.status().with_context(|| format!("cannot start `{line}`"))?;
        if !status.success() {
            bail!("`{line}` failed ({status})");
        }
        Ok(())
    }

    /// Runs to the end and returns what it printed. Fails, with its error output, when the program does.
    pub fn output(mut self) -> Result<String> {
        let line = self.line();
        let output = self.0.output().with_context(|| format!("cannot start `{line}`"))?;
        if !output.status.success() {
            bail!("`{line}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether the program can be started and succeeds; prints nothing.
    pub fn succeeds(mut self) -> bool {
        self.0.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// The command underneath, for a caller that starts it in the background.
    pub fn into_inner(self) -> Command {
        self.0
    }

    /// Program name and arguments only: values of the environment may be secrets and are never shown.
    fn line(&self) -> String {
        let name = Path::new(self.0.get_program()).file_name().unwrap_or_else(|| self.0.get_program());
        let words = std::iter::once(name).chain(self.0.get_args()).map(OsStr::to_string_lossy);
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Finds a program the way a shell does.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether this process may install packages and change users.
pub fn is_root() -> bool {
    user_id(&[]).is_some_and(|id| id == 0)
}

/// The numeric id of the named user, or of the caller without a name.
pub fn user_id(name: &[&str]) -> Option<u32> {
    Tool::new("id").arg("-u").args(name).output().ok()?.trim().parse().ok()
}
