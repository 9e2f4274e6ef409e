//! What a mail would look like.

use super::fields::{Body, ForLanguage, KindName, Subject};
use super::rows;
use super::template::{Template, UNUSABLE};
use crate::permissions::SETTINGS_READ;
use crate::settings::Settings;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Denial, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;

flow::input! {
    /// Preview a mail.
    #[derive(Clone, Debug)]
    pub struct PreviewTemplate {
        /// Which mail.
        path "type" => kind: KindName,
        /// For which language.
        query "language" => language: ForLanguage,
        /// A subject that isn't saved yet.
        body "subject" => subject: Option<Subject>,
        /// HTML that isn't saved yet.
        body "body_html" => body: Option<Body>,
    }
}

/// A mail with made-up values in it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Preview {
    /// Which mail.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its subject.
    subject: String,
    /// Its HTML.
    html: String,
}

impl Operation for PreviewTemplate {
    const ID: &'static str = "email_templates.preview";
    const SUMMARY: &'static str = "Show what a mail would look like, as it is saved or with what isn't saved yet.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/email-templates/{type}/preview");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_READ);
    const DENIALS: &'static [Denial] = &[UNUSABLE];
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Preview>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let (kind, ForLanguage(language)) = (self.kind.kind()?, self.language);
        let own = rows::find(&mut cx.tx, kind, language).await?;
        let (built_in_subject, built_in_body) = super::view::built_in(kind, cx.org(), language);
        let (saved_subject, saved_body) = own.map_or((built_in_subject, built_in_body), |row| (row.subject, row.body_html));
        let subject = self.subject.map_or(saved_subject, |Subject(subject)| subject);
        let body = self.body.map_or(saved_body, |Body(body)| body);
        let template = Template::parse(kind, &subject, &body)?;
        let mut values = kind.samples();
        values.insert("tenant.name", Settings::of(cx.org()).general.shown_name(cx.org()).to_owned());
        let mail = template.render(&values);
        Ok(Verdict::Done(Json(Preview { kind: kind.as_str(), subject: mail.subject, html: mail.html }), Silent))
    }
}
