//! Completion: the list that opens by itself after `/` and `@`, and the key that asks for it.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::app::command::{Kind, Spec, TABLE, find};
use crate::app::intent::known_users;
use crate::app::model::Model;
use crate::app::place::{Place, safe};
use crate::tui::state::{Choice, Completion, State};

use super::{Control, Wish};

/// Choices worth looking through; the rest comes with another letter.
const CHOICES: usize = 50;

impl Control<'_> {
    /// What opens by itself while somebody types.
    pub(super) fn suggestions(&self) -> Option<Completion> {
        let composer = &self.state.tabs.get(self.front())?.composer;
        let (text, cursor) = (composer.text(), composer.cursor());
        let word = word_at(text, cursor)?;
        let typed = &text[word.clone()];
        if word.start == 0 && typed.starts_with('/') && !typed.starts_with("//") {
            return list("Commands", commands(&typed[1..], "/"), word, typed);
        }
        let begun = typed.strip_prefix('@').filter(|begun| !begun.is_empty())?;
        list("People", users(begun, self.sight.model, "@"), word.clone(), typed)
    }

    /// The key: takes what is marked, or looks for what the word can become.
    pub(super) fn complete(&mut self) {
        if let Some(completion) = self.state.completion.take() {
            return self.take(&completion);
        }
        let Some(completion) = self.on_demand() else { return };
        if completion.choices.len() == 1 {
            self.take(&completion);
        } else {
            self.state.completion = Some(completion);
        }
    }

    /// Moves the mark.
    pub(super) fn choose(&mut self, by: isize) {
        if let Some(completion) = &mut self.state.completion {
            let count = completion.choices.len().max(1);
            completion.marked = completion.marked.wrapping_add_signed(by).wrapping_add(count) % count;
        }
    }

    fn take(&mut self, completion: &Completion) {
        let Some(choice) = completion.choices.get(completion.marked) else { return };
        let front = self.front().clone();
        if let Some(tab) = self.state.tabs.get_mut(&front) {
            // A text that has no room for a name has other troubles.
            let _ = tab.composer.complete(completion.replaces.clone(), &choice.text);
        }
    }

    fn on_demand(&mut self) -> Option<Completion> {
        if let Some(completion) = self.suggestions() {
            return Some(completion);
        }
        let composer = &self.state.tabs.get(self.front())?.composer;
        let (text, cursor) = (composer.text(), composer.cursor());
        if let Some(path) = path_at(text, cursor, matches!(self.front(), Place::Room(_))) {
            self.wishes.push(Wish::Look(path));
            return None;
        }
        let word = word_at(text, cursor)?;
        let typed = &text[word.clone()];
        let is_lobby = matches!(self.front(), Place::Room(_));
        if word.start == 0 && is_lobby && !typed.is_empty() {
            let mut choices = commands(typed, "");
            choices.retain(|choice| find(choice.text.trim_end()).is_some_and(|spec| spec.classic));
            choices.extend(users(typed, self.sight.model, ""));
            return list("Words", choices, word, typed);
        }
        match argument(text, word.start, is_lobby) {
            Some(Kind::Command) => list("Commands", commands(typed, ""), word, typed),
            Some(Kind::AtUser) => {
                list("People", users(typed.trim_start_matches('@'), self.sight.model, "@"), word, typed)
            }
            _ if typed.is_empty() && argument(text, word.start, is_lobby).is_none() => None,
            _ => list("People", users(typed, self.sight.model, ""), word, typed),
        }
    }
}

/// The path that is the last argument of a command and ends at the cursor: it may have blanks.
fn path_at(text: &str, cursor: usize, is_lobby: bool) -> Option<Range<usize>> {
    let line = match text.strip_prefix('/') {
        Some(line) => line,
        None if is_lobby => text,
        None => return None,
    };
    let spec = find(line.split(char::is_whitespace).next()?)?;
    let place = spec.arguments.iter().position(|argument| argument.kind == Kind::Path)?;
    // Behind the command and the arguments before the path.
    let mut start = text.len() - line.len() + behind_blank(line)?;
    for _ in 0..place {
        start += behind_blank(&text[start..])?;
    }
    (start <= cursor && cursor == text.len()).then_some(start..cursor)
}

/// Where it goes on behind the first blank, which may be one of several bytes, as that of Japanese keyboards.
fn behind_blank(text: &str) -> Option<usize> {
    text.char_indices().find_map(|(at, c)| c.is_whitespace().then_some(at + c.len_utf8()))
}

/// What is in a folder, for the path that is typed: takes it if there is one way to go on, otherwise lists them. A name
/// that could not be typed again is left out.
pub fn looked(state: &mut State, model: &Model, path: &Range<usize>, listing: &[Listed]) {
    let Some(tab) = state.tabs.get_mut(model.conversations.front()) else { return };
    let Some(typed) = tab.composer.text().get(path.clone()) else { return };
    let begun = typed.rsplit('/').next().unwrap_or(typed);
    let folder = typed[..typed.len() - begun.len()].to_owned();
    let fits = |listed: &&Listed| {
        let is_hidden = listed.name.starts_with('.') && !begun.starts_with('.');
        listed.name.starts_with(begun) && !is_hidden && safe(&listed.name).escaped() == listed.name
    };
    let choice = |listed: &Listed| Choice {
        text: format!("{folder}{}{}", listed.name, if listed.is_folder { "/" } else { "" }),
        arguments: String::new(),
        help: if listed.is_folder { "folder".to_owned() } else { String::new() },
    };
    let mut choices: Vec<Choice> = listing.iter().filter(fits).map(choice).collect();
    choices.sort_by(|one, other| one.text.cmp(&other.text));
    choices.truncate(CHOICES);
    match choices.as_slice() {
        [] => {}
        [only] => drop(tab.composer.complete(path.clone(), &only.text)),
        _ => state.completion = Some(Completion { title: "Files", choices, marked: 0, replaces: path.clone() }),
    }
}

/// A file or folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// The word that ends at the cursor. `None` inside a word, where nothing is completed.
fn word_at(text: &str, cursor: usize) -> Option<Range<usize>> {
    let is_inside = text[cursor..].chars().next().is_some_and(|c| !c.is_whitespace());
    let start = text[..cursor]
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    (!is_inside).then_some(start..cursor)
}

/// What the first argument of a command is, where the word that begins at `start` is that argument.
fn argument(text: &str, start: usize, is_lobby: bool) -> Option<Kind> {
    let before = text[..start].trim_end();
    let word = match before.strip_prefix('/') {
        Some(word) => word,
        None if is_lobby => before,
        None => return None,
    };
    let spec = find(word)?;
    spec.arguments.first().map(|argument| argument.kind).filter(|kind| !matches!(kind, Kind::Text | Kind::Path))
}

fn commands(begun: &str, slash: &str) -> Vec<Choice> {
    let begun = begun.to_ascii_lowercase();
    let fits = |spec: &&Spec| spec.names().any(|name| name.starts_with(&begun));
    let choice = |spec: &Spec| {
        let usage = spec.usage().to_string();
        let blank = if spec.arguments.is_empty() { "" } else { " " };
        Choice {
            text: format!("{slash}{}{blank}", spec.name),
            arguments: usage[spec.name.len()..].trim_start().to_owned(),
            help: spec.summary.to_owned(),
        }
    };
    // Those that begin so come before those with another name that does.
    // The one that is typed out is the first.
    let (mut own, other): (Vec<&Spec>, Vec<&Spec>) =
        TABLE.iter().filter(fits).partition(|spec| spec.name.starts_with(&begun));
    own.sort_by_key(|spec| spec.name != begun);
    own.extend(other);
    own.into_iter().map(choice).collect()
}

fn users(begun: &str, model: &Model, mark: &str) -> Vec<Choice> {
    let begun = begun.to_lowercase();
    let fits: BTreeSet<_> = known_users(model)
        .filter(|user| model.me.as_ref() != Some(user) && user.as_str().to_lowercase().starts_with(&begun))
        .collect();
    let choice = |user: &shared::name::Name| {
        let help = if model.users.contains_key(user) { "online" } else { "" };
        Choice { text: format!("{mark}{user} "), arguments: String::new(), help: help.to_owned() }
    };
    fits.into_iter().map(choice).collect()
}

fn list(title: &'static str, mut choices: Vec<Choice>, replaces: Range<usize>, typed: &str) -> Option<Completion> {
    choices.truncate(CHOICES);
    let is_done = matches!(choices.as_slice(), [only] if only.text.trim_end() == typed);
    (!choices.is_empty() && !is_done).then_some(Completion { title, choices, marked: 0, replaces })
}
