//! Whether two URLs mean the same endpoint (RFC 9449 §4.3 no. 9).

use url::Url;

const MAX_LENGTH: usize = 4096;

/// Whether `stated` is `actual` but for query and fragment, both normalized as RFC 3986 §6.2.2 and §6.2.3 have it: letter case of
/// scheme and host, default port, dot segments, needless percent-encoding.
pub(super) fn is_same(stated: &str, actual: &str) -> bool {
    let stated = normalized(stated);
    stated.is_some() && stated == normalized(actual)
}

fn normalized(text: &str) -> Option<String> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    Some(format!("{}{}", url.origin().ascii_serialization(), spelled_plainly(url.path())))
}

/// Unreserved characters stand for themselves, and the digits of what must be encoded are upper-case.
fn spelled_plainly(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let octet = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).map(char::from);
        rest = after;
        match octet.zip(after.get(2..)) {
            Some((c, behind)) if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~') => {
                plain.push(c);
                rest = behind;
            }
            Some((_, behind)) => {
                plain.push('%');
                plain.extend(after.chars().take(2).map(|digit| digit.to_ascii_uppercase()));
                rest = behind;
            }
            None => plain.push('%'),
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: &str = "https://id.example/orgs/acme/api/v1/oauth/token";

    #[test]
    fn spellings_of_one_address_are_the_same() {
        for stated in [
            ENDPOINT,
            "HTTPS://ID.Example/orgs/acme/api/v1/oauth/token",
            "https://id.example:443/orgs/acme/api/v1/oauth/token",
            "https://id.example/orgs/acme/api/v1/oauth/token?x=1",
            "https://id.example/orgs/acme/api/v1/oauth/token#x",
            "https://id.example/orgs/./acme/x/../api/v1/oauth/token",
            "https://id.example/orgs/%61cme/api/v1/oauth/toke%6E",
        ] {
            assert!(is_same(stated, ENDPOINT), "{stated}");
        }
        assert!(is_same("https://id.example", "https://id.example/"));
        assert!(is_same("https://id.example/a%2fb", "https://id.example/a%2Fb"));
        assert!(is_same("http://localhost:8080/x", "http://LOCALHOST:8080/x"));
    }

    #[test]
    fn other_addresses_are_not() {
        for stated in [
            "",
            "/orgs/acme/api/v1/oauth/token",
            "http://id.example/orgs/acme/api/v1/oauth/token",
            "https://id.example:8443/orgs/acme/api/v1/oauth/token",
            "https://id.example.evil/orgs/acme/api/v1/oauth/token",
            "https://id.example@evil.example/orgs/acme/api/v1/oauth/token",
            "https://user@id.example/orgs/acme/api/v1/oauth/token",
            "https://id.example/orgs/other/api/v1/oauth/token",
            "https://id.example/orgs/acme/api/v1/oauth/token/",
            "https://id.example/orgs/acme/api/v1/oauth/TOKEN",
            "https://id.example/orgs/acme%2Fapi/v1/oauth/token",
            "ftp://id.example/orgs/acme/api/v1/oauth/token",
            "urn:token",
        ] {
            assert!(!is_same(stated, ENDPOINT), "{stated}");
        }
        assert!(!is_same("https://id.example/a%2Fb", "https://id.example/a/b"), "an encoded slash is no slash");
        assert!(!is_same(&format!("{ENDPOINT}?{}", "x".repeat(5000)), ENDPOINT));
    }

    #[test]
    fn broken_encodings_are_text() {
        for path in ["/%", "/%z", "/%e", "/a%2", "/%é", "/%%41"] {
            let _ = spelled_plainly(path);
        }
        assert_eq!(spelled_plainly("/%7Euser/%c3%a9%2"), "/~user/%C3%A9%2");
    }
}
