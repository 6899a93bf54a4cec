//! Every screen at every size in every look: what it says at each size is written down, and no look changes a word of it.

use insta::assert_snapshot;
use ratatui::style::Color;

use super::sample::{self, World};
use super::{drawn, gallery, rows};
use crate::app::place::Place;
use crate::tui::composer::Composer;
use crate::tui::state::{Anchor, Choice, Field, Find, FormMessage, Mode, Overlay, State};
use crate::tui::theme::{Depth, Shade};

/// From nothing to more than anybody has.
const SIZES: [(u16, u16); 10] =
    [(0, 0), (1, 1), (5, 2), (20, 5), (30, 8), (40, 12), (80, 24), (120, 34), (180, 40), (500, 200)];

const LOOKS: [(Depth, Shade); 6] = [
    (Depth::Rgb, Shade::Dark),
    (Depth::Rgb, Shade::Light),
    (Depth::Indexed256, Shade::Dark),
    (Depth::Ansi16, Shade::Dark),
    (Depth::Ansi16, Shade::Light),
    (Depth::None, Shade::Dark),
];

/// A screen by its name, in a look.
type Make = fn(Depth, Shade) -> (World, State);

const SCREENS: [(&str, Make); 15] = [
    ("lobby", lobby),
    ("direct", |depth, shade| {
        let world = sample::direct();
        let state = sample::direct_state(&world, depth, shade);
        (world, state)
    }),
    ("login", |depth, shade| (World::new(), sample::login_state(depth, shade))),
    ("register", |depth, shade| {
        let mut state = sample::login_state(depth, shade);
        (state.form.mode, state.form.focus) = (Mode::Register, Field::Again);
        state.form.message = Some(FormMessage::Error("The two passwords are not the same.".to_owned()));
        (World::new(), state)
    }),
    ("locked", |depth, shade| {
        let mut state = sample::login_state(depth, shade);
        state.form.message = Some(FormMessage::Locked { until: crate::app::moment::Mono(57_000) });
        (World::new(), state)
    }),
    ("help", |depth, shade| over(depth, shade, Overlay::Help { scroll: 0 })),
    ("quit", |depth, shade| over(depth, shade, Overlay::Quit)),
    ("paste", |depth, shade| over(depth, shade, Overlay::Paste { text: "one\ntwo".repeat(9), lines: 10 })),
    ("pick", |depth, shade| {
        let choice = |text: &str| Choice { text: text.to_owned(), arguments: String::new(), help: "online".to_owned() };
        let choices = ["#lobby", "@mira", "@kenji"].map(choice).to_vec();
        over(depth, shade, Overlay::Pick { title: "Go to", query: "mi".to_owned(), choices, marked: 1 })
    }),
    ("key-changed", |depth, shade| {
        let [address, expected, found] =
            ["chat.example.org:7070", "SHA256:1f9a20bb", "SHA256:c0ffee00"].map(str::to_owned);
        over(depth, shade, Overlay::KeyChanged { address, expected, found })
    }),
    ("secret", |depth, shade| over(depth, shade, Overlay::Secret { prompt: "Your password now".to_owned() })),
    ("offer-host", |depth, shade| over(depth, shade, Overlay::OfferHost)),
    ("completing", |depth, shade| {
        let (world, mut state) = lobby(depth, shade);
        sample::completing(&mut state);
        (world, state)
    }),
    ("finding", |depth, shade| {
        let (world, mut state) = lobby(depth, shade);
        let mut query = Composer::one_line();
        query.replace("the");
        let found = world.line(&Place::lobby(), 2).into_iter().collect();
        let find = Find { query, is_typed: false, found, at: Some(0), before: Anchor::Bottom };
        let tab = state.tabs.get_mut(&Place::lobby()).unwrap();
        (tab.find, tab.marked) = (Some(find), world.line(&Place::lobby(), 1));
        (world, state)
    }),
    ("bare", |depth, shade| {
        let (world, mut state) = lobby(depth, shade);
        state.bare = true;
        (world, state)
    }),
];

fn lobby(depth: Depth, shade: Shade) -> (World, State) {
    let world = sample::lobby();
    let state = sample::state(&world, depth, shade);
    (world, state)
}

fn over(depth: Depth, shade: Shade, overlay: Overlay) -> (World, State) {
    let (world, mut state) = lobby(depth, shade);
    state.overlay = Some(overlay);
    (world, state)
}

#[test]
fn at_every_size() {
    for (name, make) in SCREENS {
        let (world, state) = make(Depth::Rgb, Shade::Dark);
        assert_snapshot!(format!("every-{name}"), gallery(&SIZES, &world.model, &state, world.now()));
    }
}

/// The rows without the signs that stand for a colour where there is none.
fn words(size: (u16, u16), world: &World, state: &State) -> Vec<String> {
    let plain = |row: String| row.replace(['▌', '>', '*', '▎', '╸', '▄', '▀', '█', '●'], " ");
    rows(&drawn(size, &world.model, state, world.now()).0)
        .into_iter()
        .map(plain)
        .map(|row| row.trim().to_owned())
        .collect()
}

#[test]
fn no_look_changes_a_word() {
    for (name, make) in SCREENS.into_iter().filter(|(name, _)| !["login", "register", "locked"].contains(name)) {
        for size in SIZES {
            let (world, state) = make(Depth::Rgb, Shade::Dark);
            let usual = words(size, &world, &state);
            for (depth, shade) in LOOKS {
                let (world, state) = make(depth, shade);
                assert_eq!(words(size, &world, &state), usual, "{name} at {size:?} in {depth:?} {shade:?}");
            }
        }
    }
}

#[test]
fn each_look_keeps_to_its_colours() {
    for (name, make) in SCREENS {
        for (depth, shade) in LOOKS {
            let (world, state) = make(depth, shade);
            for size in SIZES {
                let (buffer, _) = drawn(size, &world.model, &state, world.now());
                let allowed = |colour: Color| match depth {
                    Depth::Rgb => matches!(colour, Color::Rgb(..) | Color::Reset),
                    Depth::Indexed256 => matches!(colour, Color::Indexed(_) | Color::Reset),
                    Depth::Ansi16 => !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                    Depth::None => colour == Color::Reset,
                };
                let wrong = buffer.content().iter().find(|cell| !allowed(cell.fg) || !allowed(cell.bg));
                assert!(wrong.is_none(), "{name} at {size:?} in {depth:?}: {wrong:?}");
            }
        }
    }
}
