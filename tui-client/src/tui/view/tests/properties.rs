//! Whatever happens and however large the screen is: nothing panics, nothing is wider than the screen.

use proptest::prelude::*;
use ratatui::buffer::CellWidth;
use shared::message::Outcome;

use super::drawn;
use super::sample::{self, World};
use crate::app::moment::{Moment, Mono};
use crate::app::place::{self, Place};
use crate::tui::state::{Anchor, Field, FormMessage, Mode, Note, NoteKind, Overlay, Screen, State, Toast};
use crate::tui::theme::{Depth, Shade};
use crate::tui::view::scrolled;

/// What makes one state of the screen.
#[derive(Clone, Debug)]
struct Case {
    size: (u16, u16),
    lines: Vec<(u8, String)>,
    typed: String,
    overlay: u8,
    flags: u16,
    anchor: (usize, usize),
    scroll: isize,
}

fn case() -> impl Strategy<Value = Case> {
    let size = prop_oneof![(0..200_u16, 0..60_u16), (28..64_u16, 6..20_u16)];
    let text = prop_oneof![".{0,80}", "(\\PC|\n|[日🎉 ]){0,200}", "[a-z `@/.:\n]{0,120}"];
    let lines = prop::collection::vec((any::<u8>(), text), 0..20);
    (size, lines, "(\\PC|\n){0,60}", any::<u8>(), any::<u16>(), (0..30_usize, 0..300_usize), -50..50_isize).prop_map(
        |(size, lines, typed, overlay, flags, anchor, scroll)| Case {
            size,
            lines,
            typed,
            overlay,
            flags,
            anchor,
            scroll,
        },
    )
}

fn flag(case: &Case, bit: u16) -> bool {
    case.flags & (1 << bit) != 0
}

fn world(case: &Case) -> World {
    let mut world = World::with(sample::PEOPLE, if flag(case, 0) { sample::YESTERDAY } else { &[] });
    let mira = Place::With(place::name("mira"));
    for (number, (kind, text)) in case.lines.iter().enumerate() {
        world.at(number as u64 * u64::from(kind % 7));
        match kind % 5 {
            0 => world.said("#lobby", "kenji", text),
            1 => world.did("mira", text),
            2 => world.sent(&Place::lobby(), text, Outcome::PARTIAL),
            3 => world.said("@mira", "mira", text),
            _ => world.sent(&mira, text, Outcome::STORED),
        };
    }
    if flag(case, 1) {
        world.show(&mira);
    }
    world
}

fn state(case: &Case, world: &World) -> State {
    let depth = [Depth::None, Depth::Ansi16, Depth::Indexed256, Depth::Rgb][usize::from(case.flags >> 14)];
    let mut state =
        if flag(case, 2) { sample::login_state(depth, Shade::Light) } else { sample::state(world, depth, Shade::Dark) };
    if flag(case, 3) {
        sample::completing(&mut state);
    }
    state.screen = if flag(case, 2) { Screen::Login } else { Screen::Chat };
    state.sidebar = flag(case, 4).then_some(flag(case, 5));
    state.ended = flag(case, 6).then(|| case.typed.clone());
    state.toast =
        flag(case, 7).then(|| Toast { text: case.typed.clone(), is_error: flag(case, 8), until: Mono(u64::MAX) });
    state.form.mode = if flag(case, 8) { Mode::Register } else { Mode::SignIn };
    state.form.focus = if flag(case, 9) { Field::Name } else { Field::Password };
    state.form.name.replace(&case.typed);
    state.form.message = flag(case, 10).then(|| FormMessage::Error(case.typed.clone()));
    let place = world.model.conversations.front().clone();
    let line = world.line(&place, case.anchor.0);
    let tab = state.tabs.entry(place).or_default();
    tab.composer.replace(&case.typed);
    if flag(case, 11) {
        tab.anchor = line.map_or(Anchor::Bottom, |line| Anchor::At { line, byte: case.anchor.1 });
        (tab.unread_from, tab.seen_to) = (line, line);
        tab.notes.push(Note { after: line, at: world.now().wall, kind: NoteKind::Error, text: case.typed.clone() });
    }
    state.overlay = overlay(case);
    state
}

fn overlay(case: &Case) -> Option<Overlay> {
    let text = case.typed.clone();
    match case.overlay % 20 {
        0 => Some(Overlay::Help { scroll: case.anchor.1 }),
        1 => Some(Overlay::Quit),
        2 => Some(Overlay::Paste { lines: text.lines().count(), text }),
        3 => Some(Overlay::List {
            title: text.clone(),
            rows: text.lines().map(str::to_owned).collect(),
            scroll: case.anchor.0,
        }),
        4 => Some(Overlay::Pick { title: "Go to", query: text, choices: Vec::new(), marked: case.anchor.0 }),
        5 => Some(Overlay::KeyChanged { address: text.clone(), expected: text.clone(), found: text }),
        6 => Some(Overlay::Secret { prompt: text }),
        7 => Some(Overlay::OfferHost),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_panics_and_no_row_is_wider_than_the_screen(case in case()) {
        let world = world(&case);
        let mut state = state(&case, &world);
        let now = Moment { mono: Mono(1_000_000), ..world.now() };
        let (buffer, seen) = drawn(case.size, &world.model, &state, now);
        for y in 0..case.size.1 {
            let mut x = 0;
            while x < case.size.0 {
                x += buffer[(x, y)].cell_width().max(1);
            }
            prop_assert_eq!(x, case.size.0, "row {}", y);
        }
        for (part, _) in &seen.targets {
            prop_assert_eq!(part.intersection(buffer.area), *part, "a click can only be on the screen");
        }
        let place = world.model.conversations.front().clone();
        let to = scrolled(&world.model, &state, now, &seen, case.scroll);
        state.tabs.entry(place).or_default().anchor = to;
        let (_, after) = drawn(case.size, &world.model, &state, now);
        if case.scroll > 0 && seen.at_bottom {
            prop_assert!(after.at_bottom);
        }
        if case.scroll < 0 && seen.at_top {
            prop_assert!(after.at_top || after.at_bottom);
        }
    }
}
