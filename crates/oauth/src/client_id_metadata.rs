//! Client ID metadata documents: a client is named by the address of a document that describes it.
//!
//! draft-ietf-oauth-client-id-metadata-document. Supported where the organization says so: at the authorization endpoint, for pushed
//! requests and at the token endpoint; public clients, and such as sign with a key they publish. Such a client is a stranger: it
//! gets the code and refresh token grants and nothing else, people are asked at every request, and its answers stay with the host its
//! document came from, on the person's own machine, or with hosts that the organization lists (§6.1 leaves that open). So do its keys and
//! whatever is called or shown when people sign out. What its tokens are for, and which authorization details it may ask for, it doesn't say
//! itself.
//! Not supported: request objects that are fetched or encrypted, and sectors, which nobody would have looked at.

mod judge;
mod left_out;
#[cfg(test)]
mod tests;

pub use judge::{Described, Unfit, judge};

use crate::client::ApplicationType;
use crate::fapi::FapiProfile;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::redirect_uri::check_registration;
use kernel::Scopes;
use std::time::Duration;
use url::{Host, Url};

/// This room.
pub const ROOM: Room = Room {
    name: "client_id_metadata",
    title: "OAuth Client ID Metadata Document",
    source: "draft-ietf-oauth-client-id-metadata-document",
    status: Status::Draft,
    support: "public clients and private_key_jwt; code and refresh token grants; off unless the organization says so",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Authenticate),
        (Endpoint::Token, Stage::Authenticate),
        (Endpoint::Metadata, Stage::Respond),
    ],
    metadata,
};

/// Bytes of a document (§6.6 advises 5 KB).
pub const MAX_DOCUMENT: usize = 5 * 1024;
/// Characters of such a client identifier: it is a key of tables.
const MAX_LENGTH: usize = 1024;
/// How long a document is kept whose answer doesn't say, and the bounds of what it may say (§4.4).
const LIFETIME: Duration = Duration::from_mins(10);
const SHORTEST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(24);
/// Whether a client identifier is meant as an address: no other client's begins like this.
pub fn is_address(client_id: &str) -> bool {
    client_id.starts_with("https://")
}

/// The address a client is named by (§3): `https`, with a path, without fragment, user name, password or dot segments.
///
/// # Errors
/// What is wrong with it, for whoever asks.
pub fn client_id(text: &str) -> Result<Url, &'static str> {
    const PLAIN: &str = "must be an https address in its plain spelling, with a path and without fragment or user name";
    let url = Url::parse(text).map_err(|_| PLAIN)?;
    let has_path = text.len() <= MAX_LENGTH && url.path() != "/";
    let is_plain = check_registration(text, ApplicationType::Web).is_ok() && url.scheme() == "https";
    if has_path && is_plain { Ok(url) } else { Err(PLAIN) }
}

/// What an organization says about such clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Hosts documents may come from: `app.example`, `*.app.example`. Any, if none is named.
    pub allowed_domains: Vec<String>,
    /// Whether redirect URIs that lead to the person's own machine are dropped; they are only warned about otherwise.
    pub blocks_loopback: bool,
    /// Scopes they may have beside those of identity.
    pub allowed_scopes: Scopes,
    /// Types of authorization details they may ask for.
    pub allowed_details: Vec<String>,
    /// The FAPI profile of the organization.
    pub profile: FapiProfile,
}

impl Rules {
    /// Whether documents may come from there.
    pub fn allow(&self, client_id: &Url) -> bool {
        self.allowed_domains.is_empty() || self.list(client_id)
    }
    /// Whether what the document names there is its own: on its own origin, or on a host that is named.
    fn stays(&self, client_id: &Url, uri: &str) -> bool {
        Url::parse(uri).is_ok_and(|url| url.origin() == client_id.origin() || (url.scheme() == "https" && self.list(&url)))
    }
    /// Whether its host is named.
    fn list(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let is_host = |allowed: &String| match allowed.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|below| below.len() > 1 && below.ends_with('.')),
            None => allowed == host,
        };
        self.allowed_domains.iter().any(is_host)
    }
}

/// How long a document may be kept by what its answer says (`Cache-Control`, RFC 9111 §5.2.2).
pub fn lifetime(cache_control: Option<&str>) -> Duration {
    let Some(said) = cache_control else { return LIFETIME };
    let directives: Vec<String> = said.split(',').map(|directive| directive.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| directive.starts_with("no-store") || directive.starts_with("no-cache")) {
        return SHORTEST;
    }
    let seconds = |directive: &String| directive.strip_prefix("max-age=").map(|text| text.trim_matches('"').parse::<u64>());
    match directives.iter().find_map(seconds) {
        Some(Ok(seconds)) => Duration::from_secs(seconds).clamp(SHORTEST, LONGEST),
        Some(Err(_)) => SHORTEST,
        None => LIFETIME,
    }
}

/// Whether an address leads to the person's own machine.
pub fn is_loopback(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    if facts.takes_client_documents {
        document.set("client_id_metadata_document_supported", true);
    }
}
