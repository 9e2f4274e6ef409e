//! Whether what was answered was also recorded.

use anyhow::Result;
use serde::Deserialize;

use crate::dev::Server;

#[derive(Deserialize)]
struct Page {
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    total: u64,
}

/// The number of events in the organization's audit log.
pub async fn recorded(server: &Server) -> Result<u64> {
    let page: Page = server.administer("admin/audit-logs?page=1&limit=1").await?;
    Ok(page.meta.total)
}
