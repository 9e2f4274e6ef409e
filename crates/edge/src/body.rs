//! Bodies: bounded in size and time.

use crate::EdgeSettings;
use axum::body::Body;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body_util::{BodyExt, Limited};
use kernel::{Fault, FaultKind};

pub(crate) async fn read_body(settings: &EdgeSettings, parts: &Parts, body: Body) -> Result<Vec<u8>, Fault> {
    let declared = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > settings.max_body) {
        return Err(too_large());
    }
    if declared == Some(0) {
        return Ok(Vec::new());
    }
    let reading = Limited::new(body, settings.max_body).collect();
    match tokio::time::timeout(settings.body_timeout, reading).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes().to_vec()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Fault::invalid("invalid_request", "The body broke off.")),
        Err(_) => Err(Fault::invalid("invalid_request", "The body took too long to arrive.")),
    }
}

fn too_large() -> Fault {
    Fault::new(FaultKind::TooLarge, "invalid_request", "The body is larger than this server takes.")
}
