//! A table of figures beside their goals.

use std::fmt;
use std::time::Duration;

use crate::measure::{Histogram, Run};

/// One figure.
pub struct Row {
    figure: String,
    goal: String,
    measured: String,
    latency: Option<Histogram>,
    met: Option<bool>,
    failed: bool,
}

impl Row {
    /// Answers per second, with a goal of at least `goal` unless that is zero.
    pub fn rate(figure: &str, run: &Run, goal: f64) -> Self {
        let row = Self::new(figure, format!("{}/s", grouped(run.rate))).with_latency(run);
        if goal > 0.0 { row.with_goal(format!("≥ {}/s", grouped(goal)), run.rate >= goal) } else { row }
    }

    /// Something per second, with a goal of at least `goal`.
    pub fn per_second(figure: &str, rate: f64, goal: f64) -> Self {
        Self::new(figure, format!("{}/s", grouped(rate))).with_goal(format!("≥ {}/s", grouped(goal)), rate >= goal)
    }

    /// The 99th percentile of a run, with a goal of less than `goal`.
    pub fn p99(figure: &str, run: &Run, goal: Duration) -> Self {
        let p99 = run.latency.quantile(990);
        let goal_text = format!("p99 < {} ms", milliseconds(goal));
        Self::new(figure, format!("p99 {} ms", milliseconds(p99))).with_latency(run).with_goal(goal_text, p99 < goal)
    }

    /// A duration, with a goal of at most `goal`.
    pub fn duration(figure: &str, measured: Duration, goal: Duration) -> Self {
        let row = Self::new(figure, format!("{} ms", milliseconds(measured)));
        row.with_goal(format!("≤ {} ms", milliseconds(goal)), measured <= goal)
    }

    /// The median of durations, with a goal of less than `goal`.
    pub fn median(figure: &str, times: &Histogram, goal: Duration) -> Self {
        let median = times.quantile(500);
        let mut row = Self::new(figure, format!("{} ms", milliseconds(median)));
        row.latency = Some(times.clone());
        row.with_goal(format!("< {} ms", milliseconds(goal)), median < goal)
    }

    /// A number of bytes, with a goal of less than `goal_mib`.
    pub fn bytes(figure: &str, bytes: u64, goal_mib: u64) -> Self {
        let mib = bytes as f64 / f64::from(1 << 20);
        Self::new(figure, format!("{mib:.1} MiB")).with_goal(format!("< {goal_mib} MiB"), bytes < goal_mib << 20)
    }

    /// A share of a whole, with a goal of at least `goal` per cent.
    pub fn share(figure: &str, share: f64, goal: f64) -> Self {
        let percent = share * 100.0;
        Self::new(figure, format!("{percent:.0} %")).with_goal(format!("≥ {goal:.0} %"), percent >= goal)
    }

    /// A number that must be at least `goal`.
    pub fn count(figure: &str, count: u64, goal: u64) -> Self {
        let row = Self::new(figure, grouped(count as f64));
        row.with_goal(format!("≥ {}", grouped(goal as f64)), count >= goal)
    }

    /// A figure without a goal.
    pub fn note(figure: &str, measured: impl Into<String>) -> Self {
        Self::new(figure, measured.into())
    }

    /// A figure that could not be measured. It counts as a goal that was missed.
    pub fn failed(figure: &str, error: &anyhow::Error) -> Self {
        let reason: String = format!("{error:#}").replace(['|', '\n', '\r'], " ").chars().take(300).collect();
        let mut row = Self::new(figure, format!("failed: {reason}"));
        (row.met, row.failed) = (Some(false), true);
        row
    }

    fn new(figure: &str, measured: String) -> Self {
        Self { figure: figure.to_owned(), goal: String::new(), measured, latency: None, met: None, failed: false }
    }

    fn with_latency(mut self, run: &Run) -> Self {
        self.latency = Some(run.latency.clone());
        self
    }

    fn with_goal(mut self, goal: String, met: bool) -> Self {
        self.goal = goal;
        self.met = Some(met);
        self
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let met = match self.met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        write!(f, "| {} | {} | {met} | {} |", self.figure, self.measured, self.goal)?;
        match &self.latency {
            Some(latency) => {
                let columns = [500, 900, 990, 999].map(|per_mille| milliseconds(latency.quantile(per_mille)));
                write!(f, " {} | {} |", columns.join(" | "), milliseconds(latency.max()))
            }
            None => write!(f, " | | | | |"),
        }
    }
}

/// A titled list of figures.
pub struct Table {
    pub title: String,
    rows: Vec<Row>,
}

impl Table {
    /// An empty table.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), rows: Vec::new() }
    }

    /// Adds a figure and shows it at once on standard error, because a run takes long.
    pub fn add(&mut self, row: Row) {
        eprintln!("{row}");
        self.rows.push(row);
    }

    /// Whether every figure could be measured.
    pub fn is_complete(&self) -> bool {
        !self.rows.iter().any(|row| row.failed)
    }

    /// Whether every goal was met.
    pub fn meets_its_goals(&self) -> bool {
        self.rows.iter().all(|row| row.met != Some(false))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n", self.title)?;
        writeln!(f, "| Figure | Measured | Goal met | Goal | p50 ms | p90 ms | p99 ms | p99.9 ms | max ms |")?;
        writeln!(f, "|---|--:|:-:|--:|--:|--:|--:|--:|--:|")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

/// Milliseconds with as many decimals as the size of the number deserves.
pub fn milliseconds(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    if milliseconds >= 100.0 { format!("{milliseconds:.0}") } else { format!("{milliseconds:.2}") }
}

/// A number rounded to a whole one (to one decimal below a hundred), with a comma between groups of three digits.
pub fn grouped(number: f64) -> String {
    if number < 100.0 {
        return format!("{number:.1}").trim_end_matches(".0").to_owned();
    }
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_reading() {
        let cases = [(0.0, "0"), (62.54, "62.5"), (100.4, "100"), (2480.0, "2,480"), (1_234_567.0, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(milliseconds(Duration::from_micros(1234)), "1.23");
        assert_eq!(milliseconds(Duration::from_millis(1234)), "1234");
    }

    #[test]
    fn a_row_says_whether_its_goal_was_met() {
        assert!(Row::bytes("idle", 64 << 20, 64).to_string().contains("**no**"));
        assert!(Row::bytes("idle", (64 << 20) - 1, 64).to_string().contains("| yes |"));
        let mut run = Run { rate: 7999.4, answers: 0, latency: Histogram::default() };
        assert!(Row::rate("grants", &run, 8000.0).to_string().contains("| **no** | ≥ 8,000/s |"));
        run.rate = 8000.0;
        assert!(Row::rate("grants", &run, 8000.0).to_string().contains("| yes |"));
        assert!(Row::rate("grants", &run, 0.0).to_string().starts_with("| grants | 8,000/s |  |  |"));
    }

    #[test]
    fn a_failure_is_a_missed_goal_and_stays_on_one_line() {
        let mut table = Table::new("t");
        table.add(Row::note("a", "1"));
        assert!(table.meets_its_goals());
        table.add(Row::failed("b", &anyhow::anyhow!("x|y\nz")));
        assert!(!table.meets_its_goals());
        assert!(table.to_string().ends_with("| b | failed: x y z | **no** |  | | | | | |\n"));
    }
}
