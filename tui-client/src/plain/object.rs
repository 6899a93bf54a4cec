//! Commands as JSON objects: `{"command":"message","user":"yoda","text":"hi"}`.

use serde::Deserialize;

use super::Reading;
use crate::app::command::{Fields, build, find, parse};
use crate::app::msg::Unreadable;

/// The fields an object may have. A misspelt one is refused: a bot should hear of it at once.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    /// The name of a command, or a whole line as people type it.
    command: Option<String>,
    #[serde(alias = "to", alias = "with")]
    user: Option<String>,
    #[serde(alias = "action", alias = "path")]
    text: Option<String>,
    time: Option<Word>,
    #[serde(alias = "count")]
    number: Option<Word>,
    about: Option<String>,
}

/// A number, or a word that will be read as one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Number(u64),
    Text(String),
}

impl Word {
    fn into_text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

/// Reads an object as a command.
pub(super) fn read(line: &str) -> Reading {
    let typed: Typed = match serde_json::from_str(line) {
        Ok(typed) => typed,
        Err(error) => return not_a_command(None, format!("not a command object: {error}")),
    };
    let Some(command) = typed.command else {
        return not_a_command(None, "the object has no command".to_owned());
    };
    let fields = Fields {
        user: typed.user,
        text: typed.text,
        time: typed.time.map(Word::into_text),
        number: typed.number.map(Word::into_text),
        command: typed.about,
    };
    if command.contains(char::is_whitespace) {
        return read_line(&command, &fields);
    }
    let Some(spec) = find(&command) else {
        return match parse(&command) {
            Err(error) => Reading::Unreadable(Unreadable::Wrong(error)),
            Ok(_) => not_a_command(None, "the object has no command".to_owned()),
        };
    };
    match build(spec, fields) {
        Ok(command) => Reading::Command(command),
        Err(error) => Reading::Unreadable(Unreadable::Wrong(error)),
    }
}

/// A whole line in the place of the command's name: then everything stands in the line.
fn read_line(line: &str, fields: &Fields) -> Reading {
    if *fields != Fields::default() {
        return not_a_command(None, "give a whole line, or a command with its fields, not both".to_owned());
    }
    match parse(line) {
        Ok(Some(command)) => Reading::Command(command),
        Ok(None) => not_a_command(None, "the command is blank".to_owned()),
        Err(error) => Reading::Unreadable(Unreadable::Wrong(error)),
    }
}

fn not_a_command(command: Option<String>, why: String) -> Reading {
    Reading::Unreadable(Unreadable::NotACommand { command, why })
}

/// The answer in an object `{"answer":"..."}`, if the line is one.
pub(super) fn read_answer(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Answer {
        answer: String,
    }
    serde_json::from_str::<Answer>(line).ok().map(|answer| answer.answer)
}
