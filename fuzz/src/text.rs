//! Text that people are shown, names of files, lines that are typed, and the file of names and secrets.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use secrecy::ExposeSecret;
use server::credentials::{Secret, parse};
use server::names::Policy;
use shared::limits::{MARKS, PASSWORD_BYTES};
use shared::text::{Lines, SafeText, escape_json};
use tui_client::peer::transfer::names::{NAME_BYTES, clean, numbered};
use tui_client::plain::editor::{Editor, Typed};
use tui_client::plain::pipe::LINE_MOST;
use unicode_properties::{GeneralCategory as Category, GeneralCategoryGroup as Group, UnicodeGeneralCategory};

/// The tags of the three flags that Unicode recommends.
const FLAGS: [&str; 3] = [
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// The function that makes text harmless: nothing harmful comes out, nothing is lost, nothing grows without bound.
pub fn sanitise(data: &[u8]) {
    let raw = String::from_utf8_lossy(data);
    for lines in [Lines::One, Lines::Many] {
        let text = SafeText::new(&raw, lines);
        harmless(text.as_str(), lines);
        harmless(&text.escaped(), Lines::One);
        assert_eq!(text.raw(), raw);
        assert_eq!(unescaped(&text.escaped()), raw, "what was received can be read back");
        assert!(text.as_str().len() <= 4 * raw.len() && text.escaped().len() <= 4 * raw.len());
        assert_eq!(SafeText::new(text.as_str(), lines).as_str(), text.as_str(), "doing it again changes nothing");
    }
    let json = serde_json::to_string(&raw).expect("text is JSON");
    let line = escape_json(&json);
    harmless(&line, Lines::One);
    assert_eq!(serde_json::from_str::<String>(&line).expect("still JSON"), raw);
}

/// Names of files from another client.
pub fn file_name(data: &[u8]) {
    let raw = String::from_utf8_lossy(data);
    let name = clean(&raw);
    for number in [1, 2, 999] {
        let name = numbered(&name, number);
        let parts: Vec<Component> = Path::new(&name).components().collect();
        assert!(matches!(parts[..], [Component::Normal(only)] if only == name.as_str()), "{name:?}");
        assert!(!name.contains(['/', '\\', ':', '\0']) && !name.starts_with(['.', '-', '~', ' ']), "{name:?}");
        assert!(!name.ends_with(['.', ' ']) && name.len() <= NAME_BYTES + " (999)".len(), "{name:?}");
        harmless(&name, Lines::One);
        let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
        let is_device = ["con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9", "conin$", "conout$"];
        assert!(!is_device.contains(&stem.as_str()), "{name:?}");
    }
    assert_eq!(clean(&name), name, "a clean name is clean");
}

/// The file of names and secrets.
pub fn credentials(data: &[u8]) {
    for policy in [Policy::Plain, Policy::Unicode] {
        let Ok(credentials) = parse(Path::new("credentials.txt"), data, policy) else { continue };
        let mut names = BTreeSet::new();
        let mut last = 0;
        for entry in &credentials.entries {
            assert!(names.insert(entry.name.key().to_owned()), "{} stands there twice", entry.name);
            assert!(entry.line > last, "lines are in order");
            last = entry.line;
            assert!(policy.parse(entry.name.as_str()).is_ok_and(|name| name == entry.name), "{}", entry.name);
            match &entry.secret {
                Secret::Plain(password) => {
                    let password = password.expose_secret();
                    assert!(password.len() <= PASSWORD_BYTES && !password.contains(['\0', '\n']));
                }
                Secret::Phc(hash) => assert!(hash.0.starts_with("$argon2")),
            }
        }
        for warning in &credentials.warnings {
            let sentence = warning.to_string();
            assert!(sentence.len() < 300 && !sentence.chars().any(char::is_control), "{sentence:?}");
        }
    }
}

/// The line editor of terminals that understand nothing: whatever is typed, only harmless bytes are written.
pub fn line_editor(data: &[u8]) {
    let Some((&width, mut typed)) = data.split_first() else { return };
    let width = usize::from(width) + 2;
    let mut editor = Editor::default();
    let mut out = String::new();
    editor.ask(Some(("name: ", false)));
    while !typed.is_empty() {
        out.clear();
        let (line, taken) = editor.take(typed, width, &mut out);
        assert!((1..=typed.len()).contains(&taken));
        typed = &typed[taken..];
        let written: String = out.chars().filter(|c| !matches!(c, '\r' | '\n' | '\u{8}')).collect();
        assert!(!written.chars().any(char::is_control), "{out:?}");
        if let Some(Typed::Line(line)) = line {
            assert!(line.len() <= LINE_MOST && !line.chars().any(char::is_control), "{line:?}");
        }
    }
    editor.lift(&mut out);
    editor.lower(width, &mut out);
    assert!(!out.contains('\u{1b}'));
}

/// What must never reach a terminal, said in another way than the code says it.
fn harmless(text: &str, lines: Lines) {
    let mut rest = text.to_owned();
    for flag in FLAGS {
        rest = rest.replace(flag, "F");
    }
    let mut marks = 0;
    for c in rest.chars() {
        if c == '\n' && lines == Lines::Many {
            marks = 0;
            continue;
        }
        // Joiners and styles stay where scripts and emoji need them.
        let joins = matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
        assert!(joins || !is_forbidden(c), "U+{:04X} in {text:?}", u32::from(c));
        marks = if joins || c.general_category_group() == Group::Mark { marks + 1 } else { 0 };
        assert!(marks <= MARKS, "{marks} marks in {text:?}");
    }
}

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
        || ('\u{fe00}'..='\u{fe0d}').contains(&c)
        || ('\u{e0100}'..='\u{e01ef}').contains(&c);
    by_category || is_gap || shows_nothing
}

/// Reads an escaped line back.
fn unescaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next() {
            Some('\\') => text.push('\\'),
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('x') => text.push(character(&rest.by_ref().take(2).collect::<String>())),
            Some('u') => {
                assert_eq!(rest.next(), Some('{'), "{line:?}");
                text.push(character(&rest.by_ref().take_while(|c| *c != '}').collect::<String>()));
            }
            other => panic!("\\{other:?} in {line:?}"),
        }
    }
    text
}

fn character(hex: &str) -> char {
    u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).expect("an escape names a character")
}
