//! When a text has the words that are looked for. Both stores ask here, so that they find the same.
//!
//! An index only says where it is worth looking: it holds [`folded`] texts, and what it offers is looked at again here.

use std::borrow::Cow;

/// Words that a text must have, all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terms(Vec<String>);

impl Terms {
    /// Words as typed.
    pub(super) fn new(words: &[String]) -> Self {
        Self(words.iter().map(|word| folded(word).into_owned()).collect())
    }

    /// The words, folded.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a text has all of them. One that was taken back is empty and has none, not even where nothing is asked.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let text = folded(text);
        !text.is_empty() && self.words().all(|word| text.contains(word))
    }
}

/// A text in the one form that all its cases share. Character by character, so that a part of a text becomes a part of
/// the folded text; by way of the capitals, so that `ß` and `SS`, `ς` and `σ` are the same.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(text.to_ascii_lowercase());
        }
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn has(text: &str, words: &[&str]) -> bool {
        Terms::new(&words.iter().map(ToString::to_string).collect::<Vec<_>>()).are_in(text)
    }

    #[test]
    fn all_words_in_any_order_and_any_case() {
        let text = "These are NOT the droids; Straße, ΟΔΟΣ, 机器人";
        for words in [&["droids", "these"][..], &["not the"], &["STRASSE"], &["οδος"], &["器人", "机"], &["DROID"]]
        {
            assert!(has(text, words), "{words:?}");
        }
        for words in [&["droids", "wookiee"][..], &["the not"], &["人器"], &["dröids"]] {
            assert!(!has(text, words), "{words:?}");
        }
        assert!(!has("", &[]), "a text that was taken back");
    }

    proptest! {
        #[test]
        fn a_part_of_a_text_is_found_in_it_whatever_its_case(before in "\\PC{0,5}", part in "\\PC{1,5}", after in "\\PC{0,5}") {
            let text = format!("{before}{part}{after}");
            prop_assert!(has(&text, &[&part]));
            prop_assert!(has(&text, &[&folded(&part)]));
            prop_assert!(has(&folded(&text), &[&part]));
        }
    }
}
