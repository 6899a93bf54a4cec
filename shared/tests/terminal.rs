//! Whatever somebody sends, a terminal that shows it keeps its title, modes, cursor row and all other rows.

use std::num::NonZeroU16;

use shared::text::{Lines, SafeText};

const STRINGS: u64 = 20_000;
const ROWS: NonZeroU16 = NonZeroU16::new(5).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(1200).unwrap();
const PREFIX: &str = "yoda: ";

/// Counts everything a terminal reports that is not a character on its screen.
#[derive(Default)]
struct Events(usize);

impl vt100::Callbacks for Events {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0 += 1;
    }
    fn visual_bell(&mut self, _: &mut vt100::Screen) {
        self.0 += 1;
    }
    fn resize(&mut self, _: &mut vt100::Screen, _: (u16, u16)) {
        self.0 += 1;
    }
    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0 += 1;
    }
    fn set_window_title(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0 += 1;
    }
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], _: &[u8]) {
        self.0 += 1;
    }
    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0 += 1;
    }
    fn unhandled_char(&mut self, _: &mut vt100::Screen, _: char) {
        self.0 += 1;
    }
    fn unhandled_control(&mut self, _: &mut vt100::Screen, _: u8) {
        self.0 += 1;
    }
    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, _: u8) {
        self.0 += 1;
    }
    fn unhandled_csi(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, _: &[&[u16]], _: char) {
        self.0 += 1;
    }
    fn unhandled_osc(&mut self, _: &mut vt100::Screen, _: &[&[u8]]) {
        self.0 += 1;
    }
}

/// A screen with lines above and below the one that is written to.
struct Terminal {
    parser: vt100::Parser<Events>,
    plain: String,
}

impl Terminal {
    fn new() -> Self {
        let parser = vt100::Parser::new_with_callbacks(ROWS, COLUMNS, 10, Events::default());
        let mut terminal = Self { plain: parser.screen().attributes_formatted(), parser };
        terminal.reset();
        terminal
    }

    fn reset(&mut self) {
        self.parser.process(b"\x1b\\\x1bcrow one\r\nrow two\r\n\r\nrow four");
        self.parser.callbacks_mut().0 = 0;
    }

    /// Shows a line in the third row and says what else changed.
    fn show(&mut self, text: &str) -> Vec<&'static str> {
        self.parser.process(b"\x1b[3;1H\x1b[2K");
        let modes = self.parser.screen().input_mode_formatted();
        self.parser.process(PREFIX.as_bytes());
        self.parser.process(text.as_bytes());
        let screen = self.parser.screen();
        let rows: Vec<String> = screen.rows(0, COLUMNS.get()).collect();
        [
            ("events", self.parser.callbacks().0 == 0),
            ("modes", screen.input_mode_formatted() == modes && !screen.alternate_screen() && !screen.hide_cursor()),
            ("colours", screen.attributes_formatted() == self.plain),
            ("cursor row", screen.cursor_position().0 == 2),
            ("other rows", [&rows[0], &rows[1], &rows[3], &rows[4]] == ["row one", "row two", "row four", ""]),
            ("prefix", text.is_empty() || rows[2].starts_with(PREFIX)),
        ]
        .into_iter()
        .filter_map(|(what, holds)| (!holds).then_some(what))
        .collect()
    }
}

/// A small generator (xorshift), so that a seed is all it takes to see a failure again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(end)).expect("less than a u32")
    }

    fn pick<'a>(&mut self, pieces: &[&'a str]) -> &'a str {
        let end = u32::try_from(pieces.len()).expect("a short list");
        pieces[usize::try_from(self.below(end)).expect("less than the length")]
    }
}

const PIECES: &str = "\x1b[2J|\x1b[H|\x1b[1A|\x1b[10D|\x1b[31m|\x1b[?25l|\x1b[?1049h|\x1b[?2004h|\x1b[6n|\x1b]0;pwned\x07|\
    \x1b]52;c;aGk=\x07|\x1b]8;;http://x\x1b\\|\x1bP1$r\x1b\\|\x1bc|\x1b7|\x1b8|\x1b|\u{9b}2J|\u{9d}0;pwned\u{9c}|\u{85}|\
    \u{84}|\r|\n|\r\n|\x08\x08\x08|\x0b|\x0c|\x07|\x0e|\x0f|\0|\x7f|\t|\u{202e}|\u{2066}|\u{2028}|\u{2029}|\u{200b}|\
    \u{200d}|\u{feff}|\u{301}|\u{488}|\u{1161}|\u{e0041}|server: you are locked out|yoda| |日本|👩\u{200d}👩|🇩🇪|שלום|\
    می\u{200c}|\u{fe0f}|\u{600}";

fn hostile(random: &mut Random, pieces: &[&str]) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(10) {
        match random.below(6) {
            0 => text.extend(char::from_u32(random.below(0x11_0000))),
            1 => text.extend(char::from_u32(random.below(0x100))),
            2 => (0..random.below(20)).for_each(|_| text.push('\u{301}')),
            _ => text.push_str(random.pick(pieces)),
        }
    }
    text
}

#[test]
fn hostile_text_changes_nothing_but_its_own_line() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_120);
    println!("SEED={seed}");
    let pieces: Vec<&str> = PIECES.split('|').collect();
    let mut random = Random(seed);
    let (mut safe, mut bare) = (Terminal::new(), Terminal::new());
    let mut harmful = 0;
    for _ in 0..STRINGS {
        let raw = hostile(&mut random, &pieces);
        let text = SafeText::new(&raw, Lines::Many);
        assert_eq!(safe.show(&text.escaped()), [""; 0], "{raw:?} as {:?}", text.escaped());
        for line in text.as_str().split('\n') {
            assert_eq!(safe.show(line), [""; 0], "{raw:?} as {line:?}");
        }
        let text = SafeText::new(&raw, Lines::One);
        assert_eq!(safe.show(text.as_str()), [""; 0], "{raw:?} as {:?}", text.as_str());
        if !bare.show(&raw).is_empty() {
            harmful += 1;
            bare.reset();
        }
    }
    // Otherwise the strings would prove nothing.
    assert!(harmful > STRINGS / 2, "only {harmful} of the raw strings do harm");
}
