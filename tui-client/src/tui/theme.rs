//! The tokens of the look: what each colour means, for dark and light terminals, with true colour, 256, 16 or none.
//!
//! A view names a token, never a colour. Tokens are patches: backgrounds set only the background, the others only what
//! is written, so they combine. Contrast on the pane's background is at least 4 : 1 for every text token.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use shared::name::Name;

pub use self::depth::{Depth, Environment, depth, parse_osc11, shade_of, shade_of_environment};
pub use self::own::{OwnTheme, ThemeError, Themes};
use self::palette::{ANSI_PEOPLE, DARK, LIGHT, Palette, nearest_256};
pub use self::palette::{PEOPLE, Rgb, mix};

mod depth;
mod own;
mod palette;

/// How much of a colour is left under an overlay, in thousandths.
const DIMMED: u16 = 450;

/// Whether the terminal is dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shade {
    /// Light text on a dark background.
    #[default]
    Dark,
    /// Dark text on a light background.
    Light,
}

/// What the user asked for with `--theme` or `/theme`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the terminal is.
    #[default]
    Auto,
    /// Dark, whatever the terminal is.
    Dark,
    /// Light, whatever the terminal is.
    Light,
    /// The terminal's own background and its 16 colours.
    Terminal,
    /// The file of this name in the user's folder of themes.
    Own(String),
}

/// The longest name of an own theme.
const NAME_BYTES: usize = 32;

/// A word that names no theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a theme is auto, dark, light, terminal, or the name of a file of your own: letters, digits, - and _")]
pub struct NoSuchTheme;

impl FromStr for ThemeChoice {
    type Err = NoSuchTheme;

    fn from_str(word: &str) -> Result<Self, NoSuchTheme> {
        match word {
            "auto" => Ok(Self::Auto),
            "dark" => Ok(Self::Dark),
            "light" => Ok(Self::Light),
            "terminal" | "ansi16" | "ansi" => Ok(Self::Terminal),
            name if (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(is_name_byte) => {
                Ok(Self::Own(name.to_owned()))
            }
            _ => Err(NoSuchTheme),
        }
    }
}

/// Names become file names: nothing in them leads elsewhere.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

impl ThemeChoice {
    /// The word that names it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Terminal => "terminal",
            Self::Own(name) => name,
        }
    }

    /// The one after it, for the key that steps through them: the own ones that can be read come last.
    #[must_use]
    pub fn next(&self, themes: &Themes) -> Self {
        let after = match self {
            Self::Auto => return Self::Dark,
            Self::Dark => return Self::Light,
            Self::Light => return Self::Terminal,
            Self::Terminal => "",
            Self::Own(name) => name,
        };
        let next = themes.iter().find(|(name, theme)| name.as_str() > after && theme.is_ok());
        next.map_or(Self::Auto, |(name, _)| Self::Own(name.clone()))
    }
}

/// A pill: a short text on a coloured ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pill {
    /// The tab one is in; the main button.
    Accent,
    /// Something unread that names the user.
    Alert,
    /// Something unread in a private session or direct conversation.
    Private,
}

/// Every token, ready to draw with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Colours in use.
    pub depth: Depth,
    /// Dark or light.
    pub shade: Shade,
    /// Background of the message pane.
    pub bg: Style,
    /// Background of the sidebar and the row of hints.
    pub alt: Style,
    /// Background of the tab bar, the status row, fields and pop-ups.
    pub surface: Style,
    /// Background of what is chosen, and of key caps.
    pub raised: Style,
    /// Background of a line that mentions the user.
    pub mention: Style,
    /// Background of code.
    pub code: Style,
    /// Borders and rules.
    pub border: Style,
    /// Text to read.
    pub text: Style,
    /// Labels and hints.
    pub muted: Style,
    /// Times and counts.
    pub faint: Style,
    /// The one colour that leads the eye; the user's own name.
    pub accent: Style,
    /// Direct and private.
    pub private: Style,
    /// Good.
    pub ok: Style,
    /// Needs attention.
    pub warn: Style,
    /// Wrong.
    pub error: Style,
    people: [Style; PEOPLE],
    /// What colours are mixed from.
    palette: Option<Palette>,
}

impl Theme {
    /// The theme for what the user chose, on a terminal of this depth and shade.
    pub fn new(choice: ThemeChoice, depth: Depth, shade: Shade) -> Self {
        let shade = match choice {
            ThemeChoice::Dark => Shade::Dark,
            ThemeChoice::Light => Shade::Light,
            // An own theme is made by `choose`, over one of these.
            ThemeChoice::Auto | ThemeChoice::Terminal | ThemeChoice::Own(_) => shade,
        };
        match (depth, choice) {
            (Depth::None, _) => Self::without_colour(shade),
            (Depth::Ansi16, _) | (_, ThemeChoice::Terminal) => Self::of_the_terminal(shade),
            (Depth::Indexed256 | Depth::Rgb, _) => Self::painted(depth, shade),
        }
    }

    /// The style of a user's name: the same colour for the same name on every screen, and the accent for one's own.
    pub fn person(&self, name: &Name, me: Option<&Name>) -> Style {
        if me == Some(name) { self.accent } else { self.people[person_index(name.key())] }
    }

    /// The style of a pill's text and ground.
    pub fn pill(&self, pill: Pill) -> Style {
        let token = match pill {
            Pill::Accent => self.accent,
            Pill::Alert => self.error,
            Pill::Private => self.private,
        };
        match (token.fg, &self.palette) {
            (Some(ground), Some(palette)) => {
                // The terminal's own background is no ink.
                let ink = self.bg.bg.filter(|ground| *ground != Color::Reset).unwrap_or(palette.bg.into());
                Style::new().bg(ground).fg(ink).add_modifier(Modifier::BOLD)
            }
            (Some(ground), None) if self.depth != Depth::None => {
                let ink = if self.shade == Shade::Dark { Color::Black } else { Color::White };
                Style::new().bg(ground).fg(ink).add_modifier(Modifier::BOLD)
            }
            _ => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
        }
    }

    /// What a style becomes under an overlay.
    pub fn dim(&self, style: Style) -> Style {
        let Some(palette) = self.palette.as_ref().filter(|_| self.depth == Depth::Rgb) else {
            return style.add_modifier(Modifier::DIM);
        };
        let under = mix(Rgb(0, 0, 0), palette.bg, if self.shade == Shade::Dark { 750 } else { 920 });
        let sink = |colour: Option<Color>| match colour {
            Some(Color::Rgb(r, g, b)) => Some(mix(under, Rgb(r, g, b), DIMMED).into()),
            other => other,
        };
        Style { fg: sink(style.fg), bg: sink(style.bg), ..style }
    }

    /// A colour between the accent and the private one, for the wordmark: `thousandths` of the way. The accent where
    /// there are too few colours for a gradient.
    pub fn gradient(&self, thousandths: u16) -> Style {
        match self.palette.as_ref().filter(|_| self.depth == Depth::Rgb) {
            Some(palette) => Style::new().fg(mix(palette.accent, palette.private, thousandths).into()),
            None => self.accent,
        }
    }

    /// The palette to paint pictures with. `None` unless the terminal shows true colour.
    pub fn picture(&self) -> Option<PictureColours> {
        let palette = self.palette.as_ref().filter(|_| self.depth == Depth::Rgb)?;
        Some(PictureColours { sky: palette.bg, hills: palette.hills, star: palette.border, bright_star: palette.faint })
    }

    fn painted(depth: Depth, shade: Shade) -> Self {
        let palette = match shade {
            Shade::Dark => &DARK,
            Shade::Light => &LIGHT,
        };
        let colour = |rgb: Rgb| if depth == Depth::Rgb { rgb.into() } else { Color::Indexed(nearest_256(rgb, shade)) };
        let ink = |rgb| Style::new().fg(colour(rgb));
        let ground =
            |rgb, forced| Style::new().bg(if depth == Depth::Rgb { colour(rgb) } else { Color::Indexed(forced) });
        let [bg, alt, surface, raised, mention, code] = palette.grounds_256;
        Self {
            depth,
            shade,
            bg: ground(palette.bg, bg),
            alt: ground(palette.alt, alt),
            surface: ground(palette.surface, surface),
            raised: ground(palette.raised, raised),
            mention: ground(palette.mention, mention),
            code: ground(palette.code, code),
            border: ink(palette.border),
            text: ink(palette.text),
            muted: ink(palette.muted),
            faint: ink(palette.faint),
            accent: ink(palette.accent),
            private: ink(palette.private),
            ok: ink(palette.ok),
            warn: ink(palette.warn),
            error: ink(palette.error),
            people: palette.people.map(ink),
            palette: Some(palette.clone()),
        }
    }

    fn of_the_terminal(shade: Shade) -> Self {
        let ink = |colour| Style::new().fg(colour);
        // White (7) is unreadable on a light ground, and two greys are all there is: what is chosen gets the one that no
        // text has.
        let (grey, raised) =
            if shade == Shade::Dark { (Color::Gray, Color::DarkGray) } else { (Color::DarkGray, Color::Gray) };
        Self {
            raised: Style::new().bg(raised),
            border: ink(Color::DarkGray),
            muted: ink(grey),
            faint: ink(grey),
            accent: ink(Color::Blue),
            private: ink(Color::Magenta),
            ok: ink(Color::Green),
            warn: ink(Color::Yellow),
            error: ink(Color::Red),
            people: ANSI_PEOPLE.map(ink),
            ..Self::bare(Depth::Ansi16, shade)
        }
    }

    fn without_colour(shade: Shade) -> Self {
        let as_modifier = |modifier| Style::new().add_modifier(modifier);
        Self {
            raised: as_modifier(Modifier::REVERSED),
            faint: as_modifier(Modifier::DIM),
            accent: as_modifier(Modifier::BOLD),
            private: as_modifier(Modifier::UNDERLINED),
            ..Self::bare(Depth::None, shade)
        }
    }

    /// The terminal's own colours everywhere.
    fn bare(depth: Depth, shade: Shade) -> Self {
        let [ink, ground] = [Style::new().fg(Color::Reset), Style::new().bg(Color::Reset)];
        Self {
            depth,
            shade,
            bg: ground,
            alt: ground,
            surface: ground,
            raised: ground,
            mention: ground,
            code: ground,
            border: ink,
            text: ink,
            muted: ink,
            faint: ink,
            accent: ink,
            private: ink,
            ok: ink,
            warn: ink,
            error: ink,
            people: [ink; PEOPLE],
            palette: None,
        }
    }
}

/// What the picture behind the login is painted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureColours {
    /// Behind everything.
    pub sky: Rgb,
    /// Hills, the furthest first.
    pub hills: [Rgb; 3],
    /// Most stars.
    pub star: Rgb,
    /// A few.
    pub bright_star: Rgb,
}

/// Which of the colours a name has, from its case-folded form: FNV-1a, 32 bits.
fn person_index(key: &str) -> usize {
    let hash = key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as usize % PEOPLE
}

#[cfg(test)]
mod tests;
