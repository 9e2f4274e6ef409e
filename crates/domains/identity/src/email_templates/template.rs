//! A template: a subject and a body, known to be good.

use super::html::Html;
use super::kind::MailKind;
use super::words::{Phrase, Values};
use kernel::{Denial, Fault};
use pages::mail::Mail;

/// The refusal of a template that would make no mail.
pub(super) const UNUSABLE: Denial = Denial::unprocessable("validation_error", "This template can't be used.");

/// A template of a kind of mail.
#[derive(Clone, Debug)]
pub struct Template {
    subject: Phrase,
    body: Html,
}

impl Template {
    /// Parse it.
    ///
    /// # Errors
    /// 422 `validation_error`, with what is wrong with either.
    pub fn parse(kind: MailKind, subject: &str, body: &str) -> Result<Self, Fault> {
        let mut problems = Vec::new();
        let mut note = |field: &str, problem: String| problems.push((field.to_owned(), problem));
        let subject = Phrase::parse(kind, subject).map_err(|problem| note("subject", problem)).ok();
        let body = Html::parse(kind, body).map_err(|problem| note("body_html", problem)).ok();
        if let Some(body) = &body {
            let named: Vec<&str> = body.variables().collect();
            for variable in kind.variables().iter().filter(|variable| variable.is_needed && !named.contains(&variable.name)) {
                note("body_html", format!("must hold {{{{ {} }}}}: the mail is useless without it", variable.name));
            }
        }
        match (subject, body) {
            (Some(subject), Some(body)) if problems.is_empty() => Ok(Self { subject, body }),
            _ => {
                let mut fault = Fault::from(UNUSABLE);
                fault.fields = problems;
                Err(fault)
            }
        }
    }

    /// The mail, with these values in it.
    pub fn render(&self, values: &Values) -> Mail {
        let subject = self.subject.render(values, str::to_owned, str::to_owned);
        let subject = subject.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Mail { subject, text: self.body.plain(values), html: self.body.render(values) }
    }
}
