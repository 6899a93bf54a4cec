//! The input, and the line over it that says what Enter will do.

use std::ops::Range;

use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use shared::name::Name;

use super::layout::Layout;
use super::{Scene, fresh, notice, pane};
use crate::app::place::Place;
use crate::tui::canvas::Canvas;
use crate::tui::composer::EditAction;
use crate::tui::keymap::Action;
use crate::tui::state::HintKind;

/// Keys named in the lower border, the most useful first.
const KEYS: [(Action, &str, &str); 3] = [
    (Action::Send, "Enter", "send"),
    (Action::Edit(EditAction::NewLine), "Alt+Enter", "new line"),
    (Action::Complete, "Tab", "complete"),
];

/// Draws it and answers where the cursor stands.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, layout: &Layout) -> Option<Position> {
    let style = border(scene);
    let part = layout.composer;
    if layout.boxed {
        canvas.rounded_box(part, style);
        keys(canvas, scene, part);
    } else {
        let line = canvas.drawing().glyphs.line;
        canvas.hline(part.x, part.y, part.width, line, style);
        let field = Rect { y: part.y + 1, height: part.height.saturating_sub(1), ..part };
        canvas.fill(field, scene.theme.surface);
    }
    hint(canvas, scene, part);
    more(canvas, scene, layout);
    text(canvas, scene, layout)
}

fn border(scene: &Scene<'_>) -> Style {
    let theme = scene.theme;
    if notice::idle_seconds(scene).is_some() {
        return theme.warn;
    }
    match scene.state.hint.kind {
        HintKind::Error => theme.error,
        _ if scene.tab.composer.is_empty() => theme.border,
        HintKind::Direct => theme.private,
        HintKind::Say | HintKind::Command => theme.accent,
    }
}

/// What Enter will do. It is the last thing that is left out for want of room: it is never left out.
fn hint(canvas: &mut Canvas<'_>, scene: &Scene<'_>, part: Rect) {
    let theme = scene.theme;
    let hint = &scene.state.hint;
    if hint.text.is_empty() {
        return;
    }
    let style = match hint.kind {
        HintKind::Error => theme.error,
        HintKind::Direct => theme.private,
        HintKind::Say | HintKind::Command if scene.tab.composer.is_empty() => theme.muted,
        HintKind::Say | HintKind::Command => theme.accent,
    };
    let style = fresh(theme.bg.patch(style));
    let x = part.x + 2;
    let end = canvas.text_fit(x + 1, part.y, part.width.saturating_sub(6), &hint.text, style);
    canvas.text(x, part.y, " ", style);
    canvas.text(end, part.y, " ", style);
}

fn keys(canvas: &mut Canvas<'_>, scene: &Scene<'_>, part: Rect) {
    let [text, muted] = [scene.theme.text, scene.theme.muted].map(|ink| fresh(scene.theme.bg.patch(ink)));
    let mut spans = Vec::new();
    let mut columns = 0;
    for (action, usual, words) in KEYS {
        let key = scene.state.keys.label(action, usual);
        let gap = if spans.is_empty() { " " } else { "   " };
        let piece =
            [Span::styled(gap, muted), Span::styled(key, text), Span::styled(" ", muted), Span::styled(words, muted)];
        let width: u16 = piece.iter().map(|span| canvas.width_of(&span.content)).sum();
        if columns + width + 6 > part.width {
            break;
        }
        columns += width;
        spans.extend(piece);
    }
    spans.push(Span::styled(" ", muted));
    let y = part.bottom().saturating_sub(1);
    canvas.put(part.right().saturating_sub(columns + 3), y, &spans);
}

/// Arrows where there is more text than is visible.
fn more(canvas: &mut Canvas<'_>, scene: &Scene<'_>, layout: &Layout) {
    let (field, glyphs) = (layout.field, canvas.drawing().glyphs);
    let x = field.right();
    if layout.typed.above > 0 {
        canvas.text(x, field.y, glyphs.up, scene.theme.muted);
    }
    if layout.typed.below > 0 {
        canvas.text(x, field.bottom().saturating_sub(1), glyphs.down, scene.theme.muted);
    }
}

fn text(canvas: &mut Canvas<'_>, scene: &Scene<'_>, layout: &Layout) -> Option<Position> {
    let (theme, field) = (scene.theme, layout.field);
    let prompt = if layout.boxed { field.x.saturating_sub(2) } else { 1 };
    canvas.text(prompt, field.y, canvas.drawing().glyphs.prompt, theme.accent.add_modifier(Modifier::BOLD));
    let cursor = canvas.position(field.x + layout.typed.cursor_column, field.y + layout.typed.cursor_row);
    let mut canvas = canvas.typed_part(field);
    let composer = &scene.tab.composer;
    if composer.is_empty() {
        let columns = canvas.width();
        canvas.text_fit(0, 0, columns, &placeholder(scene), theme.faint);
        return cursor;
    }
    let command = command_word(scene);
    let people = pane::people(composer.text());
    let mut end = 0;
    for (y, row) in (0..).zip(&layout.typed.rows) {
        end = typed_row(&mut canvas, scene, y, row, &command);
        for (named, name) in people.iter().filter(|(named, name)| is_known(scene, name) && named.start >= command.end) {
            named_in_row(&mut canvas, scene, y, (row, named), name);
        }
    }
    let last = u16::try_from(layout.typed.rows.len()).unwrap_or(u16::MAX).saturating_sub(1);
    if let Some(ghost) = ghost(scene).filter(|_| layout.typed.below == 0) {
        let room = canvas.width().saturating_sub(end);
        canvas.text_fit(end, last, room, &ghost, theme.faint);
    }
    cursor
}

/// One row of what is typed; the command in it stands out. Answers the column after it.
fn typed_row(canvas: &mut Canvas<'_>, scene: &Scene<'_>, y: u16, row: &Range<usize>, command: &Range<usize>) -> u16 {
    let (theme, text) = (scene.theme, scene.tab.composer.text());
    let split = command.end.clamp(row.start, row.end);
    let style = theme.private.add_modifier(Modifier::BOLD);
    let x = canvas.text(0, y, &text[row.start..split], style);
    canvas.text(x, y, &text[split..row.end], theme.text)
}

/// A person who is named stands out as in the messages, so that one sees that the name is right.
fn named_in_row(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    y: u16,
    (row, named): (&Range<usize>, &Range<usize>),
    name: &Name,
) {
    let text = scene.tab.composer.text();
    let (start, end) = (named.start.max(row.start), named.end.min(row.end));
    if start < end {
        let x = canvas.width_of(&text[row.start..start]);
        let part = Rect::new(x, y, canvas.width_of(&text[start..end]), 1);
        let style = scene.theme.person(name, scene.model.me.as_ref());
        canvas.tint(part, style.add_modifier(Modifier::BOLD));
    }
}

fn is_known(scene: &Scene<'_>, name: &Name) -> bool {
    scene.model.users.contains_key(name)
}

/// The bytes of the word that makes what is typed a command.
fn command_word(scene: &Scene<'_>) -> Range<usize> {
    let text = scene.tab.composer.text();
    match scene.state.hint.kind {
        HintKind::Command => 0..text.find(char::is_whitespace).unwrap_or(text.len()),
        HintKind::Say | HintKind::Direct | HintKind::Error => 0..0,
    }
}

fn placeholder(scene: &Scene<'_>) -> String {
    match scene.place {
        _ if scene.state.ended.is_some() => "Enter brings the login back".to_owned(),
        Place::Room(room) => format!("Message #{room}, or / for commands"),
        Place::With(name) => format!("Message @{name}, or / for commands"),
        Place::Private(name) => format!("Message {name}, direct and private, or / for commands"),
    }
}

/// What the marked choice would add, and what it needs.
fn ghost(scene: &Scene<'_>) -> Option<String> {
    let completion = scene.state.completion.as_ref()?;
    let choice = completion.choices.get(completion.marked)?;
    let composer = &scene.tab.composer;
    if composer.cursor() != composer.text().len() {
        return None;
    }
    let typed = composer.text().get(completion.replaces.clone())?;
    let begins = choice.text.get(..typed.len())?.eq_ignore_ascii_case(typed);
    let rest = choice.text.get(typed.len()..)?.trim_end();
    begins.then(|| format!("{rest} {}", choice.arguments))
}
