//! A browser without scripts: cookies, forms, redirects.

use crate::request::form;
use crate::{Answered, Sending, TestApp};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A browser: it keeps cookies and knows how to send the forms it is shown.
pub struct Browser<'a> {
    app: &'a TestApp,
    cookies: BTreeMap<String, String>,
    from: Option<IpAddr>,
}

/// A form of a page: where it goes, and the fields it already has.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Its fields, hidden ones included.
    pub fields: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(app: &'a TestApp) -> Self {
        Self { app, cookies: BTreeMap::new(), from: None }
    }

    /// The same browser at this address.
    #[must_use]
    pub fn from(mut self, ip: IpAddr) -> Self {
        self.from = Some(ip);
        self
    }

    /// Open a page of this server, given as path or URL.
    pub async fn open(&mut self, url: &str) -> Answered {
        let path = TestApp::path_of(url);
        let sending = self.app.get(&path).header("accept", "text/html").header("cookie", &self.cookie_line());
        let answered = self.placed(sending).send().await;
        self.keep_cookies(&answered);
        answered
    }

    /// Follow redirects within this server; stop at the first answer that is none or leads elsewhere.
    pub async fn follow(&mut self, mut answered: Answered) -> Answered {
        for _ in 0..10 {
            if !matches!(answered.status, 302 | 303) || !TestApp::is_here(answered.location()) {
                return answered;
            }
            let next = answered.location().to_owned();
            answered = self.open(&next).await;
        }
        panic!("redirected in circles");
    }

    /// Send the page's form (the `index`th), with some fields filled in; `button` is the name and value of the button pressed.
    pub async fn submit(&mut self, page: &Answered, index: usize, filled: &[(&str, &str)]) -> Answered {
        let forms = forms(&page.text());
        let form_shown = forms.get(index).unwrap_or_else(|| panic!("no form {index} in\n{}", page.text()));
        let mut fields: Vec<(String, String)> =
            form_shown.fields.iter().filter(|(name, _)| !filled.iter().any(|(known, _)| known == name)).cloned().collect();
        fields.extend(filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(&form_shown.action, &fields).await
    }

    /// Send form fields.
    pub async fn post(&mut self, url: &str, fields: &[(String, String)]) -> Answered {
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let sending = self
            .app
            .post(&TestApp::path_of(url))
            .header("accept", "text/html")
            .header("cookie", &self.cookie_line())
            .body("application/x-www-form-urlencoded", form(&pairs));
        let answered = self.placed(sending).send().await;
        self.keep_cookies(&answered);
        answered
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Plant a cookie, as an attacker would.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    fn placed(&self, sending: Sending<'a>) -> Sending<'a> {
        match self.from {
            Some(ip) => sending.from(ip),
            None => sending,
        }
    }

    fn cookie_line(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&mut self, answered: &Answered) {
        for line in answered.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// The forms of a page, read the way a simple browser would.
pub fn forms(html: &str) -> Vec<Form> {
    html.split("<form")
        .skip(1)
        .map(|rest| {
            let (tag, rest) = rest.split_once('>').unwrap();
            let inside = rest.split("</form>").next().unwrap();
            let fields = inside.split("<input").skip(1).map(|input| input.split('>').next().unwrap()).filter_map(field).collect();
            Form { action: attribute(tag, "action").unwrap_or_default(), fields }
        })
        .collect()
}

fn field(input: &str) -> Option<(String, String)> {
    let kind = attribute(input, "type").unwrap_or_else(|| "text".to_owned());
    let unchecked = matches!(kind.as_str(), "checkbox" | "radio") && !input.contains(" checked");
    if unchecked || matches!(kind.as_str(), "submit" | "button") {
        return None;
    }
    Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(rest.split('"').next()?))
}

fn unescape(text: &str) -> String {
    ["&#38;|&", "&#34;|\"", "&#39;|'", "&#60;|<", "&#62;|>", "&quot;|\"", "&lt;|<", "&gt;|>", "&#x27;|'", "&amp;|&"]
        .iter()
        .filter_map(|pair| pair.split_once('|'))
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
