//! The client's state and rules, pure.
//!
//! [`update`](update::update) takes the [`Model`](model::Model), one [`Msg`](msg::Msg) and the
//! [`Moment`](moment::Moment) it happened at, changes the model and returns what is to be done as
//! [`Effect`](effect::Effect)s. Every face (lines, JSON, the full screen) shows the same model and sends the same
//! messages; what a face has to announce comes as [`Report`](report::Report)s.
//!
//! Nothing here waits, reads a clock, draws a random number or touches a socket, a file or a terminal: times, random
//! delays and message ids are handed in. So the same messages always give the same effects, and a test is a list of
//! messages and a list of lines.

pub mod command;
pub mod effect;
pub mod exit;
pub mod intent;
pub mod model;
pub mod moment;
pub mod msg;
pub mod peer;
pub mod place;
pub mod report;
pub mod transcript;
pub mod update;
