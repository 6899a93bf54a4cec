//! What the terminal can show, from the environment and its answers. Pure: the values are handed in.

use super::palette::brightness;
use super::{Rgb, Shade};

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None, because the user wants none.
    None,
    /// The terminal's own 16.
    Ansi16,
    /// xterm's 256.
    Indexed256,
    /// All of them.
    Rgb,
}

/// The values of the environment that matter. `None` for a variable that is not set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment<'a> {
    /// `NO_COLOR`: any value but the empty one means no colour (no-color.org).
    pub no_color: Option<&'a str>,
    /// `COLORTERM`: set by terminals with true colour. Lost over ssh and in tmux.
    pub colorterm: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// `COLORFGBG`: set by some terminals, `foreground;background` in the 16 colours.
    pub colorfgbg: Option<&'a str>,
}

/// How many colours to use.
pub fn depth(environment: Environment<'_>) -> Depth {
    if environment.no_color.is_some_and(|value| !value.is_empty()) {
        return Depth::None;
    }
    let term = environment.term.unwrap_or_default();
    if matches!(environment.colorterm, Some("truecolor" | "24bit")) || term.ends_with("-direct") {
        Depth::Rgb
    } else if term.contains("256color") {
        Depth::Indexed256
    } else {
        Depth::Ansi16
    }
}

/// Whether the terminal is dark, as far as `COLORFGBG` tells: its last number is the background.
pub fn shade_of_environment(environment: Environment<'_>) -> Option<Shade> {
    let background: u8 = environment.colorfgbg?.rsplit(';').next()?.parse().ok()?;
    match background {
        0..=6 | 8 => Some(Shade::Dark),
        7 | 9..=15 => Some(Shade::Light),
        _ => None,
    }
}

/// The shade of a background: dark if it is less than half as bright as white to the eye.
pub fn shade_of(background: Rgb) -> Shade {
    if brightness(background) < 127_500 { Shade::Dark } else { Shade::Light }
}

/// Reads a terminal's answer to `ESC ] 11 ; ? ESC \`, its background colour: `rgb:`, `rgba:` or `#` and hexadecimal
/// digits, ended by BEL or ST. Bytes before and after the answer are passed over.
pub fn parse_osc11(answer: &[u8]) -> Option<Rgb> {
    const START: &[u8] = b"\x1b]11;";
    let start = answer.windows(START.len()).position(|window| window == START)? + START.len();
    let value = &answer[start..];
    let end = value.iter().position(|byte| matches!(byte, 0x07 | 0x1b))?;
    parse_colour(str::from_utf8(&value[..end]).ok()?)
}

fn parse_colour(value: &str) -> Option<Rgb> {
    if let Some(digits) = value.strip_prefix('#') {
        let each = digits.len() / 3;
        if !digits.is_ascii() || digits.len() % 3 != 0 {
            return None;
        }
        return Some(Rgb(
            channel(digits.get(..each)?)?,
            channel(digits.get(each..2 * each)?)?,
            channel(digits.get(2 * each..)?)?,
        ));
    }
    let channels = value.strip_prefix("rgb:").or_else(|| value.strip_prefix("rgba:"))?;
    let mut channels = channels.split('/').map(channel);
    Some(Rgb(channels.next()??, channels.next()??, channels.next()??))
}

/// One to four hexadecimal digits, scaled to a byte.
fn channel(digits: &str) -> Option<u8> {
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let highest = (1 << (4 * digits.len())) - 1;
    u8::try_from((value * 255 + highest / 2) / highest).ok()
}
