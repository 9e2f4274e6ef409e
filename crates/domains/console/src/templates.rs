//! What mails say: the built-in words, or the organization's own.

mod detail;
mod preview;

use crate::action::{Done, Submit, Then, acts, segment};
use crate::ask::{answer, encoded, is, items, ready, text};
use crate::form::Asking;
use crate::frame::{News, Section};
use crate::view::{Content, Page, View, words};
use detail::Mail;
use flow::{Catalogue, Cx, OneOrg, Prep, Reads, Route};
use identity::email_templates::{DeleteTemplate, ListTemplates, SaveTemplate};
use identity::permissions::SETTINGS_READ;
use kernel::{Fault, Permission};
use pages::{Block, Cell, ConsoleWords, Table, TemplateWords};
use preview::PreviewMail;
use serde_json::Value;

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Page<Mails>>()
        .mount::<Page<Mail>>()
        .mount::<PreviewMail>()
        .mount::<Submit<WriteMail>>()
        .mount::<Submit<ResetMail>>()
}

fn own_words(words: &'static ConsoleWords) -> Asking {
    let w = &words.templates;
    let fields = [("subject", w.subject), ("body_html", w.body), ("is_active", w.is_active)];
    Asking::of(w.edit, &fields).with_hint(w.edit_hint)
}

acts! {
    in Templates;
    /// Write a mail.
    WriteMail = "console.save_template", "/orgs/{org}/portal/mails/{type}", SaveTemplate, asking own_words, |done| to_mail(done, News::Saved);
    /// Go back to the built-in mail.
    ResetMail = "console.delete_template", "/orgs/{org}/portal/mails/{type}/reset", DeleteTemplate, |done| to_mail(done, News::Saved);
}

fn to_mail(done: &Done<'_>, news: News) -> Then {
    let page = done.about("mails", "type");
    Then::Go(done.sent("language").map_or(page.clone(), |language| in_language(&page, &language)), news)
}

/// The page of a mail, for a language; for every language, if it is empty.
fn in_language(page: &str, language: &str) -> String {
    if language.is_empty() { page.to_owned() } else { format!("{page}?{}", encoded(&[("language", language)])) }
}

/// The list.
struct Mails;

impl View for Mails {
    const ID: &'static str = "console.templates";
    const SUMMARY: &'static str = "The console: what mails say.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/mails");
    const NEEDS: Permission = SETTINGS_READ;
    type Asked = ListTemplates;

    async fn ask(prep: &Prep) -> Result<ListTemplates, Fault> {
        ready(prep, &[]).await
    }

    async fn show(list: ListTemplates, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let m = &w.templates;
        let action = format!("/orgs/{}/portal/mails", cx.org().slug());
        let found = answer(cx, list).await?;
        let row = |template: &Value| {
            let (kind, language) = (text(template, "type"), text(template, "language"));
            let href = in_language(&format!("{action}/{}", segment(&kind)), &language);
            let language = if language.is_empty() { m.every_language.to_owned() } else { language };
            vec![Cell::link(text(template, "subject"), href), Cell::Code(kind), Cell::text(language), origin(m, template)]
        };
        let table = Table {
            id: "mails",
            title: m.all.to_owned(),
            columns: vec![m.subject, m.mail, m.language, m.words],
            rows: items(&found, "data").iter().map(row).collect(),
            ..Table::default()
        };
        Ok(Content::new(Section::Templates, w.sections.templates, vec![Block::Table(table)]).with_lead(m.lead))
    }
}

/// Whose words they are.
fn origin(m: &TemplateWords, template: &Value) -> Cell {
    match (is(template, "is_custom"), is(template, "is_active")) {
        (false, _) => Cell::text(m.built_in),
        (true, true) => Cell::Good(m.own.to_owned()),
        (true, false) => Cell::Warn(m.unused.to_owned()),
    }
}
