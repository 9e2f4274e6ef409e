//! Which addresses, chosen by others, a page may carry.

use std::fmt::Write as _;

/// A link a person may follow: the web, or this site. Anything else (`javascript:`, `data:`, ...) is dropped.
pub(crate) fn web(url: Option<&String>) -> Option<&str> {
    url.map(String::as_str).filter(|url| is_web(url) || is_local(url))
}

/// The way back to an application: the web, this site, or the private-use scheme of an installed one (RFC 8252 §7.1: with a dot).
pub(crate) fn home(url: Option<&String>) -> Option<&str> {
    let is_private = |url: &str| {
        url.split_once(':').is_some_and(|(scheme, _)| {
            scheme.contains('.') && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-'))
        })
    };
    web(url).or_else(|| url.map(String::as_str).filter(|url| is_private(url)))
}

/// A picture: the web, this site, or an embedded image.
pub(crate) fn picture(url: Option<&String>) -> Option<&str> {
    url.map(String::as_str).filter(|url| is_web(url) || is_local(url) || has_prefix(url, "data:image/"))
}

/// An absolute address on the web.
pub(crate) fn is_web(url: &str) -> bool {
    has_prefix(url, "https://") || has_prefix(url, "http://")
}

/// A path on this site. `//host` and `/\host` lead elsewhere.
fn is_local(url: &str) -> bool {
    url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\")
}

/// A mail to somebody, without anything else in it (RFC 6068): what has a meaning in such addresses is encoded.
pub(crate) fn mail_to(address: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@.-_+".contains(&byte);
    let mut link = "mailto:".to_owned();
    for byte in address.bytes() {
        if plain(byte) {
            link.push(char::from(byte));
        } else {
            let _ = write!(link, "%{byte:02X}");
        }
    }
    link
}

fn has_prefix(url: &str, prefix: &str) -> bool {
    url.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_and_this_site_become_links() {
        let web_of = |url: &str| web(Some(&url.to_owned())).is_some();
        for good in ["https://acme.example/privacy", "HTTP://acme.example", "/account"] {
            assert!(web_of(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            " https://a.example",
            "data:text/html,x",
            "//evil.example",
            "/\\evil.example",
            "mailto:a@b",
            "",
        ] {
            assert!(!web_of(bad), "{bad}");
        }
        assert!(web(None).is_none());
    }

    #[test]
    fn an_installed_application_is_a_home_and_a_script_is_none() {
        let is_home = |url: &str| home(Some(&url.to_owned())).is_some();
        assert!(is_home("com.example.app:/bye") && is_home("https://app.example/") && is_home("/account"));
        for bad in
            ["javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "//evil.example", "java script.x:1", "x/a.b:c", ""]
        {
            assert!(!is_home(bad), "{bad}");
        }
    }

    #[test]
    fn a_mail_address_brings_no_fields_along() {
        assert_eq!(mail_to("help+de@example.com"), "mailto:help+de@example.com");
        assert_eq!(mail_to("a?cc=b&x@exämple.com"), "mailto:a%3Fcc%3Db%26x@ex%C3%A4mple.com");
    }

    #[test]
    fn pictures_may_be_embedded_but_documents_may_not() {
        let shows = |url: &str| picture(Some(&url.to_owned())).is_some();
        assert!(shows("data:image/png;base64,AA=="));
        assert!(!shows("data:text/html,<script>"));
        assert!(!shows("javascript:1"));
    }
}
