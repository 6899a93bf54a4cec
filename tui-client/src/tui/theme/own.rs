//! Themes of the user's own: a file that changes tokens of the dark or the light theme.

use std::collections::BTreeMap;

use ratatui::style::{Color, Style};
use toml_edit::{Document, Item, Value};

use super::palette::{PEOPLE, Palette, Rgb, nearest_256};
use super::{Depth, Shade, Theme, ThemeChoice};
use crate::config::near;

/// A theme that was read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTheme {
    shade: Shade,
    tokens: Vec<(&'static Token, Ink)>,
    people: Option<Vec<Ink>>,
}

/// The themes in the user's folder, each read or with the reason why it cannot be: a sentence that names file and token.
pub type Themes = BTreeMap<String, Result<OwnTheme, String>>;

/// A colour as a file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    /// `#rrggbb`
    Rgb(Rgb),
    /// One of the terminal's 16.
    Ansi(Color),
    /// The terminal's own.
    Default,
}

/// What a file can change.
#[derive(Debug)]
struct Token {
    name: &'static str,
    style: fn(&mut Theme) -> &mut Style,
    /// Where the colour is mixed from.
    colour: fn(&mut Palette) -> &mut Rgb,
    is_ground: bool,
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Token {}

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {token}: {why}")]
pub struct ThemeError {
    /// Counted from 1.
    pub line: usize,
    /// The key.
    pub token: String,
    /// A fragment.
    pub why: String,
}

macro_rules! token {
    ($name:ident, $is_ground:expr) => {
        Token {
            name: stringify!($name),
            style: |theme| &mut theme.$name,
            colour: |palette| &mut palette.$name,
            is_ground: $is_ground,
        }
    };
}

static TOKENS: &[Token] = &[
    token!(bg, true),
    token!(alt, true),
    token!(surface, true),
    token!(raised, true),
    token!(mention, true),
    token!(code, true),
    token!(border, false),
    token!(text, false),
    token!(muted, false),
    token!(faint, false),
    token!(accent, false),
    token!(private, false),
    token!(ok, false),
    token!(warn, false),
    token!(error, false),
];

/// Names of the terminal's 16 colours.
static ANSI: &[(&str, Color)] = &[
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

impl OwnTheme {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        let line = |at: usize| 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
        let document = Document::parse(text).map_err(|error| ThemeError {
            line: line(error.span().map_or(0, |span| span.start)),
            token: "TOML".to_owned(),
            why: error.message().to_owned(),
        })?;
        let mut own = Self { shade: Shade::Dark, tokens: Vec::new(), people: None };
        for (name, item) in document.iter() {
            let at = document.key(name).and_then(toml_edit::Key::span).map_or(0, |span| span.start);
            own.take(name, item).map_err(|why| {
                let token = name.escape_debug().to_string();
                ThemeError { line: line(at), token, why }
            })?;
        }
        Ok(own)
    }

    fn take(&mut self, name: &str, item: &Item) -> Result<(), String> {
        match (name, item.as_value()) {
            ("inherits", Some(Value::String(base))) => {
                self.shade = match base.value().as_str() {
                    "dark" => Shade::Dark,
                    "light" => Shade::Light,
                    _ => return Err("give dark or light".to_owned()),
                };
            }
            ("people", Some(Value::Array(colours))) => {
                let inks = colours.iter().map(|colour| colour.as_str().ok_or_else(wanted).and_then(ink));
                let inks = inks.collect::<Result<Vec<_>, _>>()?;
                if inks.len() != PEOPLE {
                    return Err(format!("give {PEOPLE} colours"));
                }
                self.people = Some(inks);
            }
            (name, Some(Value::String(colour))) => {
                let token = TOKENS.iter().find(|token| token.name == name).ok_or_else(|| unknown(name))?;
                self.tokens.push((token, ink(colour.value())?));
            }
            ("people", _) => return Err(format!("give a list of {PEOPLE} colours")),
            (name, _) if name == "inherits" || TOKENS.iter().any(|token| token.name == name) => return Err(wanted()),
            (name, _) => return Err(unknown(name)),
        }
        Ok(())
    }
}

fn wanted() -> String {
    "give a colour between quotes: #rrggbb, a name such as bright-blue, or default".to_owned()
}

fn unknown(name: &str) -> String {
    if let Some(near) = near(name, TOKENS.iter().map(|token| token.name)) {
        return format!("there is no such token, did you mean {near}?");
    }
    let names: Vec<&str> = TOKENS.iter().map(|token| token.name).collect();
    format!("there is no such token; there are inherits, people, {}", names.join(", "))
}

fn ink(written: &str) -> Result<Ink, String> {
    if written == "default" {
        return Ok(Ink::Default);
    }
    if let Some(&(_, colour)) = ANSI.iter().find(|(name, _)| *name == written) {
        return Ok(Ink::Ansi(colour));
    }
    let digits = written.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii());
    let channel = |at: usize| u8::from_str_radix(digits?.get(at..at + 2)?, 16).ok();
    match (channel(0), channel(2), channel(4)) {
        (Some(r), Some(g), Some(b)) if !written.contains(['+', '-']) => Ok(Ink::Rgb(Rgb(r, g, b))),
        _ => Err(wanted()),
    }
}

impl Ink {
    /// What it becomes on a terminal; nothing where that cannot show it.
    fn on(self, depth: Depth, shade: Shade) -> Option<Color> {
        match (self, depth) {
            (_, Depth::None) | (Self::Rgb(_), Depth::Ansi16) => None,
            (Self::Default, _) => Some(Color::Reset),
            (Self::Ansi(colour), _) => Some(colour),
            (Self::Rgb(rgb), Depth::Indexed256) => Some(Color::Indexed(nearest_256(rgb, shade))),
            (Self::Rgb(rgb), Depth::Rgb) => Some(rgb.into()),
        }
    }
}

impl Theme {
    /// The theme for a choice.
    ///
    /// # Errors
    ///
    /// A sentence, when the choice names an own theme that is not there or cannot be read.
    pub fn choose(choice: &ThemeChoice, themes: &Themes, depth: Depth, shade: Shade) -> Result<Self, String> {
        let ThemeChoice::Own(name) = choice else { return Ok(Self::new(choice.clone(), depth, shade)) };
        match themes.get(name) {
            Some(Ok(own)) => Ok(Self::own(own, depth)),
            Some(Err(why)) => Err(why.clone()),
            None => Err(format!(
                "No theme is called {name}: there are auto, dark, light, terminal, and the files in tern/themes of the \
                 XDG config folder."
            )),
        }
    }

    fn own(own: &OwnTheme, depth: Depth) -> Self {
        let choice = if own.shade == Shade::Dark { ThemeChoice::Dark } else { ThemeChoice::Light };
        let mut theme = Self::new(choice, depth, own.shade);
        for (token, ink) in &own.tokens {
            if let (Ink::Rgb(rgb), Some(palette)) = (ink, &mut theme.palette) {
                *(token.colour)(palette) = *rgb;
            }
            if let Some(colour) = ink.on(depth, own.shade) {
                let style = (token.style)(&mut theme);
                *style = if token.is_ground { style.bg(colour) } else { style.fg(colour) };
            }
        }
        for (person, ink) in theme.people.iter_mut().zip(own.people.iter().flatten()) {
            if let Some(colour) = ink.on(depth, own.shade) {
                *person = person.fg(colour);
            }
        }
        theme
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(text: &str, depth: Depth) -> Theme {
        let themes = Themes::from([("mine".to_owned(), Ok(OwnTheme::parse(text).unwrap()))]);
        Theme::choose(&ThemeChoice::Own("mine".to_owned()), &themes, depth, Shade::Dark).unwrap()
    }

    #[test]
    fn an_own_theme_changes_its_tokens_and_inherits_the_others() {
        let text = "inherits = \"light\"\nbg = \"default\"\naccent = \"#c00020\"\nwarn = \"bright-yellow\"\n";
        let (own, light) = (theme(text, Depth::Rgb), Theme::new(ThemeChoice::Light, Depth::Rgb, Shade::Dark));
        assert_eq!((own.bg.bg, own.accent.fg), (Some(Color::Reset), Some(Color::Rgb(0xc0, 0, 0x20))));
        assert_eq!((own.warn.fg, own.shade), (Some(Color::LightYellow), Shade::Light));
        assert_eq!((own.text, own.surface, own.people), (light.text, light.surface, light.people));
        assert_eq!(own.gradient(0), own.accent, "mixed colours follow");
    }

    #[test]
    fn with_fewer_colours_what_cannot_be_shown_stays_as_it_was() {
        let text = "bg = \"#ffffff\"\ntext = \"#000000\"\nerror = \"magenta\"\n";
        let (own, plain) = (theme(text, Depth::Ansi16), Theme::new(ThemeChoice::Dark, Depth::Ansi16, Shade::Dark));
        assert_eq!((own.bg, own.text), (plain.bg, plain.text));
        assert_eq!(own.error.fg, Some(Color::Magenta));
        assert_eq!(theme(text, Depth::None), Theme::new(ThemeChoice::Dark, Depth::None, Shade::Dark));
        assert!(matches!(theme(text, Depth::Indexed256).text.fg, Some(Color::Indexed(_))));
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_token() {
        let error = |text: &str| OwnTheme::parse(text).unwrap_err().to_string();
        assert_eq!(
            error("\nbg = \"#12345\"\n"),
            "line 2, bg: give a colour between quotes: #rrggbb, a name such as bright-blue, or default"
        );
        assert!(error("acent = \"red\"").starts_with("line 1, acent: there is no such token, did you mean accent?"));
        assert!(error("wallpaper = \"red\"").contains("inherits, people, bg"));
        assert_eq!(error("inherits = \"grey\""), "line 1, inherits: give dark or light");
        assert_eq!(error("people = [\"red\"]"), "line 1, people: give 12 colours");
        assert!(error("text = \"red\"\n= =").starts_with("line 2, TOML"));
        for colour in ["#+12345", "reddish", "", "#ééé", "#1234567"] {
            assert!(error(&format!("text = \"{colour}\"")).contains("give a colour"), "{colour}");
        }
    }

    #[test]
    fn a_theme_that_is_not_there_is_told_with_the_place() {
        let choice = ThemeChoice::Own("sea".to_owned());
        let choose = |themes: &Themes| Theme::choose(&choice, themes, Depth::Rgb, Shade::Dark).unwrap_err();
        assert!(choose(&Themes::new()).contains("tern/themes"));
        let broken = Themes::from([("sea".to_owned(), Err("broken".to_owned()))]);
        assert_eq!(choose(&broken), "broken");
    }
}
