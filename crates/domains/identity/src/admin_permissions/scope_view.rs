//! How scopes look in the published API.

use crate::envelope::Pagination;
use crate::scopes::OwnScope;
use schemars::JsonSchema;
use serde::Serialize;

/// A scope.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScopeView {
    /// Its number; the server's own have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    /// Its name.
    name: String,
    /// What it lets an application do.
    description: Option<String>,
    /// Whether a client that is registered without scopes may ask for it.
    is_default: bool,
    /// Whether it belongs to the server and can't be deleted.
    is_system: bool,
    /// When it was made; the server's own were always there.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
}

impl ScopeView {
    /// One of the server's own.
    pub(super) fn of_the_server((name, description): (&'static str, String)) -> Self {
        let (name, description) = (name.to_owned(), Some(description));
        Self { id: None, name, description, is_default: false, is_system: true, created_at: None }
    }
}

impl From<OwnScope> for ScopeView {
    fn from(scope: OwnScope) -> Self {
        Self {
            id: Some(scope.number),
            name: scope.name,
            description: scope.description,
            is_default: scope.is_default,
            is_system: false,
            created_at: Some(scope.created_at.to_iso()),
        }
    }
}

/// All scopes: the server's own, then the organization's by name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ScopeList {
    data: Vec<ScopeView>,
    meta: Total,
    pagination: Pagination,
}

impl ScopeList {
    /// All of them.
    pub(super) fn new(data: Vec<ScopeView>) -> Self {
        let total = data.len();
        Self { data, meta: Total { total }, pagination: Pagination::whole(total) }
    }
}

/// How many there are.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Total {
    total: usize,
}
