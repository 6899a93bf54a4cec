//! What the loop needs of a face.

use std::io;
use std::time::Duration;

use secrecy::SecretString;

use crate::app::command::{Command, Showing};
use crate::app::intent::Saying;
use crate::app::model::Model;
use crate::app::moment::Moment;
use crate::app::msg::{Msg, Unreadable};
use crate::app::report::Report;

/// What the user did.
#[derive(Debug)]
pub enum Did {
    /// Finished a line where commands are read.
    Line(String),
    /// Gave a command that needs no parsing.
    Command(Command),
    /// Finished a line that cannot become a command.
    Unreadable(Unreadable),
    /// Answered the question that was asked last.
    Answered(SecretString),
    /// Pressed keys that make no line yet.
    Typed,
    /// Sent a text off in a tab.
    Said(Saying),
    /// Something else that the model is to know.
    Told(Msg),
    /// Ended the input.
    Ended,
    /// Closed the terminal.
    HungUp,
    /// Nothing, but there is something to show now that had to wait.
    Waited,
}

/// Whether everything reported can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It can: the server may be told.
    All,
    /// Something is held back, for example while a line is being typed.
    NotYet,
}

/// A face: shows the model and its reports, and says what the user does.
///
/// The loop calls [`report`](Self::report) for each event and [`show`](Self::show) once after everything that happened
/// at one time, so a face writes or draws once however much came in.
pub trait Face {
    /// Takes an event; it may be shown later, by [`show`](Self::show).
    fn report(&mut self, report: &Report, model: &Model, now: Moment);

    /// Makes visible what was reported and what has changed. Waits while the output takes nothing. An error means that
    /// nobody can see anything any more.
    fn show(&mut self, model: &Model) -> impl Future<Output = io::Result<Shown>>;

    /// Waits for what the user does next. Loses nothing when it is not waited for to the end.
    fn next(&mut self, model: &Model) -> impl Future<Output = Did>;

    /// The key or signal for "stop" came. Answers whether it meant only what is being typed.
    fn interrupt(&mut self) -> bool;

    /// Gives the terminal back, stops the program until it is continued, and takes the terminal again.
    fn stop(&mut self) -> impl Future<Output = ()>;

    /// Shows the chat in this way from here on. Only where the model's settings say that it can.
    fn switch(&mut self, _to: Showing) {}

    /// The server took so long to answer a ping.
    fn delay(&mut self, _delay: Duration) {}

    /// The output takes nothing, and the program is to end: what was not shown never will be.
    fn abandon_output(&mut self);
}
