//! Questions to the terminal: which background it has, and how wide it draws emoji.
//!
//! They are asked after the first frame and before the stream of events, with a limit of time. What was typed meanwhile
//! is handed back. The last question is where the cursor is, which every terminal answers: a terminal that does not know
//! the others costs no waiting.

use std::io;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::tui::cluster::Classes;
use crate::tui::theme::{Rgb, parse_osc11};

/// Longer than this no terminal that is near needs; whoever waits has the first frame before the eyes.
pub const LIMIT: Duration = Duration::from_millis(100);

/// Nobody types more in that time.
const MOST_BYTES: usize = 64 * 1024;

/// One sample of each class, with the columns that we count: a selector, a joined one, a skin tone, and a symbol of our
/// own that some terminals for East Asia draw twice as wide.
const SAMPLES: [(&str, u16); 4] = [
    ("\u{2764}\u{fe0f}", 2),
    ("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", 2),
    ("\u{1f44d}\u{1f3fd}", 2),
    ("\u{25cf}", 1),
];

/// For a terminal without UTF-8, where the bytes of the others may be commands: nothing is learned from its width, only
/// that the terminal has answered.
const PLAIN_SAMPLES: [(&str, u16); 1] = [("*", 1)];

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Questions {
    /// How long the answers may take.
    pub limit: Duration,
    /// Whether the terminal takes UTF-8: otherwise only its background is asked for.
    pub has_utf8: bool,
}

impl Questions {
    fn samples(self) -> &'static [(&'static str, u16)] {
        if self.has_utf8 { &SAMPLES } else { &PLAIN_SAMPLES }
    }
}

/// What the terminal said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Its background.
    pub background: Option<Rgb>,
    /// Which emoji it counts as we do; nothing where it did not answer in time.
    pub emoji: Option<Classes>,
    /// Whether the symbols of our own take more columns than one.
    pub wide_symbols: bool,
    /// What was typed meanwhile.
    pub typed: Vec<u8>,
}

/// What to write. The samples stand in a row that the next frame paints over, invisible, inside of one update.
pub(super) fn bytes(questions: Questions, row: u16) -> Vec<u8> {
    let mut bytes = b"\x1b[?2026h\x1b]11;?\x1b\\\x1b[8m".to_vec();
    for (sample, _) in questions.samples() {
        bytes.extend(format!("\x1b[{row};1H{sample}\x1b[6n").into_bytes());
    }
    bytes.extend(format!("\x1b[0m\x1b[{row};1H\x1b[2K\x1b[?2026l").into_bytes());
    bytes
}

/// Reads until everything is answered or the time is over.
pub(super) fn listen(questions: Questions, row: u16) -> io::Result<Answers> {
    let deadline = Instant::now() + questions.limit;
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let (answers, is_complete) = sort(&bytes, row, questions.samples());
        let left = deadline.saturating_duration_since(Instant::now());
        if is_complete || left.is_zero() || bytes.len() >= MOST_BYTES {
            return Ok(answers);
        }
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        let stdin = rustix::stdio::stdin();
        match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => match rustix::io::read(stdin, &mut chunk) {
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
                // The terminal is gone; the stream of events will say so.
                Ok(0) => return Ok(answers),
                Ok(count) => bytes.extend(&chunk[..count]),
            },
        }
    }
}

/// Parts answers from what was typed, and tells whether all have come.
fn sort(bytes: &[u8], row: u16, samples: &[(&str, u16)]) -> (Answers, bool) {
    let mut answers = Answers::default();
    let mut columns = Vec::new();
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        if let Some(length) = background(rest) {
            answers.background = parse_osc11(&rest[..length]).or(answers.background);
            rest = &rest[length..];
        } else if let Some((column, length)) = cursor(rest, row).filter(|_| columns.len() < samples.len()) {
            columns.push(column);
            rest = &rest[length..];
        } else {
            answers.typed.push(first);
            rest = after;
        }
    }
    let is_complete = columns.len() == samples.len();
    if is_complete && samples.len() == SAMPLES.len() {
        let fits = |at: usize| columns.get(at).is_some_and(|column: &u16| column - 1 == SAMPLES[at].1);
        answers.emoji = Some(Classes { selectors: fits(0), joined: fits(1), tones: fits(2) });
        answers.wide_symbols = !fits(3);
    }
    (answers, is_complete)
}

/// The length of an answer about the background at the beginning of the bytes.
fn background(bytes: &[u8]) -> Option<usize> {
    let value = bytes.strip_prefix(b"\x1b]11;")?;
    let end = value.iter().position(|byte| matches!(byte, 0x07 | 0x1b))?;
    let is_long = value[end] == 0x1b;
    if is_long && value.get(end + 1) != Some(&b'\\') {
        return None;
    }
    Some(b"\x1b]11;".len() + end + if is_long { 2 } else { 1 })
}

/// The column of an answer about the cursor at the beginning of the bytes, in the row of the samples, and its length.
/// The row tells it from F3 with a modifier, which some terminals send in the same form.
fn cursor(bytes: &[u8], row: u16) -> Option<(u16, usize)> {
    let value = bytes.strip_prefix(b"\x1b[")?;
    let end = value.iter().take(12).position(|&byte| byte == b'R')?;
    let (at, column) = str::from_utf8(&value[..end]).ok()?.split_once(';')?;
    let column = column.parse::<u16>().ok().filter(|&column| column > 0)?;
    (at.parse() == Ok(row)).then_some((column, end + 3))
}

/// Takes an answer about the background that comes too late out of the events, where it looks like keys.
#[derive(Debug, Default)]
pub struct LateAnswer {
    awaited: bool,
    held: Vec<Event>,
}

/// An answer is not longer.
const LATE_EVENTS: usize = 40;

impl LateAnswer {
    /// One that may still come.
    pub fn awaited() -> Self {
        Self { awaited: true, held: Vec::new() }
    }

    /// What is left of some events.
    pub fn filter(&mut self, events: Vec<Event>) -> Vec<Event> {
        if !self.awaited {
            return events;
        }
        let mut kept = Vec::with_capacity(events.len());
        for event in events {
            self.take(event, &mut kept);
        }
        kept
    }

    fn take(&mut self, event: Event, kept: &mut Vec<Event>) {
        let Event::Key(KeyEvent { code: KeyCode::Char(c), modifiers, .. }) = event else {
            kept.append(&mut self.held);
            return kept.push(event);
        };
        let begins = c == ']' && modifiers == KeyModifiers::ALT;
        let ends = matches!((c, modifiers), ('g', KeyModifiers::CONTROL) | ('\\', KeyModifiers::ALT));
        let value = "11;rgba:/#0123456789abcdefABCDEF";
        let (at, fits) = (self.held.len(), value.contains(c) && (modifiers - KeyModifiers::SHIFT).is_empty());
        let fits = fits && (at > 3 || value.chars().nth(at.saturating_sub(1)) == Some(c));
        if !self.awaited || (at == 0 && !begins) {
            kept.push(event);
        } else if at > 3 && ends {
            self.held.clear();
            self.awaited = false;
        } else if (at == 0 || fits) && at < LATE_EVENTS {
            self.held.push(event);
        } else {
            kept.append(&mut self.held);
            kept.push(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::events;
    use super::*;

    #[test]
    fn answers_are_parted_from_what_was_typed() {
        let bytes = b"he\x1b]11;rgb:ffff/ffff/ffff\x1b\\l\x1b[24;3R\x1b[24;9Rlo\x1b[24;5R\x1b[1;2R\x1b[24;2R\r";
        let (answers, is_complete) = sort(bytes, 24, &SAMPLES);
        assert!(is_complete);
        assert_eq!(answers.background, Some(Rgb(255, 255, 255)));
        assert_eq!(answers.emoji, Some(Classes { selectors: true, joined: false, tones: false }));
        assert!(!answers.wide_symbols);
        assert_eq!(answers.typed, b"hello\x1b[1;2R\r", "F3 with Shift is a key");
    }

    #[test]
    fn what_is_not_whole_is_no_answer_yet() {
        for bytes in
            [&b"\x1b]11;rgb:ff"[..], b"\x1b]11;rgb:f/f/f\x1b", b"\x1b[24;3", b"\x1b[24;3R\x1b[24;3R\x1b[24;3R", b""]
        {
            let (answers, is_complete) = sort(bytes, 24, &SAMPLES);
            assert!(!is_complete && answers.emoji.is_none() && answers.background.is_none(), "{bytes:?}");
        }
        assert_eq!(sort(b"\x1b[24;0R", 24, &SAMPLES).0.typed, b"\x1b[24;0R");
    }

    #[test]
    fn an_east_asian_terminal_gets_plain_symbols() {
        let (answers, _) = sort(b"\x1b[9;3R\x1b[9;3R\x1b[9;3R\x1b[9;3R", 9, &SAMPLES);
        assert_eq!(answers.emoji, Some(Classes { selectors: true, joined: true, tones: true }));
        assert!(answers.wide_symbols);
    }

    #[test]
    fn the_samples_show_nothing_and_leave_nothing() {
        let size = |cells| std::num::NonZeroU16::new(cells).expect("not zero");
        for has_utf8 in [true, false] {
            let mut parser = vt100::Parser::new(size(4), size(20), 0);
            parser.process(b"first\r\nsecond");
            parser.process(&bytes(Questions { limit: LIMIT, has_utf8 }, 4));
            assert_eq!(parser.screen().contents(), "first\nsecond");
        }
    }

    #[test]
    fn without_utf8_the_background_is_asked_for_in_ascii() {
        let plain = Questions { limit: LIMIT, has_utf8: false };
        assert!(bytes(plain, 24).is_ascii());
        let (answers, is_complete) = sort(b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[24;2Rx", 24, plain.samples());
        assert!(is_complete && answers.emoji.is_none() && !answers.wide_symbols);
        assert_eq!((answers.background, &answers.typed[..]), (Some(Rgb(255, 255, 255)), &b"x"[..]));
    }

    #[test]
    fn a_late_answer_is_taken_out_of_the_keys_once() {
        let late = events(b"a\x1b]11;rgb:1414/1717/1f1f\x1b\\b");
        let mut filter = LateAnswer::awaited();
        let (first, second) = late.split_at(9);
        let kept = [filter.filter(first.to_vec()), filter.filter(second.to_vec())].concat();
        assert_eq!(kept, events(b"ab"));
        let bell = events(b"\x1b]11;#ffffff\x07");
        assert_eq!(LateAnswer::awaited().filter(bell.clone()), []);
        assert_eq!(LateAnswer::default().filter(bell.clone()), bell, "nothing was asked");
        for typed in [&b"\x1b]x"[..], b"\x1b]12", b"\x1b]11;rgb:zz", b"\x07", b"\x1b]\r"] {
            assert_eq!(LateAnswer::awaited().filter(events(typed)), events(typed), "{typed:?}");
        }
    }
}
