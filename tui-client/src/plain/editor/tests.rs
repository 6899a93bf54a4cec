use proptest::prelude::*;

use super::*;

/// A terminal row that understands what the editor writes: characters, backspace, carriage return and newline.
#[derive(Default)]
struct Screen {
    rows: Vec<String>,
    row: Vec<char>,
    column: usize,
}

impl Screen {
    fn write(&mut self, out: &str) {
        for c in out.chars() {
            match c {
                '\r' => self.column = 0,
                '\n' => {
                    let row: String = std::mem::take(&mut self.row).into_iter().collect();
                    self.rows.push(row.trim_end().to_owned());
                }
                '\u{8}' => self.column = self.column.checked_sub(1).expect("a backspace never leaves the row"),
                c => {
                    assert!(!c.is_control(), "{c:?} was written");
                    // A wide character takes two cells; the second one is left empty.
                    let cells = c.to_string().width();
                    self.row.resize(self.row.len().max(self.column + cells), ' ');
                    for cell in 0..cells {
                        self.row[self.column + cell] = if cell == 0 { c } else { '\u{0}' };
                    }
                    self.column += cells;
                }
            }
        }
    }

    fn row(&self) -> String {
        let row: String = self.row.iter().filter(|c| **c != '\u{0}').collect();
        row.trim_end().to_owned()
    }
}

/// An editor in front of a screen.
#[derive(Default)]
struct Desk {
    editor: Editor,
    screen: Screen,
    width: usize,
}

impl Desk {
    fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    fn keys(&mut self, keys: &[u8]) -> Vec<Typed> {
        let (mut keys, mut typed) = (keys, Vec::new());
        while !keys.is_empty() {
            let mut out = String::new();
            let (event, taken) = self.editor.take(keys, self.width, &mut out);
            self.screen.write(&out);
            typed.extend(event);
            keys = &keys[taken..];
        }
        typed
    }

    fn interrupt_with(&mut self, line: &str) {
        let mut out = String::new();
        self.editor.lift(&mut out);
        out.push_str(line);
        out.push_str("\r\n");
        self.editor.lower(self.width, &mut out);
        self.screen.write(&out);
    }
}

fn line(text: &str) -> Typed {
    Typed::Line(text.to_owned())
}

#[test]
fn what_is_typed_is_echoed_and_finished_by_enter() {
    let mut desk = Desk::new(80);
    assert_eq!(desk.keys(b"message yoda hi"), []);
    assert_eq!(desk.screen.row(), "message yoda hi");
    assert!(desk.editor.is_begun());
    assert_eq!(desk.keys(b"\rnext\n"), [line("message yoda hi"), line("next")]);
    assert_eq!(desk.screen.rows, ["message yoda hi", "next"]);
    assert!(!desk.editor.is_begun());
}

#[test]
fn a_line_from_outside_does_not_split_what_is_typed() {
    let mut desk = Desk::new(80);
    desk.keys(b"hel");
    desk.interrupt_with("message from yoda: incoming");
    desk.keys(b"lo\r");
    assert_eq!(desk.screen.rows, ["message from yoda: incoming", "hello"]);
}

#[test]
fn backspace_takes_one_character_with_its_marks_and_its_columns() {
    let mut desk = Desk::new(80);
    let typed = desk.keys("a好e\u{301}👍\u{7f}\u{7f}\u{8}b\r".as_bytes());
    assert_eq!(typed, [line("ab")]);
    assert_eq!(desk.screen.rows, ["ab"]);
    assert_eq!(desk.keys(b"\x7f\x7fx\r"), [line("x")], "there is nothing to take");
}

#[test]
fn a_word_or_the_whole_line_goes_with_one_key() {
    let mut desk = Desk::new(80);
    assert_eq!(desk.keys(b"message yoda hi \x17\x17leia\r"), [line("message leia")]);
    assert_eq!(desk.keys(b"all wrong\x15right\r"), [line("right")]);
    // A blank of several bytes is one, too.
    assert_eq!(desk.keys("おはよう\u{3000}hans\u{a0}\x17yoda\r".as_bytes()), [line("おはよう\u{3000}yoda")]);
    assert_eq!(desk.screen.rows[..2], ["message leia", "right"]);
}

#[test]
fn keys_that_mean_nothing_here_leave_no_letters() {
    let mut desk = Desk::new(80);
    assert_eq!(desk.keys(b"a\x1b[A\x1b[1;5C\x1bOP\x1bx\t\x07b\r"), [line("ab")]);
    assert_eq!(desk.keys("c\u{9b}1\r".as_bytes()), [line("c1")]);
}

#[test]
fn characters_may_come_in_pieces_and_broken_ones_are_visible() {
    let mut desk = Desk::new(80);
    let wide = "好".as_bytes();
    assert_eq!(desk.keys(&wide[..1]), []);
    assert_eq!(desk.keys(&wide[1..]), []);
    assert_eq!(desk.keys(b"\r"), [line("好")]);
    assert_eq!(desk.keys(b"a\xffb\r"), [line("a\u{fffd}b")]);
}

#[test]
fn the_end_is_typed_on_an_empty_line_only() {
    let mut desk = Desk::new(80);
    assert_eq!(desk.keys(b"a\x04\x7f"), []);
    assert_eq!(desk.keys(b"\x04"), [Typed::End]);
}

#[test]
fn secrets_are_not_echoed_and_forgotten_when_nobody_asks_for_them_any_more() {
    let mut desk = Desk::new(80);
    desk.editor.ask(Some(("password: ", true)));
    assert!(desk.editor.wants_prompt());
    desk.interrupt_with("state connected");
    assert!(!desk.editor.wants_prompt());
    assert_eq!(desk.keys(b"falcon"), []);
    desk.interrupt_with("message from yoda: hi");
    assert_eq!(desk.screen.row(), "password:");
    assert_eq!(desk.keys(b"\r"), [line("falcon")]);
    assert_eq!(desk.screen.rows, ["state connected", "message from yoda: hi", "password:"]);
    assert!(desk.editor.wants_prompt(), "asked again, it is shown again");
    desk.keys(b"half");
    desk.editor.ask(None);
    assert_eq!(desk.keys(b"\r"), [line("")]);
}

#[test]
fn a_line_longer_than_the_row_stays_in_it_and_is_whole_at_the_end() {
    let mut desk = Desk::new(20);
    let text = "a line that is much longer than the row";
    for key in text.bytes() {
        desk.keys(&[key]);
        assert!(desk.screen.row().width() < 20, "{}", desk.screen.row());
    }
    assert!(text.ends_with(&desk.screen.row()));
    desk.interrupt_with("event");
    assert!(text.ends_with(&desk.screen.row()));
    assert_eq!(desk.keys(b"\x7f\x7f\x7frow\r"), [line(text)]);
    assert_eq!(desk.screen.rows, ["event", text]);
}

#[test]
fn interrupted_it_forgets_the_line() {
    let mut desk = Desk::new(80);
    desk.keys(b"oops");
    let mut out = String::new();
    assert!(desk.editor.clear(&mut out));
    assert!(!desk.editor.clear(&mut out));
    assert_eq!(desk.keys(b"fine\r"), [line("fine")]);
}

proptest! {
    #[test]
    fn whatever_is_typed_nothing_acts_and_the_row_shows_its_end(
        keys in proptest::collection::vec(prop_oneof![4 => any::<char>().prop_map(String::from), 2 => "[\u{7f}\u{17}\u{15}\u{3000}\u{a0} ]"], 0..60),
        width in 10_usize..40,
    ) {
        let mut desk = Desk::new(width);
        let mut written = String::new();
        for key in keys {
            if matches!(key.as_str(), "\r" | "\n") {
                continue;
            }
            desk.editor.take(key.as_bytes(), width, &mut written);
            prop_assert!(desk.editor.columns < width);
        }
        prop_assert!(written.chars().all(|c| !c.is_control() || matches!(c, '\u{8}' | '\r')), "{:?}", written);
    }
}
