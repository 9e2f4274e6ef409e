//! Lists of roles, groups and permissions: conditions put together at run time, and the orders they share.

use super::Direction;
use flow::Field;
use kernel::{Fault, Page, PageRequest, SortDirection};
use serde_json::{Value, json};
use store::{Arg, Filter, FromRow, Mode, OneOrg, OrgSql, Tx, args};

/// A list in the making: the same conditions for the rows and for their count.
pub struct Listing<'a> {
    count: Filter,
    rows: Filter,
    values: Vec<(&'static str, Arg<'a>)>,
}

impl<'a> Listing<'a> {
    /// From the statement that counts, as column `a`, and the one that selects. Both end in a `WHERE`.
    pub fn new(count: OrgSql, rows: OrgSql) -> Self {
        Self { count: Filter::from(count), rows: Filter::from(rows), values: Vec::new() }
    }
    /// What the statements themselves bind.
    #[must_use]
    pub fn binding(mut self, values: &[(&'static str, Arg<'a>)]) -> Self {
        self.values.extend_from_slice(values);
        self
    }
    /// Add a condition and what it binds.
    pub fn and(&mut self, condition: &'static str, values: &[(&'static str, Arg<'a>)]) {
        self.count.and(condition);
        self.rows.and(condition);
        self.values.extend_from_slice(values);
    }
    /// One page, sorted by what [`NamedSort::order`] says.
    pub async fn page<T: FromRow, M: Mode>(
        mut self,
        tx: &mut Tx<OneOrg, M>,
        order: &'static str,
        request: PageRequest,
    ) -> Result<Page<T>, Fault> {
        let (total,) = tx.fetch_one::<(i64,)>(self.count.finish(), &self.values).await?;
        self.rows.then(order);
        self.values.extend_from_slice(args! { limit: request.limit, offset: request.offset() });
        let items = tx.fetch_all(self.rows.finish(), &self.values).await?;
        Ok(Page { items, total, request })
    }
}

/// What roles, groups and permissions can be sorted by. The slug decides where all else is equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedSort {
    /// When it was made.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// Its name for people.
    Name,
    /// Its name in requests.
    Slug,
}

impl NamedSort {
    /// The end of a statement: the latest first where nothing was asked for.
    pub fn order(sort: Option<Self>, direction: Option<Direction>) -> &'static str {
        let is_descending = direction.map_or(sort.is_none(), |Direction(direction)| direction == SortDirection::Descending);
        match (sort.unwrap_or(Self::CreatedAt), is_descending) {
            (Self::CreatedAt, false) => "ORDER BY created_at, slug LIMIT :limit OFFSET :offset",
            (Self::CreatedAt, true) => "ORDER BY created_at DESC, slug DESC LIMIT :limit OFFSET :offset",
            (Self::UpdatedAt, false) => "ORDER BY updated_at, slug LIMIT :limit OFFSET :offset",
            (Self::UpdatedAt, true) => "ORDER BY updated_at DESC, slug DESC LIMIT :limit OFFSET :offset",
            (Self::Name, false) => "ORDER BY name, slug LIMIT :limit OFFSET :offset",
            (Self::Name, true) => "ORDER BY name DESC, slug DESC LIMIT :limit OFFSET :offset",
            (Self::Slug, false) => "ORDER BY slug LIMIT :limit OFFSET :offset",
            (Self::Slug, true) => "ORDER BY slug DESC LIMIT :limit OFFSET :offset",
        }
    }
}

impl Field for NamedSort {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["createdAt", "updatedAt", "name", "slug"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(match text {
            "createdAt" | "id" => Self::CreatedAt,
            "updatedAt" => Self::UpdatedAt,
            "name" => Self::Name,
            "slug" => Self::Slug,
            _ => return Err("must be createdAt, updatedAt, name or slug".to_owned()),
        })
    }
}
