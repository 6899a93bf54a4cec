//! The words of a search, read from one line. Only double quotes mean something; the rest is looked for as it stands.

use shared::error::Code;
use shared::id::RequestId;
use shared::limits::{SEARCH_BYTES, SEARCH_WORDS};
use shared::message::Refusal;

use super::refusal;

/// The words of a line, at least one and at most [`SEARCH_WORDS`]. `Err` is the answer to it.
pub(super) fn words(id: RequestId, line: &str) -> Result<Vec<String>, Box<Refusal>> {
    let refused = if line.len() > SEARCH_BYTES {
        let sentence = format!("A search has at most {SEARCH_BYTES} bytes; this one has {}.", line.len());
        refusal(Some(id), Code::TOO_LONG, sentence)
    } else if line.contains('\0') {
        refusal(Some(id), Code::BAD_TEXT, "A search cannot hold the character NUL.")
    } else {
        let words = split(line);
        if words.is_empty() {
            refusal(Some(id), Code::EMPTY, "There is nothing to look for.")
        } else if words.len() > SEARCH_WORDS {
            let sentence = format!("A search has at most {SEARCH_WORDS} words; this one has {}.", words.len());
            refusal(Some(id), Code::TOO_LONG, sentence)
        } else {
            return Ok(words);
        }
    };
    Err(refused)
}

/// What stands between two quotes is one word, the rest is cut at blanks. A quote without a second one means nothing.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line;
    while let Some((before, (phrase, after))) = next_phrase(rest) {
        words.extend(before.split_whitespace());
        words.extend(Some(phrase.trim()).filter(|phrase| !phrase.is_empty()));
        rest = after;
    }
    words.extend(rest.split(|c: char| c.is_whitespace() || c == '"').filter(|word| !word.is_empty()));
    words.into_iter().map(str::to_owned).collect()
}

/// What stands before the first pair of quotes, in it, and after it.
fn next_phrase(line: &str) -> Option<(&str, (&str, &str))> {
    let (before, rest) = line.split_once('"')?;
    Some((before, rest.split_once('"')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quotes_mean_something() {
        for (line, expected) in [
            ("droids", &["droids"][..]),
            (" the\u{3000}droids\t", &["the", "droids"]),
            ("the \"not the\" droids", &["the", "not the", "droids"]),
            ("a\"b c\"d", &["a", "b c", "d"]),
            ("\" b c \"", &["b c"]),
            ("5\" wide", &["5", "wide"]),
            ("\"\" \" \" x", &["x"]),
            ("\"a\" OR b* NEAR(c) -d body:e", &["a", "OR", "b*", "NEAR(c)", "-d", "body:e"]),
        ] {
            assert_eq!(split(line), expected, "{line}");
        }
    }

    #[test]
    fn a_search_has_words_and_a_bound() {
        let code = |line: &str| words(RequestId(7), line).map_err(|refusal| refusal.code);
        for line in ["", " ", "\"\"", "\" \"", "\""] {
            assert_eq!(code(line), Err(Code::EMPTY), "{line:?}");
        }
        assert_eq!(code(&"x".repeat(256)).map(|words| words.len()), Ok(1));
        assert_eq!(code(&"x".repeat(257)), Err(Code::TOO_LONG));
        assert_eq!(code(&"x ".repeat(16)).map(|words| words.len()), Ok(16));
        assert_eq!(code(&"x ".repeat(17)), Err(Code::TOO_LONG));
        assert_eq!(code("a\0b"), Err(Code::BAD_TEXT));
    }
}
