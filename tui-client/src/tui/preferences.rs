//! Settings that the screen follows while it runs, as what they mean.

use std::fmt;
use std::str::FromStr;

use jiff::Zoned;

use crate::config::Values;
use crate::tui::cluster::{Classes, Emoji};

/// Columns that a time may take: those of the pane's grid.
const TIME_COLUMNS: usize = 5;

/// What the user prefers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Preferences {
    /// How times are written.
    pub time: TimeFormat,
    /// How emoji of several parts are drawn.
    pub emoji: EmojiChoice,
    /// Whether to show who is typing, and to let others see it.
    pub typing: bool,
    /// What is worth a notification, unless a tab has a level of its own.
    pub notifications: Level,
    /// Whether a notification says who wrote what.
    pub notification_text: bool,
    /// Whether a notification rings the bell.
    pub bell: bool,
    /// Whether the title counts what is unread.
    pub title_count: bool,
}

impl Preferences {
    /// What the values mean.
    pub fn of(values: &Values) -> Self {
        Self {
            time: values.read("time").unwrap_or_default(),
            emoji: values.read("emoji").unwrap_or_default(),
            typing: values.is_on("typing"),
            notifications: values.read("notifications").unwrap_or_default(),
            notification_text: values.is_on("notification_text"),
            bell: values.is_on("bell"),
            title_count: values.is_on("title_count"),
        }
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self::of(&Values::default())
    }
}

/// What is worth a notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Nothing.
    Off,
    /// What is said to the user or names the user, and what waits for an answer.
    #[default]
    Mentions,
    /// Everything that somebody says.
    All,
}

/// A word that is no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give off, mentions or all")]
pub struct NoSuchLevel;

impl FromStr for Level {
    type Err = NoSuchLevel;

    fn from_str(word: &str) -> Result<Self, NoSuchLevel> {
        match word {
            "off" => Ok(Self::Off),
            "mentions" => Ok(Self::Mentions),
            "all" => Ok(Self::All),
            _ => Err(NoSuchLevel),
        }
    }
}

impl Level {
    /// The word that names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Mentions => "mentions",
            Self::All => "all",
        }
    }
}

/// How emoji of several code points are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmojiChoice {
    /// In full where the terminal counts them as we do.
    #[default]
    Auto,
    /// Their first code point only.
    Safe,
    /// In full.
    Full,
}

impl EmojiChoice {
    /// How emoji are drawn on a terminal that was asked about them, or gave no answer.
    pub fn on(self, measured: Option<Classes>) -> Emoji {
        match (self, measured) {
            (Self::Full, _) => Emoji::Full,
            (Self::Auto, Some(classes)) => Emoji::Measured(classes),
            (Self::Auto, None) | (Self::Safe, _) => Emoji::Safe,
        }
    }
}

/// A word that is no way to draw emoji.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give auto, safe or full")]
pub struct NoSuchEmoji;

impl FromStr for EmojiChoice {
    type Err = NoSuchEmoji;

    fn from_str(word: &str) -> Result<Self, NoSuchEmoji> {
        match word {
            "auto" => Ok(Self::Auto),
            "safe" => Ok(Self::Safe),
            "full" => Ok(Self::Full),
            _ => Err(NoSuchEmoji),
        }
    }
}

/// How times are written: a format of `strftime` that fits into the pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeFormat(String);

impl Default for TimeFormat {
    fn default() -> Self {
        Self("%H:%M".to_owned())
    }
}

/// A format that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give a format such as %H:%M, %I:%M or %H.%M that writes at most {TIME_COLUMNS} columns")]
pub struct BadTimeFormat;

impl FromStr for TimeFormat {
    type Err = BadTimeFormat;

    fn from_str(format: &str) -> Result<Self, BadTimeFormat> {
        if !is_of_the_day(format) {
            return Err(BadTimeFormat);
        }
        let sample = |hour| jiff::civil::date(2026, 9, 30).at(hour, 58, 58, 0).to_zoned(jiff::tz::TimeZone::UTC);
        // Night and noon have the longest forms.
        let fits = [0, 12, 23].into_iter().filter_map(|hour| sample(hour).ok()).all(|at| {
            let written = jiff::fmt::strtime::format(format, &at);
            written.is_ok_and(|text| {
                (1..=TIME_COLUMNS).contains(&text.len()) && text.bytes().all(|c| (0x20..0x7f).contains(&c))
            })
        });
        if fits { Ok(Self(format.to_owned())) } else { Err(BadTimeFormat) }
    }
}

/// Whether a format names hours and minutes only: what else there is has no fixed length.
fn is_of_the_day(format: &str) -> bool {
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        let directive = (c == '%').then(|| rest.by_ref().find(|c| !matches!(c, '-' | '_' | '0')));
        if directive.is_some_and(|letter| !matches!(letter, Some('H' | 'I' | 'k' | 'l' | 'M' | 'p' | 'P' | '%'))) {
            return false;
        }
    }
    true
}

impl TimeFormat {
    /// A time as it is shown.
    pub fn write(&self, at: &Zoned) -> String {
        jiff::fmt::strtime::format(&self.0, at).unwrap_or_default()
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_fits_into_its_columns_or_is_refused() {
        for format in ["%H:%M", "%I:%M", "%k:%M", "%H.%M", "%Hh%M", "%H"] {
            assert!(format.parse::<TimeFormat>().is_ok(), "{format}");
        }
        for format in ["", "%H:%M:%S", "%", "%Q", "%A", "%Z", "\u{1b}[m", "%c", "日", "%n"] {
            assert_eq!(format.parse::<TimeFormat>(), Err(BadTimeFormat), "{format:?}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for level in [Level::Off, Level::Mentions, Level::All] {
            assert_eq!(level.as_str().parse(), Ok(level));
        }
    }
}
