//! Faces without a screen: lines of text, and one JSON object a line.
//!
//! [`Voice`] says a [`Report`] and reads what was typed or piped in; [`editor`] edits one row of a terminal without a
//! single escape byte; [`pipe`] cuts what is piped in into lines; [`terminal`] holds the modes of a real terminal.
//! Everything but the last is pure. `docs/plain.md` lists every word.

pub mod editor;
mod json;
mod object;
pub mod pipe;
mod private;
mod render;
#[cfg(test)]
mod stories;
pub mod terminal;
#[cfg(test)]
pub(crate) mod tests;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::id::UnixMs;

use crate::app::command::Command;
use crate::app::model::Question;
use crate::app::msg::Unreadable;
use crate::app::report::Report;

/// Which of the two faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Lines of text.
    Plain,
    /// One JSON object a line.
    Json,
}

/// Something to write, without its newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// An event, for standard output.
    Event(String),
    /// A sentence for the person in front of it, for standard error.
    Aside(String),
}

/// What a line that came in is.
#[derive(Debug, PartialEq, Eq)]
pub enum Reading {
    /// A line of text: a command as people type it.
    Text(String),
    /// A command that came as an object.
    Command(Command),
    /// Neither.
    Unreadable(Unreadable),
}

impl Voice {
    /// Finds the words for a report.
    pub fn say(self, report: &Report, clock: &Clock) -> Line {
        match (self, report) {
            (_, Report::Aside(aside)) => Line::Aside(render::aside(aside)),
            (Self::Plain, report) => Line::Event(render::event(report, clock)),
            (Self::Json, report) => Line::Event(json::event(report)),
        }
    }

    /// Reads a line where commands are read.
    pub fn read(self, line: String) -> Reading {
        match self {
            Self::Json if line.starts_with('{') => object::read(&line),
            Self::Plain | Self::Json => Reading::Text(line),
        }
    }

    /// Reads a line where an answer is awaited.
    pub fn read_answer(self, line: String) -> String {
        match self {
            Self::Json => object::read_answer(&line).unwrap_or(line),
            Self::Plain => line,
        }
    }
}

/// What a person is asked at a terminal.
pub fn prompt(question: Question) -> &'static str {
    match question {
        Question::Host => "host one here? [y/N] ",
        Question::Name => "name: ",
        Question::Password => "password: ",
        Question::FirstPassword => "new account, password (empty: another name): ",
        Question::FirstPasswordAgain | Question::NewPasswordAgain => "password again: ",
        Question::OldPassword => "old password: ",
        Question::NewPassword => "new password: ",
    }
}

/// What turns a moment into the time of day people see. Both are handed in, so that tests show the same everywhere.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Where the user is.
    pub zone: TimeZone,
    /// Now: times of today are said without their date.
    pub now: UnixMs,
}

impl Clock {
    /// `2026-11-20 13:40`.
    fn date(&self, at: UnixMs) -> String {
        self.format("%Y-%m-%d %H:%M", at)
    }

    /// `13:40` today, with its date on other days.
    fn short(&self, at: UnixMs) -> String {
        let day = |at| self.format("%Y-%m-%d", at);
        if day(at) == day(self.now) { self.format("%H:%M", at) } else { self.date(at) }
    }

    fn format(&self, format: &str, at: UnixMs) -> String {
        // A server may send any number; one that is no time is shown as the last moment there is.
        let millisecond = i64::try_from(at.0).unwrap_or(i64::MAX);
        let moment = Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::MAX);
        moment.to_zoned(self.zone.clone()).strftime(format).to_string()
    }
}
