//! Answers that are text or files.

use flow::{Answer, Body, Reply, ReplyDoc};
use kernel::Fault;
use schemars::SchemaGenerator;

/// A short text: a signed note, a key.
#[derive(Debug)]
pub struct PlainText(pub String);

impl Reply for PlainText {
    fn reply(self) -> Result<Answer, Fault> {
        Ok(Answer::new(200, Body::Bytes("text/plain; charset=utf-8", self.0.into_bytes())))
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        ReplyDoc { status: 200, content_type: Some("text/plain"), schema: None }
    }
}

/// A file to be kept.
#[derive(Debug)]
pub struct Download {
    /// Its media type.
    pub content_type: &'static str,
    /// Its name. It holds nothing but letters, digits, hyphens and dots.
    pub name: String,
    /// What is in it.
    pub content: String,
}

impl Reply for Download {
    fn reply(self) -> Result<Answer, Fault> {
        let body = if self.content_type == "application/json" {
            Body::Json(self.content)
        } else {
            Body::Bytes(self.content_type, self.content.into_bytes())
        };
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        Ok(Answer::new(200, body).header("content-disposition", disposition).no_store())
    }
    fn doc(_: &mut SchemaGenerator) -> ReplyDoc {
        ReplyDoc { status: 200, content_type: Some("text/csv"), schema: None }
    }
    fn others() -> Vec<ReplyDoc> {
        let of = |content_type| ReplyDoc { status: 200, content_type: Some(content_type), schema: None };
        vec![of("application/json"), of("application/x-ndjson")]
    }
}
