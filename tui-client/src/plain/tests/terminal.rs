//! Whatever others say, a terminal that shows the lines of both faces does nothing but show them: each in its own row.

use std::num::NonZeroU16;

use super::super::{Line, Voice};
use super::{clock, hostile as reports};
use crate::app::report::Report;
use crate::hostile::{Effects, all_characters, hostile, random, strings};

const ROWS: NonZeroU16 = NonZeroU16::new(4).expect("not zero");
const COLUMNS: NonZeroU16 = NonZeroU16::new(8000).expect("not zero");

struct Terminal(vt100::Parser<Effects>);

impl Terminal {
    fn new() -> Self {
        Self(vt100::Parser::new_with_callbacks(ROWS, COLUMNS, 0, Effects::default()))
    }

    /// Shows a line between two others, and says what happened that should not have.
    fn show(&mut self, line: &str) -> Vec<&'static str> {
        self.0.process(b"\x1b[2J\x1b[1;1Habove\r\n\x1b[3;1Hbelow\x1b[2;1H");
        let (modes, plain) = (self.0.screen().input_mode_formatted(), self.0.screen().attributes_formatted());
        self.0.process(line.as_bytes());
        let effects = std::mem::take(&mut self.0.callbacks_mut().0);
        let screen = self.0.screen();
        let rows: Vec<String> = screen.rows(0, COLUMNS.get()).collect();
        [
            ("effects", effects == 0),
            ("modes", screen.input_mode_formatted() == modes && !screen.alternate_screen() && !screen.hide_cursor()),
            ("colours", screen.attributes_formatted() == plain),
            ("the row of the cursor", screen.cursor_position().0 == 1),
            ("other rows", [&rows[0], &rows[2], &rows[3]] == ["above", "below", ""]),
        ]
        .into_iter()
        .filter_map(|(what, holds)| (!holds).then_some(what))
        .collect()
    }

    fn check(&mut self, report: &Report) {
        for voice in [Voice::Plain, Voice::Json] {
            let (Line::Event(line) | Line::Aside(line)) = voice.say(report, &clock());
            assert_eq!(self.show(&line), [""; 0], "{line:?}");
        }
    }
}

#[test]
fn no_character_has_an_effect() {
    let mut terminal = Terminal::new();
    for text in all_characters(200) {
        let said = |report: &Report| matches!(report, Report::Said(_) | Report::User(_));
        for report in reports(&text).iter().filter(|report| said(report)) {
            terminal.check(report);
        }
    }
}

#[test]
fn no_hostile_string_has_an_effect_wherever_it_stands() {
    let (mut terminal, mut random) = (Terminal::new(), random());
    let places = u32::try_from(reports("").len()).expect("a few");
    for number in 0..strings() {
        let text = hostile(&mut random);
        // Another place for each string: all strings in all places would take twenty times as long and find the same.
        let place = usize::try_from(number % places).expect("a few");
        terminal.check(&reports(&text)[place]);
    }
}

/// Otherwise the strings would prove nothing.
#[test]
fn the_bare_strings_do_harm() {
    let (mut terminal, mut random) = (Terminal::new(), random());
    let harmful = (0..1000)
        .filter(|_| {
            let harm = !terminal.show(&hostile(&mut random)).is_empty();
            terminal = Terminal::new();
            harm
        })
        .count();
    assert!(harmful > 500, "only {harmful} of 1000 do harm");
}
