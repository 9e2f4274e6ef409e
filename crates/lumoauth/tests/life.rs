//! The program's life: started, killed under load, started again. What it answered, it remembers and can prove.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod program;

use program::{Program, jti};
use std::io::Cursor;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Keep asking for tokens from several sides until `enough` were answered, then kill the program. Returns what was answered.
fn grants_until_killed(program: &mut Program, enough: usize) -> Vec<String> {
    let answered = Mutex::new(Vec::new());
    let is_dead = AtomicBool::new(false);
    let asking = program.client();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !is_dead.load(Ordering::SeqCst) {
                    let Some(token) = asking.client_credentials() else { break };
                    answered.lock().unwrap().push(jti(&token));
                }
            });
        }
        while answered.lock().unwrap().len() < enough {
            std::thread::yield_now();
        }
        program.kill();
        is_dead.store(true, Ordering::SeqCst);
    });
    answered.into_inner().unwrap()
}

#[test]
fn what_was_answered_before_a_kill_is_in_the_log_and_the_log_holds() {
    let mut program = Program::start();
    let mut answered = grants_until_killed(&mut program, 300);
    let mut program = program.start_again();
    answered.extend(grants_until_killed(&mut program, 300));

    let export = program.export();
    let text = String::from_utf8(export.clone()).unwrap();
    let missing: Vec<&String> = answered.iter().filter(|jti| !text.contains(jti.as_str())).collect();
    assert!(missing.is_empty(), "{} of {} answered grants are not in the log", missing.len(), answered.len());

    let report = ledger::verify::verify(Cursor::new(&export), None).unwrap();
    assert!(report.entries >= u64::try_from(answered.len()).unwrap());
    for position in (0..export.len()).step_by(export.len() / 200 + 1) {
        let mut altered = export.clone();
        altered[position] ^= 1;
        assert!(ledger::verify::verify(Cursor::new(&altered), None).is_err(), "nobody noticed byte {position}");
    }
}

#[test]
fn a_second_start_knows_everyone_from_the_first() {
    let mut program = Program::start();
    let before = std::fs::read_to_string(program.data.join("dev.json")).unwrap();
    program.stop();
    let mut program = program.start_again();
    let strip = |text: &str| text.lines().filter(|line| !line.contains("localhost")).collect::<Vec<_>>().join("\n");
    let after = std::fs::read_to_string(program.data.join("dev.json")).unwrap();
    assert_eq!(strip(&before), strip(&after));
    assert!(program.client().client_credentials().is_some());
    program.stop();
}
