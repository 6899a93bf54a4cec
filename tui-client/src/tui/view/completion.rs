//! The list over the input while something can be completed.

use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Span;

use super::layout::Layout;
use super::{Scene, fresh};
use crate::tui::canvas::Canvas;
use crate::tui::state::{Choice, Completion};
use crate::tui::theme::Depth;

/// The most choices shown at a time.
const ROWS: u16 = 6;

/// The most columns: beyond, the eye loses the row.
const WIDTH: u16 = 72;

/// The most columns of what is completed, and of what it needs.
const COLUMNS: (u16, u16) = (24, 20);

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, layout: &Layout) {
    let Some(completion) = scene.state.completion.as_ref().filter(|completion| !completion.choices.is_empty()) else {
        return;
    };
    // Over the input and under the tabs, with a heading and a foot where there is room for them.
    let free = layout.composer.y.saturating_sub(1);
    let framed = free >= 5;
    let chosen = u16::try_from(completion.choices.len()).unwrap_or(ROWS).min(ROWS);
    let rows = chosen.min(free.saturating_sub(if framed { 2 } else { 0 })).max(1);
    let height = rows + if framed { 2 } else { 0 };
    let width = WIDTH.min(layout.composer.width);
    let part = Rect::new(layout.composer.x, layout.composer.y.saturating_sub(height), width, height);
    let mut canvas = canvas.part(part);
    let theme = scene.theme;
    canvas.fill(Rect::new(0, 0, width, height), fresh(theme.surface.patch(theme.text)));
    if framed {
        canvas.text(2, 0, completion.title, theme.muted);
        foot(&mut canvas, scene, height - 1);
    }
    choices(&mut canvas, scene, completion, u16::from(framed), rows);
}

fn foot(canvas: &mut Canvas<'_>, scene: &Scene<'_>, y: u16) {
    let (theme, glyphs) = (scene.theme, canvas.drawing().glyphs);
    let arrows = format!("   {} {}", glyphs.up, glyphs.down);
    let spans = [
        Span::styled("Tab", theme.text),
        Span::styled(" take", theme.muted),
        Span::styled(arrows, theme.text),
        Span::styled(" choose", theme.muted),
        Span::styled("   Esc", theme.text),
        Span::styled(" close", theme.muted),
    ];
    canvas.put(2, y, &spans);
}

fn choices(canvas: &mut Canvas<'_>, scene: &Scene<'_>, completion: &Completion, top: u16, rows: u16) {
    let marked = completion.marked.min(completion.choices.len() - 1);
    let above = (marked + 1).saturating_sub(usize::from(rows));
    let visible = &completion.choices[above..(above + usize::from(rows)).min(completion.choices.len())];
    let widest = |of: fn(&Choice) -> &str| visible.iter().map(|choice| canvas.width_of(of(choice))).max().unwrap_or(0);
    let text = widest(|choice| &choice.text).min(COLUMNS.0);
    let arguments = widest(|choice| &choice.arguments).min(COLUMNS.1);
    let typed = scene.tab.composer.text().get(completion.replaces.clone()).unwrap_or_default();
    for (index, (y, choice)) in (top..).zip(visible).enumerate() {
        let row = Rect::new(0, y, canvas.width(), 1);
        one(&mut canvas.part(row), scene, choice, above + index == marked, typed, (text, arguments));
    }
}

fn one(canvas: &mut Canvas<'_>, scene: &Scene<'_>, choice: &Choice, marked: bool, typed: &str, columns: (u16, u16)) {
    let theme = scene.theme;
    if marked {
        canvas.fill(Rect::new(0, 0, canvas.width(), 1), fresh(theme.raised.patch(theme.text)));
        let bar = if theme.depth == Depth::None { ">" } else { canvas.drawing().glyphs.mention };
        canvas.text(0, 0, bar, theme.accent);
    }
    let width = canvas.width();
    let column = canvas.text_fit(1, 0, columns.0, &choice.text, theme.text);
    // What was typed already.
    if choice.text.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed)) {
        let known = canvas.width_of(typed).min(column.saturating_sub(1));
        canvas.tint(Rect::new(1, 0, known, 1), theme.accent.add_modifier(Modifier::BOLD));
    }
    let x = columns.0 + 3;
    canvas.text_fit(x, 0, columns.1, &choice.arguments, theme.private);
    let x = if columns.1 > 0 { x + columns.1 + 3 } else { x };
    canvas.text_fit(x, 0, width.saturating_sub(x + 1), &choice.help, theme.muted);
}
