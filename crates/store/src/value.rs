//! Values on their way in and out of a statement.

use crate::StoreError;
use kernel::{Scopes, Timestamp};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

/// One bound value. Borrowed, so that binding allocates nothing.
#[derive(Clone, Debug)]
pub enum Arg<'a> {
    /// SQL null.
    Null,
    /// 64-bit integer; also times (microseconds) and booleans (0/1).
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Text built on the spot.
    Owned(String),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl Arg<'_> {
    /// The same value without a copy of it.
    pub(crate) fn borrowed(&self) -> Arg<'_> {
        match self {
            Self::Null => Arg::Null,
            Self::Int(value) => Arg::Int(*value),
            Self::Text(text) => Arg::Text(text),
            Self::Owned(text) => Arg::Text(text),
            Self::Bytes(bytes) => Arg::Bytes(bytes),
        }
    }
    /// Whether it is a text that PostgreSQL can't store.
    pub(crate) fn has_nul(&self) -> bool {
        match self {
            Self::Text(text) => text.as_bytes().contains(&0),
            Self::Owned(text) => text.as_bytes().contains(&0),
            Self::Null | Self::Int(_) | Self::Bytes(_) => false,
        }
    }
}

impl From<i64> for Arg<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<u32> for Arg<'_> {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<bool> for Arg<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<Timestamp> for Arg<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_micros())
    }
}
impl<'a> From<&'a str> for Arg<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}
impl From<String> for Arg<'_> {
    fn from(value: String) -> Self {
        Self::Owned(value)
    }
}
impl<'a> From<&'a String> for Arg<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a> From<&'a Vec<u8>> for Arg<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Arg<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(value)
    }
}
impl From<&Scopes> for Arg<'_> {
    fn from(value: &Scopes) -> Self {
        Self::Owned(value.to_string())
    }
}
impl<'a, T: Into<Arg<'a>>> From<Option<T>> for Arg<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! id_args {
    ($($id:ident),*) => {$(
        impl<'a> From<&'a kernel::$id> for Arg<'a> {
            fn from(id: &'a kernel::$id) -> Self {
                Self::Text(id.as_str())
            }
        }
        impl FromColumn for kernel::$id {
            fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
                row.text(name).map(Self::from)
            }
        }
    )*};
}
id_args!(
    AgentId,
    ApiKeyId,
    AuthorizationCodeId,
    ClientId,
    CompanyId,
    FamilyId,
    GroupId,
    JobId,
    KeyId,
    OrgId,
    RefreshTokenId,
    DecoupledRequestId,
    RoleId,
    SessionId,
    TransactionId,
    UserId,
    UserImportId
);

/// Bind values by the names a statement uses: `args! { id: &self.user, now: cx.now }` binds `:id` and `:now`.
#[macro_export]
macro_rules! args {
    ($($name:ident : $value:expr),* $(,)?) => {
        &[$((concat!(":", stringify!($name)), $crate::Arg::from($value))),*]
    };
}

/// One row of an answer.
pub enum Row<'a> {
    /// From SQLite.
    #[doc(hidden)]
    Sqlite(&'a rusqlite::Row<'a>),
    /// From PostgreSQL.
    #[doc(hidden)]
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// A column, by name.
    ///
    /// # Errors
    /// [`StoreError::Column`] if there is no such column or it holds another type.
    pub fn column<T: FromColumn>(&self, name: &str) -> Result<T, StoreError> {
        T::from_column(self, name)
    }

    fn text(&self, name: &str) -> Result<String, StoreError> {
        match self {
            Row::Sqlite(row) => row.get(name).map_err(|e| problem(name, &e)),
            Row::Postgres(row) => row.try_get(name).map_err(|e| problem(name, &e)),
        }
    }

    fn int(&self, name: &str) -> Result<i64, StoreError> {
        match self {
            Row::Sqlite(row) => row.get(name).map_err(|e| problem(name, &e)),
            Row::Postgres(row) => row.try_get::<_, AnyInt>(name).map(|value| value.0).map_err(|e| problem(name, &e)),
        }
    }

    fn is_null(&self, name: &str) -> Result<bool, StoreError> {
        match self {
            Row::Sqlite(row) => {
                row.get_ref(name).map(|v| v.data_type() == rusqlite::types::Type::Null).map_err(|e| problem(name, &e))
            }
            Row::Postgres(row) => row.try_get::<_, Option<AnyValue>>(name).map(|v| v.is_none()).map_err(|e| problem(name, &e)),
        }
    }
}

/// Any PostgreSQL value, looked at only for whether it is null.
struct AnyValue;
impl<'a> FromSql<'a> for AnyValue {
    fn from_sql(_: &Type, _: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Any PostgreSQL integer or boolean, which SQLite doesn't tell apart: `SELECT 1`, `count(*) > 0`.
struct AnyInt(i64);
impl<'a> FromSql<'a> for AnyInt {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        match *ty {
            Type::INT4 => i32::from_sql(ty, raw).map(i64::from),
            Type::INT2 => i16::from_sql(ty, raw).map(i64::from),
            Type::BOOL => bool::from_sql(ty, raw).map(i64::from),
            _ => i64::from_sql(ty, raw),
        }
        .map(Self)
    }
    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::INT4 | Type::INT2 | Type::BOOL)
    }
}

fn problem(column: &str, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Column { column: column.to_owned(), problem: error.to_string() }
}

/// A type a column can be read as.
pub trait FromColumn: Sized {
    /// Read the named column.
    ///
    /// # Errors
    /// [`StoreError::Column`] if there is no such column or it holds another type.
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError>;
}

impl FromColumn for String {
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
        row.text(name)
    }
}
impl FromColumn for i64 {
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
        row.int(name)
    }
}
impl FromColumn for bool {
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
        row.int(name).map(|value| value != 0)
    }
}
impl FromColumn for Timestamp {
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
        row.int(name).map(Timestamp::from_micros)
    }
}
impl FromColumn for Scopes {
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
        row.text(name).map(Scopes::from)
    }
}
impl FromColumn for Vec<u8> {
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
        match row {
            Row::Sqlite(row) => row.get(name).map_err(|e| problem(name, &e)),
            Row::Postgres(row) => row.try_get(name).map_err(|e| problem(name, &e)),
        }
    }
}
impl<const N: usize> FromColumn for [u8; N] {
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
        let bytes: Vec<u8> = row.column(name)?;
        bytes.try_into().map_err(|bytes: Vec<u8>| problem(name, &format!("{} bytes, {N} wanted", bytes.len())))
    }
}
impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(row: &Row<'_>, name: &str) -> Result<Self, StoreError> {
        if row.is_null(name)? { Ok(None) } else { T::from_column(row, name).map(Some) }
    }
}

/// A type a whole row can be read as. [`rows!`](crate::rows) writes it for a struct.
pub trait FromRow: Sized {
    /// Read the row.
    ///
    /// # Errors
    /// [`StoreError::Column`] if a column is missing or holds another type.
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError>;
}

macro_rules! tuple_rows {
    ($($type:ident $name:literal),*) => {
        impl<$($type: FromColumn),*> FromRow for ($($type,)*) {
            fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
                Ok(($(row.column::<$type>($name)?,)*))
            }
        }
    };
}
// One or two columns named `a` and `b` need no struct: `SELECT count(*) AS a …`.
tuple_rows!(A "a");
tuple_rows!(A "a", B "b");
tuple_rows!(A "a", B "b", C "c");

/// Declare structs that are read from rows; each field is the column of that name.
#[macro_export]
macro_rules! rows {
    ($($(#[$doc:meta])* $vis:vis struct $name:ident { $($(#[$field_doc:meta])* $field_vis:vis $field:ident : $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        $vis struct $name { $($(#[$field_doc])* $field_vis $field: $type),* }
        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row<'_>) -> Result<Self, $crate::StoreError> {
                Ok(Self { $($field: row.column(stringify!($field))?),* })
            }
        }
    )*};
}

impl rusqlite::ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Arg::Null => ValueRef::Null,
            Arg::Int(value) => ValueRef::Integer(*value),
            Arg::Text(text) => ValueRef::Text(text.as_bytes()),
            Arg::Owned(text) => ValueRef::Text(text.as_bytes()),
            Arg::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl ToSql for Arg<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Arg::Null => Ok(IsNull::Yes),
            Arg::Int(value) => match *ty {
                Type::INT8 => value.to_sql(ty, out),
                Type::INT4 => i32::try_from(*value)?.to_sql(ty, out),
                Type::BOOL => (*value != 0).to_sql(ty, out),
                _ => Err(format!("a whole number can't be bound as {ty}").into()),
            },
            Arg::Text(text) => text_to_sql(text, ty, out),
            Arg::Owned(text) => text_to_sql(text, ty, out),
            Arg::Bytes(bytes) if *ty == Type::BYTEA => bytes.to_sql(ty, out),
            Arg::Bytes(_) => Err(format!("bytes can't be bound as {ty}").into()),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

fn text_to_sql(text: &str, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
    if <&str as ToSql>::accepts(ty) { text.to_sql(ty, out) } else { Err(format!("a text can't be bound as {ty}").into()) }
}
