//! A mail as it would look: a document of its own, apart from the console, in which nothing can be done.

use crate::ask::{answer, given, ready, text};
use flow::{Answer, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reads, Route, Surface, Verdict};
use identity::email_templates::{PreviewTemplate, ShowTemplate};
use identity::permissions::SETTINGS_READ;
use kernel::{Access, Fault, Silent};
use signin::page::document;

/// Mails carry their few styles themselves. Nothing runs, and nothing is loaded but pictures.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'none'; sandbox";

/// The address of a preview.
#[derive(Clone, Copy, Debug)]
pub(super) struct PreviewAddress;

impl Parse for PreviewAddress {
    fn parse(_: &Incoming) -> Result<Self, Fault> {
        Ok(Self)
    }
    fn parameters() -> Vec<Parameter> {
        ShowTemplate::parameters()
    }
}

/// Show what a mail looks like.
#[derive(Clone, Debug)]
pub(super) struct PreviewMail(PreviewTemplate);

impl Prepare<PreviewMail> for PreviewAddress {
    async fn prepare(self, prep: &Prep) -> Result<PreviewMail, Fault> {
        let query = given(prep, &["language"])?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ready(prep, &query).await.map(PreviewMail)
    }
}

impl Operation for PreviewMail {
    const ID: &'static str = "console.preview_template";
    const SUMMARY: &'static str = "The console: a mail as it would look.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/mails/{type}/preview");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Console(SETTINGS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = PreviewAddress;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let preview = answer(cx, self.0).await?;
        Ok(Verdict::Done(document(200, text(&preview, "html"), POLICY), Silent))
    }
}
