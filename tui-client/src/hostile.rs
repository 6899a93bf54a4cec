//! For tests: strings that try to act on a terminal, and a terminal that notices.

/// Counts everything that a terminal does and a screen of text has no business to want.
#[derive(Debug, Default)]
pub struct Effects(pub usize);

impl vt100::Callbacks for Effects {
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
    fn unhandled_char(&mut self, _: &mut vt100::Screen, c: char) {
        // The replacement character is shown; this parser only suspects that something could not be decoded.
        self.0 += usize::from(c != char::REPLACEMENT_CHARACTER);
    }
    fn unhandled_control(&mut self, _: &mut vt100::Screen, _: u8) {
        self.0 += 1;
    }
    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, _: u8) {
        self.0 += 1;
    }
    fn unhandled_osc(&mut self, _: &mut vt100::Screen, _: &[&[u8]]) {
        self.0 += 1;
    }
}

/// A small generator (xorshift), so that a seed is all it takes to see a failure again.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u32) -> u32 {
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

const PIECES: &str = "\x1b[2J|\x1b[H|\x1b[1A|\x1b[10D|\x1b[31m|\x1b[?25l|\x1b[?1049l|\x1b[?2004l|\x1b[6n|\x1b]0;pwned\x07|\
    \x1b]52;c;aGk=\x07|\x1b]8;;http://x\x1b\\|\x1bP1$r\x1b\\|\x1bc|\x1b7|\x1b8|\x1b|\u{9b}2J|\u{9d}0;pwned\u{9c}|\u{85}|\
    \u{84}|\r|\n|\r\n|\x08\x08\x08|\x0b|\x0c|\x07|\x0e|\x0f|\0|\x7f|\t|\u{202e}|\u{2066}|\u{2028}|\u{2029}|\u{200b}|\
    \u{200d}|\u{feff}|\u{301}|\u{488}|\u{1161}|\u{e0041}|server: you are locked out|yoda| |日本|👩\u{200d}👩|🇩🇪|שלום|\
    می\u{200c}|\u{fe0f}|\u{600}|\", \"event\": \"state|\\n|\\u001b";

/// How many strings to try: `TERN_STRINGS`, or as many as a quick test can.
pub fn strings() -> u32 {
    std::env::var("TERN_STRINGS").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000)
}

/// The seed: `SEED`, or always the same.
pub fn random() -> Random {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
    println!("SEED={seed}");
    Random(seed)
}

/// A string that tries everything at once.
pub fn hostile(random: &mut Random) -> String {
    let pieces: Vec<&str> = PIECES.split('|').collect();
    let mut text = String::new();
    for _ in 0..=random.below(10) {
        match random.below(6) {
            0 => text.extend(char::from_u32(random.below(0x11_0000))),
            1 => text.extend(char::from_u32(random.below(0x100))),
            2 => (0..random.below(20)).for_each(|_| text.push('\u{301}')),
            _ => text.push_str(random.pick(&pieces)),
        }
    }
    text
}

/// All 1,112,064 characters, each between two letters, so many in a text.
pub fn all_characters(in_one: usize) -> Vec<String> {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    assert_eq!(all.len(), 1_112_064);
    all.chunks(in_one).map(|chunk| chunk.iter().flat_map(|c| ['a', *c, 'b']).collect()).collect()
}
