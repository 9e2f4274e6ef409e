//! A cookie jar for one origin (RFC 6265bis, the part that matters to a sign-in).

use url::Url;

/// The cookies of one browser. `Secure` is ignored: loopback counts as trustworthy.
#[derive(Default)]
pub struct Cookies {
    jar: Vec<Cookie>,
}

struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl Cookies {
    /// Stores, replaces or deletes what one `Set-Cookie` field says, received with the answer to `url`.
    pub fn store(&mut self, field: &str, url: &Url) {
        let mut attributes = field.split(';').map(str::trim);
        let Some((name, value)) = attributes.next().and_then(|pair| pair.split_once('=')) else { return };
        let mut path = default_path(url);
        let mut expired = false;
        for attribute in attributes {
            let (key, setting) = attribute.split_once('=').unwrap_or((attribute, ""));
            if key.eq_ignore_ascii_case("path") && setting.starts_with('/') {
                setting.clone_into(&mut path);
            } else if key.eq_ignore_ascii_case("max-age") {
                expired = setting.parse::<i64>().is_ok_and(|seconds| seconds <= 0);
            }
        }
        self.jar.retain(|cookie| cookie.name != name || cookie.path != path);
        if !expired {
            self.jar.push(Cookie { name: name.to_owned(), value: value.to_owned(), path });
        }
    }

    /// The `Cookie` header line for a request to `url`; empty when no cookie applies.
    pub fn header(&self, url: &Url) -> String {
        let pairs: Vec<_> = self
            .jar
            .iter()
            .filter(|cookie| path_matches(url.path(), &cookie.path))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        if pairs.is_empty() { String::new() } else { format!("cookie: {}\r\n", pairs.join("; ")) }
    }

    /// Forgets everything: a new visitor.
    pub fn clear(&mut self) {
        self.jar.clear();
    }
}

fn default_path(url: &Url) -> String {
    match url.path().rsplit_once('/') {
        Some((directory, _)) if !directory.is_empty() => directory.to_owned(),
        _ => "/".to_owned(),
    }
}

fn path_matches(request: &str, cookie: &str) -> bool {
    request.strip_prefix(cookie).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Url {
        Url::parse("http://127.0.0.1:1/").unwrap().join(path).unwrap()
    }

    #[test]
    fn a_cookie_is_sent_only_below_its_path() {
        let mut cookies = Cookies::default();
        cookies.store("__Host-s=1; Path=/; Secure; HttpOnly", &url("/a/b"));
        cookies.store("t=2; Path=/orgs/acme", &url("/"));
        cookies.store("u=3", &url("/orgs/other/page"));
        assert_eq!(cookies.header(&url("/orgs/acme/x")), "cookie: __Host-s=1; t=2\r\n");
        assert_eq!(cookies.header(&url("/orgs/acmes")), "cookie: __Host-s=1\r\n");
        assert_eq!(cookies.header(&url("/orgs/other/next")), "cookie: __Host-s=1; u=3\r\n");
    }

    #[test]
    fn a_cookie_is_replaced_by_its_name_and_deleted_by_its_age() {
        let mut cookies = Cookies::default();
        cookies.store("s=1; Path=/", &url("/"));
        cookies.store("s=2; Path=/; Max-Age=60", &url("/"));
        assert_eq!(cookies.header(&url("/")), "cookie: s=2\r\n");
        cookies.store("s=; Path=/; Max-Age=0", &url("/"));
        assert_eq!(cookies.header(&url("/")), "");
    }
}
