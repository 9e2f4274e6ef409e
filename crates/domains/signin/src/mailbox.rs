//! The mailbox of a development server: mail that was caught instead of sent.

use crate::page::{accepted_language, document};
use flow::{Answer, Catalogue, Cx, Operation, Platform, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Silent, Timestamp};
use pages::{Brand, MailLine, MailPage, Mailbox, Shell};
use store::{args, platform_sql, rows};

/// The pages of the mailbox; for development servers only.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowMailbox>().mount::<ShowMail>()
}

const PATH: &str = "/dev/mailbox";
const REASON: &str = "The mailbox exists on development servers only.";

flow::input! {
    /// Every mail, newest first.
    #[derive(Clone, Debug)]
    pub struct ShowMailbox {}
}

impl Operation for ShowMailbox {
    const ID: &'static str = "mailbox.list";
    const SUMMARY: &'static str = "Mail caught on a development server.";
    const ROUTE: Route = Route::get(PATH);
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public(REASON);
    type Scope = Platform;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<Platform, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        refuse_outside_development(cx)?;
        let sql = platform_sql!("SELECT id, recipient, subject, created_at FROM mailbox ORDER BY id DESC LIMIT 200");
        let lines = cx.tx.fetch_all::<LineRow>(sql, &[]).await?;
        let page = Mailbox { shell: shell(cx), mails: lines.into_iter().map(MailLine::from).collect() };
        Ok(Verdict::Done(document(200, page.html(), page.policy()), Silent))
    }
}

flow::input! {
    /// One mail.
    #[derive(Clone, Debug)]
    pub struct ShowMail {
        /// Which.
        path "id" => id: Text<1, 64>,
    }
}

impl Operation for ShowMail {
    const ID: &'static str = "mailbox.show";
    const SUMMARY: &'static str = "One mail caught on a development server.";
    const ROUTE: Route = Route::get("/dev/mailbox/{id}");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public(REASON);
    type Scope = Platform;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<Platform, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        refuse_outside_development(cx)?;
        let sql = platform_sql!("SELECT recipient, subject, text_body, created_at FROM mailbox WHERE id = :id");
        let mail = cx.tx.fetch_optional::<MailRow>(sql, args! { id: self.id.as_str() }).await?.ok_or_else(not_found)?;
        let page = MailPage {
            shell: shell(cx),
            to: mail.recipient,
            subject: mail.subject,
            at: mail.created_at,
            text: mail.text_body,
            back_url: PATH.to_owned(),
        };
        Ok(Verdict::Done(document(200, page.html(), page.policy()), Silent))
    }
}

rows! {
    struct LineRow { id: String, recipient: String, subject: String, created_at: Timestamp }
    struct MailRow { recipient: String, subject: String, text_body: String, created_at: Timestamp }
}

impl From<LineRow> for MailLine {
    fn from(row: LineRow) -> Self {
        Self { url: format!("{PATH}/{}", row.id), to: row.recipient, subject: row.subject, at: row.created_at }
    }
}

/// Mounted by mistake, the pages still show nobody's mail.
fn refuse_outside_development(cx: &Cx<Platform, Reads>) -> Result<(), Fault> {
    if cx.services().is_dev { Ok(()) } else { Err(not_found()) }
}

fn not_found() -> Fault {
    Fault::not_found("mailbox.not_found", "There is no such mail.")
}

fn shell(cx: &Cx<Platform, Reads>) -> Shell {
    Shell::new(accepted_language(&cx.request), Brand::named("LumoAuth"))
}
