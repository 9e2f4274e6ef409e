//! The envelopes of the published API: single objects, lists and messages.

use kernel::{Page, Secret};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// Where a page lies in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// Rows in the whole list.
    pub total: i64,
    /// One-based number of this page.
    pub page: i64,
    /// Rows per page.
    pub limit: i64,
    /// Pages in the whole list.
    pub total_pages: i64,
    /// Whether a page follows.
    pub has_next_page: bool,
    /// Whether a page comes before.
    pub has_previous_page: bool,
}

impl Pagination {
    /// Of one page of a list.
    pub fn of<T>(page: &Page<T>) -> Self {
        Self::new(page.total, i64::from(page.request.page), i64::from(page.request.limit))
    }
    /// Of a list that comes whole.
    pub fn whole(total: usize) -> Self {
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        Self::new(total, 1, total.max(1))
    }
    fn new(total: i64, page: i64, limit: i64) -> Self {
        let limit = limit.max(1);
        let total_pages = total.saturating_add(limit - 1) / limit;
        Self { total, page, limit, total_pages, has_next_page: page < total_pages, has_previous_page: page > 1 }
    }
}

/// One page of a list: `data`, `meta` and its copy `pagination`, and what the rows are.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listed<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Where the page lies.
    pub meta: Pagination,
    /// The same as `meta`.
    pub pagination: Pagination,
    /// What the rows are.
    pub resource_type: &'static str,
}

impl<T> Listed<T> {
    /// A page of rows of this type.
    pub fn new(resource_type: &'static str, page: Page<T>) -> Self {
        let pagination = Pagination::of(&page);
        Self { data: page.items, meta: pagination, pagination, resource_type }
    }
}

/// Where a page lies in a list that is too long to be counted or skipped through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// As of every list.
    #[serde(flatten)]
    pub pagination: Pagination,
    /// Where the next page begins: the `cursor` of the next request. Missing on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// True where there may be more rows than `total`: some filters together are counted only so far. Missing where `total` is exact.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub total_is_at_least: bool,
}

impl Position {
    /// Of a page whose follower is known to be there or not.
    pub fn new(total: i64, request: kernel::PageRequest, has_next_page: bool) -> Self {
        let pagination = Pagination::new(total, i64::from(request.page), i64::from(request.limit));
        Self { pagination: Pagination { has_next_page, ..pagination }, next_cursor: None, total_is_at_least: false }
    }
}

/// One page of a long list: as [`Listed`], with a way on from it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Walked<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Where the page lies.
    pub meta: Position,
    /// The same as `meta`.
    pub pagination: Position,
    /// What the rows are.
    pub resource_type: &'static str,
}

impl<T> Walked<T> {
    /// A page of rows of this type.
    pub fn new(resource_type: &'static str, data: Vec<T>, meta: Position) -> Self {
        Self { data, pagination: meta.clone(), meta, resource_type }
    }
}

/// A list that comes whole: `data` and `pagination`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Whole<T> {
    /// All rows.
    pub data: Vec<T>,
    /// One page.
    pub pagination: Pagination,
}

impl<T> Whole<T> {
    /// All rows.
    pub fn new(data: Vec<T>) -> Self {
        let pagination = Pagination::whole(data.len());
        Self { data, pagination }
    }
}

/// A single object: `data`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct One<T> {
    /// The object.
    pub data: T,
}

/// A single object after a change: `data` and `message`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Changed<T> {
    /// The object as it is now.
    pub data: T,
    /// What happened, for people.
    pub message: &'static str,
}

/// Only a `message`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Message {
    /// What happened, for people.
    pub message: &'static str,
}

/// A secret that is shown once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ShownOnce {
    /// The secret.
    #[serde(serialize_with = "exposed")]
    #[schemars(with = "String")]
    secret: Secret,
    /// That it is shown once.
    #[serde(rename = "_note")]
    note: &'static str,
}

impl ShownOnce {
    /// Show it.
    pub fn new(secret: Secret) -> Self {
        Self { secret, note: "Keep this secret now: it is not stored in readable form and can't be shown again." }
    }
}

fn exposed<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::PageRequest;

    #[test]
    fn a_page_says_what_lies_before_and_after_it() {
        let of = |total, page, limit| Pagination::of(&Page { items: vec![()], total, request: PageRequest { page, limit } });
        let flags = |p: Pagination| (p.total_pages, p.has_next_page, p.has_previous_page);
        assert_eq!(flags(of(0, 1, 25)), (0, false, false));
        assert_eq!(flags(of(25, 1, 25)), (1, false, false));
        assert_eq!(flags(of(26, 1, 25)), (2, true, false));
        assert_eq!(flags(of(26, 2, 25)), (2, false, true));
        assert_eq!(flags(of(26, 9, 25)), (2, false, true));
        assert_eq!(flags(Pagination::whole(0)), (0, false, false));
        assert_eq!(flags(Pagination::whole(7)), (1, false, false));
    }
}
