//! What an application may do, and the way back to it.

use crate::{Form, Shell, Words, document::document, link};
use askama::Template;

/// An application, as its registration describes it. None of it is to be trusted, and only `destination` is proven.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub name: String,
    pub logo_url: Option<String>,
    pub policy_url: Option<String>,
    pub terms_url: Option<String>,
    /// Who made it, if anybody vouches for that.
    pub publisher: Option<String>,
    /// If nobody registered it.
    pub stranger: Option<Stranger>,
    /// Host of the redirect address (`notes.example.com`), or its scheme for an installed application.
    pub destination: String,
}

/// An application that nobody registered: it describes itself on the web.
#[derive(Clone, Debug)]
pub struct Stranger {
    /// The host of its description, the one thing about it that is proven.
    pub host: String,
    /// Whether its answer goes to the reader's own machine, where any program may wait for it.
    pub is_local: bool,
}

impl Client {
    pub(crate) fn logo(&self) -> Option<&str> {
        link::picture(self.logo_url.as_ref())
    }
    pub(crate) fn policy_link(&self) -> Option<&str> {
        link::web(self.policy_url.as_ref())
    }
    pub(crate) fn terms_link(&self) -> Option<&str> {
        link::web(self.terms_url.as_ref())
    }
}

/// A scope asked for.
#[derive(Clone, Debug)]
pub struct Scope {
    pub name: String,
    /// What the organization says it means. The scopes of OpenID Connect need none.
    pub description: Option<String>,
}

impl Scope {
    /// A scope without a description of its own.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), description: None }
    }
    /// What it lets an application do, in words of people.
    pub(crate) fn meaning<'a>(&'a self, words: &'static Words) -> &'a str {
        words.scope(&self.name).or(self.description.as_deref()).unwrap_or(&self.name)
    }
}

/// Scopes that everybody meets, in the order in which people think of them.
const FAMILIAR: [&str; 5] = ["openid", "profile", "email", "phone", "address"];

/// The familiar scopes first, then the others as they came.
pub(super) fn familiar_first(scopes: &[Scope]) -> Vec<&Scope> {
    let place = |scope: &&Scope| FAMILIAR.iter().position(|name| *name == scope.name).unwrap_or(FAMILIAR.len());
    let mut scopes: Vec<&Scope> = scopes.iter().collect();
    scopes.sort_by_key(place);
    scopes
}

/// What exactly is to be allowed (RFC 9396).
#[derive(Clone, Debug)]
pub struct Detail {
    /// Its type.
    pub name: String,
    /// What the organization calls the type.
    pub title: String,
    pub description: Option<String>,
    /// Names and values.
    pub rows: Vec<(String, String)>,
}

/// The page that asks whether an application may act. The buttons send `decision=allow` or `decision=deny`.
#[derive(Clone, Template)]
#[template(path = "consent.html")]
pub struct Consent {
    pub shell: Shell,
    pub form: Form,
    pub client: Client,
    /// Who is signed in: an email address or username.
    pub account: String,
    /// Where to go to sign in as somebody else.
    pub switch_url: Option<String>,
    pub scopes: Vec<Scope>,
    pub details: Vec<Detail>,
}
document!(Consent, |_page| true);

impl Consent {
    fn wishes(&self) -> Vec<&Scope> {
        familiar_first(&self.scopes)
    }
}

/// An account somebody is signed in to in this browser.
#[derive(Clone, Debug)]
pub struct KnownAccount {
    /// What its button sends.
    pub id: String,
    /// The person's name, if it is known.
    pub name: Option<String>,
    /// Email address or username.
    pub login: String,
}

impl KnownAccount {
    fn title(&self) -> &str {
        self.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&self.login)
    }
}

/// The page that asks with which account to go on (`prompt=select_account`). The buttons send `account=<id>` or `decision=cancel`;
/// those that sign out of an account send its `account` elsewhere.
#[derive(Clone, Template)]
#[template(path = "choose_account.html")]
pub struct ChooseAccount {
    pub shell: Shell,
    pub form: Form,
    /// The application that asks, if one does.
    pub client: Option<Client>,
    pub accounts: Vec<KnownAccount>,
    /// Where to sign in to another one.
    pub other_url: String,
    /// Where the form goes to sign out of one.
    pub sign_out_url: String,
}
document!(ChooseAccount, |page| page.client.is_some());

/// A company on the page that asks for which one to act.
#[derive(Clone)]
pub struct KnownCompany {
    pub id: String,
    pub name: String,
    /// What the person is there.
    pub role: String,
    pub logo_url: Option<String>,
}

impl KnownCompany {
    fn logo(&self) -> Option<&str> {
        link::picture(self.logo_url.as_ref())
    }
}

/// The page that asks for which company to act. The buttons send `organization=<id>` or `decision=cancel`.
#[derive(Clone, Template)]
#[template(path = "choose_company.html")]
pub struct ChooseCompany {
    pub shell: Shell,
    pub form: Form,
    pub client: Client,
    pub companies: Vec<KnownCompany>,
}
document!(ChooseCompany, |_page| true);

/// Carries an answer back to the application by POST (OAuth 2.0 Form Post Response Mode). It has no `Debug`: the fields are the
/// answer itself.
#[derive(Clone, Template)]
#[template(path = "form_post.html")]
pub struct FormPost {
    pub shell: Shell,
    /// The redirect address. Only an address on the web gets a form.
    pub action: String,
    pub fields: Vec<(String, String)>,
    pub client_name: String,
}
document!(FormPost, |_page| true);

impl FormPost {
    fn leads_to_the_web(&self) -> bool {
        link::is_web(&self.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn familiar_scopes_come_first_and_the_others_keep_their_order() {
        let scopes = ["email", "notes:write", "offline_access", "openid", "calendar", "profile"].map(Scope::named);
        let names: Vec<&str> = familiar_first(&scopes).iter().map(|scope| scope.name.as_str()).collect();
        assert_eq!(names, ["openid", "profile", "email", "notes:write", "offline_access", "calendar"]);
    }
}
