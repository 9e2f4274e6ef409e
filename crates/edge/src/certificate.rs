//! A client's certificate in the header of a proxy that ended the client's TLS connection.
//!
//! Two forms are read, whichever comes: `Client-Cert: :MII…:` with `Client-Cert-Chain` beside it (RFC 9440), and the percent-encoded PEM
//! of nginx's `$ssl_client_escaped_cert`, which many other proxies write too. What can't be read counts as no certificate.

use super::ClientCertificate;
use http::HeaderMap;
use jose::encoding::decode_base64;
use percent_encoding::percent_decode_str;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// RFC 9440's header for the chain behind the certificate.
const CHAIN: &str = "client-cert-chain";
/// Longest header that is read.
const MAX_LENGTH: usize = 64 * 1024;
/// Most certificates that are read.
const MAX_CHAIN: usize = 8;

/// The certificate in the header of that name, if it was sent exactly once.
pub(crate) fn in_header(headers: &HeaderMap, name: &str) -> Option<ClientCertificate> {
    let mut lines = headers.get_all(name).iter();
    let value = lines.next()?.to_str().ok()?.trim();
    if lines.next().is_some() || value.len() > MAX_LENGTH {
        return None;
    }
    if value.starts_with(':') {
        return Some(ClientCertificate { leaf: octets(value)?, intermediates: chain(headers)? });
    }
    let pem = percent_decode_str(value).collect::<Vec<u8>>();
    let certificates = CertificateDer::pem_slice_iter(&pem).take(MAX_CHAIN);
    let mut certificates = certificates.map(|certificate| certificate.ok().map(|der| der.to_vec()).filter(|der| !der.is_empty()));
    let leaf = certificates.next()??;
    Some(ClientCertificate { leaf, intermediates: certificates.collect::<Option<_>>()? })
}

/// `Client-Cert-Chain`: a list of byte sequences (RFC 9440 §2.3), without the certificate itself.
fn chain(headers: &HeaderMap) -> Option<Vec<Vec<u8>>> {
    let lines: Option<Vec<&str>> = headers.get_all(CHAIN).iter().map(|line| line.to_str().ok()).collect();
    let lines = lines?;
    if lines.iter().map(|line| line.len()).sum::<usize>() > MAX_LENGTH {
        return None;
    }
    lines
        .into_iter()
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .take(MAX_CHAIN)
        .map(octets)
        .collect()
}

/// A byte sequence (RFC 8941 §3.3.5); parameters, of which none are defined, are left out.
fn octets(item: &str) -> Option<Vec<u8>> {
    let (encoded, parameters) = item.trim().strip_prefix(':')?.split_once(':')?;
    if !parameters.is_empty() && !parameters.trim_start().starts_with(';') {
        return None;
    }
    decode_base64(encoded).ok().filter(|der| !der.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    /// RFC 9440 appendix A: certificate and chain of the example, as they stand in the headers of figure 3.
    const LEAF: &str = "MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=";

    const NOTHING: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }
    fn leaf() -> Vec<u8> {
        decode_base64(LEAF).unwrap()
    }
    fn pem() -> String {
        let lines: Vec<&str> = LEAF.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    #[test]
    fn the_example_of_rfc_9440_is_read_with_its_chain() {
        let certificate = jose::x509::Certificate::parse(&leaf()).unwrap();
        assert_eq!(certificate.subject(), jose::x509::DistinguishedName::parse("CN=BC").as_ref());
        let sent = format!(":{LEAF}:");
        let alone = in_header(&headers(&[("client-cert", &sent)]), "client-cert").unwrap();
        assert_eq!((alone.leaf, alone.intermediates), (leaf(), Vec::new()));
        let chain = [("client-cert", sent.as_str()), (CHAIN, ":AQID:, :BAUG:"), (CHAIN, ":BwgJ:")];
        let behind = in_header(&headers(&chain), "client-cert").unwrap();
        assert_eq!(behind.intermediates, [vec![1, 2, 3], vec![4, 5, 6], vec![7, 8, 9]]);
    }

    #[test]
    fn percent_encoded_pem_is_read() {
        let escaped = utf8_percent_encode(&pem(), NON_ALPHANUMERIC).to_string();
        let sent = headers(&[("x-client", &escaped)]);
        assert_eq!(in_header(&sent, "x-client").unwrap().leaf, leaf());
        let twice = utf8_percent_encode(&format!("{0}{0}", pem()), NON_ALPHANUMERIC).to_string();
        assert_eq!(in_header(&headers(&[("x-client", &twice)]), "x-client").unwrap().intermediates, [leaf()]);
    }

    #[test]
    fn what_can_not_be_read_is_no_certificate() {
        let good = format!(":{LEAF}:");
        for value in ["", ":", "::", ":!:", ":AQID", "AQID", ":AQID:x", "%", "-----BEGIN CERTIFICATE-----", "(null)"] {
            assert!(in_header(&headers(&[("client-cert", value)]), "client-cert").is_none(), "{value}");
        }
        for value in [NOTHING.to_owned(), format!("{}{NOTHING}", pem())] {
            let escaped = utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string();
            assert!(in_header(&headers(&[("client-cert", &escaped)]), "client-cert").is_none(), "{value}");
        }
        assert!(in_header(&headers(&[("client-cert", &good), ("client-cert", &good)]), "client-cert").is_none(), "which one?");
        assert!(in_header(&headers(&[("client-cert", &good), (CHAIN, "nonsense")]), "client-cert").is_none());
        assert!(in_header(&headers(&[("client-cert", &format!(":{}:", "A".repeat(70_000)))]), "client-cert").is_none());
        assert!(in_header(&headers(&[]), "client-cert").is_none());
    }
}
