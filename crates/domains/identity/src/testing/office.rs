//! Where an administrator works.

use super::{World, as_user};
use crate::permissions::ADMIN_ROLE;
use kernel::{Actor, Fault};
use serde_json::Value;

/// A world and its administrator, `root@example.com`.
pub(crate) struct Office {
    pub(crate) world: World,
    pub(crate) admin: Actor,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let world = World::start().await;
        let admin = as_user(&world.user_with_role("root@example.com", ADMIN_ROLE).await);
        Self { world, admin }
    }
    /// Call an operation as the administrator.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Result<Value, Fault> {
        self.world.call(&self.admin, method, path, body).await
    }
    /// Call an operation that works.
    pub(crate) async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        self.call(method, path, body).await.unwrap_or_else(|fault| panic!("{method} {path}: {fault:?}"))
    }
    /// Look at something.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.done("GET", path, Value::Null).await
    }
    /// The code of a refusal.
    pub(crate) async fn refused(&self, actor: &Actor, method: &str, path: &str, body: Value) -> &'static str {
        match self.world.call(actor, method, path, body).await {
            Ok(answer) => panic!("{actor:?} {method} {path} was let through: {answer}"),
            Err(fault) => fault.code,
        }
    }
}

/// What a member of each row of a list is.
pub(crate) fn column<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    list["data"].as_array().unwrap().iter().map(|row| row[name].as_str().unwrap()).collect()
}
