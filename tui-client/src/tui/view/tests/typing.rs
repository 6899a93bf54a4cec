//! Who is typing: said over the input as long as it lasts, where nothing more pressing is to be said.

use shared::message::ServerMessage;

use super::sample::{self, World};
use super::{drawn, rows};
use crate::app::moment::Moment;
use crate::app::place::{self, Place};
use crate::tui::canvas::Drawing;
use crate::tui::control;
use crate::tui::glyphs::ASCII;
use crate::tui::state::{Anchor, State, Toast};
use crate::tui::theme::{Depth, Shade};

fn types(world: &mut World, conv: &str, from: &str) {
    world.hear(ServerMessage::Typing { conv: conv.to_owned(), from: from.to_owned() });
}

/// The row of the screen that says who is typing.
fn said(size: (u16, u16), world: &World, state: &State, now: Moment) -> Option<String> {
    let rows = rows(&drawn(size, &world.model, state, now).0);
    rows.into_iter().find(|row| row.contains("typing"))
}

#[test]
fn one_two_and_several_are_told_apart() {
    let mut world = sample::lobby();
    let state = sample::state(&world, Depth::Rgb, Shade::Dark);
    let now = world.now();
    assert_eq!(said((80, 24), &world, &state, now), None);
    let table = [
        ("mira", "  ● ● ● mira is typing"),
        ("kenji", "  ● ● ● kenji and mira are typing"),
        ("李娜", "  ● ● ● several people are typing"),
        ("emil", "  ● ● ● several people are typing"),
    ];
    for (from, expected) in table {
        types(&mut world, "#lobby", from);
        assert_eq!(said((80, 24), &world, &state, now).as_deref(), Some(expected));
    }
}

#[test]
fn only_the_tab_in_front_says_it_and_the_sidebar_marks_direct_ones() {
    let mut world = sample::lobby();
    let state = sample::state(&world, Depth::Rgb, Shade::Dark);
    types(&mut world, "@sofía", "sofía");
    assert_eq!(said((120, 34), &world, &state, world.now()), None);
    let beside = |world: &World, state: &State, name: &str| {
        let rows = rows(&drawn((120, 34), &world.model, state, world.now()).0);
        let row = rows.iter().find(|row| row.contains(&format!("● {name}"))).expect("a row of the sidebar").clone();
        row.split(name).last().expect("what stands behind the name").trim().to_owned()
    };
    assert_eq!((beside(&world, &state, "sofía").as_str(), beside(&world, &state, "amina").as_str()), ("…", ""));
    let sofia = Place::With(place::name("sofía"));
    world.show(&sofia);
    let mut state = sample::state(&world, Depth::Rgb, Shade::Dark);
    let here = said((120, 34), &world, &state, world.now());
    assert!(here.is_some_and(|row| row.starts_with("  ● ● ● sofía is typing")));
    state.look.drawing = Drawing { glyphs: &ASCII, ..Drawing::default() };
    let here = said((120, 34), &world, &state, world.now());
    assert!(here.is_some_and(|row| row.starts_with("  * * * sofía is typing")));
}

#[test]
fn it_goes_by_itself_with_one_wake_up_and_no_tick() {
    let mut world = sample::lobby();
    let state = sample::state(&world, Depth::Rgb, Shade::Dark);
    let start = world.now();
    assert_eq!(control::deadline(&state, &world.model, start.mono), None);
    types(&mut world, "#lobby", "mira");
    let end = control::deadline(&state, &world.model, start.mono).expect("something changes by itself");
    assert_eq!(end.0 - start.mono.0, 6_000);
    let before = Moment { mono: crate::app::moment::Mono(end.0 - 1), ..start };
    assert!(said((80, 24), &world, &state, before).is_some());
    assert_eq!(control::deadline(&state, &world.model, before.mono), Some(end));
    let then = Moment { mono: end, ..start };
    assert_eq!(said((80, 24), &world, &state, then), None);
    assert_eq!(control::deadline(&state, &world.model, then.mono), None);
}

#[test]
fn what_is_more_pressing_comes_first_and_messages_are_not_covered() {
    let mut world = sample::lobby();
    let mut state = sample::state(&world, Depth::Rgb, Shade::Dark);
    types(&mut world, "#lobby", "mira");
    let now = world.now();
    for size in [(80, 17), (40, 12), (30, 8)] {
        assert_eq!(said(size, &world, &state, now), None, "{size:?}");
    }
    let oldest = world.model.conversations.get(&Place::lobby()).unwrap().transcript.lines().next().unwrap().id;
    state.tabs.get_mut(&Place::lobby()).unwrap().anchor = Anchor::At { line: oldest, byte: 0 };
    let scrolled = said((80, 24), &world, &state, now).expect("both fit");
    assert!(scrolled.contains("mira is typing") && scrolled.contains("newest"), "{scrolled}");
    let until = now.mono.after(std::time::Duration::from_secs(4));
    state.toast = Some(Toast { text: "Theme: light.".into(), is_error: false, until });
    assert_eq!(said((80, 24), &world, &state, now), None);
}
