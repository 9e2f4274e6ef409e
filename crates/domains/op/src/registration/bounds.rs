//! What a registrar may register: scopes, grants, types of authorization details and places.

use crate::policy::Policy;
use kernel::Scopes;
use oauth::registration::Problem;
use oauth::{ClientMetadata, ResponseType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// What an initial access token allows beyond, or less than, the organization's policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TokenBounds {
    /// Scopes in place of the policy's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub scopes: Option<Scopes>,
    /// Hosts in place of the policy's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirect_hosts: Vec<String>,
}

/// The bounds of one registration.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// `None`: whatever the registrar holds, which is asked elsewhere.
    pub(super) scopes: Option<Scopes>,
    grant_types: Option<Vec<String>>,
    authorization_details_types: Option<Vec<String>>,
    redirect_hosts: Vec<String>,
    response_types: Vec<ResponseType>,
}

impl Bounds {
    /// Of anyone.
    pub(super) fn of_anyone(policy: &Policy) -> Self {
        let registration = policy.registration();
        Self {
            scopes: Some(registration.scopes()),
            grant_types: Some(registration.grant_types.clone()),
            authorization_details_types: Some(registration.authorization_details_types.clone()),
            redirect_hosts: registration.redirect_hosts.clone(),
            response_types: policy.response_types().to_vec(),
        }
    }
    /// Of whoever holds an initial access token.
    pub(super) fn of_token(policy: &Policy, token: &TokenBounds) -> Self {
        let mut bounds = Self { grant_types: None, ..Self::of_anyone(policy) };
        if let Some(scopes) = &token.scopes {
            bounds.scopes = Some(super::policy::harmless(scopes));
        }
        if !token.redirect_hosts.is_empty() {
            bounds.redirect_hosts.clone_from(&token.redirect_hosts);
        }
        bounds
    }
    /// Of whoever holds the permission.
    pub(super) fn of_permission(policy: &Policy) -> Self {
        let response_types = policy.response_types().to_vec();
        Self { scopes: None, grant_types: None, authorization_details_types: None, redirect_hosts: Vec::new(), response_types }
    }

    /// Cut the scopes down to what may be had (RFC 7591 §2: the server may replace what was asked for, and the answer says what
    /// came of it), and tell what else lies outside.
    pub(super) fn keep_within(&self, metadata: &mut ClientMetadata, scopes_said: bool) -> Vec<Problem> {
        match &self.scopes {
            Some(allowed) if scopes_said => metadata.scopes = metadata.scopes.intersection(allowed),
            Some(allowed) => metadata.scopes = allowed.clone(),
            None => {}
        }
        let mut problems = Vec::new();
        for (member, uris) in
            [("redirect_uris", &metadata.redirect_uris), ("post_logout_redirect_uris", &metadata.post_logout_redirect_uris)]
        {
            if let Some(uri) = uris.iter().find(|uri| !self.may_lead_to(uri)) {
                let shown: String = uri.chars().filter(|c| !c.is_control()).take(100).collect();
                problems.push(Problem::new(member, format!("{shown}: this host is not allowed here")));
            }
        }
        let is_allowed = |grant: &String| self.grant_types.as_ref().is_none_or(|allowed| allowed.contains(grant));
        if let Some(grant) = metadata.grant_types.iter().find(|grant| !is_allowed(grant)) {
            problems.push(Problem::new("grant_types", format!("must not hold {grant} here")));
        }
        let is_allowed = |name: &String| self.authorization_details_types.as_ref().is_none_or(|allowed| allowed.contains(name));
        if let Some(name) = metadata.authorization_details_types.iter().find(|name| !is_allowed(name)) {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
            problems.push(Problem::new("authorization_details_types", format!("must not hold {shown} here")));
        }
        let is_offered = |text: &String| ResponseType::parse(text).is_none_or(|known| self.response_types.contains(&known));
        if let Some(text) = metadata.response_types.iter().find(|text| !is_offered(text)) {
            problems.push(Problem::new("response_types", format!("must not hold {text} here")));
        }
        problems
    }

    fn may_lead_to(&self, uri: &str) -> bool {
        if self.redirect_hosts.is_empty() {
            return true;
        }
        let host = Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.is_some_and(|host| self.redirect_hosts.iter().any(|allowed| is_host(allowed, &host)))
    }
}

/// `app.example` is itself; `*.app.example` is whatever lies below it.
fn is_host(allowed: &str, host: &str) -> bool {
    match allowed.strip_prefix("*.") {
        Some(parent) => host.strip_suffix(parent).is_some_and(|below| below.len() > 1 && below.ends_with('.')),
        None => allowed == host,
    }
}

/// Whether an entry of a list of hosts is one: a name or an address in its plain spelling, perhaps with `*.` before it.
pub(super) fn is_host_rule(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let parsed = Url::parse(&format!("https://{name}/"));
    (1..=253).contains(&name.len())
        && !name.contains('*')
        && parsed.is_ok_and(|url| url.host_str() == Some(name) && url.port().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_what_lies_below_and_nothing_else() {
        for (allowed, host, expected) in [
            ("app.example", "app.example", true),
            ("app.example", "a.app.example", false),
            ("app.example", "app.example.evil.example", false),
            ("*.app.example", "a.app.example", true),
            ("*.app.example", "a.b.app.example", true),
            ("*.app.example", "app.example", false),
            ("*.app.example", ".app.example", false),
            ("*.app.example", "evilapp.example", false),
        ] {
            assert_eq!(is_host(allowed, host), expected, "{allowed} {host}");
        }
    }

    #[test]
    fn a_rule_is_a_plain_host() {
        for good in ["app.example", "*.app.example", "localhost", "127.0.0.1", "[::1]"] {
            assert!(is_host_rule(good), "{good}");
        }
        for bad in
            ["", "*", "*.", "https://app.example", "app.example/", "app.example:443", "App.example", "a b", "*.*.example", "x@y"]
        {
            assert!(!is_host_rule(bad), "{bad}");
        }
    }

    #[test]
    fn a_place_without_a_host_is_outside_a_list_of_hosts() {
        let policy = Policy::default();
        let bounds = Bounds { redirect_hosts: vec!["app.example".to_owned()], ..Bounds::of_anyone(&policy) };
        assert!(bounds.may_lead_to("https://app.example/cb"));
        for uri in ["com.example.app:/cb", "https://evil.example/cb", "http://localhost/cb", "nonsense"] {
            assert!(!bounds.may_lead_to(uri), "{uri}");
        }
    }
}
