//! What is wrong with a configuration, and where.

use std::fmt;
use std::path::PathBuf;

/// One thing to put right. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// The key it is about, if it is about one: `database.url`.
    pub key: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

/// A place in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of the configuration file.
    Line(PathBuf, usize),
    /// The configuration file as a whole: something is missing in it.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Line(file, line) => write!(f, "{}:{line}: ", file.display())?,
            Place::File(file) => write!(f, "{}: ", file.display())?,
            Place::Environment(name) => write!(f, "environment variable {name}: ")?,
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
