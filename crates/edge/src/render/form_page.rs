//! Where a form stands that couldn't be answered: whoever has to sign in first comes back there.

use flow::{Catalogue, Incoming, Method, Surface};

/// The addresses at which pages can be opened.
#[derive(Debug, Default)]
pub(crate) struct Pages(Vec<&'static str>);

impl Pages {
    /// Those of the catalogue.
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let pages = catalogue.entries().iter().filter(|entry| entry.surface == Surface::Page);
        let routes = pages.flat_map(|entry| entry.routes.iter());
        Self(routes.filter(|route| route.method == Method::Get).map(|route| route.path).collect())
    }

    fn has(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| fits(pattern, path))
    }

    /// The page of this organization that the form of a request stands on: the one that sent it. A form that comes back with what is
    /// wrong is shown at the address it was sent to, and a browser may not say where it was; where nothing can be opened there, it is
    /// the nearest page above. None for what is no form, or where its own address is as good as any.
    pub(crate) fn with_the_form(&self, incoming: &Incoming, base_url: &str) -> Option<String> {
        if incoming.method == "GET" || incoming.method == "HEAD" {
            return None;
        }
        let own = format!("/orgs/{}/", incoming.path_param("org")?);
        let sent_from = incoming.header("referer").and_then(|page| page.strip_prefix(base_url));
        let sent_from = sent_from.filter(|page| page.starts_with(&own));
        if let Some(page) = sent_from.filter(|page| self.has(path_of(page))) {
            return Some(page.to_owned());
        }
        let above = sent_from.and_then(|page| self.nearest(path_of(page), &own));
        above.or_else(|| self.nearest(&incoming.path, &own).filter(|page| *page != incoming.path)).map(str::to_owned)
    }

    /// This path, or the nearest above it within the organization, if it can be opened.
    fn nearest<'a>(&self, path: &'a str, own: &str) -> Option<&'a str> {
        let above = std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above));
        above.take_while(|path| path.starts_with(own)).find(|path| self.has(path))
    }
}

fn path_of(page: &str) -> &str {
    page.split(['?', '#']).next().unwrap_or_default()
}

/// Whether a path is one of the pattern's: `/orgs/acme/portal` of `/orgs/{org}/portal`.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut there) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), there.next()) {
            (None, None) => return true,
            (Some(wanted), Some(there)) if wanted == there || (wanted.starts_with('{') && !there.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://id.example";

    fn pages() -> Pages {
        Pages(vec![
            "/orgs/{org}/portal",
            "/orgs/{org}/portal/keys",
            "/orgs/{org}/portal/users",
            "/orgs/{org}/portal/users/new",
            "/orgs/{org}/portal/users/{userId}",
            "/orgs/{org}/consent",
        ])
    }

    fn form(path: &str, referer: Option<&str>) -> Option<String> {
        let incoming = Incoming {
            method: "POST".to_owned(),
            path: path.to_owned(),
            path_params: vec![("org".to_owned(), "acme".to_owned())],
            headers: referer.iter().map(|page| ("referer".to_owned(), (*page).to_owned())).collect(),
            ..Incoming::default()
        };
        pages().with_the_form(&incoming, BASE)
    }

    #[test]
    fn the_way_back_from_a_form_is_a_page_that_can_be_opened() {
        for (path, referer, back) in [
            ("/portal/users", Some("https://id.example/orgs/acme/portal/users/new?tab=2"), Some("/portal/users/new?tab=2")),
            ("/portal/keys/rotate", Some("https://id.example/orgs/acme/portal/keys"), Some("/portal/keys")),
            ("/portal/keys/rotate", Some("https://id.example/orgs/acme/portal/keys/rotate"), Some("/portal/keys")),
            ("/portal/keys/rotate", None, Some("/portal/keys")),
            ("/portal/users/u1/block", Some("https://id.example/orgs/acme/portal/users/u1/secret"), Some("/portal/users/u1")),
            ("/portal/users/u1/block", Some("https://elsewhere.example/orgs/acme/portal/keys"), Some("/portal/users/u1")),
            ("/portal/users/u1/block", Some("https://id.example/orgs/globex/portal/keys"), Some("/portal/users/u1")),
            ("/portal/users/u1/block", Some("https://id.example.evil/orgs/acme/portal/keys"), Some("/portal/users/u1")),
            ("/portal/users/u1/block", Some("https://id.example/orgs/acme/api/v1/me"), Some("/portal/users/u1")),
            ("/consent", Some("https://id.example/orgs/acme/consent?transaction=1"), Some("/consent?transaction=1")),
            ("/consent", None, None),
            ("/elsewhere/only", None, None),
        ] {
            let found = form(&format!("/orgs/acme{path}"), referer);
            assert_eq!(found, back.map(|back| format!("/orgs/acme{back}")), "{path} from {referer:?}");
        }
    }

    #[test]
    fn only_forms_stand_on_a_page() {
        let referer = ("referer".to_owned(), format!("{BASE}/orgs/acme/portal"));
        let incoming = Incoming {
            method: "GET".to_owned(),
            path: "/orgs/acme/portal/keys".to_owned(),
            path_params: vec![("org".to_owned(), "acme".to_owned())],
            headers: vec![referer],
            ..Incoming::default()
        };
        assert_eq!(pages().with_the_form(&incoming, BASE), None);
    }
}
