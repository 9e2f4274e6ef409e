//! Writing a template, and going back to the built-in one.

use super::fields::{Body, ForLanguage, KindName, Subject, not_found};
use super::rows::{self, NewTemplate};
use super::template::{Template, UNUSABLE};
use super::view::TemplateView;
use crate::envelope::Message;
use crate::permissions::MAIL_WRITE;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Write a template.
    #[derive(Clone, Debug)]
    pub struct SaveTemplate {
        /// Which mail.
        path "type" => kind: KindName,
        /// For which language.
        query "language" => language: ForLanguage,
        /// The subject, with placeholders.
        body "subject" => subject: Subject,
        /// The HTML, with placeholders.
        body "body_html" => body: Body,
        /// Whether it is used; left out, that stays as it is, and a new one is.
        body "is_active" => is_active: Option<bool>,
    }

    /// Go back to the built-in template.
    #[derive(Clone, Debug)]
    pub struct DeleteTemplate {
        /// Which mail.
        path "type" => kind: KindName,
        /// For which language.
        query "language" => language: ForLanguage,
    }
}

kernel::events! {
    /// What writing templates records.
    pub enum TemplateChange {
        /// The template of a mail was written.
        Saved = "email_templates.saved", Warning { about email_template: &'static str, public language: &'static str, public active: bool };
    }
    /// What forgetting templates records.
    pub enum TemplateDeletion {
        /// The template of a mail was deleted; the built-in one is used again.
        Deleted = "email_templates.deleted", Warning { about email_template: &'static str, public language: &'static str };
    }
}

impl Operation for SaveTemplate {
    const ID: &'static str = "email_templates.save";
    const SUMMARY: &'static str = "Write the template of a mail. It takes a small part of HTML, and {{ placeholders }}.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/email-templates/{type}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(MAIL_WRITE);
    const DENIALS: &'static [Denial] = &[UNUSABLE];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<TemplateView>;
    type Event = TemplateChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, TemplateChange>, Fault> {
        let (kind, ForLanguage(language)) = (self.kind.kind()?, self.language);
        Template::parse(kind, &self.subject.0, &self.body.0)?;
        let new = NewTemplate { kind, language, subject: &self.subject.0, body_html: &self.body.0, is_active: self.is_active };
        rows::save(&mut cx.tx, &new, cx.now).await?;
        let row = rows::find(&mut cx.tx, kind, language).await?.ok_or_else(|| not_found("There is no such template."))?;
        let event = TemplateChange::Saved { email_template: kind.as_str(), language, active: row.is_active };
        Ok(Verdict::Done(Json(TemplateView::own(kind, row)), event))
    }
}

impl Operation for DeleteTemplate {
    const ID: &'static str = "email_templates.delete";
    const SUMMARY: &'static str = "Forget the organization's own template of a mail; the built-in one is used again.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/email-templates/{type}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(MAIL_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = TemplateDeletion;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, TemplateDeletion>, Fault> {
        let (kind, ForLanguage(language)) = (self.kind.kind()?, self.language);
        if !rows::delete(&mut cx.tx, kind, language).await? {
            return Err(not_found("This mail has no template of the organization's own."));
        }
        let event = TemplateDeletion::Deleted { email_template: kind.as_str(), language };
        Ok(Verdict::Done(Json(Message { message: "Template deleted; the built-in one is used again." }), event))
    }
}
