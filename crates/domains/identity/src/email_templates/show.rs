//! Listing and showing templates.

use super::fields::{ForLanguage, KindName};
use super::kind::MailKind;
use super::rows;
use super::view::TemplateView;
use crate::envelope::Pagination;
use crate::permissions::SETTINGS_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

flow::input! {
    /// List templates.
    #[derive(Clone, Copy, Debug)]
    pub struct ListTemplates {}

    /// Show a template.
    #[derive(Clone, Debug)]
    pub struct ShowTemplate {
        /// Which mail.
        path "type" => kind: KindName,
        /// For which language.
        query "language" => language: ForLanguage,
    }

    /// Show what a template can say.
    #[derive(Clone, Debug)]
    pub struct ShowVariables {
        /// Which mail.
        path "type" => kind: KindName,
    }
}

/// All templates: one for each mail, and those that the organization wrote for single languages.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateList {
    /// The templates.
    email_templates: Vec<TemplateView>,
    /// The same as `email_templates`.
    data: Vec<TemplateView>,
    /// One page.
    pagination: Pagination,
}

impl Operation for ListTemplates {
    const ID: &'static str = "email_templates.list";
    const SUMMARY: &'static str =
        "List the templates of mails: the organization's own, and the built-in ones where there are none.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/email-templates");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<TemplateList>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let own = rows::list(&mut cx.tx).await?;
        let mut data = Vec::new();
        for kind in MailKind::ALL {
            let mut rows = own.iter().filter(|row| row.kind == kind.as_str()).peekable();
            if rows.peek().is_none_or(|row| !row.language.is_empty()) {
                data.push(TemplateView::built_in(kind, cx.org(), "").without_body());
            }
            data.extend(rows.map(|row| TemplateView::own(kind, row.clone()).without_body()));
        }
        let pagination = Pagination::whole(data.len());
        Ok(Verdict::Done(Json(TemplateList { email_templates: data.clone(), data, pagination }), Silent))
    }
}

impl Operation for ShowTemplate {
    const ID: &'static str = "email_templates.show";
    const SUMMARY: &'static str = "Show the template of a mail: the organization's own, or else the built-in one.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/email-templates/{type}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<TemplateView>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let (kind, ForLanguage(language)) = (self.kind.kind()?, self.language);
        let view = match rows::find(&mut cx.tx, kind, language).await? {
            Some(row) => TemplateView::own(kind, row),
            None => TemplateView::built_in(kind, cx.org(), language),
        };
        Ok(Verdict::Done(Json(view), Silent))
    }
}

/// What a mail can say, and what each name stands for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VariableList {
    /// Which mail.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Descriptions by name.
    variables: BTreeMap<&'static str, &'static str>,
}

impl Operation for ShowVariables {
    const ID: &'static str = "email_templates.show_variables";
    const SUMMARY: &'static str = "Show which placeholders a mail knows.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/email-templates/{type}/variables");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<VariableList>;
    type Event = Silent;

    async fn run(self, _: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let kind = self.kind.kind()?;
        let variables = kind.variables().iter().map(|variable| (variable.name, variable.description)).collect();
        Ok(Verdict::Done(Json(VariableList { kind: kind.as_str(), variables }), Silent))
    }
}
