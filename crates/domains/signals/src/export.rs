//! Taking the log along, with its proof.

mod json;
mod selected;
mod whole;

pub use whole::{Exported, export_log};

use crate::checkpoints::{self, Published};
use crate::criteria::Criteria;
use crate::fresh::Proven;
use crate::key::{self, LogKey};
use crate::summaries::Summaries;
use crate::text::Download;
use flow::{Cx, Field, Incoming, Operation, Parameter, Parse, Route, SensitiveReads, Surface, Verdict};
use identity::permissions::AUDIT_READ;
use kernel::{Access, Fault, Timestamp};
use ledger::export::{Form, Header, Selection};
use selected::Selected;
use serde_json::{Value, json};
use store::{OneOrg, Org};

flow::input! {
    /// How the export is written.
    #[derive(Clone, Copy, Debug)]
    struct Wanted {
        /// `csv` (where it is left out), `json`, or `proof`: JSON Lines for `lumoauth audit verify`. All three carry their proof.
        query "format" => format: Option<Format>,
    }
}

/// Export entries.
#[derive(Clone, Debug)]
pub struct ExportAuditLogs {
    criteria: Criteria,
    format: Format,
}

impl Parse for ExportAuditLogs {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let format = Wanted::parse(incoming)?.format.unwrap_or(Format::Csv);
        Ok(Self { criteria: Criteria::parse(incoming)?, format })
    }
    fn parameters() -> Vec<Parameter> {
        [Wanted::parameters(), Criteria::parameters()].concat()
    }
}

kernel::events! {
    /// What an export records.
    pub enum Exporting {
        /// Entries of the audit log were exported.
        Exported = "audit_logs.exported", Info { public format: &'static str, public entries: usize, personal criteria: String };
    }
}

impl Operation for ExportAuditLogs {
    const ID: &'static str = "audit_logs.export";
    const SUMMARY: &'static str =
        "Export the latest 10,000 matching entries of the audit log, with the proof that they are in it.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/audit-logs/export");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/api/v1/admin/audit-logs/export")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_READ);
    type Scope = OneOrg;
    type Mode = SensitiveReads;
    type Input = Proven<Self>;
    type Output = Download;
    type Event = Exporting;

    async fn run(self, cx: &mut Cx<OneOrg, SensitiveReads>) -> Result<Verdict<Download, Exporting>, Fault> {
        let row = key::load(&mut cx.tx).await?;
        let head = checkpoints::load_latest(&mut cx.tx, &row.verifier()?).await?;
        let log = Log { org: cx.org().clone(), key: row.open(&cx.services().master_keys, cx.org().id())?, head, now: cx.now };
        let selected = Selected::find(&mut cx.tx, &self.criteria, log.head.checkpoint.size, self.format == Format::Json).await?;
        let entries = selected.rows.len();
        let content = match self.format {
            Format::Csv => selected.write(&mut cx.tx, &log, Form::Csv, &self.criteria).await?,
            Format::Proof => selected.write(&mut cx.tx, &log, Form::JsonLines, &self.criteria).await?,
            Format::Json => {
                let summaries = cx.services().rooms.find::<Summaries>().ok();
                json::write(&mut cx.tx, &log, &selected, &self.criteria, summaries.as_deref()).await?
            }
        };
        let (content_type, extension) = self.format.media();
        let download = Download { content_type, name: format!("audit-log-{}.{extension}", log.org.slug()), content };
        let event = Exporting::Exported { format: self.format.as_str(), entries, criteria: self.criteria.describe() };
        Ok(Verdict::Done(download, event))
    }
}

/// A log, and all that is needed to export from it.
pub(crate) struct Log {
    org: Org,
    key: LogKey,
    head: Published,
    now: Timestamp,
}

impl Log {
    fn header(&self, selection: Selection, note: String) -> Result<Header, Fault> {
        let signer = self.key.signer()?;
        Header::new(self.org.id().clone(), signer.verifier(), &self.head.note, selection, note, self.now).map_err(Fault::internal)
    }
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
    Proof,
}

impl Format {
    fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Proof => "proof",
        }
    }
    fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv => ("text/csv; charset=utf-8", "csv"),
            Self::Json => ("application/json", "json"),
            Self::Proof => ("application/x-ndjson", "jsonl"),
        }
    }
}

impl Field for Format {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["csv", "json", "proof"], "default": "csv" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        [Self::Csv, Self::Json, Self::Proof]
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| "must be csv, json or proof".to_owned())
    }
}
