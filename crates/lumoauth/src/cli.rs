//! The command line.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Identity for people, programs and AI agents, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "lumoauth", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a complete server to try and develop with: demo data, demo application, mailbox.
    Dev(Dev),
    /// Start the server in production, as a configuration file says.
    Serve(ConfigFile),
    /// Bring the database to this version's schema.
    Migrate(Migrate),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check everything a running server needs, and say what to do where something is missing.
    Doctor(ConfigFile),
    /// The audit log: prove it, or take it along.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Signing keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Organizations.
    #[command(subcommand)]
    Organization(OrganizationCommand),
    /// People.
    #[command(subcommand)]
    User(UserCommand),
    /// API keys.
    #[command(name = "api-key", subcommand)]
    ApiKey(ApiKeyCommand),
    /// Print shell completions.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Write the documentation pages that are made from the code.
    #[command(hide = true)]
    Generate(Generate),
}

/// `lumoauth dev`
#[derive(Debug, Args)]
pub struct Dev {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where data is kept.
    #[arg(long, default_value = "lumoauth-data")]
    pub data: PathBuf,
    /// Serve HTTPS with a certificate authority made for this folder.
    #[arg(long)]
    pub tls: bool,
    /// Use this PostgreSQL database (`postgres://…`) instead of the embedded one.
    #[arg(long, env = "LUMOAUTH_DEV_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
}

/// A configuration file.
#[derive(Clone, Debug, Args)]
pub struct ConfigFile {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Which installation a command works on.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Installation {
    /// The configuration file of a production server.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder of a development server.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `lumoauth migrate`
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    pub installation: Installation,
    /// Only say what would be done.
    #[arg(long)]
    pub plan: bool,
}

/// `lumoauth config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check a configuration file and name everything that is wrong with it.
    Check(ConfigFile),
    /// Show every setting, its value, where it comes from and what it means.
    Explain(ConfigFile),
}

/// `lumoauth audit …`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prove an exported log. Needs no server.
    Verify {
        /// The exported file.
        file: PathBuf,
        /// The log's public key, as you noted it earlier. Without it the file is only checked against itself.
        #[arg(long)]
        key: Option<String>,
        /// A checkpoint you kept from earlier; proves that nothing before it was rewritten.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Export an organization's whole log, with its proof. Works on a stopped server's data too.
    Export {
        #[command(flatten)]
        installation: Installation,
        /// The organization.
        #[arg(long)]
        org: String,
        /// Where to write it.
        #[arg(long)]
        output: PathBuf,
    },
}

/// `lumoauth keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Replace an organization's signing keys; the old ones stay published while tokens signed with them live.
    Rotate {
        #[command(flatten)]
        installation: Installation,
        /// The organization.
        #[arg(long)]
        org: String,
    },
}

/// `lumoauth organization …`
#[derive(Debug, Subcommand)]
pub enum OrganizationCommand {
    /// Create an organization with its roles, permissions and keys. One that is there already is brought up to date.
    Create {
        #[command(flatten)]
        installation: Installation,
        /// Its name in URLs: lower-case letters, digits and hyphens.
        #[arg(long)]
        slug: String,
        /// Its name for people.
        #[arg(long)]
        name: String,
    },
}

/// `lumoauth user …`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a person. The password is read from standard input.
    Create {
        #[command(flatten)]
        installation: Installation,
        /// The organization.
        #[arg(long)]
        org: String,
        /// The e-mail address.
        #[arg(long)]
        email: String,
        /// Roles, by slug.
        #[arg(long = "role")]
        roles: Vec<String>,
    },
    /// Set a person's password, read from standard input, and end their sessions.
    ResetPassword {
        #[command(flatten)]
        installation: Installation,
        /// The organization.
        #[arg(long)]
        org: String,
        /// The e-mail address.
        #[arg(long)]
        email: String,
    },
    /// Bring people along from a file: CSV with a header line, or a JSON object in each line. What was taken before is passed over,
    /// so an import that broke off is simply started again.
    Import {
        #[command(flatten)]
        installation: Installation,
        /// The organization.
        #[arg(long)]
        org: String,
        /// What happens to a row whose address belongs to somebody already: skip, update or refuse.
        #[arg(long, default_value = "skip")]
        on_existing: String,
        /// The file: `….csv` or `….jsonl`.
        file: PathBuf,
    },
    /// Take people along, in the form an import takes.
    Export {
        #[command(flatten)]
        installation: Installation,
        /// The organization.
        #[arg(long)]
        org: String,
        /// Take password hashes along too.
        #[arg(long)]
        password_hashes: bool,
        /// The file: `….csv` or `….jsonl`.
        #[arg(long)]
        output: PathBuf,
    },
}

/// `lumoauth api-key …`
#[derive(Debug, Subcommand)]
pub enum ApiKeyCommand {
    /// Create an API key for a person. It is printed once.
    Create {
        #[command(flatten)]
        installation: Installation,
        /// The organization.
        #[arg(long)]
        org: String,
        /// The person it acts for, by e-mail address.
        #[arg(long)]
        user: String,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it may do.
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
    },
}

/// `lumoauth generate`
#[derive(Debug, Args)]
pub struct Generate {
    /// The folder.
    #[arg(long, default_value = "docs/generated")]
    pub output: PathBuf,
    /// Only check that what is there is what would be written.
    #[arg(long)]
    pub check: bool,
}
