//! Reading an export line by line, whichever form it has, without trusting it to be short.

use super::failure::Reason;
use crate::export::{Form, RECORD_LIMIT, Record, TITLES, record_of_row, row};
use std::io::{BufRead, Read};

/// A row says everything twice, and doubles its quotes.
const LINE_LIMIT: usize = 5 * RECORD_LIMIT;

/// The records of an export, with their spelling.
pub(super) struct Lines<R> {
    reader: R,
    form: Form,
    /// The line read last, counted from 1.
    pub(super) number: u64,
}

impl<R: BufRead> Lines<R> {
    /// A record begins with a brace, the titles of the CSV form don't.
    pub(super) fn new(mut reader: R) -> Result<Self, Reason> {
        let form = match reader.fill_buf().map_err(|error| Reason::Unreadable(error.kind()))?.first() {
            Some(b'{') => Form::JsonLines,
            _ => Form::Csv,
        };
        Ok(Self { reader, form, number: 0 })
    }
    pub(super) fn form(&self) -> Form {
        self.form
    }
    /// The titles of the CSV form.
    pub(super) fn titles(&mut self) -> Result<(), Reason> {
        if self.form == Form::Csv && self.line()?.ok_or(Reason::Truncated)? != TITLES {
            return Err(Reason::Expected("the header of an audit export"));
        }
        Ok(())
    }
    /// The next record; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Record, String)>, Reason> {
        let Some(line) = self.line()? else { return Ok(None) };
        let spelling = match self.form {
            Form::JsonLines => line,
            Form::Csv => {
                let spelling = record_of_row(&line).ok_or(Reason::Row)?;
                let record = Record::parse(&spelling)?;
                return if row(&record, &spelling) == line { Ok(Some((record, spelling))) } else { Err(Reason::Row) };
            }
        };
        Ok(Some((Record::parse(&spelling)?, spelling)))
    }
    /// Whether anything is left.
    pub(super) fn is_at_end(&mut self) -> Result<bool, Reason> {
        let rest = self.reader.fill_buf().map_err(|error| Reason::Unreadable(error.kind()))?;
        Ok(rest.is_empty())
    }

    fn line(&mut self) -> Result<Option<String>, Reason> {
        self.number += 1;
        let mut bytes = Vec::new();
        let limit = u64::try_from(LINE_LIMIT).unwrap_or(u64::MAX);
        self.reader.by_ref().take(limit).read_until(b'\n', &mut bytes).map_err(|error| Reason::Unreadable(error.kind()))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let ending: &[u8] = match self.form {
            Form::JsonLines => b"\n",
            Form::Csv => b"\r\n",
        };
        let Some(line) = bytes.strip_suffix(ending) else {
            let is_cut = !bytes.ends_with(b"\n");
            return Err(match (is_cut, bytes.len() >= LINE_LIMIT) {
                (true, true) => Reason::TooLong,
                (true, false) => Reason::Truncated,
                (false, _) => Reason::Row,
            });
        };
        String::from_utf8(line.to_vec()).map(Some).map_err(|_| Reason::NotText)
    }
}
