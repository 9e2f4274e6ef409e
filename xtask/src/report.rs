//! What a person reads while the steps run: a heading for each, how long it took, and a table at the end.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

/// The results so far.
pub struct Report {
    started: Instant,
    expected: usize,
    lines: Vec<Line>,
}

struct Line {
    name: &'static str,
    took: Duration,
    error: Option<String>,
}

impl Report {
    /// Starts the clock for this many steps.
    pub fn of(expected: usize) -> Self {
        Self { started: Instant::now(), expected, lines: Vec::new() }
    }

    /// Runs one step under its heading and keeps the outcome. A failure is reported and does not stop the run.
    pub fn step(&mut self, name: &'static str, about: &str, work: impl FnOnce() -> Result<()>) {
        let number = self.lines.len() + 1;
        println!("\n=== [{number}/{}] {name}: {about} (at {})", self.expected, Took(self.started.elapsed()));
        let begun = Instant::now();
        let error = work().err().map(|error| format!("{error:#}"));
        let took = begun.elapsed();
        match &error {
            None => println!("=== {name} passed in {}", Took(took)),
            Some(error) => println!("=== {name} FAILED after {}: {error}", Took(took)),
        }
        self.lines.push(Line { name, took, error });
    }

    /// Prints the table and the closing line; returns whether everything passed.
    pub fn close(self) -> bool {
        println!("\n{:<15} {:<7} {:>9}", "step", "result", "time");
        for line in &self.lines {
            let result = if line.error.is_none() { "passed" } else { "FAILED" };
            println!("{:<15} {result:<7} {:>9}", line.name, Took(line.took).to_string());
        }
        println!("{:<15} {:<7} {:>9}", "total", "", Took(self.started.elapsed()).to_string());
        for line in &self.lines {
            if let Some(error) = &line.error {
                println!("\n{}: {error}", line.name);
            }
        }
        let (passed, failed) = self.counts();
        println!("\n{passed} passed, {failed} failed");
        failed == 0
    }

    /// Steps that passed, and steps that did not.
    fn counts(&self) -> (usize, usize) {
        let failed = self.lines.iter().filter(|line| line.error.is_some()).count();
        (self.lines.len() - failed, failed)
    }
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 05 s`.
struct Took(Duration);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..10 => write!(f, "{:.1} s", self.0.as_secs_f64()),
            10..60 => write!(f, "{seconds} s"),
            _ => write!(f, "{} min {:02} s", seconds / 60, seconds % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        let cases = [(400, "0.4 s"), (12_900, "12 s"), (59_999, "59 s"), (60_000, "1 min 00 s"), (185_000, "3 min 05 s")];
        for (milliseconds, expected) in cases {
            assert_eq!(Took(Duration::from_millis(milliseconds)).to_string(), expected);
        }
    }

    #[test]
    fn one_failed_step_fails_the_report_and_the_next_still_runs() {
        let mut report = Report::of(2);
        report.step("first", "fails", || Err(anyhow::anyhow!("no")));
        let mut ran = false;
        report.step("second", "runs", || {
            ran = true;
            Ok(())
        });
        assert!(ran);
        assert_eq!(report.counts(), (1, 1));
        assert!(!report.close());
    }
}
