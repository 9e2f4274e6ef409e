//! A person's browser, as far as signing in needs one: redirects, cookies, forms.

use anyhow::{Context, Result, bail};
use url::Url;

use super::connection::Connection;
use super::cookies::Cookies;
use super::form::{Form, forms};
use super::request::{Origin, form};

/// What a person types into the sign-in form.
#[derive(Clone)]
pub struct Credentials {
    pub identifier: String,
    pub password: String,
}

/// One visitor with one connection and one cookie jar.
pub struct Browser {
    origin: Origin,
    connection: Connection,
    cookies: Cookies,
}

/// Where a walk through redirects ended.
pub enum Landing {
    /// A page of the server.
    Page(Page),
    /// The client's redirect URI, with the authorization response in its query.
    Callback(Url),
}

/// A page and the address it came from.
pub struct Page {
    pub url: Url,
    html: String,
}

enum Step {
    Page(Page),
    Redirect(Url),
}

impl Browser {
    /// A visitor the server has never seen.
    pub fn new(origin: Origin) -> Self {
        let connection = Connection::new(origin.address());
        Self { origin, connection, cookies: Cookies::default() }
    }

    /// Becomes a visitor the server has never seen, on the same connection.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// Closes the connection and keeps the cookies.
    pub fn disconnect(&mut self) {
        self.connection.close();
    }

    /// Walks an authorization request to its end: signs in and allows where asked, and returns the authorization code.
    pub async fn authorize(&mut self, request: &Url, person: &Credentials, redirect_uri: &str) -> Result<String> {
        let mut landing = self.open(request.clone(), redirect_uri).await?;
        for _ in 0..6 {
            landing = match landing {
                Landing::Callback(url) => return code(&url),
                Landing::Page(page) => {
                    let step = self.answer(&page, person).await?;
                    self.settle(step, redirect_uri).await?
                }
            };
        }
        bail!("the authorization request never reached the redirect URI")
    }

    /// Opens the authorization request and submits the sign-in form once; succeeds when the server signs the person in, and
    /// returns the address it sends the browser to next.
    pub async fn sign_in(&mut self, request: &Url, person: &Credentials, redirect_uri: &str) -> Result<Url> {
        let page = match self.open(request.clone(), redirect_uri).await? {
            Landing::Page(page) => page,
            Landing::Callback(url) => bail!("no sign-in page, but {url}"),
        };
        match self.answer(&page, person).await? {
            Step::Redirect(next) => Ok(next),
            Step::Page(page) => bail!("signing in was refused: {}", page.summary()),
        }
    }

    /// Follows redirects from `url` to a page or to the client.
    pub async fn open(&mut self, url: Url, redirect_uri: &str) -> Result<Landing> {
        self.settle(Step::Redirect(url), redirect_uri).await
    }

    async fn settle(&mut self, mut step: Step, redirect_uri: &str) -> Result<Landing> {
        for _ in 0..10 {
            match step {
                Step::Page(page) => return Ok(Landing::Page(page)),
                Step::Redirect(url) if url.as_str().starts_with(redirect_uri) => return Ok(Landing::Callback(url)),
                Step::Redirect(url) if !self.origin.serves(&url) => bail!("sent away to {url}"),
                Step::Redirect(url) => {
                    let request = self.origin.get(target(&url), &self.cookies.header(&url));
                    step = self.exchange(&request, url).await?;
                }
            }
        }
        bail!("too many redirects")
    }

    /// Does on a page what a willing person would do.
    async fn answer(&mut self, page: &Page, person: &Credentials) -> Result<Step> {
        let forms = forms(&page.html);
        if let Some(form) = forms.iter().find(|form| form.asks_for_password()) {
            let typed = [("identifier", person.identifier.as_str()), ("password", person.password.as_str())];
            return self.submit(page, form, &typed, "sign-in").await;
        }
        if let Some(form) = forms.iter().find(|form| form.has_button("allow")) {
            return self.submit(page, form, &[], "allow").await;
        }
        bail!("a page with nothing to answer: {}", page.summary())
    }

    async fn submit(&mut self, page: &Page, filled: &Form, typed: &[(&str, &str)], button: &str) -> Result<Step> {
        let url = page.url.join(filled.action_of(button)).context("a form with a broken action")?;
        let body = form(filled.fields(typed, button));
        let headers = format!(
            "{}origin: {}\r\nsec-fetch-site: same-origin\r\n",
            self.cookies.header(&url),
            url.origin().ascii_serialization()
        );
        let request = if filled.post {
            self.origin.post_form(target(&url), &headers, &body)
        } else {
            self.origin.get(&format!("{}?{body}", url.path()), &headers)
        };
        self.exchange(&request, url).await
    }

    async fn exchange(&mut self, request: &[u8], url: Url) -> Result<Step> {
        let reply = self.connection.exchange(request).await?;
        for field in reply.headers("set-cookie") {
            self.cookies.store(&field, &url);
        }
        if matches!(reply.status, 301 | 302 | 303 | 307) {
            let location = reply.headers("location").next().context("a redirect without a location")?;
            return Ok(Step::Redirect(url.join(&location).context("a redirect to nowhere")?));
        }
        let html = reply.expect(200).with_context(|| format!("at {}", url.path()))?.text();
        Ok(Step::Page(Page { url, html }))
    }
}

impl Page {
    /// Address and title, for messages.
    pub fn summary(&self) -> String {
        let title = self.html.split_once("<title>").and_then(|(_, after)| after.split_once("</title>"));
        format!("{} ({})", self.url.path(), title.map_or("no title", |(title, _)| title.trim()))
    }
}

/// The authorization code of an authorization response (RFC 6749, section 4.1.2).
pub fn code(callback: &Url) -> Result<String> {
    let code = callback.query_pairs().find(|(name, _)| name == "code");
    code.map(|(_, value)| value.into_owned()).with_context(|| format!("no code in {callback}"))
}

fn target(url: &Url) -> &str {
    url.as_str().strip_prefix(url.origin().ascii_serialization().as_str()).unwrap_or("/")
}
