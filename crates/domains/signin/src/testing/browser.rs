//! A browser without scripts, and what it sees.

use super::World;
use flow::testing::find_entry;
use flow::{Answer, Body, Incoming, Peer};
use kernel::Fault;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// A browser without scripts.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    pub(super) world: &'a World,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) ip: IpAddr,
    pub(crate) headers: Vec<(String, String)>,
}

impl Browser<'_> {
    pub(crate) async fn get(&mut self, path: &str) -> Seen {
        self.try_send("GET", path, None).await.unwrap_or_else(|fault| panic!("GET {path}: {fault:?}"))
    }
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        self.try_post(path, fields).await.unwrap_or_else(|fault| panic!("POST {path}: {fault:?}"))
    }
    pub(crate) async fn try_get(&mut self, path: &str) -> Result<Seen, Fault> {
        self.try_send("GET", path, None).await
    }
    pub(crate) async fn try_post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Seen, Fault> {
        let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.try_send("POST", path, Some(("application/x-www-form-urlencoded", body.join("&")))).await
    }
    pub(crate) async fn try_json(&mut self, path: &str, body: &Value) -> Result<Seen, Fault> {
        self.try_send("POST", path, Some(("application/json", body.to_string()))).await
    }

    /// Open a page and send its form with these fields filled in.
    pub(crate) async fn fill(&mut self, path: &str, filled: &[(&str, &str)]) -> Seen {
        let page = self.get(path).await;
        self.submit(&page, filled).await
    }
    /// Send the form of a page with these fields filled in.
    pub(crate) async fn submit(&mut self, page: &Seen, filled: &[(&str, &str)]) -> Seen {
        let (action, hidden) = page.form();
        let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend(filled);
        self.post(&action, &fields).await
    }
    pub(crate) async fn sign_in(&mut self, identifier: &str, password: &str) -> Seen {
        self.fill("/orgs/acme-corp/signin", &[("identifier", identifier), ("password", password)]).await
    }

    async fn try_send(&mut self, method: &str, path: &str, body: Option<(&str, String)>) -> Result<Seen, Fault> {
        // No two requests come at the same time, so that what they make has an order.
        self.world.clock.advance(Duration::from_millis(1));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (entry, path_params) = find_entry(&self.world.catalogue, method, path);
        let mut headers = self.headers.clone();
        headers.extend(self.cookies.iter().map(|(name, value)| ("cookie".to_owned(), format!("{name}={value}"))));
        let (media, body) = body.unwrap_or_default();
        if !media.is_empty() {
            headers.push(("content-type".to_owned(), media.to_owned()));
        }
        let incoming = Incoming {
            method: method.to_owned(),
            path: path.to_owned(),
            path_params,
            query: query.to_owned(),
            headers,
            body: body.into_bytes(),
            peer: Peer { ip: self.ip, ..Peer::default() },
            request_id: "r1".to_owned(),
        };
        let answer = entry.serve(&self.world.services, Arc::new(incoming)).await?;
        Ok(self.see(answer))
    }

    fn see(&mut self, answer: Answer) -> Seen {
        for cookie in &answer.cookies {
            if cookie.value.expose().is_empty() {
                self.cookies.remove(cookie.name);
            } else {
                self.cookies.insert(cookie.name.to_owned(), cookie.value.expose().to_owned());
            }
        }
        let text = match answer.body {
            Body::Html(text) | Body::Json(text) => text,
            Body::Empty => String::new(),
            Body::Bytes(..) => panic!("bytes"),
        };
        if text.starts_with('<') {
            let header = |name: &str| answer.headers.iter().any(|(known, _)| *known == name);
            assert!(header("content-security-policy") && header("cache-control"), "a page without its headers");
        }
        Seen { status: answer.status, headers: answer.headers, text }
    }
}

/// What a browser sees of an answer.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) text: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text);
        self.header("location")
    }
    /// Where the page's last form goes (the account page has one above all others), and what it carries.
    pub(crate) fn form(&self) -> (String, Vec<(String, String)>) {
        self.form_at(None)
    }
    /// Where the form with that id goes, and what it carries.
    pub(crate) fn form_at(&self, id: Option<&str>) -> (String, Vec<(String, String)>) {
        let form = self.text.split("<form").skip(1).find(|form| id.is_none_or(|id| form.contains(&format!("id=\"{id}\""))));
        let form = form.unwrap_or_else(|| panic!("no form in {}", self.text)).split("</form>").next().unwrap();
        let attribute = |tag: &str, name: &str| {
            let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
            Some(value.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<"))
        };
        let hidden = form.split("<input").skip(1).filter(|input| input.starts_with(" type=\"hidden\""));
        let hidden = hidden.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect();
        (attribute(form, "action").unwrap(), hidden)
    }
    pub(crate) fn hidden(&self, name: &str) -> String {
        let (_, hidden) = self.form();
        hidden.into_iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no field {name}")).1
    }
    pub(crate) fn shows(&self, id: &str) -> bool {
        self.text.contains(&format!("id=\"{id}\""))
    }
}
