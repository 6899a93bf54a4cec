//! Log lines on stderr, for people: `2026-11-20 14:02:11 info  hans logged in from 127.0.0.1`.
//!
//! Each event is one line whatever is in it: names and addresses come from outside, so the whole line is made harmless
//! before it is written.

use std::error::Error;
use std::fmt;

use shared::text::{Lines, SafeText};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

mod writer;

#[cfg(test)]
mod tests;

pub use writer::Log;

/// Why logging cannot begin. The text fits after "server: ".
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The directives cannot be read.
    #[error("the log level {directives:?} (--log-level or TERN_LOG) cannot be read")]
    Directives {
        /// What was said.
        directives: String,
        /// What is wrong with it.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// The thread that writes cannot be started.
    #[error("cannot start the thread that writes the log")]
    Thread(#[source] std::io::Error),
}

/// Logs to stderr from now on, for the whole process: a level (`info`), or directives such as `warn,server::net=debug`.
/// Where something else has begun to log before, that stays. The last lines are written when what is answered ends.
pub fn begin(directives: &str) -> Result<Log, LoggingError> {
    let (log, queue) = Log::begin(std::io::stderr()).map_err(LoggingError::Thread)?;
    begin_with(directives, queue)?;
    Ok(log)
}

/// The limits of this part, for `server config`.
pub fn limits() -> Vec<(&'static str, String)> {
    vec![("log that waits for its reader", format!("{} bytes", writer::WAITING))]
}

/// Says why the program ends, to whoever reads standard error. One who does not read holds nothing up.
pub fn last_words(text: &str) {
    use std::io::Write as _;
    // Without a thread, or a reader, there is nobody to tell that to.
    if let Ok((_log, mut queue)) = Log::begin(std::io::stderr()) {
        let _ = queue.write_all(text.as_bytes());
    }
}

/// Logs to a file in the same way, for a server inside a program that needs its terminal for itself.
pub fn begin_in(file: std::fs::File, directives: &str) -> Result<(), LoggingError> {
    begin_with(directives, std::sync::Arc::new(file))
}

fn begin_with<W>(directives: &str, writer: W) -> Result<(), LoggingError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(directives)
        .map_err(|source| LoggingError::Directives { directives: directives.to_owned(), source })?;
    // Whoever read the log may be gone. To complain of that on stderr would be a panic, which would be the end of the server.
    let log = tracing_subscriber::fmt().log_internal_errors(false);
    let _ = log.with_env_filter(filter).event_format(Line).with_writer(writer).try_init();
    Ok(())
}

/// An error and everything that caused it, as one harmless line.
pub fn one_line(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string);
    let text = causes.collect::<Vec<_>>().join(": ");
    SafeText::new(&text, Lines::One).escaped().into_owned()
}

/// The format of one line.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        writer.write_str(&line(*event.metadata().level(), format_args!("{}{}", said.message, said.fields)))
    }
}

/// One line of the log, with its line feed.
fn line(of: Level, said: fmt::Arguments<'_>) -> String {
    let time = jiff::Zoned::now().strftime("%F %T").to_string();
    let safe = SafeText::new(&said.to_string(), Lines::One);
    format!("{time} {:<5} {}\n", level(of), safe.escaped())
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The parts of an event: its message, and the other fields as ` key=value`.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        use fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
