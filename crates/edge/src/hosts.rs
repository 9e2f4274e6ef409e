//! Which host names this server answers for. Links in mails and redirects are built from the public URL, never from `Host`; a
//! request for another name is refused, so that no page can be served under a name an attacker chose.

use axum::extract::Request;
use http::header::HOST;

/// The names, with ports where they aren't the scheme's own.
#[derive(Clone, Debug)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// The authority of the public URL and others that mean the same server.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Whether the request is for one of them. Health checks come by address and are let through.
    pub(crate) fn answers_for(&self, request: &Request) -> bool {
        let path = request.uri().path();
        if path.starts_with("/health/") {
            return true;
        }
        let mut lines = request.headers().get_all(HOST).iter();
        let header = lines.next().map(|host| host.to_str().unwrap_or(""));
        if lines.next().is_some() {
            return false;
        }
        let authority = request.uri().authority().map(http::uri::Authority::as_str);
        match (authority, header) {
            (Some(authority), Some(header)) if authority != header => false,
            (Some(name), _) | (None, Some(name)) => self.0.contains(&name.to_ascii_lowercase()),
            (None, None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(host: &[&str]) -> bool {
        let hosts = Hosts::new(["id.example.com".to_owned()]);
        let request = host.iter().fold(Request::builder().uri("/orgs/a"), |request, host| request.header(HOST, *host));
        hosts.answers_for(&request.body(axum::body::Body::empty()).unwrap())
    }

    #[test]
    fn only_the_public_name_is_answered_for() {
        assert!(answers(&["id.example.com"]));
        assert!(answers(&["ID.example.com"]));
        for wrong in
            [&["evil.example"][..], &["id.example.com:444"], &["id.example.com."], &[], &["id.example.com", "evil.example"]]
        {
            assert!(!answers(wrong), "{wrong:?}");
        }
    }
}
