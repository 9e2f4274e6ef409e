//! `lumoauth user import` and `export`: people, many at a time, part by part.

use super::say;
use anyhow::Context;
use flow::{Services, act};
use identity::user_imports::{
    BeginImport, ChunkSize, ExportUsers, Form, ImportRow, ImportRows, MOST_ROWS, OnExisting, csv_rows, json_rows,
};
use kernel::{Actor, UserImportId};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use store::Org;

type Rows = dyn Iterator<Item = Result<ImportRow, String>>;

/// Import a file. Every part is taken whole or not at all; rows that can't be taken are named, and the others go on.
pub(super) async fn import(services: &Arc<Services>, org: &Org, on_existing: &str, file: &Path) -> anyhow::Result<ExitCode> {
    let on_existing = OnExisting::parse(on_existing).context("--on-existing takes skip, update or refuse")?;
    let reader = BufReader::new(File::open(file).with_context(|| format!("{} can't be read", file.display()))?);
    let mut rows: Box<Rows> = match form_of(file)? {
        Form::Csv => Box::new(csv_rows(reader)?),
        _ => Box::new(json_rows(reader)),
    };
    let begun = act(services, Some(org.clone()), Actor::Operator, BeginImport { on_existing: Some(on_existing) }).await?;
    let import = UserImportId::from(begun.0.data.id);
    let mut offset = 0;
    loop {
        let part: Vec<_> = rows.by_ref().take(MOST_ROWS).collect();
        let is_last = part.len() < MOST_ROWS;
        let take = ImportRows { import: import.clone(), offset, is_last, rows: part };
        let taken = act(services, Some(org.clone()), Actor::Operator, take).await?.0;
        for refusal in &taken.refusals {
            say(format_args!("row {}: {}", refusal.line, refusal.problem));
        }
        let so_far = taken.data;
        offset = so_far.received;
        if is_last || offset % 10_000 == 0 {
            say(format_args!(
                "{offset} rows: {} created, {} updated, {} passed over, {} refused",
                so_far.created, so_far.updated, so_far.skipped, so_far.refused
            ));
        }
        if is_last {
            return Ok(if so_far.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
}

/// Export everybody to a file.
pub(super) async fn export(services: &Arc<Services>, org: &Org, with_hashes: bool, output: &Path) -> anyhow::Result<()> {
    let form = form_of(output)?;
    let mut file = BufWriter::new(private_file(output).with_context(|| format!("{} can't be written", output.display()))?);
    let (mut after, mut total) = (None, 0);
    loop {
        let is_first = after.is_none();
        let limit = Some(ChunkSize::MOST);
        let export = ExportUsers { format: Some(form), after, limit, with_hashes: Some(with_hashes) };
        let part = act(services, Some(org.clone()), Actor::Operator, export).await?;
        let has_header = form == Form::Csv && !is_first;
        let content = if has_header { part.content.split_once('\n').map_or("", |(_, rest)| rest) } else { &part.content };
        file.write_all(content.as_bytes())?;
        total += part.users;
        after = part.next;
        if after.is_none() {
            break;
        }
        say(format_args!("{total} people so far"));
    }
    file.flush()?;
    say(format_args!("{total} people of {} written to {}", org.slug(), output.display()));
    Ok(())
}

fn form_of(file: &Path) -> anyhow::Result<Form> {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let form = Form::parse(extension).filter(|form| *form != Form::Json);
    form.with_context(|| format!("{} is neither a .csv nor a .jsonl file", file.display()))
}

/// What holds personal data is nobody else's to read.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
