//! Decides for each character whether it may be shown. Everything that [`super`] puts out follows from here.

use std::str::Chars;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory};

use crate::limits::MARKS;

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';

/// The tag characters that may follow a black flag: `gbeng`, `gbsct`, `gbwls` and the end of tags. These are all the tag
/// sequences that Unicode recommends; any other would be a place to hide letters in.
const FLAG_TAGS: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// What becomes of one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is harmless where it stands.
    Shown,
    /// A line feed.
    LineFeed,
    /// A carriage return directly before a line feed.
    CrOfCrLf,
    /// A horizontal tab.
    Tab,
    /// It acts on a terminal, cannot be seen, or changes how others are seen.
    Unsafe,
}

/// What stood before, as far as it decides what may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// Nothing of interest.
    Other,
    /// A digit, `#` or `*`, which can become a keycap.
    KeycapBase,
    /// A picture, or a picture and its selector: what a joiner joins.
    Picture,
    /// A picture and its text selector, which ends it.
    Selected,
    /// Two pictures are being joined: the next one belongs to the same cluster.
    Joined,
    /// A letter or mark of a script that needs joiners.
    Joining,
}

/// The characters of a text, each with its fate.
pub(super) struct Scanner<'a> {
    rest: Chars<'a>,
    before: Before,
    /// Marks, joiners and selectors of this cluster so far. At the limit nothing more is shown, and a place where a mark
    /// has nothing to stand on counts as full.
    marks: usize,
    /// Tag characters still to come of a flag that was found to be a known one.
    tags: usize,
}

impl<'a> Scanner<'a> {
    /// At the start of a text. Nothing that stood before it is known, so a mark cannot attach to it.
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.chars(), before: Before::Other, marks: MARKS, tags: 0 }
    }

    /// As if the text began after the character that was given out last.
    pub(super) fn restart(&mut self) {
        self.before = Before::Other;
        self.marks = MARKS;
    }

    fn judge(&mut self, c: char) -> Fate {
        if self.tags > 0 {
            self.tags -= 1;
            return Fate::Shown;
        }
        let fate = match c {
            ' '..='~' => self.base(c),
            '\n' => Fate::LineFeed,
            '\t' => Fate::Tab,
            '\r' if self.next_is(|next| next == '\n') => Fate::CrOfCrLf,
            ZWNJ | ZWJ => self.joiner(c),
            '\u{fe0e}' | '\u{fe0f}' => self.selector(c),
            _ if is_invisible(c) => Fate::Unsafe,
            _ if stands_on_another(c) => self.mark(c),
            _ if is_hostile(c.general_category(), c) => Fate::Unsafe,
            _ => self.base(c),
        };
        if fate != Fate::Shown {
            self.restart();
        }
        fate
    }

    fn next_is(&self, test: impl FnOnce(char) -> bool) -> bool {
        self.rest.clone().next().is_some_and(test)
    }

    /// A character that can be seen by itself begins a cluster, unless it is joined to the one before.
    fn base(&mut self, c: char) -> Fate {
        if !(self.before == Before::Joined && is_picture(c)) {
            self.marks = 0;
        }
        self.before = match c {
            '0'..='9' | '#' | '*' => Before::KeycapBase,
            BLACK_FLAG => self.flag(),
            _ if is_picture(c) => Before::Picture,
            _ if needs_joiners(c) => Before::Joining,
            _ => Before::Other,
        };
        Fate::Shown
    }

    fn flag(&mut self) -> Before {
        let rest = self.rest.as_str();
        match FLAG_TAGS.iter().find(|tags| rest.starts_with(**tags)) {
            Some(tags) => {
                self.tags = tags.chars().count();
                Before::Other
            }
            None => Before::Picture,
        }
    }

    fn mark(&mut self, c: char) -> Fate {
        let shown = self.one_more();
        if shown == Fate::Shown {
            self.before = if needs_joiners(c) { Before::Joining } else { Before::Other };
        }
        shown
    }

    fn joiner(&mut self, c: char) -> Fate {
        let after = match self.before {
            Before::Joining => Before::Other,
            Before::Picture if c == ZWJ && self.next_is(is_picture) => Before::Joined,
            _ => return Fate::Unsafe,
        };
        self.before = after;
        self.one_more()
    }

    fn selector(&mut self, c: char) -> Fate {
        self.before = match self.before {
            Before::Picture if c == '\u{fe0f}' => Before::Picture,
            Before::Picture => Before::Selected,
            Before::KeycapBase if self.next_is(|next| next == KEYCAP) => Before::Other,
            _ => return Fate::Unsafe,
        };
        self.one_more()
    }

    fn one_more(&mut self) -> Fate {
        if self.marks >= MARKS {
            return Fate::Unsafe;
        }
        self.marks += 1;
        Fate::Shown
    }
}

impl Iterator for Scanner<'_> {
    type Item = (char, Fate);

    fn next(&mut self) -> Option<Self::Item> {
        let c = self.rest.next()?;
        Some((c, self.judge(c)))
    }
}

/// Whether a joiner or a selector makes sense after this character. Digits and the letters of flags are emoji by their
/// property, but not by themselves.
fn is_picture(c: char) -> bool {
    !c.is_ascii() && c.is_emoji_char() && !unicode_properties::emoji::is_regional_indicator(c)
}

/// Whether this character is drawn on the one before and takes no room of its own.
fn stands_on_another(c: char) -> bool {
    // Vowels and final consonants of decomposed Korean syllables, and a caret of Devanagari.
    matches!(c, '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}' | '\u{a8fa}')
        && c.general_category() != GeneralCategory::Unassigned
        || c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Whether this character is shown as nothing or as a gap although its category says letter, symbol or mark.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{34f}'                       // combining grapheme joiner
        | '\u{115f}' | '\u{1160}'       // Hangul fillers
        | '\u{17b4}' | '\u{17b5}'       // Khmer inherent vowels
        | '\u{180b}'..='\u{180f}'       // Mongolian selectors and vowel separator
        | '\u{2800}'                    // Braille without dots
        | '\u{3164}' | '\u{ffa0}'       // Hangul fillers
        | '\u{fe00}'..='\u{fe0d}'       // variation selectors 1 to 14; 15 and 16 are judged by their place
        | '\u{13441}' | '\u{13442}'     // blank hieroglyphs
        | '\u{16fe4}'                   // Khitan filler
        | '\u{1d159}'                   // null notehead
        | '\u{e0000}'..='\u{e0fff}') // tags, variation selectors 17 to 256, and room for more of the kind
}

fn is_hostile(category: GeneralCategory, c: char) -> bool {
    match category {
        GeneralCategory::SpaceSeparator => !matches!(c, '\u{a0}' | '\u{3000}'),
        GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::Surrogate
        | GeneralCategory::PrivateUse
        | GeneralCategory::Unassigned => true,
        _ => false,
    }
}

/// Whether this is a letter or mark of a script that spells with joiners. Blocks, not scripts: a block never changes.
fn needs_joiners(c: char) -> bool {
    let in_block = matches!(c,
        '\u{600}'..='\u{dff}'           // Arabic, Syriac, Thaana, NKo, Mandaic and the scripts of India and Sri Lanka
        | '\u{f00}'..='\u{109f}'        // Tibetan, Myanmar
        | '\u{1780}'..='\u{18af}'       // Khmer, Mongolian
        | '\u{1900}'..='\u{1cff}'       // Limbu to Vedic marks
        | '\u{a800}'..='\u{abff}'       // Syloti Nagri to Meetei Mayek
        | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' // Arabic forms
        | '\u{10a00}'..='\u{10fff}'     // Kharoshthi to Chorasmian
        | '\u{11000}'..='\u{11fff}'     // Brahmi and its kin
        | '\u{1e900}'..='\u{1e95f}'); // Adlam
    in_block && matches!(c.general_category_group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark)
}
