use proptest::prelude::*;

use super::*;

/// The rows as they are seen: hanging spaces cut off.
fn rows(text: &str, width: u16) -> Vec<&str> {
    wrap(text, width, Emoji::Safe).map(|row| text[row.bytes].trim_end_matches([' ', '\u{3000}'])).collect()
}

#[test]
fn words_break_at_spaces_and_the_spaces_hang() {
    assert_eq!(rows("quiet chat for the terminal", 10), ["quiet chat", "for the", "terminal"]);
    assert_eq!(rows("quiet      chat", 6), ["quiet", "chat"]);
    let hanging = wrap("ab    ", 3, Emoji::Safe).collect::<Vec<_>>();
    assert_eq!(hanging, [Row { bytes: 0..6, width: 2, hard: false }]);
}

#[test]
fn what_shows_nothing_hangs_like_a_space() {
    let row = wrap("ab    \u{200b}", 3, Emoji::Safe).collect::<Vec<_>>();
    assert_eq!(row, [Row { bytes: 0..9, width: 2, hard: false }], "it does not count the spaces before it in");
}

#[test]
fn chinese_and_japanese_break_between_characters_but_never_before_a_full_stop() {
    assert_eq!(rows("今日の会議は三時。", 8), ["今日の会", "議は三", "時。"]);
    assert_eq!(rows("「はい」と言う", 6), ["「は", "い」と", "言う"]);
    assert_eq!(rows("hello 今日の会議", 11), ["hello 今日", "の会議"]);
}

#[test]
fn an_address_stays_on_the_row_and_breaks_at_its_slashes() {
    assert_eq!(rows("see https://example.org/relay/notes now", 24), ["see https://example.org/", "relay/notes now"]);
}

#[test]
fn code_keeps_its_indentation() {
    assert_eq!(rows("if x {\n    return;\n}", 20), ["if x {", "    return;", "}"]);
    assert_eq!(rows("    verylongname", 8), ["", "verylong", "name"]);
}

#[test]
fn thai_breaks_between_characters_and_keeps_marks_on_their_letters() {
    let text = "สวัสดีตอนเช้า";
    let rows = wrap(text, 4, Emoji::Safe).collect::<Vec<_>>();
    assert!(rows.len() > 1);
    let boundaries: Vec<usize> = clusters(text, Emoji::Safe).map(|cluster| cluster.bytes.start).collect();
    assert!(rows.iter().all(|row| row.width <= 4 && boundaries.contains(&row.bytes.start)));
}

#[test]
fn a_family_takes_the_columns_of_what_is_drawn_for_it() {
    let family = "👨‍👩‍👧‍👦";
    let text = format!("{family}{family}{family}");
    let wrapped = wrap(&text, 4, Emoji::Safe).map(|row| row.width).collect::<Vec<_>>();
    assert_eq!(wrapped, [4, 2]);
}

#[test]
fn a_pane_of_one_or_no_column_still_shows_everything() {
    assert_eq!(rows("abc", 1), ["a", "b", "c"]);
    assert_eq!(rows("abc", 0), ["a", "b", "c"]);
    assert_eq!(rows("日本", 1), ["日", "本"]);
    assert_eq!(rows("", 0), [""]);
}

#[test]
fn line_feeds_end_rows_and_one_at_the_end_begins_another() {
    assert_eq!(rows("a\n\nb\n", 5), ["a", "", "b", ""]);
    let hard = wrap("a\nb", 5, Emoji::Safe).map(|row| row.hard).collect::<Vec<_>>();
    assert_eq!(hard, [true, false]);
}

#[test]
fn the_row_of_a_byte_is_the_last_that_begins_at_or_before_it() {
    let rows = wrap("quiet chat\nfor me", 6, Emoji::Safe).collect::<Vec<_>>();
    assert_eq!(rows.iter().map(|row| row.bytes.start).collect::<Vec<_>>(), [0, 6, 11]);
    assert_eq!([0, 5, 6, 10, 11, 99].map(|at| row_of(&rows, at)), [0, 0, 1, 1, 2, 2]);
    assert_eq!(row_of(&[], 3), 0);
}

#[test]
fn only_the_rows_asked_for_are_computed() {
    let text = "word ".repeat(2_000_000);
    let first: Vec<_> = wrap(&text, 80, Emoji::Safe).take(3).collect();
    assert_eq!(first.len(), 3);
}

/// The columns up to the last character that shows something, and how many of them there are.
fn inked(row: &str) -> (u16, usize) {
    let mut all = 0_u16;
    let mut inked = (0, 0);
    for cluster in clusters(row, Emoji::Safe).filter(|cluster| cluster.width > 0) {
        all += cluster.width;
        if !is_blank(cluster.shown) {
            inked = (all, inked.1 + 1);
        }
    }
    inked
}

/// Text of the kinds that wrap differently, in any mixture.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(" ".to_owned()),
        Just("\n".to_owned()),
        Just("👨‍👩‍👧‍👦".to_owned()),
        Just("❤\u{fe0f}".to_owned()),
        Just("🇩🇪".to_owned()),
        Just("\u{3000}".to_owned()),
        Just("ﾊﾞ".to_owned()),
        "[a-z]{1,8}",
        "[ก-๛]{1,6}",
        "[。」「あ-ん一-龥]{1,6}",
        "[/:.!?()-]{1,3}",
        "\\PC{0,4}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_rows_put_together_are_the_text(text in any_text(), width in 0_u16..40) {
        let mut joined = String::new();
        for row in wrap(&text, width, Emoji::Safe) {
            prop_assert_eq!(row.bytes.start, joined.len());
            joined.push_str(&text[row.bytes]);
            if row.hard {
                joined.push('\n');
            }
        }
        prop_assert_eq!(joined, text);
    }

    #[test]
    fn a_row_is_as_wide_as_it_is_drawn_and_at_most_as_the_pane(text in any_text(), limit in 0_u16..40) {
        for row in wrap(&text, limit, Emoji::Safe) {
            let (columns, drawn) = inked(&text[row.bytes.clone()]);
            prop_assert_eq!(row.width, columns, "as wide as it is drawn");
            prop_assert!(columns <= limit.max(1) || drawn <= 1, "{} columns in {}: {:?}", columns, limit, row);
        }
    }

    #[test]
    fn a_word_is_broken_only_if_it_is_wider_than_the_pane(text in "[a-z]{1,12}( [a-z]{1,12}){0,6}", limit in 1_u16..40) {
        for row in wrap(&text, limit, Emoji::Safe) {
            let begins_inside = row.bytes.start > 0 && text.as_bytes()[row.bytes.start - 1] != b' ';
            let word_start = text[..row.bytes.start].rfind(' ').map_or(0, |at| at + 1);
            let word = text[word_start..].split(' ').next().unwrap_or_default();
            prop_assert!(!begins_inside || word.len() > usize::from(limit), "{:?} of {:?}", row, word);
        }
    }
}
