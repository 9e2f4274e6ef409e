//! `lumoauth audit`: prove the log, or take it along.

use super::{open_installation, say};
use crate::cli::AuditCommand;
use anyhow::Context;
use ledger::verify::{Trust, verify_with};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

/// Run it.
pub async fn run(command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Verify { file, key, checkpoint } => verify(&file, key.as_deref(), checkpoint.as_deref()),
        AuditCommand::Export { installation, org, output } => {
            let services = open_installation(&installation).await?;
            let org = services.store.find_org(&org).await?.with_context(|| format!("there is no organization {org}"))?;
            let mut file =
                BufWriter::new(File::create(&output).with_context(|| format!("{} can't be written", output.display()))?);
            let exported = signals::export_log(&services, &org, &mut file).await?;
            file.flush()?;
            say(format_args!("{exported} entries of {} written to {}", org.slug(), output.display()));
            if !exported.damaged.is_empty() {
                let damaged: Vec<String> = exported.damaged.iter().take(20).map(ToString::to_string).collect();
                say(format_args!("{} entries are damaged; the first: {}", exported.damaged.len(), damaged.join(", ")));
                return Ok(ExitCode::FAILURE);
            }
            say(format_args!("prove it anywhere with: lumoauth audit verify {}", output.display()));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn verify(file: &Path, key: Option<&str>, checkpoint: Option<&Path>) -> anyhow::Result<ExitCode> {
    let reader = BufReader::new(File::open(file).with_context(|| format!("{} can't be read", file.display()))?);
    let earlier = checkpoint.map(std::fs::read_to_string).transpose().context("the checkpoint can't be read")?;
    match verify_with(reader, Trust { key, earlier: earlier.as_deref() }) {
        Ok(report) => {
            say(format_args!("The log of {} holds.", report.org));
            say(format_args!("  entries proven:   {}", report.entries));
            say(format_args!("  personal values:  {} match, {} were erased", report.personal_fields, report.erased_fields));
            say(format_args!(
                "  head of the log:  {} entries at {}",
                report.checkpoint.size,
                report.checkpoint.at().map_or_else(String::new, kernel::Timestamp::to_iso)
            ));
            say(format_args!("  signed by:        {}", report.key));
            if !report.key_is_trusted {
                say(
                    "The key comes from the file itself. To know that it is the server's, compare it with the one you noted, or pass it with --key.",
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => {
            say(format_args!("The log does NOT hold: {failure}"));
            Ok(ExitCode::FAILURE)
        }
    }
}
