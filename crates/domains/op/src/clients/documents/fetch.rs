//! One document, from its address.

use crate::clients::FetchFault;
use crate::clients::outside::{fetch_by, outbound_for_strangers};
use flow::{Fetched, Services};
use kernel::Fault;
use oauth::client_id_metadata::{MAX_DOCUMENT, Unfit, lifetime};
use serde_json::{Map, Value};
use std::time::Duration;
use url::Url;

/// Why a client can't be known by its document: a code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// `http_status_404`, `client_id_mismatch`, …
    pub reason: String,
    /// What is wrong.
    pub message: String,
    /// Whether it may be otherwise in a while, with nobody having changed the document.
    pub may_pass: bool,
}

impl Unusable {
    pub(crate) fn new(reason: &str, message: impl Into<String>) -> Self {
        Self { reason: reason.to_owned(), message: message.into(), may_pass: false }
    }
    pub(super) fn passing(reason: &str, message: impl Into<String>) -> Self {
        Self { may_pass: true, ..Self::new(reason, message) }
    }
    /// It can't be where a document is.
    pub(super) fn address(why: &'static str) -> Self {
        Self::new(ADDRESS, format!("The client_id {why}."))
    }
    /// Whether nothing was answered.
    pub(super) fn is_silent(&self) -> bool {
        self.reason == FAILED
    }
    /// For the person in front of the browser. Whatever was found at the address, they are told the same: strangers learn neither which
    /// names lead into networks they can't see nor what answers there. Administrators are told, and the log is.
    pub(crate) fn shown(self) -> Fault {
        let told = if UNASKED.contains(&self.reason.as_str()) { &*self.message } else { NOT_USABLE };
        let hint = format!("This application isn't registered here, and what it says of itself on the web can't be used: {told}");
        Fault::invalid("client_document", hint).because(self.reason)
    }
}

impl From<Unfit> for Unusable {
    fn from(unfit: Unfit) -> Self {
        Self::new(unfit.reason, unfit.message)
    }
}

const BLOCKED: &str = "address_not_allowed";
const FAILED: &str = "fetch_failed";
/// Reasons for which nobody was asked.
const UNASKED: [&str; 3] = [ADDRESS, "domain_not_allowed", "too_many"];
const ADDRESS: &str = "invalid_client_id";
const NOT_USABLE: &str = "The document could not be fetched, or is none.";
const NOT_FETCHED: &str = "The document could not be fetched.";

/// A document, and how long it may be kept.
///
/// # Errors
/// Why there is none.
pub(crate) async fn document(services: &Services, url: &Url) -> Result<(Map<String, Value>, Duration), Unusable> {
    match fetch_by(&outbound_for_strangers(services), url, "application/json", MAX_DOCUMENT).await {
        Ok(fetched) => in_answer(&fetched).map(|document| (document, lifetime(fetched.cache_control.as_deref()))),
        Err(FetchFault::TooLarge) => Err(Unusable::new("document_too_large", "The document has more than 5 KB.")),
        Err(FetchFault::Blocked) => Err(Unusable::new(BLOCKED, "This server does not fetch from that address.")),
        Err(FetchFault::Failed) => Err(Unusable::passing(FAILED, NOT_FETCHED)),
    }
}

/// The document in an answer: 200, no redirect, and JSON that says so.
fn in_answer(fetched: &Fetched) -> Result<Map<String, Value>, Unusable> {
    if fetched.status != 200 {
        let (reason, message) =
            (format!("http_status_{}", fetched.status), format!("The address answered with status {}.", fetched.status));
        let may_pass = fetched.status == 429 || fetched.status >= 500;
        return Err(Unusable { reason, message, may_pass });
    }
    if !is_json(fetched) {
        return Err(Unusable::new("content_type_not_json", "The document does not say that it is JSON."));
    }
    let document = jose::json::parse_strict_object(&fetched.body);
    document.map_err(|_| Unusable::new("invalid_json", "The document is not a JSON object."))
}

fn is_json(fetched: &Fetched) -> bool {
    let media = fetched.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json") || media.to_ascii_lowercase().ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_a_document_or_a_reason() {
        for (status, media, body, expected) in [
            (200, Some("application/json"), "{}", ""),
            (200, Some("application/client+json; charset=utf-8"), "{}", ""),
            (404, Some("application/json"), "{}", "http_status_404"),
            (302, None, "", "http_status_302"),
            (200, None, "{}", "content_type_not_json"),
            (200, Some("text/html"), "{}", "content_type_not_json"),
            (200, Some("application/json"), "[]", "invalid_json"),
            (200, Some("application/json"), r#"{"a":1,"a":2}"#, "invalid_json"),
            (200, Some("application/json"), "\u{0}", "invalid_json"),
        ] {
            let content_type = media.map(str::to_owned);
            let fetched = Fetched { status, content_type, cache_control: None, body: body.as_bytes().to_vec() };
            let found = in_answer(&fetched).map_or_else(|unusable| unusable.reason, |_| String::new());
            assert_eq!(found, expected, "{status} {media:?} {body}");
        }
    }

    #[test]
    fn people_are_not_told_which_names_lead_inside() {
        let failed = Unusable::passing(FAILED, NOT_FETCHED).shown();
        for reason in
            [BLOCKED, "http_status_404", "content_type_not_json", "invalid_json", "document_too_large", "client_id_mismatch"]
        {
            let told = Unusable::new(reason, "What was found there.").shown();
            assert_eq!((told.hint, told.detail.as_deref()), (failed.hint.clone(), Some(reason)));
        }
        let unasked = Unusable::new("domain_not_allowed", "Not from that host.").shown();
        assert!(unasked.hint.contains("Not from that host."), "what is known without asking anybody is told");
    }
}
