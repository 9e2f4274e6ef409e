//! The project's own chores, started as `cargo xtask <command>`.
//!
//! `test` is the one command that proves a checkout; everything else here is a part of it that can be run alone.
//! The crate depends on next to nothing, so that it compiles in seconds on a fresh clone.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to the terminal")]
#![allow(clippy::disallowed_methods, reason = "a chore reads the real clock and the real environment")]

mod command;
mod direction;
mod fuzz;
mod interop;
mod leash;
mod postgres;
mod prerequisites;
mod report;
mod server;
mod test;
mod workshop;

use std::process::ExitCode;

const USAGE: &str = "\
The project's own chores.

  cargo xtask test [--only STEP,STEP] [--list]   install what is needed and run every check
  cargo xtask direction                          check that crates use each other in the allowed direction only
  cargo xtask interop [WORD…]                    only the interop step, or only these rounds (http, tls, postgres)
                                                 and suites (openid-client, authlib, lumoauth, browser)
  cargo xtask fuzz [TARGET] [--minutes N]        try out what outsiders might send, ten minutes per target
  cargo xtask postgres                           run a private PostgreSQL until Enter is pressed, and print its address
  cargo xtask screenshots                        photograph the pages into docs/images/
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", rest @ ..] => test::run(rest),
        ["direction"] => workshop::Workshop::open().and_then(|shop| direction::check(&shop)).map(|()| true),
        ["interop", words @ ..] => workshop::Workshop::open().and_then(|shop| interop::only(&shop, words)).map(|()| true),
        ["fuzz", words @ ..] => workshop::Workshop::open().and_then(|shop| fuzz::run(&shop, words)).map(|()| true),
        ["postgres"] => postgres::run_until_enter().map(|()| true),
        ["screenshots"] => workshop::Workshop::open().and_then(|shop| interop::screenshots(&shop)).map(|()| true),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(true)
        }
        [word, ..] => Err(anyhow::anyhow!("there is no chore `{word}`\n\n{USAGE}")),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
