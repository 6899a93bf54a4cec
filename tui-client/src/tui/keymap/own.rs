//! The keys in force: the table, and over it what the user has bound.

use std::borrow::Cow;

use crossterm::event::{KeyEvent, KeyEventKind};

use super::table::LINES;
use super::{Action, Chord, Line, Section, names};
use crate::tui::composer::EditAction;

/// Which key does what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    own: Vec<Own>,
}

/// One key that the user has bound, or taken its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Own {
    /// All forms of the key; never empty.
    chords: Vec<Chord>,
    action: Option<Action>,
}

impl Keymap {
    /// Binds a key as the config file says it: `ctrl+g`, `go-to`.
    ///
    /// # Errors
    ///
    /// A fragment that says what is wrong. Nothing has changed then.
    pub fn bind(&mut self, key: &str, action: &str) -> Result<(), String> {
        let chords = names::chords(key)?;
        let action = names::action(action)?;
        if self.own.iter().any(|own| own.chords == chords) {
            return Err("it is bound twice".to_owned());
        }
        self.own.push(Own { chords, action });
        Ok(())
    }

    /// Whether one can still send and get out of everything.
    ///
    /// # Errors
    ///
    /// A fragment that names what has no key any more.
    pub fn check(&self) -> Result<(), String> {
        for (action, word) in [(Action::Send, "send"), (Action::Escape, "escape")] {
            if self.chords(action).next().is_none() {
                return Err(format!("no key is left for {word}: bind another one to it"));
            }
        }
        Ok(())
    }

    /// What a key press means. `None` for a key without a meaning, and for its release.
    pub fn action(&self, event: KeyEvent) -> Option<Action> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let chord = Chord::of(event);
        match self.own(chord) {
            Some(own) => own.action,
            None => bound(chord).or_else(|| chord.typed().map(|c| Action::Edit(EditAction::Insert(c)))),
        }
    }

    /// The help, line by line, under its headings: the keys in force, and what they do.
    pub fn help(&self) -> impl Iterator<Item = (Section, impl Iterator<Item = (Cow<'static, str>, &'static str)>)> {
        Section::ALL.into_iter().map(move |section| {
            let lines = LINES.iter().filter(move |line| line.section == section);
            (section, lines.map(move |line| (self.keys(line), line.help)))
        })
    }

    /// The key to show for an action: `usual` unless the user has changed it; empty where there is none.
    pub fn label(&self, action: Action, usual: &'static str) -> Cow<'static, str> {
        let is_usual = self.own.is_empty() || LINES.iter().any(|line| line.does(action) && !self.touches(line));
        if is_usual {
            return Cow::Borrowed(usual);
        }
        Cow::Owned(self.chords(action).next().map(Chord::label).unwrap_or_default())
    }

    /// What the user has bound, as the config file says it.
    pub fn bindings(&self) -> impl Iterator<Item = (String, &'static str)> {
        self.own.iter().map(|own| {
            let key = own.chords.first().map(|chord| chord.first_form().spelling()).unwrap_or_default();
            (key, own.action.and_then(names::name).unwrap_or(names::NONE))
        })
    }

    /// The table in force, one key a line: key, action, what it does.
    pub fn table(&self) -> String {
        let mut text = String::new();
        for line in LINES {
            let mut shown: Vec<Chord> = Vec::new();
            for &(_, action) in line.bindings {
                for chord in self.chords(action).filter(|chord| !shown.contains(chord)).collect::<Vec<_>>() {
                    shown.push(chord);
                    let action = names::name(action).unwrap_or_default();
                    let row = format!("{:<16} {action:<17} {}\n", chord.spelling(), line.help);
                    text.push_str(&row);
                }
            }
        }
        text
    }

    /// The keys that do something, the user's first, one form of each.
    fn chords(&self, action: Action) -> impl Iterator<Item = Chord> {
        let own = self.own.iter().filter(move |own| own.action == Some(action)).filter_map(|own| own.chords.first());
        let bound = LINES.iter().flat_map(|line| line.bindings).filter(move |(_, bound)| *bound == action);
        let usual = bound.map(|(chord, _)| chord).filter(|chord| self.own(**chord).is_none());
        let mut seen: Vec<Chord> = own.chain(usual).map(|chord| chord.first_form()).collect();
        let all = std::mem::take(&mut seen);
        for chord in all {
            if !seen.contains(&chord) {
                seen.push(chord);
            }
        }
        seen.into_iter()
    }

    fn own(&self, chord: Chord) -> Option<&Own> {
        self.own.iter().find(|own| own.chords.contains(&chord))
    }

    /// Whether the user has changed anything that a line is about.
    fn touches(&self, line: &Line) -> bool {
        let taken = line.bindings.iter().any(|(chord, _)| self.own(*chord).is_some());
        taken || self.own.iter().filter_map(|own| own.action).any(|action| line.does(action))
    }

    fn keys(&self, line: &'static Line) -> Cow<'static, str> {
        if !self.touches(line) {
            return Cow::Borrowed(line.keys);
        }
        let mut labels: Vec<String> = Vec::new();
        for &(_, action) in line.bindings {
            for label in self.chords(action).map(Chord::label) {
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
        }
        if labels.is_empty() { Cow::Borrowed("(no key)") } else { Cow::Owned(labels.join(" ")) }
    }
}

impl Line {
    fn does(&self, action: Action) -> bool {
        self.bindings.iter().any(|(_, bound)| *bound == action)
    }
}

/// What the table says of a key.
fn bound(chord: Chord) -> Option<Action> {
    LINES.iter().flat_map(|line| line.bindings).find(|(bound, _)| *bound == chord).map(|&(_, action)| action)
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    fn keymap(bindings: &[(&str, &str)]) -> Result<Keymap, String> {
        let mut keymap = Keymap::default();
        bindings.iter().try_for_each(|(key, action)| keymap.bind(key, action))?;
        keymap.check()?;
        Ok(keymap)
    }

    fn pressed(keymap: &Keymap, code: KeyCode, modifiers: KeyModifiers) -> Option<Action> {
        keymap.action(KeyEvent::new(code, modifiers))
    }

    #[track_caller]
    fn refuses(bindings: &[(&str, &str)], fragment: &str) {
        let error = keymap(bindings).expect_err("these keys are refused");
        assert!(error.contains(fragment), "{bindings:?}: no {fragment:?} in: {error}");
    }

    #[test]
    fn every_key_of_the_table_can_be_written_and_its_action_has_a_name() {
        for (chord, action) in LINES.iter().flat_map(|line| line.bindings) {
            let name = names::name(*action).unwrap_or_else(|| panic!("{action:?} has no name"));
            assert_eq!(names::action(name), Ok(Some(*action)));
            let forms =
                names::chords(&chord.spelling()).unwrap_or_else(|error| panic!("{}: {error}", chord.spelling()));
            assert!(forms.contains(chord), "{chord:?} {forms:?}");
        }
        for (at, (name, action)) in names::ACTIONS.iter().enumerate() {
            assert!(names::ACTIONS[at + 1..].iter().all(|other| other.0 != *name && other.1 != *action), "{name}");
            assert!(name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'), "{name}");
        }
    }

    #[test]
    fn a_bound_key_does_its_action_and_one_without_a_meaning_does_nothing() {
        let keymap = keymap(&[("ctrl+x", "go-to"), ("ALT+A", "none"), ("ctrl+_", "help"), ("f5", "send")]).unwrap();
        assert_eq!(pressed(&keymap, KeyCode::Char('x'), KeyModifiers::CONTROL), Some(Action::GoTo));
        assert_eq!(
            pressed(&keymap, KeyCode::Char('g'), KeyModifiers::CONTROL),
            Some(Action::GoTo),
            "the usual one too"
        );
        assert_eq!(pressed(&keymap, KeyCode::Char('a'), KeyModifiers::ALT), None);
        for c in ['7', '_', '/', '-'] {
            assert_eq!(pressed(&keymap, KeyCode::Char(c), KeyModifiers::CONTROL), Some(Action::Help), "{c}");
        }
        assert_eq!(pressed(&keymap, KeyCode::F(5), KeyModifiers::NONE), Some(Action::Send));
        assert_eq!(
            pressed(&keymap, KeyCode::Char('a'), KeyModifiers::NONE),
            Some(Action::Edit(EditAction::Insert('a')))
        );
    }

    #[test]
    fn what_would_keep_one_from_typing_is_refused() {
        for key in ["a", "shift+a", "space", "ä", "1", "shift+space"] {
            refuses(&[(key, "help")], "text is typed with it");
        }
        refuses(&[("enter", "new-line")], "no key is left for send");
        refuses(&[("esc", "none")], "no key is left for escape");
        assert!(keymap(&[("enter", "new-line"), ("alt+enter", "send")]).is_ok());
        assert!(keymap(&[("esc", "none"), ("ctrl+g", "escape")]).is_ok());
    }

    #[test]
    fn what_terminals_do_not_send_is_refused_with_the_reason() {
        for (key, why) in [
            ("ctrl+i", "as tab"),
            ("ctrl+m", "as enter"),
            ("ctrl+[", "as esc"),
            ("ctrl+shift+x", "ctrl+shift"),
            ("ctrl+1", "nothing of its own"),
            ("super+x", "that modifier"),
            ("f13", "F1 to F12"),
            ("alt+[", "begins with"),
            ("alt+esc", "esc only"),
            ("ctrl+tab", "for themselves"),
            ("ctrl+alt+@", "AltGr"),
            ("ctrl+", "no key is called ctrl+"),
            ("pagup", "did you mean pageup?"),
        ] {
            refuses(&[(key, "help")], why);
        }
        refuses(&[("ctrl+x", "goto")], "did you mean go-to?");
        refuses(&[("ctrl+x", "make coffee")], "tui-client keys");
        refuses(&[("ctrl+x", "help"), ("Ctrl+X", "copy")], "twice");
        refuses(&[("ctrl+7", "help"), ("ctrl+_", "copy")], "twice");
    }

    #[test]
    fn the_help_and_the_table_show_the_keys_in_force() {
        let keymap = keymap(&[("ctrl+x", "go-to"), ("ctrl+g", "none"), ("alt+k", "none"), ("alt+w", "none")]).unwrap();
        let help: Vec<(String, &str)> =
            keymap.help().flat_map(|(_, lines)| lines.map(|(keys, help)| (keys.into_owned(), help))).collect();
        assert!(help.contains(&("Ctrl+X".to_owned(), "go to anyone")));
        assert!(help.contains(&("(no key)".to_owned(), "close the tab")));
        assert!(help.contains(&("Alt+A".to_owned(), "next unread tab")), "others are as they were");
        assert_eq!(
            (keymap.label(Action::GoTo, "Ctrl+G"), keymap.label(Action::Help, "F1")),
            ("Ctrl+X".into(), "F1".into())
        );
        let table = keymap.table();
        let row = |key: &str| table.lines().find(|line| line.split_whitespace().next() == Some(key));
        assert_eq!(row("ctrl+x"), Some("ctrl+x           go-to             go to anyone"));
        assert_eq!((row("ctrl+g"), row("alt+w")), (None, None));
        assert!(
            row("enter").is_some_and(|row| row.contains("send"))
                && row("ctrl+_").is_some_and(|row| row.contains("undo"))
        );
    }

    #[test]
    fn what_is_bound_is_written_as_it_is_read() {
        let first =
            keymap(&[("ctrl+x", "go-to"), ("alt+a", "none"), ("shift+tab", "help"), ("ctrl+/", "copy")]).unwrap();
        let mut second = Keymap::default();
        for (key, action) in first.bindings() {
            second.bind(&key, action).unwrap();
        }
        assert_eq!(first, second);
    }
}
