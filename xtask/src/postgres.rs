//! A private PostgreSQL cluster for tests, from the server programs the distribution installs.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use crate::command::{self, Tool};
use crate::leash::{Leash, free_port, wait_until};
use crate::workshop::POSTGRES_VARIABLE;

/// The role the tests sign in with: it owns its databases and may create more, but is no superuser, because row-level
/// security never applies to a superuser.
const ROLE: &str = "lumoauth";

/// A running cluster on a private loopback port, in a temporary folder. Dropping it stops and removes it.
pub struct Cluster {
    url: String,
    _leash: Leash,
}

impl Cluster {
    /// Creates and starts a cluster; takes about two seconds.
    pub fn start() -> Result<Self> {
        let bin = binaries().ok_or_else(|| anyhow!("PostgreSQL 15 or newer is missing (Debian: postgresql)"))?;
        let owner = Owner::find()?;
        let folder = std::env::temp_dir().join(format!("lumoauth-postgres-{}", std::process::id()));
        let password = random_word()?;
        prepare(&folder, &owner, &password)?;
        initialise(&bin, &folder, &owner)?;

        let port = free_port()?;
        let mut leash = Leash::start(postmaster(&bin, &folder, &owner, port)?, "INT", Some(folder.clone()))?;
        let sql = |text: &str| psql(&bin, &format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres"), text);
        wait_until(&mut leash, Duration::from_mins(1), "PostgreSQL", || sql("SELECT 1").is_ok())
            .with_context(|| fs::read_to_string(folder.join("server.log")).unwrap_or_default())?;
        sql(&format!("CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE PASSWORD '{password}'"))?;
        sql(&format!("CREATE DATABASE {ROLE} OWNER {ROLE}"))?;
        println!("PostgreSQL runs on port {port}");
        Ok(Self { url: format!("postgres://{ROLE}:{password}@127.0.0.1:{port}/{ROLE}"), _leash: leash })
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Lends a cluster to a person: prints its address and stops it when they press Enter.
pub fn run_until_enter() -> Result<()> {
    let cluster = Cluster::start()?;
    println!("export {POSTGRES_VARIABLE}={}\nPress Enter to stop it.", cluster.url());
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// Creates an empty database beside the one `url` names, and returns its address.
pub fn create_database(url: &str, name: &str) -> Result<String> {
    let psql_folder = binaries().unwrap_or_default();
    psql(&psql_folder, url, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
    psql(&psql_folder, url, &format!("CREATE DATABASE {name}"))?;
    let (server, query) = url.split_once('?').map_or((url, String::new()), |(server, query)| (server, format!("?{query}")));
    let (server, _) = server.rsplit_once('/').context("the address of the PostgreSQL server names no database")?;
    Ok(format!("{server}/{name}{query}"))
}

/// Whether a cluster could be started here.
pub fn is_installed() -> bool {
    binaries().is_some()
}

/// The folder with `initdb`, `postgres` and `psql`: on the path, or the newest of Debian's side-by-side versions.
fn binaries() -> Option<PathBuf> {
    let on_path = command::find("initdb").and_then(|file| fs::canonicalize(file).ok());
    if let Some(folder) = on_path.as_deref().and_then(Path::parent) {
        return Some(folder.to_owned());
    }
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let numbered = versions.flatten().filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    numbered
        .map(|(number, path)| (number, path.join("bin")))
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .max()
        .map(|(_, bin)| bin)
}

/// Who the server runs as. It refuses to run as root, so root lends it to a user without rights.
struct Owner(Option<u32>);

impl Owner {
    fn find() -> Result<Self> {
        if !command::is_root() {
            return Ok(Self(None));
        }
        let id = ["postgres", "nobody"].iter().find_map(|name| command::user_id(&[name]));
        id.map(|id| Self(Some(id))).context("PostgreSQL does not run as root, and there is no user postgres or nobody")
    }

    fn take(&self, path: &Path) -> Result<()> {
        if self.0.is_some() {
            chown(path, self.0, None).with_context(|| format!("cannot hand over {}", path.display()))?;
        }
        Ok(())
    }

    fn tool(&self, program: PathBuf, folder: &Path) -> std::process::Command {
        let mut command = Tool::new(program).within(folder).env("LC_ALL", "C.UTF-8").into_inner();
        if let Some(id) = self.0 {
            command.uid(id);
        }
        command
    }
}

fn prepare(folder: &Path, owner: &Owner, password: &str) -> Result<()> {
    fs::create_dir(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    fs::write(folder.join("password"), password)?;
    fs::File::create(folder.join("server.log"))?;
    for path in [folder.join("password"), folder.join("server.log"), folder.to_owned()] {
        owner.take(&path)?;
    }
    Ok(())
}

fn initialise(bin: &Path, folder: &Path, owner: &Owner) -> Result<()> {
    // The password goes over the loopback interface only; hashing it for each of the many connections that tests open
    // would cost more than the queries.
    let output = owner
        .tool(bin.join("initdb"), folder)
        .args(["--pgdata=data", "--username=postgres", "--pwfile=password", "--auth=password", "--encoding=UTF8"])
        // A language's sort order, as production databases have: what relies on byte order must say so in its SQL.
        .args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync", "--no-instructions"])
        .output()
        .context("cannot start initdb")?;
    if !output.status.success() {
        anyhow::bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn postmaster(bin: &Path, folder: &Path, owner: &Owner, port: u16) -> Result<std::process::Command> {
    let log = fs::OpenOptions::new().append(true).open(folder.join("server.log"))?;
    let mut command = owner.tool(bin.join("postgres"), folder);
    command.args(["-D", "data", "-h", "127.0.0.1", "-k", "", "-p", &port.to_string()]);
    command.args(["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=300"]);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok(command)
}

/// Runs one statement. The address travels in the environment, where other users cannot read the password.
fn psql(bin: &Path, url: &str, sql: &str) -> Result<String> {
    let program = Some(bin.join("psql")).filter(|file| file.is_file()).or_else(|| command::find("psql"));
    let program = program.context("psql is missing (Debian: postgresql-client)")?;
    let target = connection(url)?;
    let tool = Tool::new(program).args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]);
    target.into_iter().fold(tool, |tool, (name, value)| tool.env(name, value)).output()
}

/// Splits `postgres://user:password@host:port/database` into the variables libpq reads.
fn connection(url: &str) -> Result<Vec<(&'static str, String)>> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let rest = rest.context("the address of the PostgreSQL server must begin with postgres://")?;
    let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let (host, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let pairs = [("PGUSER", user), ("PGPASSWORD", password), ("PGHOST", host), ("PGPORT", port), ("PGDATABASE", database)];
    Ok(pairs.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.to_owned())).collect())
}

fn random_word() -> Result<String> {
    let mut bytes = [0_u8; 16];
    fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).context("cannot read /dev/urandom")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_the_variables_libpq_reads() {
        let pairs = connection("postgres://ann:pw@127.0.0.1:5433/things?sslmode=disable").unwrap();
        let expected =
            [("PGUSER", "ann"), ("PGPASSWORD", "pw"), ("PGHOST", "127.0.0.1"), ("PGPORT", "5433"), ("PGDATABASE", "things")];
        assert_eq!(pairs, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn an_address_without_a_password_or_port_leaves_both_to_libpq() {
        let pairs = connection("postgresql://ann@db/things").unwrap();
        assert_eq!(pairs.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["PGUSER", "PGHOST", "PGDATABASE"]);
    }
}
