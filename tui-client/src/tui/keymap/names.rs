//! The words for keys and actions, as they stand in the config file. They are stable: files of users hold them.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{Action, Chord};
use crate::config::near;
use crate::tui::composer::EditAction;

/// The word that takes a key its meaning.
pub const NONE: &str = "none";

/// Every action that a key can have.
pub(super) static ACTIONS: &[(&str, Action)] = &[
    ("send", Action::Send),
    ("complete", Action::Complete),
    ("complete-back", Action::CompleteBack),
    ("search-history", Action::SearchHistory),
    ("clear-or-quit", Action::ClearOrQuit),
    ("delete-or-quit", Action::DeleteOrQuit),
    ("tab-1", Action::Tab(1)),
    ("tab-2", Action::Tab(2)),
    ("tab-3", Action::Tab(3)),
    ("tab-4", Action::Tab(4)),
    ("tab-5", Action::Tab(5)),
    ("tab-6", Action::Tab(6)),
    ("tab-7", Action::Tab(7)),
    ("tab-8", Action::Tab(8)),
    ("tab-9", Action::Tab(9)),
    ("last-tab", Action::LastTab),
    ("previous-tab", Action::PreviousTab),
    ("next-tab", Action::NextTab),
    ("next-unread", Action::NextUnread),
    ("go-to", Action::GoTo),
    ("close-tab", Action::CloseTab),
    ("page-up", Action::ScrollPageUp),
    ("page-down", Action::ScrollPageDown),
    ("scroll-up", Action::ScrollUp),
    ("scroll-down", Action::ScrollDown),
    ("oldest", Action::Oldest),
    ("newest", Action::Newest),
    ("escape", Action::Escape),
    ("reconnect", Action::Reconnect),
    ("mark-up", Action::MarkUp),
    ("mark-down", Action::MarkDown),
    ("mention", Action::Mention),
    ("find", Action::Find),
    ("bare", Action::Bare),
    ("move-tab-left", Action::MoveTabLeft),
    ("move-tab-right", Action::MoveTabRight),
    ("prefix", Action::Prefix),
    ("editor", Action::Editor),
    ("copy", Action::Copy),
    ("help", Action::Help),
    ("sidebar", Action::Sidebar),
    ("accept", Action::Accept),
    ("decline", Action::Decline),
    ("mouse", Action::Mouse),
    ("theme", Action::Theme),
    ("redraw", Action::Redraw),
    ("quit", Action::Quit),
    ("suspend", Action::Suspend),
    ("new-line", Action::Edit(EditAction::NewLine)),
    ("left", Action::Edit(EditAction::Left)),
    ("right", Action::Edit(EditAction::Right)),
    ("up", Action::Edit(EditAction::Up)),
    ("down", Action::Edit(EditAction::Down)),
    ("word-left", Action::Edit(EditAction::WordLeft)),
    ("word-right", Action::Edit(EditAction::WordRight)),
    ("line-start", Action::Edit(EditAction::LineStart)),
    ("line-end", Action::Edit(EditAction::LineEnd)),
    ("backspace", Action::Edit(EditAction::Backspace)),
    ("delete", Action::Edit(EditAction::Delete)),
    ("cut-word-back", Action::Edit(EditAction::CutWordBack)),
    ("cut-word-forward", Action::Edit(EditAction::CutWordForward)),
    ("cut-to-start", Action::Edit(EditAction::CutToStart)),
    ("cut-to-end", Action::Edit(EditAction::CutToEnd)),
    ("paste-back", Action::Edit(EditAction::PasteBack)),
    ("undo", Action::Edit(EditAction::Undo)),
    ("redo", Action::Edit(EditAction::Redo)),
];

/// Keys with a name: as it is written in files, as it is shown, and the key.
static KEYS: &[(&str, &str, KeyCode)] = &[
    ("enter", "Enter", KeyCode::Enter),
    ("esc", "Esc", KeyCode::Esc),
    ("tab", "Tab", KeyCode::Tab),
    ("backspace", "Backspace", KeyCode::Backspace),
    ("delete", "Del", KeyCode::Delete),
    ("insert", "Ins", KeyCode::Insert),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("pageup", "PgUp", KeyCode::PageUp),
    ("pagedown", "PgDn", KeyCode::PageDown),
    ("up", "↑", KeyCode::Up),
    ("down", "↓", KeyCode::Down),
    ("left", "←", KeyCode::Left),
    ("right", "→", KeyCode::Right),
    ("space", "Space", KeyCode::Char(' ')),
];

/// Other names of keys.
static ALSO: &[(&str, &str)] = &[
    ("return", "enter"),
    ("escape", "esc"),
    ("del", "delete"),
    ("ins", "insert"),
    ("pgup", "pageup"),
    ("pgdn", "pagedown"),
    ("pgdown", "pagedown"),
];

/// Characters that terminals send with Ctrl as one and the same byte, or that the kitty protocol reports without Shift.
static SAME_WITH_CTRL: &[&[char]] = &[&['7', '_', '/', '-'], &['4', '\\'], &['5', ']'], &['6', '^'], &[' ', '@']];

/// The action of this name; `Ok(None)` for [`NONE`].
///
/// # Errors
///
/// A fragment that names the nearest one.
pub(super) fn action(word: &str) -> Result<Option<Action>, String> {
    if word == NONE {
        return Ok(None);
    }
    let found = ACTIONS.iter().find(|(name, _)| *name == word).map(|&(_, action)| action);
    found.map(Some).ok_or_else(|| {
        let shown = word.escape_debug();
        match near(word, ACTIONS.iter().map(|&(name, _)| name)) {
            Some(near) => format!("no action is called {shown}, did you mean {near}?"),
            None => format!("no action is called {shown}; `tui-client keys` lists them, and none takes the key away"),
        }
    })
}

/// The name of an action; nothing for typing.
pub(super) fn name(action: Action) -> Option<&'static str> {
    ACTIONS.iter().find(|(_, named)| *named == action).map(|&(name, _)| name)
}

/// Reads a key such as `ctrl+g`, `alt+left`, `f5`: the chord, and its other forms.
///
/// # Errors
///
/// A fragment that says why no terminal sends it, or why it cannot be had.
pub(super) fn chords(written: &str) -> Result<Vec<Chord>, String> {
    let word = written.trim().to_lowercase();
    let mut rest = word.as_str();
    let mut modifiers = KeyModifiers::NONE;
    loop {
        let known = [("ctrl+", KeyModifiers::CONTROL), ("alt+", KeyModifiers::ALT), ("shift+", KeyModifiers::SHIFT)];
        let Some((after, modifier)) =
            known.iter().find_map(|&(word, modifier)| Some((rest.strip_prefix(word)?, modifier)))
        else {
            break;
        };
        if after.is_empty() {
            break;
        }
        modifiers |= modifier;
        rest = after;
    }
    for foreign in ["super+", "cmd+", "win+", "meta+", "hyper+", "command+", "option+"] {
        if rest.starts_with(foreign) {
            return Err("terminals keep that modifier for themselves; ctrl, alt and shift can be used".to_owned());
        }
    }
    let code = code(rest)?;
    possible(code, modifiers)?;
    Ok(forms(code, modifiers))
}

fn code(name: &str) -> Result<KeyCode, String> {
    let name = ALSO.iter().find(|(also, _)| *also == name).map_or(name, |&(_, name)| name);
    if let Some(&(_, _, code)) = KEYS.iter().find(|(known, _, _)| *known == name) {
        return Ok(code);
    }
    if let Some(number) = name.strip_prefix('f').and_then(|digits| digits.parse::<u8>().ok()) {
        return match number {
            1..=12 => Ok(KeyCode::F(number)),
            _ => Err("terminals send F1 to F12 only".to_owned()),
        };
    }
    let mut letters = name.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !letter.is_control() => Ok(KeyCode::Char(letter)),
        _ => Err(match near(name, KEYS.iter().map(|&(name, _, _)| name)) {
            Some(near) => format!("no key is called {}, did you mean {near}?", name.escape_debug()),
            None => format!("no key is called {}; write them like ctrl+g, alt+left or f5", name.escape_debug()),
        }),
    }
}

/// Whether terminals send the key, and whether it can be spared.
fn possible(code: KeyCode, modifiers: KeyModifiers) -> Result<(), String> {
    let has = |modifier| modifiers.contains(modifier);
    let (ctrl, alt, shift) = (has(KeyModifiers::CONTROL), has(KeyModifiers::ALT), has(KeyModifiers::SHIFT));
    let why = match code {
        KeyCode::Char(_) if !ctrl && !alt => "text is typed with it; hold ctrl or alt, or take an F key",
        KeyCode::Char('i') if ctrl => "terminals send ctrl+i as tab; bind tab",
        KeyCode::Char('m') if ctrl => "terminals send ctrl+m as enter; bind enter",
        KeyCode::Char('[') if ctrl => "terminals send ctrl+[ as esc; bind esc",
        KeyCode::Char('[') if alt => "what other keys send begins with alt+[",
        KeyCode::Char('o') if alt && shift => "what other keys send begins with alt+shift+o",
        KeyCode::Char(_) if ctrl && shift => "terminals keep ctrl+shift for themselves",
        KeyCode::Char(c) if ctrl && alt && !c.is_ascii_alphanumeric() => "AltGr types with it",
        KeyCode::Char(c) if ctrl && !c.is_ascii_lowercase() && !SAME_WITH_CTRL.iter().any(|same| same.contains(&c)) => {
            "terminals send nothing of its own for it"
        }
        KeyCode::Esc if ctrl || alt || shift => "terminals send esc only without another key",
        KeyCode::Tab if ctrl || alt => "terminals and desktops keep it for themselves",
        _ => return Ok(()),
    };
    Err(why.to_owned())
}

fn forms(code: KeyCode, modifiers: KeyModifiers) -> Vec<Chord> {
    let chord = match code {
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => {
            Chord(KeyCode::BackTab, modifiers - KeyModifiers::SHIFT)
        }
        KeyCode::Char(c) if !c.is_alphabetic() => Chord(code, modifiers - KeyModifiers::SHIFT),
        code => Chord(code, modifiers),
    };
    same(chord).unwrap_or_else(|| vec![chord])
}

/// The forms of a chord that has several.
fn same(Chord(code, modifiers): Chord) -> Option<Vec<Chord>> {
    let KeyCode::Char(c) = code else { return None };
    let same = SAME_WITH_CTRL.iter().find(|same| modifiers.contains(KeyModifiers::CONTROL) && same.contains(&c))?;
    Some(same.iter().map(|&c| Chord(KeyCode::Char(c), modifiers)).collect())
}

impl Chord {
    /// As it is written in files: `ctrl+g`.
    pub(super) fn spelling(self) -> String {
        self.word("ctrl+", "alt+", "shift+", |code| match code {
            KeyCode::Char(c) if c != ' ' => c.to_string(),
            KeyCode::F(number) => format!("f{number}"),
            code => KEYS.iter().find(|key| key.2 == code).map_or("?", |key| key.0).to_owned(),
        })
    }

    /// As it is shown: `Ctrl+G`.
    pub(super) fn label(self) -> String {
        self.word("Ctrl+", "Alt+", "Shift+", |code| match code {
            KeyCode::Char(c) if c != ' ' => c.to_uppercase().to_string(),
            KeyCode::F(number) => format!("F{number}"),
            code => KEYS.iter().find(|key| key.2 == code).map_or("?", |key| key.1).to_owned(),
        })
    }

    /// The form that stands for all of its kind.
    pub(super) fn first_form(self) -> Self {
        match same(self).and_then(|forms| forms.get(1).copied()) {
            Some(form) if self.0 != KeyCode::Char(' ') => form,
            _ => self,
        }
    }

    fn word(self, ctrl: &str, alt: &str, shift: &str, key: impl Fn(KeyCode) -> String) -> String {
        let Self(code, modifiers) = self;
        let (code, back) = if code == KeyCode::BackTab { (KeyCode::Tab, true) } else { (code, false) };
        let mut word = String::new();
        for (modifier, part) in [(KeyModifiers::CONTROL, ctrl), (KeyModifiers::ALT, alt), (KeyModifiers::SHIFT, shift)]
        {
            if modifiers.contains(modifier) || (back && modifier == KeyModifiers::SHIFT) {
                word.push_str(part);
            }
        }
        word + &key(code)
    }
}
