use std::io;
use std::sync::{Arc, Mutex};

use tracing::Level;

use super::*;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("unpoisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is written for the events of `work`.
fn logged(work: impl FnOnce()) -> String {
    let sink = Sink::default();
    let writer = sink.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .event_format(Line)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    let bytes = sink.0.lock().expect("unpoisoned").clone();
    String::from_utf8(bytes).expect("text")
}

#[test]
fn a_line_is_a_time_a_level_and_a_sentence() {
    let line = logged(|| tracing::info!("hans logged in from {}", "127.0.0.1"));
    let (time, rest) = line.split_at(19);
    assert!(jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", time).is_ok(), "{line}");
    assert_eq!(rest, " info  hans logged in from 127.0.0.1\n");
}

#[test]
fn levels_line_up_and_fields_follow() {
    let lines = logged(|| {
        tracing::error!("one");
        tracing::warn!(port = 4000, name = "yoda", "two");
        tracing::trace!(error = %"three");
    });
    let rests: Vec<&str> = lines.lines().map(|line| &line[19..]).collect();
    assert_eq!(rests, [" error one", " warn  two port=4000 name=yoda", " trace  error=three"]);
}

#[test]
fn nothing_in_a_name_can_forge_a_line_or_reach_the_terminal() {
    let line = logged(|| {
        let name = "x\u{1b}[2J\r\n2026-01-01 00:00:00 info  forged\u{202e}\u{7}";
        tracing::warn!(other = name, "{name} was refused");
    });
    assert_eq!(line.matches('\n').count(), 1, "{line:?}");
    assert!(line.ends_with('\n'));
    for c in ['\u{1b}', '\r', '\u{202e}', '\u{7}'] {
        assert!(!line.contains(c), "{line:?}");
    }
}

#[test]
fn directives_that_cannot_be_read_are_named() {
    let error = begin("server=loud").expect_err("no such level").to_string();
    assert!(error.contains("\"server=loud\"") && error.contains("TERN_LOG"), "{error}");
}

#[test]
fn an_error_is_told_with_its_causes_in_one_line() {
    let error = begin("server=loud").expect_err("no such level");
    let text = one_line(&error);
    assert!(text.contains("cannot be read: "), "{text}");
    let forged = io::Error::other(io::Error::other("two\nlines\u{1b}"));
    assert!(!one_line(&forged).contains(['\n', '\u{1b}']));
}
