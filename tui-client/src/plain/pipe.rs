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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<Cut> {
        let mut pipe = Pipe::default();
        let mut lines = Vec::new();
        for chunk in chunks {
            let mut rest = *chunk;
            while !rest.is_empty() {
                let (line, taken) = pipe.take(rest);
                lines.extend(line);
                rest = &rest[taken..];
            }
        }
        lines.extend(pipe.end());
        lines
    }

    #[test]
    fn lines_end_with_a_newline_or_with_the_input() {
        let cut = |text: &str| Ok(text.to_owned());
        assert_eq!(lines(&[b"one\ntw", b"o\r\n\nlast"]), [cut("one"), cut("two"), cut(""), cut("last")]);
        assert_eq!(lines(&[b"one\n"]), [cut("one")]);
        assert_eq!(lines(&[]), []);
    }

    #[test]
    fn an_overlong_line_is_refused_and_the_next_one_is_read() {
        let longest = vec![b'x'; LINE_MOST];
        assert_eq!(lines(&[&longest, b"\n"]), [Ok("x".repeat(LINE_MOST))]);
        let too_long = Err(Unreadable::TooLong { most: LINE_MOST });
        assert_eq!(lines(&[&longest, b"y", b"z\nnext\n"]), [too_long.clone(), Ok("next".to_owned())]);
        assert_eq!(lines(&[&longest, &longest]), [too_long]);
    }

    #[test]
    fn what_is_not_utf_8_is_refused() {
        assert_eq!(lines(&[b"a\xffb\nc\n"]), [Err(Unreadable::NotUtf8), Ok("c".to_owned())]);
    }
}
