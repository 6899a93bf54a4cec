//! The one table of settings. Reading the file, `tui-client config` and `/set` are all fed from it.

use std::fmt::Display;
use std::str::FromStr;

use shared::limits::{HISTORY_PAGE, PEER_PORT_LOWEST};

use crate::app::command::slips;
use crate::app::model::AcceptPeers;
use crate::cli::{Linger, SCROLLBACK};
use crate::net::address::Address;
use crate::tui::preferences::{EmojiChoice, Level, TimeFormat};
use crate::tui::theme::ThemeChoice;

/// The longest value, in bytes. Paths are the longest ones.
const LONGEST: usize = 4096;

/// How a value is written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number,
}

/// When a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// At once, also by `/set`.
    AtOnce,
    /// At the next start.
    AtStart,
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its key in the file and in `/set`.
    pub name: &'static str,
    /// How its value is written.
    pub kind: Kind,
    /// The value without a word of the user; empty where there is none.
    pub default: &'static str,
    /// A value to show where there is no default.
    pub example: &'static str,
    /// What it does, in one line.
    pub meaning: &'static str,
    /// When a change takes effect.
    pub effect: Effect,
    check: fn(&str) -> Result<(), String>,
}

impl Setting {
    /// Whether a text is a value of this setting; otherwise why not, as a fragment.
    pub fn check(&self, value: &str) -> Result<(), String> {
        if value.is_empty() || value.len() > LONGEST || value.chars().any(char::is_control) {
            return Err(format!("give a text of 1 to {LONGEST} bytes in one line"));
        }
        (self.check)(value)
    }
}

/// The setting of this name; `-` and `_` are the same.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name.replace('-', "_"))
}

/// The name nearest to one that is none, when it is near enough to be a slip.
pub fn nearest(name: &str) -> Option<&'static str> {
    near(name, SETTINGS.iter().map(|setting| setting.name))
}

/// The nearest of some words, when it is near enough to be a slip.
pub fn near(typed: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let (word, slips) = words.map(|word| (word, slips(typed, word))).min_by_key(|&(_, slips)| slips)?;
    (slips <= (word.len() / 3).max(1)).then_some(word)
}

fn parses<T: FromStr<Err: Display>>(value: &str) -> Result<(), String> {
    value.parse::<T>().map(drop).map_err(|error| error.to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "stands where other settings have a check that can fail")]
fn any(_: &str) -> Result<(), String> {
    Ok(())
}

fn face(value: &str) -> Result<(), String> {
    if ["auto", "plain", "json"].contains(&value) { Ok(()) } else { Err("give auto, plain or json".to_owned()) }
}

fn switch(value: &str) -> Result<(), String> {
    value.parse::<bool>().map(drop).map_err(|_| "give true or false".to_owned())
}

fn seconds(value: &str) -> Result<(), String> {
    value.parse::<u64>().map(drop).map_err(|_| "give a number of seconds".to_owned())
}

fn older_lines(value: &str) -> Result<(), String> {
    match value.parse::<u16>() {
        Ok(count) if count <= HISTORY_PAGE => Ok(()),
        _ => Err(format!("give a number from 0 to {HISTORY_PAGE}")),
    }
}

/// A few screens at least, and no more than a machine has memory for.
fn kept_lines(value: &str) -> Result<(), String> {
    match value.parse() {
        Ok(lines) if SCROLLBACK.contains(&lines) => Ok(()),
        _ => Err(format!("give a number from {} to {}", SCROLLBACK.start(), SCROLLBACK.end())),
    }
}

fn peer_port(value: &str) -> Result<(), String> {
    match value.parse::<u16>() {
        Ok(port) if port >= PEER_PORT_LOWEST => Ok(()),
        Ok(_) => Err(format!("a port below {PEER_PORT_LOWEST} belongs to other services")),
        Err(_) => Err(format!("give a port from {PEER_PORT_LOWEST} to 65535")),
    }
}

/// Every setting, in the order in which it is shown: who and where, the look, what asks for attention, the rest.
pub static SETTINGS: &[Setting] = &[
    Setting {
        name: "server",
        kind: Kind::Text,
        default: "127.0.0.1",
        example: "chat.example:4000",
        meaning: "The server, written like HOST: a name, an address, HOST:PORT or an invite",
        effect: Effect::AtStart,
        check: parses::<Address>,
    },
    Setting {
        name: "user",
        kind: Kind::Text,
        default: "",
        example: "yoda",
        meaning: "Who logs in; asked for when left out",
        effect: Effect::AtStart,
        check: any,
    },
    Setting {
        name: "password_file",
        kind: Kind::Text,
        default: "",
        example: "/home/yoda/.tern-password",
        meaning: "The file with the password, which only you should be able to read",
        effect: Effect::AtStart,
        check: any,
    },
    Setting {
        name: "face",
        kind: Kind::Text,
        default: "auto",
        example: "plain",
        meaning: "auto (the full screen where there is a terminal for it), plain (lines) or json",
        effect: Effect::AtStart,
        check: face,
    },
    Setting {
        name: "theme",
        kind: Kind::Text,
        default: "auto",
        example: "dark",
        meaning: "Colours: auto, dark, light, terminal (also called ansi16), or an own theme's name",
        effect: Effect::AtOnce,
        check: parses::<ThemeChoice>,
    },
    Setting {
        name: "mouse",
        kind: Kind::Switch,
        default: "false",
        example: "true",
        meaning: "Catch the mouse, to click on tabs; text is then selected with Shift held",
        effect: Effect::AtOnce,
        check: switch,
    },
    Setting {
        name: "emoji",
        kind: Kind::Text,
        default: "auto",
        example: "safe",
        meaning: "Emoji of several parts: full, safe (their first part), or auto (full where the terminal counts them right)",
        effect: Effect::AtOnce,
        check: parses::<EmojiChoice>,
    },
    Setting {
        name: "time",
        kind: Kind::Text,
        default: "%H:%M",
        example: "%I:%M",
        meaning: "How times are written (strftime), at most 5 columns: %H:%M, %I:%M, %H.%M",
        effect: Effect::AtOnce,
        check: parses::<TimeFormat>,
    },
    Setting {
        name: "typing",
        kind: Kind::Switch,
        default: "true",
        example: "false",
        meaning: "Show who is typing to you, and let others see that you are",
        effect: Effect::AtOnce,
        check: switch,
    },
    Setting {
        name: "notifications",
        kind: Kind::Text,
        default: "mentions",
        example: "all",
        meaning: "While you look elsewhere: off, mentions (your name, direct and private), or all; /notify sets one tab",
        effect: Effect::AtOnce,
        check: parses::<Level>,
    },
    Setting {
        name: "notification_text",
        kind: Kind::Switch,
        default: "true",
        example: "false",
        meaning: "Whether a notification says who wrote what; false says only that something came",
        effect: Effect::AtOnce,
        check: switch,
    },
    Setting {
        name: "bell",
        kind: Kind::Switch,
        default: "true",
        example: "false",
        meaning: "Whether a notification rings the bell of the terminal too",
        effect: Effect::AtOnce,
        check: switch,
    },
    Setting {
        name: "title_count",
        kind: Kind::Switch,
        default: "true",
        example: "false",
        meaning: "Whether the window's title counts what is unread",
        effect: Effect::AtOnce,
        check: switch,
    },
    Setting {
        name: "history",
        kind: Kind::Number,
        default: "",
        example: "50",
        meaning: "Older lines of the lobby to show after login; when left out, as many as suit the face",
        effect: Effect::AtStart,
        check: older_lines,
    },
    Setting {
        name: "scrollback",
        kind: Kind::Number,
        default: "100000",
        example: "1000000",
        meaning: "Lines of each conversation to keep in memory, 100 to 10000000",
        effect: Effect::AtStart,
        check: kept_lines,
    },
    Setting {
        name: "presence",
        kind: Kind::Switch,
        default: "false",
        example: "true",
        meaning: "Show who comes and goes also where there is no terminal",
        effect: Effect::AtStart,
        check: switch,
    },
    Setting {
        name: "linger",
        kind: Kind::Text,
        default: "",
        example: "forever",
        meaning: "How long to listen after the last command: a number of seconds, or forever",
        effect: Effect::AtStart,
        check: parses::<Linger>,
    },
    Setting {
        name: "retry",
        kind: Kind::Number,
        default: "",
        example: "60",
        meaning: "Seconds without a connection after which to give up; when left out, 60 without a terminal, else never",
        effect: Effect::AtStart,
        check: seconds,
    },
    Setting {
        name: "drafts",
        kind: Kind::Switch,
        default: "true",
        example: "false",
        meaning: "Remember drafts and servers from one start to the next; never what stands in private tabs",
        effect: Effect::AtStart,
        check: switch,
    },
    Setting {
        name: "hold",
        kind: Kind::Switch,
        default: "false",
        example: "true",
        meaning: "Hold lines back until Enter while a line is being typed, for screen readers",
        effect: Effect::AtStart,
        check: switch,
    },
    Setting {
        name: "accept",
        kind: Kind::Text,
        default: "ask",
        example: "verified",
        meaning: "Who may open a private session without being asked about: ask, verified or always",
        effect: Effect::AtStart,
        check: parses::<AcceptPeers>,
    },
    Setting {
        name: "downloads",
        kind: Kind::Text,
        default: "",
        example: "/home/yoda/received",
        meaning: "Where received files are kept; when left out, Downloads/tern in the home folder",
        effect: Effect::AtStart,
        check: any,
    },
    Setting {
        name: "peer_port",
        kind: Kind::Number,
        default: "",
        example: "50122",
        meaning: "The port to listen on for private sessions, where a firewall lets only that one through",
        effect: Effect::AtStart,
        check: peer_port,
    },
];
