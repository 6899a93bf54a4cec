//! The last row: where one is, how many are there, and the keys to know.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::layout::{Breadth, Layout};
use super::overlay::key_words;
use super::{Scene, card, notice};
use crate::app::place::Place;
use crate::tui::canvas::Canvas;
use crate::tui::keymap::Action;
use crate::tui::theme::Pill;

/// Keys and what they do; where there is little room, the last ones.
const KEYS: [(Action, &str, &str); 4] = [
    (Action::Tab(1), "Alt+1…9", "tab"),
    (Action::ScrollPageUp, "PgUp", "scroll"),
    (Action::GoTo, "Ctrl+G", "go to"),
    (Action::Help, "F1", "help"),
];

/// Columns of a file on its way.
const TRANSFER: u16 = 24;

/// Columns of the name in the pill.
const NAME: u16 = 20;

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, layout: &Layout) {
    let theme = scene.theme;
    canvas.fill(Rect::new(0, 0, canvas.width(), 1), theme.surface);
    let pill = theme.pill(Pill::Accent);
    let label = match scene.place {
        Place::Room(room) => format!("#{room}"),
        Place::With(name) => format!("@{name}"),
        Place::Private(name) => format!("{} {name}", canvas.drawing().glyphs.private),
    };
    let x = canvas.text(0, 0, " ", pill);
    let x = canvas.text_fit(x, 0, NAME, &label, pill);
    let mut x = canvas.text(x, 0, " ", pill) + 2;
    x = canvas.text(x, 0, &format!("{} online", scene.model.users.len()), theme.text) + 3;
    if let Some(transfer) = scene.model.peers.transfers.iter().find(|one| card::is_moving(one)) {
        let arrow = if transfer.sending { canvas.drawing().glyphs.up } else { canvas.drawing().glyphs.down };
        let words = format!("{arrow} {} %  {}", transfer.percent(), transfer.name.escaped());
        x = canvas.text_fit(x, 0, TRANSFER, &words, theme.private) + 3;
    }
    if let Some(seconds) = notice::idle_seconds(scene).filter(|_| !layout.is_compact()) {
        x = canvas.text(x, 0, &format!("idle, {seconds} s left"), theme.warn) + 3;
    }
    if scene.state.mouse && !layout.is_compact() {
        x = canvas.text(x, 0, "mouse", theme.muted) + 3;
    }
    keys(canvas, scene, layout, x);
}

fn keys(canvas: &mut Canvas<'_>, scene: &Scene<'_>, layout: &Layout, from: u16) {
    let theme = scene.theme;
    let most = match layout.breadth {
        Breadth::Wide => 4,
        Breadth::Middle => 2,
        Breadth::Compact => 1,
    };
    let cap = theme.raised.patch(theme.text);
    let glyphs = canvas.drawing().glyphs;
    let piece = |(action, usual, words): (Action, &'static str, &'static str)| {
        let key = key_words(&scene.state.keys.label(action, usual), glyphs);
        [Span::styled(format!(" {key} "), cap), Span::styled(format!(" {words}  "), theme.muted)]
    };
    let mut shown: Vec<Span<'_>> = Vec::new();
    let mut columns = 0;
    for spans in KEYS.into_iter().rev().take(most).map(piece) {
        let width: u16 = spans.iter().map(|span| canvas.width_of(&span.content)).sum();
        if from + columns + width > canvas.width() {
            break;
        }
        columns += width;
        shown.splice(0..0, spans);
    }
    canvas.put(canvas.width().saturating_sub(columns), 0, &shown);
}
