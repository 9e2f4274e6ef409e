//! The rows of a request.

use super::export::unquoted;
use super::row::ImportRow;
use kernel::{Fault, FaultKind};
use serde_json::{Map, Value};
use std::io::{BufRead, Read};

/// Rows one request may hold.
pub const MOST_ROWS: usize = 1000;

/// The rows of a body, in order: `text/csv` with a header line, `application/x-ndjson` with an object in each line, or
/// `application/json` with a list of objects.
///
/// # Errors
/// If it is none of these, can't be read at all, or holds more than [`MOST_ROWS`]. What is wrong with a single row stays with it.
pub fn rows_of(content_type: &str, body: &[u8]) -> Result<Vec<Result<ImportRow, String>>, Fault> {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let rows = match media.as_str() {
        "text/csv" => of_csv(body),
        "application/x-ndjson" | "application/jsonl" => Ok(json_rows(body).take(MOST_ROWS + 1).collect()),
        "application/json" => of_list(body),
        _ => {
            let hint = "Please send the rows as text/csv, application/x-ndjson or application/json.";
            return Err(Fault::new(FaultKind::UnsupportedMediaType, "invalid_request", hint));
        }
    }?;
    if rows.len() > MOST_ROWS {
        return Err(invalid("There are more than 1,000 rows in this request. Please send them in several."));
    }
    Ok(rows)
}

fn of_csv(body: &[u8]) -> Result<Vec<Result<ImportRow, String>>, Fault> {
    Ok(csv_rows(body)?.take(MOST_ROWS + 1).collect())
}

/// The rows of a table with a header line, one after the other.
///
/// # Errors
/// If the header line can't be read.
pub fn csv_rows<'a>(table: impl Read + 'a) -> Result<impl Iterator<Item = Result<ImportRow, String>> + 'a, Fault> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(table);
    let names = reader.headers().map_err(|_| invalid("The header line of the CSV can't be read."))?.clone();
    Ok(reader.into_records().map(move |record| match record {
        Ok(record) if record.len() > names.len() => Err("has more cells than the header line".to_owned()),
        Ok(record) => ImportRow::of_cells(names.iter().zip(record.iter().map(unquoted))),
        Err(_) => Err("is not valid CSV in UTF-8".to_owned()),
    }))
}

/// The rows of a text with a JSON object in each line, one after the other. Empty lines don't count.
pub fn json_rows<'a>(lines: impl BufRead + 'a) -> impl Iterator<Item = Result<ImportRow, String>> + 'a {
    lines.split(b'\n').filter(|line| line.as_ref().map_or(true, |line| !line.trim_ascii().is_empty())).map(|line| {
        let line = line.map_err(|_| "can't be read".to_owned())?;
        ImportRow::of_json(&object(&line)?)
    })
}

fn of_list(body: &[u8]) -> Result<Vec<Result<ImportRow, String>>, Fault> {
    let items: Vec<&serde_json::value::RawValue> =
        serde_json::from_slice(body).map_err(|_| invalid("The body is not a valid JSON list."))?;
    let read = |item: &&serde_json::value::RawValue| object(item.get().as_bytes()).and_then(|object| ImportRow::of_json(&object));
    Ok(items.iter().take(MOST_ROWS + 1).map(read).collect())
}

fn object(text: &[u8]) -> Result<Map<String, Value>, String> {
    jose::json::parse_strict_object(text).map_err(|_| "is not a valid JSON object".to_owned())
}

fn invalid(hint: &'static str) -> Fault {
    Fault::invalid("invalid_request", hint)
}
