//! The view stays where it is until somebody scrolls.

use super::sample::{self, World};
use super::{drawn, rows};
use crate::app::place::Place;
use crate::app::transcript::LineId;
use crate::tui::state::{Anchor, State};
use crate::tui::theme::{Depth, Shade};
use crate::tui::view::{Seen, scrolled};

const SIZE: (u16, u16) = (80, 24);

/// A lobby with many lines of different lengths, by different people.
fn busy(lines: usize) -> World {
    let mut world = World::with(sample::PEOPLE, sample::YESTERDAY);
    for number in 0..lines {
        let text = format!("{number} {}", "some words 日本語 and more of them ".repeat(number * 7 % 5));
        let from = ["mira", "kenji", "李娜"][number * 3 % 5 % 3];
        world.at(number as u64 / 2).said("#lobby", from, text.trim_end());
    }
    world
}

fn state(world: &World) -> State {
    let mut state = sample::state(world, Depth::Rgb, Shade::Dark);
    state.tabs.clear();
    state
}

fn anchor(state: &mut State, anchor: Anchor) {
    state.tabs.entry(Place::lobby()).or_default().anchor = anchor;
}

fn top_row(world: &World, state: &State) -> String {
    rows(&drawn(SIZE, &world.model, state, world.now()).0).swap_remove(1)
}

fn scroll(world: &World, state: &mut State, size: (u16, u16), by: isize) -> (Seen, Anchor) {
    let (_, seen) = drawn(size, &world.model, state, world.now());
    let to = scrolled(&world.model, state, world.now(), &seen, by);
    anchor(state, to);
    (seen, to)
}

#[test]
fn new_messages_do_not_move_what_is_read() {
    let mut world = busy(100);
    let mut state = state(&world);
    scroll(&world, &mut state, SIZE, -40);
    let before = top_row(&world, &state);
    for number in 0..500 {
        world.said("#lobby", "kenji", &format!("more {number}"));
    }
    assert_eq!(top_row(&world, &state), before);
}

#[test]
fn the_same_message_stays_on_top_at_every_width() {
    let world = busy(100);
    let mut state = state(&world);
    scroll(&world, &mut state, (57, 24), -60);
    let draw = |width| drawn((width, 24), &world.model, &state, world.now());
    let (buffer, seen) = draw(57);
    let (first_row, first) = (rows(&buffer).swap_remove(1), seen.first);
    for width in [40, 96, 133, 30] {
        assert_eq!(draw(width).1.first, first, "at {width}");
    }
    assert_eq!(draw(20).1, Seen::default(), "too small to show anything");
    let (buffer, seen) = draw(57);
    assert_eq!((rows(&buffer).swap_remove(1), seen.first), (first_row, first));
}

#[test]
fn scrolling_up_row_by_row_passes_every_message_and_ends_at_the_top() {
    let world = busy(30);
    let mut state = state(&world);
    let mut passed: Vec<LineId> = Vec::new();
    let mut last = None;
    for _ in 0..1000 {
        let (seen, to) = scroll(&world, &mut state, SIZE, -1);
        passed.extend(seen.first.filter(|first| passed.last() != Some(first)));
        if seen.at_top {
            break;
        }
        assert_ne!(Some(to), last, "each step leads somewhere");
        last = Some(to);
    }
    let all: Vec<LineId> =
        world.model.conversations.get(&Place::lobby()).unwrap().transcript.lines().map(|l| l.id).collect();
    passed.reverse();
    assert_eq!(passed, all[..passed.len()], "no message was jumped over");
    let (buffer, seen) = drawn(SIZE, &world.model, &state, world.now());
    assert!(seen.at_top && rows(&buffer)[1].contains("This is the start of the lobby."), "{}", rows(&buffer)[1]);
}

#[test]
fn scrolling_down_leads_back_to_the_newest() {
    let world = busy(60);
    let mut state = state(&world);
    for by in [1, 3, 17] {
        anchor(&mut state, Anchor::Bottom);
        scroll(&world, &mut state, SIZE, -1000);
        let mut steps = 0;
        while scroll(&world, &mut state, SIZE, by).1 != Anchor::Bottom {
            steps += 1;
            assert!(steps < 1000, "it ends");
        }
        assert!(drawn(SIZE, &world.model, &state, world.now()).1.at_bottom);
    }
}

#[test]
fn a_page_up_keeps_the_row_that_was_on_top() {
    let world = busy(60);
    let mut state = state(&world);
    for _ in 0..4 {
        let before = top_row(&world, &state);
        let (seen, _) = scroll(&world, &mut state, SIZE, -17);
        assert_eq!(seen.pane.height, 18);
        let (buffer, seen) = drawn(SIZE, &world.model, &state, world.now());
        assert!(
            before.trim_end_matches([' ', '▐']).is_empty() || seen.at_top || {
                let text = |row: &str| row.trim_end_matches([' ', '▐']).to_owned();
                rows(&buffer).iter().any(|row| text(row) == text(&before))
            }
        );
    }
}

#[test]
fn a_line_that_is_no_longer_kept_is_the_oldest_one() {
    let (few, many) = (busy(20), busy(60));
    let mut state = state(&few);
    anchor(&mut state, Anchor::At { line: many.line(&Place::lobby(), 0).unwrap(), byte: 5 });
    let (_, seen) = drawn(SIZE, &few.model, &state, few.now());
    assert!(seen.at_top);
}

#[test]
fn long_notes_can_be_scrolled_through_too() {
    use crate::tui::state::{Note, NoteKind};
    let world = busy(3);
    let mut state = state(&world);
    let after = world.line(&Place::lobby(), 1);
    let text = (0..40).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    let note = Note { after, at: world.now().wall, kind: NoteKind::Info, text };
    state.tabs.entry(Place::lobby()).or_default().notes = vec![note.clone(), note];
    let mut seen_lines = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let (buffer, seen) = drawn(SIZE, &world.model, &state, world.now());
        seen_lines.extend((0..40).filter(|line| {
            rows(&buffer)
                .iter()
                .any(|row| row.contains(&format!("line {line} ")) || row.ends_with(&format!("line {line}")))
        }));
        if seen.at_top {
            break;
        }
        scroll(&world, &mut state, SIZE, -3);
    }
    assert_eq!(seen_lines.len(), 40);
}
