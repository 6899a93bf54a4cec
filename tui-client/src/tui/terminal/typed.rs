//! Keys from the bytes that a terminal sends, for what is typed before the stream of events reads them.
//!
//! It knows what is likely in the first tenth of a second: text, editing keys, arrows, function keys, a paste. What it
//! does not know is passed over, never shown as text.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// The events that some bytes are.
pub fn events(bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (event, length) = next(rest);
        events.extend(event);
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    events
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Event> {
    Some(Event::Key(KeyEvent::new(code, modifiers)))
}

/// The first event of some bytes, which are not empty, and how many of them it takes.
fn next(bytes: &[u8]) -> (Option<Event>, usize) {
    match bytes {
        [0x1b, b'[', after @ ..] => sequence(after),
        [0x1b, b'O', last, ..] => (named(*last, None).and_then(|code| key(code, KeyModifiers::NONE)), 3),
        [0x1b] | [0x1b, 0x1b, ..] => (key(KeyCode::Esc, KeyModifiers::NONE), 1),
        [0x1b, after @ ..] => {
            let (event, length) = single(after);
            let event = event.map(|event| match event {
                Event::Key(key) => Event::Key(KeyEvent::new(key.code, key.modifiers | KeyModifiers::ALT)),
                other => other,
            });
            (event, length + 1)
        }
        _ => single(bytes),
    }
}

/// A key that is one byte or one character.
fn single(bytes: &[u8]) -> (Option<Event>, usize) {
    let Some(&first) = bytes.first() else { return (None, 1) };
    let ctrl = |c: u8| key(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    match first {
        b'\r' => (key(KeyCode::Enter, KeyModifiers::NONE), 1),
        b'\t' => (key(KeyCode::Tab, KeyModifiers::NONE), 1),
        0x7f => (key(KeyCode::Backspace, KeyModifiers::NONE), 1),
        0 => (ctrl(b' '), 1),
        0x01..=0x1a => (ctrl(first - 1 + b'a'), 1),
        0x1b => (key(KeyCode::Esc, KeyModifiers::NONE), 1),
        0x1c..=0x1f => (ctrl(first - 0x1c + b'4'), 1),
        _ => match character(bytes) {
            Some(c) => {
                let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
                (key(KeyCode::Char(c), shift), c.len_utf8())
            }
            None => (None, 1),
        },
    }
}

fn character(bytes: &[u8]) -> Option<char> {
    let end = bytes.len().min(4);
    (1..=end).find_map(|length| str::from_utf8(&bytes[..length]).ok()?.chars().next())
}

/// What follows `ESC [`.
fn sequence(after: &[u8]) -> (Option<Event>, usize) {
    const BEGIN: &[u8] = b"200~";
    const END: &[u8] = b"\x1b[201~";
    if let Some(pasted) = after.strip_prefix(BEGIN) {
        let end = pasted.windows(END.len()).position(|window| window == END);
        let text = String::from_utf8_lossy(&pasted[..end.unwrap_or(pasted.len())]).into_owned();
        let length = 2 + BEGIN.len() + end.map_or(pasted.len(), |end| end + END.len());
        return (Some(Event::Paste(text)), length);
    }
    let Some(end) = after.iter().position(|byte| (0x40..=0x7e).contains(byte)) else { return (None, 2 + after.len()) };
    let parameters = str::from_utf8(&after[..end]).unwrap_or_default();
    let length = end + 3;
    let mut numbers = parameters.split(';').map(|number| number.parse::<u8>().ok());
    let (number, modifiers) = (numbers.next().flatten(), numbers.next().flatten().map_or(KeyModifiers::NONE, held));
    let event = match after[end] {
        b'I' if end == 0 => Some(Event::FocusGained),
        b'O' if end == 0 => Some(Event::FocusLost),
        b'Z' => key(KeyCode::BackTab, KeyModifiers::SHIFT),
        last => named(last, number).and_then(|code| key(code, modifiers)),
    };
    (event, length)
}

/// Modifiers as xterm counts them: one more than the sum of 1 for Shift, 2 for Alt, 4 for Ctrl.
fn held(number: u8) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    let all = [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)];
    all.into_iter().filter(|(bit, _)| bits & bit != 0).fold(KeyModifiers::NONE, |sum, (_, modifier)| sum | modifier)
}

fn named(last: u8, number: Option<u8>) -> Option<KeyCode> {
    Some(match (last, number) {
        (b'A', _) => KeyCode::Up,
        (b'B', _) => KeyCode::Down,
        (b'C', _) => KeyCode::Right,
        (b'D', _) => KeyCode::Left,
        (b'H', _) | (b'~', Some(1 | 7)) => KeyCode::Home,
        (b'F', _) | (b'~', Some(4 | 8)) => KeyCode::End,
        (b'P'..=b'S', _) => KeyCode::F(last - b'P' + 1),
        (b'~', Some(2)) => KeyCode::Insert,
        (b'~', Some(3)) => KeyCode::Delete,
        (b'~', Some(5)) => KeyCode::PageUp,
        (b'~', Some(6)) => KeyCode::PageDown,
        (b'~', Some(number @ 11..=15)) => KeyCode::F(number - 10),
        (b'~', Some(number @ 17..=21)) => KeyCode::F(number - 11),
        (b'~', Some(number @ 23..=24)) => KeyCode::F(number - 12),
        (b'u', Some(number)) => match number {
            9 => KeyCode::Tab,
            13 => KeyCode::Enter,
            27 => KeyCode::Esc,
            127 => KeyCode::Backspace,
            printable @ 32..=126 => KeyCode::Char(char::from(printable)),
            _ => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_what_a_terminal_means_by_its_bytes() {
        let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
        let with = |code, modifiers| KeyEvent::new(code, modifiers);
        let table: &[(&[u8], KeyEvent)] = &[
            (b"a", plain(KeyCode::Char('a'))),
            (b"A", with(KeyCode::Char('A'), KeyModifiers::SHIFT)),
            ("日".as_bytes(), plain(KeyCode::Char('日'))),
            (b"\r", plain(KeyCode::Enter)),
            (b"\n", with(KeyCode::Char('j'), KeyModifiers::CONTROL)),
            (b"\x7f", plain(KeyCode::Backspace)),
            (b"\x03", with(KeyCode::Char('c'), KeyModifiers::CONTROL)),
            (b"\x1f", with(KeyCode::Char('7'), KeyModifiers::CONTROL)),
            (b"\x1b", plain(KeyCode::Esc)),
            (b"\x1bx", with(KeyCode::Char('x'), KeyModifiers::ALT)),
            (b"\x1b[A", plain(KeyCode::Up)),
            (b"\x1bOP", plain(KeyCode::F(1))),
            (b"\x1b[15~", plain(KeyCode::F(5))),
            (b"\x1b[24~", plain(KeyCode::F(12))),
            (b"\x1b[1;5C", with(KeyCode::Right, KeyModifiers::CONTROL)),
            (b"\x1b[13;2u", with(KeyCode::Enter, KeyModifiers::SHIFT)),
            (b"\x1b[Z", with(KeyCode::BackTab, KeyModifiers::SHIFT)),
            (b"\x1b[6~", plain(KeyCode::PageDown)),
        ];
        for (bytes, expected) in table {
            assert_eq!(events(bytes), [Event::Key(*expected)], "{}", bytes.escape_ascii());
        }
        assert_eq!(events(b"\x1b[I\x1b[O"), [Event::FocusGained, Event::FocusLost]);
        assert_eq!(events(b"\x1b[200~two\rlines\x1b[201~!").first(), Some(&Event::Paste("two\rlines".to_owned())));
        assert_eq!(events(b"\x1b[?62;22c"), [], "an answer that nobody asked for");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = events(&bytes);
        }

        #[test]
        fn text_arrives_as_it_was_typed(text in "[a-z日é🎉 ]{0,40}") {
            let typed: String = events(text.as_bytes()).into_iter().filter_map(|event| match event {
                Event::Key(KeyEvent { code: KeyCode::Char(c), .. }) => Some(c),
                _ => None,
            }).collect();
            prop_assert_eq!(typed, text);
        }
    }
}
