//! What one character of a text looks like on the screen: which part of it is drawn, and how many columns that takes.
//!
//! Wrapping, drawing and the input line all ask here, so that they never disagree. Widths are ratatui's own, since its
//! diff moves the cursor by them.

use std::ops::Range;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// Drawn for a control character or a line separator that got this far. Text is made safe on receipt; this is the last
/// line of defence, and it keeps the columns right.
const REPLACEMENT: &str = "\u{fffd}";

/// How emoji made of several code points are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emoji {
    /// Only their first code point. Terminals disagree about the width of variation selectors, joiners and skin tones
    /// (a family is 2 columns in some and 8 in others); about the first code point all agree.
    #[default]
    Safe,
    /// As written, for terminals known to count like us.
    Full,
    /// As written where the terminal was seen to count like us.
    Measured(Classes),
}

/// Kinds of emoji about which terminals disagree. True where this one counts as we do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    /// With a variation selector, among them key caps.
    pub selectors: bool,
    /// Several joined into one, and flags of regions, which are made of tags.
    pub joined: bool,
    /// With a skin tone.
    pub tones: bool,
}

/// A grapheme cluster: what a person calls one character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster<'a> {
    /// Its bytes in the text it comes from.
    pub bytes: Range<usize>,
    /// What is drawn for it. Empty for one that shows nothing.
    pub shown: &'a str,
    /// Columns of [`Self::shown`]. 0 only where nothing is drawn.
    pub width: u16,
}

/// Splits a text into clusters, each with what is drawn for it.
pub fn clusters(text: &str, emoji: Emoji) -> Clusters<'_> {
    Clusters { text, at: 0, emoji }
}

/// The clusters of a text, from the first on. Made by [`clusters`].
#[derive(Clone, Debug)]
pub struct Clusters<'a> {
    text: &'a str,
    at: usize,
    emoji: Emoji,
}

impl<'a> Iterator for Clusters<'a> {
    type Item = Cluster<'a>;

    fn next(&mut self) -> Option<Cluster<'a>> {
        let start = self.at;
        let rest = &self.text[start..];
        let (shown, width) = match rest.as_bytes() {
            // A printable character of ASCII before another byte of ASCII stands alone: only marks join what is before
            // them, and none is there. Most text is this, and the tables of Unicode are slow.
            [b' '..=b'~'] | [b' '..=b'~', ..=0x7f, ..] => {
                self.at += 1;
                (&rest[..1], 1)
            }
            _ => {
                // A boundary between clusters depends on nothing before the cluster it ends.
                let cluster = rest.graphemes(true).next()?;
                self.at += cluster.len();
                measure(cluster, self.emoji)
            }
        };
        Some(Cluster { bytes: start..self.at, shown, width })
    }
}

/// Columns of a text drawn in one row.
pub fn width(text: &str, emoji: Emoji) -> u16 {
    clusters(text, emoji).fold(0, |sum: u16, cluster| sum.saturating_add(cluster.width))
}

/// The longest beginning of a text that fits into `columns`, and whether that is all of it.
pub fn fit(text: &str, columns: u16, emoji: Emoji) -> (&str, bool) {
    let mut used = 0_u16;
    for cluster in clusters(text, emoji) {
        used = used.saturating_add(cluster.width);
        if used > columns {
            return (&text[..cluster.bytes.start], false);
        }
    }
    (text, true)
}

/// Whether one press of Backspace takes the whole cluster: emoji and flags. In scripts with marks one press takes one
/// mark, as their writers expect.
pub fn is_emoji(cluster: &str) -> bool {
    let Some(first) = cluster.chars().next() else { return false };
    is_pictograph(first) || is_regional_indicator(first) || cluster.contains(['\u{fe0f}', '\u{20e3}'])
}

fn measure(cluster: &str, emoji: Emoji) -> (&str, u16) {
    if let [byte] = cluster.as_bytes() {
        return if byte.is_ascii_control() { (REPLACEMENT, 1) } else { (cluster, 1) };
    }
    if cluster.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return (REPLACEMENT, 1);
    }
    let shown = match emoji {
        Emoji::Safe => first_emoji(cluster, Classes::default()),
        Emoji::Measured(classes) => first_emoji(cluster, classes),
        Emoji::Full => cluster,
    };
    match shown.cell_width() {
        0 => ("", 0),
        width => (shown, width),
    }
}

/// The beginning of a cluster that the terminal draws in the same number of columns as we count.
fn first_emoji(cluster: &str, full: Classes) -> &str {
    let mut chars = cluster.char_indices();
    let Some((_, first)) = chars.next() else { return cluster };
    let cut = chars.find(|&(_, c)| match c {
        '\u{fe00}'..='\u{fe0f}' => !full.selectors,
        '\u{1f3fb}'..='\u{1f3ff}' => !full.tones,
        '\u{e0020}'..='\u{e007f}' => !full.joined,
        '\u{200d}' => !full.joined && is_pictograph(first),
        _ => false,
    });
    cut.map_or(cluster, |(at, _)| &cluster[..at])
}

/// Blocks of symbols and pictographs: joiners after letters spell words and stay, joiners after these make emoji.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1faff}')
}

fn is_regional_indicator(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawn(text: &str) -> (String, u16) {
        let shown = clusters(text, Emoji::Safe).map(|cluster| cluster.shown).collect();
        (shown, width(text, Emoji::Safe))
    }

    #[test]
    fn emoji_are_drawn_as_what_all_terminals_agree_on() {
        assert_eq!(drawn("\u{2764}\u{fe0f}"), ("\u{2764}".into(), 1), "heart without the selector");
        assert_eq!(drawn("👨‍👩‍👧‍👦"), ("👨".into(), 2), "family");
        assert_eq!(drawn("👍🏽"), ("👍".into(), 2), "skin tone");
        assert_eq!(drawn("1\u{fe0f}\u{20e3}"), ("1".into(), 1), "key cap");
        assert_eq!(drawn("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"), ("🏴".into(), 2), "England");
        assert_eq!(drawn("🇩🇪"), ("🇩🇪".into(), 2), "flag");
        assert_eq!(drawn("❤️‍🔥"), ("❤".into(), 1), "burning heart");
    }

    #[test]
    fn what_the_terminal_was_seen_to_count_right_is_drawn_in_full() {
        let drawn = |text: &str, classes| {
            let shown: String =
                clusters(text, Emoji::Measured(classes)).map(|cluster| cluster.shown.to_owned()).collect();
            (shown, width(text, Emoji::Measured(classes)))
        };
        let selectors = Classes { selectors: true, ..Classes::default() };
        assert_eq!(drawn("\u{2764}\u{fe0f}👍🏽", selectors), ("\u{2764}\u{fe0f}👍".into(), 4));
        let joined = Classes { joined: true, ..Classes::default() };
        assert_eq!(drawn("👨‍👩‍👧‍👦", joined), ("👨‍👩‍👧‍👦".into(), 2));
        // A cluster of two kinds needs both.
        assert_eq!(drawn("❤\u{fe0f}‍🔥", joined), ("❤".into(), 1));
        let tones = Classes { tones: true, ..Classes::default() };
        assert_eq!(drawn("👍🏽", tones), ("👍🏽".into(), 2));
    }

    #[test]
    fn letters_that_need_joiners_keep_them() {
        let kssa = "क्\u{200d}ष";
        assert_eq!(drawn(kssa).0, kssa);
    }

    #[test]
    fn full_emoji_are_left_as_they_are() {
        let shown: String = clusters("👨‍👩‍👧‍👦", Emoji::Full).map(|cluster| cluster.shown).collect();
        assert_eq!(shown, "👨‍👩‍👧‍👦");
    }

    #[test]
    fn what_must_not_reach_a_terminal_does_not() {
        assert_eq!(drawn("a\u{1b}[31mb"), ("a\u{fffd}[31mb".into(), 7));
        assert_eq!(drawn("\u{9b}2J"), ("\u{fffd}2J".into(), 3));
        assert_eq!(drawn("a\u{202e}b\u{200b}c"), ("abc".into(), 3));
        assert_eq!(drawn("a\u{2028}b"), ("a\u{fffd}b".into(), 3));
    }

    proptest! {
        #[test]
        fn clusters_are_those_of_unicode(text in r"([ -~]|\PC|[\u{300}-\u{36f}\u{200d}\u{fe0f}\u{1f1e6}-\u{1f1ff}\r\n]|👨‍👩‍👧|क्ष){0,12}") {
            let found: Vec<_> = clusters(&text, Emoji::Full).map(|cluster| cluster.bytes).collect();
            let expected: Vec<_> = text.grapheme_indices(true).map(|(at, part)| at..at + part.len()).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn fit_never_cuts_a_character() {
        assert_eq!(fit("日本語", 5, Emoji::Safe), ("日本", false));
        assert_eq!(fit("日本語", 6, Emoji::Safe), ("日本語", true));
        assert_eq!(fit("日", 0, Emoji::Safe), ("", false));
        assert_eq!(fit("", 0, Emoji::Safe), ("", true));
    }
}
