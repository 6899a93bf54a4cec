//! Text from others never leaves its place.

use ratatui::buffer::{Buffer, CellWidth};
use shared::message::Outcome;

use super::sample::{self, World};
use super::{drawn, rows};
use crate::app::place::{self, Place};
use crate::tui::state::State;
use crate::tui::theme::{Depth, Shade};

const TEXTS: &[&str] = &[
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\x1b[H",
    "a\u{202e}txt.exe\u{202c} \u{2066}b\u{2069} \u{200f}c",
    "Z\u{0301}\u{0302}\u{0303}\u{0304}\u{0305}\u{0306}\u{0307}\u{0308}\u{0309}\u{030a}\u{030b}\u{030c}algo",
    "👨‍👩‍👧‍👦👍🏽❤️1️⃣🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇪 tags \u{e0041}\u{e0042}",
    "\u{2028}\u{2029}\u{85}\u{0}\u{7f}\u{9b}31m",
    "ﾊﾞｶﾞ 日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語",
    "│ ▌ ── 3 new ── ╭─╮ │ ❯",
    "\u{3164}\u{115f}\u{2800}\u{ad}\u{feff}",
    "اَلْعَرَبِيَّةُ עברית ภาษาไทย क्‍ष",
    "```\n\x1b[31m\u{202e}code\n```\n    \u{202e}indented",
];

const NAMES: &[&str] = &[
    "\x1b[31mevil",
    "a\u{202e}b",
    "日本語日本語日本語日本語",
    "Z\u{0301}\u{0302}\u{0303}\u{0304}\u{0305}\u{0306}\u{0307}\u{0308}\u{0309}x",
    "👨‍👩‍👧‍👦",
    "a\nb\tc",
];

/// The same conversation, said by these people in these words.
fn world(names: &[&str], texts: &[&str]) -> World {
    let people: Vec<(&str, &str)> = names.iter().zip(texts).map(|(&name, &text)| (name, text)).collect();
    let mut world = World::with(&people, &[]);
    for (number, text) in texts.iter().enumerate() {
        let from = names[number % names.len()];
        world.said("#lobby", from, text).did(from, text).said(&format!("@{from}"), from, text);
        world.sent(&Place::lobby(), text, Outcome::PARTIAL);
    }
    world
}

fn state(world: &World) -> State {
    sample::state(world, Depth::Rgb, Shade::Dark)
}

fn check_cells(buffer: &Buffer) {
    let columns = usize::from(buffer.area.width);
    for cells in buffer.content().chunks(columns) {
        let mut at = 0;
        while at < columns {
            let symbol = cells[at].symbol();
            assert!(
                !symbol
                    .chars()
                    .any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
            );
            at += usize::from(cells[at].cell_width().max(1));
        }
        assert_eq!(at, columns, "no character hangs over the edge: {cells:?}");
    }
}

#[test]
fn frame_columns_and_rules_stay_where_they_are() {
    let plain_names = ["u1", "u2", "u3", "u4", "u5", "u6"];
    let (mut hostile, plain) = (world(NAMES, TEXTS), world(&plain_names, &["plain"; 10]));
    for size in [(30, 8), (40, 12), (80, 24), (120, 34), (180, 40)] {
        for with in [None, Some(Place::With(place::name(NAMES[0])))] {
            if let Some(place) = &with {
                hostile.show(place);
            }
            let (buffer, _) = drawn(size, &hostile.model, &state(&hostile), hostile.now());
            check_cells(&buffer);
            if with.is_none() {
                let (expected, _) = drawn(size, &plain.model, &state(&plain), plain.now());
                same_frame(&buffer, &expected);
            }
        }
        hostile.show(&Place::lobby());
    }
}

/// The rows of the input and of the status are the same, and where there is a rule it is in its column.
fn same_frame(buffer: &Buffer, expected: &Buffer) {
    let (rows, expected) = (rows(buffer), rows(expected));
    let composer = if rows.len() >= 16 { 4 } else { 3 };
    let end = |rows: &[String]| {
        let pane = rows[rows.len() - composer..].iter();
        // Beside the input the sidebar goes on.
        pane.map(|row| row.chars().take(90).collect::<String>().trim_end().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(end(&rows), end(&expected));
    if buffer.area.width >= 60 {
        for y in 1..buffer.area.height - 5 {
            let symbol = buffer[(18, y)].symbol();
            assert!(
                ["│", " ", "─"].contains(&symbol) || symbol.chars().all(char::is_alphanumeric),
                "{symbol} in row {y}"
            );
        }
    }
}

#[test]
fn what_is_typed_is_harmless_too() {
    let world = sample::lobby();
    let mut state = state(&world);
    for text in TEXTS {
        let composer = &mut state.tabs.get_mut(&Place::lobby()).unwrap().composer;
        composer.replace("");
        composer.paste(text).unwrap();
        for size in [(30, 8), (80, 24)] {
            check_cells(&drawn(size, &world.model, &state, world.now()).0);
        }
    }
}
