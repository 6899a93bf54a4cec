//! Untrusted text is shown harmlessly and visibly, and honest text of any script is left alone.

use std::borrow::Cow;

use proptest::prelude::*;
use shared::text::{Lines, SafeText, escape_json};
use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory};

fn one(text: &str) -> String {
    SafeText::new(text, Lines::One).as_str().to_owned()
}

fn many(text: &str) -> String {
    SafeText::new(text, Lines::Many).as_str().to_owned()
}

fn escaped(text: &str) -> String {
    SafeText::new(text, Lines::Many).escaped().into_owned()
}

/// What must never reach a terminal, said in another way than the code says it.
fn is_forbidden(c: char) -> bool {
    let by_category = matches!(
        c.general_category(),
        Category::Control
            | Category::Format
            | Category::LineSeparator
            | Category::ParagraphSeparator
            | Category::PrivateUse
            | Category::Unassigned
            | Category::Surrogate
    );
    let is_gap = c.general_category() == Category::SpaceSeparator && !"\u{20}\u{a0}\u{3000}".contains(c);
    let shows_nothing = "\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{2800}\u{3164}\u{ffa0}".contains(c)
        || ('\u{fe00}'..='\u{fe0f}').contains(&c)
        || ('\u{e0100}'..='\u{e01ef}').contains(&c);
    by_category || is_gap || shows_nothing
}

#[test]
fn every_character_between_two_letters_is_harmless() {
    let mut seen = 0;
    for c in '\0'..=char::MAX {
        let raw = format!("a{c}b");
        let text = SafeText::new(&raw, Lines::One);
        let json = serde_json::to_string(&raw).unwrap();
        for (what, out) in
            [("shown", Cow::from(text.as_str())), ("escaped", text.escaped()), ("json", escape_json(&json))]
        {
            assert!(!out.contains(is_forbidden), "{what} U+{:04X}: {out:?}", u32::from(c));
            let inside = if what == "json" { &out[1..out.len() - 1] } else { &out };
            assert!(inside.starts_with('a') && inside.ends_with('b') && inside.len() > 2, "{what}: {out:?}");
        }
        assert_eq!(text.raw(), raw);
        seen += 1;
    }
    assert_eq!(seen, 1_112_064);
}

/// Texts that people really write. None of their characters may change.
const MUST_SURVIVE: &[(&str, &str)] = &[
    ("family", "👨\u{200d}👩\u{200d}👧\u{200d}👦"),
    ("family with skin tones", "👨🏽\u{200d}👩🏽\u{200d}👧🏽\u{200d}👦🏽"),
    ("kiss", "👩🏽\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏽"),
    ("woman technician", "👩\u{200d}💻"),
    ("facepalm", "🤦🏼\u{200d}♂\u{fe0f}"),
    ("heart on fire", "❤\u{fe0f}\u{200d}🔥"),
    ("rainbow flag", "🏳\u{fe0f}\u{200d}🌈"),
    ("pirate flag", "🏴\u{200d}☠\u{fe0f}"),
    ("polar bear", "🐻\u{200d}❄\u{fe0f}"),
    ("country flags", "🇩🇪🇵🇱🇯🇵"),
    ("England", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"),
    ("Scotland", "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"),
    ("Wales", "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}"),
    ("keycaps", "1\u{fe0f}\u{20e3} 2\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3} *\u{fe0f}\u{20e3}"),
    ("text and emoji style", "☎\u{fe0e} ☎\u{fe0f} ©\u{fe0f}"),
    ("Arabic", "السلام عليكم ورحمة الله"),
    ("Arabic with all marks", "بِسْمِ ٱللَّهِ ٱلرَّحْمَٰنِ ٱلرَّحِيمِ"),
    ("Hebrew", "שָׁלוֹם עוֹלָם"),
    ("Hindi", "नमस्ते, क्षत्रिय श्रीमान् कृपया"),
    ("Hindi half forms", "क्\u{200d}ष क्\u{200c}ष"),
    ("Bengali", "বাংলা র\u{200d}্য"),
    ("Persian with joiner", "می\u{200c}خواهم کتاب\u{200c}ها"),
    ("Tamil", "வணக்கம் க்ஷ"),
    ("Sinhala", "ශ්\u{200d}රී ලංකා"),
    ("Malayalam", "ന്\u{200d}"),
    ("Khmer", "ខ្ញុំស្រឡាញ់ភាសាខ្មែរ"),
    ("Burmese", "မြန်မာဘာသာ"),
    ("Tibetan", "བོད་སྐད་ ཧྐྵྨླྺྼྻྂ"),
    ("Thai", "สวัสดีครับ ที่นี่"),
    ("Korean", "안녕하세요"),
    ("Korean decomposed", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
    ("Vietnamese", "Tiếng Việt rất đẹp"),
    ("Vietnamese decomposed", "Tie\u{302}\u{301}ng Vie\u{323}\u{302}t"),
    ("Japanese", "こんにちは\u{3000}世界。ﾊﾞｶ"),
    ("Chinese", "你好，世界"),
    ("Greek, Russian, Georgian", "Καλημέρα, привет, გამარჯობა"),
    ("French with a hard space", "Quoi\u{a0}?"),
    ("phonetic", "ˈt͡ʃɑːɹt ɡ̊ɛ̃"),
    ("lines of a box", "┌─┐│▓│└─┘"),
    ("mathematics", "∀x∈ℝ: ⌈x⌉ = −⌊−x⌋ ≠ x̂"),
];

#[test]
fn honest_text_survives() {
    for (what, text) in MUST_SURVIVE {
        assert_eq!(one(text), *text, "{what}");
        assert_eq!(escaped(text), *text, "{what}");
        let json = serde_json::to_string(text).unwrap();
        assert_eq!(escape_json(&json), json, "{what}");
    }
}

#[test]
fn unsafe_text_is_made_visible() {
    for (raw, shown, line) in [
        ("a\x1b[31mb", "a^[[31mb", r"a\x1b[31mb"),
        ("\x07\x08\x7f\0", "^G^H^?^@", r"\x07\x08\x7f\x00"),
        ("a\u{9b}2Jb", "a<U+009B>2Jb", r"a\x9b2Jb"),
        ("a\tb", "a    b", r"a\tb"),
        (r"C:\new", r"C:\new", r"C:\\new"),
        ("a\u{202e}b", "a<U+202E>b", r"a\u{202e}b"),
        ("a\u{ad}b", "a<U+00AD>b", r"a\xadb"),
        ("a\u{200b}b\u{feff}", "a<U+200B>b<U+FEFF>", r"a\u{200b}b\u{feff}"),
        ("a\u{e000}\u{10ffff}", "a<U+E000><U+10FFFF>", r"a\u{e000}\u{10ffff}"),
        ("pay\u{200d}pal", "pay<U+200D>pal", r"pay\u{200d}pal"),
        ("می\u{200c}\u{200c}", "می\u{200c}<U+200C>", "می\u{200c}\\u{200c}"),
        ("👩\u{200d}x", "👩<U+200D>x", r"👩\u{200d}x"),
        ("👩\u{200d}", "👩<U+200D>", r"👩\u{200d}"),
        ("1\u{fe0f}2", "1<U+FE0F>2", r"1\u{fe0f}2"),
        ("x\u{fe00}", "x<U+FE00>", r"x\u{fe00}"),
        ("葛\u{e0100}", "葛<U+E0100>", r"葛\u{e0100}"),
        ("a\u{2003}b", "a<U+2003>b", r"a\u{2003}b"),
        ("a\u{2800}b\u{3164}", "a<U+2800>b<U+3164>", r"a\u{2800}b\u{3164}"),
        ("\u{301}a", "<U+0301>a", r"\u{301}a"),
        ("a\t\u{301}", "a    <U+0301>", r"a\t\u{301}"),
    ] {
        assert_eq!(one(raw), shown, "{raw:?}");
        assert_eq!(many(raw), shown, "{raw:?}");
        assert_eq!(escaped(raw), line, "{raw:?}");
    }
}

#[test]
fn only_newlines_are_newlines() {
    for (raw, in_many, in_one, line) in [
        ("a\nb", "a\nb", "a^Jb", r"a\nb"),
        ("a\r\nb", "a\nb", "a^M^Jb", r"a\x0d\nb"),
        ("a\rb", "a^Mb", "a^Mb", r"a\x0db"),
        ("a\u{85}b", "a<U+0085>b", "a<U+0085>b", r"a\x85b"),
        ("a\u{2028}b\u{2029}", "a<U+2028>b<U+2029>", "a<U+2028>b<U+2029>", r"a\u{2028}b\u{2029}"),
        ("a\n\u{301}", "a\n<U+0301>", "a^J<U+0301>", r"a\n\u{301}"),
    ] {
        assert_eq!(many(raw), in_many, "{raw:?}");
        assert_eq!(one(raw), in_one, "{raw:?}");
        assert_eq!(escaped(raw), line, "{raw:?}");
    }
}

#[test]
fn a_character_carries_eight_marks() {
    let raw = format!("e{}x", "\u{301}".repeat(10));
    assert_eq!(one(&raw), format!("e{}<U+0301><U+0301>x", "\u{301}".repeat(8)));
    // Vowels of decomposed Korean have no width either, and joiners count.
    assert_eq!(one(&format!("\u{1112}{}", "\u{1161}".repeat(9))).matches("<U+1161>").count(), 1);
    let chain = one(&format!("👩{}", "\u{200d}👩".repeat(20)));
    assert_eq!(chain.split("<U+200D>").map(|part| part.matches('\u{200d}').count()).max(), Some(8));
}

#[test]
fn tags_hide_nothing() {
    let secret = "\u{e0072}\u{e0075}\u{e006e}";
    assert_eq!(one(&format!("hi{secret}")), "hi<U+E0072><U+E0075><U+E006E>");
    assert_eq!(one(&format!("🏴{secret}\u{e007f}")), "🏴<U+E0072><U+E0075><U+E006E><U+E007F>");
    let england = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
    assert_eq!(one(&format!("{england}\u{e0067}")), format!("{england}<U+E0067>"));
}

#[test]
fn json_stays_one_line_of_json() {
    assert_eq!(escape_json(r#"{"a":"b"}"#), r#"{"a":"b"}"#);
    assert_eq!(escape_json("{\r\n\t\"a\": 1\n}"), r#"{   "a": 1 }"#);
    assert_eq!(escape_json("\"\u{7f}\u{301}\""), r#""\u007f\u0301""#);
    assert_eq!(escape_json("\"\u{301}\""), r#""\u0301""#);
    assert_eq!(escape_json("\"\u{f0000}\""), r#""\udb80\udc00""#);
}

/// Reads an escaped line back.
fn unescape(line: &str) -> Option<String> {
    let mut raw = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            raw.push(c);
            continue;
        }
        let code = match rest.next()? {
            '\\' => u32::from('\\'),
            'n' => u32::from('\n'),
            't' => u32::from('\t'),
            'x' => u32::from_str_radix(&rest.by_ref().take(2).collect::<String>(), 16).ok()?,
            'u' => {
                let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                u32::from_str_radix(&digits, 16).ok()?
            }
            _ => return None,
        };
        raw.push(char::from_u32(code)?);
    }
    Some(raw)
}

/// Pieces that mean something to a terminal or to the scanner.
const PIECES: &[&str] = &[
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\\",
    "\x1b[2J",
    "\x1b]0;x\x07",
    "\u{9b}",
    "\u{301}",
    "\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{200d}",
    "\u{200c}",
    "\u{fe0f}",
    "\u{fe0e}",
    "\u{20e3}",
    "👩",
    "🏽",
    "❤",
    "1",
    "#",
    "🏴",
    "🇩",
    "\u{e0067}",
    "\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "می",
    "क",
    "\u{94d}",
    "\u{1112}",
    "\u{1161}",
    "a",
    " ",
    "\"",
    "\u{202e}",
    "\u{2028}",
    "<U+0301>",
    "^[",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![3 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn making_safe_twice_is_making_safe_once(raw in hostile()) {
        for lines in [Lines::One, Lines::Many] {
            let once = SafeText::new(&raw, lines);
            let twice = SafeText::new(once.as_str(), lines);
            prop_assert_eq!(once.as_str(), twice.as_str());
        }
    }

    #[test]
    fn an_escaped_line_can_be_read_back(raw in hostile()) {
        let text = SafeText::new(&raw, Lines::Many);
        prop_assert_eq!(text.raw(), &raw);
        prop_assert_eq!(unescape(&text.escaped()), Some(raw));
    }

    #[test]
    fn escaped_json_parses_to_the_same_value(raw in hostile()) {
        let json = serde_json::to_string(&serde_json::json!({ "text": raw, "n": 1 })).unwrap();
        let line = escape_json(&json);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(value["text"].as_str(), Some(raw.as_str()));
        prop_assert!(line.chars().all(|c| !c.is_control()));
    }
}
