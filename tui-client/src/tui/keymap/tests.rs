use crossterm::event::KeyEventKind;

use super::table::LINES;
use super::*;

fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<Action> {
    Keymap::default().action(KeyEvent::new(code, modifiers))
}

fn typed(c: char) -> Action {
    Action::Edit(EditAction::Insert(c))
}

#[test]
fn no_key_has_two_meanings() {
    let chords: Vec<Chord> = LINES.iter().flat_map(|line| line.bindings).map(|&(chord, _)| chord).collect();
    for (at, chord) in chords.iter().enumerate() {
        assert!(!chords[at + 1..].contains(chord), "{chord:?}");
    }
}

#[test]
fn every_binding_is_found_by_the_key_it_names() {
    for (chord, bound) in LINES.iter().flat_map(|line| line.bindings) {
        assert_eq!(pressed(chord.0, chord.1), Some(*bound), "{chord:?}");
    }
}

#[test]
fn the_help_shows_every_line_once_and_each_is_short() {
    let shown = Keymap::default().help().flat_map(|(_, lines)| lines).count();
    assert_eq!(shown, LINES.len());
    for line in LINES {
        assert!(!line.bindings.is_empty() && line.help.len() <= 28 && line.keys.chars().count() <= 18, "{line:?}");
        assert!(line.command.is_none_or(|command| command.starts_with('/')), "{line:?}");
    }
}

#[test]
fn letters_are_typed_and_shift_is_a_part_of_them() {
    assert_eq!(pressed(KeyCode::Char('a'), KeyModifiers::NONE), Some(typed('a')));
    assert_eq!(pressed(KeyCode::Char('A'), KeyModifiers::SHIFT), Some(typed('A')));
    assert_eq!(pressed(KeyCode::Char('日'), KeyModifiers::NONE), Some(typed('日')));
    assert_eq!(
        pressed(KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT),
        Some(typed('@')),
        "AltGr on Windows"
    );
    assert_eq!(pressed(KeyCode::Char('s'), KeyModifiers::SUPER), None);
}

#[test]
fn undo_is_found_under_every_name_terminals_give_it() {
    let undo = Some(Action::Edit(EditAction::Undo));
    for c in ['_', '/', '7', '-'] {
        assert_eq!(pressed(KeyCode::Char(c), KeyModifiers::CONTROL), undo, "{c}");
        assert_eq!(pressed(KeyCode::Char(c), KeyModifiers::CONTROL | KeyModifiers::SHIFT), undo, "{c}");
    }
    assert_eq!(
        pressed(KeyCode::Char('_'), KeyModifiers::ALT | KeyModifiers::SHIFT),
        Some(Action::Edit(EditAction::Redo))
    );
}

#[test]
fn the_editor_has_a_key_of_two_and_any_other_second_key_means_what_it_always_means() {
    let event = |c, modifiers| KeyEvent::new(KeyCode::Char(c), modifiers);
    assert_eq!(pressed(KeyCode::Char('x'), KeyModifiers::CONTROL), Some(Action::Prefix));
    assert_eq!(action_after_prefix(event('e', KeyModifiers::CONTROL)), Some(Action::Editor));
    assert_eq!(action_after_prefix(event('e', KeyModifiers::NONE)), None);
    assert_eq!(pressed(KeyCode::Char('e'), KeyModifiers::CONTROL), Some(Action::Edit(EditAction::LineEnd)));
    assert_eq!(pressed(KeyCode::Char('e'), KeyModifiers::ALT), Some(Action::Editor));
}

#[test]
fn a_new_line_has_three_keys_since_terminals_lose_two_of_them() {
    let new_line = Some(Action::Edit(EditAction::NewLine));
    assert_eq!(pressed(KeyCode::Enter, KeyModifiers::ALT), new_line);
    assert_eq!(pressed(KeyCode::Enter, KeyModifiers::SHIFT), new_line);
    assert_eq!(pressed(KeyCode::Char('j'), KeyModifiers::CONTROL), new_line);
    assert_eq!(pressed(KeyCode::Enter, KeyModifiers::NONE), Some(Action::Send));
}

#[test]
fn shift_tab_is_one_key_however_it_is_reported() {
    for code in [KeyCode::Tab, KeyCode::BackTab] {
        assert_eq!(pressed(code, KeyModifiers::SHIFT), Some(Action::CompleteBack));
    }
}

#[test]
fn a_key_repeats_but_its_release_means_nothing() {
    let mut event = KeyEvent::new(KeyCode::Left, KeyModifiers::NONE);
    event.kind = KeyEventKind::Repeat;
    assert_eq!(Keymap::default().action(event), Some(Action::Edit(EditAction::Left)));
    event.kind = KeyEventKind::Release;
    assert_eq!(Keymap::default().action(event), None);
}

#[test]
fn what_belongs_to_the_terminal_is_left_alone() {
    assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::CONTROL | KeyModifiers::SHIFT), None);
    assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::ClearOrQuit));
}
