//! Bodies: bounded in size and time, and all that are on their way together in memory.

use crate::EdgeSettings;
use axum::body::{Body, HttpBody};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body_util::{BodyExt, Limited};
use kernel::{Fault, FaultKind};
use tokio::sync::{Semaphore, SemaphorePermit};

/// What large bodies may hold together, in KiB. Small ones are not counted: their number is bounded by that of the connections.
const BUDGET: usize = 256 * 1024;
/// From this size on a body counts as large.
const LARGE: usize = 64 * 1024;

/// Memory for bodies that are being read or served.
pub(crate) struct BodyBudget(Semaphore);

impl Default for BodyBudget {
    fn default() -> Self {
        Self(Semaphore::new(BUDGET))
    }
}

/// A body, and the memory that was set aside for it.
pub(crate) struct Taken<'a> {
    pub(crate) bytes: Vec<u8>,
    pub(crate) place: Option<SemaphorePermit<'a>>,
}

impl BodyBudget {
    /// Read a body whole.
    ///
    /// # Errors
    /// If it is too large, breaks off or takes too long, or if large bodies fill the memory meant for them.
    pub(crate) async fn read(&self, settings: &EdgeSettings, parts: &Parts, body: Body) -> Result<Taken<'_>, Fault> {
        if body.is_end_stream() {
            return Ok(Taken { bytes: Vec::new(), place: None });
        }
        let declared = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let most = declared.unwrap_or(settings.max_body);
        if most > settings.max_body {
            return Err(too_large());
        }
        let place = self.place(most)?;
        let reading = Limited::new(body, settings.max_body).collect();
        match tokio::time::timeout(settings.body_timeout, reading).await {
            Ok(Ok(collected)) => Ok(Taken { bytes: collected.to_bytes().to_vec(), place }),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => Err(Fault::invalid("invalid_request", "The body broke off.")),
            Err(_) => Err(Fault::invalid("invalid_request", "The body took too long to arrive.")),
        }
    }

    fn place(&self, size: usize) -> Result<Option<SemaphorePermit<'_>>, Fault> {
        if size < LARGE {
            return Ok(None);
        }
        let kibibytes = u32::try_from(size.div_ceil(1024)).map_err(|_| too_large())?;
        self.0
            .try_acquire_many(kibibytes)
            .map(Some)
            .map_err(|_| Fault::unavailable("large bodies fill the memory meant for them"))
    }
}

fn too_large() -> Fault {
    Fault::new(FaultKind::TooLarge, "invalid_request", "The body is larger than this server takes.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_together_are_bounded_and_small_ones_pass() {
        let budget = BodyBudget::default();
        let held: Vec<_> = (0..256).map(|_| budget.place(1024 * 1024).unwrap()).collect();
        assert_eq!(budget.place(1024 * 1024).unwrap_err().kind, FaultKind::Unavailable);
        assert!(budget.place(1024).unwrap().is_none());
        drop(held);
        assert!(budget.place(1024 * 1024).unwrap().is_some());
    }
}
