//! What an operation answers, as values; `edge` decides the bytes.

use kernel::{Fault, Secret};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// A finished answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers beside the content type; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Cookies to set.
    pub cookies: Vec<Cookie>,
    /// The body.
    pub body: Body,
}

impl Answer {
    /// An answer with a body.
    pub fn new(status: u16, body: Body) -> Self {
        Self { status, headers: Vec::new(), cookies: Vec::new(), body }
    }
    /// Add a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
    /// Set a cookie, or several that belong together.
    #[must_use]
    pub fn cookie(mut self, cookies: impl Into<Vec<Cookie>>) -> Self {
        self.cookies.extend(cookies.into());
        self
    }
    /// Forbid caches to keep it: tokens, personal data.
    #[must_use]
    pub fn no_store(self) -> Self {
        self.header("cache-control", "no-store").header("pragma", "no-cache")
    }
}

/// A body and its media type.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON text.
    Json(String),
    /// An HTML page.
    Html(String),
    /// Anything else.
    Bytes(&'static str, Vec<u8>),
}

/// The part of a `Content-Security-Policy` by which a page may be framed. Without exactly this every answer says that it must not be;
/// that is edge's business.
pub const FRAMEABLE: &str = "frame-ancestors *";

/// A cookie. It is `Secure` whenever the site is served over TLS; that is edge's business.
#[derive(Clone, Debug)]
pub struct Cookie {
    /// Name.
    pub name: &'static str,
    /// Value; empty removes the cookie.
    pub value: Secret,
    /// The path it is sent to.
    pub path: String,
    /// How long the browser keeps it; `None` until it is closed.
    pub max_age: Option<Duration>,
    /// Who can read it.
    pub reach: Reach,
}

impl From<Cookie> for Vec<Cookie> {
    fn from(cookie: Cookie) -> Self {
        vec![cookie]
    }
}

/// Who can read a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This server alone: `HttpOnly`, `SameSite=Lax`.
    Server,
    /// Scripts of this site's pages as well, even where another site frames them. It is no secret and proves nothing.
    Frames,
}

/// What an operation can answer. `reply` runs after the commit, outside the transaction: signing happens there.
pub trait Reply: Send + Sized + 'static {
    /// Make the answer.
    ///
    /// # Errors
    /// Only our own failures.
    fn reply(self) -> Result<Answer, Fault>;
    /// What the API reference says about it.
    fn doc(generator: &mut SchemaGenerator) -> ReplyDoc;
    /// What may come instead when all went well: another media type, another status.
    fn others() -> Vec<ReplyDoc> {
        Vec::new()
    }
}

/// What the API reference says about an answer.
#[derive(Clone, Debug)]
pub struct ReplyDoc {
    /// Status when all went well.
    pub status: u16,
    /// Media type of the body.
    pub content_type: Option<&'static str>,
    /// JSON schema of the body.
    pub schema: Option<Value>,
}

fn json<T: Serialize>(status: u16, value: &T) -> Result<Answer, Fault> {
    serde_json::to_string(value).map(|text| Answer::new(status, Body::Json(text))).map_err(Fault::internal)
}

fn json_doc<T: JsonSchema>(status: u16, generator: &mut SchemaGenerator) -> ReplyDoc {
    ReplyDoc { status, content_type: Some("application/json"), schema: Some(generator.subschema_for::<T>().to_value()) }
}

/// 200 with a JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);
impl<T: Serialize + JsonSchema + Send + 'static> Reply for Json<T> {
    fn reply(self) -> Result<Answer, Fault> {
        json(200, &self.0)
    }
    fn doc(generator: &mut SchemaGenerator) -> ReplyDoc {
        json_doc::<T>(200, generator)
    }
}

/// 201 with a JSON body.
#[derive(Debug)]
pub struct Created<T>(pub T);
impl<T: Serialize + JsonSchema + Send + 'static> Reply for Created<T> {
    fn reply(self) -> Result<Answer, Fault> {
        json(201, &self.0)
    }
    fn doc(generator: &mut SchemaGenerator) -> ReplyDoc {
        json_doc::<T>(201, generator)
    }
}

/// 204.
#[derive(Debug)]
pub struct NoContent;
impl Reply for NoContent {
    fn reply(self) -> Result<Answer, Fault> {
        Ok(Answer::new(204, Body::Empty))
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        ReplyDoc { status: 204, content_type: None, schema: None }
    }
}

/// 200 with a page.
#[derive(Debug)]
pub struct Html(pub String);
impl Reply for Html {
    fn reply(self) -> Result<Answer, Fault> {
        Ok(Answer::new(200, Body::Html(self.0)).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        ReplyDoc { status: 200, content_type: Some("text/html"), schema: None }
    }
}

/// 303 to another place: the browser always continues with GET, so a form is never sent twice.
#[derive(Debug)]
pub struct Redirect(pub String);
impl Reply for Redirect {
    fn reply(self) -> Result<Answer, Fault> {
        Ok(Answer::new(303, Body::Empty).header("location", self.0).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        ReplyDoc { status: 303, content_type: None, schema: None }
    }
}

/// Whatever the operation made itself: a page or a redirect, with cookies.
impl Reply for Answer {
    fn reply(self) -> Result<Answer, Fault> {
        Ok(self)
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        ReplyDoc { status: 200, content_type: Some("text/html"), schema: None }
    }
    fn others() -> Vec<ReplyDoc> {
        vec![ReplyDoc { status: 303, content_type: None, schema: None }]
    }
}
