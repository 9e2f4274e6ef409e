//! What can go wrong at the database.

use kernel::Fault;

/// A database error. Its text is for the operator, never for a caller.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique constraint refused the row. The text names the constraint or its columns.
    #[error("already taken: {0}")]
    Taken(String),
    /// A foreign key refused the row: what it points at isn't there.
    #[error("refers to nothing: {0}")]
    Dangling(String),
    /// The transaction lost a race and may be tried again.
    #[error("lost a race: {0}")]
    Conflict(String),
    /// A statement that must find a row found none.
    #[error("no such row")]
    Missing,
    /// A column held something else than expected.
    #[error("column {column}: {problem}")]
    Column {
        /// Which column.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A text held a NUL character, which PostgreSQL can't store. Refused alike by both.
    #[error("{0} holds a NUL character")]
    Unstorable(&'static str),
    /// The database can't be reached, is stopping, or has no room or time.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// Anything else the driver says.
    #[error("database: {0}")]
    Driver(String),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Missing => Fault::not_found("not_found", "There is no such thing here."),
            StoreError::Taken(_) => Fault::conflict("conflict", "That is already taken.").because(&error),
            StoreError::Dangling(_) => Fault::conflict("conflict", "That refers to something that is not there.").because(&error),
            StoreError::Unstorable(_) => {
                Fault::invalid("invalid_request", "A value holds a NUL character, which can't be stored.").because(&error)
            }
            StoreError::Unavailable(_) | StoreError::Conflict(_) => Fault::unavailable(&error),
            _ => Fault::internal(&error),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi;
        let text = error.to_string();
        match error.sqlite_error().map(|e| e.extended_code) {
            Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => Self::Taken(text),
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Self::Dangling(text),
            Some(code) if matches!(code & 0xFF, ffi::SQLITE_BUSY | ffi::SQLITE_FULL) => Self::Unavailable(text),
            _ => Self::Driver(text),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = error.as_db_error().map_or_else(|| error.to_string(), |e| format!("{} ({})", e.message(), e.code().code()));
        match error.code().map(tokio_postgres::error::SqlState::code) {
            Some("23505") => Self::Taken(text),
            Some("23503") => Self::Dangling(text),
            Some("40001" | "40P01") => Self::Conflict(text),
            // Connection trouble, too little of something, cancelled or out of time, shutting down.
            Some(code) if ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => Self::Unavailable(text),
            Some("55P03" | "25P03") | None => Self::Unavailable(text),
            Some(_) => Self::Driver(text),
        }
    }
}
