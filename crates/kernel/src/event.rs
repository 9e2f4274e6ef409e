//! What happened, as the log keeps it. An operation that writes names its event; only the runner commits the two together.

use serde_json::Value;

/// How much attention an event deserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The ordinary course of things.
    Info,
    /// Worth a look: refusals, resets, removals.
    Warning,
    /// Somebody may be attacking.
    Error,
}

impl Severity {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One kind of event: an entry of the catalogue of everything that can be recorded.
#[derive(Debug, PartialEq, Eq)]
pub struct EventKind {
    /// `users.blocked`.
    pub name: &'static str,
    /// How much attention it deserves.
    pub severity: Severity,
    /// One sentence for people.
    pub summary: &'static str,
}

/// Who may still read a field after an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Part of the leaf itself; stays for ever.
    Public,
    /// About a person: the leaf commits to it through a salted hash, so that it can be erased and the log still verifies.
    Personal,
}

/// One field of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name, `snake_case`.
    pub name: &'static str,
    /// Who may still read it after an erasure.
    pub privacy: Privacy,
    /// Its value.
    pub value: Value,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `user`, `client`, …
    pub kind: &'static str,
    /// Its id.
    pub id: String,
}

/// An event, ready to be written.
#[derive(Clone, Debug)]
pub struct Record {
    /// Which kind.
    pub kind: &'static EventKind,
    /// What it is about.
    pub target: Option<Target>,
    /// The rest.
    pub fields: Vec<Field>,
}

impl Record {
    /// An event without fields.
    pub fn new(kind: &'static EventKind) -> Self {
        Self { kind, target: None, fields: Vec::new() }
    }
    /// Say what it is about.
    #[must_use]
    pub fn about(mut self, kind: &'static str, id: impl Into<String>) -> Self {
        self.target = Some(Target { kind, id: id.into() });
        self
    }
    /// Add a field that stays for ever. Nulls are left out.
    #[must_use]
    pub fn public(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.with(name, Privacy::Public, value.into())
    }
    /// Add a field about a person. Nulls are left out.
    #[must_use]
    pub fn personal(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.with(name, Privacy::Personal, value.into())
    }
    fn with(mut self, name: &'static str, privacy: Privacy, value: Value) -> Self {
        if !value.is_null() {
            self.fields.push(Field { name, privacy, value });
        }
        self
    }
}

/// An operation's event.
pub trait Event: Send + 'static {
    /// Every kind this type can record.
    const KINDS: &'static [&'static EventKind];
    /// The record to write; `None` only from [`Silent`].
    fn record(self) -> Option<Record>;
}

/// The event of a plain read: none. A writing operation can't name it.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Event for Silent {
    const KINDS: &'static [&'static EventKind] = &[];
    fn record(self) -> Option<Record> {
        None
    }
}

/// Every event but [`Silent`]: what a writing operation may name.
pub trait Loud: Event {}

/// Declare event types.
///
/// ```
/// kernel::events! {
///     /// What locking records.
///     pub enum Lock {
///         /// A user was locked out.
///         Locked = "users.locked", Warning { about user: String, public reason: Option<String>, personal email: String };
///         /// A lock was refused.
///         Refused = "users.lock_refused", Info { };
///     }
/// }
/// use kernel::Event;
/// let record = Lock::Locked { user: "u1".into(), reason: None, email: "a@b.c".into() }.record().unwrap();
/// assert_eq!(record.kind.name, "users.locked");
/// assert_eq!(record.fields.len(), 1);
/// ```
#[macro_export]
macro_rules! events {
    ($(
        $(#[$doc:meta])* $vis:vis enum $name:ident {
            $(#[doc = $summary:literal] $variant:ident = $kind:literal, $severity:ident
              { $($class:ident $field:ident : $type:ty),* $(,)? };)+
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        $vis enum $name {
            $(#[doc = $summary]
            $variant {
                $(#[doc = concat!("`", stringify!($field), "` (", stringify!($class), ").")]
                $field: $type),*
            }),+
        }
        impl $crate::Loud for $name {}
        impl $crate::Event for $name {
            const KINDS: &'static [&'static $crate::EventKind] = &[
                $(&$crate::EventKind { name: $kind, severity: $crate::Severity::$severity, summary: $summary }),+
            ];
            fn record(self) -> Option<$crate::Record> {
                match self {$(
                    Self::$variant { $($field),* } => {
                        const KIND: &$crate::EventKind =
                            &$crate::EventKind { name: $kind, severity: $crate::Severity::$severity, summary: $summary };
                        let record = $crate::Record::new(KIND);
                        $(let record = $crate::events!(@field record, $class, $field);)*
                        Some(record)
                    }
                ),+}
            }
        }
    )*};
    (@field $record:ident, about, $field:ident) => { $record.about(stringify!($field), $field.to_string()) };
    (@field $record:ident, public, $field:ident) => { $record.public(stringify!($field), $field) };
    (@field $record:ident, personal, $field:ident) => { $record.personal(stringify!($field), $field) };
}
