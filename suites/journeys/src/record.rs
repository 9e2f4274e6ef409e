//! What the log holds.

use crate::admin;
use serde_json::Value;
use testkit::TestApp;

/// The entries of that name, latest first, with every detail.
pub async fn entries(app: &TestApp, name: &str) -> Vec<Value> {
    let list = admin::get(app, &format!("/admin/audit-logs?eventType={name}&limit=100")).await.expect(200).json();
    let mut found = Vec::new();
    for row in list["data"].as_array().unwrap() {
        let shown = admin::get(app, &format!("/admin/audit-logs/{}", row["id"])).await.expect(200).json();
        found.push(shown["data"].clone());
    }
    found
}

/// The latest entry of that name.
pub async fn latest(app: &TestApp, name: &str) -> Value {
    entries(app, name).await.into_iter().next().unwrap_or_else(|| panic!("no {name} in the log"))
}
