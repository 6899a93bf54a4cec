//! What is printed: figures with their units, one a line.

use std::time::Duration;

/// Times that were measured, in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Times {
    micros: Vec<u32>,
}

impl Times {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        self.micros.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// The time that this many of a hundred do not exceed, in milliseconds.
    fn percentile(&mut self, percent: usize) -> Option<f64> {
        self.micros.sort_unstable();
        let last = self.micros.len().checked_sub(1)?;
        Some(f64::from(self.micros[last * percent / 100]) / 1000.0)
    }

    /// Prints the median and the 99th percentile.
    pub fn print(&mut self, what: &str) {
        let count = self.micros.len();
        match self.percentile(50).zip(self.percentile(99)) {
            Some((half, most)) => {
                line(what, &format!("p50 {half:.3} ms, p99 {most:.3} ms ({count} measured)"));
            }
            None => line(what, "not measured"),
        }
    }
}

/// A heading.
#[expect(clippy::print_stdout, reason = "figures are the output of this program")]
pub fn heading(text: &str) {
    println!("{text}");
}

/// One figure.
#[expect(clippy::print_stdout, reason = "figures are the output of this program")]
pub fn line(what: &str, figure: &str) {
    println!("  {what:<44} {figure}");
}

/// Something for the person who waits.
#[expect(clippy::print_stderr, reason = "a command line program says why it failed")]
pub fn complain(text: &str) {
    eprintln!("{text}");
}

/// A count as a figure for arithmetic. Counts here stay far below the 2^53 that a float holds exactly.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// A rate, in thousands or millions where that reads better.
pub fn per_second(count: u64, time: Duration) -> String {
    let rate = float(count) / time.as_secs_f64();
    match rate {
        rate if rate >= 1e6 => format!("{:.2} M/s", rate / 1e6),
        rate if rate >= 1e4 => format!("{:.1} k/s", rate / 1e3),
        rate => format!("{rate:.0} /s"),
    }
}

/// Says when the figures mean nothing.
pub fn warn_about_debug() {
    if cfg!(debug_assertions) {
        complain("load: this is a debug build, its figures mean nothing: cargo run --release -p load");
    }
}
