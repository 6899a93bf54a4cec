//! Cuts what is piped in into lines.

use shared::limits::TEXT_BYTES;

use crate::app::msg::Unreadable;

/// The longest line, in bytes. A text of [`TEXT_BYTES`] of which every character is written as a JSON escape of six
/// still fits, with its command.
pub const LINE_MOST: usize = 8 * TEXT_BYTES;

/// A line, or why it is none.
pub type Cut = Result<String, Unreadable>;

/// Collects bytes until a line is whole. It never holds more than the longest line.
#[derive(Debug, Default)]
pub struct Pipe {
    begun: Vec<u8>,
    overlong: bool,
}

impl Pipe {
    /// Takes bytes up to and with the end of a line. Answers the line, if it is whole, and how many bytes were taken.
    pub fn take(&mut self, bytes: &[u8]) -> (Option<Cut>, usize) {
        let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else {
            self.keep(bytes);
            return (None, bytes.len());
        };
        self.keep(&bytes[..end]);
        (Some(self.cut()), end + 1)
    }

    /// No more bytes come: what was begun is a line too.
    pub fn end(&mut self) -> Option<Cut> {
        (self.overlong || !self.begun.is_empty()).then(|| self.cut())
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.overlong |= self.begun.len() + bytes.len() > LINE_MOST;
        if self.overlong {
            self.begun.clear();
        } else {
            self.begun.extend_from_slice(bytes);
        }
    }

    fn cut(&mut self) -> Cut {
        let mut line = std::mem::take(&mut self.begun);
        if std::mem::take(&mut self.overlong) {
            return Err(Unreadable::TooLong { most: LINE_MOST });
        }
        line.pop_if(|last| *last == b'\r');
        String::from_utf8(line).map_err(|_| Unreadable::NotUtf8)
    }
}
