//! What a domain keeps in memory for the life of the process: parsed keys, caches. One value per type.

use kernel::Fault;
use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::Arc;

/// The domains' own values, found by type.
#[derive(Clone, Default)]
pub struct Rooms(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Rooms {
    /// Put a value in its room.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.0.insert(TypeId::of::<T>(), Arc::new(value));
        self
    }
    /// The value of that type.
    ///
    /// # Errors
    /// If it was never put there: a mistake in the assembly of the server.
    pub fn find<T: Any + Send + Sync>(&self) -> Result<Arc<T>, Fault> {
        self.0
            .get(&TypeId::of::<T>())
            .and_then(|value| value.clone().downcast::<T>().ok())
            .ok_or_else(|| Fault::internal(format!("{} was not assembled", type_name::<T>())))
    }
}
