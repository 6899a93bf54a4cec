//! Log lines on stderr, for people: `2026-11-20 14:02:11 info  hans logged in from 127.0.0.1`.
//!
//! `line` makes each event one harmless line, and `writer` takes care that nobody waits for whoever reads them.

use std::error::Error;

use shared::text::{Lines, SafeText};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

mod line;
mod writer;

#[cfg(test)]
mod tests;

use line::Line;
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
