//! Every screen at every size in every look: what it says at each size is written down, and no look changes a word of it.

use insta::assert_snapshot;
use ratatui::style::Color;

use super::sample::World;
use super::scenes::SCREENS;
use super::{drawn, gallery, rows};
use crate::tui::state::State;
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
