//! A request as it came in, free of any HTTP library.

use kernel::Fault;
use serde_json::{Map, Value};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// A request. Header names are in lower case, path parameters decoded. It carries credentials, so `Debug` shows only what it is for.
#[derive(Clone, Default)]
pub struct Incoming {
    /// `GET`, …
    pub method: String,
    /// The path as it came, without the query.
    pub path: String,
    /// Decoded path parameters.
    pub path_params: Vec<(String, String)>,
    /// The query as it came.
    pub query: String,
    /// Headers that are valid text.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Who sent it.
    pub peer: Peer,
    /// Names this request in the log and in answers.
    pub request_id: String,
}

/// The other end of the connection, after trusted proxies.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address.
    pub ip: IpAddr,
    /// Whether the connection is TLS, here or at a trusted proxy.
    pub is_secure: bool,
    /// The certificate of the client, if one was shown and its key proven: on this connection, or to a trusted proxy.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// A certificate that a client showed, not judged yet (RFC 8705).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate (DER).
    pub leaf: Vec<u8>,
    /// Those that came along to connect it with an authority (DER).
    pub intermediates: Vec<Vec<u8>>,
}

impl Default for Peer {
    fn default() -> Self {
        Self { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), is_secure: false, certificate: None }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({} {}, {})", self.method, self.path, self.request_id)
    }
}

/// The fields of a body. They may be secrets.
pub enum BodyFields {
    /// There was none.
    Empty,
    /// A JSON object.
    Json(Map<String, Value>),
    /// Form pairs, in order.
    Form(Vec<(String, String)>),
}

impl Incoming {
    /// A header, if it was sent exactly once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let first = found.next()?;
        found.next().is_none().then_some(first.1.as_str())
    }
    /// How often a header was sent.
    pub fn header_count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(known, _)| known == name).count()
    }
    /// A path parameter.
    pub fn path_param(&self, name: &str) -> Option<&str> {
        self.path_params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
    /// A cookie; the first of that name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .filter(|(known, _)| known == "cookie")
            .flat_map(|(_, line)| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(known, value)| (known == name).then_some(value))
    }
    /// The caller's software, shortened.
    pub fn user_agent(&self) -> Option<String> {
        self.header("user-agent").map(|text| text.chars().take(256).collect())
    }
    /// The decoded pairs of the query.
    ///
    /// # Errors
    /// If it isn't valid percent-encoded UTF-8.
    pub fn query_pairs(&self) -> Result<Vec<(String, String)>, Fault> {
        decode_pairs(&self.query)
    }
    /// The fields of the body, by its media type. A JSON body must be an object, no deeper than 32 levels, without duplicate members.
    ///
    /// # Errors
    /// If the media type is not JSON or a form, or the body isn't what it says.
    pub fn body_fields(&self) -> Result<BodyFields, Fault> {
        if self.body.is_empty() {
            return Ok(BodyFields::Empty);
        }
        let media =
            self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media.as_str() {
            "application/x-www-form-urlencoded" => {
                let text = std::str::from_utf8(&self.body)
                    .map_err(|_| Fault::invalid("invalid_request", "The form is not valid UTF-8."))?;
                decode_pairs(text).map(BodyFields::Form)
            }
            media if media == "application/json" || media.ends_with("+json") => json_object(&self.body).map(BodyFields::Json),
            _ => Err(Fault::new(
                kernel::FaultKind::UnsupportedMediaType,
                "invalid_request",
                "Please send the body as application/json or application/x-www-form-urlencoded.",
            )),
        }
    }
}

fn json_object(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    let refuse = |hint: &'static str| Fault::invalid("invalid_request", hint);
    if depth(body) > 32 {
        return Err(refuse("The JSON body is nested too deeply."));
    }
    jose::json::parse_strict_object(body).map_err(|_| refuse("The body is not a valid JSON object."))
}

/// How deeply brackets nest, outside of strings.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in body {
        match (byte, quoted) {
            _ if escaped => escaped = false,
            (b'\\', true) => escaped = true,
            (b'"', _) => quoted = !quoted,
            (b'{' | b'[', false) => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (b'}' | b']', false) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn decode_pairs(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| Fault::invalid("invalid_request", "A parameter is not valid UTF-8."))
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(content_type: &str, body: &str) -> Incoming {
        Incoming { headers: vec![("content-type".into(), content_type.into())], body: body.into(), ..Incoming::default() }
    }

    #[test]
    fn forms_are_decoded_in_order() {
        let BodyFields::Form(pairs) =
            with("application/x-www-form-urlencoded; charset=utf-8", "a=1+2&b=%C3%BC&a=3").body_fields().unwrap()
        else {
            panic!("not a form");
        };
        assert_eq!(pairs, [("a".into(), "1 2".into()), ("b".into(), "ü".into()), ("a".into(), "3".into())]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (media, body) in [
            ("text/plain", "x"),
            ("application/json", "[1]"),
            ("application/json", "{\"a\":"),
            ("application/json", "{\"a\":1,\"a\":2}"),
            ("application/json", &format!("{}1{}", "[".repeat(40), "]".repeat(40))),
            ("application/x-www-form-urlencoded", "a=%ff"),
        ] {
            assert!(with(media, body).body_fields().is_err(), "{media} {body}");
        }
    }

    #[test]
    fn what_a_request_carries_does_not_show() {
        let mut incoming = with("application/json", "{\"password\":\"s3cret\"}");
        incoming.headers.push(("authorization".into(), "Bearer s3cret".into()));
        incoming.query = "token=s3cret".into();
        (incoming.method, incoming.path) = ("POST".into(), "/orgs/acme/signin".into());
        assert_eq!(format!("{incoming:?}"), "Incoming(POST /orgs/acme/signin, )");
    }

    #[test]
    fn a_header_sent_twice_counts_as_none() {
        let mut incoming = with("a/b", "");
        incoming.headers.push(("content-type".into(), "c/d".into()));
        assert_eq!(incoming.header("content-type"), None);
        assert_eq!(incoming.header_count("content-type"), 2);
    }
}
