//! The help: the table of keys and the table of commands, as they are.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::overlay::{self, Frame};
use super::{Scene, Seen};
use crate::app::command::TABLE;
use crate::tui::canvas::Canvas;
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::{Keymap, Section};

/// Columns of the box at the most.
const WIDTH: u16 = 104;

/// From this many columns inside the box on, keys stand in two columns.
const TWO: u16 = 84;

/// Below this many columns what a key does stands under it.
const STACKED: u16 = 50;

/// Columns of the keys, and of a command.
const KEYS: (u16, u16) = (19, 24);

/// A line of the help.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Blank,
    Heading(String),
    /// What is pressed or typed, and what it does.
    Entry(String, String),
    /// The same in two lines.
    Key(String),
    Does(String),
}

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, scroll: usize, seen: &mut Seen) {
    let glyphs = canvas.drawing().glyphs;
    let width = WIDTH.min(canvas.width().saturating_sub(if canvas.width() < 60 { 0 } else { 4 }));
    let inside = width.saturating_sub(6);
    let map = &scene.state.keys;
    let keys = if inside >= TWO {
        vec![
            sections(map, &[Section::Move, Section::View], glyphs),
            sections(map, &[Section::Write, Section::Edit], glyphs),
        ]
    } else {
        vec![sections(map, &Section::ALL, glyphs)]
    };
    let stack = |lines: Vec<Line>| if inside < STACKED { lines.into_iter().flat_map(stacked).collect() } else { lines };
    let keys: Vec<Vec<Line>> = keys.into_iter().map(stack).collect();
    let commands = stack(commands());
    let key_rows = keys.iter().map(Vec::len).max().unwrap_or(0);
    let rows = key_rows + 1 + commands.len();
    let foot = [("Esc", "close"), ("PgUp PgDn", "scroll")];
    let frame = Frame { title: "Keys and commands", width, rows, foot: &foot, is_error: false };
    let (part, visible) = overlay::frame(canvas, scene, &frame);
    seen.overlay_scroll = rows.saturating_sub(visible);
    let scroll = scroll.min(seen.overlay_scroll);
    overlay::thumb(canvas, scene, part, rows, scroll);
    let mut canvas = canvas.part(part);
    let half = inside / u16::try_from(keys.len()).unwrap_or(1);
    for (x, lines) in (0..).map(|at| at * half).zip(&keys) {
        let mut column = canvas.part(Rect::new(x, 0, half, part.height));
        list(&mut column, scene, lines, scroll, 0, KEYS.0);
    }
    list(&mut canvas, scene, &commands, scroll, key_rows + 1, KEYS.1);
}

/// Draws lines of which the first stands in row `first` of the whole, scrolled by `scroll`.
fn list(canvas: &mut Canvas<'_>, scene: &Scene<'_>, lines: &[Line], scroll: usize, first: usize, keys: u16) {
    let theme = scene.theme;
    let (width, height) = (canvas.width(), canvas.height());
    // Beside long keys the words would have no room.
    let keys = keys.min(width / 2);
    for (at, line) in lines.iter().enumerate() {
        let Some(y) = (first + at).checked_sub(scroll).and_then(|y| u16::try_from(y).ok()) else { continue };
        if y >= height {
            break;
        }
        match line {
            Line::Blank => {}
            Line::Heading(words) => {
                canvas.text(0, y, words, theme.accent.add_modifier(Modifier::BOLD));
            }
            Line::Entry(pressed, does) => {
                canvas.text_fit(0, y, keys.saturating_sub(1), pressed, theme.text);
                canvas.text_fit(keys, y, width.saturating_sub(keys + 1), does, theme.muted);
            }
            Line::Key(pressed) => {
                canvas.text_fit(0, y, width, pressed, theme.text);
            }
            Line::Does(does) => {
                canvas.text_fit(2, y, width.saturating_sub(2), does, theme.muted);
            }
        }
    }
}

fn stacked(line: Line) -> Vec<Line> {
    match line {
        Line::Entry(pressed, does) => vec![Line::Key(pressed), Line::Does(does)],
        other => vec![other],
    }
}

fn sections(map: &Keymap, wanted: &[Section], glyphs: &Glyphs) -> Vec<Line> {
    let mut lines = Vec::new();
    for (section, keys) in map.help().filter(|(section, _)| wanted.contains(section)) {
        if !lines.is_empty() {
            lines.push(Line::Blank);
        }
        lines.push(Line::Heading(section.title().to_owned()));
        lines.extend(keys.map(|(keys, does)| Line::Entry(overlay::key_words(&keys, glyphs), does.to_owned())));
    }
    lines
}

fn commands() -> Vec<Line> {
    let entries = TABLE.iter().map(|spec| Line::Entry(format!("/{}", spec.usage()), spec.summary.to_owned()));
    std::iter::once(Line::Heading("Commands".to_owned())).chain(entries).collect()
}
