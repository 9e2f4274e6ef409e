//! The least parsing an HTTP/1.1 answer needs (RFC 9112).

use anyhow::{Context, Result, bail, ensure};
use serde::de::DeserializeOwned;

/// One answer, borrowed from its connection's buffers.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    /// The status code.
    pub status: u16,
    /// Status line and header fields, as received.
    pub head: &'a [u8],
    /// The body with its transfer coding removed.
    pub body: &'a [u8],
}

impl<'a> Reply<'a> {
    /// The answer itself when its status is `status`.
    ///
    /// # Errors
    /// Any other status; the message quotes the beginning of the body.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        let shown = self.body.get(..600).unwrap_or(self.body);
        bail!("expected status {status}, got {}: {}", self.status, String::from_utf8_lossy(shown))
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(self) -> Result<T> {
        serde_json::from_slice(self.body).context("the body is not the JSON that was expected")
    }

    /// The body as text.
    pub fn text(self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }

    /// The values of all header fields called `name`, in the order received.
    pub fn headers(self, name: &str) -> impl Iterator<Item = String> + 'a {
        let name = name.to_owned();
        header_lines(self.head).filter_map(move |line| {
            let (field, value) = split_field(line)?;
            field.eq_ignore_ascii_case(name.as_bytes()).then(|| String::from_utf8_lossy(value).into_owned())
        })
    }

    /// A JSON string member found by its name alone, without parsing the document: for tokens, which need no escapes.
    pub fn string_member(self, name: &str) -> Option<&'a str> {
        let text = std::str::from_utf8(self.body).ok()?;
        let after_name = text.split_once(&format!("\"{name}\""))?.1;
        let value = after_name.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        value.split_once('"').map(|(value, _)| value).filter(|value| !value.contains('\\'))
    }
}

/// What the head says about the bytes after it.
pub struct Head {
    pub status: u16,
    /// Bytes of the head, the empty line included.
    pub length: usize,
    pub framing: Framing,
    /// The server will close the connection.
    pub close: bool,
}

/// How the end of the body is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    Empty,
    Length(usize),
    Chunked,
}

/// The head at the start of `bytes`, or nothing while it is incomplete.
pub fn parse_head(bytes: &[u8]) -> Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let length = end + 4;
    let head = bytes.get(..length).unwrap_or_default();
    let status = parse_status(head)?;
    let mut close = false;
    let mut framing = None;
    for line in header_lines(head) {
        let Some((name, value)) = split_field(line) else { continue };
        if name.eq_ignore_ascii_case(b"content-length") {
            framing = Some(Framing::Length(parse_length(value)?));
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            ensure!(value.eq_ignore_ascii_case(b"chunked"), "a transfer coding that is not chunked");
            framing = Some(Framing::Chunked);
        } else if name.eq_ignore_ascii_case(b"connection") {
            close = value.eq_ignore_ascii_case(b"close");
        }
    }
    if status == 204 || status == 304 {
        framing = Some(Framing::Empty);
    }
    let framing = framing.context("an answer without content-length and without chunks")?;
    Ok(Some(Head { status, length, framing, close }))
}

fn parse_status(head: &[u8]) -> Result<u16> {
    ensure!(head.starts_with(b"HTTP/1.1 "), "not an HTTP/1.1 answer");
    let digits = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()).context("no status code")?;
    digits.parse().context("no status code")
}

fn parse_length(value: &[u8]) -> Result<usize> {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).context("a content-length that is not a number")
}

fn header_lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| *byte == b'\n').skip(1).map(<[u8]>::trim_ascii_end).take_while(|line| !line.is_empty())
}

fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((line.get(..colon)?, line.get(colon + 1..)?.trim_ascii()))
}

/// Decodes a chunked body into `decoded`; false while the last chunk is missing.
pub fn decode_chunks(mut coded: &[u8], decoded: &mut Vec<u8>) -> Result<bool> {
    decoded.clear();
    loop {
        let Some(line_end) = coded.windows(2).position(|window| window == b"\r\n") else { return Ok(false) };
        let size_line = coded.get(..line_end).unwrap_or_default();
        let digits = size_line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let digits = std::str::from_utf8(digits).context("a chunk size that is not text")?;
        let size = usize::from_str_radix(digits, 16).context("a chunk size that is not a number")?;
        let chunk = coded.get(line_end + 2..).unwrap_or_default();
        let (Some(data), Some(rest)) = (chunk.get(..size), chunk.get(size + 2..)) else { return Ok(false) };
        if size == 0 {
            return Ok(true);
        }
        decoded.extend_from_slice(data);
        coded = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_not_read_before_its_empty_line() {
        assert!(parse_head(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n").unwrap().is_none());
    }

    #[test]
    fn the_length_of_a_body_is_found_whatever_the_case_of_the_field() {
        let head = parse_head(b"HTTP/1.1 201 Created\r\nContent-LENGTH: 17\r\nConnection: close\r\n\r\nxx").unwrap().unwrap();
        assert_eq!((head.status, head.framing, head.close), (201, Framing::Length(17), true));
    }

    #[test]
    fn an_answer_of_unknown_length_is_refused() {
        for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n"] {
            assert!(parse_head(head.as_bytes()).is_err(), "{head}");
        }
    }

    #[test]
    fn chunks_are_joined_only_when_the_last_has_come() {
        let whole = b"4\r\nWiki\r\n6;name=value\r\npedia \r\n0\r\n\r\n";
        let mut decoded = Vec::new();
        for cut in 0..whole.len() {
            assert!(!decode_chunks(&whole[..cut], &mut decoded).unwrap(), "complete after {cut} bytes");
        }
        assert!(decode_chunks(whole, &mut decoded).unwrap());
        assert_eq!(decoded, b"Wikipedia ");
    }

    #[test]
    fn a_member_is_found_without_parsing_the_document() {
        let body = br#"{"access_token":"a.b","refresh_token": "id.secret","expires_in":300}"#;
        let reply = Reply { status: 200, head: b"", body };
        assert_eq!(reply.string_member("refresh_token"), Some("id.secret"));
        assert_eq!(reply.string_member("id_token"), None);
        assert_eq!(reply.string_member("expires_in"), None);
    }

    #[test]
    fn repeated_header_fields_are_all_returned() {
        let head = b"HTTP/1.1 302 Found\r\nSet-Cookie: a=1\r\nlocation: /x\r\nset-cookie: b=2\r\n\r\n";
        let reply = Reply { status: 302, head, body: b"" };
        assert_eq!(reply.headers("set-cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!(reply.headers("Location").collect::<Vec<_>>(), ["/x"]);
    }
}
