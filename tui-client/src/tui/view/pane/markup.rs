//! What stands out in a message: code, links, people.
//!
//! Nothing is left out or replaced but the two lines that fence a piece of code, so that nobody can hide anything by
//! writing it in a certain way.

use std::ops::Range;

use shared::name::Name;

use crate::app::place;

/// Spaces that make a line code.
const INDENT: &str = "    ";

/// The bytes that something which stands out begins with.
const BEGINNINGS: [u8; 3] = *b"`h@";

/// The most that may stand behind an opening fence: the name of a language.
const LANGUAGE: usize = 16;

/// A piece of a message that is wrapped by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its bytes in the text, without the line feed at the end.
    pub bytes: Range<usize>,
    /// Whether it is code.
    pub code: bool,
}

/// What is drawn in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub bytes: Range<usize>,
    pub look: Look,
}

/// How it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Link,
    Person(Name),
    Code,
}

/// Splits a text into prose and code. There is always at least one part.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let lines: Vec<Range<usize>> = lines(text).collect();
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let closing = is_fence(&text[line.clone()]).then(|| closing(text, &lines, at)).flatten();
        if let Some(closing) = closing {
            parts.extend(lines[at + 1..closing].iter().map(|line| Part { bytes: line.clone(), code: true }));
            at = closing + 1;
            continue;
        }
        let code = text[line.clone()].starts_with(INDENT) && !text[line.clone()].trim().is_empty();
        parts.push(Part { bytes: line.clone(), code });
        at += 1;
    }
    parts
}

fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split('\n').scan(0, |start, line| {
        let bytes = *start..*start + line.len();
        *start = bytes.end + 1;
        Some(bytes)
    })
}

fn is_fence(line: &str) -> bool {
    line.strip_prefix("```").is_some_and(|language| {
        language.len() <= LANGUAGE
            && language.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'#' | b'-'))
    })
}

/// The line that closes the fence at `open`, if there is one and something stands between them.
fn closing(text: &str, lines: &[Range<usize>], open: usize) -> Option<usize> {
    let found = lines.iter().skip(open + 1).position(|line| text[line.clone()].trim_end() == "```")?;
    (found > 0).then_some(open + 1 + found)
}

/// What stands out in the prose of a text, from left to right, without overlaps.
pub(super) fn runs(text: &str, parts: &[Part]) -> Vec<Run> {
    let mut runs = Vec::new();
    for part in parts.iter().filter(|part| !part.code) {
        let mut at = part.bytes.start;
        while at < part.bytes.end {
            let rest = &text[at..part.bytes.end];
            let before = text[part.bytes.start..at].chars().next_back();
            match begins_here(rest, before) {
                Some((length, look)) => {
                    runs.push(Run { bytes: at..at + length, look });
                    at += length;
                }
                // To the next byte that something can begin with; inside a character there is none.
                None => at += 1 + rest.bytes().skip(1).take_while(|byte| !BEGINNINGS.contains(byte)).count(),
            }
        }
    }
    runs
}

/// Where a text names people with `@`, in their order.
pub(crate) fn people(text: &str) -> Vec<(Range<usize>, Name)> {
    let named = |run: Run| match run.look {
        Look::Person(name) => Some((run.bytes, name)),
        Look::Link | Look::Code => None,
    };
    runs(text, &parts(text)).into_iter().filter_map(named).collect()
}

/// The links in a text, in their order.
pub(crate) fn links(text: &str) -> Vec<&str> {
    let runs = runs(text, &parts(text)).into_iter();
    runs.filter(|run| run.look == Look::Link).map(|run| &text[run.bytes]).collect()
}

fn begins_here(rest: &str, before: Option<char>) -> Option<(usize, Look)> {
    let at_word = before.is_none_or(|c| !is_name_char(c));
    match rest.as_bytes().first()? {
        b'`' => inline_code(rest).map(|length| (length, Look::Code)),
        b'h' if at_word => link(rest).map(|length| (length, Look::Link)),
        b'@' if at_word => person(&rest[1..]).map(|(length, name)| (length + 1, Look::Person(name))),
        _ => None,
    }
}

fn inline_code(rest: &str) -> Option<usize> {
    let end = rest[1..].find('`')?;
    (end > 0).then_some(end + 2)
}

fn link(rest: &str) -> Option<usize> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| rest.starts_with(scheme))?;
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`')).unwrap_or(rest.len());
    let url = rest[..end].trim_end_matches(|c: char| ".,;:!?)]}'…。、，".contains(c));
    (url.len() > scheme.len()).then_some(url.len())
}

fn person(rest: &str) -> Option<(usize, Name)> {
    let end = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches(['.', '-']);
    (!name.is_empty()).then(|| (name.len(), place::name(name)))
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Whether a text names this user, as a word of its own, with or without `@`.
pub(crate) fn mentions(text: &str, me: &Name) -> bool {
    text.split(|c: char| !is_name_char(c)).any(|word| {
        let word = word.trim_matches(['.', '-']);
        word.len() == me.as_str().len() && word.to_lowercase() == me.key()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str) -> Vec<(&str, Look)> {
        runs(text, &parts(text)).into_iter().map(|run| (&text[run.bytes], run.look)).collect()
    }

    #[test]
    fn links_end_before_the_punctuation() {
        assert_eq!(marked("see (https://example.org/a_b?c=d#e)."), [("https://example.org/a_b?c=d#e", Look::Link)]);
        assert_eq!(marked("xhttps://example.org and https://"), []);
    }

    #[test]
    fn people_are_found_where_a_word_begins() {
        let yoda = Look::Person(place::name("yoda"));
        assert_eq!(
            marked("@yoda, mail@example.org @ and @李娜"),
            [("@yoda", yoda), ("@李娜", Look::Person(place::name("李娜")))]
        );
    }

    #[test]
    fn fences_need_their_other_end() {
        let code = |text| parts(text).into_iter().map(|part| (&text[part.bytes], part.code)).collect::<Vec<_>>();
        assert_eq!(code("a\n```rust\nlet x;\n```\nb"), [("a", false), ("let x;", true), ("b", false)]);
        assert_eq!(code("```\nopen"), [("```", false), ("open", false)]);
        assert_eq!(
            code("```something said in a fence\nx\n```"),
            [("```something said in a fence", false), ("x", false), ("```", false)]
        );
        assert_eq!(code("a\n    b\n    "), [("a", false), ("    b", true), ("    ", false)]);
        assert_eq!(code(""), [("", false)]);
    }

    #[test]
    fn a_mention_is_a_whole_word_in_any_case() {
        let me = place::name("Hans");
        assert!(mentions("HANS: look", &me) && mentions("thanks, @hans.", &me));
        assert!(!mentions("thanks", &me) && !mentions("hans2", &me) && !mentions("", &me));
    }
}
