//! Colours and emphasis: what has to be seen is seen, in every theme.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::sample::{self, World};
use super::{drawn, rows};
use crate::tui::state::{Overlay, State};
use crate::tui::theme::{Depth, Shade};

const SIZE: (u16, u16) = (120, 34);

fn lobby(depth: Depth, shade: Shade) -> (World, State, Buffer) {
    let world = sample::lobby();
    let state = sample::state(&world, depth, shade);
    let buffer = drawn(SIZE, &world.model, &state, world.now()).0;
    (world, state, buffer)
}

/// The first cell of a text on the screen.
fn cell<'b>(buffer: &'b Buffer, text: &str) -> &'b Cell {
    let (y, row) = rows(buffer).into_iter().enumerate().find(|(_, row)| row.contains(text)).unwrap();
    let before = &row[..row.find(text).unwrap()];
    let x = crate::tui::cluster::width(before, crate::tui::cluster::Emoji::Full);
    &buffer[(x, u16::try_from(y).unwrap())]
}

#[test]
fn true_colour_paints_the_tokens() {
    for shade in [Shade::Dark, Shade::Light] {
        let (_, state, buffer) = lobby(Depth::Rgb, shade);
        let theme = &state.look.theme;
        let look = |text: &str| cell(&buffer, text).style();
        assert_eq!(look("Morning!").bg, theme.bg.bg);
        assert_eq!(look("Morning!").fg, theme.text.fg);
        assert_eq!(look("09:14").fg, theme.faint.fg);
        assert_eq!((look("lena │").fg, look("lena │").add_modifier), (theme.accent.fg, Modifier::BOLD));
        assert_eq!(look("https").fg, theme.accent.fg);
        assert!(look("https").add_modifier.contains(Modifier::UNDERLINED));
        assert_eq!(look("@lena yes").bg, theme.mention.bg);
        assert_eq!(look("▌09:23").fg, theme.warn.fg);
        assert_eq!(look("thread 'net'").bg, theme.code.bg);
        assert_eq!(look("3 new").fg, theme.error.fg);
        assert!(look("buys everybody").add_modifier.contains(Modifier::ITALIC));
        assert_eq!(look("ONLINE").bg, theme.alt.bg);
        assert_eq!(look("◆ tern").bg, theme.surface.bg);
        assert_eq!(look("lobby  2").bg, theme.bg.bg, "the tab in front joins the pane");
    }
}

/// Relative luminance of WCAG 2.1.
fn luminance(colour: Color) -> f64 {
    let Color::Rgb(r, g, b) = colour else { panic!("{colour:?} is no true colour") };
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
}

#[test]
fn every_letter_stands_out_from_its_ground() {
    for shade in [Shade::Dark, Shade::Light] {
        let (world, mut state, buffer) = lobby(Depth::Rgb, shade);
        sample::completing(&mut state);
        let completing = drawn(SIZE, &world.model, &state, world.now()).0;
        let login = drawn(SIZE, &World::new().model, &sample::login_state(Depth::Rgb, shade), world.now()).0;
        for buffer in [buffer, completing, login] {
            for cell in buffer.content().iter().filter(|cell| cell.symbol().chars().all(char::is_alphanumeric)) {
                let (ink, ground) = (luminance(cell.fg), luminance(cell.bg));
                let contrast = (ink.max(ground) + 0.05) / (ink.min(ground) + 0.05);
                assert!(contrast >= 3.2, "{} on {:?} {:?}: {contrast}", cell.symbol(), cell.bg, cell.fg);
            }
        }
    }
}

#[test]
fn sixteen_colours_leave_the_ground_to_the_terminal() {
    let (_, _, buffer) = lobby(Depth::Ansi16, Shade::Dark);
    for cell in buffer.content() {
        assert!(
            !matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_))
                && !matches!(cell.bg, Color::Rgb(..) | Color::Indexed(_))
        );
    }
    assert_eq!(cell(&buffer, "Morning!").bg, Color::Reset);
    assert_eq!(cell(&buffer, "▌09:23").fg, Color::Yellow);
    assert_eq!(cell(&buffer, "3 new").fg, Color::Red);
}

#[test]
fn without_colour_everything_is_still_told_apart() {
    let (world, mut state, buffer) = lobby(Depth::None, Shade::Dark);
    sample::completing(&mut state);
    let completing = drawn(SIZE, &world.model, &state, world.now()).0;
    for cell in buffer.content().iter().chain(completing.content()) {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{}", cell.symbol());
    }
    let has = |buffer: &Buffer, text: &str, modifier: Modifier| cell(buffer, text).modifier.contains(modifier);
    assert!(has(&buffer, ">09:23", Modifier::BOLD), "a mention has its mark");
    assert!(has(&buffer, "yes: the half-closed", Modifier::BOLD), "and bold text");
    assert!(!has(&buffer, "Morning!", Modifier::BOLD));
    assert!(has(&buffer, "lobby  2", Modifier::REVERSED), "the tab in front");
    assert!(has(&buffer, "@mira  2", Modifier::BOLD), "a tab with something unread");
    assert!(has(&buffer, " #lobby ", Modifier::REVERSED));
    assert!(has(&completing, "whoelsesince  TIME", Modifier::REVERSED), "the marked choice");
    assert!(rows(&completing).iter().any(|row| row.contains(">/whoelsesince")));
}

#[test]
fn under_an_overlay_the_screen_is_dimmed() {
    let (world, mut state, before) = lobby(Depth::Rgb, Shade::Dark);
    state.overlay = Some(Overlay::Quit);
    let after = drawn(SIZE, &world.model, &state, world.now()).0;
    assert!(luminance(cell(&after, "09:14").fg) < luminance(cell(&before, "09:14").fg) / 2.0);
    assert_eq!(cell(&after, "Messages that").style().fg, state.look.theme.text.fg);
    assert!(cell(&after, "Messages that").modifier.is_empty());
}

#[test]
fn terminals_that_know_no_signs_get_letters() {
    let (world, mut state, _) = lobby(Depth::Ansi16, Shade::Dark);
    state.look.drawing.glyphs = &crate::tui::glyphs::ASCII;
    state.overlay = Some(Overlay::Help { scroll: 0 });
    let buffer = drawn((60, 40), &World::new().model, &state, world.now()).0;
    for row in rows(&buffer) {
        assert!(row.is_ascii(), "{row}");
    }
}
