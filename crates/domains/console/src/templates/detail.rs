//! One mail: its words, and what they can mention.

use super::{ResetMail, WriteMail, in_language, origin, own_words};
use crate::action::segment;
use crate::ask::{answer, given, is, ready, text};
use crate::form::{button, form_of, page_of};
use crate::frame::Section;
use crate::view::{Content, View, words};
use flow::{Cx, OneOrg, Parameter, Parse, Prep, Reads, Route};
use identity::email_templates::{ShowTemplate, ShowVariables};
use identity::permissions::SETTINGS_READ;
use kernel::{Fault, Permission};
use pages::{Action, Block, Cell, ConsoleWords, Link, Table, Words};
use serde_json::Value;

/// One mail.
pub(super) struct Mail;

impl View for Mail {
    const ID: &'static str = "console.template";
    const SUMMARY: &'static str = "The console: what a mail says.";
    const ROUTE: Route = Route::get("/orgs/{org}/portal/mails/{type}");
    const NEEDS: Permission = SETTINGS_READ;
    type Asked = (ShowTemplate, ShowVariables);

    fn parameters() -> Vec<Parameter> {
        ShowTemplate::parameters()
    }

    async fn ask(prep: &Prep) -> Result<Self::Asked, Fault> {
        let query = given(prep, &["language"])?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ok((ready(prep, &query).await?, ready(prep, &[]).await?))
    }

    async fn show((show, variables): Self::Asked, cx: &mut Cx<OneOrg, Reads>) -> Result<Content, Fault> {
        let w = words(cx);
        let m = &w.templates;
        let (template, variables) = (answer(cx, show).await?, answer(cx, variables).await?);
        let page = page_of(cx);
        let (kind, language) = (text(&template, "type"), text(&template, "language"));
        let path = format!("portal/mails/{}", segment(&kind));
        let preview = in_language(&page.path(&format!("{path}/preview")), &language);
        let shown = if language.is_empty() { m.every_language.to_owned() } else { language.clone() };
        let facts = vec![
            (m.mail.to_owned(), Cell::Code(kind.clone())),
            (m.language.to_owned(), Cell::text(shown)),
            (m.words.to_owned(), origin(m, &template)),
            (m.preview.to_owned(), Cell::link(text(&template, "subject"), preview)),
        ];
        let mut form = form_of::<WriteMail>(&page, &path, &template, &own_words(w));
        form.form.hidden.push(("language".to_owned(), language.clone()));
        let mut blocks = vec![
            Block::Facts { title: w.things.glance.to_owned(), facts },
            Block::Ways { title: m.languages.to_owned(), ways: languages(w, &page.path(&path)) },
            Block::Entry(form),
            Block::Table(placeholders(w, page.words(), &variables)),
        ];
        if is(&template, "is_custom") {
            let reset = button::<ResetMail>(&page, &format!("{path}/reset"), m.reset, &kind);
            let mut reset = Action { is_danger: true, ..reset };
            reset.form.hidden.push(("language".to_owned(), language));
            blocks.push(Block::Actions { title: m.built_in_again.to_owned(), actions: vec![reset] });
        }
        let back = page.path("portal/mails");
        Ok(Content::new(Section::Templates, kind, blocks).with_back(w.sections.templates, back))
    }
}

/// The same mail for each language.
fn languages(w: &ConsoleWords, page: &str) -> Vec<Link> {
    let every = Link { text: w.templates.every_language.to_owned(), href: page.to_owned() };
    let each = Words::languages().map(|tag| Link { text: tag.to_owned(), href: in_language(page, tag) });
    std::iter::once(every).chain(each).collect()
}

/// What the mail can mention. What each name stands for is said in English.
fn placeholders(w: &ConsoleWords, language: &Words, variables: &Value) -> Table {
    let m = &w.templates;
    let is_english = language.tag == "en";
    let row = |(name, meaning): (&String, &Value)| {
        let name = Cell::Code(format!("{{{{ {name} }}}}"));
        if is_english { vec![name, Cell::text(meaning.as_str().unwrap_or_default())] } else { vec![name] }
    };
    Table {
        id: "placeholders",
        title: m.variables.to_owned(),
        columns: if is_english { vec![m.placeholder, m.meaning] } else { vec![m.placeholder] },
        rows: variables.get("variables").and_then(Value::as_object).into_iter().flatten().map(row).collect(),
        ..Table::default()
    }
}
