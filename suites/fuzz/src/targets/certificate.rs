//! Certificates of clients: in the headers of proxies (RFC 9440, nginx), in DER, and their names as text (RFC 4514).

use crate::Target;
use crate::input::{choice, lines};
use crate::keys::NOW;
use http::{HeaderMap, HeaderValue};
use jose::digest::sha256;
use jose::encoding::{base64, base64url, decode_base64};
use jose::jwk::Jwk;
use jose::x509::{Certificate, DistinguishedName};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The file of the product itself: the crate it stands in brings the whole server along.
#[path = "../../../../crates/edge/src/certificate.rs"]
mod header;

/// As the product has it in `flow`.
#[derive(Debug, PartialEq, Eq)]
struct ClientCertificate {
    leaf: Vec<u8>,
    intermediates: Vec<Vec<u8>>,
}

/// `h` and the header, on a second line the one for the chain; `d` and DER; or `n` and a name.
pub const TARGET: Target = Target {
    name: "certificate",
    words: || {
        let texts = [
            "-----BEGIN CERTIFICATE-----",
            "-----END CERTIFICATE-----",
            "%0A",
            "%20",
            "%2B",
            "%",
            ":",
            "::",
            ",",
            ";x=1",
            "=",
            "AAAA",
            "CN=",
            "O=",
            "OU=",
            "+",
            "\\,",
            "\\C4\\8D",
            "#04",
            "2.5.4.3=",
            "\x30\u{80}",
            "\x06\x03\x55\x1d\x11",
            "\x06\x03\x55\x04\x03",
            "\x0c",
            "\x13",
            "\x17\x0d",
            "\x18\x0f",
        ];
        texts.map(str::to_owned).into()
    },
    seeds,
    try_out,
};

const HEADER: &str = "client-cert";
const CHAIN: &str = "client-cert-chain";

/// RFC 8705 appendix A, RFC 9440 appendix A, and some with every kind of key and name.
fn certificates() -> Vec<Vec<u8>> {
    include_str!("../certificates.txt").lines().map(|line| decode_base64(line).expect("it is base64")).collect()
}

fn pem(der: &[u8]) -> String {
    let encoded = base64(der);
    let lines: Vec<&str> = encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("it is ASCII")).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
fn escaped(pem: &str) -> String {
    utf8_percent_encode(pem, NON_ALPHANUMERIC).to_string()
}

fn seeds() -> Vec<Vec<u8>> {
    let certificates = certificates();
    let texts =
        ["CN=client,O=Example Bank,C=DE", r"OU=Sales+CN=J.  Smith,DC=example,DC=net", r"2.5.4.3=Lu\C4\8Di\C4\87,UID=\#x\, y"];
    let mut seeds: Vec<Vec<u8>> = texts.iter().map(|name| [b"n", name.as_bytes()].concat()).collect();
    for der in &certificates {
        seeds.push([b"d", &der[..]].concat());
        seeds.push(format!("h:{}:", base64(der)).into_bytes());
        seeds.push(format!("h{}", escaped(&pem(der))).into_bytes());
    }
    let small = base64(&certificates[0]);
    seeds.push(format!("h:{small}:;x=1\n:{small}:, :AQID:").into_bytes());
    seeds.push(format!("h{}", escaped(&pem(&certificates[0])).repeat(2)).into_bytes());
    seeds.push(format!("h{}", pem(&certificates[0]).replace('\n', "%0A").replace(' ', "%20")).into_bytes());
    seeds
}

fn try_out(input: &[u8]) -> bool {
    match choice(input) {
        Some((b'h', rest)) => try_header(rest),
        Some((b'd', rest)) => try_der(rest),
        Some((b'n', rest)) => std::str::from_utf8(rest).is_ok_and(try_name),
        _ => false,
    }
}

fn read(value: &[u8], chain: &[u8]) -> Option<ClientCertificate> {
    let mut headers = HeaderMap::new();
    headers.insert(HEADER, HeaderValue::from_bytes(value).ok()?);
    if !chain.is_empty() {
        headers.insert(CHAIN, HeaderValue::from_bytes(chain).ok()?);
    }
    header::in_header(&headers, HEADER)
}

/// What is read is written in both forms, and read from them again.
fn try_header(rest: &[u8]) -> bool {
    let [value, chain] = lines(rest);
    let Some(shown) = read(value, chain) else { return false };
    assert!(!shown.leaf.is_empty() && shown.intermediates.len() <= 8);
    assert_eq!(read(&sequence(&shown.leaf), &list(&shown.intermediates)).as_ref(), Some(&shown), "RFC 9440");
    if let Some(text) = std::str::from_utf8(value).ok().map(str::trim).filter(|text| text.starts_with(':')) {
        let encoded = text.split(':').nth(1).unwrap_or_default();
        assert_eq!(base64(&shown.leaf), encoded, "it is not what was sent");
    }
    let pems: String = std::iter::once(&shown.leaf).chain(&shown.intermediates).take(8).map(|der| pem(der)).collect();
    let again = read(escaped(&pems).as_bytes(), b"").expect("what was written is read");
    assert_eq!(again.leaf, shown.leaf, "PEM");
    assert_eq!(again.intermediates, shown.intermediates[..shown.intermediates.len().min(7)]);
    let mut twice = HeaderMap::new();
    for _ in 0..2 {
        twice.append(HEADER, HeaderValue::from_bytes(value).expect("it was one before"));
    }
    assert!(header::in_header(&twice, HEADER).is_none(), "which of two?");
    try_der(&shown.leaf);
    true
}

fn sequence(der: &[u8]) -> Vec<u8> {
    format!(":{}:", base64(der)).into_bytes()
}
fn list(chain: &[Vec<u8>]) -> Vec<u8> {
    chain.iter().map(|der| sequence(der)).collect::<Vec<_>>().join(&b", "[..])
}

fn try_der(der: &[u8]) -> bool {
    let Ok(certificate) = Certificate::parse(der) else { return false };
    assert_eq!(certificate.der(), der, "it is what was shown");
    assert_eq!(certificate.thumbprint(), base64url(sha256(der)));
    for sent in [sequence(der), escaped(&pem(der)).into_bytes()] {
        let shown = read(&sent, b"").expect("what was written is read");
        assert_eq!(shown, ClientCertificate { leaf: der.to_vec(), intermediates: Vec::new() });
    }
    if let Some(key) = certificate.public_key() {
        let written = serde_json::to_vec(key).expect("it can be written");
        let again = Jwk::parse(&written).expect("what was written is read");
        assert_eq!((&again, again.thumbprint()), (key, key.thumbprint()));
    }
    let _ = (certificate.subject(), certificate.alternative_names(), certificate.is_current(NOW));
    let longer = [der, &[0]].concat();
    assert!(Certificate::parse(&longer).is_err(), "there is something behind its end");
    true
}

/// Spaces around the parts of a name make no difference, and the order of its parts does.
fn try_name(text: &str) -> bool {
    let Some(name) = DistinguishedName::parse(text) else { return false };
    assert_eq!(DistinguishedName::parse(text).as_ref(), Some(&name));
    let longer = format!("CN=more,{text}");
    assert!(DistinguishedName::parse(&longer).is_none_or(|longer| longer != name), "a part more makes no difference");
    assert!(DistinguishedName::parse(&format!("{text},")).is_none(), "it ends in the middle");
    true
}
