//! What a configuration key is.

/// A key and the type of its value.
pub(crate) struct Key<T: 'static> {
    pub(crate) meta: &'static Meta,
    /// Turns text into the value, or says what the text must be.
    pub(crate) read: fn(&str) -> Result<T, String>,
}

/// What is known about a key without its type.
pub(crate) struct Meta {
    /// `section.name`, or `name` at the top.
    pub(crate) path: &'static str,
    /// One or more sentences for the operator.
    pub(crate) meaning: &'static str,
    pub(crate) form: Form,
    pub(crate) absent: Absent,
    /// A value as one would set it; items of a list are separated by a comma.
    pub(crate) example: &'static str,
}

/// How a value is written, and how much of it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Number,
    Flag,
    List,
    /// Text that is never shown. Like the next two, it may stand in another place: `file:PATH` or `env:NAME`.
    Secret,
    /// A URL that is shown without its password.
    SecretUrl,
    SecretList,
}

impl Form {
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Self::List | Self::SecretList)
    }
}

/// What holds where a key isn't set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// The server doesn't start.
    Refused,
    /// Nothing, which means what is said here.
    Nothing(&'static str),
    /// This value.
    Default(&'static str),
}

impl Meta {
    /// The environment variable that sets it. The master key has a short name, as the one secret every server needs.
    pub(crate) fn variable(&self) -> String {
        match self.path {
            "master_key.value" => "LUMOAUTH_MASTER_KEY".to_owned(),
            path => format!("LUMOAUTH_{}", path.to_ascii_uppercase().replace('.', "_")),
        }
    }
    /// The section it is in; empty at the top.
    pub(crate) fn section(&self) -> &'static str {
        self.path.split_once('.').map_or("", |(section, _)| section)
    }
    /// Its name within the section.
    pub(crate) fn name(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(_, name)| name)
    }
    /// Whether it weakens the server.
    pub(crate) fn is_danger(&self) -> bool {
        self.path.starts_with("danger_")
    }
}
