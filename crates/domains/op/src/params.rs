//! Where OAuth parameters stand in a request.

use flow::Incoming;
use kernel::{Fault, FaultKind};
use oauth::Params;

/// The parameters of the body: a form, or a JSON object (which the contract allows).
///
/// # Errors
/// `invalid_request` for anything else.
pub(crate) fn of_body(incoming: &Incoming) -> Result<Params, Fault> {
    if incoming.body.is_empty() {
        return Ok(Params::default());
    }
    let media = incoming.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(Params::from_form(&incoming.body)?);
    }
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(Params::from_json(&incoming.body)?);
    }
    Err(Fault::new(
        FaultKind::UnsupportedMediaType,
        "invalid_request",
        "Please send the body as application/x-www-form-urlencoded or application/json.",
    ))
}

/// The parameters of a query.
///
/// # Errors
/// `invalid_request` if there are too many or they are too long.
pub(crate) fn of_query(incoming: &Incoming) -> Result<Params, Fault> {
    Ok(Params::from_form(incoming.query.as_bytes())?)
}

/// The `Authorization` header. Two of them are an attempt to be read in two ways.
///
/// # Errors
/// `invalid_request` if there is more than one.
pub(crate) fn authorization(incoming: &Incoming) -> Result<Option<&str>, Fault> {
    if incoming.header_count("authorization") > 1 {
        return Err(Fault::invalid("invalid_request", "The Authorization header was sent more than once."));
    }
    Ok(incoming.header("authorization"))
}
