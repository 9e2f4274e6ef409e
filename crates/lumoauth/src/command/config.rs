//! `lumoauth config`: look at the configuration.

use super::installation::load_settings;
use super::say;
use crate::cli::ConfigCommand;
use std::process::ExitCode;

/// Run it.
///
/// # Errors
/// Everything that is wrong with the configuration.
pub fn run(command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check(file) => {
            let settings = load_settings(&file.config)?;
            for danger in &settings.dangers {
                say(format_args!("warning: {danger} is on"));
            }
            say(format_args!("{} is complete.", file.config.display()));
        }
        ConfigCommand::Explain(file) => say(load_settings(&file.config)?.explain()),
    }
    Ok(ExitCode::SUCCESS)
}
