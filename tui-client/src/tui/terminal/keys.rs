//! From the bytes of a terminal to the events that control knows.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyEventState, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use termina::event as bare;
use termina::{Event as Bare, Parser};

/// Alt+] and Alt+P begin like answers of the terminal, for which nobody asks here: waited for, they would swallow what is
/// typed after them.
const LIKE_ANSWERS: [&[u8]; 2] = [b"\x1b]", b"\x1bP"];

/// A paste begins, and ends.
const PASTE: [&[u8]; 2] = [b"\x1b[200~", b"\x1b[201~"];

/// Reads keys out of bytes, however they are cut into pieces.
#[derive(Debug, Default)]
pub struct Keys {
    parser: Parser,
    /// A paste has begun and not ended.
    is_pasting: bool,
}

impl Keys {
    /// Takes bytes, and hands over the events that are complete with them. `more` means that the piece may be cut off in
    /// the middle of a key; otherwise an escape at its end is the key Esc.
    pub fn take(&mut self, mut bytes: &[u8], more: bool, events: &mut Vec<Event>) {
        let [begins, ends] = PASTE.map(|mark| last(bytes, mark));
        let was_pasting = self.is_pasting;
        if begins.is_some() || ends.is_some() {
            self.is_pasting = begins > ends;
        }
        if !was_pasting && begins.is_none() {
            while let Some((at, key)) = like_an_answer(bytes) {
                self.parse(&bytes[..at], false, events);
                events.push(Event::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::ALT)));
                bytes = &bytes[at + 2..];
            }
        }
        self.parse(bytes, more, events);
    }

    fn parse(&mut self, bytes: &[u8], more: bool, events: &mut Vec<Event>) {
        if bytes.is_empty() {
            return;
        }
        self.parser.parse(bytes, more);
        while let Some(event) = self.parser.pop() {
            events.extend(translate(event));
        }
    }
}

/// The events of bytes that came together: an escape at their end is the key Esc.
pub fn events(bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    Keys::default().take(bytes, false, &mut events);
    events
}

fn last(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

/// Where the first of [`LIKE_ANSWERS`] begins, and its letter.
fn like_an_answer(bytes: &[u8]) -> Option<(usize, char)> {
    let at = bytes.windows(2).position(|window| LIKE_ANSWERS.contains(&window))?;
    Some((at, char::from(bytes[at + 1])))
}

/// Answers of the terminal are nobody's business.
fn translate(event: Bare) -> Option<Event> {
    Some(match event {
        Bare::Key(key) => Event::Key(KeyEvent {
            code: code(key.code)?,
            modifiers: modifiers(key.modifiers),
            kind: match key.kind {
                bare::KeyEventKind::Press => KeyEventKind::Press,
                bare::KeyEventKind::Release => KeyEventKind::Release,
                bare::KeyEventKind::Repeat => KeyEventKind::Repeat,
            },
            state: KeyEventState::NONE,
        }),
        Bare::Mouse(mouse) => Event::Mouse(MouseEvent {
            kind: mouse_kind(mouse.kind),
            column: mouse.column,
            row: mouse.row,
            modifiers: modifiers(mouse.modifiers),
        }),
        Bare::FocusIn => Event::FocusGained,
        Bare::FocusOut => Event::FocusLost,
        Bare::Paste(text) => Event::Paste(text),
        Bare::WindowResized(_) | Bare::Csi(_) | Bare::Osc(_) | Bare::Dcs(_) => return None,
    })
}

/// Keys that mean nothing here, like Caps Lock itself, are left out.
fn code(code: bare::KeyCode) -> Option<KeyCode> {
    Some(match code {
        bare::KeyCode::Char(letter) => KeyCode::Char(letter),
        bare::KeyCode::Enter => KeyCode::Enter,
        bare::KeyCode::Backspace => KeyCode::Backspace,
        bare::KeyCode::Tab => KeyCode::Tab,
        bare::KeyCode::BackTab => KeyCode::BackTab,
        bare::KeyCode::Escape => KeyCode::Esc,
        bare::KeyCode::Left => KeyCode::Left,
        bare::KeyCode::Right => KeyCode::Right,
        bare::KeyCode::Up => KeyCode::Up,
        bare::KeyCode::Down => KeyCode::Down,
        bare::KeyCode::Home => KeyCode::Home,
        bare::KeyCode::End => KeyCode::End,
        bare::KeyCode::PageUp => KeyCode::PageUp,
        bare::KeyCode::PageDown => KeyCode::PageDown,
        bare::KeyCode::Insert => KeyCode::Insert,
        bare::KeyCode::Delete => KeyCode::Delete,
        bare::KeyCode::Function(number) => KeyCode::F(number),
        _ => return None,
    })
}

fn modifiers(held: bare::Modifiers) -> KeyModifiers {
    let known = [
        (bare::Modifiers::SHIFT, KeyModifiers::SHIFT),
        (bare::Modifiers::ALT, KeyModifiers::ALT),
        (bare::Modifiers::CONTROL, KeyModifiers::CONTROL),
        (bare::Modifiers::SUPER, KeyModifiers::SUPER),
        (bare::Modifiers::HYPER, KeyModifiers::HYPER),
        (bare::Modifiers::META, KeyModifiers::META),
    ];
    known.into_iter().filter(|(bare, _)| held.contains(*bare)).map(|(_, known)| known).collect()
}

fn mouse_kind(kind: bare::MouseEventKind) -> MouseEventKind {
    match kind {
        bare::MouseEventKind::Down(button) => MouseEventKind::Down(mouse_button(button)),
        bare::MouseEventKind::Up(button) => MouseEventKind::Up(mouse_button(button)),
        bare::MouseEventKind::Drag(button) => MouseEventKind::Drag(mouse_button(button)),
        bare::MouseEventKind::Moved => MouseEventKind::Moved,
        bare::MouseEventKind::ScrollDown => MouseEventKind::ScrollDown,
        bare::MouseEventKind::ScrollUp => MouseEventKind::ScrollUp,
        bare::MouseEventKind::ScrollLeft => MouseEventKind::ScrollLeft,
        bare::MouseEventKind::ScrollRight => MouseEventKind::ScrollRight,
    }
}

fn mouse_button(button: bare::MouseButton) -> MouseButton {
    match button {
        bare::MouseButton::Left => MouseButton::Left,
        bare::MouseButton::Right => MouseButton::Right,
        bare::MouseButton::Middle => MouseButton::Middle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    fn pieces(pieces: &[&str]) -> Vec<Event> {
        let (mut keys, mut events) = (Keys::default(), Vec::new());
        for piece in pieces {
            keys.take(piece.as_bytes(), false, &mut events);
        }
        events
    }

    #[test]
    fn every_key_is_understood() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        let table = [
            ("a", KeyCode::Char('a'), NONE),
            ("Q", KeyCode::Char('Q'), KeyModifiers::SHIFT),
            ("é", KeyCode::Char('é'), NONE),
            ("\x1b", KeyCode::Esc, NONE),
            ("\r", KeyCode::Enter, NONE),
            ("\x1b\r", KeyCode::Enter, KeyModifiers::ALT),
            ("\x7f", KeyCode::Backspace, NONE),
            ("\n", KeyCode::Char('j'), KeyModifiers::CONTROL),
            ("\x03", KeyCode::Char('c'), KeyModifiers::CONTROL),
            ("\x1f", KeyCode::Char('7'), KeyModifiers::CONTROL),
            ("\x1b[A", KeyCode::Up, NONE),
            ("\x1bOB", KeyCode::Down, NONE),
            ("\x1b[5~", KeyCode::PageUp, NONE),
            ("\x1b[1;3D", KeyCode::Left, KeyModifiers::ALT),
            ("\x1b[Z", KeyCode::BackTab, KeyModifiers::SHIFT),
            ("\x1b[13;2u", KeyCode::Enter, KeyModifiers::SHIFT),
            ("\x1bOP", KeyCode::F(1), NONE),
            ("\x1b]", KeyCode::Char(']'), KeyModifiers::ALT),
            ("\x1bP", KeyCode::Char('P'), KeyModifiers::ALT),
        ];
        for (typed, code, modifiers) in table {
            assert_eq!(pieces(&[typed]), [key(code, modifiers)], "{typed:?}");
        }
    }

    #[test]
    fn keys_that_look_like_answers_swallow_nothing() {
        let [a, b] = ['a', 'b'].map(|letter| key(KeyCode::Char(letter), KeyModifiers::NONE));
        assert_eq!(pieces(&["a\x1b]b"]), [a, key(KeyCode::Char(']'), KeyModifiers::ALT), b]);
    }

    #[test]
    fn a_paste_comes_in_one_piece_whatever_is_in_it() {
        let paste = |text: &str| Event::Paste(text.to_owned());
        let x = key(KeyCode::Char('x'), KeyModifiers::NONE);
        assert_eq!(pieces(&["\x1b[200~one\rtwo\x1b[201~x"]), [paste("one\rtwo"), x.clone()]);
        assert_eq!(pieces(&["\x1b[200~one\x1b]", "t\x1bPwo\x1b[201~", "x"]), [paste("one\x1b]t\x1bPwo"), x]);
    }

    #[test]
    fn focus_and_mouse_are_understood() {
        let click = MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: 4,
            row: 2,
            modifiers: KeyModifiers::NONE,
        };
        assert_eq!(pieces(&["\x1b[I\x1b[O\x1b[<0;5;3M"]), [Event::FocusGained, Event::FocusLost, Event::Mouse(click)]);
    }
}
