//! Where somebody goes after signing in: back to a waiting authorization request, to a page of this site, or to their account.

use crate::transaction;
use identity::secret::Credential;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a query value as it is (RFC 3986 §2.3).
pub(crate) const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Names of the parameters that carry it from page to page.
pub(crate) const TRANSACTION: &str = "transaction";
/// See [`TRANSACTION`].
pub(crate) const CONTINUE: &str = "continue";

/// Name of the parameter that says with which account; [`OTHER`] is its only value.
pub(crate) const ACCOUNT: &str = "account";
/// With another one than the one that is signed in, which stays.
pub(crate) const OTHER: &str = "other";

/// A destination that can't lead off this site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Onward {
    transaction: Option<String>,
    path: Option<String>,
}

impl Onward {
    /// From what a request carries. What isn't a handle, or no path of this organization, counts as absent.
    pub(crate) fn of(slug: &str, transaction: Option<&str>, path: Option<&str>) -> Self {
        Self {
            transaction: transaction.filter(|handle| Credential::parse(handle).is_some()).map(str::to_owned),
            path: path.filter(|path| is_local(slug, path)).map(str::to_owned),
        }
    }
    /// The handle of the waiting request.
    pub(crate) fn transaction(&self) -> Option<&str> {
        self.transaction.as_deref()
    }
    /// The page of this site.
    pub(crate) fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }
    /// The fields that carry it in a form.
    pub(crate) fn hidden(&self) -> Vec<(String, String)> {
        self.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
    /// A page of the organization that carries it on: `/orgs/acme/register?transaction=…`.
    pub(crate) fn carried_to(&self, slug: &str, page: &str) -> String {
        let query: Vec<String> =
            self.pairs().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY_VALUE))).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        format!("/orgs/{slug}/{page}{separator}{}", query.join("&"))
    }
    /// Where to sign in to another account, beside the one that is signed in.
    pub(crate) fn to_another_account(&self, slug: &str) -> String {
        let path = self.carried_to(slug, "signin");
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}{ACCOUNT}={OTHER}")
    }
    /// Where the accounts of the browser are to choose from.
    pub(crate) fn to_accounts(&self, slug: &str) -> String {
        let resume = self.transaction.as_deref().map(|handle| transaction::resume_path(slug, handle));
        resume.unwrap_or_else(|| self.carried_to(slug, "accounts"))
    }
    /// Where to go once signed in.
    pub(crate) fn after_sign_in(&self, slug: &str) -> String {
        let resume = self.transaction.as_deref().map(|handle| transaction::resume_path(slug, handle));
        resume.or_else(|| self.path.clone()).unwrap_or_else(|| format!("/orgs/{slug}/account"))
    }
    /// Where to go after calling the sign-in off.
    pub(crate) fn after_cancel(&self, slug: &str) -> String {
        let cancel = self.transaction.as_deref().map(|handle| transaction::cancel_path(slug, handle));
        cancel.unwrap_or_else(|| format!("/orgs/{slug}"))
    }

    fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [self.transaction.as_deref().map(|value| (TRANSACTION, value)), self.path.as_deref().map(|value| (CONTINUE, value))]
            .into_iter()
            .flatten()
    }
}

/// A path below `/orgs/{slug}/` that a browser resolves to just that: no scheme, no host, no dot segments, plain or encoded.
fn is_local(slug: &str, text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default();
    let encoded = path.to_ascii_lowercase();
    text.len() <= 2048
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#\"<>`{}|^".contains(&byte))
        && path.strip_prefix("/orgs/").and_then(|rest| rest.strip_prefix(slug)).is_some_and(|rest| rest.starts_with('/'))
        && !text.contains("//")
        && !["%2e", "%2f", "%5c", "%00", "%0a", "%0d"].iter().any(|trick| encoded.contains(trick))
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_the_organization_are_destinations() {
        for good in [
            "/orgs/acme/account",
            "/orgs/acme/account?tab=apps&x=%2F",
            "/orgs/acme/api/v1/oauth/authorize?client_id=a&scope=openid%20profile",
            "/orgs/acme/",
        ] {
            assert_eq!(Onward::of("acme", None, Some(good)).after_sign_in("acme"), good, "{good}");
        }
        let long = format!("/orgs/acme/{}", "x".repeat(2048));
        for bad in [
            "",
            "/",
            "account",
            "/account",
            "/orgs/acme",
            "/orgs/acme-evil/account",
            "/orgs/globex/account",
            "//evil.example",
            "//evil.example/orgs/acme/",
            "///evil.example",
            "/orgs/acme//evil.example",
            "/orgs/acme/?next=//evil.example",
            "https://evil.example/orgs/acme/",
            "https:/orgs/acme/",
            "javascript:alert(1)",
            "/\\evil.example",
            "\\/orgs/acme/",
            "/orgs/acme/\\evil.example",
            "/orgs/acme/%5cevil",
            "/orgs/acme/../globex/account",
            "/orgs/acme/./account",
            "/orgs/acme/%2e%2e/globex",
            "/orgs/acme/%2E./globex",
            "/orgs/acme/..%2fglobex",
            "/orgs/acme/\r\nset-cookie: a=b",
            "/orgs/acme/\taccount",
            " /orgs/acme/account",
            "/orgs/acme/account#x",
            "/orgs/acme/ä",
            "/Orgs/acme/account",
            &long,
        ] {
            assert_eq!(Onward::of("acme", None, Some(bad)).after_sign_in("acme"), "/orgs/acme/account", "{bad:?}");
        }
    }

    #[test]
    fn a_waiting_request_comes_first_and_travels_with_every_form() {
        let handle = format!("0197-a.{}", "s".repeat(43));
        let onward = Onward::of("acme", Some(&handle), Some("/orgs/acme/account"));
        assert_eq!(onward.after_sign_in("acme"), format!("/orgs/acme/api/v1/oauth/authorize?transaction={handle}"));
        assert_eq!(
            onward.carried_to("acme", "register"),
            format!("/orgs/acme/register?transaction={handle}&continue=%2Forgs%2Facme%2Faccount")
        );
        assert_eq!(onward.hidden().len(), 2);
        assert_eq!(Onward::default().carried_to("acme", "register"), "/orgs/acme/register");
    }

    #[test]
    fn what_is_no_handle_is_not_carried_into_an_address() {
        let forged = format!("a&decision=x.{}", "s".repeat(43));
        for bad in ["", "x", "https://evil.example", &forged] {
            assert_eq!(Onward::of("acme", Some(bad), None), Onward::default(), "{bad}");
        }
    }
}
