use proptest::prelude::*;

use super::*;

const WIDTH: u16 = 20;

fn at(text: &str, cursor: usize) -> Composer {
    Composer { text: text.to_owned(), cursor, ..Composer::new() }
}

fn press(composer: &mut Composer, actions: &[EditAction]) {
    for &action in actions {
        composer.apply(action, Duration::ZERO, WIDTH);
    }
}

fn type_text(composer: &mut Composer, text: &str) {
    for c in text.chars() {
        composer.apply(EditAction::Insert(c), Duration::ZERO, WIDTH);
    }
}

/// Text with `|` where the cursor stands.
fn state(composer: &Composer) -> String {
    let (before, after) = composer.text().split_at(composer.cursor());
    format!("{before}|{after}")
}

/// What `actions` make of a text whose `|` is the cursor.
fn check(given: &str, actions: &[EditAction], expected: &str) {
    let cursor = given.find('|').expect("the cursor is marked");
    let mut composer = at(&given.replace('|', ""), cursor);
    press(&mut composer, actions);
    assert_eq!(state(&composer), expected, "{actions:?} on {given}");
}

#[test]
fn arrows_move_by_what_people_call_a_character() {
    check("a👨‍👩‍👧‍👦|b", &[EditAction::Left], "a|👨‍👩‍👧‍👦b");
    check("|e\u{301}x", &[EditAction::Right], "e\u{301}|x");
    check("|", &[EditAction::Left, EditAction::Right], "|");
}

#[test]
fn words_and_lines_have_starts_and_ends() {
    check("hello big world|", &[EditAction::WordLeft, EditAction::WordLeft], "hello |big world");
    check("|hello, world", &[EditAction::WordRight, EditAction::WordRight], "hello, world|");
    check("  |", &[EditAction::WordLeft], "|  ");
    check("one\ntw|o\nthree", &[EditAction::LineStart], "one\n|two\nthree");
    check("one\ntw|o\nthree", &[EditAction::LineEnd], "one\ntwo|\nthree");
}

#[test]
fn backspace_takes_an_emoji_whole_and_a_mark_alone() {
    check("x👨‍👩‍👧‍👦|", &[EditAction::Backspace], "x|");
    check("x👍🏽|", &[EditAction::Backspace], "x|");
    check("x🇩🇪|", &[EditAction::Backspace], "x|");
    check("x❤\u{fe0f}|", &[EditAction::Backspace], "x|");
    check("e\u{301}|", &[EditAction::Backspace], "e|");
    check("ที่|", &[EditAction::Backspace], "ที|");
    check("|x", &[EditAction::Backspace], "|x");
    check("|e\u{301}x", &[EditAction::Delete], "|x");
    check("a\n|b", &[EditAction::Backspace], "a|b");
}

#[test]
fn what_an_edit_joins_is_never_split_by_the_cursor() {
    check("🇩|x🇪", &[EditAction::Delete], "🇩🇪|");
    check("|\u{301}", &[EditAction::Insert('e')], "e\u{301}|");
}

#[test]
fn what_is_cut_can_be_pasted_back() {
    check("hello big wor|ld", &[EditAction::CutWordBack, EditAction::CutWordBack], "hello |ld");
    check("one |two three", &[EditAction::CutWordForward], "one | three");
    check("one\ntwo th|ree", &[EditAction::CutToStart], "one\n|ree");
    check("one\n|ree", &[EditAction::CutToStart], "one|ree");
    check("o|ne\ntwo", &[EditAction::CutToEnd], "o|\ntwo");
    check("one|\ntwo", &[EditAction::CutToEnd], "one|two");
    check("one two|", &[EditAction::CutWordBack, EditAction::LineStart, EditAction::PasteBack], "two|one ");
    check("|", &[EditAction::CutToEnd, EditAction::CutToStart, EditAction::PasteBack], "|");
}

#[test]
fn undo_goes_back_word_by_word_and_redo_forward() {
    let mut composer = Composer::new();
    type_text(&mut composer, "hello big world");
    press(&mut composer, &[EditAction::Undo]);
    assert_eq!(state(&composer), "hello big |");
    press(&mut composer, &[EditAction::Undo, EditAction::Undo, EditAction::Undo]);
    assert_eq!(state(&composer), "|");
    press(&mut composer, &[EditAction::Redo, EditAction::Redo]);
    assert_eq!(state(&composer), "hello big |");
    type_text(&mut composer, "x");
    press(&mut composer, &[EditAction::Redo]);
    assert_eq!(state(&composer), "hello big x|", "an edit forgets what was taken back");
}

#[test]
fn a_pause_a_move_and_another_kind_of_edit_begin_a_step() {
    let mut composer = Composer::new();
    composer.apply(EditAction::Insert('a'), Duration::from_millis(0), WIDTH);
    composer.apply(EditAction::Insert('b'), Duration::from_secs(1), WIDTH);
    composer.apply(EditAction::Insert('c'), Duration::from_millis(2001), WIDTH);
    press(&mut composer, &[EditAction::Undo]);
    assert_eq!(composer.text(), "ab");
    type_text(&mut composer, "xy");
    press(&mut composer, &[EditAction::Backspace, EditAction::Backspace, EditAction::Undo]);
    assert_eq!(composer.text(), "abxy", "two removals are one step");
    press(&mut composer, &[EditAction::Left, EditAction::Insert('-'), EditAction::Undo]);
    assert_eq!(composer.text(), "abxy");
}

#[test]
fn clearing_can_be_taken_back() {
    check("a draft|", &[EditAction::Clear], "|");
    check("a draft|", &[EditAction::Clear, EditAction::Undo], "a draft|");
}

#[test]
fn a_paste_is_one_step_and_harmless() {
    let mut composer = at("ab", 1);
    composer.paste("one\r\ntwo\rthree\tx").expect("short");
    assert_eq!(state(&composer), "aone\ntwo\nthree    x|b");
    press(&mut composer, &[EditAction::Undo]);
    assert_eq!(state(&composer), "a|b");
    composer.paste("\u{1b}[31m\u{7}\u{0}\u{7f}\u{9b}").expect("short");
    assert!(composer.text().starts_with("a^[[31m^G^@^?"), "{}", composer.text());
    assert!(!composer.text().contains(char::is_control));
}

#[test]
fn a_paste_too_long_changes_nothing() {
    let mut composer = at("draft", 5);
    let refused = composer.paste(&"x".repeat(MAX_TEXT));
    assert_eq!(refused, Err(TooLong { bytes: MAX_TEXT + 5 }));
    assert_eq!(state(&composer), "draft|");
}

#[test]
fn a_page_pasted_by_mistake_is_asked_about() {
    assert!(!is_large("1\r\n2\r\n3\r\n4\r\n5\r\n") && is_large("1\r2\r3\r4\r5\r6"));
    assert!(!is_large(&"x".repeat(2048)) && is_large(&"x".repeat(2049)));
}

#[test]
fn a_field_of_one_line_stays_one_line() {
    let mut field = Composer::one_line();
    field.paste("se\ncret\r\n").expect("short");
    press(&mut field, &[EditAction::NewLine]);
    assert_eq!(field.text(), "se cret");
    assert_eq!(field.take_secret(), "se cret");
    press(&mut field, &[EditAction::Undo, EditAction::Up, EditAction::PasteBack]);
    assert_eq!(field.text(), "", "nothing is left of a secret");
}

#[test]
fn completion_replaces_a_range_as_one_step() {
    let mut composer = at("/se now", 3);
    composer.complete(0..3, "/send").expect("short");
    assert_eq!(state(&composer), "/send| now");
    press(&mut composer, &[EditAction::Undo]);
    assert_eq!(state(&composer), "/se| now");
    composer.complete(50..99, "x").expect("a range outside is brought inside");
    assert_eq!(state(&composer), "/se nowx|");
}

#[test]
fn the_history_keeps_the_draft_at_the_bottom() {
    let mut composer = Composer::new();
    for line in ["one", "two", "two", "  "] {
        composer.replace(line);
        assert_eq!(composer.submit(), line);
    }
    type_text(&mut composer, "draft");
    press(&mut composer, &[EditAction::Up]);
    assert_eq!(state(&composer), "two|");
    press(&mut composer, &[EditAction::Up, EditAction::Up]);
    assert_eq!(state(&composer), "one|", "a line sent twice is remembered once, blanks never");
    type_text(&mut composer, "!");
    press(&mut composer, &[EditAction::Down, EditAction::Down]);
    assert_eq!(state(&composer), "draft|");
    press(&mut composer, &[EditAction::Down, EditAction::Up, EditAction::Up]);
    assert_eq!(state(&composer), "one!|", "a change not sent is kept");
    assert_eq!(composer.submit(), "one!");
    press(&mut composer, &[EditAction::Up, EditAction::Up, EditAction::Up]);
    assert_eq!(state(&composer), "one|", "and what was sent stays as it was");
}

#[test]
fn lines_sent_can_be_found() {
    let mut composer = Composer::new();
    for line in ["Alpha one", "beta", "alpha two"] {
        composer.replace(line);
        composer.submit();
    }
    assert_eq!(composer.find_sent("ALPHA", 0), Some("alpha two"));
    assert_eq!(composer.find_sent("alpha", 1), Some("Alpha one"));
    assert_eq!(composer.find_sent("alpha", 2), None);
}

#[test]
fn up_and_down_keep_the_column_they_aim_for() {
    check("abcdef\nx\nabcd|ef", &[EditAction::Up], "abcdef\nx|\nabcdef");
    check("abcdef\nx\nabcd|ef", &[EditAction::Up, EditAction::Up], "abcd|ef\nx\nabcdef");
    check("日本語\nab|c", &[EditAction::Up], "日|本語\nabc");
    check("abcd|ef\nx\nabcdef", &[EditAction::Down, EditAction::Down], "abcdef\nx\nabcd|ef");
}

#[test]
fn the_input_grows_to_six_rows_and_then_scrolls_with_the_cursor() {
    let composer = at("1\n2\n3\n4\n5\n6\n7\n8", 15);
    let placed = composer.placed(WIDTH, MAX_ROWS);
    assert_eq!((placed.rows.len(), placed.above, placed.below), (6, 2, 0));
    assert_eq!((placed.cursor_row, placed.cursor_column), (5, 1));
    let top = at(composer.text(), 0).placed(WIDTH, MAX_ROWS);
    assert_eq!((top.above, top.below, top.cursor_row), (0, 2, 0));
    assert_eq!(Composer::new().placed(WIDTH, MAX_ROWS).rows.len(), 1);
}

#[test]
fn a_cursor_after_a_full_row_is_still_in_the_field() {
    let placed = at("1234567890", 10).placed(5, MAX_ROWS);
    assert_eq!(placed.rows, [0..4, 4..8, 8..10]);
    assert_eq!((placed.cursor_row, placed.cursor_column), (2, 2));
    let hanging = at("ab      ", 8).placed(5, MAX_ROWS);
    assert_eq!((hanging.cursor_row, hanging.cursor_column), (0, 4));
}

fn any_action() -> impl Strategy<Value = EditAction> {
    let odd = prop::sample::select(vec!['\u{301}', '\u{200d}', '👩', '🇩', '\u{fe0f}', ' ', 'ท', 'ี', '\u{1b}', '\n']);
    prop_oneof![
        any::<char>().prop_map(EditAction::Insert),
        odd.prop_map(EditAction::Insert),
        proptest::char::range('a', 'e').prop_map(EditAction::Insert),
        prop::sample::select(vec![
            EditAction::NewLine,
            EditAction::Left,
            EditAction::Right,
            EditAction::WordLeft,
            EditAction::WordRight,
            EditAction::LineStart,
            EditAction::LineEnd,
            EditAction::Up,
            EditAction::Down,
            EditAction::Backspace,
            EditAction::Delete,
            EditAction::CutWordBack,
            EditAction::CutWordForward,
            EditAction::CutToStart,
            EditAction::CutToEnd,
            EditAction::PasteBack,
            EditAction::Undo,
            EditAction::Redo,
            EditAction::Clear,
        ]),
    ]
}

/// A key, a paste or a line sent.
#[derive(Clone, Debug)]
enum Step {
    Key(EditAction, u64),
    Paste(String),
    Send,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (any_action(), 0_u64..3000).prop_map(|(action, pause)| Step::Key(action, pause)),
        1 => any::<String>().prop_map(Step::Paste),
        1 => Just(Step::Send),
    ]
}

proptest! {
    #[test]
    fn whatever_is_typed_the_composer_stays_sound(
        steps in proptest::collection::vec(any_step(), 0..60),
        width in 0_u16..12,
        rows in 0_u16..5,
    ) {
        let mut composer = Composer::new();
        let mut now = 0;
        for step in steps {
            match step {
                Step::Key(action, pause) => {
                    now += pause;
                    composer.apply(action, Duration::from_millis(now), width);
                }
                Step::Paste(text) => composer.paste(&text).expect("short"),
                Step::Send => drop(composer.submit()),
            }
            let (text, cursor) = (composer.text(), composer.cursor());
            let on_boundary = GraphemeCursor::new(cursor, text.len(), true).is_boundary(text, 0);
            prop_assert_eq!(on_boundary, Ok(true), "{:?} at {}", text, cursor);
            prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{:?}", text);
            let placed = composer.placed(width, rows);
            prop_assert!(!placed.rows.is_empty() && placed.rows.len() <= usize::from(rows.max(1)));
            prop_assert!(usize::from(placed.cursor_row) < placed.rows.len());
            prop_assert!(placed.cursor_column < width.max(1));

            let mut again = composer.clone();
            again.apply(EditAction::Undo, Duration::ZERO, width);
            if again.text() != text {
                again.apply(EditAction::Redo, Duration::ZERO, width);
                prop_assert_eq!((again.text(), again.cursor()), (text, cursor));
            }
        }
    }

    #[test]
    fn undoing_everything_leads_back_to_the_beginning(actions in proptest::collection::vec(any_action(), 0..60)) {
        let mut composer = Composer::new();
        let edits = actions.into_iter().filter(|action| !matches!(action, EditAction::Undo | EditAction::Redo));
        for action in edits {
            composer.apply(action, Duration::ZERO, WIDTH);
        }
        let last = composer.text().to_owned();
        let mut steps = 0;
        while !composer.is_empty() && steps < 100 {
            composer.apply(EditAction::Undo, Duration::ZERO, WIDTH);
            steps += 1;
        }
        prop_assert_eq!(composer.text(), "");
        // The text may have been empty in between: go all the way back, then all the way forward.
        for _ in 0..100 {
            composer.apply(EditAction::Undo, Duration::ZERO, WIDTH);
        }
        for _ in 0..100 {
            composer.apply(EditAction::Redo, Duration::ZERO, WIDTH);
        }
        prop_assert_eq!(composer.text(), last);
    }
}
