//! From a typed line to a [`Command`]: the words become [`Fields`] as the table says, and the fields a command.

use std::time::Duration;

use shared::error::Code;
use shared::limits::{AWAY_BYTES, NAME_CHARS, SEARCH_BYTES, TEXT_BYTES, TEXT_LINES};
use shared::name::Name;

use super::nearest::nearest;
use super::table::{Argument, Kind, Spec, find};
use super::verb::Verb;
use super::{Command, HISTORY_DEFAULT, HISTORY_MOST, OnScreen, Showing};
use crate::app::place;

/// The furthest `whoelsesince` looks back. It keeps sums of times far from any overflow.
const LONGEST_SPAN: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The most characters of a mistyped word that an error repeats.
const REPEATED: usize = 40;

/// Why a line is not a command. The text is the sentence after the colon of the error line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The first word names no command.
    #[error("{}", suggestion(*.nearest))]
    Unknown {
        /// The word, cut and made harmless.
        word: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// A blank stands before a command. It is not run: it may be a line that was pasted, and it is never sent as text.
    #[error("a blank stands before it; type it without")]
    StrayBlank {
        /// The command.
        spec: &'static Spec,
    },
    /// An argument is missing, or there is one too many.
    #[error("{}", .spec.usage())]
    Usage {
        /// The command.
        spec: &'static Spec,
    },
    /// Not a span of time.
    #[error("not a time; write seconds, or a number with s, m, h or d, at most 3650d")]
    BadTime {
        /// The command.
        spec: &'static Spec,
    },
    /// Not a number that is allowed.
    #[error("not a number from 1 to {HISTORY_MOST}")]
    BadNumber {
        /// The command.
        spec: &'static Spec,
    },
    /// No user can be called so.
    #[error("nobody can be called that")]
    BadUser {
        /// The command.
        spec: &'static Spec,
    },
    /// There is no text.
    #[error("there is nothing to send")]
    Empty {
        /// The command.
        spec: &'static Spec,
        /// To whom it was.
        user: Option<Name>,
    },
    /// The text has too many bytes.
    #[error("{bytes} bytes, at most {most} are allowed")]
    TooLong {
        /// The command.
        spec: &'static Spec,
        /// To whom it was.
        user: Option<Name>,
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        most: usize,
    },
    /// The text has too many lines.
    #[error("{lines} lines, at most {TEXT_LINES} are allowed")]
    TooManyLines {
        /// The command.
        spec: &'static Spec,
        /// To whom it was.
        user: Option<Name>,
        /// How many it has.
        lines: usize,
    },
}

impl CommandError {
    /// The code for programs.
    pub fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } | Self::StrayBlank { .. } => Code::UNKNOWN_COMMAND,
            Self::Usage { .. } | Self::BadNumber { .. } => Code::USAGE,
            Self::BadTime { .. } => Code::BAD_TIME,
            Self::BadUser { .. } => Code::NO_SUCH_USER,
            Self::Empty { .. } => Code::EMPTY,
            Self::TooLong { .. } | Self::TooManyLines { .. } => Code::TOO_LONG,
        }
    }

    /// The command it is about: its name, or the word that is none.
    pub fn command(&self) -> &str {
        match self {
            Self::Unknown { word, .. } => word,
            Self::StrayBlank { spec }
            | Self::Usage { spec }
            | Self::BadTime { spec }
            | Self::BadNumber { spec }
            | Self::BadUser { spec }
            | Self::Empty { spec, .. }
            | Self::TooLong { spec, .. }
            | Self::TooManyLines { spec, .. } => spec.name,
        }
    }

    /// The user it is about.
    pub fn user(&self) -> Option<&Name> {
        match self {
            Self::Empty { user, .. } | Self::TooLong { user, .. } | Self::TooManyLines { user, .. } => user.as_ref(),
            _ => None,
        }
    }
}

fn suggestion(nearest: Option<&'static str>) -> String {
    match nearest {
        Some(word) => format!("did you mean {word}"),
        None => "type help for the list".to_owned(),
    }
}

/// The arguments of a command as words: split from a line, or taken from the fields of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// A user.
    pub user: Option<String>,
    /// A text.
    pub text: Option<String>,
    /// A span of time.
    pub time: Option<String>,
    /// A number.
    pub number: Option<String>,
    /// The name of a command.
    pub command: Option<String>,
}

impl Fields {
    fn slot(&mut self, kind: Kind) -> &mut Option<String> {
        match kind {
            Kind::User | Kind::AtUser => &mut self.user,
            Kind::Text | Kind::Path => &mut self.text,
            Kind::Time => &mut self.time,
            Kind::Number => &mut self.number,
            Kind::Command => &mut self.command,
        }
    }

    /// Whether no field is set but those the command has.
    fn fits(&self, spec: &Spec) -> bool {
        let mut rest = self.clone();
        for argument in spec.arguments {
            rest.slot(argument.kind).take();
        }
        rest == Self::default()
    }
}

/// Reads a line; a slash before the command is allowed. `Ok(None)` for a line of nothing but blanks.
///
/// ```
/// use tui_client::app::command::{Command, parse};
/// let command = parse("/msg yoda hi, you").unwrap().unwrap();
/// assert_eq!(command, Command::Message { to: "yoda".into(), text: "hi, you".into() });
/// assert_eq!(parse("mesage yoda hi").unwrap_err().to_string(), "did you mean message");
/// ```
pub fn parse(line: &str) -> Result<Option<Command>, CommandError> {
    let begun = line.trim_start();
    if begun.is_empty() {
        return Ok(None);
    }
    let bare = begun.strip_prefix('/').unwrap_or(begun);
    let (word, rest) = bare.split_once(char::is_whitespace).unwrap_or((bare, ""));
    let spec = find(word).ok_or_else(|| unknown(word))?;
    if begun.len() < line.len() {
        return Err(CommandError::StrayBlank { spec });
    }
    let fields = split(spec, rest).ok_or(CommandError::Usage { spec })?;
    build(spec, fields).map(Some)
}

/// The error for a word that is no command.
fn unknown(word: &str) -> CommandError {
    let cut: String = word.chars().take(REPEATED).collect();
    CommandError::Unknown { word: place::name(&cut).as_str().to_owned(), nearest: nearest(word) }
}

/// Splits what follows the command as its arguments say. `None` when something is left over.
fn split(spec: &Spec, rest: &str) -> Option<Fields> {
    let mut fields = Fields::default();
    let mut rest = rest;
    for argument in spec.arguments {
        if matches!(argument.kind, Kind::Text | Kind::Path) {
            // Exactly as typed: the one blank before it is not part of it, any further one is.
            fields.text = Some(rest.to_owned());
            return Some(fields);
        }
        let begun = rest.trim_start();
        let (word, after) = begun.split_once(char::is_whitespace).unwrap_or((begun, ""));
        if word.is_empty() || !could_be(*argument, word) {
            continue;
        }
        *fields.slot(argument.kind) = Some(word.to_owned());
        rest = after;
    }
    rest.trim().is_empty().then_some(fields)
}

/// Whether a word can stand for an argument that may be left out.
fn could_be(argument: Argument, word: &str) -> bool {
    argument.kind != Kind::AtUser || word.starts_with('@')
}

/// Makes a command of its fields; the same for typed lines and for objects.
pub fn build(spec: &'static Spec, fields: Fields) -> Result<Command, CommandError> {
    if !fields.fits(spec) {
        return Err(CommandError::Usage { spec });
    }
    let arguments = Arguments { spec, fields };
    Ok(match spec.verb {
        Verb::Message => Command::Message { to: arguments.user()?, text: arguments.text(TEXT_BYTES)? },
        Verb::Broadcast => Command::Broadcast { text: arguments.text(TEXT_BYTES)? },
        Verb::Whoelse => Command::Whoelse,
        Verb::Whoelsesince => Command::Whoelsesince { span: arguments.span()? },
        Verb::Block => Command::Block { user: arguments.user()? },
        Verb::Unblock => Command::Unblock { user: arguments.user()? },
        Verb::Blocked => Command::Blocked,
        Verb::History => Command::History { with: arguments.optional_user()?, count: arguments.count()? },
        Verb::Search => Command::Search { words: arguments.words()? },
        Verb::Queue => Command::Queue,
        Verb::Unsend => Command::Unsend { number: arguments.number()? },
        Verb::Away => Command::Away { text: arguments.optional_text(AWAY_BYTES)? },
        Verb::Me => Command::Me { action: arguments.text(TEXT_BYTES)? },
        Verb::Whois => Command::Whois { user: arguments.user()? },
        Verb::Passwd => Command::Passwd,
        Verb::Help => Command::Help { about: arguments.command()? },
        Verb::Clear => Command::Clear,
        Verb::Close => Command::Close,
        Verb::Startprivate => Command::Startprivate { user: arguments.user()? },
        Verb::Accept => Command::Accept { user: arguments.user()? },
        Verb::Decline => Command::Decline { user: arguments.user()? },
        Verb::Private => Command::Private { to: arguments.user()?, text: arguments.text(TEXT_BYTES)? },
        Verb::Stopprivate => Command::Stopprivate { user: arguments.user()? },
        Verb::Resend => Command::Resend { user: arguments.user()? },
        Verb::Verify => Command::Verify { user: arguments.user()? },
        Verb::Send => Command::Send { user: arguments.user()?, path: arguments.path()? },
        Verb::Cancel => Command::Cancel { number: arguments.number()? },
        Verb::Logout => Command::Logout,
        Verb::Tab => Command::Screen(OnScreen::Tab(arguments.number()?)),
        Verb::Next => Command::Screen(OnScreen::Next),
        Verb::Unread => Command::Screen(OnScreen::Unread),
        Verb::Go => Command::Screen(OnScreen::Go(arguments.user()?)),
        Verb::Theme => Command::Screen(OnScreen::Theme(arguments.optional_word())),
        Verb::Notify => Command::Screen(OnScreen::Notify(arguments.optional_word())),
        Verb::Set => Command::Screen(OnScreen::Set(arguments.optional_word().unwrap_or_default())),
        Verb::Mouse => Command::Screen(OnScreen::Mouse),
        Verb::Sidebar => Command::Screen(OnScreen::Sidebar),
        Verb::Copy => Command::Screen(OnScreen::Copy),
        Verb::Find => Command::Screen(OnScreen::Find(arguments.optional_word())),
        Verb::Mark => Command::Screen(OnScreen::Mark),
        Verb::Mention => Command::Screen(OnScreen::Mention),
        Verb::Move => Command::Screen(OnScreen::Move(arguments.number()?)),
        Verb::Bare => Command::Screen(OnScreen::Bare),
        Verb::Reconnect => Command::Screen(OnScreen::Reconnect),
        Verb::Edit => Command::Screen(OnScreen::Edit),
        Verb::Plain => Command::Show(Showing::Lines),
        Verb::Screen => Command::Show(Showing::Screen),
    })
}

/// The fields of one command, read as what they must be.
struct Arguments {
    spec: &'static Spec,
    fields: Fields,
}

impl Arguments {
    fn optional_user(&self) -> Result<Option<String>, CommandError> {
        let Some(typed) = self.fields.user.as_deref() else { return Ok(None) };
        let user = typed.strip_prefix('@').unwrap_or(typed);
        // Four bytes is the longest character: what is longer breaks the rule in every alphabet.
        let impossible = user.is_empty() || user.len() > NAME_CHARS * 4 || user.contains(char::is_whitespace);
        if impossible {
            return Err(CommandError::BadUser { spec: self.spec });
        }
        Ok(Some(user.to_owned()))
    }

    fn user(&self) -> Result<String, CommandError> {
        self.optional_user()?.ok_or(CommandError::Usage { spec: self.spec })
    }

    fn optional_text(&self, most: usize) -> Result<String, CommandError> {
        let text = self.fields.text.clone().unwrap_or_default();
        let (spec, user, bytes) = (self.spec, self.fields.user.as_deref().map(place::name), text.len());
        let lines = text.split('\n').count();
        if bytes > most {
            return Err(CommandError::TooLong { spec, user, bytes, most });
        }
        if lines > TEXT_LINES {
            return Err(CommandError::TooManyLines { spec, user, lines });
        }
        Ok(text)
    }

    fn text(&self, most: usize) -> Result<String, CommandError> {
        let text = self.optional_text(most)?;
        if text.trim().is_empty() {
            let user = self.optional_user()?.as_deref().map(place::name);
            return Err(CommandError::Empty { spec: self.spec, user });
        }
        Ok(text)
    }

    fn words(&self) -> Result<String, CommandError> {
        let words = self.optional_text(SEARCH_BYTES)?.trim().to_owned();
        if words.is_empty() { Err(CommandError::Usage { spec: self.spec }) } else { Ok(words) }
    }

    /// Blanks around a path are not part of it; such a file needs a folder before its name.
    fn path(&self) -> Result<String, CommandError> {
        let path = self.fields.text.as_deref().unwrap_or_default().trim();
        if path.is_empty() || path.contains(['\0', '\n']) {
            return Err(CommandError::Usage { spec: self.spec });
        }
        Ok(path.to_owned())
    }

    fn span(&self) -> Result<Duration, CommandError> {
        let typed = self.fields.time.as_deref().ok_or(CommandError::Usage { spec: self.spec })?;
        let digits = typed.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let seconds_each = match &typed[digits.len()..] {
            "" | "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => 0,
        };
        // `parse` would take a sign.
        let number = digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()));
        number
            .and_then(|number| number.checked_mul(seconds_each))
            .map(Duration::from_secs)
            .filter(|span| !span.is_zero() && *span <= LONGEST_SPAN)
            .ok_or(CommandError::BadTime { spec: self.spec })
    }

    fn count(&self) -> Result<u16, CommandError> {
        if self.fields.number.is_none() {
            return Ok(HISTORY_DEFAULT);
        }
        self.number()
    }

    fn number(&self) -> Result<u16, CommandError> {
        let Some(typed) = self.fields.number.as_deref() else { return Err(CommandError::Usage { spec: self.spec }) };
        let number = typed.parse::<u16>().ok().filter(|number| (1..=HISTORY_MOST).contains(number));
        number.ok_or(CommandError::BadNumber { spec: self.spec })
    }

    fn optional_word(&self) -> Option<String> {
        self.fields.text.as_deref().map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned)
    }

    fn command(&self) -> Result<Option<&'static Spec>, CommandError> {
        let Some(typed) = self.fields.command.as_deref() else { return Ok(None) };
        let word = typed.strip_prefix('/').unwrap_or(typed);
        find(word).map(Some).ok_or_else(|| unknown(word))
    }
}
