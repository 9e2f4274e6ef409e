//! Request objects by reference: their address takes their place (RFC 9101 §5.2, OpenID Connect Core §6.2).

use crate::{ClientMetadata, ErrorCode, ProtocolError};
use jose::digest::sha256;
use jose::encoding::base64url;
use url::Url;

/// Bytes an object may have.
pub const MAX_BYTES: usize = 64 * 1024;
/// What is asked for. What comes is judged by what it is and not by what it is called: OpenID Connect Core names no type, and RFC 9101
/// §10.8 came later.
pub const ACCEPT: &str = "application/oauth-authz-req+jwt, application/jwt;q=0.9, */*;q=0.1";

/// An address that a client registered for its objects.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    address: Url,
    hash: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// The place a `request_uri` names. Only what was registered is fetched (RFC 9101 §10.4); the fragment is no part of the address.
    ///
    /// # Errors
    /// `invalid_request_uri`; `request_uri_not_supported` for a client that registered none.
    pub fn of(client: &ClientMetadata, uri: &'a str) -> Result<Self, ProtocolError> {
        if client.request_uris.is_empty() {
            let hint = "This client has registered no request_uris.";
            return Err(ProtocolError::new(ErrorCode::RequestUriNotSupported, hint));
        }
        let (place, hash) = split(uri);
        let is_registered = client.request_uris.iter().any(|known| split(known).0 == place);
        let address = Url::parse(place).ok().filter(|_| is_registered);
        let address = address.ok_or_else(|| refused("The request_uri is not registered for this client."))?;
        Ok(Self { address, hash })
    }
    /// Where it is.
    pub fn address(&self) -> &Url {
        &self.address
    }
    /// Whether the fragment is the hash of this content. Then it is the same for ever, for other content has another fragment
    /// (OpenID Connect Core §6.2).
    pub fn names(&self, content: &[u8]) -> bool {
        self.hash.is_some_and(|hash| hash == base64url(sha256(content)))
    }
}

/// The object in what was fetched.
///
/// # Errors
/// `invalid_request_uri`.
pub fn object(content: &[u8]) -> Result<&str, ProtocolError> {
    std::str::from_utf8(content).ok().map(str::trim).filter(|text| !text.is_empty()).ok_or_else(unreachable)
}

/// What the client is told when there is nothing to be had. It doesn't say why: nobody looks into our networks that way.
pub fn unreachable() -> ProtocolError {
    refused("No request object could be fetched from the request_uri.")
}

fn refused(hint: &'static str) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidRequestUri, hint)
}

/// Address and fragment.
fn split(uri: &str) -> (&str, Option<&str>) {
    uri.split_once('#').map_or((uri, None), |(place, hash)| (place, Some(hash)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(uris: &[&str]) -> ClientMetadata {
        ClientMetadata { request_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(), ..ClientMetadata::new("c") }
    }

    #[test]
    fn only_what_was_registered_is_fetched_whatever_its_fragment() {
        let client = client(&["https://c.example/r?a=1#old", "https://c.example/plain"]);
        for (uri, address) in [
            ("https://c.example/r?a=1#new", "https://c.example/r?a=1"),
            ("https://c.example/r?a=1", "https://c.example/r?a=1"),
            ("https://c.example/plain#hash", "https://c.example/plain"),
        ] {
            assert_eq!(Place::of(&client, uri).unwrap().address().as_str(), address);
        }
        for uri in [
            "https://c.example/r",
            "https://c.example/r?a=1&b",
            "https://c.example/plain/",
            "https://c.example:443/plain",
            "https://C.example/plain",
            "https://c.example/x/../plain",
            "https://evil.example/plain",
            "urn:x:y",
            "",
            "#",
        ] {
            assert_eq!(Place::of(&client, uri).unwrap_err().code, ErrorCode::InvalidRequestUri, "{uri}");
        }
    }

    #[test]
    fn a_client_without_addresses_learns_that_it_has_none() {
        let refused = Place::of(&client(&[]), "https://c.example/r").unwrap_err();
        assert_eq!(refused.code, ErrorCode::RequestUriNotSupported);
    }

    #[test]
    fn a_fragment_names_the_content_it_is_the_hash_of() {
        let client = client(&["https://c.example/r"]);
        let named = format!("https://c.example/r#{}", base64url(sha256(b"content")));
        assert!(Place::of(&client, &named).unwrap().names(b"content"));
        assert!(!Place::of(&client, &named).unwrap().names(b"content\n"));
        for uri in ["https://c.example/r", "https://c.example/r#", "https://c.example/r#content"] {
            assert!(!Place::of(&client, uri).unwrap().names(b"content"), "{uri}");
        }
    }

    #[test]
    fn an_object_is_text_with_nothing_around_it() {
        assert_eq!(object(b"\n x.y.z \r\n"), Ok("x.y.z"));
        for content in [&b""[..], b" \n", b"\xff\xfe"] {
            assert_eq!(object(content).unwrap_err().code, ErrorCode::InvalidRequestUri);
        }
    }
}
