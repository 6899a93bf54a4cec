//! The few symbols of our own chrome, in Unicode and for terminals that cannot be trusted with it.
//!
//! All are one column wide and have no emoji form. Some are "ambiguous" in East Asian terminals and take two columns
//! there; those terminals, and ones that do not speak UTF-8, get [`ASCII`].

/// Symbols by what they stand for.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// The program's mark in the tab bar.
    pub mark: &'static str,
    /// Online; connected.
    pub online: &'static str,
    /// Idle; reconnecting.
    pub idle: &'static str,
    /// Gone; offline.
    pub offline: &'static str,
    /// A private session.
    pub private: &'static str,
    /// A file coming in; newer lines below.
    pub down: &'static str,
    /// A file going out.
    pub up: &'static str,
    /// Joined.
    pub joined: &'static str,
    /// Done; delivered.
    pub done: &'static str,
    /// Failed.
    pub failed: &'static str,
    /// Something is left out or still on its way.
    pub ellipsis: &'static str,
    /// Separates facts in a line.
    pub separator: &'static str,
    /// What one types after.
    pub prompt: &'static str,
    /// One letter of a password.
    pub mask: &'static str,
    /// A box that is ticked.
    pub ticked: &'static str,
    /// A box that is not.
    pub unticked: &'static str,
    /// The left edge of what is active.
    pub bar: &'static str,
    /// The left edge of a line that mentions the user.
    pub mention: &'static str,
    /// The rule between names and text.
    pub rule: &'static str,
    /// A line across.
    pub line: &'static str,
    /// The done part of a gauge, a half step of it, and the rest.
    pub gauge: [&'static str; 3],
    /// The thumb of a scroll bar.
    pub thumb: &'static str,
    /// Corners of a box: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// The Enter key on a button.
    pub enter: &'static str,
    /// Half blocks and eighths can be drawn too.
    pub has_blocks: bool,
}

/// For terminals that count every one of them as one column.
pub static UNICODE: Glyphs = Glyphs {
    mark: "◆",
    online: "●",
    idle: "◐",
    offline: "○",
    private: "⇄",
    down: "↓",
    up: "↑",
    joined: "→",
    done: "✓",
    failed: "✗",
    ellipsis: "…",
    separator: "·",
    prompt: "❯",
    mask: "•",
    ticked: "▣",
    unticked: "□",
    bar: "▎",
    mention: "▌",
    rule: "│",
    line: "─",
    gauge: ["━", "╸", "─"],
    thumb: "▐",
    corners: ["╭", "╮", "╰", "╯"],
    enter: "⏎",
    has_blocks: true,
};

/// For all others.
pub static ASCII: Glyphs = Glyphs {
    mark: "*",
    online: "*",
    idle: "-",
    offline: "o",
    private: "=",
    down: "v",
    up: "^",
    joined: ">",
    done: "+",
    failed: "x",
    ellipsis: "~",
    separator: "-",
    prompt: ">",
    mask: "*",
    ticked: "x",
    unticked: "_",
    bar: "|",
    mention: ">",
    rule: "|",
    line: "-",
    gauge: ["=", "-", "."],
    thumb: "|",
    corners: ["+", "+", "+", "+"],
    enter: "<",
    has_blocks: false,
};

impl Glyphs {
    /// The glyphs for a locale, from the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set and not empty. With none
    /// set, Unicode: a terminal of today speaks UTF-8.
    pub fn for_locale<'a>(names: impl IntoIterator<Item = Option<&'a str>>) -> &'static Self {
        let Some(locale) = names.into_iter().flatten().find(|name| !name.is_empty()) else { return &UNICODE };
        let locale = locale.to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { &UNICODE } else { &ASCII }
    }

    /// Every glyph.
    pub fn all(&self) -> impl Iterator<Item = &'static str> {
        let single = [
            self.mark,
            self.online,
            self.idle,
            self.offline,
            self.private,
            self.down,
            self.up,
            self.joined,
            self.done,
            self.failed,
            self.ellipsis,
            self.separator,
            self.prompt,
            self.mask,
            self.ticked,
            self.unticked,
            self.bar,
            self.mention,
            self.rule,
            self.line,
            self.thumb,
            self.enter,
        ];
        single.into_iter().chain(self.gauge).chain(self.corners)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::cluster::{Emoji, width};

    #[test]
    fn every_glyph_is_one_column_wide() {
        for glyph in UNICODE.all().chain(ASCII.all()) {
            assert_eq!(width(glyph, Emoji::Full), 1, "{glyph}");
        }
        assert!(ASCII.all().all(str::is_ascii));
    }

    #[test]
    fn a_locale_without_utf8_gets_ascii() {
        assert_eq!(Glyphs::for_locale([None, Some(""), Some("de_DE.UTF-8")]), &UNICODE);
        assert_eq!(Glyphs::for_locale([Some("C"), None, Some("de_DE.UTF-8")]), &ASCII);
        assert_eq!(Glyphs::for_locale([None, None, None]), &UNICODE);
    }
}
